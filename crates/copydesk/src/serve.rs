//! `copydesk serve`: the desk itself.

use std::time::Duration;

use anyhow::Result;
use desk::people;

use crate::cli;
use crate::commands::say;
use crate::config::Config;
use crate::process::{Mode, Process};
use crate::server;

pub async fn run(mut config: Config, args: &cli::Serve) -> Result<()> {
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    // First of all: a port that is taken must not leave work that was started behind it.
    let listener = edge::listen::bind(config.listen)?;
    let process = Process::open(&config, Mode::Serve).await?;
    process.start_work().await?;
    let address = server::start(&process, listener);
    let stopped = server::stopped()?;
    say(format!(
        "Copydesk {}: site http://{address}/  console http://{address}/console  API http://{address}/docs",
        env!("CARGO_PKG_VERSION")
    ))?;
    if let Some(key) = people::ensure_admin(&process.desk).await? {
        say(format!("first key (administrator; shown this once): {}", key.reveal()))?;
    }
    stopped.await;
    tracing::info!("stopping; running jobs are finished first");
    process.close(Duration::from_secs(30)).await;
    Ok(())
}
