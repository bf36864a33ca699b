import { asProblem, call, type ApiProblem } from "../../lib/api";
import type { Page } from "../../lib/keyset.svelte";
import type { Source } from "./types";

const PAGE = 200;
/** Beyond this nobody scrolls; the search of names is for a newsroom's sources, not for a crawler's. */
const PAGES_MAX = 50;

/** All sources, read page by page: they are few, so that search, order and states need no further call. */
export class Shelf {
  all: Source[] = $state.raw([]);
  isLoading = $state(true);
  problem: ApiProblem | null = $state.raw(null);
  /** Grows when the sources were read anew. */
  generation = $state(0);

  #abort: AbortController | null = null;
  #stale = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  reload = async (): Promise<void> => {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.isLoading = true;
    try {
      const found: Source[] = [];
      for (let after: string | null | undefined = null, pages = 0; pages < PAGES_MAX; pages += 1) {
        const page: Page<Source> = await call<Page<Source>>("GET", "/sources", { query: { limit: PAGE, after }, signal: abort.signal });
        found.push(...page.data);
        after = page.pagination.next;
        // The first page is shown at once; of a list that was there already nothing is taken away meanwhile.
        if (this.all.length === 0 && page.pagination.has_next) this.#show(found);
        if (!page.pagination.has_next || !after) break;
      }
      this.#show(found);
      this.problem = null;
    } catch (thrown) {
      if (!abort.signal.aborted) this.problem = asProblem(thrown);
    } finally {
      if (this.#abort === abort) this.isLoading = false;
    }
  };

  #show(found: Source[]): void {
    this.all = [...found];
    this.generation += 1;
  }

  put(...changed: Source[]): void {
    const by = new Map(changed.map((source) => [source.id, source]));
    this.all = this.all.map((source) => by.get(source.id) ?? source);
  }

  /** A poll has ended: the row is read anew in a moment, a burst of them together. */
  heard = (id: string): void => {
    this.#stale.add(id);
    this.#timer ??= setTimeout(() => void this.#refresh(), 1_000);
  };

  async #refresh(): Promise<void> {
    const ids = [...this.#stale];
    this.#stale.clear();
    this.#timer = undefined;
    const known = new Set(this.all.map((source) => source.id));
    if (ids.some((id) => !known.has(id))) return this.reload();
    const read = await Promise.allSettled(ids.slice(0, 20).map((id) => call<Source>("GET", `/sources/${id}`)));
    this.put(...read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
    ids.slice(20).forEach(this.heard);
  }

  leave(): void {
    this.#abort?.abort();
    clearTimeout(this.#timer);
  }
}
