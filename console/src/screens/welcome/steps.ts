import { STEPS, type Checklist, type Step } from "./types";

/** What a step is: behind us, at hand, or still to come. */
export type Standing = "done" | "now" | "later";

/** The first step that is open is at hand, also when a later one is done already. */
export function standings(list: Checklist): Record<Step, Standing> {
  const next = STEPS.find((step) => !list[step]);
  return Object.fromEntries(STEPS.map((step) => [step, list[step] ? "done" : step === next ? "now" : "later"])) as Record<Step, Standing>;
}

export const isDone = (list: Checklist): boolean => STEPS.every((step) => list[step]);

/** An address as people paste it: spaces around it go, `https://` comes before a bare name. */
export function address(typed: string): string {
  const text = typed.trim().replace(/^feed:(\/\/)?(?=https?:)/i, "");
  return text && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? `https://${text}` : text;
}
