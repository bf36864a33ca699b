import { cleanup } from "@testing-library/svelte";
import { afterEach } from "vitest";

// What happy-dom lacks and the components ask for.
globalThis.matchMedia ??= (() => ({ matches: false, addEventListener() {}, removeEventListener() {} })) as unknown as typeof matchMedia;
// Nothing where the environment has it; it opens dialogs in a way that tests can see.
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true; };
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) { this.open = false; };
HTMLElement.prototype.hidePopover ??= () => {};

afterEach(() => {
  cleanup();
  localStorage.clear();
});
