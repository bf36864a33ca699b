import { onDestroy } from "svelte";
import { asProblem, type ApiProblem } from "./api";

/** Something read from the server: what it is now, whether it is being read, what went wrong last. */
export class Loaded<T> {
  data: T | undefined = $state.raw();
  problem: ApiProblem | null = $state.raw(null);
  isLoading = $state(false);
  readonly isFirst = $derived(this.isLoading && this.data === undefined);

  #abort: AbortController | null = null;

  constructor(private readonly read: (signal: AbortSignal) => Promise<T>) {}

  /** Reads anew; what is shown stays until the answer is there, and an older call cannot overtake. */
  reload = async (): Promise<void> => {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.isLoading = true;
    try {
      const data = await this.read(abort.signal);
      if (abort.signal.aborted) return;
      this.data = data;
      this.problem = null;
    } catch (thrown) {
      if (!abort.signal.aborted) this.problem = asProblem(thrown);
    } finally {
      if (this.#abort === abort) this.isLoading = false;
    }
  };

  stop(): void {
    this.#abort?.abort();
  }
}

/**
 * Reads now, and again whenever something that `read` looks at before its first `await` changes (a parameter,
 * the query). Call it while a component is made.
 */
export function load<T>(read: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const loaded = new Loaded(read);
  $effect(() => void loaded.reload());
  onDestroy(() => loaded.stop());
  return loaded;
}
