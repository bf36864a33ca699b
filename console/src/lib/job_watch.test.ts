import { afterEach, expect, it, vi } from "vitest";
import { share, watchJob } from "./job_watch";

afterEach(() => vi.unstubAllGlobals());

it("reads how far a job is", () => {
  expect(share("3/12")).toBe(0.25);
  expect(share("0/0")).toBeNull();
  expect(share(null)).toBeNull();
});

it("watches a job until its end, and stops when nobody waits", async () => {
  const answers = [{ state: "running", progress: "1/4" }, { state: "completed", progress: null, result: { done: 4 } }];
  const fetched = vi.fn(async () => Response.json({ id: "J", error: null, ...(answers.length > 1 ? answers.shift() : answers[0]) }));
  vi.stubGlobal("fetch", fetched);
  const seen: number[] = [];
  const job = await watchJob<{ done: number }>("J", (at) => seen.push(at)).ended;
  expect(job?.result?.done).toBe(4);
  expect(seen).toEqual([0.25]);

  const left = watchJob("J");
  left.stop();
  expect(await left.ended).toBeNull();
});
