import { beforeAll, describe, expect, it } from "vitest";
import { setSiteZone } from "../../lib/time";
import { asked, isAhead, when, who } from "./filter";

beforeAll(() => setSiteZone("Europe/Berlin"));
const now = Date.parse("2026-11-20T23:30:00Z");

describe("days", () => {
  it("begin at midnight of the site and hold their last day", () => {
    expect(asked({ from: "2026-11-01", to: "2026-11-20", state: "draft" }, now)).toEqual({ from: "2026-10-31T23:00:00.000Z", to: "2026-11-20T23:00:00.000Z", state: "draft" });
  });
  it("are counted back from today of the site, over a change of the clocks", () => {
    // In Berlin it is the 21st already.
    expect(asked({ from: "1d" }, now).from).toBe("2026-11-20T23:00:00.000Z");
    expect(asked({ from: "30d" }, now).from).toBe("2026-10-22T22:00:00.000Z");
  });
  it("that are none go to the server as they are", () => {
    expect(asked({ from: "soon", to: "2026-13-45" }, now)).toEqual({ from: "soon", to: "2026-13-45" });
  });
});

it("shows the moment that counts", () => {
  const post = { due_at: "2026-11-21T08:00:00Z", published_at: "2026-11-19T08:00:00Z", updated_at: "2026-11-20T08:00:00Z" };
  expect(when({ ...post, state: "scheduled" })).toEqual({ kind: "due", at: post.due_at });
  expect(when({ ...post, state: "published" })).toEqual({ kind: "published", at: post.published_at });
  expect(when({ ...post, state: "draft" })).toEqual({ kind: "changed", at: post.updated_at });
});

it("says whose hand is on a post", () => {
  const post = { claim: null, approvals: [], author: "system", source_names: [] };
  expect(who(post, "user:1", now).kind).toBe("desk");
  expect(who({ ...post, author: "user:1" }, "user:1", now).kind).toBe("you");
  expect(who({ ...post, approvals: [{ by: "user:2", name: "Ada", at: "" }] }, "user:1", now)).toEqual({ kind: "approved", name: "Ada" });
  expect(who({ ...post, claim: { by: "user:3", name: "Eve", until: "2026-11-20T23:35:00Z" } }, "user:1", now)).toEqual({ kind: "reads", name: "Eve" });
  expect(who({ ...post, claim: { by: "user:3", name: "Eve", until: "2026-11-20T23:00:00Z" } }, "user:1", now).kind).toBe("desk");
});

it("knows a text that readers do not see yet", () => {
  expect(isAhead({ state: "published", version: 3, published_version: 2 })).toBe(true);
  expect(isAhead({ state: "published", version: 2, published_version: 2 })).toBe(false);
});
