import { tick } from "svelte";
import type { ReviewDesk } from "./desk.svelte";
import { matchesOf, sentencesOf, textOf, withSentences, type Source } from "./held";
import { blocks } from "./markdown";

/** The text that is read, held against its sources; its marks are loaded when somebody asks for them. */
export class Held {
  /** Texts of the sources, once they are read. */
  sources: Source[] = $state.raw([]);
  #chosen: { of: string; n: number } | null = $state.raw(null);

  constructor(readonly desk: ReviewDesk) {}

  readonly version = $derived.by(() => this.desk.older?.version ?? this.desk.full?.newest ?? null);
  readonly #blocks = $derived.by(() => (this.version ? blocks(this.version.body, this.version.grounding?.unsupported ?? []) : []));
  readonly sentences = $derived.by(() => (this.version ? sentencesOf(this.#blocks.map(textOf), this.version.grounding ?? {}, this.desk.full?.language ?? "") : []));
  /** The text with its sentences, for the passage. */
  readonly marked = $derived.by(() => withSentences(this.#blocks, this.sentences));
  readonly matches = $derived.by(() => matchesOf(this.sentences.map(({ text }) => text), this.sources));
  /** The sentence that is looked at; another version has none yet. */
  readonly current: number | null = $derived.by(() => (this.#chosen?.of === this.#name ? this.#chosen.n : null));
  readonly match = $derived.by(() => (this.current === null ? null : (this.matches[this.current] ?? null)));

  get #name(): string {
    return `${this.version?.post}.${this.version?.version}`;
  }

  /** Looks at a sentence; `shows` is where the other side is to be seen. */
  choose(n: number, shows: "text" | "source" | "both"): void {
    this.#chosen = { of: this.#name, n };
    void tick().then(() => {
      if (shows !== "source") document.querySelector(`[data-sentence="${n}"]`)?.scrollIntoView({ block: "nearest" });
      if (shows !== "text") document.querySelector("[data-lit]")?.scrollIntoView({ block: "nearest" });
    });
  }

  /** The next sentence, or the one before; with `isWeak` only those without support. */
  step(by: 1 | -1, shows: "text" | "source" | "both", isWeak = false): void {
    const all = this.sentences.map((sentence, n) => ({ ...sentence, n })).filter((one) => !isWeak || one.isWeak);
    const at = this.current;
    const next = by === 1 ? (all.find(({ n }) => at === null || n > at) ?? all[0]) : (all.findLast(({ n }) => at !== null && n < at) ?? all.at(-1));
    if (next) this.choose(next.n, shows);
  }
}
