import { language, type Language } from "./look";

/** What another language must give for the same words. */
export type Like<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : T[K] extends readonly string[]
        ? readonly string[]
        : Like<T[K]>;
};

/** Every catalogue that was loaded, for the test that compares the languages. */
export const catalogues: Record<Language, object>[] = [];

/** The words of one module in the language of the page. English gives the shape, Turkish must match it. */
export function words<const T extends object>(catalogue: { en: T; tr: Like<T> }): Like<T> {
  if (import.meta.env.MODE === "test") catalogues.push(catalogue);
  const chosen = catalogue[language];
  // A build leaves the names to the English words, or drops them everywhere; see scripts/lean.ts.
  if (Array.isArray(chosen) && !Array.isArray(catalogue.en)) return Object.fromEntries(Object.keys(catalogue.en).map((name, at) => [name, chosen[at]])) as Like<T>;
  return chosen as Like<T>;
}

const rules = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const lists = new Intl.ListFormat(language, { type: "conjunction" });

/** `one` or `other` by the language's rule; the number is formatted and put where `#` stands. */
export function plural(n: number, forms: { one: string; other: string }): string {
  const form = rules.select(n) === "one" ? forms.one : forms.other;
  return form.replace("#", numbers.format(n));
}

export function number(n: number, digits?: number): string {
  if (digits === undefined) return numbers.format(n);
  return n.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A count; beyond what is counted exactly it says that it is an estimate: `~1.2M`. */
export function count(n: number, isEstimate = false): string {
  return isEstimate ? `~${compact.format(n)}` : numbers.format(n);
}

/** A share from 0 to 1. */
export function percent(share: number, digits = 0): string {
  return share.toLocaleString(language, { style: "percent", maximumFractionDigits: digits });
}

export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return `${number(n / 1_000 ** step, step === 0 ? 0 : 1)} ${units[step]}`;
}

/** Milliseconds as people read them: `840 µs`, `12 ms`, `1.4 s`. On an axis the step between its numbers gives one unit to all. */
export function milliseconds(ms: number, step?: number): string {
  const isFine = step === undefined ? ms > 0 && ms < 1 : step < 0.1;
  if (isFine) return `${number(Math.round(ms * 1_000))} µs`;
  if (step === undefined ? ms >= 1_000 : step >= 500) return `${number(Math.round(ms / 100) / 10)} s`;
  return `${number(step && step < 1 ? Math.round(ms * 10) / 10 : Math.round(ms))} ms`;
}

/** A length of time in words of the language: `15 min`, `15 dk`. */
export function unit(n: number, name: "second" | "minute" | "hour" | "day"): string {
  return n.toLocaleString(language, { style: "unit", unit: name, unitDisplay: "short" });
}

export const list = (parts: string[]): string => lists.format(parts);

/** Lower case by the language's rule: the Turkish I becomes ı, İ becomes i. */
export const lower = (text: string): string => text.toLocaleLowerCase(language);
export const upper = (text: string): string => text.toLocaleUpperCase(language);
