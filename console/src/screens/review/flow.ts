import type { LiveMessage } from "../../lib/live.svelte";
import type { Post, Span } from "./types";

/** The id `by` steps from `from` among those that are not skipped; `null` at the end. Without `from`: the first. */
export function step(ids: readonly string[], from: string | null, by: 1 | -1, skip: (id: string) => boolean = () => false): string | null {
  const start = from === null ? -1 : ids.indexOf(from);
  if (start < 0) return ids.find((id) => !skip(id)) ?? null;
  for (let at = start + by; at >= 0 && at < ids.length; at += by) {
    const id = ids[at];
    if (id !== undefined && !skip(id)) return id;
  }
  return null;
}

/** What is read after `from` has been decided: the next one, at the end of the list the first of those passed over. */
export function following(ids: readonly string[], from: string, skip: (id: string) => boolean): string | null {
  return step(ids, from, 1, skip) ?? ids.find((id) => id !== from && !skip(id)) ?? null;
}

export type Effect = "news" | "gone" | "newer" | "touched" | "none";

/** What a live word means for a list of what waits. `row` is the post as the list has it. */
export function effectOf(message: LiveMessage, row: Pick<Post, "version"> | undefined): Effect {
  const waits = message.state === "in_review";
  if (!row) return waits && message.type !== "claimed" && message.type !== "released" && message.type !== "rated" ? "news" : "none";
  if (!waits) return "gone";
  if (typeof message.version === "number" && message.version > row.version) return "newer";
  return "touched";
}

/** The rows with `row` back in its place. */
export function putBack<T extends { id: string }>(rows: readonly T[], row: T, at: number): T[] {
  if (rows.some((one) => one.id === row.id)) return rows.map((one) => (one.id === row.id ? row : one));
  return [...rows.slice(0, at), row, ...rows.slice(at)];
}

/** Words that came and words that went. */
export function tally(...parts: readonly (readonly Span[])[]): { added: number; removed: number } {
  const words = (op: Span["op"]) =>
    parts.flat().reduce((sum, span) => sum + (span.op === op ? (span.text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) : 0), 0);
  return { added: words("add"), removed: words("del") };
}
