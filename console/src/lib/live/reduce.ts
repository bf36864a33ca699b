import type { Counts, LiveMessage, Topic } from "./protocol";

/** What a tab knows from the messages so far. */
export interface Known {
  /** Place of the last message. */
  last: string | null;
  counts: Counts | null;
}

/** What follows from a message: who is to be told, and who has to read anew. */
export interface Step {
  known: Known;
  tell: { topic: Topic; message: LiveMessage } | null;
  /** `null` nobody, `"all"` or one topic: something was missed there. */
  resync: Topic | "all" | null;
}

export const NOTHING: Known = { last: null, counts: null };

/** Takes a message in. Pure, so that a follower and a leader that takes over come to the same. */
export function reduce(known: Known, message: LiveMessage): Step {
  const step: Step = { known: { ...known, last: message.id ?? known.last }, tell: null, resync: null };
  if (message.type === "resync") {
    step.resync = message.topic ?? "all";
    if (step.resync === "all") step.known.counts = null;
    return step;
  }
  // A message that came before, again: after a change of leader two may overlap.
  if (message.topic && message.type !== "counts" && !isAfter(message.id, known.last)) {
    step.known.last = known.last;
    return step;
  }
  if (message.type === "counts") step.known.counts = mergeCounts(known.counts, message);
  if (message.topic) step.tell = { topic: message.topic, message };
  return step;
}

/** Whether `id` comes after `last`; of another process or another start it does. */
export function isAfter(id: string, last: string | null): boolean {
  if (!last) return true;
  const [place, seq] = split(id), [lastPlace, lastSeq] = split(last);
  return place !== lastPlace || seq > lastSeq;
}

function split(id: string): [string, number] {
  const dot = id.lastIndexOf(".");
  return [id.slice(0, dot), Number(id.slice(dot + 1))];
}

function mergeCounts(before: Counts | null, message: LiveMessage): Counts {
  const told = message as unknown as Counts & { whole?: boolean };
  const queues = new Map<string, Counts["queues"][number]>();
  const nameOf = (row: Counts["queues"][number]) => `${row.queue} ${row.priority}`;
  if (!told.whole) before?.queues.forEach((row) => queues.set(nameOf(row), row));
  told.queues.forEach((row) => {
    if (Object.keys(row.counts).length > 0) queues.set(nameOf(row), row);
    else queues.delete(nameOf(row));
  });
  return { jobs: told.jobs, posts: told.posts, queues: [...queues.values()] };
}
