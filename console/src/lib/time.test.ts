import { afterEach, expect, it } from "vitest";
import { fromLocal, relative, setSiteZone, siteZone, toLocal } from "./time";

afterEach(() => setSiteZone("UTC"));

it.each([
  ["2026-11-20T08:30:00Z", "Europe/Berlin", "2026-11-20T09:30"],
  ["2026-07-01T08:30:00Z", "Europe/Berlin", "2026-07-01T10:30"],
  ["2026-11-20T22:30:00Z", "Europe/Istanbul", "2026-11-21T01:30"],
  ["2026-11-20T08:30:00Z", "America/New_York", "2026-11-20T03:30"],
  ["2026-11-20T08:30:00Z", "Asia/Kolkata", "2026-11-20T14:00"],
])("%s is in %s %s, and back", (at, zone, local) => {
  setSiteZone(zone);
  expect(toLocal(at)).toBe(local);
  expect(fromLocal(local).toISOString()).toBe(at.replace("Z", ".000Z"));
});

it("finds a moment in the hours that are skipped or come twice", () => {
  setSiteZone("Europe/Berlin");
  expect(toLocal(fromLocal("2026-03-29T02:30"))).toMatch(/T0[13]:30$/);
  expect(toLocal(fromLocal("2026-10-25T02:30"))).toBe("2026-10-25T02:30");
});

it("says how long ago", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect(relative("2026-11-20T11:59:40Z", now)).toBe("now");
  expect(relative("2026-11-20T11:57:00Z", now)).toMatch(/^3 min/);
  expect(relative("2026-11-21T12:00:00Z", now)).toBe("tomorrow");
});

it("falls back to UTC for a zone that nobody knows", () => {
  setSiteZone("Mars/Olympus");
  expect(siteZone()).toBe("UTC");
});
