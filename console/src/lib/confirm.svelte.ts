export interface Question {
  title: string;
  body: string;
  /** The button that does it, as a verb: "Delete 12 jobs". */
  action: string;
  /** What has to be typed first, for what cannot be undone. */
  typed?: string;
  tone?: "plain" | "bad";
}

/** One question at a time, shown by the Shell. */
class Confirm {
  question: Question | null = $state.raw(null);
  #answer: ((yes: boolean) => void) | null = null;

  ask = (question: Question): Promise<boolean> => {
    this.#answer?.(false);
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  };

  answer(yes: boolean): void {
    const answer = this.#answer;
    this.question = this.#answer = null;
    answer?.(yes);
  }
}

export const confirms = new Confirm();
/** Asks before something that cannot be undone; what can be undone gets a toast with Undo instead. */
export const confirm = confirms.ask;
