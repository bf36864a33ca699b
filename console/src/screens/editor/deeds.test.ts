import { expect, test } from "vitest";
import type { Action } from "../../lib/session.svelte";
import { deedsOf } from "./deeds";
import type { Post } from "./types";

const post = (state: string, more: Partial<Post> = {}) => ({ state, version: 2, approved_version: null, published_version: null, ...more }) as Post;
const able = (...actions: Action[]) => (action: Action) => actions.includes(action);
const done = (...args: Parameters<typeof deedsOf>) => Object.entries(deedsOf(...args)).filter(([, can]) => can).map(([name]) => name);

test("an author saves and submits, and decides nothing", () => {
  const author = able("read", "write");
  expect(done(null, true, author)).toEqual(["save", "submit"]);
  expect(done(post("in_review"), true, author)).toEqual(["save"]);
  expect(done(post("published"), false, author)).toEqual(["save", "improve"]);
  expect(done(post("publishing"), true, author)).toEqual([]);
});

test("an editor does what the state allows", () => {
  const editor = able("read", "write", "judge", "publish");
  expect(done(post("in_review"), false, editor)).toEqual(["save", "improve", "approve", "sendBack"]);
  expect(done(post("scheduled", { approved_version: 2 }), false, editor)).toEqual(["save", "improve", "publish", "reschedule", "withdraw"]);
  expect(done(post("published", { approved_version: 2, published_version: 2 }), false, editor)).toEqual(["save", "improve", "retract"]);
  expect(done(post("published", { approved_version: 1, published_version: 1 }), false, editor)).toContain("approve");
  expect(done(post("rejected"), true, editor)).toEqual(["save", "approve", "reopen"]);
  expect(done(post("failed", { approved_version: 2 }), false, editor)).toEqual(["save", "improve", "again", "reopen"]);
});

test("a viewer reads", () => {
  expect(done(post("in_review"), false, able("read"))).toEqual([]);
});
