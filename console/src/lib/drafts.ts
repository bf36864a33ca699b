import { session } from "./session.svelte";
import { keys, readJson, remove, write } from "./storage";

export interface Draft<T> {
  value: T;
  /** RFC 3339. */
  saved_at: string;
}

/** Keeps what is being typed in this browser. `false` when there is no room for it, even after the oldest have gone. */
export function saveDraft<T>(name: string, value: T): boolean {
  const text = JSON.stringify({ value, saved_at: new Date().toISOString() } satisfies Draft<T>);
  if (write(keyOf(name), text)) return true;
  const others = keys(prefix()).filter((key) => key !== keyOf(name));
  const age = (key: string) => readJson<Draft<unknown>>(key)?.saved_at ?? "";
  for (const key of others.sort((a, b) => age(a).localeCompare(age(b)))) {
    remove(key);
    if (write(keyOf(name), text)) return true;
  }
  return false;
}

export const loadDraft = <T>(name: string): Draft<T> | null => readJson<Draft<T>>(keyOf(name));
export const dropDraft = (name: string): void => remove(keyOf(name));

// Of each person their own: two may share a browser.
const prefix = () => `draft.${session.current?.principal ?? "nobody"}.`;
const keyOf = (name: string) => prefix() + name;
