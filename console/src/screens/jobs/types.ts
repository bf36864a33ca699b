// What /jobs and /queues/stats tell.

export type Priority = "critical" | "high" | "normal" | "low";
export type JobState = "available" | "scheduled" | "running" | "retryable" | "pending" | "completed" | "cancelled" | "discarded";

export interface Job {
  id: string;
  kind: string;
  queue: string;
  priority: Priority;
  state: JobState;
  attempts: number;
  attempts_max: number;
  created_at: string;
  run_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  parameters: unknown;
  result: unknown;
  error: string | null;
  progress: string | null;
  parent: string | null;
  waits_for: number | null;
}

export interface Durations {
  runs: number;
  average_s: number;
  p50_s: number;
  p95_s: number;
  p99_s: number;
}

/** One kind of job in one queue at one priority. */
export interface Numbers {
  queue: string;
  priority: Priority;
  kind: string;
  counts: Partial<Record<JobState, number>>;
  failures: number;
  oldest_s: number | null;
  average_s: number | null;
  durations: Durations | null;
}
