import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bindKeys, chord, lazily, startKeys, takeEarly } from "./keys";
import { setLook } from "./look";

let stop: () => void;
beforeEach(() => (stop = startKeys()));
afterEach(() => {
  stop();
  setLook({ shortcuts: true });
  document.body.innerHTML = "";
  vi.useRealTimers();
});

function press(key: string, init: KeyboardEventInit = {}, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}

function bound(keys: string): [ReturnType<typeof vi.fn>, () => void] {
  const run = vi.fn();
  return [run, bindKeys("list", [{ keys, label: keys, run }])];
}

it.each([
  ["j", {}, "j"],
  ["X", { shiftKey: true }, "Shift+x"],
  ["?", { shiftKey: true }, "?"],
  ["Enter", { ctrlKey: true }, "Mod+Enter"],
  ["k", { metaKey: true }, "Mod+k"],
  ["ArrowDown", { altKey: true }, "Alt+ArrowDown"],
  ["Shift", { shiftKey: true }, ""],
])("%s with %j is %s", (key, init, name) => {
  expect(chord(new KeyboardEvent("keydown", { key, ...init }))).toBe(name);
});

it("runs what was bound last, until it is taken back", () => {
  const [first, freeFirst] = bound("j");
  const [second, freeSecond] = bound("j");
  press("j");
  freeSecond();
  press("j");
  freeFirst();
  press("j");
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
});

it("knows sequences, and forgets a first key that stays alone", () => {
  vi.useFakeTimers();
  const [go, free] = bound("g o");
  press("g");
  press("o");
  press("g");
  vi.advanceTimersByTime(2_000);
  press("o");
  expect(go).toHaveBeenCalledTimes(1);
  free();
});

it("leaves keys alone while somebody types or composes", () => {
  const [run, free] = bound("j");
  document.body.innerHTML = `<input><textarea></textarea><div contenteditable="true"></div><input type="checkbox">`;
  for (const element of document.querySelectorAll("input:not([type]), textarea, div")) press("j", {}, element);
  press("j", { isComposing: true });
  expect(run).not.toHaveBeenCalled();
  press("j", {}, document.querySelector("[type=checkbox]")!);
  expect(run).toHaveBeenCalledTimes(1);
  free();
});

it("takes no key of the browser", () => {
  for (const keys of ["Mod+a", "Mod+f", "Mod+r", "Mod+w", "Alt+d"]) {
    expect(() => bindKeys("global", [{ keys, label: "", run: () => {} }])).toThrow(/browser/);
  }
  const [run, free] = bound("a");
  const event = press("a", { ctrlKey: true });
  expect(run).not.toHaveBeenCalled();
  expect(event.defaultPrevented).toBe(false);
  free();
});

it("is silent when the single keys are off, except with Ctrl or Cmd", () => {
  setLook({ shortcuts: false });
  const [single, freeSingle] = bound("j");
  const [palette, freePalette] = bound("Mod+k");
  press("j");
  press("k", { ctrlKey: true });
  expect(single).not.toHaveBeenCalled();
  expect(palette).toHaveBeenCalledTimes(1);
  freeSingle();
  freePalette();
});

it("leaves Enter to the control that has the focus, and everything to an open dialog", () => {
  const [enter, freeEnter] = bound("Enter");
  const [down, freeDown] = bound("j");
  document.body.innerHTML = `<button>x</button>`;
  press("Enter", {}, document.querySelector("button")!);
  expect(enter).not.toHaveBeenCalled();
  document.body.innerHTML = `<dialog data-modal open><p>x</p></dialog>`;
  press("j", {}, document.querySelector("p")!);
  press("j");
  expect(down).not.toHaveBeenCalled();
  freeEnter();
  freeDown();
});

it("holds every key back while something that was asked for is on its way", async () => {
  vi.useFakeTimers();
  const [run, free] = bound("a");
  let come = (_: string) => {};
  const coming = lazily(() => new Promise<string>((done) => (come = done)));
  press("a");
  press("Enter");
  press("b");
  expect(run).not.toHaveBeenCalled();
  come("there");
  expect(await coming).toBe("there");
  expect(takeEarly()).toBe("ab");
  vi.runAllTimers();
  press("a");
  expect(run).toHaveBeenCalledOnce();
  free();
});

it("lets the keys go when it cannot come", async () => {
  vi.useFakeTimers();
  const [run, free] = bound("a");
  await expect(lazily(() => Promise.reject(new Error("offline")))).rejects.toThrow("offline");
  vi.runAllTimers();
  press("a");
  expect(run).toHaveBeenCalledOnce();
  free();
});

it("gives what was typed too early to the field it was meant for", async () => {
  vi.useFakeTimers();
  let come = () => {};
  const coming = lazily(() => new Promise<void>((done) => (come = done)));
  press("N");
  press("o");
  document.body.innerHTML = "<dialog open data-modal><textarea></textarea></dialog>";
  const field = document.querySelector("textarea")!;
  const heard = vi.fn();
  field.addEventListener("input", heard);
  field.focus();
  field.value = "t yet";
  come();
  await coming;
  vi.runAllTimers();
  expect(field.value).toBe("Not yet");
  expect(heard).toHaveBeenCalledOnce();
});

it("leaves a dialog its keys while the next one is on its way", async () => {
  vi.useFakeTimers();
  const coming = lazily(() => Promise.resolve());
  document.body.innerHTML = "<dialog open data-modal><button>Close</button></dialog>";
  const button = document.querySelector("button")!;
  expect(press("Escape", {}, button).defaultPrevented).toBe(false);
  expect(press("Enter", {}, button).defaultPrevented).toBe(false);
  expect(press("Escape").defaultPrevented).toBe(true);
  await coming;
  vi.runAllTimers();
});
