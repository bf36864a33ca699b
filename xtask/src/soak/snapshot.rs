//! What a claim costs while somebody holds a snapshot for as long as the soak lasts, so that no vacuum can
//! remove what the queue leaves behind.
//!
//! The figure is the blocks of `job` and its indexes that were looked at, divided by the claims (rows that went
//! into `job_lease`): both are counted by the server and do not depend on how busy the machine is. Medians of
//! short windows, so that a sweep or a checkpoint does not decide.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::need;
use crate::postgres::Postgres;
use crate::run::Owned;

pub struct Plan {
    pub seconds: u64,
    /// Jobs added and run a second.
    pub rate: u32,
}

/// The most that a claim may cost at the end, in parts of what it cost at first.
const RATIO_MAX: f64 = 1.10;
/// Before the first window that counts: pools and batches find their sizes.
const WARM_UP: Duration = Duration::from_secs(6);
const WINDOW: Duration = Duration::from_secs(2);

/// The server's counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counters {
    blocks: f64,
    claims: f64,
    jobs: f64,
    dead: f64,
}

pub fn snapshot(copydesk: &Path, plan: &Plan) -> Result<String> {
    ensure!(plan.seconds >= 24, "a snapshot must be held for 24 s at least to tell anything");
    let server = Postgres::start_with(&["autovacuum_naptime=5s"])?;
    let url = server.url();
    let seconds = plan.seconds + WARM_UP.as_secs() + 4;
    let mut command = Command::new(copydesk);
    command
        .args(["bench", "queue", "--phase", "steady", "--json", "--url", &url])
        .args(["--rate", &plan.rate.to_string(), "--seconds", &seconds.to_string(), "--concurrency", "32"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut load = Owned(command.spawn().context("starting the load")?);
    wait_for_load(&url)?;
    // Taken when the load runs, so that everything it leaves behind is kept.
    let held = hold(&url)?;
    std::thread::sleep(WARM_UP);
    let begun = Instant::now();
    let position = ask(&url, "SELECT pg_current_wal_insert_lsn()")?;
    let mut marks = vec![counters(&url)?];
    while begun.elapsed() + WINDOW <= Duration::from_secs(plan.seconds) {
        std::thread::sleep(WINDOW);
        if let Some(status) = load.0.try_wait()? {
            bail!("the load ended early with {status}");
        }
        marks.push(counters(&url)?);
    }
    let wal: f64 = ask(&url, &format!("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{}')", position.trim()))?
        .trim()
        .parse()
        .context("reading the length of the log")?;
    drop(held);
    let (by_claim, by_job) = (costs(&marks, |mark| mark.claims), costs(&marks, |mark| mark.jobs));
    let third = by_claim.len() / 3;
    ensure!(third > 0, "only {} windows had claims", by_claim.len());
    let ends = |costs: &[f64]| (median(&costs[..third]), median(&costs[costs.len() - third..]));
    let ((first, last), (job_first, job_last)) = (ends(&by_claim), ends(&by_job));
    let (from, to) = (marks[0], marks[marks.len() - 1]);
    let jobs = to.jobs - from.jobs;
    // A claim that takes more jobs looks at more blocks, one that takes fewer at more for each: what piles up
    // behind the snapshot makes both grow.
    let ratio = (last / first).min(job_last / job_first);
    let note = format!(
        "snapshot held for {} s: {first:.1} blocks a claim at first, {last:.1} at the end ({job_first:.1} and {job_last:.1} a job), \
         ratio {ratio:.3}; {:.1} jobs a claim, {:.0} jobs/s, {:.0} dead rows, {:.0} bytes of log a job",
        plan.seconds,
        jobs / (to.claims - from.claims).max(1.0),
        jobs / begun.elapsed().as_secs_f64(),
        to.dead,
        wal / jobs.max(1.0)
    );
    println!("{note}");
    ensure!(
        jobs >= f64::from(plan.rate) * plan.seconds as f64 / 2.0,
        "the load was less than half of what was asked for"
    );
    ensure!(to.dead > jobs / 2.0, "the snapshot kept only {} dead rows of {jobs} jobs, so nothing was proved", to.dead);
    ensure!(ratio <= RATIO_MAX, "a claim costs {ratio:.2} times what it did at first; at most {RATIO_MAX}");
    Ok(note)
}

/// Blocks for each of what is counted, by window; those without a claim are left out.
fn costs(marks: &[Counters], counted: impl Fn(&Counters) -> f64) -> Vec<f64> {
    let windows = marks.windows(2).filter(|pair| pair[1].claims > pair[0].claims);
    windows.map(|pair| (pair[1].blocks - pair[0].blocks) / (counted(&pair[1]) - counted(&pair[0])).max(1.0)).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn counters(url: &str) -> Result<Counters> {
    let line = ask(
        url,
        "SELECT (SELECT heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read FROM pg_statio_user_tables WHERE relname = 'job'), \
         (SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'job_lease'), \
         (SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'job'), \
         (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'job')",
    )?;
    let fields: Vec<f64> = line
        .trim()
        .split('|')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("psql answered {line:?}"))?;
    let [blocks, claims, jobs, dead] = fields[..] else { bail!("psql answered {line:?}") };
    Ok(Counters { blocks, claims, jobs, dead })
}

fn wait_for_load(url: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        let jobs = ask(url, "SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = 'job'")?;
        if jobs.trim() != "0" {
            return Ok(());
        }
        ensure!(start.elapsed() < Duration::from_secs(60), "the load does not begin");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A transaction that sees the state of now until it is dropped.
fn hold(url: &str) -> Result<Owned> {
    let mut psql = psql(url)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("starting psql")?;
    let input = psql.stdin.as_mut().context("psql has no input")?;
    input.write_all(b"BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 'held';\n")?;
    let mut line = String::new();
    BufReader::new(psql.stdout.as_mut().context("psql has no output")?).read_line(&mut line)?;
    let psql = Owned(psql);
    ensure!(line.trim() == "held", "the snapshot cannot be taken: {line:?}");
    Ok(psql)
}

fn ask(url: &str, query: &str) -> Result<String> {
    let output = psql(url)?.args(["-c", query]).output().context("starting psql")?;
    ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn psql(url: &str) -> Result<Command> {
    let mut command = Command::new(need::find("psql").context("psql is not on this machine")?);
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]);
    Ok(command)
}

#[cfg(test)]
mod tests;
