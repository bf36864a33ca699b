import { announce } from "./announce.svelte";
import { asProblem } from "./problem";
import { session } from "./session.svelte";

export interface Toast {
  id: number;
  text: string;
  /** A second, smaller line in the server's words, which are English. */
  more: string;
  tone: "plain" | "bad";
  /** Takes back what was done; the toast offers it while it stands. */
  undo: (() => void | Promise<void>) | null;
  link: { href: string; label: string } | null;
  /** When it goes, in milliseconds since 1970. */
  until: number;
}

export interface ToastOptions {
  undo?: () => void | Promise<void>;
  /** How long it stands: with a way back the undo window of the server, otherwise a moment. */
  seconds?: number;
  tone?: Toast["tone"];
  link?: { href: string; label: string };
  more?: string;
}

/** Where the server gives decisions no time at all, other things can still be taken back. */
const UNDO_LEAST_MS = 5_000;

/** One line at the bottom. The newest is shown; when it goes, the one before it is seen again, if its time lasts. */
class Toasts {
  all: Toast[] = $state.raw([]);
  readonly current: Toast | null = $derived(this.all.at(-1) ?? null);

  #last = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show = (text: string, { undo, seconds, tone = "plain", link, more = "" }: ToastOptions = {}): number => {
    const id = ++this.#last;
    const ms = seconds !== undefined ? seconds * 1_000 : undo ? Math.max(UNDO_LEAST_MS, session.undoMs) : tone === "bad" || link ? 8_000 : 5_000;
    this.all = [...this.all.slice(-9), { id, text, more, tone, undo: undo ?? null, link: link ?? null, until: 0 }];
    this.hold(id, ms);
    announce(more ? `${text}. ${more}` : text);
    return id;
  };

  /** Lets a toast stand for `ms` from now, such as until the moment its undo is over. */
  hold(id: number, ms: number): void {
    if (!this.all.some((one) => one.id === id)) return;
    clearTimeout(this.#timers.get(id));
    this.#timers.set(id, setTimeout(() => this.close(id), ms));
    this.all = this.all.map((one) => (one.id === id ? { ...one, until: Date.now() + ms } : one));
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.all = this.all.filter((one) => one.id !== id);
  }

  /** Takes back the newest thing that can be; `false` when there is none. */
  undo = async (): Promise<boolean> => {
    const found = this.all.findLast((one) => one.undo);
    if (!found?.undo) return false;
    this.close(found.id);
    await found.undo();
    return true;
  };
}

export const toasts = new Toasts();
export const toast = toasts.show;

/** Says what went wrong; nothing for what was aborted on purpose. */
export function complain(thrown: unknown): void {
  const problem = asProblem(thrown);
  if (problem) toast(problem.message, { tone: "bad", more: problem.more });
}
