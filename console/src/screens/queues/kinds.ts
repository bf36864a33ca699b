import type { Durations, JobState, Numbers } from "./types";

/** A kind of job over all queues and priorities. */
export interface Kind {
  id: string;
  queues: string[];
  counts: Partial<Record<JobState, number>>;
  failures: number;
  average_s: number | null;
  durations: Durations | null;
}

export function byKind(numbers: readonly Numbers[]): Kind[] {
  const found = new Map<string, Kind>();
  for (const row of numbers) {
    const kind = found.get(row.kind) ?? { id: row.kind, queues: [], counts: {}, failures: 0, average_s: null, durations: null };
    if (!kind.queues.includes(row.queue)) kind.queues.push(row.queue);
    for (const [state, n] of Object.entries(row.counts) as [JobState, number][]) kind.counts[state] = (kind.counts[state] ?? 0) + n;
    kind.failures += row.failures;
    // Of the kind as a whole, told with each of its rows.
    kind.durations ??= row.durations;
    kind.average_s ??= row.average_s;
    found.set(row.kind, kind);
  }
  return [...found.values()].sort((a, b) => a.id.localeCompare(b.id));
}
