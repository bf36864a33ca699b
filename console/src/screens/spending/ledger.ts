import type { Filter } from "../../lib/query_text";
import type { Entry } from "./types";

/** What the ledger is filtered by, as its box and the address write it. */
export const KEYS = ["provider", "pipeline", "person", "key", "outcome"] as const;

/** Whether an entry is among those that `filter` asks for; words are looked for in provider and model. */
export function fits(entry: Entry, { by, text }: Filter): boolean {
  const of = (scope: string) => entry.places.filter((place) => place.scope === scope).map(({ name }) => name);
  const has: Record<(typeof KEYS)[number], string[]> = {
    provider: [entry.provider], pipeline: of("pipeline"), person: of("user"), key: of("key"), outcome: [entry.outcome],
  };
  const isAsked = KEYS.every((key) => !by[key]?.length || by[key].some((value) => has[key].includes(value)));
  const found = `${entry.provider} ${entry.model}`.toLowerCase();
  return isAsked && text.toLowerCase().split(/\s+/).every((word) => found.includes(word));
}
