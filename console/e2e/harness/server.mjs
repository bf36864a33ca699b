// The real product in a folder of its own, on a free port of this machine.
import { execFile, spawn } from "node:child_process";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Api } from "./api.mjs";
import { artefacts, binary, consoleDir, limits } from "./settings.mjs";
import { until, within } from "./wait.mjs";

const run = promisify(execFile);
const servers = new Set();

/**
 * Starts `copydesk demo` (with `seed`: which news is made) or, with `demo: false`, `copydesk serve`.
 * `config` lays values of TOML over the defaults, `prepare` are commands to run on the data before, `data` may fill its
 * folder itself.
 */
export async function start({ seed = 1, demo = true, config = {}, prepare = [], data = null, name = "server" } = {}) {
  const server = new Server({ seed, demo, config, name });
  servers.add(server);
  try {
    data?.(server.data);
    for (const words of prepare) await server.command(...words);
    await server.launch();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Ends whatever still runs: for the very end, however it comes. */
export async function stopAll() {
  await Promise.allSettled([...servers].map((server) => server.stop()));
}

class Server {
  url = "";
  /** The administrator's key, from the first start. */
  key = "";
  api;

  #folder = mkdtempSync(join(tmpdir(), "copydesk-e2e-"));
  #words;
  #config;
  #port = 0;
  #child = null;
  #isOver = false;
  #log;

  constructor({ seed, demo, config, name }) {
    this.#words = demo ? ["demo", "--seed", String(seed)] : ["serve"];
    this.#log = join(this.#folder, "server.log");
    this.name = name;
    const all = {
      "connect.host_delay_ms": 0,
      "connect.host_parallel_max": 16,
      // Each sign-in of ours comes from an address of its own: the limit of attempts is not what is tried here.
      "site.trusted_proxies": ["127.0.0.0/8"],
      ...config,
    };
    this.#config = join(this.#folder, "copydesk.toml");
    writeFileSync(this.#config, Object.entries(all).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join(""));
  }

  get pid() {
    return this.#child?.pid;
  }

  get data() {
    return join(this.#folder, "data");
  }

  get log() {
    try {
      return readFileSync(this.#log, "utf8");
    } catch {
      return "";
    }
  }

  /** Runs a command of the product on this server's data, such as `command("key", "create", "it", "--role", "viewer")`. */
  async command(...words) {
    const { stdout } = await run(binary, [...words, ...this.#places()], { env: environment(), cwd: this.#folder, maxBuffer: 64 << 20 });
    return stdout;
  }

  async launch() {
    const console = consoleDir ? ["--console-dir", consoleDir] : [];
    const words = [...this.#words, "--listen", `127.0.0.1:${this.#port}`, ...console, ...this.#places()];
    const child = spawn(binary, words, { env: environment(), cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (bytes) => !this.#isOver && appendFileSync(this.#log, bytes));
    const said = [];
    createInterface({ input: child.stdout }).on("line", (line) => said.push(line));
    const ended = new Promise((_, refuse) => {
      child.once("error", refuse);
      child.once("exit", (code, signal) => refuse(new Error(`copydesk ended with ${signal ?? code}\n${said.join("\n")}\n${this.log}`)));
    });
    // Nobody may be there to hear of the end later on.
    ended.catch(() => {});
    const heard = (pattern) => until(`the line ${pattern}`, () => said.map((line) => pattern.exec(line)?.[1]).find(Boolean), { ms: limits.startMs, every: 20 });
    const address = await within("the start of copydesk", limits.startMs, Promise.race([heard(/http:\/\/([\d.]+:\d+)/), ended]));
    this.url = `http://${address}`;
    // A restart finds the same origin: cookies and storage of the browser belong to it.
    this.#port = Number(address.split(":")[1]);
    this.key ||= await Promise.race([heard(/(?:^ {2}key +|first key .*?: )(\S+)/), ended]);
    // A restart keeps the keys that were made.
    this.api ??= new Api(this.url, this.key);
    await until("the health of the server", async () => (await fetch(`${this.url}/health`)).ok, { ms: limits.startMs });
  }

  /** As a crash: nothing is said, nothing is finished. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Kills and starts again on the same data and port. */
  async restart() {
    await this.kill();
    await this.launch();
  }

  /** Ends the server and takes its folder away; the log stays with the artefacts. */
  async stop() {
    await this.#end("SIGTERM");
    if (this.#isOver) return;
    this.#isOver = true;
    servers.delete(this);
    try {
      copyFileSync(this.#log, join(artefacts, `${this.name}.log`));
    } catch {
      // It has said nothing.
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal) {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await within("the end of copydesk", 15_000, gone).catch(() => child.kill("SIGKILL"));
  }

  #places() {
    return ["--config", this.#config, "--data", this.data];
  }
}

/** The caller's environment without what would configure the product. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("COPYDESK_")));
}
