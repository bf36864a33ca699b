/** Where what is typed is safe by now. */
export type Safety =
  | { kind: "clean" }
  | { kind: "typing" }
  | { kind: "here" }
  | { kind: "desk"; at: string }
  | { kind: "offline" }
  /** The desk refused it: it is in this browser. */
  | { kind: "refused"; why: string }
  /** Neither the browser nor the desk could keep it. */
  | { kind: "lost" };

export interface Keeper<T> {
  read(): T;
  isSame(a: T, b: T): boolean;
  /** Puts it into this browser; `false` when there is no room. */
  here(text: T): boolean;
  /** Sends it to the desk; `null` when there is nothing to be kept there. Throws what went wrong. */
  desk(text: T): Promise<{ saved_at: string } | null>;
  /** What a fault of `desk` means. */
  fault(thrown: unknown): "offline" | "aborted" | { why: string };
  told(safety: Safety): void;
}

export const HERE_MS = 250;
export const DESK_MS = 3_000;
export const DESK_LATEST_MS = 60_000;
const RETRY_MS = [3_000, 6_000, 12_000, 30_000];

/**
 * Keeps what is typed: in this browser a moment after each change, on the desk 3 s after the last one and every 60 s
 * while it goes on. A change itself costs two timers and never reads the text.
 */
export class Autosave<T> {
  #hereTimer: Timer;
  #deskTimer: Timer;
  #retryTimer: Timer;
  #since: number | null = null;
  #isSending = false;
  #tries = 0;
  #here: T | null = null;
  #desk: T | null = null;
  #isKeptHere = true;
  #isStopped = false;

  constructor(private readonly keeper: Keeper<T>) {}

  /** What the desk has anyway, so that nothing is sent while nothing has changed. */
  begin(text: T): void {
    this.#here = this.#desk = text;
  }

  changed(): void {
    if (this.#isStopped) return;
    const now = Date.now();
    this.#since ??= now;
    this.#hereTimer ??= setTimeout(() => this.keepHere(), HERE_MS);
    clearTimeout(this.#deskTimer);
    this.#deskTimer = setTimeout(() => void this.keepOnDesk(), Math.max(0, Math.min(DESK_MS, this.#since + DESK_LATEST_MS - now)));
  }

  /** At once; for a page that may go. */
  keepHere(): void {
    clearTimeout(this.#hereTimer);
    this.#hereTimer = undefined;
    const text = this.keeper.read();
    if (this.#here !== null && this.keeper.isSame(text, this.#here)) return;
    this.#isKeptHere = this.keeper.here(text);
    if (this.#isKeptHere) this.#here = text;
    this.keeper.told(this.#isKeptHere ? { kind: "here" } : { kind: "typing" });
  }

  async keepOnDesk(): Promise<void> {
    clearTimeout(this.#deskTimer);
    clearTimeout(this.#retryTimer);
    if (this.#isStopped || this.#isSending) return;
    this.keepHere();
    const text = this.keeper.read();
    this.#since = null;
    if (this.#desk !== null && this.keeper.isSame(text, this.#desk)) return;
    this.#isSending = true;
    try {
      const kept = await this.keeper.desk(text);
      this.#tries = 0;
      this.#desk = text;
      // What was typed meanwhile waits for its own turn.
      if (!this.#isStopped && this.#since === null) this.keeper.told(kept ? { kind: "desk", at: kept.saved_at } : this.#isKeptHere ? { kind: "here" } : { kind: "lost" });
    } catch (thrown) {
      const fault = this.keeper.fault(thrown);
      if (fault === "aborted" || this.#isStopped) return;
      if (!this.#isKeptHere) this.keeper.told({ kind: "lost" });
      else this.keeper.told(fault === "offline" ? { kind: "offline" } : { kind: "refused", why: fault.why });
      const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)];
      this.#tries += 1;
      this.#retryTimer = setTimeout(() => void this.keepOnDesk(), wait);
    } finally {
      this.#isSending = false;
      if (this.#since !== null && !this.#isStopped) this.changed();
    }
  }

  /** Whether a page that goes now would take something with it. */
  get isAtRisk(): boolean {
    return !this.#isKeptHere && !(this.#desk !== null && this.keeper.isSame(this.keeper.read(), this.#desk));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#hereTimer);
    clearTimeout(this.#deskTimer);
    clearTimeout(this.#retryTimer);
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;
