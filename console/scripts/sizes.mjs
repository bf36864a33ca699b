// Weighs dist/ and fails when a budget is broken. Bytes are gzip level 9, KB are 1,000 bytes.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const KB = 1_000;
/** Gzip bytes: the first load is the shell and the overview with its chart. */
const budget = { first: 65 * KB, route: 25 * KB, editorPlain: 20 * KB, editor: 110 * KB, whole: 400 * KB, raw: 1_000 * KB };
/** Not sent to browsers. */
const internal = new Set(["manifest.json", "routes.json"]);

const files = readdirSync(dist, { recursive: true })
  .map(String)
  .filter((name) => statSync(join(dist, name)).isFile() && !internal.has(name));
const weights = new Map(files.map((name) => [name, weigh(name)]));
const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));
const routes = JSON.parse(readFileSync(join(dist, "routes.json"), "utf8"));

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const shell = closure(entry);
const first = new Set([...shell, "index.html", ...(routes["/console"] ?? [])]);

const rows = [["first load /console", sum(first), budget.first]];
for (const [pattern, list] of Object.entries(routes)) {
  if (pattern === "/console" || list.length === 0) continue;
  const isEditor = pattern === "/console/posts/:id";
  const own = (names) => sum(names.filter((name) => !shell.has(name)));
  if (isEditor) rows.push([`${pattern} before the upgrade`, own(list), budget.editorPlain]);
  rows.push([pattern, own(isEditor ? [...list, ...editorFiles()] : list), isEditor ? budget.editor : budget.route]);
}
rows.push(["whole console", sum(weights.keys()), budget.whole]);
rows.push(["whole console, raw", [...weights.values()].reduce((total, { raw }) => total + raw, 0), budget.raw]);

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
// Those for other systems are listed too, and not installed.
const packages = Object.entries(lock.packages).filter(([name, one]) => name && !one.optional);
const counts = [
  ["files of the first load", first.size, 16],
  ["packages to build and test with", packages.length, 150],
];

const isBroken = [...rows, ...counts].some(([, is, limit]) => is > limit);
for (const [name, bytes, limit] of rows) {
  const mark = bytes > limit ? "OVER" : "ok";
  console.log(`${name.padEnd(34)} ${kb(bytes).padStart(9)} of ${kb(limit).padStart(9)}  ${mark}`);
}
for (const [name, is, limit] of counts) console.log(`${name.padEnd(34)} ${String(is).padStart(9)} of ${String(limit).padStart(9)}  ${is > limit ? "OVER" : "ok"}`);
process.exitCode = isBroken ? 1 : 0;

function weigh(name) {
  const bytes = readFileSync(join(dist, name));
  return { raw: bytes.length, gz: gzipSync(bytes, { level: 9 }).length };
}

function sum(names) {
  return [...new Set(names)].reduce((total, name) => total + (weights.get(name)?.gz ?? 0), 0);
}

/** A manifest entry with all it needs at once, as file names. */
function closure(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const css of chunk.css ?? []) seen.add(css);
  for (const next of chunk.imports ?? []) closure(next, seen);
  return seen;
}

/** What the editor's screen loads by itself after it is shown. Its tabs and dialogs come when they are asked for, as everywhere. */
function editorFiles() {
  const parts = ["marked.ts", "notes.svelte.ts", "Side.svelte", "Banners.svelte"];
  const seen = new Set();
  for (const part of parts) closure(Object.keys(manifest).find((name) => name.endsWith(`screens/editor/${part}`)), seen);
  return [...seen];
}

function kb(bytes) {
  return `${(bytes / KB).toFixed(1)} KB`;
}
