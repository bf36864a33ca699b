import type { Day, Place } from "./types";

const DAY_MS = 86_400_000;
/** As many as there are colours for, the last of them for all others. */
const KINDS_MAX = 6;

/** One day of the chart. */
export interface Column {
  /** Its beginning in UTC, in milliseconds since 1970. */
  at: number;
  calls: number;
  failures: number;
  micros: number;
  /** Its parts, in the order of the places. */
  parts: number[];
}

export interface Chart {
  columns: Column[];
  /** Costliest first; `null` stands for all that have no colour of their own. */
  places: { place: Place | null; micros: number }[];
  micros: number;
}

/** The sums of days as `count` columns that end today, days without a call too. Days are those of UTC, as budgets have them. */
export function chartOf(days: readonly Day[], count: number, now: number): Chart {
  // Where the server's clock is ahead its day counts.
  const today = Math.max(...days.map(({ day }) => Date.parse(day)), Math.floor(now / DAY_MS) * DAY_MS);
  const sums = new Map<string, { place: Place; micros: number }>();
  for (const { place, micros } of days) {
    const sum = sums.get(place.name) ?? { place, micros: 0 };
    sum.micros += micros;
    sums.set(place.name, sum);
  }
  const ranked = [...sums.values()].sort((a, b) => b.micros - a.micros || a.place.name.localeCompare(b.place.name));
  const own = ranked.length > KINDS_MAX ? ranked.slice(0, KINDS_MAX - 1) : ranked;
  const rest = ranked.slice(own.length);
  const places: Chart["places"] = rest.length > 0 ? [...own, { place: null, micros: rest.reduce((sum, one) => sum + one.micros, 0) }] : own;
  const at = new Map(own.map(({ place }, i) => [place.name, i]));

  const columns = Array.from({ length: count }, (_, i): Column => ({ at: today - (count - 1 - i) * DAY_MS, calls: 0, failures: 0, micros: 0, parts: places.map(() => 0) }));
  for (const { day, place, calls, failures, micros } of days) {
    const column = columns[count - 1 - Math.round((today - Date.parse(day)) / DAY_MS)];
    if (!column) continue;
    const part = at.get(place.name) ?? places.length - 1;
    column.calls += calls;
    column.failures += failures;
    column.micros += micros;
    column.parts[part] = (column.parts[part] ?? 0) + micros;
  }
  return { columns, places, micros: columns.reduce((sum, column) => sum + column.micros, 0) };
}

/** A round number not below `max`, for the top of a chart. */
export function roofOf(max: number): number {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 5, 10].map((step) => step * power).find((one) => one >= max) ?? max;
}
