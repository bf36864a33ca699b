// node driver.mjs --engine NAME [--tuned] --phase PHASE --url URL --jobs N --concurrency C --json
// One phase of the benchmark against one peer; prints the line that `copydesk bench queue` prints.
//
// --prepared  the database was made by a run with --keep: do neither empty nor fill it
// --keep      leave what was made
// --wait      print "ready" and wait for a line before the clock starts

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ENGINES } from './engines.mjs';
import { cpu, now, parse, quantile, sleep, whole } from './measure.mjs';

const VALUES = ['engine', 'phase', 'url', 'jobs', 'concurrency', 'batch-size', 'rate', 'seconds'];
const FLAGS = ['tuned', 'json', 'prepared', 'keep', 'wait', 'other-node'];
const PRODUCERS = 16;
const LATENCY_GAP_MS = 25;
/** Jobs under way at a steady rate; more of them show as lateness. */
const STEADY_IN_FLIGHT = 1000;

const words = process.argv.slice(2);
const options = parse(words, VALUES, FLAGS);
const jobs = options.phase === 'steady' ? whole(options, 'rate', 1000) * whole(options, 'seconds', 10) : whole(options, 'jobs', 1000);
const concurrency = whole(options, 'concurrency', 10);
const batchSize = whole(options, 'batch-size', 1000);
if (!ENGINES[options.engine]) throw new Error(`--engine must be one of ${Object.keys(ENGINES).join(', ')}`);
if (!options.url) throw new Error('--url is missing');

const engine = await ENGINES[options.engine]({ url: options.url, batched: options.tuned === true });
const reader = createInterface({ input: process.stdin });
const input = reader[Symbol.asyncIterator]();
// A worker whose master has gone would wait for ever.
if (options.phase === 'worker') reader.on('close', () => process.exit(0));

/** Calls `add` for each number below `jobs`, `most` at a time. */
async function eachInFlight(most, add) {
  let next = 0;
  const one = async () => {
    while (next < jobs) await add(next++);
  };
  await Promise.all(Array.from({ length: Math.min(most, jobs) }, one));
}

async function fill() {
  for (let i = 0; i < jobs; i += batchSize) {
    const size = Math.min(batchSize, jobs - i);
    await engine.addMany(Array.from({ length: size }, (_, k) => ({ i: i + k, t: now() })));
  }
}

/** A worker in this process: when `jobs` handlers have started, waits for the database to know it. */
async function startWorker() {
  const times = [];
  let all;
  const done = new Promise((resolve) => (all = resolve));
  const stop = await engine.work(concurrency, ({ t }) => {
    times.push(now() - t);
    if (times.length === jobs) all();
  });
  return {
    times,
    stop,
    async settled() {
      await done;
      for (;;) {
        const asked = now();
        if (!(await engine.unfinished())) return asked;
        await sleep(2);
      }
    },
  };
}

/** The same in a process of its own. */
async function startOther() {
  const own = ['--phase', 'worker', '--jobs', String(jobs), '--prepared', '--keep', '--wait'];
  const shared = ['--engine', options.engine, '--url', options.url, '--concurrency', String(concurrency)];
  const all = [fileURLToPath(import.meta.url), ...own, ...shared, ...(options.tuned ? ['--tuned'] : [])];
  const child = spawn(process.execPath, all, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the worker process ended early');
    return value;
  };
  await line();
  child.stdin.write('go\n');
  return {
    async settled() {
      this.report = JSON.parse(await line());
      return this.report.ended;
    },
    stop: () => child.stdin.end('leave\n'),
  };
}

async function ready() {
  if (!options.wait) return;
  console.log('ready');
  await input.next();
}

const PHASES = {
  async insert() {
    await ready();
    mark();
    const started = now();
    const times = [];
    await eachInFlight(concurrency, async (i) => {
      const t = now();
      await engine.add({ i, t });
      times.push(now() - t);
    });
    return { started, ended: now(), times };
  },

  async batch() {
    await ready();
    mark();
    const started = now();
    await fill();
    return { started, ended: now() };
  },

  async drain() {
    if (!options.prepared) await fill();
    await ready();
    mark();
    const started = now();
    const worker = await startWorker();
    const ended = await worker.settled();
    return { started, ended, worker };
  },

  async e2e() {
    const worker = await startOther();
    await ready();
    mark();
    const started = now();
    await eachInFlight(PRODUCERS, (i) => engine.add({ i, t: now() }));
    const ended = await worker.settled();
    return { started, ended, worker };
  },

  // Lateness counts from the moment at which a job was due to be added: a producer that falls behind shows.
  async steady() {
    const worker = await startOther();
    const gap = 1e6 / whole(options, 'rate', 1000);
    await ready();
    mark();
    const started = now();
    const underWay = new Set();
    for (let i = 0; i < jobs; i++) {
      const due = Math.round(started + i * gap);
      while (now() < due) await sleep(1);
      if (underWay.size >= STEADY_IN_FLIGHT) await Promise.race(underWay);
      const adding = engine.add({ i, t: due }).then(() => underWay.delete(adding));
      underWay.add(adding);
    }
    await Promise.all(underWay);
    const ended = await worker.settled();
    return { started, ended, worker };
  },

  async latency() {
    const worker = options['other-node'] ? await startOther() : await startWorker();
    await sleep(1000);
    await ready();
    mark();
    const started = now();
    for (let i = 0; i < jobs; i++) {
      await engine.add({ i, t: now() });
      await sleep(LATENCY_GAP_MS);
    }
    const ended = await worker.settled();
    return { started, ended, worker };
  },

  /** The other process of end to end: not for people. */
  async worker() {
    const worker = await startWorker();
    await ready();
    mark();
    const ended = await worker.settled();
    const report = { ended, cpu: cpu() - before, p50_ms: quantile(worker.times, 0.5), p99_ms: quantile(worker.times, 0.99) };
    console.log(JSON.stringify(report));
    await input.next();
    await worker.stop();
  },

  /** Makes the schema and nothing else. */
  async setup() {},
};

let before = 0;
/** Where the processor time of the phase begins. */
const mark = () => (before = cpu());

const phase = PHASES[options.phase];
if (!phase) throw new Error(`--phase must be one of ${Object.keys(PHASES).join(', ')}`);
if (!options.prepared) await engine.reset();
await engine.open();
mark();
const outcome = await phase();
if (outcome) {
  const { started, ended, worker, times = worker?.times ?? [] } = outcome;
  const used = cpu() - before + (worker?.report?.cpu ?? 0);
  const seconds = (ended - started) / 1e6;
  const quantiles = options.phase === 'drain' ? [null, null] : [0.5, 0.99].map((q) => quantile(times, q));
  console.log(JSON.stringify({
    phase: options.phase,
    jobs,
    seconds,
    jobs_per_s: Math.round((jobs / seconds) * 10) / 10,
    p50_ms: worker?.report?.p50_ms ?? quantiles[0],
    p99_ms: worker?.report?.p99_ms ?? quantiles[1],
    cpu_client_s: Math.round(used * 1e4) / 1e4,
  }));
  // A worker that is slow to stop must not hold up the run.
  await Promise.race([worker?.stop(), sleep(5000)]);
}
if (!options.keep) await engine.reset();
await Promise.race([engine.close(), sleep(5000)]);
process.exit(0);
