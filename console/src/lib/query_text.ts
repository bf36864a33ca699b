/** What a filter box says: values by key, and the words that remain. */
export interface Filter {
  /** `kind:A,B` gives `{ kind: ["A", "B"] }`. */
  by: Record<string, string[]>;
  text: string;
}

/** Reads `kind:A,B priority:high some words`; a key not in `keys` is an ordinary word. Quotes hold words together. */
export function parseFilter(input: string, keys: readonly string[]): Filter {
  const by: Record<string, string[]> = {};
  const rest: string[] = [];
  for (const word of input.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []) {
    const colon = word.indexOf(":");
    const key = colon > 0 ? word.slice(0, colon) : "";
    if (!keys.includes(key)) {
      rest.push(word.replaceAll('"', ""));
      continue;
    }
    const values = split(word.slice(colon + 1));
    if (values.length > 0) by[key] = [...new Set([...(by[key] ?? []), ...values])];
  }
  return { by, text: rest.join(" ") };
}

/** The text that {@link parseFilter} reads back. */
export function filterText({ by, text }: Filter): string {
  const parts = Object.entries(by)
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => `${key}:${values.map(quoted).join(",")}`);
  return [...parts, text].filter(Boolean).join(" ");
}

function split(list: string): string[] {
  const values = list.match(/"[^"]*"?|[^,]+/g) ?? [];
  return values.map((value) => value.replaceAll('"', "").trim()).filter(Boolean);
}

function quoted(value: string): string {
  return /[\s,]/.test(value) ? `"${value}"` : value;
}
