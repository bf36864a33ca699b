import { asProblem, call } from "../../lib/api";
import { complain, toast } from "../../lib/toast.svelte";
import type { Target } from "./filter";
import type { Job } from "./types";
import { w } from "./words";

/** Does something to jobs one after the other; says how many were changed and why others were not. */
async function eachOf(jobs: readonly Job[], deed: (job: Job) => Promise<unknown>, said: (n: number) => string): Promise<void> {
  let done = 0, failed = 0, why = "";
  for (const job of jobs) {
    try {
      await deed(job);
      done += 1;
    } catch (thrown) {
      const problem = asProblem(thrown);
      failed += 1;
      why = problem?.message ?? "";
      // Without a server the rest would fail alike.
      if (problem?.isOffline) break;
    }
  }
  if (failed > 0) toast(w.failedSome(failed, why), { tone: "bad" });
  if (done > 0) toast(said(done));
}

export const retry = (jobs: readonly Job[]): Promise<void> => eachOf(jobs, (job) => call("POST", `/jobs/${job.id}/retry`, { body: {} }), w.retried);
export const purge = (jobs: readonly Job[]): Promise<void> => eachOf(jobs, (job) => call("DELETE", `/jobs/${job.id}/dead-letter`), w.purged);

export async function cancel(jobs: readonly Job[]): Promise<void> {
  const isOneRunning = jobs.length === 1 && jobs[0]?.state === "running";
  await eachOf(jobs, (job) => call("DELETE", `/jobs/${job.id}`), isOneRunning ? () => w.asked : w.cancelled);
}

/** Does it to everything that fits. A key makes a request that broke off harmless to repeat. */
export async function toAll(deed: "retry" | "purge" | "cancel", targets: readonly Target[], said: (n: number) => string): Promise<void> {
  let done = 0;
  try {
    for (const body of targets) {
      const key = `${deed}-${Date.now()}-${Math.random().toString(36).slice(2)}`;
      done += (await call<{ count: number }>("POST", `/jobs/${deed}`, { body, idempotencyKey: key })).count;
    }
    toast(said(done));
  } catch (thrown) {
    if (done > 0) toast(said(done));
    complain(thrown);
  }
}
