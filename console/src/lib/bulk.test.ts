import { afterEach, expect, it, vi } from "vitest";
import { Bulk, inBody, told } from "./bulk.svelte";
import { fitting } from "./bulk_fits";
import { confirms } from "./confirm.svelte";
import { toasts } from "./toast.svelte";

afterEach(() => vi.unstubAllGlobals());

it("knows where a deed can be done", () => {
  expect(fitting("publish", [])).toEqual(["approved", "scheduled", "failed"]);
  expect(fitting("publish", ["failed", "draft"])).toEqual(["failed"]);
  expect(fitting("retract", ["draft"])).toEqual([]);
});

it("writes numbers as numbers and yes as true", () => {
  expect(inBody({ score_min: "0.8", edited: "true", state: "draft", topic: "1" })).toEqual({ score_min: 0.8, edited: true, state: "draft", topic: "1" });
});

it("decides on picked posts as a job and takes it back without those left out", async () => {
  const bodies: unknown[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "POST") {
      bodies.push(await request.json());
      return Response.json({ job_id: "J" }, { status: 202 });
    }
    return Response.json({ id: "J", state: "completed", progress: null, error: null, result: { done: 1, skipped: [{ id: "b", title: "B", reason: "it is published" }], skipped_count: 1 } });
  });
  const bulk = new Bulk(async (_, work) => work());
  const begun = vi.fn();
  await bulk.decide("approve", { posts: [{ id: "a" }, { id: "b" }], filter: {} }, begun);
  expect(begun).toHaveBeenCalledOnce();
  expect(bulk.outcome).toMatchObject({ action: "approve", done: 1, missed: 1, isCut: false });
  await toasts.undo();
  expect(bodies).toEqual([{ action: "approve", ids: ["a", "b"] }, { action: "withdraw", ids: ["a"] }]);
});

it("says which approvals wait for a second person", async () => {
  vi.stubGlobal("fetch", async (request: Request) =>
    request.method === "POST" ? Response.json({ job_id: "J" }, { status: 202 }) : Response.json({ id: "J", state: "completed", progress: null, error: null, result: { done: 1, endorsed: 2, skipped: [] } }));
  const bulk = new Bulk(async (_, work) => work());
  await bulk.decide("approve", { posts: [{ id: "a" }, { id: "b" }, { id: "c" }], filter: {} }, () => {});
  expect(toasts.current?.text).toBe("Approved 1 post; 2 wait for a second person");
  expect(told({ ...bulk.outcome!, done: 0, endorsed: 1 })).toBe("1 waits for a second person");
});

it("says before it begins how many others are reading", async () => {
  const sent = vi.fn();
  vi.stubGlobal("fetch", async (request: Request) => (request.method === "POST" && sent(), Response.json({ job_id: "J" })));
  const bulk = new Bulk(async (_, work) => work());
  const claim = { by: "user:X", until: "2999-01-01T00:00:00Z" };
  const asked = bulk.decide("approve", { posts: [{ id: "a", claim }, { id: "b", claim: { ...claim, until: "2001-01-01T00:00:00Z" } }], filter: {} }, () => {});
  await vi.waitFor(() => expect(confirms.question?.body).toBe("Somebody else is reading 1 of them; you take it over."));
  confirms.answer(false);
  await asked;
  expect(sent).not.toHaveBeenCalled();
});
