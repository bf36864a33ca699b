import { fromLocal, toLocal } from "../../lib/time";
import type { Post } from "./types";

export const STATES = ["draft", "in_review", "approved", "scheduled", "publishing", "published", "rejected", "failed", "retracted"] as const;
/** Parameters of the address and of the API alike. */
export const KEYS = ["state", "topic", "language", "pipeline", "score_min", "score_max", "edited", "from", "to", "story", "source"] as const;
export const SORTS = ["newest", "oldest", "updated", "due", "-score", "score"] as const;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The first moment of a day in the site's zone, `plus` days later. */
function midnight(day: string, plus = 0): string {
  const moved = new Date(Date.parse(`${day}T12:00:00Z`) + plus * 86_400_000).toISOString().slice(0, 10);
  return fromLocal(`${moved}T00:00`).toISOString();
}

/** `2026-11-20` and `7d` (the last seven days, today with them) as moments; anything else is left for the server to judge. */
function moment(key: "from" | "to", text: string, now: number): string {
  const back = /^(\d{1,3})d$/.exec(text);
  if (back) return midnight(toLocal(new Date(now)).slice(0, 10), 1 - Number(back[1]));
  if (!DAY.test(text) || Number.isNaN(Date.parse(text))) return text;
  // "To the 20th" has the 20th in it.
  return midnight(text, key === "to" ? 1 : 0);
}

/** What the API is asked, with the days of the filter as moments. */
export function asked(query: Record<string, string>, now: number): Record<string, string> {
  const found = { ...query };
  for (const key of ["from", "to"] as const) if (found[key]) found[key] = moment(key, found[key], now);
  return found;
}

export interface When {
  kind: "due" | "published" | "changed";
  at: string;
}

/** The moment that counts of a post where it stands. */
export function when(post: Pick<Post, "state" | "due_at" | "published_at" | "updated_at">): When {
  if ((post.state === "scheduled" || post.state === "publishing") && post.due_at) return { kind: "due", at: post.due_at };
  if (post.state === "published" && post.published_at) return { kind: "published", at: post.published_at };
  return { kind: "changed", at: post.updated_at };
}

export interface Who {
  kind: "reads" | "approved" | "you" | "desk" | "other";
  name: string;
}

/** Whose hand is on a post: who looks at it, else who approved it, else who wrote it. */
export function who(post: Pick<Post, "claim" | "approvals" | "author" | "source_names">, me: string, now: number): Who {
  if (post.claim && Date.parse(post.claim.until) > now) return { kind: "reads", name: post.claim.name };
  const last = post.approvals.at(-1);
  if (last && last.by !== "system") return { kind: "approved", name: last.name };
  if (post.author === me) return { kind: "you", name: "" };
  return post.author === "system" ? { kind: "desk", name: "" } : { kind: "other", name: "" };
}

/** A text that readers do not see yet. */
export const isAhead = (post: Pick<Post, "state" | "version" | "published_version">): boolean => post.state === "published" && post.published_version !== null && post.version > post.published_version;
