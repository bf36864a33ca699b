import type { Schedule } from "./types";

/** Kinds of work that the API takes; others were made elsewhere and cannot be added again. */
export const KINDS = ["fetch_sources", "assign_stories"] as const;

export const canBeAdded = (schedule: Schedule): boolean => (KINDS as readonly string[]).includes(schedule.kind);

/** The body that makes a schedule again as it was. */
export function bodyOf(schedule: Schedule): Record<string, unknown> {
  const { name, schedule: text, zone, missed, kind, parameters, queue, priority } = schedule;
  return { name, schedule: text, zone, missed, kind, parameters, queue, priority };
}

/** `times`, the day only where it is another than that of the one before. */
export function compact(times: readonly string[], date: (at: string) => string, clock: (at: string) => string): string {
  let day = times[0] ? date(times[0]) : "";
  return times.slice(1).map((at) => {
    const its = date(at);
    const text = its === day ? clock(at) : `${its} ${clock(at)}`;
    day = its;
    return text;
  }).join(", ");
}
