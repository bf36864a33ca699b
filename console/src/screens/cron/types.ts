// What /cron tells.
import type { Priority } from "../jobs/types";

export interface Schedule {
  name: string;
  schedule: string;
  zone: string;
  missed: string;
  paused: boolean;
  problem: string | null;
  kind: string;
  queue: string;
  priority: Priority;
  attempts_max: number;
  parameters: { sources?: string[] } & Record<string, unknown>;
  next: string[];
  last_at: string | null;
}
