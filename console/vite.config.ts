import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte, vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { lean } from "./scripts/lean.ts";
import { routeFiles } from "./scripts/route_files.ts";

/** Short, for it stands in every rule and at every element. Two components of one name would share their rules, so that fails. */
const cssNames = new Map<string, string>();
function cssHash({ hash, filename }: { hash: (text: string) => string; filename: string }): string {
  // By the place below src/: the names are the same wherever the tree lies.
  const name = `s${hash(filename.replace(/^.*\/src\//, "")).slice(0, 4)}`;
  const other = cssNames.get(name);
  if (other !== undefined && other !== filename) throw new Error(`${filename} and ${other} have the same CSS name ${name}; take one letter more`);
  cssNames.set(name, filename);
  return name;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// The build inside OUT_DIR has another neighbourhood and says where the tokens are.
const tokens = process.env.CONSOLE_TOKENS ?? here("../crates/web/assets/tokens.css");
const server = process.env.COPYDESK_URL ?? "http://127.0.0.1:8080";

/**
 * What comes in one file. A dozen small ones cost a request each and more bytes than one: the compressor begins anew in
 * every file. So what nearly every screen needs is together (`base`, with the parts of a form), and so are the parts
 * of a table, and those of rows that the review and the editor have as well. What only one screen has is left to the
 * bundler. The order is that of preference.
 */
const files: readonly [name: string, test: RegExp][] = [
  ["base", new RegExp([
    /node_modules\/(svelte|esm-env|clsx)\//, /rolldown\/runtime|vite\/preload-helper/, /tokens\.css|src\/styles\/|src\/routes\.ts|src\/App\.svelte/,
    /src\/lib\/(account|announce|api|boot|confirm|i18n|keys|keyset|live|load|look|media|names|net|palette|preferences|problem|router)\./,
    /src\/lib\/(live\/|(screens|session|storage|ticker|time|toast|use_keys)\.)/, /src\/components\/(words|navigation)\.ts/,
    /src\/components\/(Badge|Button|Checkbox|Dialog|Empty|ErrorNote|Field|Icon|IconButton|KeyHint|Menu|Notice|Questions|Select|Shell|SignInForm|Skeleton|State|Switch|Tabs|TextArea|TextField|Time|ToastLine)\.svelte/,
  ].map((one) => one.source).join("|"))],
  ["rows", /src\/lib\/(list_state|query_text)\.|screens\/editor\/hand_over\.|parts\/findings_words\.|src\/components\/(Diff|Score)\.svelte/],
  ["table", /src\/components\/(FactsCard|FilterBar|Progress|StateViews|Table)\.svelte|src\/lib\/(arrivals|bulk_fits|job_watch|lasting|sorted|windowing)\./],
  // Styles of tables and figures are much alike: together they weigh half, and a screen's own is a few lines.
  ["works", /screens\/(cache|content|cron|database|jobs|people|queues|settings|stories|traffic)\/.*\btype=style\b/],
  ["sources", /src\/screens\/sources\/(change|detail_words|health|words|intervals|Outcome)\./],
];

const tests = readdirSync(here("src"), { recursive: true, encoding: "utf8" }).map((file) => `src/${file.replaceAll("\\", "/")}`).filter((file) => file.endsWith(".test.ts"));
/** Whether it looks at the page, or at what a module keeps for the whole page. */
const touchesPage = (file: string) => /testing-library|\b(document|window|localStorage|location|vi)\b|\.svelte"/.test(readFileSync(here(file), "utf8"));

export default defineConfig(({ command }) => ({
  // Built files are served below /console/assets/, index.html is the answer to every address of the console.
  base: command === "build" ? "/console/assets/" : "/console/",
  plugins: [svelte({ configFile: false, preprocess: vitePreprocess({ script: false }), compilerOptions: { cssHash, runes: true, discloseVersion: false } }), lean(), routeFiles()],
  resolve: {
    alias: { "@tokens": tokens, "@marijn/find-cluster-break": here("src/screens/editor/clusters.ts") },
    // Without it vitest would take the server half of Svelte.
    conditions: process.env.VITEST ? ["browser"] : undefined,
  },
  build: {
    target: "es2023",
    // The first with `light-dark()`, which the tokens are written in and the site's pages are served with; to write it otherwise doubles them.
    cssTarget: ["chrome123", "firefox125", "safari17.5"],
    assetsDir: "",
    // A data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Each name stands in all that load the file; six letters tell two builds apart as well as eight.
        entryFileNames: "[name]-[hash:6].js",
        chunkFileNames: "[name]-[hash:6].js",
        assetFileNames: "[name]-[hash:6][extname]",
        codeSplitting: { groups: files.map(([name, test], at) => ({ name, test, priority: files.length - at })) },
      },
      // CodeMirror's commands import the parser's types of nodes for commands that are not used here.
      treeshake: { moduleSideEffects: [{ test: /@lezer\/common/, sideEffects: false }] },
    },
  },
  server: {
    fs: { allow: [here("."), tokens] },
    proxy: {
      "/api": { target: server, ws: true },
      "/health": { target: server },
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/test_setup.ts"],
    restoreMocks: true,
    // A page of its own for each file takes nine tenths of the time: only those have one that leave something on it.
    projects: [
      { extends: true, test: { name: "pages", include: tests.filter(touchesPage) } },
      { extends: true, test: { name: "functions", include: tests.filter((file) => !touchesPage(file)), isolate: false } },
    ],
  },
}));
