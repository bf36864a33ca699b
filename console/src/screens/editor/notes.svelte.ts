import { announce } from "../../lib/announce.svelte";
import type { Editing } from "./editing.svelte";
import { groundMarks, nextPlace, type Finding } from "./findings";
import { LiveScore } from "./live_score.svelte";
import type { Mark, Surface } from "./surface";
import { found } from "../../parts/findings_words";
import { w } from "./words_side";

/** What is to be said about the text, and where in the field. */
export class Notes {
  readonly score: LiveScore;
  /** What the sources do not hold. */
  grounds: readonly Finding[] = $state.raw([]);
  /** The note that was gone to last. */
  current = $state("");

  constructor(editing: Editing, private readonly surface: () => Surface | null) {
    this.score = new LiveScore(
      () => ({ title: editing.title, body: editing.text().body, language: editing.full?.language ?? "" }),
      (body) => {
        this.grounds = groundMarks(body, editing.full?.newest.grounding.unsupported ?? []);
        this.mark(body);
      },
    );
  }

  /** Underlines what was found, when the field still holds the text that it is about. */
  mark(body: string): void {
    const field = this.surface();
    if (!field || field.text() !== body) return;
    const advice = this.score.findings.map((one) => markOf(one, "advice", `${nameOf(w.codes, one.code)}: ${one.message}`));
    const unfound = this.grounds.filter((one) => one.code !== "unfound_sentence").map((one) => markOf(one, "unfound", `${w.side.unfoundMark}: ${nameOf(found.kinds, one.code.replace("unfound_", ""))}`));
    field.setMarks([...advice, ...unfound].filter((one) => one !== null));
  }

  go = (finding: Finding): void => {
    if (!finding.place) return;
    this.current = finding.id;
    this.surface()?.select(finding.place.from, finding.place.to);
  };

  step = (by: 1 | -1): void => {
    const found = nextPlace(this.score.findings, this.surface()?.selection().from ?? -1, by);
    if (!found) return announce(w.side.none);
    this.go(found);
    announce(`${nameOf(w.codes, found.code)}: ${found.message}`);
  };
}

/** A name of a catalogue; what it does not know is shown as it is. */
export const nameOf = (names: object, name: string): string => (names as Record<string, string>)[name] ?? name.replaceAll("_", " ");

const markOf = ({ place }: Finding, kind: Mark["kind"], title: string): Mark | null => place && { ...place, kind, title };
