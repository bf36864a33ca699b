import { asProblem, call, type ApiProblem } from "../../lib/api";
import { toFix, type Finding } from "./findings";
import type { Analysis } from "./types";

export const SCORE_MS = 250;

interface Asked {
  title: string;
  body: string;
  language: string;
}

/** The score of what is typed: asked a moment after the last key, and the question before is given up. */
export class LiveScore {
  analysis: Analysis | null = $state.raw(null);
  /** Advice, the most rewarding first. */
  findings: readonly Finding[] = $state.raw([]);
  problem: ApiProblem | null = $state.raw(null);
  isPending = $state(false);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort: AbortController | null = null;

  /** `read` is called when the score is asked for; `scored` is told the text that it is about. */
  constructor(private readonly read: () => Asked, private readonly scored: (body: string, findings: readonly Finding[]) => void) {}

  changed = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), SCORE_MS);
  };

  ask = async (): Promise<void> => {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const { title, body, language } = this.read();
    if (!body.trim()) {
      this.analysis = this.problem = null;
      this.isPending = false;
      this.findings = [];
      this.scored(body, []);
      return;
    }
    this.isPending = true;
    try {
      const asked = { text: body, format: "markdown", ...(title.trim() ? { title } : {}), ...(language ? { language } : {}) };
      const analysis = await call<Analysis>("POST", "/analyze", { body: asked, signal: abort.signal });
      if (abort.signal.aborted) return;
      this.analysis = analysis;
      this.findings = toFix(body, analysis);
      this.problem = null;
      this.scored(body, this.findings);
    } catch (thrown) {
      // The last score stays; it is better than none.
      if (!abort.signal.aborted) this.problem = asProblem(thrown);
    } finally {
      if (this.#abort === abort) this.isPending = false;
    }
  };

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }
}
