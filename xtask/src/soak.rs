//! Long, random, repeatable trials of the real binary.

mod fuzz;
mod kill;
mod product;
mod queue;
mod snapshot;
mod year;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::suite::Suite;

pub use fuzz::{Plan as FuzzPlan, fuzz};
pub use kill::{Plan as KillPlan, kill};
pub use queue::{Engine, kill as kill_queue};
pub use snapshot::{Plan as SnapshotPlan, snapshot};
pub use year::{Plan as YearPlan, kill_sweeps, year};

pub fn run(mut args: Args) -> Result<ExitCode> {
    let which = args.word();
    let is_year = which.as_deref() == Some("year");
    let seconds = args.option("--seconds", if is_year { 3_600 } else { 60 })?;
    let seed = args.option("--seed", 1)?;
    let verdict = match which.as_deref() {
        Some("kill") => {
            let kills = args.option("--kills", u32::MAX)?;
            let engine = args.option("--engine", String::new())?;
            args.finish()?;
            kill_all(&KillPlan { seconds, seed, kills }, &engine)
        }
        Some("fuzz") => {
            args.finish()?;
            fuzz(&Suite::build()?.copydesk, &FuzzPlan { seconds, seed })
        }
        Some("snapshot") => {
            let rate = args.option("--rate", 1_000)?;
            args.finish()?;
            snapshot(&Suite::build()?.copydesk, &SnapshotPlan { seconds, rate })
        }
        Some("year") => {
            let (sources, days) = (args.option("--sources", 500)?, args.option("--days", 365)?);
            let killed = Some(args.option("--killed", 0)?).filter(|one_in| *one_in > 0);
            let eventful = args.option("--eventful", 1)?;
            args.finish()?;
            let plan = YearPlan { sources, days, seconds, seed, eventful, whole: false, killed };
            year(&Suite::build()?.copydesk, &plan)
        }
        _ => bail!("the soaks are kill, fuzz, snapshot and year"),
    };
    match verdict {
        Ok(note) => {
            println!("soak passed: {note}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("soak FAILED: {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The queue alone on `engine`; without one half of the time for the whole product, a quarter for sweeps over many
/// sources, the rest for the queue on both.
fn kill_all(plan: &KillPlan, engine: &str) -> Result<String> {
    let copydesk = Suite::build()?.copydesk;
    if !engine.is_empty() {
        return kill_queue(&copydesk, plan, Engine::read(engine)?);
    }
    let part = |seconds: u64| KillPlan { seconds: seconds.max(1), seed: plan.seed, kills: plan.kills };
    let product = kill(&copydesk, &part(plan.seconds / 2))?;
    let sweeps = kill_sweeps(&copydesk, (plan.seconds / 4).max(1), plan.seed)?;
    let sqlite = kill_queue(&copydesk, &part(plan.seconds / 8), Engine::Sqlite)?;
    let postgres = kill_queue(&copydesk, &part(plan.seconds / 8), Engine::Postgres)?;
    Ok(format!("{product}; {sweeps}; {sqlite}; {postgres}"))
}
