//! `cargo xtask test`: the steps of CI in order, each timed, with a table at the end.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::bench;
use crate::memcached::Memcached;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::suite::Suite;
use crate::{console, deny, need, run, soak, tidy};

pub struct Options {
    pub install: bool,
    /// Names of steps; all when empty.
    pub only: Vec<String>,
}

struct Step {
    name: &'static str,
    what: &'static str,
    /// Does the step; the text goes into the last column of the table.
    run: fn(&mut Stage) -> Result<String>,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", what: "the code is formatted", run: fmt },
    Step { name: "tidy", what: "the house rules", run: house_rules },
    Step { name: "deny", what: "licences, bans and sources of dependencies", run: dependencies },
    Step { name: "build", what: "one dev build for all that follows, and no warning in any target", run: build },
    Step { name: "sqlite", what: "all tests, on SQLite", run: sqlite },
    Step { name: "postgres", what: "the same tests on PostgreSQL, with Redis and Memcached beside it", run: postgres },
    Step { name: "console", what: "the console's types, tests, build and weight", run: console },
    Step { name: "browser", what: "the site and the rendered desk in Chromium", run: browser },
    Step { name: "journeys", what: "every screen of the console in Chromium", run: journeys },
    Step { name: "conformance", what: "the public suite of HTTP caching", run: conformance },
    Step { name: "kill", what: "kill -9 at random moments", run: kill },
    Step { name: "queue", what: "kill -9 of the queue's workers, and a held snapshot", run: queue },
    Step { name: "year", what: "a simulated season of sources, on its own clock", run: year },
    Step { name: "fuzz", what: "known and new bad input", run: fuzz },
];

/// The crates whose tests speak to a database or a cache server.
const ON_SERVERS: &[&str] = &["store", "cache", "queue", "desk", "web", "copydesk"];

pub fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

pub fn run(options: &Options) -> Result<ExitCode> {
    if let Some(unknown) = options.only.iter().find(|name| !names().contains(&name.as_str())) {
        bail!("no step is named {unknown:?}; the steps are {}", names().join(", "));
    }
    let steps: Vec<&Step> =
        STEPS.iter().filter(|s| options.only.is_empty() || options.only.iter().any(|name| name == s.name)).collect();
    let start = Instant::now();
    need::ensure(&steps.iter().map(|step| step.name).collect::<Vec<_>>(), options.install)?;

    // Who only wants a test is not made to wait for the lints.
    let lints = steps.iter().any(|step| step.name == "build");
    let mut stage = Stage { suite: None, lints, install: options.install };
    let mut done = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        println!("\n== {} ({} of {}): {}", step.name, n + 1, steps.len(), step.what);
        let begun = Instant::now();
        let outcome = (step.run)(&mut stage);
        match &outcome {
            Ok(note) => println!("== {} passed in {}{}", step.name, seconds(begun.elapsed()), after(note)),
            Err(error) => println!("== {} FAILED after {}: {error:#}", step.name, seconds(begun.elapsed())),
        }
        done.push((step.name, begun.elapsed(), outcome));
    }
    Ok(close(&done, start.elapsed()))
}

/// What the steps share.
struct Stage {
    /// Built by the first step that asks; a failure is remembered, so that it is not tried again.
    suite: Option<Result<Suite, String>>,
    /// Whether a warning ends the build.
    lints: bool,
    /// Whether what is missing may be installed.
    install: bool,
}

impl Stage {
    fn suite(&mut self) -> Result<&Suite> {
        let build = if self.lints { Suite::build_linted } else { Suite::build };
        let suite = self.suite.get_or_insert_with(|| build().map_err(|error| format!("{error:#}")));
        suite.as_ref().map_err(|error| anyhow!("there is no build to test: {error}"))
    }
}

fn fmt(_: &mut Stage) -> Result<String> {
    run::run_cargo(&["fmt", "--all", "--check"])?;
    Ok(String::new())
}

fn house_rules(_: &mut Stage) -> Result<String> {
    let findings = tidy::check(&run::root())?;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() { Ok(String::new()) } else { bail!("{} house rules broken", findings.len()) }
}

fn dependencies(_: &mut Stage) -> Result<String> {
    let packages = deny::check(&run::root())?;
    Ok(format!("{packages} packages"))
}

fn build(stage: &mut Stage) -> Result<String> {
    stage.suite()?;
    Ok(String::new())
}

fn sqlite(stage: &mut Stage) -> Result<String> {
    tests(stage.suite()?, &[], None, &BTreeMap::new())
}

fn postgres(stage: &mut Stage) -> Result<String> {
    let suite = stage.suite()?;
    let server = Postgres::start()?;
    let (redis, memcached) = (Redis::start()?, Memcached::start()?);
    let env = BTreeMap::from([
        ("COPYDESK_TEST_POSTGRES", server.url()),
        ("COPYDESK_TEST_REDIS", redis.url()),
        ("COPYDESK_TEST_MEMCACHED", memcached.address()),
        // For tests that must be able to kill one.
        ("COPYDESK_TEST_REDIS_SERVER", path("redis-server")?),
        ("COPYDESK_TEST_MEMCACHED_SERVER", path("memcached")?),
    ]);
    tests(suite, ON_SERVERS, None, &env)
}

fn console(stage: &mut Stage) -> Result<String> {
    console::check(stage.install)
}

fn journeys(stage: &mut Stage) -> Result<String> {
    let install = stage.install;
    console::journeys(install, &stage.suite()?.copydesk)
}

fn browser(stage: &mut Stage) -> Result<String> {
    let env = BTreeMap::from([
        ("COPYDESK_TEST_CHROMEDRIVER", path("chromedriver")?),
        ("COPYDESK_TEST_CHROMIUM", path("chromium")?),
    ]);
    tests(stage.suite()?, &["copydesk"], Some("browser::"), &env)
}

fn conformance(stage: &mut Stage) -> Result<String> {
    bench::conformance(&stage.suite()?.copydesk)
}

fn kill(stage: &mut Stage) -> Result<String> {
    let copydesk = &stage.suite()?.copydesk;
    let product = soak::kill(copydesk, &soak::KillPlan { seconds: 45, seed: 1, kills: u32::MAX })?;
    Ok(format!("{product}; sweeps: {}", soak::kill_sweeps(copydesk, 15, 1)?))
}

fn queue(stage: &mut Stage) -> Result<String> {
    let copydesk = &stage.suite()?.copydesk;
    let plan = soak::KillPlan { seconds: 20, seed: 1, kills: u32::MAX };
    let sqlite = soak::kill_queue(copydesk, &plan, soak::Engine::Sqlite)?;
    let postgres = soak::kill_queue(copydesk, &plan, soak::Engine::Postgres)?;
    let held = soak::snapshot(copydesk, &soak::SnapshotPlan { seconds: 30, rate: 500 })?;
    Ok(format!("{sqlite}; {postgres}; {held}"))
}

fn year(stage: &mut Stage) -> Result<String> {
    let plan = soak::YearPlan { sources: 20, days: 45, seconds: 120, seed: 1, eventful: 4, whole: true, killed: None };
    soak::year(&stage.suite()?.copydesk, &plan)
}

fn fuzz(stage: &mut Stage) -> Result<String> {
    soak::fuzz(&stage.suite()?.copydesk, &soak::FuzzPlan { seconds: 30, seed: 1 })
}

fn path(program: &str) -> Result<String> {
    Ok(need::find(program).with_context(|| format!("{program} is not on this machine"))?.display().to_string())
}

fn tests(suite: &Suite, packages: &[&str], filter: Option<&str>, env: &BTreeMap<&str, String>) -> Result<String> {
    Ok(format!("{} tests", suite.run(packages, filter, env)?))
}

/// Prints the table and the closing line.
fn close(done: &[(&'static str, Duration, Result<String>)], total: Duration) -> ExitCode {
    println!();
    for (name, time, outcome) in done {
        let (state, note) = match outcome {
            Ok(note) => ("passed", note.clone()),
            Err(error) => ("FAILED", format!("{error:#}").lines().next().unwrap_or_default().to_owned()),
        };
        println!("{name:<10} {:>9}  {state}{}", seconds(*time), after(&note));
    }
    let failed: Vec<&str> = done.iter().filter(|(_, _, outcome)| outcome.is_err()).map(|(name, ..)| *name).collect();
    if failed.is_empty() {
        println!("\ncargo xtask test: all {} steps passed in {}", done.len(), seconds(total));
        ExitCode::SUCCESS
    } else {
        println!(
            "\ncargo xtask test: {} of {} steps FAILED in {}: {}",
            failed.len(),
            done.len(),
            seconds(total),
            failed.join(", ")
        );
        ExitCode::FAILURE
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn after(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!("  ({note})") }
}
