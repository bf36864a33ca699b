import { router } from "./router.svelte";
import type { Filter } from "./query_text";

/** A list's filter and order, kept in the address: copied, bookmarked, and there again after Back. */
export class ListState {
  /** Names of the filters, which are parameters of the address and of the API alike. */
  readonly keys: readonly string[];
  readonly #defaults: { sort?: string; by?: Record<string, string[]> };

  constructor(keys: readonly string[], defaults: { sort?: string; by?: Record<string, string[]> } = {}) {
    this.keys = keys;
    this.#defaults = defaults;
  }

  readonly filter: Filter = $derived.by(() => {
    const by: Record<string, string[]> = {};
    for (const key of this.keys) {
      const value = router.query(key);
      if (value) by[key] = value.split(",");
      else if (!this.isTouched && this.#defaults.by?.[key]) by[key] = this.#defaults.by[key];
    }
    return { by, text: router.query("q") };
  });

  readonly sort: string = $derived.by(() => router.query("sort") || this.#defaults.sort || "");

  /** What the API is asked: `{ state: "a,b", q: "…", sort: "…" }`. */
  readonly query: Record<string, string> = $derived.by(() => {
    const found: Record<string, string> = {};
    for (const [key, values] of Object.entries(this.filter.by)) found[key] = values.join(",");
    if (this.filter.text) found.q = this.filter.text;
    if (this.sort) found.sort = this.sort;
    return found;
  });

  /** Somebody has chosen: an emptied filter is not the default again. */
  get isTouched(): boolean {
    return router.url.searchParams.has("f") || router.url.searchParams.has("q") || this.keys.some((key) => router.url.searchParams.has(key));
  }

  setFilter(filter: Filter): void {
    const change: Record<string, string | null> = { q: filter.text || null };
    for (const key of this.keys) change[key] = filter.by[key]?.join(",") || null;
    const isEmpty = Object.values(change).every((value) => value === null);
    router.setQuery({ ...change, f: isEmpty && this.#defaults.by ? "none" : null });
  }

  setSort(sort: string): void {
    router.setQuery({ sort: sort === this.#defaults.sort ? null : sort });
  }
}
