import { call } from "./api";
import { live } from "./live.svelte";

const LOOK_MS = 700;
const ENDED = new Set(["completed", "discarded", "cancelled"]);

export interface WatchedJob<R> {
  id: string;
  state: string;
  /** `3/10` */
  progress: string | null;
  error: string | null;
  result: R | null;
}

export interface Watch<R> {
  /** The job as it ended; `null` when nobody waits any longer. */
  ended: Promise<WatchedJob<R> | null>;
  stop: () => void;
}

/** Watches a job until its end: told live, and looked after in case a word was missed. */
export function watchJob<R>(id: string, onprogress: (share: number) => void = () => {}): Watch<R> {
  let stop = () => {};
  const ended = new Promise<WatchedJob<R> | null>((resolve) => {
    const told = (progress: string | null) => {
      const at = share(progress);
      if (at !== null) onprogress(at);
    };
    const look = async () => {
      const job = await call<WatchedJob<R>>("GET", `/jobs/${id}`).catch(() => null);
      if (!job) return;
      told(job.progress);
      if (ENDED.has(job.state)) end(job);
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    const unfollow = live.follow(
      "jobs",
      {
        message: (message) => {
          if (message.job !== id) return;
          if (message.type === "progress") told(String(message.detail ?? ""));
          else void look();
        },
        resync: () => void look(),
      },
      { jobs: [id] },
    );
    const end = (job: WatchedJob<R> | null) => {
      clearInterval(timer);
      unfollow();
      resolve(job);
    };
    stop = () => end(null);
    void look();
  });
  return { ended, stop: () => stop() };
}

/** `3/10` as a share from 0 to 1; `null` when it says nothing. */
export function share(progress: string | null | undefined): number | null {
  const [done, total] = (progress ?? "").split("/").map(Number);
  return total && Number.isFinite(done) ? Math.min(1, (done ?? 0) / total) : null;
}
