import { call, type Query } from "./api";
import { FITS, type BulkAction, type BulkDeed } from "./bulk_fits";
import { w } from "./bulk_words";
import { confirm } from "./confirm.svelte";
import { count as written } from "./i18n";
import { watchJob, type Watch } from "./job_watch";
import type { Page } from "./keyset.svelte";
import { session } from "./session.svelte";
import { complain, toast } from "./toast.svelte";

/** Posts that one call may name. With more the filter is sent, and there is no way back to each of them. */
export const IDS_MAX = 1_000;
/** Publications that are taken back one by one. */
const EACH_MAX = 50;
/** More than this are only done once their number has been typed. */
const TYPED_FROM = 10;
const PAGE = 200;

/** A post that is decided on, and when it was to be published. */
export interface Target {
  id: string;
  due_at?: string | null;
  claim?: { by: string; until: string } | null;
}

export interface Skipped {
  id: string;
  title: string;
  reason: string;
}

export interface Outcome {
  action: BulkAction;
  done: number;
  /** Of approvals: noted, and another person must approve as well. */
  endorsed: number;
  missed: number;
  skipped: Skipped[];
  /** Stopped or failed before its end. */
  isCut: boolean;
}

interface Result {
  done: number;
  endorsed?: number;
  skipped: Skipped[];
  skipped_count?: number;
}

type Which = { ids: string[] } | { filter: Record<string, unknown> };
type Undo = ((done: string[]) => Promise<void>) | null;

/** One decision on many posts, as a job of the server: its progress, its end, and the way back. */
export class Bulk {
  action: BulkAction | null = $state(null);
  count = $state(0);
  progress: number | null = $state(null);
  outcome: Outcome | null = $state.raw(null);
  readonly isRunning: boolean = $derived(this.action !== null);

  #job = "";
  #watch: Watch<Result> | null = null;

  /** `around` is told which posts are decided on (none: all that a filter lets through) and does the work in its midst. */
  constructor(private readonly around: (ids: readonly string[], work: () => Promise<void>) => Promise<void>) {}

  /** All that a filter lets through, up to what one call may name. */
  static async targets(filter: Query): Promise<Target[]> {
    const found: Target[] = [];
    for (let after: string | null | undefined = null; found.length < IDS_MAX; ) {
      const page: Page<Target> = await call<Page<Target>>("GET", "/posts", { query: { ...filter, limit: PAGE, after } });
      found.push(...page.data.map(({ id, due_at, claim }) => ({ id, due_at, claim })));
      after = page.pagination.next;
      if (!page.pagination.has_next || !after) break;
    }
    return found.slice(0, IDS_MAX);
  }

  /** How many it would be. */
  static async count(action: BulkAction, filter: Record<string, unknown>): Promise<number> {
    return (await call<{ count: number }>("POST", "/posts/bulk", { body: { action, filter, reason: "–", dry_run: true } })).count;
  }

  /**
   * Decides on `posts`, or without on all that `filter` lets through: by their ids while one call can name them, beyond
   * that by the filter. What cannot be taken back is asked before. `begun` is called once nothing more is asked.
   */
  async decide(action: BulkDeed, which: { posts: readonly Target[] | null; filter: Record<string, string> }, begun: () => void, reason?: string): Promise<void> {
    if (this.isRunning) return;
    const filter = { ...which.filter, state: which.filter.state || FITS[action].join(",") };
    try {
      const posts = which.posts ?? (await Bulk.targets(filter));
      if (posts.length === 0) return void toast(w.bulk.nothing);
      if (posts.length < IDS_MAX) {
        const undo = this.#undo(action, posts);
        const claimed = posts.filter(isOthers).length;
        const why = [claimed > 0 && w.bulk.claimed(claimed), !undo && (w.bulk.why as Partial<Record<BulkAction, string>>)[action]].filter(Boolean).join(" ");
        if ((claimed > 0 || (!undo && action !== "reopen")) && !(await ask(action, posts.length, why, undo !== null))) return;
        begun();
        return await this.run(action, { ids: posts.map((post) => post.id) }, posts.length, reason, undo);
      }
      const body = inBody(filter);
      const n = await Bulk.count(action, body);
      const claimed = body.claimed ? 0 : n - (await Bulk.count(action, { ...body, claimed: "none" })) - (await Bulk.count(action, { ...body, claimed: "me" }));
      if (!(await ask(action, n, claimed > 0 ? `${w.bulk.claimed(claimed)} ${w.bulk.whyMany}` : w.bulk.whyMany))) return;
      begun();
      await this.run(action, { filter: body }, n, reason);
    } catch (thrown) {
      complain(thrown);
    }
  }

  async run(action: BulkAction, which: Which, count: number, reason?: string, undo: Undo = null): Promise<void> {
    if (this.isRunning || count === 0) return;
    await this.around("ids" in which ? which.ids : [], () => this.#run(action, which, count, reason, undo));
  }

  async #run(action: BulkAction, which: Which, count: number, reason: string | undefined, undo: Undo): Promise<void> {
    this.outcome = null;
    this.action = action;
    this.count = count;
    this.progress = 0;
    try {
      const accepted = await call<{ job_id: string }>("POST", "/posts/bulk", { body: { action, ...which, ...(reason ? { reason } : {}) } });
      this.#job = accepted.job_id;
      this.#watch = watchJob<Result>(this.#job, (share) => (this.progress = share));
      const job = await this.#watch.ended;
      if (!job) return;
      const result = job.result ?? { done: 0, skipped: [] };
      const { done: n, endorsed = 0 } = result;
      this.outcome = { action, done: n, endorsed, missed: result.skipped_count ?? result.skipped.length, skipped: result.skipped, isCut: job.state !== "completed" };
      if (job.state === "discarded") toast(job.error ?? w.bulk.failed, { tone: "bad", seconds: 8 });
      const left = new Set(result.skipped.map((one) => one.id));
      const done = "ids" in which ? which.ids.filter((id) => !left.has(id)) : [];
      if (n + endorsed > 0 || this.outcome.isCut) toast(told(this.outcome), undo && done.length > 0 ? { undo: () => undo(done) } : {});
    } catch (thrown) {
      complain(thrown);
    } finally {
      this.action = null;
      this.#watch?.stop();
    }
  }

  /** Asks the job to end; what it has done until then stays. */
  cancel = async (): Promise<void> => {
    await call("DELETE", `/jobs/${this.#job}`).catch((thrown: unknown) => {
      complain(thrown);
    });
  };

  dismiss = (): void => {
    this.outcome = null;
  };

  leave(): void {
    this.#watch?.stop();
  }

  /** The way back from a deed, where the server has one. */
  #undo(action: BulkDeed, posts: readonly Target[]): Undo {
    if (action === "approve") return (ids) => this.run("withdraw", { ids }, ids.length);
    if (action === "reject") return (ids) => this.run("reopen", { ids }, ids.length);
    const dues = new Map(posts.map((post) => [post.id, post.due_at ?? ""]));
    // Only a time that is still to come can be given back.
    const isLater = [...dues.values()].every((due) => Date.parse(due) > Date.now() + 60_000);
    if (action !== "publish" || posts.length > EACH_MAX || !isLater) return null;
    return (ids) => this.around(ids, () => reschedule(ids, dues));
  }
}

/** Gives posts back the times they had. */
async function reschedule(ids: readonly string[], dues: ReadonlyMap<string, string>): Promise<void> {
  const each = ids.map((id) => call("POST", `/posts/${id}/schedule`, { body: { due_at: dues.get(id), force: true } }));
  const done = await Promise.allSettled(each);
  const failed = done.find((one) => one.status === "rejected");
  if (failed) complain(failed.reason);
  else toast(w.bulk.rescheduled(ids.length));
}

/** What a job has done, in a sentence. */
export function told({ action, done, endorsed }: Outcome): string {
  const parts = [...(done > 0 || endorsed === 0 ? [w.bulk.end[action](done)] : []), ...(endorsed > 0 ? [w.bulk.endorsed(endorsed)] : [])];
  return parts.join("; ");
}

function isOthers({ claim }: Target): boolean {
  return claim != null && claim.by !== session.current?.principal && Date.parse(claim.until) > Date.now();
}

/** What can be taken back needs no word to be typed. */
function ask(action: BulkDeed, n: number, body: string, hasUndo = false): Promise<boolean> {
  return confirm({ title: w.bulk.ask[action](written(n)), body, action: w.bulk.deed[action], tone: hasUndo ? "plain" : "bad", ...(n > TYPED_FROM && !hasUndo ? { typed: String(n) } : {}) });
}

/** In a body numbers are numbers, and yes is true. */
export function inBody(filter: Record<string, string>): Record<string, unknown> {
  const value = (key: string, text: string) => (key.startsWith("score_") ? Number(text) : key === "edited" ? text === "true" : text);
  return Object.fromEntries(Object.entries(filter).map(([key, text]) => [key, value(key, text)]));
}
