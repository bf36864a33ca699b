import type { Based, Text } from "./types";

/** A text of one's own that is kept somewhere. */
export interface Kept {
  text: Based;
  /** RFC 3339. */
  saved_at: string;
}

/** What lies in this browser: the text, and the working copy on the desk that it followed. */
export interface HereKept extends Kept {
  desk_saved_at: string | null;
}

export interface Opening {
  text: Text;
  base: number;
  /** Where the text comes from. */
  from: "version" | "desk" | "here";
  saved_at: string | null;
}

const FIELDS = ["title", "excerpt", "body", "topic"] as const;

export const isSame = (a: Text, b: Text): boolean => FIELDS.every((field) => a[field] === b[field]);

/** As text fields hold it: a line ends with \n. */
export function plain({ title, excerpt, body, topic }: Text): Text {
  return { title, excerpt, topic, body: body.replaceAll("\r\n", "\n").replaceAll("\r", "\n") };
}

/** What an editor opens with: the newest of what the person has typed, else the newest version. */
export function choose(newest: Based, desk: Kept | null, here: HereKept | null): Opening {
  const differs = (kept: Kept | null) => kept !== null && !isSame(plain(kept.text), plain(newest));
  const own = (kept: Kept, from: "desk" | "here"): Opening => ({ text: plain(kept.text), base: kept.text.base_version, from, saved_at: kept.saved_at });
  if (here && differs(here) && isNewer(here, desk)) return own(here, "here");
  if (desk && differs(desk)) return own(desk, "desk");
  if (here && !desk && differs(here)) return own(here, "here");
  return { text: plain(newest), base: newest.base_version, from: "version", saved_at: null };
}

/** Two clocks are compared only when the desk's copy is another one than the browser has seen. */
function isNewer(here: HereKept, desk: Kept | null): boolean {
  if (!desk || here.desk_saved_at === desk.saved_at) return true;
  return Date.parse(here.saved_at) > Date.parse(desk.saved_at);
}
