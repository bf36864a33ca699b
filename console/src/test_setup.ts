import { cleanup } from "@testing-library/svelte";
import { afterEach } from "vitest";

// What happy-dom lacks and the components ask for.
globalThis.matchMedia ??= (() => ({ matches: false, addEventListener() {}, removeEventListener() {} })) as unknown as typeof matchMedia;

afterEach(() => {
  cleanup();
  localStorage.clear();
});
