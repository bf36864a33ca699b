import { number } from "./i18n";

// Money is whole millionths of a dollar, from the field to the answer: nothing here multiplies or divides what is not whole.

/** A dollar in millionths. */
const DOLLAR = 1_000_000;
/** The highest budget: a thousand million dollars. */
const DOLLARS_MAX = 1_000_000_000;
/** What stands before the decimals in the language of the page. */
const MARK = number(0.5, 1).slice(1, 2);

/** Why a text is no amount: no number, the mark of another language, more than six decimals, or above the limit. */
export type Wrong = "form" | "mark" | "digits" | "much";
export type Read = { micros: number | null } | { wrong: Wrong };

/** Reads dollars as people type them (`12`, `$0.25`); empty is no amount. A mark between thousands is refused, since 1,000 may be a thousand or one. */
export function readDollars(text: string, mark = MARK): Read {
  const plain = text.replace(/[\s$]/g, "");
  if (plain === "") return { micros: null };
  const found = /^(\d{1,12})(?:([.,])(\d+))?$/.exec(plain);
  if (!found) return { wrong: "form" };
  const [, whole = "", separator, decimals = ""] = found;
  if (separator && separator !== mark) return { wrong: "mark" };
  if (decimals.length > 6) return { wrong: "digits" };
  const micros = Number(whole) * DOLLAR + Number(decimals.padEnd(6, "0"));
  return micros > DOLLARS_MAX * DOLLAR ? { wrong: "much" } : { micros };
}

/** The amount that was read; `null` for none, and for a text that is no amount. */
export const amount = (read: Read): number | null => ("micros" in read ? read.micros : null);

/** An amount as it is typed: `0.25`, and nothing for none. */
export function typed(micros: number | null, mark = MARK): string {
  if (micros === null) return "";
  const decimals = decimalsOf(micros);
  return `${Math.floor(micros / DOLLAR)}${decimals && mark + decimals}`;
}

/** An amount to the last digit: `$1,234.50`, `$0.000018`. */
export function exactly(micros: number, mark = MARK): string {
  return `$${number(Math.floor(micros / DOLLAR))}${mark}${decimalsOf(micros).padEnd(2, "0")}`;
}

/** An amount as it is read at a glance: cents from a dollar on, a hundredth of a cent from a cent on, and all digits below. */
export function dollars(micros: number, mark = MARK): string {
  const step = micros >= DOLLAR ? 10_000 : micros >= 10_000 ? 100 : 1;
  return exactly(Math.round(micros / step) * step, mark);
}

/** The decimals without the zeros at their end; one alone gets its second. */
function decimalsOf(micros: number): string {
  const decimals = String(micros % DOLLAR).padStart(6, "0").replace(/0+$/, "");
  return decimals.length === 1 ? `${decimals}0` : decimals;
}
