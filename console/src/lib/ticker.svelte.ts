import { createSubscriber } from "svelte/reactivity";
import { visible } from "./net.svelte";

/** One clock for all relative times: a minute is fine enough, and a hidden tab does not tick. */
const subscribe = createSubscriber((update) => {
  const timer = setInterval(() => visible() && update(), 30_000);
  return () => clearInterval(timer);
});

/** The time now, in milliseconds since 1970; what reads it is drawn anew twice a minute. */
export function now(): number {
  subscribe();
  return Date.now();
}
