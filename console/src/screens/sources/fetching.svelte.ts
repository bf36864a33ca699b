import type { Address } from "../../lib/addresses";
import { call } from "../../lib/api";
import { watchJob, type Watch } from "../../lib/job_watch";
import { complain, toast } from "../../lib/toast.svelte";
import { w } from "./words";

interface Report {
  sources: number;
  failed: { source: string; reason: string }[];
  new_items: number;
}

/** Fetches one source or all as a job, and says what it brought. */
export class Fetching {
  /** How many are fetched; 0 when nothing is. */
  count = $state(0);
  progress: number | null = $state(null);

  #watch: Watch<Report> | null = null;

  async run(path: Address<"POST">, count: number): Promise<void> {
    if (this.count > 0 || count === 0) return;
    this.count = count;
    this.progress = null;
    try {
      const { job_id } = await call<{ job_id: string }>("POST", path, { body: {} });
      this.#watch = watchJob<Report>(job_id, (share) => (this.progress = share));
      const job = await this.#watch.ended;
      if (!job) return;
      const report = job.result;
      if (job.state !== "completed" || !report) toast(job.error ?? w.fetchFailed, { tone: "bad", seconds: 8 });
      else if (report.failed.length > 0) toast(report.sources === 1 ? w.fetchFailed : `${w.fetched(report.new_items)}. ${w.fetchSome(report.failed.length)}`, { tone: "bad", seconds: 8 });
      else toast(w.fetched(report.new_items));
    } catch (thrown) {
      complain(thrown);
    } finally {
      this.count = 0;
      this.#watch?.stop();
    }
  }

  leave(): void {
    this.#watch?.stop();
  }
}
