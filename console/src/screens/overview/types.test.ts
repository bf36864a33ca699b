import { expect, test } from "vitest";
import { isSetUp, told, type Activity } from "./types";

const did = (what: string): Activity => ({ at: "2026-11-20T12:00:00Z", actor: "system", name: null, what, post: "1", title: "A" });

test("only what people want to hear of is told, the newest first and not too much", () => {
  const all = ["published", "delivery_live", "scheduled", "approved", "version_added", "created", "retracted"].map(did);
  expect(told(all, 3).map(({ what }) => what)).toEqual(["published", "approved", "created"]);
});

test("a desk is set up when all four steps are done", () => {
  expect(isSetUp({ source: true, draft: true, approval: true, publication: true })).toBe(true);
  expect(isSetUp({ source: true, draft: true, approval: false, publication: true })).toBe(false);
});
