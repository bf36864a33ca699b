// The peers behind one shape:
//   reset()            empties the engine's place in the database
//   open()             connects and makes the schema
//   add(payload)       one job; resolves after its commit
//   addMany(payloads)  one call for all
//   work(n, handle)    starts a worker with n jobs at a time; resolves to its stop
//   unfinished()       whether the database still holds a job that is not acknowledged
//   close()
// `batched` is the form each engine's own documentation gives for throughput.

import pg from 'pg';

const TASK = 'noop';
const CONNECTIONS = 20;

const silent = () => {};

/** A pool that only logs away the end of its connections. */
function pool(url, max) {
  const made = new pg.Pool({ connectionString: url, max });
  made.on('error', silent);
  return made;
}

export async function graphile({ url, batched }) {
  const { Logger, makeWorkerUtils, run } = await import('graphile-worker');
  const logger = new Logger(() => silent);
  const pgPool = pool(url, CONNECTIONS);
  const batching = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  let utils;
  return {
    reset: () => pgPool.query('DROP SCHEMA IF EXISTS graphile_worker CASCADE'),
    async open() {
      utils = await makeWorkerUtils({ pgPool, logger });
      await utils.migrate();
    },
    add: (payload) => utils.addJob(TASK, payload),
    addMany: (payloads) => utils.addJobs(payloads.map((payload) => ({ identifier: TASK, payload }))),
    async work(concurrency, handle) {
      const worker = { concurrentJobs: concurrency, ...(batched ? batching : {}) };
      const runner = await run({
        preset: { worker },
        pgPool,
        logger,
        noHandleSignals: true,
        taskList: { [TASK]: async (payload) => handle(payload) },
      });
      return () => runner.stop();
    },
    async unfinished() {
      const { rows } = await pgPool.query('SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS some');
      return rows[0].some;
    },
    async close() {
      await utils?.release();
      await pgPool.end();
    },
  };
}

export async function pgboss({ url, batched }) {
  const { PgBoss } = await import('pg-boss');
  const side = pool(url, 2);
  let boss;
  return {
    reset: () => side.query('DROP SCHEMA IF EXISTS pgboss CASCADE'),
    async open() {
      boss = new PgBoss({ connectionString: url, max: CONNECTIONS, useListenNotify: true });
      boss.on('error', silent);
      await boss.start();
      if (!(await boss.getQueue(TASK))) await boss.createQueue(TASK, { notify: true });
    },
    add: (payload) => boss.send(TASK, payload),
    addMany: (payloads) => boss.insert(TASK, payloads.map((data) => ({ data }))),
    async work(concurrency, handle) {
      // Its plain default, one job every two seconds, would only measure that pause.
      const shape = batched ? { batchSize: 500, localConcurrency: 2 } : { batchSize: 10, localConcurrency: concurrency };
      await boss.work(TASK, { ...shape, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }, async (jobs) => {
        for (const job of jobs) handle(job.data);
      });
      return () => boss.offWork(TASK, { wait: false });
    },
    async unfinished() {
      const { rows } = await side.query(
        "SELECT EXISTS (SELECT FROM pgboss.job WHERE name = $1 AND state < 'completed') AS some", [TASK]);
      return rows[0].some;
    },
    async close() {
      await boss?.stop({ graceful: false });
      await side.end();
    },
  };
}

/** On Redis, or on PostgreSQL by its own backend. Finished jobs are not kept: its fastest form. */
export async function bullmq({ url }) {
  const bull = await import('bullmq');
  const onPostgres = url.startsWith('postgres');
  let { Queue, Worker } = bull;
  let connection = { host: new URL(url).hostname, port: Number(new URL(url).port), maxRetriesPerRequest: null };
  const side = onPostgres ? pool(url, 1) : undefined;
  if (onPostgres) {
    ({ Queue, Worker } = bull.withBackend(bull.createPostgresBackend));
    connection = { connectionString: url, max: CONNECTIONS, migrate: true };
  }
  let queue;
  return {
    async reset() {
      if (onPostgres) return side.query('DROP SCHEMA IF EXISTS bullmq CASCADE');
      const { Redis } = await import('ioredis');
      const redis = new Redis(url);
      await redis.flushall();
      await redis.quit();
    },
    async open() {
      queue = new Queue(TASK, { connection, defaultJobOptions: { removeOnComplete: true } });
      queue.on('error', silent);
      await queue.waitUntilReady();
    },
    add: (payload) => queue.add(TASK, payload),
    addMany: (payloads) => queue.addBulk(payloads.map((data) => ({ name: TASK, data }))),
    async work(concurrency, handle) {
      const worker = new Worker(TASK, async (job) => handle(job.data), { connection, concurrency });
      worker.on('error', silent);
      await worker.waitUntilReady();
      return () => worker.close(true);
    },
    async unfinished() {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
      return Object.values(counts).some((count) => count > 0);
    },
    async close() {
      await queue?.close();
      await side?.end();
    },
  };
}

export const ENGINES = { graphile, pgboss, bullmq };
