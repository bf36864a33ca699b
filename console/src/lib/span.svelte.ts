import { router } from "./router.svelte";

/** A span of time in seconds since 1970. */
export type Range = readonly [from: number, to: number];

/** Minutes that can be chosen, as the address writes them; the server keeps an hour. */
const NAMES: Record<string, number> = { "15m": 15, "1h": 60 };
const USUAL = "1h";
export const RANGES: readonly number[] = Object.values(NAMES);

/**
 * The time that all charts show: `?range=15m`, and `&from=…&to=…` (seconds since 1970) when somebody looks closer. It stands in the
 * address, so that it can be sent; every step is one of the history, so that Backspace and the browser lead back.
 */
class Span {
  readonly minutes: number = $derived(NAMES[router.query("range")] ?? NAMES[USUAL]!);
  readonly zoom: Range | null = $derived.by(() => {
    const from = Number(router.query("from")), to = Number(router.query("to"));
    return from > 0 && to > from ? [from, to] : null;
  });
  readonly canBack: boolean = $derived(router.steps > 0 || this.zoom !== null);

  choose(minutes: number): void {
    const name = Object.keys(NAMES).find((one) => NAMES[one] === minutes) ?? USUAL;
    router.setQuery({ range: name === USUAL ? null : name, from: null, to: null }, { push: true });
  }

  /** Looks closer; what shows nothing else is no step. */
  look(a: number, b: number): void {
    const from = Math.round(Math.min(a, b)), to = Math.round(Math.max(a, b));
    if (to > from) router.setQuery({ from: String(from), to: String(to) }, { push: true });
  }

  back = (): void => {
    if (router.steps > 0) history.back();
    // Whoever came by a link has no step to take back.
    else router.setQuery({ from: null, to: null });
  };
}

export const span = new Span();
