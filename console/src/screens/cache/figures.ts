import { lasting } from "../../lib/lasting";
import type { Aim, Space, Stats } from "./types";

type Asked = Pick<Stats, "hits" | "misses">;

/** The share of hits between two readings; `null` when nothing was asked, or when another process answered the second. */
export function lately(before: Asked, now: Asked): number | null {
  const hits = now.hits - before.hits;
  const asked = hits + now.misses - before.misses;
  return hits >= 0 && asked > 0 && hits <= asked ? hits / asked : null;
}

/** What is added up over all spaces. */
export const SUMS = ["evictions", "stampedes_avoided", "stale_served", "load_errors"] as const;

/** A figure of all spaces together. */
export function total(spaces: readonly Space[], name: (typeof SUMS)[number]): number {
  return spaces.reduce((sum, space) => sum + space[name], 0);
}

/** The finest step that the server measures by: what lies below it is not known any closer. */
const FINEST_S = 1e-4;

/** A tier's time. */
export function span(seconds?: number | null): string {
  if (seconds == null) return "–";
  return seconds < FINEST_S ? `< ${lasting(FINEST_S)}` : lasting(seconds);
}

/** What is sent for a purge, or to learn what it would touch. */
export function wish({ kind, space, name }: Aim, soft: boolean, remote: boolean, dry_run: boolean): Record<string, string | boolean> {
  return { ...(kind === "key" ? { space } : {}), ...(remote && isTold(kind) ? { remote } : {}), [kind]: kind === "all" || name, soft, dry_run };
}

/** Whether caches in front know what is meant: our keys and patterns say nothing to them. */
export function isTold(kind: Aim["kind"]): boolean {
  return kind === "tag" || kind === "all";
}
