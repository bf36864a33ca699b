import type { Plugin } from "vite";

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
  return {
    name: "copydesk-lean",
    apply: "build",
    // After Svelte's compiler.
    enforce: "post",
    transform(code, id) {
      const file = id.replaceAll("\\", "/");
      // Of slots only components of Svelte 4 want to know.
      if (file.endsWith(".svelte")) return code.replace(/,?\s*\$\$slots: \{[^{}]*\}/g, "");
      if (/\/src\/.*\.ts$/.test(file) && /\bwords\(\{/.test(code)) return inOrder(code, this.parse(code));
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

/**
 * Turkish words without their names, in the order of the English ones, which `words` puts the names to again: every
 * name stands in the file once instead of twice.
 */
function inOrder(code: string, program: unknown): string {
  let ordered = code;
  // From the end, so that what is found later stays where it is.
  for (const call of callsOfWords(program).reverse()) {
    const catalogue = (call.arguments as Node[])[0];
    const [english, turkish] = [valueOf(catalogue, "en"), valueOf(catalogue, "tr")];
    const values = names(english).map((name) => {
      const value = valueOf(turkish, name);
      return code.slice(value.start, value.end);
    });
    ordered = `${ordered.slice(0, turkish.start)}[${values.join(",")}]${ordered.slice(turkish.end)}`;
  }
  return ordered;
}

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
