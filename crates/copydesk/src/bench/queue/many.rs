//! What a claim costs with very many queues, beside the same with three.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use queue::Enqueue;
use serde::Serialize;
use store::{Store, params};

use super::place::Place;
use super::worker::Tally;
use super::{Noop, cpu_seconds, now_us};
use crate::cli::{BenchQueue, Phase};

store::sql! {
    QUEUES_ADD = "bench.queues_add",
        "WITH RECURSIVE number (n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $2)
         INSERT INTO queue_conf (code, name) SELECT n, 'bench-' || n FROM number";
    // One enqueued job is the pattern of all: same kind and body, ids of its own, dealt out to the queues in turn.
    JOBS_ADD = "bench.jobs_add",
        "WITH RECURSIVE number (n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $2)
         INSERT INTO job (run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error)
         SELECT j.run_at, j.id - 1 - number.n, j.parent, number.n % $3, j.kind, j.priority, j.attempt, j.attempts_max, j.rescued, j.body,
                j.group_key, j.uniq, j.error
         FROM number CROSS JOIN (SELECT * FROM job ORDER BY id DESC LIMIT 1) j";
    BUFFERS = "bench.buffers",
        sqlite "SELECT 0",
        postgres "SELECT sum(coalesce(heap_blks_hit + heap_blks_read, 0) + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint
         FROM pg_statio_user_tables WHERE schemaname = current_schema() AND relname IN ('job', 'job_lease')";
}

/// Beside which the many are held.
const FEW: u32 = 3;
/// Rows of one transaction.
const ROWS: u64 = 100_000;
/// Jobs that are worked off for one figure, at most.
const WORKED: u64 = 100_000;
/// A connection tells the server's counters what it did when it is idle, at the latest after ten seconds.
const COUNTERS_LAG: Duration = Duration::from_secs(11);

#[derive(Debug, Serialize)]
pub struct Comparison {
    phase: Phase,
    jobs: u64,
    few: Cost,
    many: Cost,
    /// Many over few, of one claim; this process's processor time.
    cpu_ratio: f64,
    /// The same of the claiming statement's time.
    statement_ratio: f64,
    /// `null` where the engine counts none.
    buffers_ratio: Option<f64>,
}

/// Of one claim and what follows it: the start and the end of its jobs.
#[derive(Debug, Serialize)]
struct Cost {
    queues: u32,
    claims: u64,
    jobs_per_claim: f64,
    jobs_per_s: f64,
    /// Processor time of this process, in microseconds.
    cpu_us_per_claim: f64,
    cpu_us_per_job: f64,
    /// Time of the claiming statement as this process sees it, in microseconds.
    statement_us_per_claim: f64,
    /// Buffers of the tables that a claim touches, with their indexes.
    buffers_per_claim: Option<f64>,
    buffers_per_job: Option<f64>,
}

pub async fn run(place: &Place, args: &BenchQueue) -> Result<Comparison> {
    ensure!(args.queues > FEW, "--queues must be more than {FEW}, which it is held beside");
    ensure!(args.jobs >= u64::from(args.queues), "--jobs must be at least --queues: every queue has work");
    let few = cost(place, args, FEW).await?;
    place.prepare().await?;
    let many = cost(place, args, args.queues).await?;
    let buffers = few.buffers_per_claim.zip(many.buffers_per_claim).map(|(few, many)| many / few);
    Ok(Comparison {
        phase: args.phase,
        jobs: args.jobs,
        cpu_ratio: many.cpu_us_per_claim / few.cpu_us_per_claim,
        statement_ratio: many.statement_us_per_claim / few.statement_us_per_claim,
        buffers_ratio: buffers,
        few,
        many,
    })
}

async fn cost(place: &Place, args: &BenchQueue, queues: u32) -> Result<Cost> {
    let process = place.open().await?;
    let (desk, jobs) = (&process.desk, args.jobs);
    desk.queue.enqueue_now(&Noop { i: 0, t: now_us() }, Enqueue::default()).await?;
    write(&desk.store, &QUEUES_ADD, params![0_i64, i64::from(queues)]).await?;
    for first in (0..jobs).step_by(ROWS as usize) {
        let last = jobs.min(first + ROWS);
        write(&desk.store, &JOBS_ADD, params![first as i64, last as i64, i64::from(queues)]).await?;
    }
    desk.queue.reload().await?;
    tokio::time::sleep(COUNTERS_LAG).await;
    let wanted = WORKED.min(jobs);
    let before = (claims(&desk.store), buffers(&desk.store).await?, cpu_seconds(), Instant::now());
    let tally = Tally::start(&process, wanted);
    while tally.seen() < wanted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (worked, cpu, time) = (tally.seen(), cpu_seconds() - before.2, before.3.elapsed());
    let store = desk.store.clone();
    let after = claims(&store);
    process.tasks.shutdown(Duration::from_secs(30)).await;
    tokio::time::sleep(COUNTERS_LAG).await;
    let (count, seconds) = (after.0 - before.0.0, after.1 - before.0.1);
    ensure!(count > 0, "no claim was counted");
    let touched = place.is_postgres().then_some(buffers(&store).await? - before.1);
    let (claims_after, worked_after) = (claims(&store).0 - before.0.0, tally.seen());
    process.close(Duration::from_secs(5)).await;
    let each = |total: f64, of: u64| total / of as f64;
    Ok(Cost {
        queues,
        claims: count,
        jobs_per_claim: worked as f64 / count as f64,
        jobs_per_s: worked as f64 / time.as_secs_f64(),
        cpu_us_per_claim: each(cpu * 1e6, count),
        cpu_us_per_job: each(cpu * 1e6, worked),
        statement_us_per_claim: each(seconds * 1e6, count),
        // The counters were read later than the clock: held beside the claims up to then.
        buffers_per_claim: touched.map(|blocks| each(blocks as f64, claims_after)),
        buffers_per_job: touched.map(|blocks| each(blocks as f64, worked_after)),
    })
}

async fn write(store: &Store, statement: &'static store::Statement, values: Vec<store::Value>) -> Result<u64> {
    let written: Result<u64, store::Error> =
        store.write(move |tx| Box::pin(async move { tx.exec(statement, values).await })).await;
    Ok(written?)
}

/// Claims so far and the seconds they took.
fn claims(store: &Store) -> (u64, f64) {
    let statements = store.stats().statements;
    let of_claim = statements.iter().filter(|statement| statement.name == "queue.claim");
    of_claim.fold((0, 0.0), |(count, seconds), statement| (count + statement.count, seconds + statement.seconds))
}

async fn buffers(store: &Store) -> Result<i64> {
    Ok(store.read_fresh().one(&BUFFERS, params![]).await?.get(0)?)
}
