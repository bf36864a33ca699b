import { expect, it } from "vitest";
import { parseFilter } from "../../lib/query_text";
import { arrivals, askedId, KEYS, mark, query, share, sums, targets, total } from "./filter";
import type { Job, Numbers } from "./types";

const known = ["poll_source", "publish_post", "fetch_sources"];
const read = (text: string) => parseFilter(text, KEYS);
const row = (kind: string, queue: string, counts: Numbers["counts"], p99_s?: number): Numbers => ({
  queue, kind, counts, priority: "normal", failures: 0, oldest_s: null, average_s: null,
  durations: p99_s === undefined ? null : { runs: 9, average_s: 1, p50_s: 1, p95_s: 1, p99_s },
});
const job = (more: Partial<Job>): Job => ({
  id: "0M7K2Q9XA4D0G", kind: "poll_source", queue: "default", priority: "normal", state: "running", attempts: 1, attempts_max: 5,
  created_at: "2026-11-20T09:00:00Z", run_at: "2026-11-20T09:00:00Z", started_at: "2026-11-20T09:00:00Z", finished_at: null,
  parameters: null, result: null, error: null, progress: null, parent: null, waits_for: null, ...more,
});

it("asks for several of each, knows other words for states, and takes free words as parts of kinds", () => {
  expect(query(read("kind:a,b state:dead,discarded queue:media priority:high"), known)).toEqual({ kind: "a,b", state: "discarded", queue: "media", priority: "high" });
  expect(query(read("source"), known)).toEqual({ kind: "poll_source,fetch_sources" });
  expect(query(read("fetch source"), known)).toEqual({ kind: "fetch_sources" });
  expect(query(read("nothing"), known)).toEqual({ kind: "nothing" });
  expect(query(read(""), known)).toEqual({});
});

it("knows an id when it sees one", () => {
  expect(askedId(" 0m7k2q9xa4d0g ")).toBe("0M7K2Q9XA4D0G");
  expect(askedId("id:0M7K2Q9XA4D0G")).toBe("0M7K2Q9XA4D0G");
  expect(askedId("0M7K2Q9XA4D0U")).toBeNull();
  expect(askedId("poll")).toBeNull();
});

it("sums what fits, and counts arrivals by what is listed", () => {
  const numbers = [row("poll_source", "default", { available: 3, discarded: 2, completed: 10 }), row("publish_post", "media", { discarded: 5 })];
  expect(sums(numbers, read("queue:media"), known).discarded).toBe(5);
  const all = sums(numbers, read("poll"), known);
  expect([all.discarded, total(all, ["available", "discarded"])]).toEqual([2, 5]);
  // New dead letters for a list of dead letters; new jobs, wherever they stand by now, for one of waiting jobs.
  expect([arrivals(all, ["discarded"]), arrivals(all, []), arrivals(all, ["available"])]).toEqual([2, 15, 15]);
});

it("names what to retry: one body for each way to fit, all only when nothing is named", () => {
  expect(targets(read("state:dead"), known)).toEqual([{ all: true }]);
  expect(targets(read("kind:a,b queue:media"), known)).toEqual([{ kind: "a", queue: "media" }, { kind: "b", queue: "media" }]);
});

it("marks runs that last far longer than their kind, and due jobs that nobody takes", () => {
  const at = (seconds: number) => Date.parse("2026-11-20T09:00:00Z") + seconds * 1_000;
  const numbers = [row("poll_source", "default", {}, 20)];
  const none = new Set<string>();
  expect(mark(job({}), numbers, none, at(99))).toBeNull();
  expect(mark(job({}), numbers, none, at(101))).toBe("stuck");
  expect(mark(job({ kind: "unknown" }), numbers, none, at(899))).toBeNull();
  expect(mark(job({ state: "available" }), numbers, none, at(121))).toBe("late");
  expect(mark(job({ state: "available" }), numbers, new Set(["default"]), at(121))).toBeNull();
});

it("reads progress", () => {
  expect([share("3/10"), share("12/10"), share("soon"), share(null), share("1/0")]).toEqual([0.3, 1, null, null, null]);
});
