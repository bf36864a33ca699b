import type { Source } from "./types";

export type Standing = "failing" | "active" | "paused" | "muted";
export const STANDINGS: readonly Standing[] = ["failing", "active", "paused", "muted"];

/** Where a source stands: an active one that fails is a failing one. */
export function standing(source: Pick<Source, "state" | "failures">): Standing {
  if (source.state === "active") return source.failures > 0 ? "failing" : "active";
  return source.state === "muted" ? "muted" : "paused";
}

/** What a failure is of, as the server's sentence tells it; each has a remedy of its own. */
export type Trouble = "gone" | "forbidden" | "busy" | "broken" | "name" | "silent" | "secure" | "refused" | "feed" | "large" | "moved" | "other";

const TROUBLES: readonly (readonly [RegExp, Trouble])[] = [
  [/(status |\()(404|410)\b/, "gone"],
  [/(status |\()(401|402|403|451)\b/, "forbidden"],
  [/(status |\()429\b|asked for a pause/, "busy"],
  [/(status |\()5\d\d\b/, "broken"],
  [/not on the public internet|may be called|is refused because/, "refused"],
  [/could not be looked up|no usable address/, "name"],
  [/no secure connection|unprotected/, "secure"],
  [/took longer than|no connection to|broke off/, "silent"],
  [/larger than the limit/, "large"],
  [/the redirects from/, "moved"],
  [/as a feed|not a feed|decompressed|document is empty|json feed/, "feed"],
];

export function troubleOf(error: string): Trouble {
  return TROUBLES.find(([pattern]) => pattern.test(error))?.[1] ?? "other";
}

/** A part of what the last poll brought: how many, and of what. */
export interface Brought {
  n: number;
  what: "new" | "copies" | "archive" | "flood" | "changed" | "adopted" | "forgiven" | "unchanged" | "failed" | "gone" | "givenUp" | "other";
  text: string;
}

const KINDS: Record<string, Brought["what"]> = {
  new: "new", "known from elsewhere": "copies", "from the archive": "archive", "too many at once": "flood", changed: "changed", "under a new name": "adopted",
  "mistake forgiven": "forgiven", "mistakes forgiven": "forgiven", unchanged: "unchanged", failed: "failed", gone: "gone", "given up": "givenUp",
};

/** Reads the server's words of a poll, `2 new, 1 changed`, so that they can be said in any language. */
export function brought(outcome: string): Brought[] {
  return outcome.split(", ").filter((part) => part !== "kept as archive").map((part) => {
    const [, n, what] = /^(\d+) (.+)$/.exec(part) ?? [];
    return { n: Number(n ?? 0), what: KINDS[what ?? part] ?? "other", text: part };
  });
}

export type Sort = "trouble" | "name" | "polled" | "items" | "next";

/** Ids of the sources that a filter asks for, in order. Made once for each question, so that no row moves when a poll ends. */
export function arrange(sources: readonly Source[], asked: { states: readonly string[]; text: string; sort: string }): string[] {
  const words = asked.text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const fits = (source: Source) => {
    const text = `${source.name} ${source.url}`.toLocaleLowerCase();
    return (asked.states.length === 0 || asked.states.includes(standing(source))) && words.every((word) => text.includes(word));
  };
  const name = (a: Source, b: Source) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
  const time = (at: string | null) => (at ? Date.parse(at) : 0);
  const orders: Record<Sort, (a: Source, b: Source) => number> = {
    trouble: (a, b) => Number(standing(b) === "failing") - Number(standing(a) === "failing"),
    name,
    polled: (a, b) => time(a.polled_at) - time(b.polled_at),
    items: (a, b) => a.items - b.items,
    next: (a, b) => (time(a.next_poll_at) || Infinity) - (time(b.next_poll_at) || Infinity) || 0,
  };
  const turn = asked.sort.startsWith("-") ? -1 : 1;
  const by = orders[asked.sort.replace("-", "") as Sort] ?? orders.trouble;
  return sources.filter(fits).sort((a, b) => turn * (by(a, b) || 0) || name(a, b)).map((source) => source.id);
}

/** `https://www.example.org/feed` as people name it. */
export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
}

/** Whether somebody has pasted something that can be looked at. */
export function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]+\.?[^\s]*$/i.test(text.trim()) && URL.canParse(text.trim());
}
