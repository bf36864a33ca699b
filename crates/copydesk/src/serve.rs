//! `copydesk serve`: the desk itself.

use std::time::Duration;

use anyhow::Result;
use desk::people;

use crate::cli;
use crate::commands::{say, users};
use crate::config::{Config, Origin};
use crate::console;
use crate::process::{Mode, Process};
use crate::server;

pub async fn run(mut config: Config, args: &cli::Serve) -> Result<()> {
    if let Some(listen) = args.listen {
        config.listen = listen;
        config.origins.insert("listen".to_owned(), Origin::Flag);
    }
    let console = console::load(config.console_dir.as_deref())?;
    // First of all: a port that is taken must not leave work that was started behind it.
    let listener = edge::listen::bind(config.listen)?;
    let process = Process::open(&config, Mode::Serve).await?;
    process.start_work().await?;
    let address = server::start(&process, listener, console)?;
    let stopped = server::stopped()?;
    say(format!(
        "Copydesk {}: site http://{address}/  console http://{address}/console  API http://{address}/docs",
        env!("CARGO_PKG_VERSION")
    ))?;
    if let Some(key) = people::ensure_admin(&process.desk).await? {
        say(format!("first key (administrator; shown this once): {}", key.reveal()))?;
        if let Some(ticket) = people::ensure_setup(&process.desk).await? {
            let link = users::link(&config, address, &ticket);
            say(format!("set-up link (the first account; works once, for 7 days): {link}"))?;
        }
    }
    stopped.await;
    tracing::info!("stopping; running jobs are finished first");
    process.close(Duration::from_secs(30)).await;
    Ok(())
}
