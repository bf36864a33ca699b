import { boot } from "./boot";
import { readJson, write } from "./storage";

export type Language = "en" | "tr";
export type Theme = "system" | "light" | "dark";
export type Density = "compact" | "normal" | "comfortable";

/** How a person wants to see the console: the preference `look`, mirrored here so that the first paint is right. */
export interface Look {
  theme: Theme;
  language: Language | null;
  /** Single letters as shortcuts. */
  shortcuts: boolean;
  density: Density;
  /** Posts are written in a plain text field, without underlines. */
  plainEditor: boolean;
}

const KEY = "look";
const DEFAULT: Look = { theme: "system", language: null, shortcuts: true, density: "normal", plainEditor: false };

let current: Look = { ...DEFAULT, ...fromSession(), ...readJson<Partial<Look>>(KEY) };

export const look = (): Look => current;

/** The language of this page; it changes by a reload only, so that catalogues can be plain values. */
export const language: Language = current.language ?? (navigator.language?.toLowerCase().startsWith("tr") ? "tr" : "en");

/** Keeps and shows a look; returns `true` when the page must be loaded anew to show it. */
export function setLook(change: Partial<Look>): boolean {
  current = { ...current, ...change };
  write(KEY, JSON.stringify(current));
  showLook();
  return current.language !== null && current.language !== language;
}

/** Puts theme, density and language on the page. */
export function showLook(): void {
  const root = document.documentElement;
  root.lang = language;
  if (current.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = current.theme;
  root.dataset.density = current.density;
}

function fromSession(): Partial<Look> {
  const session = boot?.session;
  const found: Partial<Look> = {};
  if (session?.theme === "light" || session?.theme === "dark") found.theme = session.theme;
  if (session?.language === "en" || session?.language === "tr") found.language = session.language;
  return found;
}
