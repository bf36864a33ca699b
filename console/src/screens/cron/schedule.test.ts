import { expect, it } from "vitest";
import { bodyOf, canBeAdded, compact } from "./schedule";
import type { Schedule } from "./types";

const schedule: Schedule = {
  name: "stories", schedule: "@every 15m", zone: "UTC", missed: "skip", paused: true, problem: null, kind: "assign_stories", queue: "default", priority: "low",
  attempts_max: 5, parameters: {}, next: [], last_at: null,
};

it("adds a removed schedule again with all that can be said of it", () => {
  expect(bodyOf(schedule)).toEqual({ name: "stories", schedule: "@every 15m", zone: "UTC", missed: "skip", kind: "assign_stories", parameters: {}, queue: "default", priority: "low" });
  expect([canBeAdded(schedule), canBeAdded({ ...schedule, kind: "vacuum" })]).toEqual([true, false]);
});

it("names a day once", () => {
  const date = (at: string) => at.slice(0, 10), clock = (at: string) => at.slice(11, 16);
  expect(compact(["2026-11-20T23:30Z", "2026-11-20T23:45Z", "2026-11-21T00:00Z", "2026-11-21T00:15Z"], date, clock)).toBe("23:45, 2026-11-21 00:00, 00:15");
  expect(compact([], date, clock)).toBe("");
});
