import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The places of a catalogue's words. */
export type Places = ReadonlyMap<string, number>;

/**
 * The names of words would stand in the catalogue and wherever one is used. In a build a catalogue is a list, and `w.name` the place
 * in it. A catalogue keeps its names if anything else is done with it anywhere, such as `w[name]`.
 */
export class Catalogues {
  /** By file, then by what the catalogue is called there. */
  readonly #known = new Map<string, Map<string, Places>>();

  constructor(folder: string) {
    const sources = new Map(
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ts|svelte)$/.test(name) && !/\.(test|d)\.ts$/.test(name))
        .map((name) => [slashed(join(folder, name)), readFileSync(join(folder, name), "utf8")]),
    );
    for (const [file, source] of sources) {
      const own = /^(?:export )?const (\w+) = words\(\{\n {2}en: \{\n([^]*?)\n {2}\},\n/m.exec(source);
      if (!own) continue;
      const [, name = "", english = ""] = own;
      const users = [...sources].flatMap(([user, text]) => calledIn(user, text, file, name).map((alias) => ({ user, text, alias })));
      users.push({ user: file, text: source.replace(/^(export )?const \w+ = words\(/m, "words("), alias: name });
      if (users.every(({ text, alias }) => isPlain(text, alias))) {
        const places = new Map(namesOf(english).map((word, at) => [word, at]));
        for (const { user, alias } of users) this.#of(user).set(alias, places);
      }
    }
  }

  /** What `file` calls catalogues that are lists. */
  in(file: string): ReadonlyMap<string, Places> {
    return this.#known.get(slashed(file)) ?? new Map<string, Places>();
  }

  #of(file: string): Map<string, Places> {
    const found = this.#known.get(file) ?? new Map<string, Places>();
    this.#known.set(file, found);
    return found;
  }
}

const slashed = (path: string) => path.replaceAll("\\", "/");

const IMPORT = /^\s*import \{([^}]*)\} from "(\.[^"]*)";/gm;

/** What the catalogue `name` of `catalogue` is called in `file`. */
function calledIn(file: string, text: string, catalogue: string, name: string): string[] {
  const imports = [...text.matchAll(IMPORT)].filter(([, , from = ""]) => slashed(resolve(dirname(file), from)).replace(/(\.ts)?$/, ".ts") === catalogue);
  const parts = imports.flatMap(([, names = ""]) => names.split(",").map((one) => one.trim().split(/\s+as\s+/)));
  return parts.filter(([imported]) => imported === name).map(([imported = "", alias]) => alias ?? imported);
}

/** Whether nothing but `alias.name` is done in `text`. */
function isPlain(text: string, alias: string): boolean {
  const rest = text.replace(IMPORT, "").replace(/<style[^]*$/, "");
  return !new RegExp(`(?<![\\w.$"'\`-])${alias}(?![\\w$:-])(?!\\.[A-Za-z_])`).test(rest);
}

/** The names of an object literal at its outermost level. */
function namesOf(english: string): string[] {
  const names: string[] = [];
  let depth = 0;
  for (const [token] of english.matchAll(/"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\/.*|[([{]|[)\]}]|\w+(?=:)/g)) {
    if (/^[([{]$/.test(token)) depth += 1;
    else if (/^[)\]}]$/.test(token)) depth -= 1;
    else if (/^\w/.test(token) && depth === 0) names.push(token);
  }
  return names;
}
