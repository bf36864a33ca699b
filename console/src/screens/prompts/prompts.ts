import type { ApiProblem } from "../../lib/api";
import type { Fault, Variant, Voice } from "./types";

/** The body that makes a voice; its name stands in the address. */
export const bodyOf = ({ name: _, ...settings }: Voice): Omit<Voice, "name"> => settings;

/** What keeps a template from being saved, with its line where the message begins with one. */
export function faultsOf({ errors }: ApiProblem): Fault[] {
  return errors.map(({ pointer, detail }) => {
    const found = pointer === "/source" ? /^line (\d+): ([^]*)/.exec(detail) : null;
    return found ? { line: Number(found[1]), message: found[2] ?? "" } : { line: null, message: detail };
  });
}

/** Where a line of `text` begins and ends, counted from 1; a line beyond the end is the last. */
export function lineAt(text: string, line: number): [from: number, to: number] {
  const lines = text.split("\n");
  const at = Math.min(Math.max(1, line), lines.length) - 1;
  const from = lines.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0);
  return [from, from + (lines[at]?.length ?? 0)];
}

/** A template under another name, which stands in its head. */
export function named(source: string, name: string): string {
  const end = source.indexOf("\n---", 3);
  return end < 0 ? source : source.slice(0, end).replace(/^name:.*$/m, `name: ${name}`) + source.slice(end);
}

/** A voice, or what of it differs on a channel, as it is typed: one thing a line, examples apart by a line of dashes. */
export interface Typed {
  tone: string;
  audience: string;
  language: string;
  words: string;
  dos: string;
  donts: string;
  examples: string;
}

export function typedOf({ tone, audience, language, words_max, dos, donts, examples }: Variant): Typed {
  return { tone: tone ?? "", audience: audience ?? "", language: language ?? "", words: words_max == null ? "" : String(words_max), dos: (dos ?? []).join("\n"), donts: (donts ?? []).join("\n"), examples: (examples ?? []).join("\n---\n") };
}

const lines = (text: string) => text.split("\n").map((one) => one.trim()).filter(Boolean);

export function voiceOf(name: string, { tone, audience, language, words, dos, donts, examples }: Typed, channels: Record<string, Typed>): Voice {
  const whole = {
    tone: tone.trim(), audience: audience.trim(), language: language.trim(), words_max: words === "" ? null : Number(words), dos: lines(dos), donts: lines(donts),
    examples: examples.split(/^-{3,}\s*$/m).map((one) => one.trim()).filter(Boolean),
  };
  // On a channel what is left empty is as everywhere.
  const isSaid = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== "" && value !== null);
  const differing = Object.entries(channels).map(([kind, typed]): [string, Variant] => {
    const { name: _, channels: __, ...variant } = voiceOf("", typed, {});
    return [kind, Object.fromEntries(Object.entries(variant).filter(([, value]) => isSaid(value)))];
  });
  return { name, ...whole, channels: Object.fromEntries(differing.filter(([, variant]) => Object.keys(variant).length > 0)) };
}
