import { expect, test } from "vitest";
import { isSetUp, told, type Activity } from "./types";

const did = (what: string, post = what): Activity => ({ at: "2026-11-20T12:00:00Z", actor: "system", name: null, what, post, title: "A" });

test("only what people want to hear of is told, the newest first and not too much", () => {
  const all = ["published", "delivery_live", "scheduled", "approved", "version_added", "created", "retracted"].map((what) => did(what));
  expect(told(all, 3).map(({ what }) => what)).toEqual(["published", "approved", "created"]);
});

test("of each post the last is told", () => {
  const all = [did("published", "1"), did("rejected", "2"), did("approved", "1"), did("created", "2"), did("created", "3")];
  expect(told(all, 10).map(({ what, post }) => what + post)).toEqual(["published1", "rejected2", "created3"]);
});

test("a desk is set up when all four steps are done", () => {
  expect(isSetUp({ source: true, draft: true, approval: true, publication: true })).toBe(true);
  expect(isSetUp({ source: true, draft: true, approval: false, publication: true })).toBe(false);
});
