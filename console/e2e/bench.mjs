// What the console costs: bytes, times, processor and memory, on a desk that is full.
//   node console/e2e/bench.mjs [--minutes 2] [--only NAME] [--posts 10000] [--jobs 100000] [--sources 1000]
//                              [--stories 1000] [--data FOLDER] [--json FILE] [--strict]
// `--data` is a folder that `copydesk bench seed` has filled: it is copied, not changed. Broken budgets of bytes,
// requests, drawing, rows and memory fail; those of times do with --strict, since they are the machine's as well.
import { cpSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { launch, newContext, settled } from "./harness/browser.mjs";
import { drawn, gauges, hide, watchDrawing, watchEvents } from "./harness/figures.mjs";
import { start, stopAll } from "./harness/server.mjs";
import { check } from "./harness/settings.mjs";
import { table } from "./harness/table.mjs";
import { pause, until } from "./harness/wait.mjs";

const text = (value) => ({ type: "string", default: value });
const { values: wish } = parseArgs({
  options: {
    minutes: text("2"), only: text(""), posts: text("10000"), jobs: text("100000"), sources: text("1000"), stories: text("1000"),
    data: { type: "string" }, json: { type: "string" }, strict: { type: "boolean", default: false },
  },
});

const KB = 1_000;
/** The screens whose bytes are weighed; the first load is the overview's. */
const ROUTES = ["welcome", "review", "posts", "posts/new", "stories", "sources", "calendar", "queues", "jobs", "cron", "database", "traffic", "people", "settings"];
const LISTS = [
  { name: "posts", path: "/console/posts", filtered: "/console/posts?state=rejected" },
  { name: "jobs", path: "/console/jobs", filtered: "/console/jobs?state=discarded" },
  { name: "sources", path: "/console/sources", filtered: "/console/sources?state=paused" },
];
const ROWS = "main [role=grid] [data-row]";
const REPEATS = 5;

const figures = [];
/** `max`: the budget; `isHard`: breaking it fails. A value of `null` could not be taken, and `why`. */
function note(what, value, unit, max, isHard = false, why = "") {
  const verdict = value === null ? "none" : max === null ? "" : value <= max ? "ok" : "over";
  figures.push({ what, value, unit, max, isHard, verdict, why });
  const shown = value === null ? why : `${round(value)} ${unit}`;
  console.log(`${what.padEnd(44)} ${shown}`);
}

const round = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const isMissing = (page) => page.evaluate(() => document.querySelector("main [data-screen='']") !== null);

check();
const parts = { load, routes, events, lists, live, memory };
const chosen = Object.entries(parts).filter(([name]) => name.includes(wish.only));
if (chosen.length === 0) throw new Error(`--only knows ${Object.keys(parts).join(", ")}`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stopAll().then(() => process.exit(130)));
const browser = await launch();
let server;
let session;
let failure = null;
try {
  server = await desk();
  session = await server.api.session(server.key);
  for (const [name, part] of chosen) {
    try {
      await part();
    } catch (error) {
      note(name, null, "", null, true, error.message.split("\n")[0]);
      console.error(error);
    }
  }
} catch (error) {
  failure = error;
} finally {
  await browser.close();
  await stopAll();
}
if (failure) throw failure;

const rows = figures.map(({ what, value, unit, max, isHard, verdict, why }) => [
  what, value === null ? why.slice(0, 60) : `${round(value)} ${unit}`, max === null ? "" : `${max} ${unit}`, verdict === "over" && !isHard && !wish.strict ? "over (stated)" : verdict,
]);
console.log(`\n${table(["what", "measured", "budget", "verdict"], rows)}`);
if (wish.json) writeFileSync(wish.json, `${JSON.stringify({ at: new Date().toISOString(), minutes: Number(wish.minutes), figures }, null, 2)}\n`);
process.exit(figures.some(({ verdict, isHard }) => (isHard || wish.strict) && (verdict === "over" || verdict === "none")) ? 1 : 0);

/** A server with as much as the bars ask for. */
async function desk() {
  const config = { "log.level": "error" };
  if (wish.data) {
    return start({ demo: false, name: "bench", config, data: (folder) => cpSync(wish.data, folder, { recursive: true }) });
  }
  const words = ["posts", "jobs", "sources", "stories"].flatMap((name) => [`--${name}`, wish[name]]);
  console.log(`filling a desk: ${words.join(" ")}`);
  return start({ demo: false, name: "bench", config, prepare: [["bench", "seed", "--json", ...words]] });
}

/** A page of somebody signed in, with an empty cache. */
async function fresh({ width = 1_366, drawing = false } = {}) {
  const context = await newContext(browser, { width });
  if (drawing) await watchDrawing(context);
  await watchEvents(context);
  await context.addCookies([session.cookie]);
  return context.newPage();
}

/** Follows an address as a click on a link would, without loading the page anew. */
function follow(page, href) {
  return page.evaluate((to) => {
    const link = Object.assign(document.createElement("a"), { href: to });
    link.dataset.keepFocus = "";
    document.body.append(link);
    link.click();
    link.remove();
  }, href);
}

/** Bytes of bodies over the wire, compressed as they are, by kind of address; the icon of the tab is the browser's affair. */
async function weigh(page, work) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  const sent = new Map();
  cdp.on("Network.responseReceived", ({ requestId, response }) => sent.set(requestId, { url: response.url, heads: response.encodedDataLength, bytes: 0 }));
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const one = sent.get(requestId);
    if (one) one.bytes = Math.max(0, encodedDataLength - one.heads);
  });
  await work();
  await pause(500);
  await cdp.detach();
  const all = [...sent.values()].filter(({ url }) => !url.endsWith("/icon.svg"));
  const files = all.filter(({ url }) => !new URL(url).pathname.startsWith("/api/"));
  const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
  return { files: sum(files), fileCount: files.length, answers: sum(all) - sum(files), answerCount: all.length - files.length };
}

async function load() {
  const paints = [];
  for (let i = 0; i < REPEATS; i += 1) {
    const page = await fresh();
    const weight = await weigh(page, async () => {
      await page.goto(`${server.url}/console`);
      await settled(page);
    });
    if (i === 0) {
      note("first load: files", weight.files / KB, "KB", 65, true);
      note("first load: requests of files", weight.fileCount, "", 16, true);
      note("first load: answers of the API", weight.answers / KB, "KB", null);
    }
    paints.push(await page.evaluate(() => window.copydeskTimes.lcp));
    await page.context().close();
  }
  note("first load: largest paint", median(paints), "ms", 300);
}

async function routes() {
  for (const name of ROUTES) {
    const page = await fresh();
    await page.goto(`${server.url}/console`);
    await settled(page);
    const weight = await weigh(page, async () => {
      await follow(page, `/console/${name}`);
      await until(`the screen ${name}`, () => new URL(page.url()).pathname.startsWith(`/console/${name}`));
      await pause(1_000);
    });
    if (await isMissing(page)) note(`route /${name}: files`, null, "KB", null, true, "not in this build");
    else note(`route /${name}: ${weight.fileCount} files`, weight.files / KB, "KB", name === "posts/new" ? 110 : 25, true);
    await page.context().close();
  }
}

/** The worst interaction on a screen, at this machine's speed and at a quarter of it. */
async function events() {
  const work = {
    review: async (page) => {
      for (const key of ["j", "j", "j", "k", "j", "n", "p", "d", "d", "v", "v", "a", "a", "a", "n", "n"]) await press(page, key);
    },
    posts: async (page) => {
      for (const key of ["j", "j", "j", "x", "j", "Shift+X", "k", "Escape", "/"]) await press(page, key);
      for (const key of "harbour") await press(page, key);
      await press(page, "Escape");
    },
    jobs: async (page) => {
      for (const key of ["j", "j", "j", "x", "j", "Shift+X", "k", "Escape", "/"]) await press(page, key);
      for (const key of "draft") await press(page, key);
      await press(page, "Escape");
    },
  };
  for (const [name, keys] of Object.entries(work)) {
    for (const [rate, max] of [[1, 60], [4, 150]]) {
      const page = await fresh();
      const label = `worst event: ${name}${rate > 1 ? `, CPU ×${rate}` : ""}`;
      await page.goto(`${server.url}/console/${name}`);
      await settled(page);
      if (await isMissing(page)) {
        note(label, null, "ms", null, true, "not in this build");
      } else {
        const gauge = await gauges(page);
        await gauge.slow(rate);
        await page.evaluate(() => window.copydeskTimes.events.splice(0));
        await keys(page);
        await pause(500);
        const times = await page.evaluate(() => window.copydeskTimes.events.map(({ duration }) => duration));
        // Events below 16 ms are not told; then the worst is shorter than that.
        note(label, Math.max(16, ...times), "ms", max);
      }
      await page.context().close();
    }
  }
}

async function press(page, key) {
  await page.keyboard.press(key);
  await pause(120);
}

/** From the click to the rows, with the code of the screen in the cache. */
async function lists() {
  for (const { name, path, filtered } of LISTS) {
    const page = await fresh();
    await page.goto(`${server.url}/console`);
    await settled(page);
    await follow(page, path);
    await pause(1_000);
    if (await isMissing(page)) {
      note(`list ${name}`, null, "ms", null, true, "not in this build");
      await page.context().close();
      continue;
    }
    const opens = [];
    const filters = [];
    for (let i = 0; i < REPEATS; i += 1) {
      await follow(page, "/console");
      await page.locator("[data-screen=overview]").waitFor();
      opens.push(await toRows(page, path));
      await pause(300);
      filters.push(await toRows(page, filtered));
      await pause(300);
    }
    note(`list ${name}: open`, median(opens), "ms", 150);
    note(`list ${name}: filter`, median(filters), "ms", 100);
    const drawnRows = await page.locator(ROWS).count();
    note(`list ${name}: rows drawn`, drawnRows, "", 80, true);
    await page.context().close();
  }
}

/** Milliseconds until other rows than now are drawn, two frames included. */
function toRows(page, href) {
  return page.evaluate(
    async ([to, rows]) => {
      const shown = () => [...document.querySelectorAll(rows)].map((row) => row.textContent).join("|");
      const before = shown();
      const began = performance.now();
      const link = Object.assign(document.createElement("a"), { href: to });
      link.dataset.keepFocus = "";
      document.body.append(link);
      link.click();
      link.remove();
      for (;;) {
        await new Promise((done) => requestAnimationFrame(done));
        const now = shown();
        if (now && now !== before) return performance.now() - began;
        if (performance.now() - began > 10_000) throw new Error(`${to} shows no other rows after 10 s`);
      }
    },
    [href, ROWS],
  );
}

/** The page with the live charts; what it costs while it is seen, and while it is not. */
async function live() {
  const page = await fresh({ drawing: true });
  if (!(await openTraffic(page, "live dashboard"))) return;
  const gauge = await gauges(page);
  await news(async () => {
    await pause(3_000);
    const cost = async (seconds) => {
      const before = await gauge.busy();
      await pause(seconds * 1_000);
      return ((await gauge.busy()) - before) * 1_000 / seconds;
    };
    note("live dashboard: processor a second", await cost(15), "ms", 40);
    const seen = await drawn(page);
    if (seen.canvas + seen.changes === 0) note("live dashboard: drawing", null, "", null, true, "nothing was drawn while it was seen");
    await hide(page, true);
    await pause(3_000);
    await drawn(page);
    const busy = await cost(10);
    const { frames, canvas, changes } = await drawn(page);
    note("hidden tab: drawing", frames + canvas + changes, "", 0, true);
    note("hidden tab: processor a second", busy, "ms", 5);
  });
  await page.context().close();
}

async function memory() {
  const minutes = Number(wish.minutes);
  const page = await fresh();
  if (!(await openTraffic(page, "heap"))) return;
  const gauge = await gauges(page);
  await news(async () => {
    await pause(20_000);
    const before = await gauge.heap();
    await pause(minutes * 60_000);
    const after = await gauge.heap();
    note("heap of the live dashboard", before.bytes / 1e6, "MB", null);
    // Less than 5 MB in ten minutes; shorter runs are noise to a part of that.
    note(`heap: growth in ${minutes} min`, Math.max(0, (after.bytes - before.bytes) / 1e6), "MB", Math.max(1, Math.min(5, minutes / 2)), true);
    note(`document: nodes more in ${minutes} min`, Math.max(0, after.nodes - before.nodes), "", 1_000, true);
  });
  await page.context().close();
}

async function openTraffic(page, what) {
  await page.goto(`${server.url}/console/traffic`);
  await settled(page);
  if (!(await isMissing(page))) return true;
  note(what, null, "", null, true, "not in this build");
  await page.context().close();
  return false;
}

/** Requests of readers and a post now and then, while `work` goes on. */
async function news(work) {
  let isOver = false;
  const reading = (async () => {
    for (let i = 0; !isOver; i += 1) {
      await fetch(`${server.url}/`).then((response) => response.text());
      if (i % 10 === 0) await server.api.posts(1, { title: () => `News ${i} of the bench` });
      await pause(100);
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await reading;
  }
}
