//! `export` and `apply`: the set-up as a file under version control.

use std::path::Path;

use anyhow::{Context as _, Result};
use desk::people::Actor;
use desk::portable::{self, Setup};

use super::{read_input, say};
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn export(config: &Config) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let setup = portable::export(&process.desk, &Actor::system()).await?;
    say(serde_json::to_string_pretty(&setup)?)?;
    process.close_beside().await
}

pub async fn apply(config: &Config, file: &Path) -> Result<()> {
    let bytes = read_input(file)?;
    let setup: Setup =
        serde_json::from_slice(&bytes).with_context(|| format!("reading {} as a set-up", file.display()))?;
    let process = Process::open(config, Mode::Beside).await?;
    desk::pipelines::ensure_default(&process.desk).await?;
    let applied = portable::apply(&process.desk, &Actor::system(), &setup, |name| std::env::var(name).ok()).await?;
    say(format!("{} created, {} updated, {} unchanged", applied.created, applied.updated, applied.unchanged))?;
    process.close_beside().await
}
