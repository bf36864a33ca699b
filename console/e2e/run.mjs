// Drives the real product through all journeys, then looks at every address of the console.
//   node console/e2e/run.mjs [FILTER…] [--no-audit] [--only-audit] [--list]
import { readdirSync } from "node:fs";
import { launch } from "./harness/browser.mjs";
import { audit, readAddress } from "./harness/audit.mjs";
import { Journey } from "./harness/journey.mjs";
import { start, stopAll } from "./harness/server.mjs";
import { artefacts, check, limits } from "./harness/settings.mjs";
import { table } from "./harness/table.mjs";
import { until, within } from "./harness/wait.mjs";

const words = process.argv.slice(2);
const flags = new Set(words.filter((word) => word.startsWith("--")));
const filters = words.filter((word) => !word.startsWith("--"));
const unknown = [...flags].filter((flag) => !["--no-audit", "--only-audit", "--list"].includes(flag));
if (unknown.length > 0) fail(`unknown: ${unknown.join(" ")}; there are --no-audit, --only-audit and --list`);

/** Addresses that are looked at at once. */
const AT_ONCE = 2;

const rows = [];
const stories = [];
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stopAll().then(() => process.exit(130)));

try {
  const journeys = await readJourneys();
  if (flags.has("--list")) {
    for (const { file, name, addresses } of journeys) console.log(`${file}  ${name}  ${addresses.map((address) => readAddress(address).name).join(" ")}`);
    process.exit(0);
  }
  check();
  await within("everything", limits.allMs, everything(journeys));
} catch (error) {
  stories.push(error.stack ?? String(error));
  rows.push(["run", "failed", "", error.message.split("\n")[0]]);
} finally {
  await stopAll();
}

for (const story of stories) console.log(`\n${story}`);
console.log(`\n${table(["what", "verdict", "seconds", "because"], rows)}\nartefacts: ${artefacts}`);
process.exit(rows.some(([, verdict]) => verdict === "failed") ? 1 : 0);

async function everything(journeys) {
  const browser = await launch();
  let shared = null;
  const own = () => (shared ??= newsroom());
  try {
    // Those that mostly wait go beside the others, which do not notice.
    const driveAll = async (waits) => {
      for (const journey of journeys.filter((one) => (one.waits ?? false) === waits)) await drive(journey, browser, own);
    };
    if (!flags.has("--only-audit")) await Promise.all([driveAll(false), driveAll(true)]);
    if (!flags.has("--no-audit")) {
      const all = journeys.flatMap((journey) => journey.addresses).map(readAddress);
      const left = [...new Map(all.reverse().map((address) => [address.name, address])).values()];
      // Each has pages of its own, so that two are looked at as fast as one.
      const looks = Array.from({ length: AT_ONCE }, async () => {
        for (let address = left.pop(); address; address = left.pop()) await look(address, browser, own);
      });
      await Promise.all(looks);
    }
  } finally {
    await browser.close();
  }
}

/** A demo that has published and holds enough for every screen. */
async function newsroom() {
  const server = await start({ seed: 1 });
  const page = await (await fetch(`${server.url}/console/sign-in`)).text();
  if (!page.includes('id="boot"')) throw new Error("this binary holds no console: build it (npm run build) and set COPYDESK_CONSOLE_DIR");
  await until("the first published posts", async () => (await server.api.call("GET", "posts?state=published")).data.length >= 12, { ms: 90_000, every: 250 });
  await server.api.posts(6);
  return server;
}

async function drive(journey, browser, shared) {
  const { name, file, server: wish, limitMs = limits.journeyMs } = journey;
  const began = Date.now();
  let t = null;
  let alone = null;
  let problem = null;
  try {
    // `server: "own"` or the options of a server of its own.
    const server = wish ? (alone = await start({ name, ...(wish === "own" ? {} : wish) })) : await shared();
    t = new Journey({ name, browser, server });
    await within(name, limitMs, journey.run(t));
    t.noConsoleErrors();
  } catch (error) {
    problem = error;
    await t?.pictureOfFailure();
  } finally {
    await t?.close();
    await alone?.stop();
  }
  tell(`${file} ${name}`, problem ? [problem.stack ?? String(problem)] : [], began);
}

async function look(address, browser, shared) {
  const began = Date.now();
  const faults = await audit({ browser, server: await shared(), address });
  tell(`address ${address.name}`, faults, began);
}

function tell(what, faults, began) {
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  const verdict = faults.length > 0 ? "failed" : "ok";
  console.log(`${verdict.padEnd(6)} ${seconds.padStart(6)} s  ${what}`);
  rows.push([what, verdict, seconds, faults[0]?.split("\n")[0].slice(0, 120) ?? ""]);
  if (faults.length > 0) stories.push(`--- ${what}\n${faults.join("\n")}`);
}

/** A file's default export is a journey or a list of them; named exports `name`, `addresses`, `run` are one as well. */
async function readJourneys() {
  const folder = new URL("./journeys/", import.meta.url);
  const found = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort()) {
    const module = await import(new URL(file, folder));
    const listed = [module.default ?? module].flat();
    for (const one of listed) {
      if (typeof one.run !== "function" || !one.name) throw new Error(`journeys/${file} exports a journey without name or run`);
      // A copy: what a module exports cannot be added to.
      found.push({ ...one, file, addresses: one.addresses ?? [] });
    }
  }
  const isWanted = ({ file, name }) => filters.length === 0 || filters.some((filter) => `${file} ${name}`.includes(filter));
  const wanted = found.filter(isWanted);
  if (wanted.length === 0) throw new Error(`no journey has ${filters.join(" or ")} in its name`);
  return wanted;
}

function fail(text) {
  console.error(text);
  process.exit(2);
}
