// What /queues and /nodes tell.
import type { Numbers, Priority, JobState } from "../jobs/types";

export type { Durations, JobState, Numbers, Priority } from "../jobs/types";

export interface Queue {
  name: string;
  weight: number;
  concurrency: number;
  rate: number;
  durability: "durable" | "relaxed";
  paused: boolean;
  counts: Partial<Record<JobState, number>>;
  failures: number;
  oldest_s: number | null;
}

export interface Pool {
  priority: Priority;
  size: number;
  running: number;
}

export interface Node {
  number: number;
  name: string;
  started_at: string;
  heartbeat_at: string;
  workers: number;
  running: number;
  clock_skew_us: number;
}

export interface Queues {
  data: Numbers[];
  queues: Queue[];
  pools: Pool[];
  nodes: Node[];
}
