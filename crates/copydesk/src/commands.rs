//! What each command of the command line does.

pub mod archive;
pub mod cache;
pub mod cluster;
pub mod cron;
pub mod db;
pub mod doctor;
pub mod edge;
pub mod finetune;
pub mod gateway;
pub mod ground;
pub mod improve;
pub mod inspect;
pub mod items;
pub mod jobs;
mod jsonl;
pub mod keys;
pub mod prompt;
pub mod setup;
pub mod simulate;
pub mod soak;
pub mod sources;
mod table;
pub mod texts;
pub mod users;

use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

/// Every statement of the commands, for the test that prepares them.
#[cfg_attr(not(test), expect(dead_code, reason = "for the test that prepares them"))]
const STATEMENTS: &[&[&store::Statement]] = &[soak::STATEMENTS, soak::year::STATEMENTS, soak::year::oracle::STATEMENTS];

/// Prints a line of the command's answer.
pub fn say(line: impl AsRef<str>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    // A reader that has seen enough (`| head`) is no failure.
    match writeln!(out, "{}", line.as_ref()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.context("writing to standard output"),
    }
}

pub fn say_json(value: &impl Serialize) -> Result<()> {
    say(serde_json::to_string(value)?)
}

/// Tells the user something beside the command's answer, on standard error.
pub fn complain(line: impl AsRef<str>) -> Result<()> {
    writeln!(std::io::stderr().lock(), "{}", line.as_ref()).context("writing to standard error")
}

/// Largest file a command reads into memory.
const FILE_MAX: u64 = 256 << 20;

/// The content of a file, or of standard input for `-`.
pub fn read_input(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_MAX + 1).read_to_end(&mut bytes).context("reading standard input")?;
    } else {
        let open = std::fs::File::open(file).with_context(|| format!("opening {}", file.display()))?;
        anyhow::ensure!(!open.metadata().is_ok_and(|about| about.is_dir()), "{} is a folder", file.display());
        open.take(FILE_MAX + 1).read_to_end(&mut bytes).with_context(|| format!("reading {}", file.display()))?;
    }
    anyhow::ensure!(bytes.len() as u64 <= FILE_MAX, "{} is larger than 256 MiB", file.display());
    Ok(bytes)
}

/// The error that ends a command with exit code 2 and a problem object on standard error.
#[derive(Debug)]
pub struct Refused(pub serde_json::Value);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}
