import { fileURLToPath } from "node:url";
import { svelte, vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { routeFiles } from "./scripts/route_files.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// The build inside OUT_DIR has another neighbourhood and says where the tokens are.
const tokens = process.env.CONSOLE_TOKENS ?? here("../crates/web/assets/tokens.css");
const server = process.env.COPYDESK_URL ?? "http://127.0.0.1:8080";

const BASE = /node_modules\/(svelte|esm-env|clsx)\/|src\/lib\/(session|time|api|net|names|load|ticker|i18n|problem|look|boot|storage)\.|src\/components\/(Icon|KeyHint|Badge|Skeleton|State|Time|Button|ErrorNote|Notice)\.svelte/;

export default defineConfig(({ command }) => ({
  // Built files are served below /console/assets/, index.html is the answer to every address of the console.
  base: command === "build" ? "/console/assets/" : "/console/",
  plugins: [svelte({ configFile: false, preprocess: vitePreprocess({ script: false }) }), routeFiles()],
  resolve: {
    alias: { "@tokens": tokens },
    // Without it vitest would take the server half of Svelte.
    conditions: process.env.VITEST ? ["browser"] : undefined,
  },
  build: {
    target: "es2023",
    assetsDir: "",
    // A data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What nearly every screen needs comes in one file: a dozen small ones cost more time than they weigh.
        codeSplitting: { groups: [{ name: "base", test: BASE }] },
      },
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
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/test_setup.ts"],
    restoreMocks: true,
  },
}));
