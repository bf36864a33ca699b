import { expect, it } from "vitest";
import { address, isDone, standings } from "./steps";

const none = { source: false, draft: false, approval: false, publication: false };

it("leads to the first step that is open", () => {
  expect(standings(none)).toEqual({ source: "now", draft: "later", approval: "later", publication: "later" });
  expect(standings({ ...none, source: true, approval: true })).toEqual({ source: "done", draft: "now", approval: "done", publication: "later" });
  expect(isDone({ source: true, draft: true, approval: true, publication: true })).toBe(true);
  expect(isDone({ ...none, publication: true })).toBe(false);
});

it.each([
  [" example.org/feed ", "https://example.org/feed"],
  ["http://127.0.0.1:8/feed", "http://127.0.0.1:8/feed"],
  ["feed:https://example.org/rss", "https://example.org/rss"],
  ["", ""],
])("reads the address %j", (typed, wanted) => expect(address(typed)).toBe(wanted));
