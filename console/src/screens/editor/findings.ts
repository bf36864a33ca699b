import type { Analysis, Part, Suggestion, Unfound } from "./types";

/** Something to look at in the text, from `from` to `to` as strings count (UTF-16); `null` when it has no place. */
export interface Finding {
  /** Of the same place and kind the same, so that a list keeps its rows. */
  id: string;
  code: string;
  message: string;
  place: { from: number; to: number } | null;
}

/** Which part of the score a piece of advice mends. */
export const PART_OF: Record<string, string> = {
  sentence_long: "sentences", openings_equal: "sentences", paragraph_long: "structure", heading_missing: "structure",
  top_heading_single: "structure", passive_voice: "flow", transitions_few: "flow", word_repeated: "typography", capitals: "typography",
  exclamation_run: "typography", title_length: "title", title_case: "title", slug: "title",
};

/** Advice with its places, the most rewarding first: what the server says raises the score most, then by what its part of the score loses, then by where it stands. */
export function toFix(text: string, { suggestions, score_parts, fix_first }: Pick<Analysis, "suggestions" | "score_parts" | "fix_first">): Finding[] {
  const losses = new Map(score_parts.map((part) => [part.name, loss(part)]));
  for (const { code, gain } of fix_first) losses.set(code, gain * 1e3);
  // What was measured counts before what is guessed.
  const gain = (code: string) => losses.get(code) ?? losses.get(PART_OF[code] ?? "") ?? 0;
  const places = utf16(text, suggestions);
  const seen = new Map<string, number>();
  const found = suggestions.map((one, i): Finding => {
    const nth = (seen.get(one.code) ?? 0) + 1;
    seen.set(one.code, nth);
    return { id: `${one.code}.${nth}`, code: one.code, message: one.message, place: one.end > one.start ? (places[i] ?? null) : null };
  });
  return found.sort((a, b) => gain(b.code) - gain(a.code) || (a.place?.from ?? -1) - (b.place?.from ?? -1));
}

/** What a part takes from the score, which is a weighted geometric mean. */
const loss = ({ value, weight }: Part) => -weight * Math.log(Math.max(0.02, value));

/** Places that are counted in code points, as strings count them. They may come in any order. */
export function utf16(text: string, places: readonly Pick<Suggestion, "start" | "end">[]): { from: number; to: number }[] {
  // Without characters beyond 16 bits the two are the same.
  if (!/[\ud800-\udbff]/.test(text)) return places.map(({ start, end }) => ({ from: start, to: end }));
  const wanted = [...new Set(places.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const known = new Map<number, number>();
  let point = 0, unit = 0, next = 0;
  while (next < wanted.length) {
    while (next < wanted.length && wanted[next] === point) known.set(wanted[next++] as number, unit);
    if (unit >= text.length) break;
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    point += 1;
  }
  const at = (n: number) => known.get(n) ?? text.length;
  return places.map(({ start, end }) => ({ from: at(start), to: at(end) }));
}

/** Where the pieces stand that the sources do not hold; each once. */
export function groundMarks(text: string, unfound: readonly Unfound[]): Finding[] {
  return unfound.slice(0, 200).map((one, i) => {
    const at = one.kind === "sentence" ? text.indexOf(one.text) : indexOfWord(text, one.text);
    return { id: `unfound.${i}`, code: `unfound_${one.kind}`, message: one.text, place: at < 0 || !one.text ? null : { from: at, to: at + one.text.length } };
  });
}

/** Where `word` stands by itself: 12 is not found in 2012. */
function indexOfWord(text: string, word: string): number {
  const isLetter = (at: number) => /[\p{L}\p{N}]/u.test(text[at] ?? "");
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isLetter(at - 1) && !isLetter(at + word.length)) return at;
  }
  return -1;
}

/** The next place after (or before) `caret`, around the end of the text. */
export function nextPlace(findings: readonly Finding[], caret: number, by: 1 | -1): Finding | null {
  const placed = findings.filter((one) => one.place).sort((a, b) => (a.place?.from ?? 0) - (b.place?.from ?? 0));
  const start = (one: Finding) => one.place?.from ?? 0;
  if (by === 1) return placed.find((one) => start(one) > caret) ?? placed[0] ?? null;
  return placed.findLast((one) => start(one) < caret) ?? placed.at(-1) ?? null;
}

/** Words a minute, as the site reckons. */
const SPEED: Record<string, number> = { tr: 166, de: 179, fr: 195, es: 218 };
export const minutesOf = (words: number, language: string): number => Math.max(1, Math.ceil(words / (SPEED[language] ?? 228)));
