//! `kill -9` for the queue alone: processes that add and run jobs are ended in the middle of it, again and
//! again; afterwards the history is compared with what they had written down.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use stdx::Rng;

use super::kill::{Plan, tail};
use crate::postgres::Postgres;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn read(text: &str) -> Result<Engine> {
        match text {
            "sqlite" => Ok(Engine::Sqlite),
            "postgres" => Ok(Engine::Postgres),
            _ => bail!("{text} is no engine of the queue: sqlite or postgres"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }

    /// An SQLite folder belongs to one process.
    fn workers(self) -> usize {
        match self {
            Engine::Sqlite => 1,
            Engine::Postgres => 3,
        }
    }
}

/// From the moment a process is killed until another one runs its job again. The product promises 20 s at a
/// silence of 15 s to a job that is hit once; here the silence is 3 s, and some jobs are hit again and again.
const AGAIN_LIMIT: Duration = Duration::from_secs(20);
/// The same for those of the last kills, which nothing disturbs any more.
const CALM_LIMIT: Duration = Duration::from_secs(10);
const START_LIMIT: Duration = Duration::from_secs(30);
const SETTLE_S: u64 = 180;
/// The server is restarted after so many kills.
const RESTART_EVERY: u32 = 40;

/// Commits wait for the log, since the server is ended without notice; the disk itself is trusted.
const SETTINGS: &[&str] = &["max_connections=300", "shared_buffers=64MB", "fsync=off", "full_page_writes=off"];

pub fn kill(copydesk: &Path, plan: &Plan, engine: Engine) -> Result<String> {
    let scratch = Scratch::new("soak-queue")?;
    let mut server = match engine {
        Engine::Postgres => Some(Postgres::start_with(SETTINGS)?),
        Engine::Sqlite => None,
    };
    let trial = Trial {
        copydesk,
        folder: scratch.path().to_owned(),
        url: server.as_ref().map(Postgres::url),
        dice: Rng::seeded(plan.seed),
    };
    match trial.run(plan, engine, server.as_mut()) {
        Ok(note) => Ok(note),
        Err(error) => {
            println!("{}", tail(&fs::read_to_string(trial.log()).unwrap_or_default(), 40));
            let again = format!(
                "cargo xtask soak kill --engine {} --seconds {} --seed {}",
                engine.name(),
                plan.seconds,
                plan.seed
            );
            Err(error.context(format!("diaries and log are kept in {}; again with: {again}", scratch.keep().display())))
        }
    }
}

struct Trial<'a> {
    copydesk: &'a Path,
    folder: PathBuf,
    url: Option<String>,
    dice: Rng,
}

/// One worker process and the diary that only it writes.
struct Life {
    process: Owned,
    diary: PathBuf,
    /// It ends itself in the middle of a job.
    is_doomed: bool,
    since: Instant,
}

impl Trial<'_> {
    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn diaries(&self) -> PathBuf {
        self.folder.join("diaries")
    }

    fn command(&self, words: &[&str]) -> Result<Command> {
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = Command::new(self.copydesk);
        command
            .args(words)
            .arg("--data")
            .arg(self.folder.join("data"))
            .args(self.url.iter().flat_map(|url| ["--database-url", url]))
            .env("COPYDESK_QUEUE__HEARTBEAT_S", "1")
            .env("COPYDESK_QUEUE__SILENCE_S", "3")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stderr(log);
        Ok(command)
    }

    /// Half of the lives are killed from outside at any moment, half end themselves in a job: before their work
    /// is acknowledged, or just about then.
    fn start(&self, number: u32) -> Result<Life> {
        let diary = self.diaries().join(number.to_string());
        let mut command = self.command(&["soak", "work"])?;
        command.arg(&diary).args(["--seed", &self.dice.next_u64().to_string(), "--rate", "60"]);
        let is_doomed = self.dice.below(2) == 0;
        if is_doomed {
            command.args(["--die-at-run", &(1 + self.dice.below(60)).to_string()]);
            command.args(["--die-after-us", &self.dice.below(4_000).to_string()]);
        }
        let process = Owned(command.stdout(Stdio::null()).spawn().context("starting a worker")?);
        Ok(Life { process, diary, is_doomed, since: Instant::now() })
    }

    fn run(&self, plan: &Plan, engine: Engine, mut server: Option<&mut Postgres>) -> Result<String> {
        fs::create_dir_all(self.diaries())?;
        let begun = Instant::now();
        let (mut number, mut kills, mut restarts) = (0, 0u32, 0u32);
        let mut restarted: Option<Instant> = None;
        let mut deaths: HashMap<PathBuf, i64> = HashMap::new();
        let mut lives: Vec<Life> = Vec::new();
        while kills < plan.kills && begun.elapsed() < Duration::from_secs(plan.seconds) {
            while lives.len() < engine.workers() {
                number += 1;
                lives.push(self.start(number)?);
            }
            std::thread::sleep(Duration::from_millis(self.dice.below(200)));
            let which = self.dice.below(lives.len() as u64) as usize;
            let life = &mut lives[which];
            let has_begun = fs::metadata(&life.diary).is_ok_and(|file| file.len() > 0);
            if let Some(status) = life.process.0.try_wait()? {
                // It may have met the restart while it was getting up.
                let is_excused = restarted.is_some_and(|at| at.elapsed() < Duration::from_secs(10));
                if !is_excused && (!life.is_doomed || status.code().is_some()) {
                    bail!("a worker ended by itself with {status}");
                }
            } else if !has_begun && life.since.elapsed() > START_LIMIT {
                bail!("a worker did nothing for {} s", START_LIMIT.as_secs());
            } else if !has_begun && self.dice.below(20) > 0 {
                // Only now and then in the middle of its start.
                continue;
            } else if life.is_doomed && has_begun && life.since.elapsed() < Duration::from_secs(5) {
                continue;
            }
            let mut life = lives.swap_remove(which);
            // An error means that it has ended already.
            let _ = life.process.0.kill();
            life.process.0.wait()?;
            deaths.insert(life.diary, now_us());
            kills += 1;
            if let Some(server) = server.as_mut().filter(|_| kills % RESTART_EVERY == 0) {
                server.restart().context("restarting the server")?;
                restarts += 1;
                restarted = Some(Instant::now());
            }
        }
        for mut life in lives {
            life.process.0.kill()?;
            life.process.0.wait()?;
            deaths.insert(life.diary, now_us());
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!("{}: {kills} kills and {restarts} restarts of the server in {seconds:.0} s", engine.name());
        let verdict = self.settle()?;
        println!("{}: {verdict}", engine.name());
        check(&verdict)?;
        let calm = calm(&read_diaries(&self.diaries())?, &deaths);
        if calm > CALM_LIMIT {
            bail!("a job of the last processes ran again {:.1} s after they were killed", calm.as_secs_f64());
        }
        let again = runs_again(&read_diaries(&self.diaries())?, &deaths);
        if let Some(longest) = again.once.last().filter(|longest| **longest > AGAIN_LIMIT) {
            bail!("a job that was hit once ran again after {:.1} s", longest.as_secs_f64());
        }
        Ok(format!(
            "{}: {kills} kills in {seconds:.0} s, {} jobs, 0 lost, 0 done twice; begun again: hit once {}; hit several times {}",
            engine.name(),
            verdict["completed"],
            spread(&again.once),
            spread(&again.often)
        ))
    }

    fn settle(&self) -> Result<Value> {
        let out = self.folder.join("out");
        let mut command = self.command(&["soak", "settle"])?;
        command.arg(self.diaries()).args(["--seconds", &SETTLE_S.to_string()]);
        let mut process = Owned(command.stdout(fs::File::create(&out)?).spawn().context("starting the last worker")?);
        match run::wait_at_most(&mut process.0, Duration::from_secs(SETTLE_S + 60))? {
            Some(status) if status.success() => {}
            Some(status) => bail!("the last worker ended with {status}"),
            None => bail!("the last worker did not come to an end"),
        }
        serde_json::from_str(&fs::read_to_string(&out)?).context("reading what the last worker says")
    }
}

/// Nothing lost, nothing done twice, nothing left behind.
fn check(verdict: &Value) -> Result<()> {
    if verdict["added"].as_u64().unwrap_or(0) == 0 {
        bail!("no job was added, so nothing was proved");
    }
    let lost = verdict["lost"].as_array().context("the verdict names no lost jobs, not even none")?;
    if !lost.is_empty() {
        bail!("{} jobs are lost: {lost:?}", lost.len());
    }
    for what in ["doubled", "left", "dead", "leaked"] {
        match verdict[what].as_i64() {
            Some(0) => {}
            other => bail!("{what} is {other:?} and not 0: {verdict}"),
        }
    }
    Ok(())
}

/// A line of a diary: a run that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Begun {
    diary: PathBuf,
    /// Processes that had died with the job in hand since its last end.
    rescues: u32,
    at_us: i64,
}

/// The runs of each job, by all diaries.
fn read_diaries(folder: &Path) -> Result<HashMap<String, Vec<Begun>>> {
    let mut runs: HashMap<String, Vec<Begun>> = HashMap::new();
    for entry in fs::read_dir(folder)? {
        let diary = entry?.path();
        for line in fs::read_to_string(&diary)?.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            // A line may be cut by the death of its writer.
            if let ["s", id, _, rescues, at] = words[..]
                && let (Ok(rescues), Ok(at_us)) = (rescues.parse(), at.parse())
            {
                runs.entry(id.to_owned()).or_default().push(Begun { diary: diary.clone(), rescues, at_us });
            }
        }
    }
    runs.values_mut().for_each(|runs| runs.sort_by_key(|run| run.at_us));
    Ok(runs)
}

/// How long jobs that were cut off by a kill waited for their next run, each list in rising order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Again {
    once: Vec<Duration>,
    /// Whoever had it next was killed too before it could begin, perhaps again and again.
    often: Vec<Duration>,
}

/// For each run that was cut off by the death of its process and begun again in another one: the time from the
/// kill to that. A run that had failed by itself before the kill was not cut off: its rescues were forgotten.
fn runs_again(runs: &HashMap<String, Vec<Begun>>, deaths: &HashMap<PathBuf, i64>) -> Again {
    let mut again = Again::default();
    for pair in runs.values().flat_map(|runs| runs.windows(2)) {
        let (cut, next) = (&pair[0], &pair[1]);
        let Some(death) = deaths.get(&cut.diary).filter(|death| cut.diary != next.diary && next.at_us > **death) else {
            continue;
        };
        let time = Duration::from_micros((next.at_us - death).unsigned_abs());
        match next.rescues.saturating_sub(cut.rescues) {
            0 => {}
            1 => again.once.push(time),
            _ => again.often.push(time),
        }
    }
    again.once.sort();
    again.often.sort();
    again
}

/// `812: 3.1 s (median), 4.0 s (99 of 100), 4.2 s at most`, of times in rising order.
fn spread(times: &[Duration]) -> String {
    let Some(longest) = times.last() else { return "0".to_owned() };
    let part = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)].as_secs_f64();
    format!(
        "{}: {:.1} s (median), {:.1} s (99 of 100), {:.1} s at most",
        times.len(),
        part(0.5),
        part(0.99),
        longest.as_secs_f64()
    )
}

/// The longest of those times for jobs that were running when the last processes were killed, from the moment
/// at which the one that settles could begin.
fn calm(runs: &HashMap<String, Vec<Begun>>, deaths: &HashMap<PathBuf, i64>) -> Duration {
    let settled = |run: &Begun| run.diary.ends_with("settle");
    let first = runs.values().flatten().filter(|run| settled(run)).map(|run| run.at_us).min().unwrap_or_default();
    let last = deaths.values().max().copied().unwrap_or_default();
    let cut = runs.values().flat_map(|runs| runs.windows(2)).filter(|pair| !settled(&pair[0]) && settled(&pair[1]));
    let cut = cut.filter(|pair| deaths.get(&pair[0].diary).is_some_and(|death| last - death < 100_000));
    let longest = cut.map(|pair| pair[1].at_us - first.max(last)).max().unwrap_or_default();
    Duration::from_micros(u64::try_from(longest).unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "compared with what other processes of this machine have written down")]
fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

#[cfg(test)]
mod tests;
