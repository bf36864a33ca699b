import type { Block, Run } from "./markdown";
import type { Version } from "./types";

// A text held against its sources, sentence by sentence. Which sentences lack support the server has said; which sentence of a source
// comes nearest to one of the text is found here, as the report names only the source.

/** A sentence of the text: where it stands in its block, as strings count. */
export interface Sentence {
  text: string;
  block: number;
  from: number;
  to: number;
  /** The share of its words in its best source sentence, 0 to 1; `null` where the server's sentences could not be found again. */
  support: number | null;
  isWeak: boolean;
}

/** An item of the story, in paragraphs of sentences. */
export interface Source {
  id: string;
  name: string;
  title: string;
  url: string;
  paragraphs: string[][];
}

export interface Match {
  source: number;
  /** Counted through all paragraphs of the source; its title is 0. */
  sentence: number;
  /** The share of the sentence's words and pairs of words that it holds, 0 to 1. */
  share: number;
}

type Grounding = Version["grounding"];
type Place = Pick<Sentence, "block" | "from" | "to">;

/** Below it the server calls a sentence weak. */
const SUPPORT_MIN = 0.35;
/** Less in common says nothing. */
const SHARE_MIN = 0.2;
/** Sentences of one source that are shown. */
const SHOWN_MAX = 400;

/** The sentences of a text whose blocks are `texts`: those of the server's report where they can be found again, else the browser's. */
export function sentencesOf(texts: readonly string[], grounding: Grounding, language: string): Sentence[] {
  const weak = new Set((grounding.unsupported ?? []).filter(({ kind }) => kind === "sentence").map(({ text }) => plain(text)));
  const reported = grounding.sentences ?? [];
  const places = placesOf(texts, reported);
  const found = places ?? texts.flatMap((text, block) => cut(text, language).map(([from, to]): Place => ({ block, from, to })));
  return found.map((place, i) => {
    const text = texts[place.block]?.slice(place.from, place.to) ?? "";
    const support = places ? (reported[i]?.support ?? null) : null;
    return { ...place, text, support, isWeak: support === null ? weak.has(plain(text)) : support < SUPPORT_MIN };
  });
}

/** The server's sentences, which it counts in bytes of the plain text; `null` where ours differs from that. */
function placesOf(texts: readonly string[], ranges: readonly { start: number; end: number }[]): Place[] | null {
  const places: Place[] = [];
  let block = 0, at = 0;
  const skip = () => {
    while (block < texts.length && texts[block]!.slice(at).trim() === "") [block, at] = [block + 1, 0];
    const text = texts[block] ?? "";
    at += text.slice(at).length - text.slice(at).trimStart().length;
  };
  for (const { start, end } of ranges) {
    skip();
    const text = texts[block] ?? "", from = at;
    let left = end - start;
    while (left > 0 && at < text.length) {
      const point = text.codePointAt(at) ?? 0;
      left -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      at += point > 0xffff ? 2 : 1;
    }
    if (left !== 0 || /\S/.test(text[at] ?? " ")) return null;
    places.push({ block, from, to: at });
  }
  skip();
  return places.length > 0 && block === texts.length ? places : null;
}

function cut(text: string, language: string): [from: number, to: number][] {
  return [...segmenter(language).segment(text)].flatMap(({ segment, index }): [number, number][] => {
    const from = index + segment.length - segment.trimStart().length, to = index + segment.trimEnd().length;
    return to > from ? [[from, to]] : [];
  });
}

function segmenter(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language || "en", { granularity: "sentence" });
  } catch {
    // A language that this browser does not know, or none.
    return new Intl.Segmenter("en", { granularity: "sentence" });
  }
}

const plain = (text: string) => text.replace(/\s+/g, " ").trim();
export const textOf = (block: Block): string => block.runs.map(({ text }) => text).join("");

/** Blocks whose runs say which sentence they belong to. */
export function withSentences(blocks: readonly Block[], sentences: readonly Sentence[]): Block[] {
  return blocks.map((block, b) => {
    const own = sentences.map((sentence, n) => ({ ...sentence, n })).filter((one) => one.block === b);
    const edges = own.flatMap(({ from, to }) => [from, to]);
    let at = 0;
    const runs = block.runs.flatMap((run) => {
      const start = at, end = (at += run.text.length);
      const cuts = [...new Set([start, ...edges.filter((edge) => edge > start && edge < end), end])].sort((a, b) => a - b);
      return cuts.slice(0, -1).map((from, i): Run => {
        const to = cuts[i + 1] ?? end;
        return { ...run, text: run.text.slice(from - start, to - start), sentence: own.find((one) => one.from <= from && to <= one.to)?.n };
      });
    });
    return { ...block, runs };
  });
}

/** The texts that a version names, in its order; all of the story where it names none of them. */
export function sourcesOf(items: readonly { id: string; title: string; text: string; url?: string | null; source_name: string }[], named: Version["sources"], language: string): Source[] {
  const of = (ref: Version["sources"][number]) => items.find((item) => (ref.url !== "" && item.url === ref.url) || (item.title === ref.title && item.source_name === ref.name));
  const wanted = [...new Set(named.map(of).filter((item) => item !== undefined))];
  return (wanted.length > 0 ? wanted : [...items]).map(({ id, title, text, url, source_name }) => {
    let left = SHOWN_MAX;
    const paragraphs = text.split(/\n+/).map((part) => {
      const sentences = cut(part, language).slice(0, left).map(([from, to]) => part.slice(from, to));
      left -= sentences.length;
      return sentences;
    });
    return { id, name: source_name, title, url: url ?? "", paragraphs: paragraphs.filter((part) => part.length > 0) };
  });
}

/** For each sentence the one of the sources that holds most of it; `null` where none holds enough. */
export function matchesOf(sentences: readonly string[], sources: readonly Source[]): (Match | null)[] {
  const holders = new Map<string, number[]>();
  const places: Omit<Match, "share">[] = [];
  for (const [source, { title, paragraphs }] of sources.entries()) {
    for (const [sentence, text] of [title, ...paragraphs.flat()].entries()) {
      for (const feature of features(text)) holders.set(feature, [...(holders.get(feature) ?? []), places.length]);
      places.push({ source, sentence });
    }
  }
  return sentences.map((text) => {
    const wanted = features(text);
    const shared = new Map<number, number>();
    for (const feature of wanted) for (const at of holders.get(feature) ?? []) shared.set(at, (shared.get(at) ?? 0) + 1);
    // The earliest of the best.
    const [at, count] = [...shared].reduce((best, one) => (one[1] > best[1] || (one[1] === best[1] && one[0] < best[0]) ? one : best), [-1, 0]);
    const place = places[at], share = count / Math.max(1, wanted.size);
    return place && share >= SHARE_MIN ? { ...place, share } : null;
  });
}

const STOP = new Set("the and for with that this from was were are has have had will its his her their but not who which said bir ile için olarak olan daha gibi kadar sonra çok ise veya göre bu şu o da de ve".split(" "));

/** Words by their first letters, since endings differ, and their neighbours in pairs. */
function features(text: string): Set<string> {
  const words = (text.toLocaleLowerCase().match(/[\p{L}\p{N}]+(?:[.,]\p{N}+)*/gu) ?? []).filter((word) => (word.length > 2 || /\p{N}/u.test(word)) && !STOP.has(word)).map((word) => word.slice(0, 6));
  return new Set([...words, ...words.slice(1).map((word, i) => `${words[i] ?? ""} ${word}`)]);
}
