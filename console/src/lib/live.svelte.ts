import { onDestroy } from "svelte";
import { Connection } from "./live/connection";
import { Hub, type Follower, type Surroundings } from "./live/hub";
import type { Counts, LiveMessage, LiveState, Topic } from "./live/protocol";
import { session } from "./session.svelte";
import { read, remove, write } from "./storage";

export type { LiveMessage, LiveState, Topic } from "./live/protocol";

/** How often a tab says that it lives. */
const BEAT_MS = 30_000;

/** The live data as components see it. */
class Live {
  state: LiveState = $state("reconnecting");
  /** How many jobs and posts stand where; `null` until the first word. */
  counts: Counts | null = $state.raw(null);
  isPaused = $state(read("paused") === "yes");

  #hub: Hub | null = null;

  /** Begins once somebody is signed in; returns how to end. */
  start(): () => void {
    if (!session.current || typeof BroadcastChannel === "undefined") return () => {};
    const hub = new Hub(surroundings(), (state, counts) => {
      this.state = state;
      this.counts = counts;
    });
    this.#hub = hub;
    hub.pause(this.isPaused);
    const shown = () => hub.hide(document.visibilityState === "hidden");
    const online = () => hub.check();
    const gone = () => hub.stop();
    shown();
    const beat = setInterval(() => hub.beat(), BEAT_MS);
    document.addEventListener("visibilitychange", shown);
    addEventListener("online", online);
    addEventListener("pagehide", gone);
    return () => {
      clearInterval(beat);
      document.removeEventListener("visibilitychange", shown);
      removeEventListener("online", online);
      removeEventListener("pagehide", gone);
      hub.stop();
      this.#hub = null;
    };
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused) write("paused", "yes");
    else remove("paused");
    this.#hub?.pause(isPaused);
  }

  follow(topic: Topic, follower: Follower, named?: { jobs?: string[]; kinds?: string[] }): () => void {
    return this.#hub?.follow(topic, follower, named) ?? (() => {});
  }
}

export const live = new Live();

/**
 * Follows a topic for as long as the component is shown. `message` is told each change, `resync` that something was
 * missed: read anew. `named` are the jobs (ids or kinds) of the topic `jobs`; of others it tells nothing.
 */
export function follow(
  topic: Topic,
  message: (message: LiveMessage) => void,
  resync: () => void,
  named?: { jobs?: string[]; kinds?: string[] },
): void {
  onDestroy(live.follow(topic, { message, resync }, named));
}

function surroundings(): Surroundings {
  const principal = session.current?.principal ?? "";
  return {
    tab: crypto.randomUUID?.() ?? String(Math.random()),
    // Of each person their own: two sessions in one browser do not exist, but one may follow the other.
    channel: new BroadcastChannel(`copydesk.live.${principal}`),
    elect: (lead) => {
      // Locks exist on https and localhost only; elsewhere each tab has its own connection.
      if (!navigator.locks) void lead();
      else void navigator.locks.request(`copydesk.live.${principal}`, lead).catch(() => {});
    },
    connect: (wants, since, listener) => new Connection(wants, since, listener),
    now: () => Date.now(),
  };
}
