import { addDays, dayOf, startOf } from "./dates";
import type { Calendar, Entry, Span } from "./types";

/** What stands on a day. */
export type Item =
  | { kind: "post"; key: string; at: string; entry: Entry; isTight: boolean }
  /** A gap: nobody has it yet. `channels` share it. */
  | { kind: "free"; key: string; at: string; channels: string[] };

export interface Day {
  day: string;
  items: Item[];
  blackouts: Span[];
}

/** Posts of one channel that are due nearer to each other than it likes: their keys. */
export function tight(entries: readonly Entry[], spacing: Readonly<Record<string, number>>): Set<string> {
  const found = new Set<string>();
  const live = entries.filter((entry) => entry.state !== "failed").map((entry) => ({ entry, ms: Date.parse(entry.at) })).sort((a, b) => a.ms - b.ms);
  const widest = Math.max(0, ...Object.values(spacing)) * 60_000;
  for (const [i, one] of live.entries()) {
    for (let k = i + 1; k < live.length; k += 1) {
      const other = live[k];
      if (!other || other.ms - one.ms >= widest) break;
      // Of two that are out already nothing can be mended.
      if (one.entry.fixed && other.entry.fixed) continue;
      const isNear = (name: string) => other.entry.channels.includes(name) && other.ms - one.ms < (spacing[name] ?? 0) * 60_000;
      if (one.entry.channels.some(isNear)) found.add(keyOf(one.entry)).add(keyOf(other.entry));
    }
  }
  return found;
}

/** A published post with an approved update stands in the calendar twice. */
export const keyOf = (entry: Entry): string => `${entry.post}${entry.fixed ? "-out" : ""}`;

export const blackoutAt = (spans: readonly Span[], at: number): Span | null =>
  spans.find((span) => Date.parse(span.from) <= at && at < Date.parse(span.to)) ?? null;

/** Puts what the calendar holds on its days. Slots that have passed, are taken or blacked out are no gaps. */
export function byDay(days: readonly string[], calendar: Pick<Calendar, "entries" | "slots" | "blackouts">, spacing: Readonly<Record<string, number>>, now: number): Day[] {
  const near = tight(calendar.entries, spacing);
  const found = new Map(days.map((day) => [day, { day, items: [] as Item[], blackouts: [] as Span[] }]));
  for (const entry of calendar.entries) {
    const key = keyOf(entry);
    found.get(dayOf(entry.at))?.items.push({ kind: "post", key, at: entry.at, entry, isTight: near.has(key) });
  }
  const gaps = new Map<string, Item & { kind: "free" }>();
  for (const slot of calendar.slots) {
    const at = Date.parse(slot.at);
    if (slot.post !== null || at <= now || blackoutAt(calendar.blackouts, at)) continue;
    const known = gaps.get(slot.at);
    if (known) {
      known.channels.push(slot.channel);
      continue;
    }
    const gap: Item & { kind: "free" } = { kind: "free", key: `free-${slot.at}`, at: slot.at, channels: [slot.channel] };
    gaps.set(slot.at, gap);
    found.get(dayOf(slot.at))?.items.push(gap);
  }
  for (const one of found.values()) {
    one.items.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.key.localeCompare(b.key));
    const from = startOf(one.day).getTime(), to = startOf(addDays(one.day, 1)).getTime();
    one.blackouts = calendar.blackouts.filter((span) => Date.parse(span.from) < to && Date.parse(span.to) > from);
  }
  return [...found.values()];
}

const rank = (item: Item): number => (item.kind === "free" ? 2 : item.entry.fixed ? (item.entry.state === "failed" ? 1 : 3) : 0);

/** At most `most` of a day, in order of time: what can still be moved first, what is out last. */
export function pick(items: readonly Item[], most: number): { shown: Item[]; rest: number } {
  if (items.length <= most) return { shown: [...items], rest: 0 };
  const kept = new Set(items.map((item, i) => ({ item, i })).sort((a, b) => rank(a.item) - rank(b.item) || a.i - b.i).slice(0, most).map(({ item }) => item));
  return { shown: items.filter((item) => kept.has(item)), rest: items.length - kept.size };
}
