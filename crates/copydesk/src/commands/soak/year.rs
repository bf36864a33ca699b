//! `copydesk soak year`: a simulated year of many sources, on its own clock, through the real sweep, client, reader and database, which now and
//! then end in the middle of a sweep. An oracle knows what was shown; nothing of it may be lost, doubled or taken for something else.

pub mod oracle;
mod pages;
mod sites;
mod world;

use std::collections::HashMap;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use desk::people::Actor;
use desk::sources::{self, NewSource};
use desk::{Desk, Parts, items};
use serde::Serialize;
use stdx::task::Tasks;
use stdx::{Clock, Rng, Timestamp};
use store::{Store, Synchronous, params};

use crate::cli::{SoakSweep, SoakYear};
use crate::commands::{say, say_json};
use crate::config::Config;
use crate::process::{MIGRATIONS, create_folder};
use oracle::{Fault, Tally};
use sites::Sites;
use world::DAY;

store::sql! {
    VISITED = "soak.visited", "SELECT id, error FROM source WHERE polled_at = $1";
    NEXT = "soak.next", "SELECT min(next_poll_at) FROM source WHERE state = 'active'";
    /// Sources that somebody has claimed and not visited: nobody plans a visit so soon.
    CLAIMED = "soak.claimed", "SELECT count(*) FROM source WHERE next_poll_at > $1 AND next_poll_at < $2";
}

/// Visits that are due within this time are made together.
const TOGETHER: Duration = Duration::from_secs(1_800);
/// In a year of killed processes more are due in each, so that most of these end in the middle of visits.
const TOGETHER_KILLED: Duration = Duration::from_secs(6 * 3_600);
/// A claim that was not followed by a visit is over by then, and no visit is planned before.
const CLAIM_MAX: Duration = Duration::from_secs(140);
const MONTH: Duration = Duration::from_secs(365 * 86_400 / 12);
/// A visit under way that takes longer in real time has stalled.
const STALLED: Duration = Duration::from_secs(60);
const FAULTS_TOLD: usize = 5;

/// What it came to.
#[derive(Debug, Default, Serialize)]
struct Verdict {
    sources: u32,
    days: f64,
    days_wanted: u32,
    seconds: f64,
    visits: u64,
    failed: u64,
    /// Of whole documents that were stored.
    entries: u64,
    stops: u32,
    kills: u32,
    /// Visits that were under way when it was killed.
    interrupted: u64,
    #[serde(flatten)]
    tally: Tally,
    faults: Vec<Fault>,
}

pub async fn run(config: &Config, args: &SoakYear) -> Result<()> {
    let start: Timestamp = "2026-01-05T00:00:00Z".parse().context("the first day")?;
    let clock = Clock::manual(start);
    let sites = Sites::start(args.sources, args.seed, args.eventful, &clock).await?;
    let mut trial = Trial::new(config, sites, clock, args).await?;
    let (begun, end) = (Instant::now(), start + DAY * args.days);
    let together = if args.processes { TOGETHER_KILLED } else { TOGETHER };
    let mut month = start + MONTH;
    let mut stop = trial.next_stop();
    while trial.clock.now() < end && begun.elapsed() < Duration::from_secs(args.seconds) {
        trial.sweep().await?;
        let now = trial.clock.now();
        if now >= month {
            month = now + MONTH;
            trial.check().await?;
        }
        if !trial.verdict.faults.is_empty() {
            break;
        }
        if now >= stop {
            trial.pass(DAY.mul_f64(0.3 + 4.0 * trial.dice.unit())).await?;
            trial.reopen().await?;
            trial.verdict.stops += 1;
            stop = trial.next_stop();
        } else {
            let next = trial.life.store.read_fresh().one(&NEXT, params![]).await?.get::<Option<Timestamp>>(0)?;
            trial.pass(next.unwrap_or(end).since(now).max(together)).await?;
        }
    }
    if trial.verdict.faults.is_empty() {
        trial.check().await?;
    }
    let mut verdict = trial.verdict;
    trial.life.store.close().await;
    (verdict.sources, verdict.days_wanted) = (args.sources, args.days);
    verdict.days = trial.clock.now().min(end).since(start).as_secs_f64() / DAY.as_secs_f64();
    verdict.seconds = begun.elapsed().as_secs_f64();
    say_json(&verdict)
}

struct Trial {
    config: Config,
    clock: Clock,
    sites: Sites,
    dice: Rng,
    life: Life,
    lives: u64,
    seed: u64,
    killed: u64,
    processes: bool,
    /// The sites of sources.
    numbers: HashMap<i64, u32>,
    verdict: Verdict,
}

/// The product from one start to the next end.
struct Life {
    desk: Desk,
    store: Store,
}

impl Trial {
    async fn new(config: &Config, sites: Sites, clock: Clock, args: &SoakYear) -> Result<Trial> {
        let config = prepared(config, sites.count(), sites.port())?;
        let seed = args.seed;
        let life = Life::begin(&config, &clock, seed).await?;
        desk::pipelines::ensure_default(&life.desk).await?;
        let mut numbers = HashMap::new();
        for number in 0..sites.count() {
            let new = NewSource { url: sites.url(number), ..NewSource::default() };
            let source = sources::create(&life.desk, &Actor::system(), new).await?;
            numbers.insert(source.id.to_i64(), number);
        }
        let (dice, verdict) = (Rng::seeded(seed), Verdict::default());
        let (killed, processes) = (args.killed, args.processes);
        Ok(Trial { config, clock, sites, dice, life, lives: 0, seed, killed, processes, numbers, verdict })
    }

    /// Visits all that is due, or dies in the middle of it; then sees what was stored.
    async fn sweep(&mut self) -> Result<()> {
        let now = self.clock.now();
        if self.dice.below(self.killed) > 0 {
            sweep_all(&self.life.desk).await?;
        } else {
            self.verdict.kills += 1;
            if self.processes {
                self.kill().await?
            } else {
                self.drop().await?
            }
            let claimed = self.life.store.read_fresh().one(&CLAIMED, params![now, now + CLAIM_MAX]).await?;
            self.verdict.interrupted += claimed.get::<i64>(0)?.unsigned_abs();
        }
        for row in self.life.store.read_fresh().all(&VISITED, params![now]).await? {
            let Some(number) = self.numbers.get(&row.get(0)?).copied() else { continue };
            let failure: Option<String> = row.get(1)?;
            self.verdict.visits += 1;
            self.verdict.failed += u64::from(failure.is_some());
            let entries = oracle::stored(&mut self.sites.site(number), now, failure.as_deref());
            match entries {
                Ok(entries) => self.verdict.entries += entries as u64,
                Err(why) => {
                    let story = vec![format!("{now}: {why}")];
                    self.verdict.faults.push(Fault { kind: "refused", source: number, story });
                }
            }
        }
        Ok(())
    }

    /// The desk ends with visits under way.
    async fn drop(&mut self) -> Result<()> {
        let visits = Tasks::default();
        items::look(&self.life.desk, &visits).await?;
        tokio::time::sleep(Duration::from_micros(self.dice.below(20_000))).await;
        visits.shutdown(Duration::ZERO).await;
        self.reopen().await
    }

    /// So does a whole process.
    async fn kill(&mut self) -> Result<()> {
        self.life.store.close().await;
        let program = std::env::current_exe().context("finding this program")?;
        let mut child = Command::new(program)
            .args(["soak", "sweep", "--at", &self.clock.now().micros().to_string()])
            .args(["--port", &self.sites.port().to_string(), "--sources", &self.sites.count().to_string()])
            .args(["--seed", &self.dice.next_u64().to_string()])
            .arg("--data")
            .arg(&self.config.data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a sweep")?;
        let mut out = child.stdout.take().context("the sweep's output")?;
        let begun = tokio::task::block_in_place(|| out.read_exact(&mut [0]));
        if begun.is_ok() {
            tokio::time::sleep(Duration::from_micros(self.dice.below(60_000))).await;
        }
        child.kill().context("killing a sweep")?;
        child.wait().context("waiting for the end of a sweep")?;
        begun.context("a sweep did not begin")?;
        self.reopen().await
    }

    async fn pass(&mut self, time: Duration) -> Result<()> {
        self.clock.advance(time);
        self.life.desk.hosts.advance(time);
        self.sites.advance().await
    }

    async fn reopen(&mut self) -> Result<()> {
        self.life.store.close().await;
        self.lives += 1;
        self.life = Life::begin(&self.config, &self.clock, self.seed.wrapping_add(self.lives)).await?;
        Ok(())
    }

    /// The product stops for some days every month or so.
    fn next_stop(&self) -> Timestamp {
        self.clock.now() + DAY.mul_f64(10.0 + 50.0 * self.dice.unit())
    }

    async fn check(&mut self) -> Result<()> {
        let mut tally = oracle::check(&self.life.store, &self.sites, &self.numbers).await?;
        self.verdict.faults.extend(std::mem::take(&mut tally.faults).into_iter().take(FAULTS_TOLD));
        self.verdict.tally = tally;
        Ok(())
    }
}

/// One sweep in a process of its own, which says when it begins.
pub async fn sweep(config: &Config, args: &SoakSweep) -> Result<()> {
    let clock = Clock::manual(Timestamp::from_micros(args.at));
    let life = Life::begin(&prepared(config, args.sources, args.port)?, &clock, args.seed).await?;
    say("sweeping")?;
    sweep_all(&life.desk).await?;
    life.store.close().await;
    Ok(())
}

/// The same for all who work on the year's data.
fn prepared(config: &Config, sources: u32, port: u16) -> Result<Config> {
    let mut config = config.clone();
    create_folder(&config.data)?;
    config.connect.allow.extend((0..sources).map(|n| sites::address(n, port).to_string()));
    config.connect.host_delay_ms = 0;
    // No machine loses its power here.
    config.store.synchronous = Synchronous::Normal;
    Ok(config)
}

/// Visits all that is due.
async fn sweep_all(desk: &Desk) -> Result<()> {
    loop {
        let visits = Tasks::default();
        let more = items::look(desk, &visits).await?;
        ensure!(visits.shutdown(STALLED).await == 0, "visits have stalled");
        if !more {
            return Ok(());
        }
    }
}

impl Life {
    /// Opens what the last life has left.
    async fn begin(config: &Config, clock: &Clock, seed: u64) -> Result<Life> {
        let rng = Rng::seeded(seed);
        let store = Store::open(&config.data, &config.store, MIGRATIONS, clock.clone()).await?;
        let queue =
            queue::Queue::open(&store, config.queue.clone(), clock.clone(), rng.clone(), queue::Place::Alone).await?;
        let desk = Desk::new(Parts {
            store: store.clone(),
            queue,
            settings: config.desk.clone(),
            client: connect::Client::new(&config.connect, clock.clone(), rng.clone()),
            llm: config.llm.clone(),
            hosts: connect::Hosts::new(&config.connect),
            limits: config.connect.limits(),
            sealer: guard::Sealer::new([7; 32]),
            cache: cache::Cache::new(&config.cache, clock.clone()),
            weights: config.score.clone(),
            public_url: None,
            clock: clock.clone(),
            rng,
        });
        Ok(Life { desk, store })
    }
}
