import { look } from "./look";

/** Where a key works; the help shows them under these headings. */
export type Scope = "global" | "list" | "review" | "jobs" | "editor" | "chart" | "calendar" | "cache";

export interface Binding {
  /** `j`, `Shift+x`, `g o`, `?`, `Enter`, `Mod+k` (Ctrl or Cmd), `Alt+ArrowDown`. */
  keys: string;
  /** What it does, for the help. */
  label: string;
  run: (event: KeyboardEvent) => void;
  /** `false` lets the key go on to whoever bound it before, or to the browser. */
  when?: () => boolean;
}

export interface Bound extends Binding {
  scope: Scope;
}

/** Time between two keys of a sequence. */
const SEQUENCE_MS = 1_200;
/** With Ctrl or Cmd we take these and no others: the rest is the browser's. */
const WITH_MOD = new Set(["Mod+k", "Mod+s", "Mod+Enter"]);
const WITH_ALT = new Set(["Alt+ArrowDown", "Alt+ArrowUp", "Alt+ArrowLeft", "Alt+ArrowRight"]);

/** Dialogs that are on their way, and what is typed meanwhile. */
let held = 0;
let early = "";
let bound: Bound[] = [];
let pending = "";
let pendingTimer: ReturnType<typeof setTimeout> | undefined;

/** Binds keys until the returned function is called. What is bound later is asked first. */
export function bindKeys(scope: Scope, bindings: readonly Binding[]): () => void {
  for (const { keys } of bindings) check(keys);
  const own = bindings.map((binding) => ({ scope, ...binding }));
  bound = [...own, ...bound];
  return () => {
    bound = bound.filter((one) => !own.includes(one));
  };
}

/** What is bound now, for the help. */
export const boundKeys = (): readonly Bound[] => bound;

/**
 * Loads what a key has asked for. Until it is there no key does anything else: whoever types into a dialog that is
 * still on its way must not approve a post with an `a`. A dialog that is there has its keys at once, Escape among them.
 */
export async function lazily<T>(loading: () => Promise<T>): Promise<T> {
  if (held === 0) early = "";
  held += 1;
  try {
    return await loading();
  } finally {
    // It is shown a moment after it has come.
    setTimeout(() => {
      held -= 1;
      giveEarly();
    }, 50);
  }
}

/** Puts what was typed meanwhile before what stands in the dialog's field by now. */
function giveEarly(): void {
  const field = document.activeElement;
  const isField = field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === "text");
  if (!early || !isField || !isInDialog(field)) return;
  field.setRangeText(takeEarly(), 0, 0, "preserve");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What was typed while something was on its way. */
export function takeEarly(): string {
  const text = early;
  early = "";
  return text;
}

export function startKeys(): () => void {
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

/** The name of a pressed key as bindings write it; empty for a modifier alone. */
export function chord(event: KeyboardEvent): string {
  const { key } = event;
  if (["Shift", "Control", "Alt", "Meta", "AltGraph", "Dead", "Process", "Unidentified"].includes(key)) return "";
  const isLetter = /^\p{L}$/u.test(key);
  const name = isLetter ? key.toLowerCase() : key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Mod");
  if (event.altKey) parts.push("Alt");
  // Of ? and / the shift is a matter of the layout.
  if (event.shiftKey && (isLetter || key.length > 1)) parts.push("Shift");
  return [...parts, name].join("+");
}

function check(keys: string): void {
  const isTaken = (keys.startsWith("Mod+") && !WITH_MOD.has(keys)) || (keys.startsWith("Alt+") && !WITH_ALT.has(keys));
  if (isTaken) throw new Error(`${keys} belongs to the browser`);
}

function pressed(event: KeyboardEvent): void {
  // An input method composes a character: these keys are not for us.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  const name = chord(event);
  if (!name) return;
  const isPlain = !name.startsWith("Mod+") && !name.startsWith("Alt+");
  // AltGr writes characters on many keyboards and reports itself as Ctrl with Alt.
  if (event.getModifierState?.("AltGraph") || (event.altKey && (event.ctrlKey || event.metaKey))) return;
  if (isPlain && name !== "Escape" && (isTyping(event.target) || !look().shortcuts)) return;
  if (held > 0 && isPlain && !isInDialog(event.target)) {
    if (event.key.length === 1) early += event.key;
    event.preventDefault();
    return;
  }
  if (isPlain && isUsedByControl(event)) return;
  // A dialog has its own keys; what lies behind it must not move.
  const isBlocked = document.querySelector("dialog[data-modal][open]") !== null;
  if (isBlocked && !isInDialog(event.target)) return;
  const sequence = pending && isPlain ? `${pending} ${name}` : "";
  forget();
  const fits = (keys: string) => bound.find((one) => one.keys === keys && (!isBlocked || name.startsWith("Mod+")) && (one.when?.() ?? true));
  const found = (sequence && fits(sequence)) || fits(name);
  if (found) {
    event.preventDefault();
    found.run(event);
  } else if (isPlain && !isBlocked && bound.some((one) => one.keys.startsWith(`${name} `))) {
    pending = name;
    pendingTimer = setTimeout(forget, SEQUENCE_MS);
  }
}

function forget(): void {
  pending = "";
  clearTimeout(pendingTimer);
}

function isTyping(target: EventTarget | null): boolean {
  const element = target instanceof Element ? target : null;
  if (!element) return false;
  if (element.closest("textarea, select, [contenteditable]:not([contenteditable=false]), [data-typing]")) return true;
  const input = element.closest("input");
  return input !== null && !["checkbox", "radio", "button", "submit", "range"].includes(input.type);
}

/** Enter, Space and arrows belong to the control that has the focus, when it has a use for them. */
function isUsedByControl(event: KeyboardEvent): boolean {
  const element = event.target instanceof Element ? event.target : null;
  if (event.key === "Enter" || event.key === " ") {
    return element?.closest("a[href], button, summary, input, [role=menuitem], [role=tab], [role=option]") != null;
  }
  return event.key.startsWith("Arrow") && element?.closest("input, [role=menu], [role=tablist], [role=listbox]") != null;
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("dialog[open]") !== null;
}
