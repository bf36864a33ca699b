//! Where a benchmark keeps its jobs: a schema of its own on PostgreSQL, a folder of its own on SQLite. What
//! else is in the database is neither read nor changed.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use stdx::Clock;
use stdx::config::Secret;
use store::{Statement, Store, params};

use super::is_ours;
use crate::config::Config;
use crate::process::{Mode, Process, create_folder};

store::sql! {
    DROP = "bench.drop", sqlite "SELECT 1", postgres "DROP SCHEMA IF EXISTS copydesk_bench CASCADE";
    MAKE = "bench.make", sqlite "SELECT 1", postgres "CREATE SCHEMA copydesk_bench";
}

/// The file that marks an SQLite folder as the benchmark's own, which may be emptied.
pub const MARK: &str = "copydesk-bench";
/// The schema of PostgreSQL that [`DROP`] and [`MAKE`] are about.
const SCHEMA: &str = "copydesk_bench";

pub struct Place {
    /// With the concurrency asked for; the rest as it is configured.
    config: Config,
    /// The server as it was given, without our schema.
    server: Option<String>,
    /// Nobody has named the folder: it goes away with the run.
    temporary: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // One left behind in the temporary folder harms nobody.
            let _ = std::fs::remove_dir_all(&self.config.data);
        }
    }
}

impl Place {
    pub fn choose(config: &Config, url: Option<&str>, concurrency: u32) -> Result<Place> {
        let mut config = config.clone();
        config.queue.workers_min = concurrency;
        config.queue.workers_max = concurrency;
        // Also beside PostgreSQL a process has a folder, for its secret key.
        config.data = std::env::temp_dir().join(format!("copydesk-bench-queue-{}", std::process::id()));
        config.secret_key_file = None;
        config.store.url = None;
        let folder = url.and_then(|url| url.strip_prefix("sqlite:"));
        if let Some(folder) = folder {
            config.data = PathBuf::from(folder);
        }
        let server = if folder.is_none() { url.map(str::to_owned) } else { None };
        if let Some(server) = &server {
            ensure!(!server.contains("options="), "--url must not carry options: the benchmark sets its own schema");
            config.store.url = Some(Secret::new(with_path(server, SCHEMA)));
        }
        Ok(Place { config, server, temporary: folder.is_none() })
    }

    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// The product's own process on this place.
    pub async fn open(&self) -> Result<Process> {
        create_folder(&self.config.data)?;
        std::fs::write(self.config.data.join(MARK), "made by `copydesk bench queue`; may be removed\n")?;
        Process::open(&self.config, Mode::Serve).await
    }

    /// Makes it as if nothing had ever been there.
    pub async fn prepare(&self) -> Result<()> {
        self.clear().await?;
        self.change(&MAKE).await.context("making the schema copydesk_bench")
    }

    /// Removes all that the benchmark has made.
    pub async fn clear(&self) -> Result<()> {
        let folder = &self.config.data;
        let ours = is_ours(folder);
        ensure!(ours, "{} holds something else; name a folder that is new or of an earlier run", folder.display());
        if folder.exists() {
            std::fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
        }
        self.change(&DROP).await.context("removing the schema copydesk_bench")
    }

    /// Runs a statement on the server, where no table is looked for: what the database holds besides must not matter.
    async fn change(&self, statement: &'static Statement) -> Result<()> {
        let Some(server) = &self.server else { return Ok(()) };
        let mut settings = self.config.store.clone();
        settings.url = Some(Secret::new(with_path(server, "pg_temp")));
        let store = Store::open_beside(&self.config.data, &settings, &[], Clock::system()).await?;
        let done: Result<u64, store::Error> =
            store.write(move |tx| Box::pin(async move { tx.exec(statement, params![]).await })).await;
        store.close().await;
        done?;
        Ok(())
    }
}

/// The address with the schema in which unqualified names are looked for.
fn with_path(server: &str, schema: &str) -> String {
    let sign = if server.contains('?') { '&' } else { '?' };
    format!("{server}{sign}options=-c%20search_path%3D{schema}")
}
