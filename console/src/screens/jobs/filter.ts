import type { Filter } from "../../lib/query_text";
import type { Job, JobState, Numbers } from "./types";

export const STATES: readonly JobState[] = ["running", "available", "scheduled", "retryable", "pending", "discarded", "completed", "cancelled"];
/** What is listed when no state is asked for: everything that waits or runs. */
export const STANDING: readonly JobState[] = ["running", "available", "scheduled", "retryable", "pending"];
export const WAITING: readonly JobState[] = ["available", "scheduled", "retryable", "pending"];
export const KEYS = ["kind", "state", "queue", "priority"] as const;

/** Words that people say for a state beside its name. */
const ALIASES: Record<string, JobState> = { dead: "discarded", ready: "available", done: "completed", failed: "retryable", waiting: "pending" };

/** The id that is asked for instead of a filter: 13 characters of Crockford's Base32, alone or as `id:…`. */
export function askedId(text: string): string | null {
  return /^(?:id:)?([0-9A-HJKMNP-TV-Z]{13})$/i.exec(text.trim())?.[1]?.toUpperCase() ?? null;
}

export function states(filter: Filter): JobState[] {
  const named = (filter.by.state ?? []).map((word) => ALIASES[word] ?? (word as JobState));
  return [...new Set(named)];
}

/** The kinds asked for. Free words are parts of their names; a word that fits none stays, so that nothing is found. */
export function kinds({ by, text }: Filter, known: readonly string[]): string[] {
  const said = by.kind ?? [];
  if (!text) return said;
  const parts = text.toLowerCase().split(/\s+/);
  const found = known.filter((kind) => parts.every((part) => kind.includes(part)) && (said.length === 0 || said.includes(kind)));
  return found.length > 0 ? found : [text];
}

/** What `GET /jobs` is asked. */
export function query(filter: Filter, known: readonly string[]): Record<string, string> {
  const parts = { state: states(filter), kind: kinds(filter, known), queue: filter.by.queue ?? [], priority: filter.by.priority ?? [] };
  return Object.fromEntries(Object.entries(parts).filter(([, values]) => values.length > 0).map(([key, values]) => [key, values.join(",")]));
}

export type Sums = Record<JobState, number>;

/** How many of the jobs that fit, whatever their state, stand where. */
export function sums(numbers: readonly Numbers[], filter: Filter, known: readonly string[]): Sums {
  const all = Object.fromEntries(STATES.map((state) => [state, 0])) as Sums;
  const wanted = { kind: kinds(filter, known), queue: filter.by.queue ?? [], priority: filter.by.priority ?? [] };
  const fits = (values: readonly string[], value: string) => values.length === 0 || values.includes(value);
  for (const row of numbers) {
    if (!fits(wanted.kind, row.kind) || !fits(wanted.queue, row.queue) || !fits(wanted.priority, row.priority)) continue;
    for (const state of STATES) all[state] += row.counts[state] ?? 0;
  }
  return all;
}

export const total = (all: Sums, of: readonly JobState[]): number => of.reduce((sum, state) => sum + all[state], 0);

/** Grows by one with each job that would stand at the top of the list if it were read anew. */
export function arrivals(all: Sums, shown: readonly JobState[]): number {
  const isEnded = shown.length > 0 && shown.every((state) => !STANDING.includes(state));
  return total(all, isEnded ? shown : STATES);
}

/** Beyond this many a count is said to be an estimate. */
export const EXACT_MAX = 10_000;

export interface Target {
  kind?: string;
  queue?: string;
  priority?: string;
  all?: true;
}

/** The bodies that `POST /jobs/retry` and its like need for a filter: they take one value of each. */
export function targets(filter: Filter, known: readonly string[]): Target[] {
  let found: Target[] = [{}];
  const each = (name: "kind" | "queue" | "priority", values: readonly string[]) => {
    if (values.length > 0) found = found.flatMap((target) => values.map((value) => ({ ...target, [name]: value })));
  };
  each("kind", kinds(filter, known));
  each("queue", filter.by.queue ?? []);
  each("priority", filter.by.priority ?? []);
  return found.map((target) => (Object.keys(target).length > 0 ? target : { all: true }));
}

/** A run is stuck beyond this many times what nearly all runs of its kind take, but not before a minute … */
const TIMES = 5;
const STUCK_MIN_S = 60;
/** … and without a known time after a quarter of an hour. */
const STUCK_UNKNOWN_S = 900;
/** A due job has waited for so long: the workers do not keep up. The health check has the same limit. */
const LATE_S = 120;

/** `stuck`: runs far longer than its kind does; `late`: is due and nobody takes it. */
export function mark(job: Job, numbers: readonly Numbers[], paused: ReadonlySet<string>, now: number): "stuck" | "late" | null {
  const since = (at: string | null) => (at ? (now - Date.parse(at)) / 1_000 : 0);
  if (job.state === "running") {
    const p99 = numbers.find((row) => row.kind === job.kind && row.durations)?.durations?.p99_s;
    const limit = p99 === undefined ? STUCK_UNKNOWN_S : Math.max(STUCK_MIN_S, TIMES * p99);
    return since(job.started_at) > limit ? "stuck" : null;
  }
  return job.state === "available" && !paused.has(job.queue) && since(job.run_at) > LATE_S ? "late" : null;
}

/** Where a job stands after a word of the live topic `jobs`; `null` when that does not say. */
export function stateAfter(word: string): JobState | null {
  const after: Record<string, JobState> = {
    enqueued: "available", started: "running", progress: "running", completed: "completed", failed: "retryable", snoozed: "scheduled",
    dead: "discarded", cancelled: "cancelled",
  };
  return after[word] ?? null;
}

/** `3/10` as a share, `null` for anything else. */
export function share(progress: string | null): number | null {
  const [done, all] = (progress ?? "").split("/").map(Number);
  return done !== undefined && all !== undefined && all > 0 && done >= 0 ? Math.min(1, done / all) : null;
}

/** The time that matters of a job where it stands. */
export function moment(job: Job): string {
  if (job.state === "running") return job.started_at ?? job.created_at;
  if (job.state === "scheduled" || job.state === "retryable") return job.run_at ?? job.created_at;
  return job.finished_at ?? job.created_at;
}

export const canRetry = (job: Job): boolean => ["discarded", "retryable", "scheduled"].includes(job.state);
export const canCancel = (job: Job): boolean => STANDING.includes(job.state);
