import type { Span, Unfound } from "./types";

/** A run of text within a block. */
export interface Run {
  text: string;
  em?: boolean;
  strong?: boolean;
  code?: boolean;
  href?: string;
  /** Its sources do not hold it. */
  unfound?: Unfound["kind"];
  /** Which sentence of the whole text it belongs to, where that is asked. */
  sentence?: number;
}

export type Kind = "text" | "head" | "item" | "quote" | "code" | "rule";

export interface Block<T = Run> {
  kind: Kind;
  /** Of a heading 1 to 6, of an item its depth from 0. */
  level: number;
  /** The number of an item of an ordered list. */
  number: string;
  runs: T[];
}

/** Markdown as blocks for reading: what a newsroom writes (headings, lists, quotations, emphasis, links), and nothing of HTML. */
export function blocks(source: string, unfound: readonly Unfound[] = []): Block[] {
  return pieces(source).map((piece) => {
    const { kind, level, number, skip } = kindOf(piece);
    const text = kind === "code" ? piece.replace(/^```.*\n?|\n?```$/g, "") : piece.slice(skip).replace(/\n>? ?/g, " ");
    const runs = kind === "rule" ? [] : kind === "code" ? [{ text, code: true }] : mark(inline(text), unfound);
    return { kind, level, number, runs };
  });
}

/** Spans of a comparison as blocks, each with the spans that stand in it; the marks of Markdown in front are taken away. */
export function spanBlocks(spans: readonly Span[]): Block<Span>[] {
  const found: Span[][] = [[]];
  for (const { op, text: source } of spans) {
    // Marks of emphasis and addresses of links are no words to be read.
    const text = source.replace(/\*\*|(?<!\p{L})__|__(?!\p{L})/gu, "").replace(/\[([^\]\n]*)\]\([^)\s]*\)/g, "$1");
    text.split(/\n(?:[ \t]*\n)+|\n(?=[ \t]*(?:[-*+]|\d+[.)]) )/).forEach((part, i) => {
      if (i > 0) found.push([]);
      if (part) found.at(-1)?.push({ op, text: part });
    });
  }
  return found.filter((part) => part.length > 0).map((part) => {
    const { kind, level, number, skip } = kindOf(part.map((span) => span.text).join(""));
    return { kind: kind === "code" || kind === "rule" ? "text" : kind, level, number, runs: cut(part, kind === "code" || kind === "rule" ? 0 : skip) };
  });
}

function cut(spans: Span[], skip: number): Span[] {
  let left = skip;
  return spans
    .map(({ op, text }) => {
      const gone = Math.min(left, text.length);
      left -= gone;
      return { op, text: text.slice(gone) };
    })
    .filter((span) => span.text);
}

function pieces(source: string): string[] {
  const found: string[] = [];
  for (const part of source.replaceAll("\r", "").split(/(```[\s\S]*?(?:```|$))/)) {
    if (part.startsWith("```")) found.push(part.trim());
    else for (const block of part.split(/\n(?:[ \t]*\n)+|\n(?=[ \t]*(?:[-*+]|\d+[.)]) |#{1,6} )/)) found.push(...afterHeading(block));
  }
  return found.filter((piece) => piece.trim());
}

/** A heading ends with its line. */
function afterHeading(block: string): string[] {
  const text = block.replace(/^\n+|\s+$/g, "");
  const end = /^#{1,6} /.test(text) ? text.indexOf("\n") : -1;
  return end < 0 ? [text] : [text.slice(0, end), text.slice(end + 1)];
}

function kindOf(piece: string): { kind: Kind; level: number; number: string; skip: number } {
  const plain = { level: 0, number: "", skip: 0 };
  const head = /^(#{1,6}) +/.exec(piece);
  if (head) return { ...plain, kind: "head", level: head[1]?.length ?? 1, skip: head[0].length };
  if (piece.startsWith("```")) return { ...plain, kind: "code" };
  if (/^ {0,3}([-*_])( *\1){2,} *$/.test(piece)) return { ...plain, kind: "rule" };
  const item = /^([ \t]*)(?:[-*+]|(\d+)[.)]) +/.exec(piece);
  if (item) return { kind: "item", level: Math.min(3, Math.floor((item[1]?.length ?? 0) / 2)), number: item[2] ?? "", skip: item[0].length };
  const quote = /^> ?/.exec(piece);
  if (quote) return { ...plain, kind: "quote", skip: quote[0].length };
  return { ...plain, kind: "text" };
}

const INLINE = /`([^`]+)`|!?\[([^\]]*)\]\(([^)\s]+)[^)]*\)|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|(?<![\p{L}\p{N}])_([^_\s][^_]*)_(?![\p{L}\p{N}])|\\([\\`*_[\](){}#+\-.!>])/gu;

function inline(text: string): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, label, href, strong, strong2, em, em2, escaped] = found;
    if (found.index > at) runs.push({ text: text.slice(at, found.index) });
    at = found.index + whole.length;
    if (code !== undefined) runs.push({ text: code, code: true });
    // Only addresses of the web become links.
    else if (href !== undefined) runs.push(/^https?:\/\//i.test(href) ? { text: label || href, href } : { text: label || href });
    else if (strong ?? strong2) runs.push({ text: (strong ?? strong2) as string, strong: true });
    else if (em ?? em2) runs.push({ text: (em ?? em2) as string, em: true });
    else runs.push({ text: escaped ?? whole });
  }
  if (at < text.length) runs.push({ text: text.slice(at) });
  return runs;
}

/** Takes runs apart where something stands that was not found in the sources; whole sentences are left to the list beside. */
function mark(runs: Run[], unfound: readonly Unfound[]): Run[] {
  let found = runs;
  for (const { kind, text } of unfound) {
    if (kind === "sentence" || !text) continue;
    found = found.flatMap((run) => {
      const at = run.unfound ? -1 : indexOfWord(run.text, text);
      if (at < 0) return [run];
      const parts = [run.text.slice(0, at), text, run.text.slice(at + text.length)];
      return parts.map((part, i): Run => (i === 1 ? { ...run, text: part, unfound: kind } : { ...run, text: part })).filter((part) => part.text);
    });
  }
  return found;
}

/** Where `word` stands by itself: `12` is not found in `2012`. */
function indexOfWord(text: string, word: string): number {
  const isLetter = (at: number) => /[\p{L}\p{N}]/u.test(text[at] ?? "");
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isLetter(at - 1) && !isLetter(at + word.length)) return at;
  }
  return -1;
}
