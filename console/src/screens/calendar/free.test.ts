import { expect, it } from "vitest";
import { freeSlots, isBlackedOut, tidy } from "./free";
import type { Entry, Settings } from "./types";

const settings = (more: Partial<Settings> = {}): Settings => ({
  zone: "Europe/Berlin",
  channels: { site: { slots: [{ days: ["mon", "tue", "wed", "thu", "fri"], time: "09:00" }], spacing_min: 0 } },
  blackouts: [],
  ...more,
});
const FRIDAY = Date.parse("2026-11-20T09:00:00Z");

it("finds the next free slots over a weekend and a change of the clock", () => {
  expect(freeSlots(settings(), [], FRIDAY, 2).map((slot) => slot.at)).toEqual(["2026-11-23T08:00:00.000Z", "2026-11-24T08:00:00.000Z"]);
  expect(freeSlots(settings(), [], Date.parse("2026-03-27T10:00:00Z"), 1)[0]?.at).toBe("2026-03-30T07:00:00.000Z");
});

it("leaves out what is taken, by spacing, and what is blacked out", () => {
  const at = (text: string, state = "scheduled"): Entry => ({ post: "p", title: "", state, at: text, score: 0, channels: [], fixed: false });
  const wide = settings({ channels: { site: { slots: [{ days: ["mon", "tue"], time: "09:00" }], spacing_min: 60 } } });
  expect(freeSlots(wide, [at("2026-11-23T08:40:00Z")], FRIDAY, 1)[0]?.at).toBe("2026-11-24T08:00:00.000Z");
  expect(freeSlots(wide, [at("2026-11-23T08:40:00Z", "failed")], FRIDAY, 1)[0]?.at).toBe("2026-11-23T08:00:00.000Z");
  const closed = settings({ blackouts: [{ name: "fair", from: "2026-11-23T00:00", to: "2026-11-24T12:00" }] });
  expect(freeSlots(closed, [], FRIDAY, 1)[0]?.at).toBe("2026-11-25T08:00:00.000Z");
});

it("knows blackouts over midnight", () => {
  const night = [{ name: "night", days: ["fri" as const], from: "22:00", to: "06:00" }];
  expect(isBlackedOut(night, "2026-11-20T21:59")).toBe(false);
  expect(isBlackedOut(night, "2026-11-20T22:00")).toBe(true);
  expect(isBlackedOut(night, "2026-11-21T05:59")).toBe(true);
  expect(isBlackedOut(night, "2026-11-21T06:00")).toBe(false);
  expect(isBlackedOut(night, "2026-11-21T22:30")).toBe(false);
});

it("drops what was begun and left empty", () => {
  const begun = settings({ channels: { site: { slots: [{ days: [], time: "09:00" }], spacing_min: 0 }, mail: { slots: [], spacing_min: 30 } } });
  expect(tidy(begun).channels).toEqual({ mail: { slots: [], spacing_min: 30 } });
});
