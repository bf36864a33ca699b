// In place of the package of this name that CodeMirror asks for, which brings a table of Unicode along: every browser
// that the console is built for can tell where a character ends.
let segmenter: Intl.Segmenter | undefined;

const WHOLE = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

/**
 * The place after (or before) the character at `pos`, as readers see one: an accent belongs to its letter, a flag is one.
 * Without `hasMarks` a mark is a step of its own, so that Backspace takes the accent and leaves the letter.
 */
export function findClusterBreak(text: string, pos: number, isForward = true, hasMarks = true): number {
  if (isForward ? pos >= text.length : pos <= 0) return isForward ? text.length : 0;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const found = segmenter.segment(text).containing(isForward ? pos : pos - 1);
  if (!found) return pos;
  if (!hasMarks && !WHOLE.test(found.segment)) {
    if (isForward) return pos + String.fromCodePoint(text.codePointAt(pos) ?? 0).length;
    return pos - (/[\udc00-\udfff]/.test(text[pos - 1] ?? "") && pos > 1 ? 2 : 1);
  }
  return isForward ? found.index + found.segment.length : found.index;
}

/** Whether a character belongs to the one before it. */
export const isExtendingChar = (code: number): boolean => /\p{Grapheme_Extend}/u.test(String.fromCodePoint(code));
