import { expect, test } from "vitest";
import { jobsOf, timelineOf } from "./timeline";

const at = (second: number) => `2026-11-20T10:00:${String(second).padStart(2, "0")}Z`;
const event = (version: number, kind: string, actor: string, second: number) => ({ pos: version, version, actor, at: at(second), event: { kind } });

test("a decision lends its reason to its event, a policy's word stands by itself", () => {
  const entries = timelineOf(
    [event(1, "created", "system", 1), event(2, "submitted", "system", 1), event(3, "rejected", "user:b", 9)],
    [
      { id: "2", version: 1, decision: "rejected", by: "user:b", reason: "too long", at: at(9) },
      { id: "1", version: 1, decision: "held", by: "system", reason: "score", reasons: [{ check: "score", passed: false, detail: "0.5" }], at: at(2) },
    ],
  );
  expect(entries.map((one) => [one.kind, one.reason])).toEqual([["rejected", "too long"], ["held", "score"], ["submitted", ""], ["created", ""]]);
});

test("jobs of other posts are left out", () => {
  const job = (post: string) => ({ id: post, state: "retryable", attempts: 1, attempts_max: 8, parameters: { post } });
  expect(jobsOf([job("a"), job("b"), { ...job("c"), parameters: null }], "b").map((one) => one.id)).toEqual(["b"]);
});
