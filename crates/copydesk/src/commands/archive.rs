//! `backup`, `restore` and `migrate`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use store::Store;
use store::archive::{self, Table};

use super::say;
use crate::config::Config;
use crate::process::{MIGRATIONS, Mode, Process};

/// What an archive holds, in an order that satisfies references. Node registrations are of the moment
/// and the full-text index is made anew.
fn tables() -> Vec<Table> {
    let names = queue::TABLES.iter().chain(desk::TABLES);
    names.map(|name| Table { name, skip_columns: if *name == "event" { &["xid"] } else { &[] } }).collect()
}

pub async fn backup(config: &Config, file: &Path) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    // Written under another name until it is whole: half an archive must not look like one.
    let draft = file.with_extension("part");
    if file.exists() {
        bail!("{} exists; give the name of a file that does not", file.display());
    }
    let out = std::fs::File::create(&draft).with_context(|| format!("creating {}", draft.display()))?;
    let dumped = archive::dump(&process.desk.store, &tables(), out).await;
    let summary = match dumped {
        Ok(summary) => summary,
        Err(error) => {
            let _ = std::fs::remove_file(&draft);
            return Err(error).with_context(|| format!("writing {}", file.display()));
        }
    };
    std::fs::File::open(&draft)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("writing {}", draft.display()))?;
    std::fs::rename(&draft, file).with_context(|| format!("naming {}", file.display()))?;
    say(format!("{} rows in {}", summary.rows(), file.display()))?;
    process.close_beside().await
}

pub async fn restore(config: &Config, file: &Path) -> Result<()> {
    let input = std::fs::File::open(file).with_context(|| format!("opening {}", file.display()))?;
    crate::process::create_folder(&config.data)?;
    // The store alone: joining the queue would write into a database that must be empty.
    let store = Store::open(&config.data, &config.store, MIGRATIONS, stdx::Clock::system())
        .await
        .context("opening the database")?;
    let loaded = archive::load(&store, &tables(), input).await;
    store.close().await;
    let summary = loaded.with_context(|| format!("restoring {}", file.display()))?;
    let process = Process::open(config, Mode::Serve).await?;
    let pages = desk::pages::reindex(&process.desk).await?;
    let posts = desk::posts::reindex(&process.desk).await?;
    let sealed =
        desk::providers::stored(&process.desk, &desk::people::Actor::system()).await?.iter().any(|p| p.has_key);
    process.close(std::time::Duration::from_secs(5)).await;
    if sealed {
        say(
            "stored provider keys open only with the secret.key of the desk the archive came from; copy it here or set them anew",
        )?;
    }
    say(format!("{} rows restored; {pages} pages and {posts} posts indexed for search", summary.rows()))
}

pub async fn migrate(config: &Config, only_check: bool) -> Result<()> {
    let pending =
        store::pending(&config.data, &config.store, MIGRATIONS).await.context("reading the schema's state")?;
    for step in &pending {
        say(format!("{}/{:04} {}", step.set, step.version, step.name))?;
    }
    if pending.is_empty() {
        return say("the schema is current");
    }
    if only_check {
        bail!("{} migrations are to be applied", pending.len());
    }
    let store = Store::open(&config.data, &config.store, MIGRATIONS, stdx::Clock::system()).await?;
    store.close().await;
    say(format!("{} migrations applied", pending.len()))
}
