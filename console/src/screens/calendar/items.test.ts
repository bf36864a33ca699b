import { afterEach, expect, it } from "vitest";
import { setSiteZone } from "../../lib/time";
import { byDay, pick, tight, type Item } from "./items";
import type { Entry } from "./types";

afterEach(() => setSiteZone("UTC"));
const entry = (post: string, at: string, more: Partial<Entry> = {}): Entry => ({ post, title: post, state: "scheduled", at, score: 1, channels: ["site"], fixed: false, ...more });

it("marks posts that are nearer than their channel likes", () => {
  const entries = [entry("a", "2026-11-20T09:00:00Z"), entry("b", "2026-11-20T09:20:00Z"), entry("c", "2026-11-20T09:50:00Z"), entry("d", "2026-11-20T09:55:00Z", { channels: ["mail"] })];
  expect([...tight(entries, { site: 30 })].sort()).toEqual(["a", "b"]);
  expect([...tight(entries, { site: 31, mail: 60 })].sort()).toEqual(["a", "b", "c"]);
  expect(tight(entries, {}).size).toBe(0);
});

it("leaves alone what is out or has failed", () => {
  const out = { fixed: true, state: "published" };
  expect(tight([entry("a", "2026-11-20T09:00:00Z", out), entry("b", "2026-11-20T09:01:00Z", out)], { site: 30 }).size).toBe(0);
  expect(tight([entry("a", "2026-11-20T09:00:00Z", { fixed: true, state: "failed" }), entry("b", "2026-11-20T09:01:00Z")], { site: 30 }).size).toBe(0);
  expect([...tight([entry("a", "2026-11-20T09:00:00Z", out), entry("b", "2026-11-20T09:01:00Z")], { site: 30 })]).toEqual(["a-out", "b"]);
});

it("puts posts, gaps and blackouts on the days of the site's zone", () => {
  setSiteZone("Europe/Istanbul");
  const slot = (at: string, channel = "site", post: string | null = null) => ({ at, channel, post });
  const [first, second] = byDay(["2026-11-20", "2026-11-21"], {
    entries: [entry("late", "2026-11-20T21:30:00Z"), entry("noon", "2026-11-20T09:00:00Z")],
    slots: [slot("2026-11-20T06:00:00Z"), slot("2026-11-20T07:00:00Z"), slot("2026-11-20T07:00:00Z", "mail"), slot("2026-11-20T09:00:00Z", "site", "noon"), slot("2026-11-20T20:00:00Z")],
    blackouts: [{ name: "night", from: "2026-11-20T19:00:00Z", to: "2026-11-21T03:00:00Z" }],
  }, {}, Date.parse("2026-11-20T06:30:00Z"));
  expect(first?.items.map((item) => item.key)).toEqual(["free-2026-11-20T07:00:00Z", "noon"]);
  expect(first?.items[0]).toMatchObject({ channels: ["site", "mail"] });
  expect(second?.items.map((item) => item.key)).toEqual(["late"]);
  expect([first, second].map((day) => day?.blackouts.length)).toEqual([1, 1]);
});

it("shows what can be moved before gaps and what is out", () => {
  const post = (key: string, more: Partial<Entry> = {}): Item => ({ kind: "post", key, at: "", entry: entry(key, "", more), isTight: false });
  const items: Item[] = [post("out", { fixed: true, state: "published" }), post("failed", { fixed: true, state: "failed" }), { kind: "free", key: "gap", at: "", channels: [] }, post("due")];
  expect(pick(items, 2)).toMatchObject({ shown: [{ key: "failed" }, { key: "due" }], rest: 2 });
  expect(pick(items, 4).rest).toBe(0);
});
