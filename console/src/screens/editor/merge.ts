import { diffItems } from "./diff";

/** A stretch of paragraphs that both texts have, or that each has in its own way. */
export type Stretch = { same: string[] } | Choice;

export interface Choice {
  mine: string[];
  theirs: string[];
  /** What is taken unless somebody says otherwise: the side that has changed it since the common version. */
  pick: Pick;
}

export type Pick = "mine" | "theirs" | "both";

export const paragraphs = (text: string): string[] => text.split(/\n[ \t]*\n+/).map((one) => one.replace(/^\n+|\s+$/g, "")).filter(Boolean);

/** Two texts side by side, paragraph by paragraph; `base` is what both were begun on. */
export function sideBySide(base: string, mine: string, theirs: string): Stretch[] {
  const known = new Set(paragraphs(base));
  const found: Stretch[] = [];
  let open: Choice | null = null;
  for (const { op, items } of diffItems(paragraphs(mine), paragraphs(theirs))) {
    if (op === "same") {
      found.push({ same: items });
      open = null;
      continue;
    }
    if (!open) found.push((open = { mine: [], theirs: [], pick: "mine" }));
    open[op === "del" ? "mine" : "theirs"].push(...items);
  }
  for (const one of found) if ("mine" in one) one.pick = pickOf(one, known);
  return found;
}

/** What I have left as it was gives way, unless they have left theirs as it was too: then I took something out or moved it. */
function pickOf({ mine, theirs }: Choice, known: ReadonlySet<string>): Pick {
  const isOld = (side: string[]) => side.every((one) => known.has(one));
  return isOld(mine) && !(theirs.length > 0 && isOld(theirs)) ? "theirs" : "mine";
}

/** The text that the choices give. */
export function merged(stretches: readonly Stretch[]): string {
  const parts = stretches.flatMap((one) => ("same" in one ? one.same : one.pick === "mine" ? one.mine : one.pick === "theirs" ? one.theirs : [...one.mine, ...one.theirs]));
  return parts.join("\n\n");
}
