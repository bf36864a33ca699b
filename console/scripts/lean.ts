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
      const found = needless.find((one) => one.file.test(file));
      if (!found) return null;
      const taken = found.take(code);
      if (taken.length === code.length) throw new Error(`${file}: ${found.what} was not found; look at scripts/lean.ts`);
      return taken;
    },
  };
}
