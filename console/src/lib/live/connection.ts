import { connectQuery, type LiveMessage, type Wants } from "./protocol";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** After so many attempts without one WebSocket, Server-Sent Events are tried: some proxies know only those. */
const ATTEMPTS_BEFORE_SSE = 3;
/** A connection that does not answer a question in this time is dead, whatever the browser thinks. */
const ANSWER_MS = 5_000;

export interface Listener {
  message: (message: LiveMessage) => void;
  open: (isOpen: boolean) => void;
}

/** Wait before attempt `n` (from 0): doubling, with a spread so that a restart is not met by all at once. */
export function backoff(n: number, random: number = Math.random()): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(n, 10)) * (0.5 + random / 2);
}

/** The one connection of the browser: a WebSocket, or Server-Sent Events where that fails. Comes back by itself. */
export class Connection {
  #wants: Wants;
  #socket: WebSocket | null = null;
  #stream: EventSource | null = null;
  #attempts = 0;
  #hadSocket = false;
  #usesStream = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(
    wants: Wants,
    private readonly since: () => string | null,
    private readonly listener: Listener,
  ) {
    this.#wants = wants;
    this.#open();
  }

  /** Wants something else from now on. Jobs are named on the open line; other topics need a new one. */
  want(wants: Wants): void {
    const before = this.#wants;
    this.#wants = wants;
    if (JSON.stringify(before) === JSON.stringify(wants)) return;
    const isOnLine = this.#socket?.readyState === WebSocket.OPEN;
    if (!isOnLine || before.topics.join() !== wants.topics.join()) {
      // Without a line the next attempt brings the new wants along; a stream has its wants in its address.
      if (isOnLine || this.#stream) this.#reopen();
      return;
    }
    const less = without(before, wants), more = without(wants, before);
    if (less) this.#socket?.send(JSON.stringify({ unsubscribe: less }));
    if (more) this.#socket?.send(JSON.stringify({ subscribe: more }));
  }

  /** Asks whether the line still lives, after sleep or a change of network; or tries at once when there is none. */
  check(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ subscribe: { jobs: this.#wants.jobs.slice(0, 1) } }));
      clearTimeout(this.#probe);
      this.#probe = setTimeout(() => this.#reopen(), ANSWER_MS);
    } else if (this.#retry !== undefined) {
      this.#attempts = 0;
      this.#reopen();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #reopen(): void {
    this.#drop();
    this.#open();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#probe);
    this.#retry = undefined;
    const socket = this.#socket, stream = this.#stream;
    this.#socket = this.#stream = null;
    socket?.close();
    stream?.close();
  }

  #open(): void {
    if (this.#isClosed) return;
    const query = connectQuery(this.#wants, this.since());
    if (this.#usesStream) this.#openStream(query);
    else this.#openSocket(query);
  }

  #openSocket(query: string): void {
    const address = new URL(`/api/v3/live?${query}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = (this.#socket = new WebSocket(address));
    const asked = this.#wants;
    socket.onopen = () => {
      this.#hadSocket = true;
      this.#opened();
      // What is wanted since the line was asked for has not been said yet.
      const wants = this.#wants;
      this.#wants = asked;
      this.want(wants);
    };
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
  }

  #openStream(query: string): void {
    const stream = (this.#stream = new EventSource(`/api/v3/events?${query}`));
    stream.onopen = () => this.#opened();
    for (const name of ["posts", "sources", "jobs", "counts", "traffic", "ready", "resync"]) {
      stream.addEventListener(name, (event) => this.#heard((event as MessageEvent).data));
    }
    stream.onerror = () => {
      if (this.#stream === stream) this.#lost();
    };
  }

  #opened(): void {
    this.#attempts = 0;
    this.listener.open(true);
  }

  #heard(text: unknown): void {
    clearTimeout(this.#probe);
    if (typeof text !== "string") return;
    try {
      this.listener.message(JSON.parse(text) as LiveMessage);
    } catch (fault) {
      // One message that cannot be used must not end the others.
      console.error("a live message cannot be used", fault);
    }
  }

  #lost(): void {
    this.#drop();
    this.listener.open(false);
    this.#attempts += 1;
    if (!this.#hadSocket && this.#attempts >= ATTEMPTS_BEFORE_SSE) this.#usesStream = !this.#usesStream || this.#attempts % 4 !== 0;
    this.#retry = setTimeout(() => this.#reopen(), backoff(this.#attempts - 1));
  }
}

/** Jobs and kinds of `one` that `other` has not; `null` when there are none. */
function without(one: Wants, other: Wants): { jobs: string[]; kinds: string[] } | null {
  const jobs = one.jobs.filter((job) => !other.jobs.includes(job));
  const kinds = one.kinds.filter((kind) => !other.kinds.includes(kind));
  return jobs.length + kinds.length > 0 ? { jobs, kinds } : null;
}
