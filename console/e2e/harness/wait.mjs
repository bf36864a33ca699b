import { limits } from "./settings.mjs";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks again until `ask` gives something true, and gives that. An exception counts as not yet. `patience`: ms, or `{ ms, every }`. */
export async function until(what, ask, patience = {}) {
  const { ms = limits.waitMs, every = 50 } = typeof patience === "number" ? { ms: patience } : patience;
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const found = await ask();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}${last ? `: ${last.message}` : ""}`);
    await pause(every);
  }
}

/** `work`, or an error once its time is up. */
export async function within(what, ms, work) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`${what} took longer than ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
