export type Field = "any" | "title" | "text" | "author" | "category" | "url" | "language" | "length" | "score";
export type Test = "has" | "is" | "matches" | "below" | "above";

/** A question to an entry, and what follows from a yes. */
export interface Rule {
  name: string;
  field: Field;
  test: Test;
  value: string;
  action: "drop" | "keep";
}

/** What rules would have made of the newest items. */
export interface Outcome {
  items: number;
  passed: number;
  duplicates: number;
  not_kept: number;
  dropped: number[];
  stories: number;
  shown: Tried[];
  drafts: { title: string; excerpt: string; body: string; items: number }[];
}

export interface Tried {
  id: string;
  title: string;
  source_name: string;
  published_at: string;
  fate: "passes" | "duplicate" | "dropped";
  /** `null` also for what no rule kept. */
  rule: number | null;
}

export const FIELDS: readonly Field[] = ["any", "title", "text", "author", "category", "url", "language", "length", "score"];

const NAME_CHARS = 80;

/** What can be asked of a field. */
export function testsOf(field: Field): readonly Test[] {
  return field === "length" || field === "score" ? ["below", "above"] : ["has", "is", "matches"];
}

/** The rules as the server takes them: those that ask something, each with a name. */
export function ready(rules: readonly Rule[]): Rule[] {
  return rules
    .map((rule) => ({ ...rule, name: rule.name.trim(), value: rule.value.trim() }))
    .filter(({ value }) => value !== "")
    .map((rule) => ({ ...rule, name: rule.name || [...rule.value].slice(0, NAME_CHARS).join("") }));
}

/** The place among {@link ready} rules of the one that stands at `index`; -1 while it asks nothing. */
export function placeOf(rules: readonly Rule[], index: number): number {
  if (!rules[index]?.value.trim()) return -1;
  return rules.slice(0, index).filter(({ value }) => value.trim() !== "").length;
}
