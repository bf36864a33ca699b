import { boot } from "./boot";
import { setSiteZone } from "./time";

export type Action = "read" | "configure" | "write" | "judge" | "publish" | "operate" | "admin";
export type Role = "admin" | "editor" | "author" | "moderator" | "viewer";

/** Who is signed in, and what they may do. */
export interface Session {
  principal: string;
  kind: "user" | "key";
  id: string;
  name: string;
  email: string | null;
  role: Role;
  may: Action[];
  csrf: string;
  expires_at: string;
  language: string | null;
  theme: string | null;
  time_zone: string;
  /** How long a decision can be taken back, in milliseconds; an older server does not tell. */
  undo_ms?: number;
  site_name: string;
  version: string;
}

class SessionStore {
  current: Session | null = $state.raw(null);
  /** The session has ended while somebody works: the dialog over the page asks for it anew. */
  isExpired = $state(false);
  readonly undoMs: number = $derived(this.current?.undo_ms ?? 10_000);
  readonly siteName = $derived(this.current?.site_name ?? (boot?.site_name || "Copydesk"));

  #again: Promise<void> | null = null;
  #resolve: (() => void) | null = null;
  #reject: ((reason: unknown) => void) | null = null;

  /** Takes what the server says about the session. */
  take(session: Session | null): void {
    const before = this.current;
    // What is on the page belongs to who was signed in before.
    if (before && session && before.principal !== session.principal) {
      location.reload();
      return;
    }
    this.current = session;
    if (session) {
      setSiteZone(session.time_zone);
      this.#resolve?.();
      this.#settle();
    }
  }

  may(action: Action): boolean {
    return this.current?.may.includes(action) ?? false;
  }

  /** Waits until somebody has signed in again; all calls that were refused wait for the same dialog. */
  askAgain(): Promise<void> {
    this.isExpired = true;
    this.#again ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#again;
  }

  /** The dialog was closed: the calls that wait fail as they would have. */
  giveUp(reason: unknown): void {
    this.#reject?.(reason);
    this.#settle();
  }

  #settle(): void {
    this.isExpired = false;
    this.#again = this.#resolve = this.#reject = null;
  }
}

export const session = new SessionStore();
if (boot?.session) session.take(boot.session);
export const may = (action: Action): boolean => session.may(action);
