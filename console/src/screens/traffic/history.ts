import { FIGURES, type Point, type Traffic } from "./types";

/** Points over time: in steps of ten seconds, the last minute by the second. */
export interface History extends Record<(typeof FIGURES)[number], readonly (number | null)[]> {
  /** Seconds since 1970, rising. */
  times: readonly number[];
}

const STEP = 10;
/** How long single seconds are kept. */
const FINE = 60;
const SPAN = 3_600;

export const EMPTY: History = { times: [], ...(Object.fromEntries(FIGURES.map((name) => [name, []])) as unknown as Record<(typeof FIGURES)[number], []>) };

export function fromServer(traffic: Traffic): History {
  return { ...traffic, times: traffic.times.map((at) => Date.parse(at) / 1_000) };
}

/** With one more second. What is older than a minute is drawn together into steps of ten seconds, after an hour it is gone. */
export function withPoint(before: History, at: number, point: Point): History {
  if (at <= (before.times.at(-1) ?? 0)) return before;
  const times = [...before.times, at];
  // Groups of places in `times` that become one.
  const groups: number[][] = [];
  let step = -1;
  // A step is drawn together once, when all of it is old enough: a mean of means would weigh its last second most.
  const coarse = Math.floor((at - FINE) / STEP) * STEP;
  times.forEach((time, i) => {
    if (time < at - SPAN) return;
    const its = time < coarse ? Math.floor(time / STEP) : -1;
    if (its >= 0 && its === step) groups.at(-1)?.push(i);
    else groups.push([i]);
    step = its;
  });
  const after = { times: groups.map((group) => times[group.at(-1) ?? 0] ?? 0) } as Record<string, readonly (number | null)[]>;
  for (const name of FIGURES) {
    const values = [...before[name], point[name] ?? null];
    after[name] = groups.map((group) => (group.length === 1 ? (values[group[0] ?? 0] ?? null) : mean(group.map((i) => values[i] ?? null))));
  }
  return after as unknown as History;
}

function mean(values: (number | null)[]): number | null {
  const there = values.filter((value) => value !== null);
  return there.length > 0 ? there.reduce((sum, value) => sum + value, 0) / there.length : null;
}

/** A message of the topic as a point; what is no number is not there. */
export function pointOf(message: Record<string, unknown>): Point {
  return Object.fromEntries(FIGURES.map((name) => [name, typeof message[name] === "number" ? message[name] : null])) as Point;
}
