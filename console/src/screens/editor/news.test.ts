import { expect, test } from "vitest";
import { newsOf } from "./news";

const event = (version: number, kind: string, actor: string) => ({ pos: version, version, actor, at: "2026-11-20T10:00:00Z", event: { kind, version: 2 } });
const full = (...events: ReturnType<typeof event>[]) => ({
  version: 2, events, names: { "user:b": "Ben" },
  reviews: [{ id: "1", version: 2, decision: "rejected", by: "user:b", reason: "too long", at: "" }],
});

test("what one has done oneself is no news", () => {
  expect(newsOf(full(event(1, "version_added", "user:a"), event(2, "approved", "user:a")), 0, "user:a")).toBeNull();
  expect(newsOf(full(event(1, "version_added", "user:b")), 1, "user:a")).toBeNull();
});

test("of several things the weightiest is told, with who and why", () => {
  const found = newsOf(full(event(1, "version_added", "user:b"), event(2, "approved", "user:b"), event(3, "published", "system")), 0, "user:a");
  expect(found).toMatchObject({ kind: "published", who: "" });
  expect(newsOf(full(event(1, "rejected", "user:b")), 0, "user:a")).toMatchObject({ kind: "rejected", who: "Ben", reason: "too long" });
});
