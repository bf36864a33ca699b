import { announce } from "../../lib/announce.svelte";
import { ApiProblem, asProblem, call } from "../../lib/api";
import { dropDraft, loadDraft, saveDraft } from "../../lib/drafts";
import type { LiveMessage } from "../../lib/live.svelte";
import { may, session } from "../../lib/session.svelte";
import type { When } from "../../parts/when";
import { Autosave, type Safety } from "./autosave";
import { newsOf, type News } from "./news";
import { choose, isSame, plain, type HereKept, type Kept, type Opening } from "./own_text";
import type { Based, Desktop, Full, Other, Post, Text, Version } from "./types";

/** What is put into this browser. */
interface Here extends Based {
  desk_saved_at: string | null;
}

const EMPTY: Text = { title: "", excerpt: "", body: "", topic: "" };

/** One post as somebody writes it: the text, where it is safe, and what others do to it meanwhile. */
export class Editing {
  full: Full | null = $state.raw(null);
  problem: ApiProblem | null = $state.raw(null);
  title = $state("");
  excerpt = $state("");
  topic = $state("");
  /** The body as it was read last; the field has what is typed. */
  body = $state.raw("");
  /** The version that the text was begun on; 0 for a new post. */
  base = $state(0);
  /** The text differs from the version it was begun on. */
  isChanged = $state(false);
  safety: Safety = $state.raw({ kind: "clean" });
  others: readonly Other[] = $state.raw([]);
  /** What was opened in place of the newest version. */
  opening: Opening | null = $state.raw(null);
  isSaving = $state(false);
  /** What was wrong with the last save. */
  fault: ApiProblem | null = $state.raw(null);
  /** The newest version, when it is another than the one the text was begun on. */
  conflict: Version | null = $state.raw(null);
  /** One's own text that has given way to another. */
  aside: Text | null = $state.raw(null);
  /** What others have done since it was opened. */
  news: News | null = $state.raw(null);

  /** The body as it is in the field, and how to put another there. */
  field: { read(): string; write(body: string): void } | null = null;
  readonly isNew: boolean;
  readonly canWrite = may("write");

  #saved: Text = EMPTY;
  #deskSavedAt: string | null = null;
  #hasDesk = false;
  #seen = 0;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #key = { of: "", key: "" };
  readonly #autosave: Autosave<Text>;

  constructor(readonly id: string) {
    this.isNew = id === "new";
    this.#autosave = new Autosave<Text>({
      read: () => this.text(),
      isSame,
      here: (text) => this.#keepHere(text),
      desk: (text) => this.#keepOnDesk(text),
      fault: (thrown) => {
        const problem = asProblem(thrown);
        if (!problem) return "aborted";
        return problem.isOffline || problem.status >= 500 ? "offline" : { why: problem.message };
      },
      told: (safety) => {
        this.isChanged = !isSame(this.text(), this.#saved);
        this.safety = this.isChanged ? safety : { kind: "clean" };
      },
    });
  }

  get #draft(): string {
    return `post.${this.id}`;
  }

  /** The text as it is now. */
  text(): Text {
    if (this.field) this.body = this.field.read();
    return { title: this.title, excerpt: this.excerpt, topic: this.topic, body: this.body };
  }

  /** The version as it was when the text was begun. */
  get saved(): Text {
    return this.#saved;
  }

  open = async (): Promise<void> => {
    this.problem = null;
    const draft = loadDraft<Here>(this.#draft);
    this.aside = loadDraft<Text>(`${this.#draft}.aside`)?.value ?? null;
    const here: HereKept | null = draft && { text: draft.value, saved_at: draft.saved_at, desk_saved_at: draft.value.desk_saved_at };
    try {
      const [full, desk] = this.isNew ? [null, null] : await Promise.all([call<Full>("GET", `/posts/${this.id}`), this.#readCopy()]);
      this.full = full;
      this.#seen = full?.events.length ?? 0;
      const newest: Based = full ? { ...versionText(full, full.newest), base_version: full.version } : { ...EMPTY, base_version: 0 };
      this.#saved = plain(newest);
      this.#deskSavedAt = desk?.saved_at ?? null;
      this.#hasDesk = desk !== null;
      const opening = this.canWrite ? choose(newest, desk, here) : choose(newest, null, null);
      this.opening = opening.from === "version" ? null : opening;
      // Copies of what is a version by now have had their day.
      if (opening.from === "version" && this.canWrite) this.#forgetCopies();
      this.#put(opening.text, opening.base);
      this.#autosave.begin(opening.text);
      this.isChanged = opening.from !== "version";
      if (opening.from === "desk") this.safety = { kind: "desk", at: opening.saved_at ?? "" };
      if (opening.from === "here") {
        this.safety = { kind: "here" };
        // The desk has an older text, or none.
        if (!this.isNew) this.#autosave.begin(plain(desk?.text ?? newest)), this.#autosave.changed();
      }
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  };

  async #readCopy(): Promise<Kept | null> {
    if (!this.canWrite) return null;
    try {
      const copy = await call<(Based & Desktop) | undefined>("GET", `/posts/${this.id}/working-copy`);
      if (!copy) return null;
      this.others = copy.others;
      return { text: copy, saved_at: copy.saved_at };
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem?.status !== 404) throw thrown;
      this.others = Array.isArray(problem.body.others) ? (problem.body.others as Other[]) : [];
      return null;
    }
  }

  /** Something was typed. It costs two timers; everything else comes after the key. */
  typed = (): void => this.#autosave.changed();

  /** The page may go: what is typed goes into this browser at once. */
  leave = (): void => {
    if (this.canWrite && (this.full || this.isNew)) this.#autosave.keepHere();
  };

  stop(): void {
    this.leave();
    // Whoever moves on within the console still sends the last words.
    const { safety } = this;
    if (this.isChanged && safety.kind !== "desk" && !this.isNew) void this.#keepOnDesk(this.text()).catch(() => {});
    clearTimeout(this.#refreshTimer);
    this.#autosave.stop();
  }

  /** What a leaving page would take with it: nothing, mostly. */
  get isAtRisk(): boolean {
    return this.canWrite && this.#autosave.isAtRisk;
  }

  #keepHere(text: Text): boolean {
    if (isSame(text, this.#saved)) {
      dropDraft(this.#draft);
      return true;
    }
    return saveDraft<Here>(this.#draft, { ...text, base_version: this.base, desk_saved_at: this.#deskSavedAt });
  }

  async #keepOnDesk(text: Text): Promise<{ saved_at: string } | null> {
    if (this.isNew) return null;
    if (isSame(text, this.#saved)) {
      if (this.#hasDesk) await call("DELETE", `/posts/${this.id}/working-copy`);
      this.#hasDesk = false;
      return null;
    }
    const told = await call<Desktop>("PUT", `/posts/${this.id}/working-copy`, { body: { base_version: this.base, ...text } });
    this.#hasDesk = true;
    this.#deskSavedAt = told.saved_at;
    this.others = told.others;
    if (!isSame(this.text(), this.#saved)) this.#keepHere(this.text());
    if (this.full && told.newest_version > this.full.version) this.refreshSoon();
    return told;
  }

  #forgetCopies(): void {
    dropDraft(this.#draft);
    if (this.#hasDesk) void call("DELETE", `/posts/${this.id}/working-copy`).catch(() => {});
    this.#hasDesk = false;
  }

  #put(text: Text, base: number): void {
    this.title = text.title;
    this.excerpt = text.excerpt;
    this.topic = text.topic;
    this.body = text.body;
    this.base = base;
    this.field?.write(text.body);
  }

  /** Puts another text into the fields, as if it had been typed. */
  replace = (text: Text, base: number = this.base): void => {
    this.#put(text, base);
    this.#autosave.changed();
    this.isChanged = !isSame(this.text(), this.#saved);
  };

  /** Leaves one's own text for the newest version; it stays at hand. */
  showNewest = (): void => {
    const { full } = this;
    if (!full) return;
    const mine = this.text();
    this.#saved = plain(versionText(full, full.newest));
    if (!isSame(mine, this.#saved)) {
      this.aside = mine;
      saveDraft(`${this.#draft}.aside`, mine);
    }
    this.opening = this.conflict = this.news = this.fault = null;
    this.replace(this.#saved, full.version);
    this.isChanged = false;
    this.safety = { kind: "clean" };
  };

  /** Takes the text that was set aside back. */
  takeBack = (): void => {
    const mine = this.aside;
    this.aside = null;
    dropDraft(`${this.#draft}.aside`);
    if (mine) this.replace(mine);
  };

  letGo = (): void => {
    this.aside = null;
    dropDraft(`${this.#draft}.aside`);
  };

  /**
   * Writes what is typed as a new version, or approves it in the same step. `null` when it was refused: `conflict` or
   * `fault` says why, and the text stays.
   */
  save = async ({ approve, on }: { approve?: When; on?: number } = {}): Promise<Post | null> => {
    if (this.isSaving) return null;
    const text = this.text();
    this.isSaving = true;
    this.fault = null;
    try {
      const ifMatch = on ?? this.base;
      const isChanged = !isSame(text, this.#saved) || on !== undefined;
      const send = (): Promise<Post> => {
        // Without a topic it gets the site's own.
        const whole = { ...text, topic: text.topic.trim() || undefined };
        if (this.isNew) return call<Post>("POST", "/posts", { body: whole, idempotencyKey: this.#keyOf(["new", text]) });
        const idempotencyKey = this.#keyOf([ifMatch, text, approve]);
        if (approve) return call<Post>("POST", `/posts/${this.id}/approval`, { body: { ...approve, ...(isChanged ? { edit: text } : {}) }, ifMatch, idempotencyKey });
        return call<Post>("PATCH", `/posts/${this.id}`, { body: text, ifMatch, idempotencyKey });
      };
      const post = await send();
      this.#key.of = "";
      this.#accept(text, post);
      return post;
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem?.code === "stale-version") await this.#meet(problem);
      else this.fault = problem;
      return null;
    } finally {
      this.isSaving = false;
    }
  };

  /** The same request repeated, as after a cut wire, is one version. */
  #keyOf(request: unknown): string {
    const of = JSON.stringify(request);
    if (this.#key.of !== of) this.#key = { of, key: globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
    return this.#key.key;
  }

  #accept(text: Text, post: Post): void {
    this.#saved = text;
    this.base = post.version;
    this.opening = this.conflict = this.news = null;
    this.#autosave.begin(text);
    if (isSame(this.text(), text)) {
      this.#forgetCopies();
      this.isChanged = false;
      this.safety = { kind: "clean" };
    } else {
      this.#autosave.changed();
    }
    if (this.full) this.full = { ...this.full, ...post };
    if (!this.isNew) void this.refresh(true);
  }

  async #meet(problem: ApiProblem): Promise<void> {
    try {
      const full = await call<Full>("GET", `/posts/${this.id}`);
      this.#take(full);
      this.conflict = full.newest;
      this.news = null;
      announce(problem.message);
    } catch (thrown) {
      this.fault = asProblem(thrown) ?? problem;
    }
  }

  // What others do.

  heard = (message: LiveMessage): void => {
    if (message.post === this.id) this.refreshSoon();
  };

  refreshSoon = (): void => {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => void this.refresh(false), 200);
  };

  /** Reads all but the text anew. What one has done oneself is no news. */
  refresh = async (isOwn = true): Promise<void> => {
    if (!this.full || this.isNew) return;
    if (this.isSaving && !isOwn) return this.refreshSoon();
    try {
      const full = await call<Full>("GET", `/posts/${this.id}`);
      const news = newsOf(full, this.#seen, session.current?.principal ?? "");
      this.#take(full);
      if (news) this.news = news;
    } catch {
      // What is shown stays; the next word about it asks again.
    }
  };

  #take(full: Full): void {
    this.full = full;
    this.#seen = full.events.length;
  }
}

/** A version as a text: its topic is the post's. */
export const versionText = (full: Post, version: Version): Text => ({ title: version.title, excerpt: version.excerpt, body: version.body, topic: full.topic });
