import { expect, it } from "vitest";
import { lately, span, total, wish } from "./figures";
import type { Space } from "./types";

it("tells the share of hits between two readings, and none where there is none", () => {
  expect(lately({ hits: 90, misses: 10 }, { hits: 93, misses: 11 })).toBe(0.75);
  expect(lately({ hits: 90, misses: 10 }, { hits: 90, misses: 10 })).toBeNull();
  // Another process has answered, or this one has begun anew.
  expect(lately({ hits: 90, misses: 10 }, { hits: 3, misses: 1 })).toBeNull();
  expect(lately({ hits: 90, misses: 10 }, { hits: 95, misses: 1 })).toBeNull();
});

it("adds up over the spaces", () => {
  const space = { evictions: 2, stampedes_avoided: 3 } as Space;
  expect([total([space, space], "evictions"), total([space], "stampedes_avoided"), total([], "stale_served")]).toEqual([4, 3, 0]);
});

it("names no time that nobody has measured", () => {
  expect([span(null), span(0.00005), span(0.0004), span(2)]).toEqual(["–", "< 100 µs", "400 µs", "2 s"]);
});

it("sends a key with its space, and tells caches in front only what they know", () => {
  const aim = { space: "site", name: "/a" };
  expect(wish({ ...aim, kind: "key" }, false, true, false)).toEqual({ space: "site", key: "/a", soft: false, dry_run: false });
  expect(wish({ ...aim, kind: "tag" }, true, true, false)).toEqual({ tag: "/a", remote: true, soft: true, dry_run: false });
  expect(wish({ ...aim, kind: "pattern" }, false, false, true)).toEqual({ pattern: "/a", soft: false, dry_run: true });
  expect(wish({ ...aim, kind: "all" }, false, false, true)).toEqual({ all: true, soft: false, dry_run: true });
});
