import type { Address } from "./addresses";
import { onDestroy, untrack } from "svelte";
import { asProblem, call, type ApiProblem, type Query } from "./api";

/** A page as every list of the API answers. */
export interface Page<T> {
  data: T[];
  pagination: { limit: number; has_next: boolean; next?: string | null; total?: number; total_is_estimate?: boolean };
}

const PAGE = 100;

/** A long list, read page by page while somebody scrolls. */
export class Keyset<T extends { id: string }> {
  /** Plain array: proxies of ten thousand rows cost more than the rows. */
  rows: T[] = $state.raw([]);
  total: number | null = $state(null);
  isEstimate = $state(false);
  isLoading = $state(false);
  /** The first page of this query has arrived. */
  isThere = $state(false);
  hasMore = $state(false);
  problem: ApiProblem | null = $state.raw(null);
  /** Things that happened since and are not shown yet: rows under the pointer do not move by themselves. */
  news = $state(0);

  #next: string | null = null;
  #abort: AbortController | null = null;

  constructor(
    private readonly path: Address<"GET">,
    private readonly query: () => Query,
  ) {}

  /** Reads the first page anew; the rows shown stay until it is there. */
  reload = async (): Promise<void> => {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    await this.#read(abort, null);
  };

  /** Reads the next page, unless one is on its way. */
  more = async (): Promise<void> => {
    // After a failure nobody asks by scrolling alone: that would never end.
    if (this.isLoading || this.problem || !this.hasMore || !this.#abort) return;
    await this.#read(this.#abort, this.#next);
  };

  /** After a failure: goes on where it stopped. */
  retry = async (): Promise<void> => {
    this.problem = null;
    await (this.isThere && this.hasMore ? this.more() : this.reload());
  };

  /** Puts changed things in their places; what is not shown is not added. */
  put(...changed: T[]): void {
    const by = new Map(changed.map((row) => [row.id, row]));
    this.rows = this.rows.map((row) => by.get(row.id) ?? row);
  }

  drop(...ids: string[]): void {
    const before = this.rows.length;
    this.rows = this.rows.filter((row) => !ids.includes(row.id));
    if (this.total !== null) this.total = Math.max(0, this.total - (before - this.rows.length));
  }

  note(n = 1): void {
    this.news += n;
  }

  stop(): void {
    this.#abort?.abort();
  }

  async #read(abort: AbortController, after: string | null): Promise<void> {
    this.isLoading = true;
    try {
      const query = { limit: PAGE, ...this.query(), after };
      const page = await call<Page<T>>("GET", this.path, { query, signal: abort.signal });
      if (abort.signal.aborted) return;
      const known = new Set(after === null ? [] : this.rows.map((row) => row.id));
      const fresh = page.data.filter((row) => !known.has(row.id));
      this.rows = after === null ? fresh : [...this.rows, ...fresh];
      this.#next = page.pagination.next ?? null;
      this.hasMore = page.pagination.has_next;
      if (page.pagination.total !== undefined) this.total = page.pagination.total;
      else if (after === null) this.total = page.pagination.has_next ? null : fresh.length;
      this.isEstimate = page.pagination.total_is_estimate ?? false;
      this.problem = null;
      this.isThere = true;
      if (after === null) this.news = 0;
    } catch (thrown) {
      if (!abort.signal.aborted) this.problem = asProblem(thrown);
    } finally {
      if (this.#abort === abort) this.isLoading = false;
    }
  }
}

/** A list that reads itself anew when its query changes. Call it while a component is made. */
export function keyset<T extends { id: string }>(path: Address<"GET">, query: () => Query = () => ({})): Keyset<T> {
  const list = new Keyset<T>(path, query);
  $effect(() => {
    query();
    void untrack(list.reload);
  });
  onDestroy(() => list.stop());
  return list;
}
