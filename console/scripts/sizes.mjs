// Weighs a build and fails when a budget is broken: `node scripts/sizes.mjs [folder]`, by default dist/.
//
// What is counted: every file that is sent to browsers, compressed by itself (gzip level 9), 1 KB = 1,000 bytes. Both
// languages are in each file and count everywhere. "whole console" is the sum of all files, also of what hardly
// anybody opens. A route is what its address asks for beyond the shell; "all of a visit" adds what its screen
// then loads without being asked, on a wide screen.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = process.argv[2] ? resolve(process.argv[2]) : fileURLToPath(new URL("../dist/", import.meta.url));
const KB = 1_000;
/** Gzip bytes: the first load is the shell and the overview with its chart. */
const budget = { first: 65 * KB, route: 25 * KB, editorPlain: 20 * KB, editor: 110 * KB, review: 34 * KB, whole: 380 * KB, raw: 1_000 * KB };
/**
 * What a screen loads by itself after it is shown. The review has three panes, and on a wide screen all three at once:
 * the list, the text and the evidence are what is judged by, so none of them waits for a click. The text and its
 * decision keep the bound of a route; the two panes beside it have one of their own.
 */
const byItself = [
  { pattern: "/console/posts/:id", parts: ["screens/editor/panel.ts", "screens/editor/marked.ts"], limit: budget.editor },
  { pattern: "/console/review/:id?", parts: ["screens/review/beside.ts"], limit: budget.review },
  { pattern: "/console/sources/:id?", parts: ["screens/sources/Detail.svelte"], limit: budget.route },
  { pattern: "/console/jobs/:id?", parts: ["screens/jobs/Detail.svelte"], limit: budget.route },
];
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
const own = (names) => sum(names.filter((name) => !shell.has(name)));
for (const [pattern, list] of Object.entries(routes)) {
  if (pattern === "/console" || list.length === 0) continue;
  rows.push([pattern, own(list), pattern === "/console/posts/:id" ? budget.editorPlain : budget.route]);
  const more = byItself.find((one) => one.pattern === pattern);
  if (more) rows.push(["  all of a visit", own([...list, ...more.parts.flatMap(filesOf)]), more.limit]);
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

/** The files of one of our modules that is loaded on its own; a name that is not there is a mistake here. */
function filesOf(part) {
  const key = Object.keys(manifest).find((name) => name.endsWith(`src/${part}`));
  if (!key) throw new Error(`${part} is no file of its own in this build`);
  return [...closure(key)];
}

function kb(bytes) {
  return `${(bytes / KB).toFixed(1)} KB`;
}
