import { announce } from "./announce.svelte";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "bad";
  /** Takes back what was done; the toast offers it while it stands. */
  undo: (() => void | Promise<void>) | null;
  /** When it goes, in milliseconds since 1970. */
  until: number;
}

export interface ToastOptions {
  undo?: () => void | Promise<void>;
  /** How long it stands; the undo window of the server is 10 s. */
  seconds?: number;
  tone?: Toast["tone"];
}

/** One line at the bottom. The newest is shown; when it goes, the one before it is seen again, if its time lasts. */
class Toasts {
  all: Toast[] = $state.raw([]);
  readonly current: Toast | null = $derived(this.all.at(-1) ?? null);

  #last = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show = (text: string, { undo, seconds = undo ? 10 : 5, tone = "plain" }: ToastOptions = {}): number => {
    const id = ++this.#last;
    this.all = [...this.all.slice(-9), { id, text, tone, undo: undo ?? null, until: Date.now() + seconds * 1_000 }];
    this.#timers.set(id, setTimeout(() => this.close(id), seconds * 1_000));
    announce(text);
    return id;
  };

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
