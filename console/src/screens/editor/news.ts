import type { Full } from "./types";

/** What somebody else has done to the post while it is open. */
export interface News {
  kind: string;
  who: string;
  at: string;
  version: number;
  /** Why, as the decision says. */
  reason: string;
}

/** What people must hear about, the weightier first. */
const TOLD = ["published", "retracted", "publishing_failed", "rejected", "version_added", "approved", "endorsed", "approval_withdrawn", "rescheduled", "reopened"];

/** The weightiest of what others have done since the first `seen` events; `null` when there is none. */
export function newsOf(full: Pick<Full, "events" | "reviews" | "names" | "version">, seen: number, me: string): News | null {
  const theirs = full.events.slice(seen).filter((one) => one.actor !== me && TOLD.includes(one.event.kind));
  const [first] = theirs.sort((a, b) => TOLD.indexOf(a.event.kind) - TOLD.indexOf(b.event.kind) || b.version - a.version);
  if (!first) return null;
  const { event, actor, at } = first;
  const reason = event.kind === "rejected" ? (full.reviews.find((review) => review.decision === "rejected")?.reason ?? "") : "";
  return { kind: event.kind, who: actor === "system" ? "" : (full.names?.[actor] ?? actor), at, version: event.version ?? full.version, reason };
}
