import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { router } from "./router.svelte";
import { span } from "./span.svelte";

let stop: () => void;
beforeEach(async () => {
  stop = router.start(async () => true);
  await router.go("/console/traffic", { force: true, keepFocus: true });
});
afterEach(() => stop());

it("stands in the address, and every step leads back by the history", () => {
  const back = vi.spyOn(history, "back").mockImplementation(() => {});
  expect([span.minutes, span.zoom, span.canBack]).toEqual([60, null, false]);
  span.choose(15);
  expect(location.search).toBe("?range=15m");
  span.look(300.4, 120);
  expect(location.search).toBe("?range=15m&from=120&to=300");
  expect(span.zoom).toEqual([120, 300]);
  expect(router.steps).toBe(2);
  span.back();
  expect(back).toHaveBeenCalledOnce();
  // As the browser does it.
  history.replaceState({ index: 0, steps: 1 }, "", "/console/traffic?range=15m");
  dispatchEvent(new PopStateEvent("popstate", { state: { index: 0, steps: 1 } }));
  flushSync();
  expect([span.minutes, span.zoom, span.canBack]).toEqual([15, null, true]);
});

it("leads out of a range that came by a link, and takes no step that shows nothing else", async () => {
  await router.go("/console?range=15m&from=100&to=200", { force: true, keepFocus: true });
  expect(span.canBack).toBe(true);
  span.back();
  expect(location.search).toBe("?range=15m");
  span.look(50, 50.2);
  span.choose(15);
  expect([location.search, span.canBack]).toEqual(["?range=15m", false]);
});

it("shows the usual hour for what no range is", async () => {
  await router.go("/console?range=7d&from=9&to=x", { force: true, keepFocus: true });
  expect([span.minutes, span.zoom]).toEqual([60, null]);
});
