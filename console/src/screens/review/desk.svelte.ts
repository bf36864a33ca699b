import { asProblem, call, type ApiProblem, type Query } from "../../lib/api";
import { announce } from "../../lib/announce.svelte";
import { Keyset, type Page } from "../../lib/keyset.svelte";
import type { LiveMessage } from "../../lib/live.svelte";
import { stateName } from "../../lib/names";
import { visible } from "../../lib/net.svelte";
import { router } from "../../lib/router.svelte";
import { may, session } from "../../lib/session.svelte";
import { relative, clock } from "../../lib/time";
import { complain, toast, toasts } from "../../lib/toast.svelte";
import type { When } from "../../parts/when";
import { effectOf, following, putBack, step } from "./flow";
import { Shelf } from "./shelf";
import type { Changes, Claim, Full, Post, Sheet, Version } from "./types";
import { w } from "./words";

/** Passing through quickly claims nothing. */
const CLAIM_AFTER_MS = 200;
const RENEW_MS = 240_000;
/** Whoever has not touched anything for so long has gone: their claim may lapse. */
const AWAY_MS = 480_000;
/** How long the live data may take to tell what was done here. */
const ECHO_MS = 4_000;
/** A row that another has decided on stays so long, to be read. */
const GONE_STAYS_MS = 4_000;
/** A claim of somebody else's is asked for again after its end, and by a clock that goes wrong no more often than this. */
const CLAIM_LEAST_MS = 5_000;
const CLAIM_MOST_MS = 900_000;
/** A publication that is later than the time to take it back, by so much, has been put off. */
const LATER_MS = 5_000;

export type Word =
  /** A newer version has arrived while this one is read. */
  | { kind: "newer"; version: number }
  /** Others have decided. */
  | { kind: "gone"; state: string }
  /** The decision was about `read`; what has changed since is shown, and it is asked again. */
  | { kind: "stale"; read: number };

/** The post that is read, the list it stands in, and what is done with both. */
export class ReviewDesk {
  readonly list: Keyset<Post>;
  id: string | null = $state(null);
  sheet: Sheet | null = $state.raw(null);
  problem: ApiProblem | null = $state.raw(null);
  word: Word | null = $state.raw(null);
  /** An older version that is looked at, with what it changed. */
  older: { version: Version; changes: Changes | null } | null = $state.raw(null);
  /** Somebody else who reads this post. Whoever decides all the same ends that claim. */
  other: Claim | null = $state.raw(null);
  /** Rows that others have decided on, and to what. */
  gone: ReadonlyMap<string, string> = $state.raw(new Map());
  /** Posts decided here since the page was opened. */
  done = $state(0);
  /** The pointer is over the list: nothing there may move. */
  isPointed = $state(false);

  readonly full: Full | null = $derived(this.sheet?.full ?? null);
  readonly isMine: boolean = $derived(this.full?.approvals.some((one) => one.by === session.current?.principal) ?? false);
  readonly canDecide: boolean = $derived(
    may("judge") && this.full !== null && this.full.state === "in_review" && this.word?.kind !== "gone" && this.word?.kind !== "newer",
  );

  #shelf = new Shelf<Sheet>(readSheet);
  /** What was decided here: its echo is no news. */
  #own = new Set<string>();
  #hasJob = false;
  #fresh = new Set<string>();
  /** Claims of one's own, taken and given up, of which the live data is still to tell. */
  #echoes = new Set<string>();
  #held: string | null = null;
  #claimTimer: ReturnType<typeof setTimeout> | undefined;
  #lapseTimer: ReturnType<typeof setTimeout> | undefined;
  #sweepTimer: ReturnType<typeof setTimeout> | undefined;
  #touchTimer: ReturnType<typeof setTimeout> | undefined;
  #touched = new Set<string>();
  #active = Date.now();

  constructor(private readonly query: () => Query) {
    this.list = new Keyset<Post>("/posts", () => ({ state: "in_review", ...query() }));
  }

  /** Renews the claim while somebody is there, and gives it up when the page goes; returns how to end. */
  start(): () => void {
    const active = () => (this.#active = Date.now());
    const leaving = () => this.#release(true);
    const timer = setInterval(() => {
      if (this.#held && visible() && Date.now() - this.#active < AWAY_MS) void this.#claim(this.#held, false);
    }, RENEW_MS);
    addEventListener("keydown", active);
    addEventListener("pointerdown", active);
    addEventListener("pagehide", leaving);
    return () => {
      clearInterval(timer);
      removeEventListener("keydown", active);
      removeEventListener("pointerdown", active);
      removeEventListener("pagehide", leaving);
      for (const one of [this.#claimTimer, this.#lapseTimer, this.#sweepTimer, this.#touchTimer]) clearTimeout(one);
      this.#release(false);
      this.list.stop();
    };
  }

  /** The list is read anew: its query has changed, or somebody wants to see what is new. */
  reload = async (): Promise<void> => {
    this.#fresh.clear();
    this.gone = new Map();
    await this.list.reload();
    // The answer may be older than a decision that is on its way.
    this.list.drop(...this.#own);
    this.#prefetch();
  };

  /** A job decides on many: what the live data tells meanwhile are not the deeds of others. */
  decideMany = async (ids: readonly string[], work: () => Promise<void>): Promise<void> => {
    this.#hasJob = true;
    const { id } = this;
    await work();
    await this.reload();
    this.#hasJob = false;
    if (id === null || id !== this.id) return;
    // What was read may be among them: then work goes on with what is left.
    if (ids.length > 0 && !ids.includes(id)) return;
    if (this.list.rows.some((row) => row.id === id)) await this.again();
    else this.go(this.first());
  };

  // Reading.

  /** Shows the address of a post; `null` is the list alone. */
  go = (id: string | null): void => {
    const path = id === null ? "/console/review" : `/console/review/${id}`;
    void router.go(path + router.url.search, { replace: this.id !== null, keepFocus: true });
  };

  next = (): void => this.#step(1);
  previous = (): void => this.#step(-1);

  #step(by: 1 | -1): void {
    const to = step(this.#ids(), this.id, by, (id) => this.gone.has(id));
    if (to && to !== this.id) this.go(to);
    else toast(by === 1 ? w.lastOne : w.firstOne, { seconds: 2 });
  }

  /** The first that nobody else reads. */
  first(): string | null {
    return step(this.#ids(), null, 1, this.#isPassedOver);
  }

  /** Takes the post of the address. Drawn at once when it lies ready. */
  open = async (id: string | null): Promise<void> => {
    if (id === this.id) return;
    clearTimeout(this.#claimTimer);
    this.#release(false);
    this.id = id;
    this.word = this.older = this.problem = null;
    this.#setOther(null);
    this.sheet = id === null ? null : (this.#shelf.peek(id) ?? null);
    if (id === null) return;
    this.#claimTimer = setTimeout(() => void this.#claim(id, false), CLAIM_AFTER_MS);
    if (!this.sheet) await this.#read(id);
    else this.#noteState(this.sheet.full);
    if (this.gone.size > 0) this.#sweepSoon();
    this.#prefetch();
  };

  /** Reads the open post anew: another version, or after a fault. */
  again = async (): Promise<void> => {
    if (this.id === null) return;
    this.#shelf.forget(this.id);
    await this.#read(this.id);
  };

  /** Shows the newer version that has arrived, with what it changed since the one that was read. */
  showNewer = async (): Promise<void> => {
    const read = this.full?.version ?? 0;
    await this.again();
    if (!this.full || this.full.version <= read) return;
    this.word = null;
    await this.#compare(read);
  };

  /** Shows a version; the newest is the one that is decided on. */
  showVersion = async (version: number): Promise<void> => {
    const { id, full } = this;
    if (!id || !full) return;
    if (version >= full.version) {
      this.older = null;
      return;
    }
    try {
      const [found, changes] = await Promise.all([call<Version>("GET", `/posts/${id}/versions/${version}`), readChanges(id, version - 1, version)]);
      if (this.id === id) this.older = { version: found, changes };
    } catch (thrown) {
      complain(thrown);
    }
  };

  async #read(id: string): Promise<void> {
    this.problem = null;
    try {
      const sheet = await this.#shelf.get(id);
      if (this.id !== id) return;
      this.sheet = sheet;
      this.older = null;
      this.list.put(sheet.full);
      this.#noteState(sheet.full);
    } catch (thrown) {
      if (this.id === id) this.problem = asProblem(thrown);
    }
  }

  async #compare(from: number): Promise<void> {
    const { id, sheet } = this;
    if (!id || !sheet || from < 1 || from >= sheet.full.version) return;
    const changes = await readChanges(id, from, sheet.full.version).catch(() => sheet.changes);
    if (this.id === id && this.sheet === sheet) this.sheet = { ...sheet, changes };
  }

  #noteState(post: Post): void {
    if (post.state !== "in_review") this.word = { kind: "gone", state: post.state };
    const claim = post.claim;
    this.#setOther(claim && isOthers(claim) && may("judge") ? claim : null);
  }

  /** Notes who reads it; when that claim ends, it is looked at again and claimed. */
  #setOther(claim: Claim | null): void {
    const { id } = this;
    const isFree = this.other !== null && claim === null;
    this.other = claim;
    clearTimeout(this.#lapseTimer);
    if (!id) return;
    if (claim) {
      this.#held = null;
      const wait = Math.min(CLAIM_MOST_MS, Math.max(CLAIM_LEAST_MS, Date.parse(claim.until) - Date.now()));
      this.#lapseTimer = setTimeout(async () => {
        await this.#look(id);
        if (this.id === id && this.#held !== id) void this.#claim(id, false);
      }, wait);
    } else if (isFree && this.#held !== id) {
      void this.#claim(id, false);
    }
  }

  /** The next two are read before they are asked for. */
  #prefetch(): void {
    const ids = this.#ids();
    let at = this.id;
    for (let n = 0; n < 2; n += 1) {
      at = step(ids, at, 1, this.#isPassedOver);
      if (!at) return;
      void this.#shelf.get(at).catch(() => {});
    }
  }

  #ids = (): string[] => this.list.rows.map((row) => row.id);

  /** Moving on by itself leaves out what others read, what is decided, and what waits for another person's word. */
  #isPassedOver = (id: string): boolean => {
    const row = this.list.rows.find((one) => one.id === id);
    const me = session.current?.principal;
    return this.gone.has(id) || (row?.claim != null && isOthers(row.claim)) || (row?.approvals?.some((one) => one.by === me) ?? false);
  };

  // Claims.

  takeOver = (): void => {
    if (this.id) void this.#claim(this.id, true);
  };

  async #claim(id: string, takeOver: boolean): Promise<void> {
    if (!may("judge") || this.word?.kind === "gone") return;
    try {
      if (this.#held !== id) this.#expect(`claimed ${id}`);
      const post = await call<Post>("POST", `/posts/${id}/claim`, { body: takeOver ? { take_over: true } : {} });
      if (this.id !== id) {
        this.#giveUp(id);
        return;
      }
      this.#held = id;
      this.#setOther(null);
      this.list.put({ ...(this.list.rows.find((row) => row.id === id) ?? post), claim: post.claim });
      if (this.sheet?.full.id === id) {
        this.sheet = { ...this.sheet, full: { ...this.sheet.full, claim: post.claim } };
        // The answer tells as well whether what lies here is still what is.
        if (post.state !== "in_review") this.word = { kind: "gone", state: post.state };
        else if (post.version > this.sheet.full.version && this.word === null) this.word = { kind: "newer", version: post.version };
      }
    } catch (thrown) {
      const problem = asProblem(thrown);
      this.#echoes.delete(`claimed ${id}`);
      if (this.id !== id || !problem) return;
      if (problem.code === "claimed") this.#setOther(problem.body as unknown as Claim);
      // Without a claim one can read and decide as well: nobody is stopped by it.
    }
  }

  #expect(echo: string): void {
    this.#echoes.add(echo);
    // It may never come: a claim that was there already is not told.
    setTimeout(() => this.#echoes.delete(echo), ECHO_MS);
  }

  #giveUp(id: string): void {
    this.#expect(`released ${id}`);
    void call("DELETE", `/posts/${id}/claim`).catch(() => {});
  }

  #release(isLeaving: boolean): void {
    const id = this.#held;
    if (!id) return;
    this.#held = null;
    if (!isLeaving) {
      this.#giveUp(id);
      const row = this.list.rows.find((one) => one.id === id);
      if (row) this.list.put({ ...row, claim: null });
      return;
    }
    // The page goes: only a call that outlives it arrives.
    const headers = { "x-csrf-token": session.current?.csrf ?? "" };
    void fetch(`/api/v3/posts/${id}/claim`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }

  // Deciding.

  approve = (when: When = {}): void => {
    const { full } = this;
    if (!full || !this.#isReady()) return;
    const isFirstOfTwo = full.approvals.length + 1 < full.approvals_needed;
    const text = isFirstOfTwo ? w.endorsed : when.due_at ? w.approvedFor(moment(when.due_at)) : when.slot ? w.approvedSlot : w.approved(Math.round(session.undoMs / 1_000));
    this.#decide({ path: "approval", body: { ...when }, undo: (id) => call<Post>("DELETE", `/posts/${id}/approval`), text, isFirstOfTwo });
  };

  sendBack = (reason: string): void => {
    if (!this.full || !this.#isReady()) return;
    this.#decide({ path: "rejection", body: { reason }, undo: (id) => call<Post>("POST", `/posts/${id}/reopening`, { body: {} }), text: w.sentBack });
  };

  /** The decision is about the newest version, and about the text that is seen. */
  #isReady(): boolean {
    if (this.older) {
      this.older = null;
      announce(w.newestFirst);
      toast(w.newestFirst);
      return false;
    }
    return this.canDecide;
  }

  #decide(deed: { path: "approval" | "rejection"; body: object; undo: (id: string) => Promise<Post>; text: string; isFirstOfTwo?: boolean }): void {
    const { full, sheet, list } = this;
    if (!full || !sheet) return;
    const { id, version } = full;
    const at = list.rows.findIndex((row) => row.id === id);
    const row = list.rows[at] ?? full;
    const to = following(this.#ids(), id, this.#isPassedOver);

    // Seen at once; the server's word follows.
    this.#own.add(id);
    this.#held = this.#held === id ? null : this.#held;
    this.#shelf.forget(id);
    list.drop(id);
    this.done += 1;
    this.go(to);

    const idempotencyKey = globalThis.crypto?.randomUUID?.() ?? `${id}-${version}-${Date.now()}-${Math.random()}`;
    const sent = call<Post>("POST", `/posts/${id}/${deed.path}`, { body: deed.body, ifMatch: version, idempotencyKey });
    const restore = () => {
      this.#own.delete(id);
      this.done = Math.max(0, this.done - 1);
      if (!list.rows.some((one) => one.id === id) && list.total !== null) list.total += 1;
      list.rows = putBack(list.rows, { ...row, claim: null }, at < 0 ? 0 : at);
    };
    const undo = async () => {
      try {
        await sent;
        const post = await deed.undo(id);
        // Later than the time for it, what was sent back is a draft: it waits for its author.
        if (post.state !== "in_review") {
          toast(w.isNow(full.title, stateName(post.state)), { link: { href: `/console/posts/${id}`, label: w.note.open } });
          return;
        }
        restore();
        list.put(post);
        this.go(id);
        announce(w.undone);
      } catch (thrown) {
        const problem = asProblem(thrown);
        if (problem) toast(w.notUndone(full.title, problem.message), { tone: "bad", more: problem.more });
      }
    };
    // Where decisions take effect at once there is nothing to be taken back.
    const shown = toast(deed.text, deed.path === "approval" && session.undoMs === 0 ? {} : { undo });
    // Later its echo is over, and what is told of the post is news again.
    const forget = () => setTimeout(() => this.#own.delete(id), ECHO_MS);
    sent.then(forget, () => {});
    sent.then(
      (post) => {
        // A slot, a blackout or another setting may have given a later time.
        if (deed.path !== "approval" || deed.isFirstOfTwo || !post.due_at) return;
        // Both times are the server's: this clock may go wrong.
        const wait = Date.parse(post.due_at) - (Date.parse(post.updated_at) || Date.now());
        if (wait > session.undoMs + LATER_MS) {
          toasts.close(shown);
          toast(w.approvedFor(moment(post.due_at)), { undo });
        } else if (wait > 0) toasts.hold(shown, wait);
      },
      (thrown) => {
        toasts.close(shown);
        this.#refused(asProblem(thrown), full, restore);
      },
    );
  }

  /** A decision that was not taken: what happened is said, and work goes on. */
  #refused(problem: ApiProblem | null, full: Full, restore: () => void): void {
    if (!problem) return restore();
    if (problem.code === "illegal-move" || problem.status === 404) {
      // Others were faster: it is off the list as it should be.
      const state = typeof problem.body.state === "string" ? stateName(problem.body.state) : "";
      toast(state ? w.tooLate(full.title, state) : w.notDone(full.title, problem.message), { tone: "bad", seconds: 8 });
      if (problem.body.state === "in_review") restore();
      return;
    }
    restore();
    if (problem.code === "stale-version") {
      void this.#askAgain(full);
      return;
    }
    toast(w.notDone(full.title, problem.message), { tone: "bad", seconds: 8 });
  }

  async #askAgain(read: Full): Promise<void> {
    toast(w.staleToast(read.title), { tone: "bad", seconds: 8 });
    this.#shelf.forget(read.id);
    if (this.id !== read.id) this.go(read.id);
    // The address may come later than this; the post is read once all the same.
    await this.open(read.id);
    await this.#read(read.id);
    if (this.id !== read.id || !this.full || this.full.state !== "in_review") return;
    this.word = { kind: "stale", read: read.version };
    await this.#compare(read.version);
  }

  // What others do.

  heard = (message: LiveMessage): void => {
    const id = String(message.post ?? "");
    if (this.#hasJob || this.#echoes.delete(`${message.type} ${id}`)) return;
    const row = this.list.rows.find((one) => one.id === id) ?? (this.full?.id === id ? this.full : undefined);
    const effect = effectOf(message, row);
    if (effect !== "gone" && message.state !== "in_review") this.#unfresh(id);
    if (effect === "none" || (this.#own.has(id) && (!row || effect === "gone"))) return;
    if (effect === "news") this.#news(id);
    else if (effect === "gone") this.#others(id, String(message.state));
    else {
      this.#shelf.forget(id);
      if (effect === "newer" && id === this.id && this.word?.kind !== "newer") {
        this.word = { kind: "newer", version: Number(message.version) };
        announce(w.newerCame);
      }
      this.#touch(id);
    }
  };

  /** Something was missed: read anew, unless that would move what is pointed at. */
  missed = (): void => {
    this.#shelf.clear();
    if (this.isPointed && this.list.rows.length > 0) this.list.note();
    else void this.reload();
    const { id } = this;
    if (id) void this.#look(id);
  };

  sweep = (): void => {
    clearTimeout(this.#sweepTimer);
    if (this.isPointed || this.gone.size === 0) return;
    const ids = [...this.gone.keys()].filter((id) => id !== this.id);
    this.list.drop(...ids);
    this.gone = new Map([...this.gone].filter(([id]) => !ids.includes(id)));
  };

  #news(id: string): void {
    this.#fresh.add(id);
    // An empty desk has nothing that could move.
    if (this.list.rows.length === 0 && !this.list.isLoading) void this.reload();
    else if (Object.keys(this.query()).some((key) => key !== "sort")) this.#soon();
    else this.list.news = this.#fresh.size;
  }

  #unfresh(id: string): void {
    if (this.#fresh.delete(id)) this.list.news = this.#fresh.size;
  }

  #others(id: string, state: string): void {
    this.#shelf.forget(id);
    if (id === this.id) {
      this.word = { kind: "gone", state };
      this.#held = null;
      announce(w.goneOpen(stateName(state)));
      void this.#look(id);
    }
    if (!this.list.rows.some((row) => row.id === id)) return;
    this.gone = new Map([...this.gone, [id, state]]);
    this.#sweepSoon();
  }

  #sweepSoon(): void {
    clearTimeout(this.#sweepTimer);
    this.#sweepTimer = setTimeout(this.sweep, GONE_STAYS_MS);
  }

  #touch(id: string): void {
    this.#touched.add(id);
    this.#soon();
  }

  /** A burst of changes is one look. */
  #soon(): void {
    clearTimeout(this.#touchTimer);
    this.#touchTimer = setTimeout(async () => {
      const ids = [...this.#touched].slice(0, 6);
      this.#touched.clear();
      await Promise.all(ids.map((id) => this.#look(id)));
      if (this.#fresh.size === 0) return;
      // With a filter only the server knows what of the news belongs here.
      const page = await call<Page<Post>>("GET", "/posts", { query: { state: "in_review", ...this.query(), limit: 1 } }).catch(() => null);
      const total = page?.pagination.total;
      if (total !== undefined && this.list.total !== null) this.list.news = Math.max(0, total - this.list.total);
    }, 400);
  }

  async #look(id: string): Promise<void> {
    try {
      const full = await call<Full>("GET", `/posts/${id}`);
      this.list.put(full);
      const { sheet } = this;
      if (this.id !== id || !sheet || sheet.full.id !== id) return;
      if (full.version > sheet.full.version) this.word = { kind: "newer", version: full.version };
      else this.sheet = { ...sheet, full };
      this.#noteState(full);
    } catch {
      // What is shown stays; the next word about it asks again.
    }
  }

  /** Puts a changed post in its places, such as after a rating. */
  changed = (post: Post): void => {
    this.list.put(post);
    if (this.sheet?.full.id === post.id) this.sheet = { ...this.sheet, full: { ...this.sheet.full, ...post } };
    this.#shelf.forget(post.id);
  };
}

/** Somebody else's, and not over. */
function isOthers(claim: Claim): boolean {
  return claim.by !== session.current?.principal && Date.parse(claim.until) > Date.now();
}

/** A time of today by its clock, another with its distance. */
function moment(at: string): string {
  return `${clock(at)} (${relative(at)})`;
}

async function readSheet(id: string): Promise<Sheet> {
  const full = await call<Full>("GET", `/posts/${id}`);
  // A comparison that fails is no reason not to show the text.
  const changes = await readChanges(id, full.version - 1, full.version).catch(() => null);
  return { full, changes };
}

async function readChanges(id: string, from: number, to: number): Promise<Changes | null> {
  return from < 1 ? null : call<Changes>("GET", `/posts/${id}/versions/${to}/changes`, { query: { from } });
}
