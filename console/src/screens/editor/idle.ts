/** Runs when the browser has nothing else to do, soon anyway. */
export function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(run, { timeout: 1_500 });
  else setTimeout(run, 300);
}
