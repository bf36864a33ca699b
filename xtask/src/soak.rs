//! Long, random, repeatable trials of the real binary.

mod damage;
mod fuzz;
mod kill;
mod product;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::suite::Suite;

pub use fuzz::{Plan as FuzzPlan, fuzz};
pub use kill::{Plan as KillPlan, kill};

pub fn run(mut args: Args) -> Result<ExitCode> {
    let which = args.word();
    let seconds = args.option("--seconds", 60)?;
    let seed = args.option("--seed", 1)?;
    let verdict = match which.as_deref() {
        Some("kill") => {
            let kills = args.option("--kills", u32::MAX)?;
            args.finish()?;
            kill(&Suite::build()?.copydesk, &KillPlan { seconds, seed, kills })
        }
        Some("fuzz") => {
            args.finish()?;
            fuzz(&Suite::build()?.copydesk, &FuzzPlan { seconds, seed })
        }
        _ => bail!("the soaks are kill and fuzz"),
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
