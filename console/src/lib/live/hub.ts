import type { Connection, Listener } from "./connection";
import { nothingWanted, union, type Counts, type LiveMessage, type LiveState, type Topic, type Wants } from "./protocol";
import { NOTHING, reduce, type Known, type Step } from "./reduce";

/** How the browser's connection stands. */
type Line = Exclude<LiveState, "paused">;

/** What tabs say to each other. */
type Word =
  | { says: "wants"; tab: string; wants: Wants | null }
  | { says: "heard"; message: LiveMessage }
  | { says: "state"; line: Line; known?: Known }
  | { says: "who" };

export interface Follower {
  message?: (message: LiveMessage) => void;
  /** Something was missed: what is shown has to be read anew. */
  resync?: () => void;
}

/** What the hub needs from the browser; tests bring their own. */
export interface Surroundings {
  tab: string;
  channel: Pick<BroadcastChannel, "postMessage" | "close"> & { onmessage: ((event: MessageEvent) => void) | null };
  /** Calls `lead` when this tab has become the one with the connection, and keeps it so until the promise ends. */
  elect: (lead: () => Promise<void>) => void;
  connect: (wants: Wants, since: () => string | null, listener: Listener) => Pick<Connection, "want" | "check" | "close">;
  now: () => number;
}

/** A tab that has not been heard of for so long is gone; hidden ones get a timer once a minute. */
const TAB_GONE_MS = 180_000;
/** After so many attempts in vain it is no short break any more. */
const OFFLINE_AFTER = 3;
/** Messages kept for a hidden tab; with more it reads anew. */
const HELD_MAX = 500;

/**
 * The live data of one tab. Of all tabs one holds the connection and passes on what it hears; every tab reads every
 * message, so that another can take over where the last one stood.
 */
export class Hub {
  isLeader = false;
  #known: Known = NOTHING;
  #followers = new Map<Topic, Set<Follower>>();
  #jobs = new Map<string, number>();
  #kinds = new Map<string, number>();
  #tabs = new Map<string, { wants: Wants; at: number }>();
  #connection: Pick<Connection, "want" | "check" | "close"> | null = null;
  #line: Line = "reconnecting";
  #failures = 0;
  #isPaused = false;
  #isHidden = false;
  #held: Step[] = [];
  #heldTooMany = false;
  #resign: (() => void) | null = null;

  constructor(
    private readonly around: Surroundings,
    private readonly changed: (state: LiveState, counts: Counts | null) => void,
  ) {
    around.channel.onmessage = (event) => this.#told(event.data as Word);
    around.elect(() => this.#lead());
    this.#say({ says: "who" });
    this.#sayWants();
  }

  get known(): Known {
    return this.#known;
  }

  /** Follows a topic, and of `jobs` those with these ids or kinds, until the returned function is called. */
  follow(topic: Topic, follower: Follower, named: { jobs?: string[]; kinds?: string[] } = {}): () => void {
    const followers = this.#followers.get(topic) ?? new Set();
    this.#followers.set(topic, followers.add(follower));
    count(this.#jobs, named.jobs, 1);
    count(this.#kinds, named.kinds, 1);
    this.#sayWants();
    let isThere = true;
    return () => {
      if (!isThere) return;
      isThere = false;
      followers.delete(follower);
      count(this.#jobs, named.jobs, -1);
      count(this.#kinds, named.kinds, -1);
      this.#sayWants();
    };
  }

  /** Pausing means no traffic for this tab; afterwards everything is read anew. */
  pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#sayWants();
    if (!isPaused) {
      this.#say({ says: "who" });
      this.#resync("all");
    }
    this.#tell();
  }

  /** A hidden tab draws nothing: its messages wait until it is seen. */
  hide(isHidden: boolean): void {
    this.#isHidden = isHidden;
    if (isHidden) return;
    this.#connection?.check();
    const held = this.#heldTooMany ? [] : this.#held;
    if (this.#heldTooMany) this.#resync("all");
    this.#held = [];
    this.#heldTooMany = false;
    held.forEach((step) => this.#apply(step));
    this.#tell();
  }

  /** Says that this tab still lives, and that the network may have changed. */
  beat(): void {
    this.#sayWants();
    if (!this.isLeader) return;
    for (const [tab, { at }] of this.#tabs) {
      if (tab !== this.around.tab && this.around.now() - at > TAB_GONE_MS) this.#tabs.delete(tab);
    }
    this.#meet();
  }

  check(): void {
    this.#connection?.check();
  }

  /** The tab goes: another may lead. */
  stop(): void {
    this.#say({ says: "wants", tab: this.around.tab, wants: null });
    this.#connection?.close();
    this.#connection = null;
    this.#resign?.();
    this.around.channel.close();
  }

  #lead(): Promise<void> {
    this.isLeader = true;
    this.#say({ says: "who" });
    this.#sayWants();
    return new Promise((resolve) => (this.#resign = resolve));
  }

  #told(word: Word): void {
    if (word.says === "wants" && this.isLeader) {
      if (word.wants) this.#tabs.set(word.tab, { wants: word.wants, at: this.around.now() });
      else this.#tabs.delete(word.tab);
      this.#meet();
    } else if (word.says === "who") {
      this.#sayWants();
      if (this.isLeader) this.#say({ says: "state", line: this.#line, known: this.#known });
    } else if (word.says === "state" && !this.isLeader) {
      this.#line = word.line;
      if (word.known && !this.#known.last) this.#known = word.known;
      this.#tell();
    } else if (word.says === "heard" && !this.isLeader) {
      this.#heard(word.message);
    }
  }

  /** The leader's connection wants what all tabs want; when nobody wants anything there is none. */
  #meet(): void {
    const all = [...this.#tabs.values()].map((tab) => tab.wants);
    if (all.length === 0) {
      this.#connection?.close();
      this.#connection = null;
      this.#stand("reconnecting");
      return;
    }
    if (this.#connection) {
      this.#connection.want(union(all));
      return;
    }
    this.#connection = this.around.connect(union(all), () => this.#known.last, {
      message: (message) => {
        this.#say({ says: "heard", message });
        this.#heard(message);
      },
      open: (isOpen) => this.#opened(isOpen),
    });
  }

  #opened(isOpen: boolean): void {
    this.#failures = isOpen ? 0 : this.#failures + 1;
    this.#stand(isOpen ? "live" : this.#failures >= OFFLINE_AFTER ? "offline" : "reconnecting");
  }

  #stand(line: Line): void {
    this.#line = line;
    this.#say({ says: "state", line });
    this.#tell();
  }

  #heard(message: LiveMessage): void {
    // Always taken in, whatever is shown: so that this tab could lead from here.
    const step = reduce(this.#known, message);
    this.#known = step.known;
    if (this.#isPaused) return;
    if (!this.#isHidden) this.#apply(step);
    else if (this.#held.length < HELD_MAX) this.#held.push(step);
    else this.#heldTooMany = true;
  }

  #apply({ resync, tell }: Step): void {
    if (resync) this.#resync(resync);
    if (!tell) return;
    for (const follower of [...(this.#followers.get(tell.topic) ?? [])]) follower.message?.(tell.message);
    if (tell.topic === "counts") this.#tell();
  }

  #resync(topic: Topic | "all"): void {
    for (const [name, followers] of this.#followers) {
      if (topic === "all" || topic === name) [...followers].forEach((follower) => follower.resync?.());
    }
  }

  #sayWants(): void {
    const wants = this.#isPaused ? null : this.#wants();
    if (this.isLeader) {
      if (wants) this.#tabs.set(this.around.tab, { wants, at: this.around.now() });
      else this.#tabs.delete(this.around.tab);
      this.#meet();
    } else {
      this.#say({ says: "wants", tab: this.around.tab, wants });
    }
  }

  #wants(): Wants {
    const topics = [...this.#followers].filter(([, followers]) => followers.size > 0).map(([topic]) => topic);
    return { ...nothingWanted(), topics, jobs: [...this.#jobs.keys()], kinds: [...this.#kinds.keys()] };
  }

  #say(word: Word): void {
    this.around.channel.postMessage(word);
  }

  #tell(): void {
    this.changed(this.#isPaused ? "paused" : this.#line, this.#known.counts);
  }
}

function count(names: Map<string, number>, changed: string[] = [], by: number): void {
  for (const name of changed) {
    const n = (names.get(name) ?? 0) + by;
    if (n > 0) names.set(name, n);
    else names.delete(name);
  }
}
