import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { Catalogues, type Places } from "./catalogues.ts";

/** A part of a package that this console never runs, and that the bundler cannot know of. */
interface Needless {
  file: RegExp;
  what: string;
  take: (code: string) => string;
}

const needless: readonly Needless[] = [
  {
    // The server renders nothing of the console, so nothing is ever hydrated; every block asks for it.
    file: /svelte\/src\/internal\/client\/dom\/hydration\.js$/,
    what: "hydration",
    take: (code) => code.replace("export let hydrating = false;", "export const hydrating = false;").replace("\thydrating = value;\n", ""),
  },
  {
    // The text field has neither gutters nor panels, and the browser draws its caret and selection.
    file: /@codemirror\/view\/dist\/index\.js$/,
    what: "rules of what the text field has not",
    take: (code) =>
      code.replace(/(?<=const baseTheme\$1 = [^\n]*\n)[^]*?(?=\}, lightDarkIDs\);)/, (rules) =>
        rules.replace(/^ {4}"([^"\n]+)": \{(?:.*\}|[^]*?^ {4}\}),?\n/gm, (rule, name: string) => (UNDRAWN.test(name) ? "" : rule)),
      ),
  },
];
const UNDRAWN = /gutter|panel|layer|selection|cursor|blink|active|special|highlight|trailing|dialog|button|textfield/i;

/**
 * Leaves out of a build what no page of it can use. Nothing found where something should be fails the build: then the
 * package has changed, and somebody must look again.
 */
export function lean(): Plugin {
  let catalogues: Catalogues | null = null;
  return {
    name: "copydesk-lean",
    apply: "build",
    buildStart() {
      catalogues = new Catalogues(fileURLToPath(new URL("../src", import.meta.url)));
    },
    // After Svelte's compiler.
    enforce: "post",
    transform(code, id) {
      const file = id.replaceAll("\\", "/");
      // Of slots only components of Svelte 4 want to know.
      const bare = file.endsWith(".svelte") ? code.replace(/,?\s*\$\$slots: \{[^{}]*\}/g, "") : code;
      const lists = catalogues?.in(file) ?? new Map<string, Places>();
      const placed = lists.size > 0 ? byPlace(bare, this.parse(bare), lists) : bare;
      if (/\/src\/.*\.ts$/.test(file) && /\bwords\(\{/.test(code)) return inOrder(placed, this.parse(placed), lists.size > 0);
      if (file.endsWith(".svelte") || lists.size > 0) return placed;
      const found = needless.find((one) => one.file.test(file));
      if (!found) return null;
      const taken = found.take(code);
      if (taken.length === code.length) throw new Error(`${file}: ${found.what} was not found; look at scripts/lean.ts`);
      return taken;
    },
  };
}

interface Node {
  type: string;
  start: number;
  end: number;
  [more: string]: unknown;
}

/** `w.name` as the word's place in its list. */
function byPlace(code: string, program: unknown, lists: ReadonlyMap<string, Places>): string {
  const parts: string[] = [];
  let end = 0;
  for (const { object, property } of membersOf(program).sort((a, b) => a.object.start - b.object.start)) {
    const places = lists.get(object.name as string);
    if (!places) continue;
    const at = places.get(property.name as string);
    if (at === undefined) throw new Error(`${object.name as string}.${property.name as string} is no word`);
    parts.push(code.slice(end, object.end), `[${at}]`);
    end = property.end;
  }
  return parts.join("") + code.slice(end);
}

interface Member {
  object: Node;
  property: Node;
}

function membersOf(node: unknown): Member[] {
  if (Array.isArray(node)) return node.flatMap(membersOf);
  if (typeof node !== "object" || node === null) return [];
  const one = node as Node & Member;
  const isMember = one.type === "MemberExpression" && one.object.type === "Identifier" && one.computed === false;
  return isMember ? [one] : Object.values(one).flatMap(membersOf);
}

/**
 * Turkish words without their names, in the order of the English ones, which `words` puts the names to again: every
 * name stands in the file once instead of twice. With `isList` the English ones have no names either.
 */
function inOrder(code: string, program: unknown, isList: boolean): string {
  let ordered = code;
  // From the end, so that what is found later stays where it is.
  for (const call of callsOfWords(program).reverse()) {
    const catalogue = (call.arguments as Node[])[0];
    const [english, turkish] = [valueOf(catalogue, "en"), valueOf(catalogue, "tr")];
    const values = names(english).map((name) => sliced(code, valueOf(turkish, name)));
    // English stands before Turkish in every catalogue.
    const first = isList ? `[${names(english).map((name) => sliced(code, valueOf(english, name))).join(",")}]` : sliced(code, english);
    const between = code.slice(english.end, turkish.start);
    ordered = `${ordered.slice(0, english.start)}${first}${between}[${values.join(",")}]${ordered.slice(turkish.end)}`;
  }
  return ordered;
}

const sliced = (code: string, { start, end }: Node) => code.slice(start, end);

function callsOfWords(node: unknown): Node[] {
  if (Array.isArray(node)) return node.flatMap(callsOfWords);
  if (typeof node !== "object" || node === null) return [];
  const one = node as Node;
  const isCall = one.type === "CallExpression" && (one.callee as { name?: string }).name === "words";
  return isCall ? [one] : Object.values(one).flatMap(callsOfWords);
}

const names = (object: Node) => (object.properties as Node[]).map((property) => nameOf(property));

function nameOf({ type, key, computed }: Node): string {
  const { name, value } = (key ?? {}) as { name?: string; value?: string };
  if (type !== "Property" || computed || (name ?? value) === undefined) throw new Error("words() takes plain names");
  return String(name ?? value);
}

function valueOf(object: Node | undefined, name: string): Node {
  const found = (object?.properties as Node[] | undefined)?.find((property) => nameOf(property) === name);
  if (!found) throw new Error(`words() has no ${name} in one of its languages`);
  return found.value as Node;
}
