import type { Address } from "./addresses";
import { onDestroy } from "svelte";
import { call, type Query } from "./api";
import type { Keyset, Page } from "./keyset.svelte";

const PAUSE_MS = 2_000;
/** Fewer than a page of the list, so that whatever is missing among them has come since. */
const HEAD = 50;

/**
 * Counts what has joined the head of a list since it was read, for its "N new" bar: no row moves by itself. Call it
 * while a component is made, and what it gives whenever something may have joined.
 */
export function arrivals<T extends { id: string }>(list: Keyset<T>, path: Address<"GET">, query: () => Query): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  onDestroy(() => clearTimeout(timer));
  const count = async () => {
    timer = undefined;
    const of = list.rows;
    const head = await call<Page<T>>("GET", path, { query: { ...query(), limit: HEAD } }).catch(() => null);
    // Read anew meanwhile: what was counted is shown already.
    if (!head || list.rows.length !== of.length || list.isLoading) return;
    list.news = joined(of, head.data);
  };
  // A burst is one reading.
  return () => void (timer ??= setTimeout(() => void count(), PAUSE_MS));
}

/** How many of `head` are not among `rows`. */
export function joined(rows: readonly { id: string }[], head: readonly { id: string }[]): number {
  const known = new Set(rows.map((row) => row.id));
  return head.filter((row) => !known.has(row.id)).length;
}
