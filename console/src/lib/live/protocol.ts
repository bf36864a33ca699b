// What the server tells over /api/v3/live and /api/v3/events (crates/web/src/live).

export type Topic = "posts" | "sources" | "jobs" | "counts" | "traffic";

export interface LiveMessage {
  /** Place in the server's sequence: `node-epoch.seq`. */
  id: string;
  /** What happened: `approved`, `polled`, `counts`, `resync`, `ready`, … */
  type: string;
  topic?: Topic;
  [member: string]: unknown;
}

/** The numbers of `counts`: the first message has all, the following what has changed. */
export interface Counts {
  jobs: Record<string, number>;
  posts: Record<string, number>;
  queues: { queue: string; priority: string; counts: Record<string, number> }[];
}

/** What a tab wants to be told. */
export interface Wants {
  topics: Topic[];
  /** Ids of jobs to be told about one by one. */
  jobs: string[];
  kinds: string[];
}

export type LiveState = "live" | "reconnecting" | "paused" | "offline";

/** Told always: they are few, and a screen that comes next has its counts at once. */
export const ALWAYS: readonly Topic[] = ["posts", "sources", "counts"];

export function nothingWanted(): Wants {
  return { topics: [], jobs: [], kinds: [] };
}

/** All that several tabs want together. */
export function union(wants: Iterable<Wants>): Wants {
  const topics = new Set<Topic>(), jobs = new Set<string>(), kinds = new Set<string>();
  for (const one of wants) {
    one.topics.forEach((topic) => topics.add(topic));
    one.jobs.forEach((job) => jobs.add(job));
    one.kinds.forEach((kind) => kinds.add(kind));
  }
  // The server takes a hundred names of each.
  return { topics: [...topics].sort(), jobs: [...jobs].sort().slice(-100), kinds: [...kinds].sort().slice(-100) };
}

/** The query of a connection that wants this and has read up to `since`. */
export function connectQuery(wants: Wants, since: string | null): string {
  const names = wants.jobs.length + wants.kinds.length > 0;
  const topics = new Set<Topic>([...ALWAYS, ...wants.topics]);
  if (names) topics.add("jobs");
  else topics.delete("jobs");
  const query = new URLSearchParams({ topics: [...topics].sort().join(",") });
  if (wants.jobs.length > 0) query.set("jobs", wants.jobs.join(","));
  if (wants.kinds.length > 0) query.set("kinds", wants.kinds.join(","));
  if (since) query.set("since", since);
  return query.toString();
}
