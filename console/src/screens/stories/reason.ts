/** Why items are one story: how many there are, and the words they share. */
export type Reason = { kind: "one" } | { kind: "text"; n: number } | { kind: "words"; n: number; words: string[] } | { kind: "other"; text: string };

/** Reads the server's sentence, `3 reports share A, B`, so that it can be said in any language. */
export function reasonOf(because: string): Reason {
  if (because === "one report so far") return { kind: "one" };
  const text = /^(\d+) reports$/.exec(because);
  if (text) return { kind: "text", n: Number(text[1]) };
  const shared = /^(\d+) reports share (.+)$/.exec(because);
  return shared?.[2] ? { kind: "words", n: Number(shared[1]), words: shared[2].split(", ") } : { kind: "other", text: because };
}

/** The beginning of a text, whole words of it. */
export function beginning(text: string, length = 220): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  if (flat.length <= length) return flat;
  const cut = flat.slice(0, length + 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), length - 40))}…`;
}

/** What was found in a text, without the kinds before it; the first few. */
export function found(suspicious: string[], most = 3): string {
  return suspicious.slice(0, most).map((one) => one.replace(/^[a-z_]+: /, "")).join(" … ");
}
