import type { Recorded, Review } from "./types";

/** One line of what happened to a post. */
export interface Entry {
  id: string;
  at: string;
  actor: string;
  kind: string;
  event: Recorded["event"] | null;
  /** Why, as the decision says. */
  reason: string;
  checks: NonNullable<Review["reasons"]>;
}

/** The decision that belongs to an event. */
const DECISION: Record<string, string> = { approved: "approved", endorsed: "endorsed", rejected: "rejected", approval_withdrawn: "withdrawn", reopened: "reopened" };
/** They are written in one transaction. */
const NEAR_MS = 2_000;

/** Events with the reasons of their decisions, newest first; what only a policy said stands among them. */
export function timelineOf(events: readonly Recorded[], reviews: readonly Review[]): Entry[] {
  const left = new Set(reviews);
  const entries = events.map((one): Entry => {
    const decision = DECISION[one.event.kind];
    const fits = (review: Review) => review.decision === decision && review.by === one.actor && Math.abs(Date.parse(review.at) - Date.parse(one.at)) < NEAR_MS;
    const found = decision ? [...left].find(fits) : undefined;
    if (found) left.delete(found);
    return { id: `e${one.version}`, at: one.at, actor: one.actor, kind: one.event.kind, event: one.event, reason: found?.reason ?? "", checks: found?.reasons ?? [] };
  });
  const alone = [...left].filter((review) => review.decision === "held").map((review): Entry => ({ id: `r${review.id}`, at: review.at, actor: review.by, kind: "held", event: null, reason: review.reason, checks: review.reasons ?? [] }));
  // Of the same moment the later event is the newer one.
  return [...alone, ...entries.reverse()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

export interface Job {
  id: string;
  state: string;
  attempts: number;
  attempts_max: number;
  run_at?: string | null;
  error?: string | null;
  parameters?: { post?: string; version?: number } | null;
}

/** The jobs that bring this post to its channels. */
export const jobsOf = (jobs: readonly Job[], post: string): Job[] => jobs.filter((job) => job.parameters?.post === post);
