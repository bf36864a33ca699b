import { expect, test } from "vitest";
import { isUsable, standing } from "./review_links";
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

test("a link stands where its outcome, its end or the post leave it", () => {
  const link = { id: "1", version: 2, reviewer: "Ada", expires_at: at(30) };
  const now = Date.parse(at(10));
  expect([standing(link, 2, now), standing(link, 3, now), standing(link, 2, Date.parse(at(40)))]).toEqual(["open", "newer", "expired"]);
  expect(standing({ ...link, outcome: "endorsed" }, 3, now)).toBe("endorsed");
  expect([isUsable(link, now), isUsable({ ...link, revoked_at: at(5) }, now)]).toEqual([true, false]);
});
