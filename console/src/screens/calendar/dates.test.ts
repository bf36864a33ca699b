import { afterEach, expect, it } from "vitest";
import { setSiteZone, toLocal } from "../../lib/time";
import { addDays, addMonths, dayOf, daysOf, firstWeekday, isDay, nextHour, onDay, rangeOf, startOf, turn, weekday, weekStart, writeDay, writeRange } from "./dates";

afterEach(() => setSiteZone("UTC"));

it("counts days over months, years and changes of the clock", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
  expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
  expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
  expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
  expect(isDay("2026-02-29")).toBe(false);
  expect(isDay("2028-02-29")).toBe(true);
  expect(isDay("tomorrow")).toBe(false);
});

it.each([["Europe/London", 1], ["Europe/Istanbul", 1], ["UTC", 1], ["America/New_York", 7], ["America/Montevideo", 1], ["Asia/Tokyo", 7], ["Africa/Cairo", 6], ["Australia/Sydney", 1]])("begins the week in %s on day %i", (zone, first) => {
  expect(firstWeekday(zone)).toBe(first);
});

it("shows the same days in week and month", () => {
  for (const first of [1, 6, 7]) {
    const month = daysOf("month", "2026-11-20", first);
    expect(month.length % 7).toBe(0);
    expect(weekday(month[0] ?? "")).toBe(first);
    expect(month).toContain("2026-11-01");
    expect(month).toContain("2026-11-30");
    for (const day of ["2026-11-01", "2026-11-20", "2026-11-30"]) {
      const week = daysOf("week", day, first);
      expect(week).toContain(day);
      expect(month.slice(month.indexOf(week[0] ?? ""), month.indexOf(week[0] ?? "") + 7)).toEqual(week);
    }
  }
  expect(weekStart("2026-11-22", 1)).toBe("2026-11-16");
  expect(weekStart("2026-11-22", 7)).toBe("2026-11-22");
  // February of 2027 has exactly four weeks from a Monday on.
  expect(daysOf("month", "2027-02-10", 1)).toHaveLength(28);
  expect(Math.max(...Array.from({ length: 24 }, (_, i) => daysOf("month", addMonths("2026-01-01", i), 7).length))).toBe(42);
});

it("turns the pages", () => {
  expect(turn("month", "2026-01-31", 1)).toBe("2026-02-01");
  expect(turn("week", "2026-11-20", -1)).toBe("2026-11-13");
  expect(turn("agenda", "2026-11-20", 1)).toBe("2026-12-04");
});

it("finds the borders of days in the site's zone, also where a day has 23 or 25 hours", () => {
  setSiteZone("Europe/Berlin");
  expect(rangeOf(["2026-03-29"])).toEqual({ from: "2026-03-28T23:00:00.000Z", to: "2026-03-29T22:00:00.000Z" });
  expect(rangeOf(["2026-10-25"])).toEqual({ from: "2026-10-24T22:00:00.000Z", to: "2026-10-25T23:00:00.000Z" });
  setSiteZone("Europe/Istanbul");
  expect(dayOf("2026-11-20T21:30:00Z")).toBe("2026-11-21");
  // Midnight does not exist there on that day.
  setSiteZone("America/Havana");
  expect(toLocal(startOf("2026-03-08"))).toBe("2026-03-08T01:00");
});

it("keeps the time when the day changes, to the second and over a change of the clock", () => {
  setSiteZone("Europe/Berlin");
  expect(onDay("2026-03-27T08:30:15Z", "2026-03-30").toISOString()).toBe("2026-03-30T07:30:15.000Z");
  expect(onDay("2026-11-20T22:59:00Z", "2026-11-25").toISOString()).toBe("2026-11-25T22:59:00.000Z");
  // 02:30 is left out on that day: the moment still lies on it.
  expect(dayOf(onDay("2026-03-28T01:30:00Z", "2026-03-29"))).toBe("2026-03-29");
});

it("writes days and ranges in both languages", () => {
  expect(writeDay("2026-11-20", "tr", { weekday: "long", day: "numeric", month: "long" })).toBe("20 Kasım Cuma");
  expect(Array.from({ length: 12 }, (_, i) => writeDay(addMonths("2026-01-01", i), "tr", { month: "long" }))).toEqual(
    ["Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"],
  );
  expect(writeRange("month", [], "2026-11-20", "tr")).toBe("Kasım 2026");
  expect(writeRange("week", daysOf("week", "2026-11-20", 1), "2026-11-20", "en")).toMatch(/16.+22.+2026/);
});

it("offers the next full hour", () => {
  setSiteZone("Asia/Kolkata");
  expect(nextHour(Date.parse("2026-11-20T08:10:00Z"))).toBe("2026-11-20T14:30");
});
