import { call } from "../../lib/api";
import { confirm } from "../../lib/confirm.svelte";
import { router } from "../../lib/router.svelte";
import { may, session } from "../../lib/session.svelte";
import { clock, date, relative } from "../../lib/time";
import { complain, toast, toasts } from "../../lib/toast.svelte";
import { deedsOf, type Deeds } from "./deeds";
import type { Editing } from "./editing.svelte";
import type { When } from "../../parts/when";
import type { Post } from "./types";
import { w } from "./words";

/** Longer than this is no longer "in a moment". */
const SOON_MS = 30_000;
const isSoon = (due: string) => Date.parse(due) - Date.now() <= Math.max(SOON_MS, session.undoMs);

/** What is done with the post that is open: each deed is told, and taken back where the server can. */
export class Desk {
  dialog: "none" | "sendBack" | "approve" | "reschedule" | "preview" | "improve" = $state("none");
  readonly can: Deeds = $derived.by(() => deedsOf(this.editing.full, this.editing.isChanged, may));

  constructor(private readonly editing: Editing) {}

  /** Ctrl-S. */
  save = async (): Promise<void> => {
    const { editing } = this;
    // What was typed within the last moment counts.
    editing.leave();
    if (!this.can.save) return;
    if (!editing.isNew && !editing.isChanged && !this.can.submit) return void toast(w.nothing);
    const wasPublished = editing.full?.state === "published";
    const post = await editing.save();
    if (!post) return;
    if (editing.isNew) {
      toast(w.submitted);
      await router.go(`/console/posts/${post.id}`, { replace: true, force: true });
      return;
    }
    toast(wasPublished ? w.savedPublished(post.version) : w.saved(post.version));
  };

  /** Ctrl-Enter: approves for those who may, else saves, which submits. */
  main = async (): Promise<void> => {
    this.editing.leave();
    if (this.can.approve && !this.editing.isNew) await this.approve();
    else await this.save();
  };

  approve = async (when: When = {}): Promise<void> => {
    const post = await this.editing.save({ approve: when });
    if (post) this.#approved(post);
  };

  #approved(post: Post): void {
    const undo = () => this.#do(() => call<Post>("DELETE", `/posts/${post.id}/approval`), () => w.undone);
    const isEndorsed = post.approved_version !== post.version;
    const isLater = post.due_at !== null && !isSoon(post.due_at);
    // Until it is published it can be taken back; both times are the server's.
    const wait = post.due_at ? Date.parse(post.due_at) - (Date.parse(post.updated_at) || Date.now()) : 0;
    const isOver = !isEndorsed && post.due_at !== null && wait <= 0;
    const shown = toast(isEndorsed ? w.endorsed : isLater ? w.approvedFor(moment(post.due_at ?? "")) : w.approved, isOver ? {} : { undo });
    if (!isEndorsed && !isLater && wait > 0) toasts.hold(shown, wait);
  }

  sendBack = async (reason: string): Promise<void> => {
    const { id, base } = this.editing;
    const undo = () => this.#do(() => call<Post>("POST", `/posts/${id}/reopening`, { body: {} }), (post) => (post?.state === "in_review" ? w.undone : w.reopened));
    await this.#do(() => call<Post>("POST", `/posts/${id}/rejection`, { body: { reason }, ifMatch: base }), () => w.sentBack, undo);
  };

  publish = async (): Promise<void> => {
    const { id, full } = this.editing;
    const due = full?.due_at ?? null;
    const back = () => (due ? call<Post>("POST", `/posts/${id}/schedule`, { body: { due_at: due, force: true } }) : call<Post>("DELETE", `/posts/${id}/approval`));
    // A time that has passed meanwhile is no way back.
    const undo = () => this.#do(() => (due && Date.parse(due) < Date.now() ? call<Post>("DELETE", `/posts/${id}/approval`) : back()), () => w.undone);
    await this.#do(() => call<Post>("POST", `/posts/${id}/publication`, { body: {} }), () => w.publishing, undo);
  };

  again = (): Promise<void> => this.#do(() => call<Post>("POST", `/posts/${this.editing.id}/publication`, { body: {} }), () => w.tried);

  reschedule = async (when: When): Promise<void> => {
    const { id, full } = this.editing;
    const due = full?.due_at ?? null;
    const undo = due ? () => this.#do(() => call<Post>("POST", `/posts/${id}/schedule`, { body: { due_at: due, force: true } }), () => w.undone) : undefined;
    await this.#do(() => call<Post>("POST", `/posts/${id}/schedule`, { body: { ...when } }), (post) => w.rescheduled(moment(post?.due_at ?? "")), undo);
  };

  withdraw = (): Promise<void> => this.#do(() => call<Post>("DELETE", `/posts/${this.editing.id}/approval`), () => w.undone);
  reopen = (): Promise<void> => this.#do(() => call<Post>("POST", `/posts/${this.editing.id}/reopening`, { body: {} }), () => w.reopened);

  retract = async (): Promise<void> => {
    const { id } = this.editing;
    if (!(await confirm({ title: w.retractTitle, body: w.retractWhy, action: w.retract, tone: "bad" }))) return;
    // Approving the same text again is the way back.
    const undo = () => this.#do(() => call<Post>("POST", `/posts/${id}/approval`, { body: { edit: {} }, ifMatch: this.editing.full?.version }), () => w.approved);
    await this.#do(() => call<Post>("DELETE", `/posts/${id}/publication`), () => w.retracted, may("judge") ? undo : undefined);
  };

  /** Does it, tells it, and reads anew what it has changed. A text that nobody has touched follows its version. */
  async #do(deed: () => Promise<Post | undefined>, told: (post: Post | undefined) => string, undo?: () => Promise<void>): Promise<void> {
    const { editing } = this;
    try {
      const post = await deed();
      toast(told(post), { undo });
    } catch (thrown) {
      complain(thrown);
    }
    await editing.refresh(true);
    if (!editing.isChanged && editing.full && editing.full.version > editing.base) editing.showNewest();
  }
}

/** A time of today by its clock, another with its date. */
function moment(at: string): string {
  if (!at) return "";
  const isNear = Math.abs(Date.parse(at) - Date.now()) < 12 * 3_600_000;
  return isNear ? `${clock(at)} (${relative(at)})` : `${date(at)} ${clock(at)}`;
}
