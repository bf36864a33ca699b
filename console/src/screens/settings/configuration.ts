export interface Setting {
  section: string;
  key: string;
  value: unknown;
  default: unknown;
  source: string;
  doc: string;
}

/** A value as the file would have it, short enough for a line. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === "" ? "\"\"" : text;
}

/** Settings that hold every word of `query`, by section in the order they came. */
export function grouped(settings: readonly Setting[], query: string): [string, Setting[]][] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const text = `${setting.section}.${setting.key} ${setting.doc} ${setting.source}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    groups.set(setting.section, [...(groups.get(setting.section) ?? []), setting]);
  }
  return [...groups];
}
