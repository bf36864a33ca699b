import { fromLocal, toLocal } from "../../lib/time";
import type { View } from "./types";

// Days are written `2026-11-20` and counted in UTC, where every day has 24 hours; only the borders between a day and
// moments ask the site's zone.
const DAY_MS = 86_400_000;
const utc = (day: string): number => Date.parse(`${day}T00:00:00Z`);

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text)) && addDays(text, 0) === text;
}

export const addDays = (day: string, n: number): string => new Date(utc(day) + n * DAY_MS).toISOString().slice(0, 10);

/** The same day of another month, or its last: 31 January and a month is 28 February. */
export function addMonths(day: string, n: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month - 1 + n + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + n, Math.min(date, last))).toISOString().slice(0, 10);
}

/** 1 is Monday, 7 is Sunday. */
export const weekday = (day: string): number => new Date(utc(day)).getUTCDay() || 7;

// Where the week begins on Sunday or Saturday (CLDR week data, the larger countries), by the cities of their zones.
const SUNDAY = /^(America|US|Canada)\/(?!Montevideo|Asuncion|Guayaquil|La_Paz|Santiago)|Honolulu|(Tokyo|Seoul|Taipei|Hong_Kong|Kolkata|Calcutta|Karachi|Jakarta|Manila|Bangkok|Jerusalem|Riyadh|Johannesburg|Nairobi)$/;
const SATURDAY = /\/(Cairo|Algiers|Baghdad|Tehran|Kabul|Tripoli|Khartoum|Damascus|Amman|Kuwait|Bahrain|Qatar|Muscat)$/;

/** The first day of the week where the site is, for everybody at its desk: 1 is Monday, 7 is Sunday. */
export const firstWeekday = (zone: string): number => (SUNDAY.test(zone) ? 7 : SATURDAY.test(zone) ? 6 : 1);

/** The day on which the week of `day` begins. */
export const weekStart = (day: string, first: number): string => addDays(day, -((weekday(day) - first + 7) % 7));

const count = (from: string, n: number): string[] => Array.from({ length: n }, (_, i) => addDays(from, i));

/** The days that a view shows: whole weeks around the month, one week, or a fortnight from `day` on. */
export function daysOf(view: View, day: string, first: number): string[] {
  if (view === "week") return count(weekStart(day, first), 7);
  if (view === "agenda") return count(day, 14);
  const begin = weekStart(`${day.slice(0, 7)}-01`, first);
  const last = addDays(addMonths(`${day.slice(0, 7)}-01`, 1), -1);
  const weeks = Math.ceil((utc(last) - utc(begin) + DAY_MS) / (7 * DAY_MS));
  return count(begin, weeks * 7);
}

/** The day that the view before (-1) or after (1) this one stands for. */
export function turn(view: View, day: string, by: -1 | 1): string {
  if (view === "month") return addMonths(`${day.slice(0, 7)}-01`, by);
  return addDays(day, by * (view === "week" ? 7 : 14));
}

/** From the first moment of the first day to before the first moment after the last. */
export function rangeOf(days: readonly string[]): { from: string; to: string } {
  const first = days[0] ?? "", last = days.at(-1) ?? "";
  return { from: startOf(first).toISOString(), to: startOf(addDays(last, 1)).toISOString() };
}

/** The first moment of a day; where a change of the clock skips midnight, the moment after it. */
export function startOf(day: string): Date {
  const at = fromLocal(`${day}T00:00`);
  return toLocal(at).slice(0, 10) < day ? fromLocal(`${day}T01:00`) : at;
}

/** The day of a moment in the site's zone. */
export const dayOf = (at: string | number | Date): string => toLocal(at).slice(0, 10);

/** The moment on another day at which the wall clock shows the same time, to the second. */
export function onDay(at: string, day: string): Date {
  const seconds = Date.parse(at) % 60_000;
  return new Date(fromLocal(`${day}${toLocal(at).slice(10)}`).getTime() + seconds);
}

/** The full hour after `now`, as a field for dates has it. */
export const nextHour = (now: number): string => toLocal((Math.floor(now / 3_600_000) + 1) * 3_600_000);

const written = new Map<string, Intl.DateTimeFormat>();

/** Writes a day in words. It is a day and no moment: the zone has no part in it. */
export function writeDay(day: string, language: string, options: Intl.DateTimeFormatOptions): string {
  const key = language + JSON.stringify(options);
  let format = written.get(key);
  if (!format) written.set(key, (format = new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options })));
  return format.format(utc(day));
}

/** The heading over the days shown: `November 2026`, `16 – 22 November 2026`. */
export function writeRange(view: View, days: readonly string[], day: string, language: string): string {
  if (view === "month") return writeDay(day, language, { month: "long", year: "numeric" });
  const format = new Intl.DateTimeFormat(language, { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
  return format.formatRange(utc(days[0] ?? day), utc(days.at(-1) ?? day));
}
