//! Forward migrations in pairs, checksummed, applied in one transaction.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use stdx::Timestamp;

use crate::{Engine, Error, Row, Settings, lite, postgres};

/// The migrations of one crate, in order.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    pub name: &'static str,
    pub list: &'static [Migration],
}

/// One step of the schema, the same for both engines. Never changed once it was released.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub version: u32,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// A migration that the database has not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outstanding {
    pub set: &'static str,
    pub version: u32,
    pub name: &'static str,
}

/// The migrations that opening the store would apply. Changes nothing, also when there is no database yet.
///
/// # Errors
/// [`Error::Migration`] as for opening it.
pub async fn pending(folder: &Path, settings: &Settings, sets: &[MigrationSet]) -> Result<Vec<Outstanding>, Error> {
    let (engine, applied) = match &settings.url {
        Some(_) => (Engine::Postgres, postgres::applied(settings).await?),
        None => (Engine::Sqlite, lite::applied(folder)?),
    };
    let steps = plan(engine, &applied, sets)?;
    Ok(steps.iter().map(|s| Outstanding { set: s.set, version: s.migration.version, name: s.migration.name }).collect())
}

/// A row of `schema_migration`.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub set: String,
    pub version: u32,
    pub checksum: String,
}

/// A migration to be run, with what is recorded about it.
#[derive(Debug)]
pub(crate) struct Step {
    pub set: &'static str,
    pub migration: &'static Migration,
    pub text: &'static str,
    pub checksum: String,
}

pub(crate) const CREATE_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    set_name TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL,
    PRIMARY KEY (set_name, version)) STRICT, WITHOUT ROWID";
pub(crate) const CREATE_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    set_name TEXT COLLATE \"C\" NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL,
    PRIMARY KEY (set_name, version))";
pub(crate) const APPLIED: &str = "SELECT set_name, version, checksum FROM schema_migration ORDER BY set_name, version";
pub(crate) const RECORD: &str =
    "INSERT INTO schema_migration (set_name, version, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)";

impl Applied {
    pub fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Applied { set: row.get(0)?, version: row.get(1)?, checksum: row.get(2)? })
    }
}

impl Step {
    pub fn record(&self, now: Timestamp) -> Vec<crate::Value> {
        crate::params![self.set, self.migration.version, self.migration.name, self.checksum, now]
    }

    pub fn failed(&self, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Migration {
            set: self.set.to_owned(),
            version: self.migration.version,
            reason: format!("applying {:?} failed", self.migration.name),
            cause: Some(Arc::new(cause)),
        }
    }
}

/// What is left to do, after a look at what was done.
pub(crate) fn plan(engine: Engine, applied: &[Applied], sets: &[MigrationSet]) -> Result<Vec<Step>, Error> {
    let refuse = |set: &str, version: u32, reason: &str| {
        Err(Error::Migration { set: set.to_owned(), version, reason: reason.to_owned(), cause: None })
    };
    let mut steps = Vec::new();
    for set in sets {
        let mut last = 0;
        for migration in set.list {
            if migration.version <= last {
                return refuse(set.name, migration.version, "versions must rise from 1");
            }
            last = migration.version;
            let text = if engine == Engine::Sqlite { migration.sqlite } else { migration.postgres };
            let checksum = hex(&Sha256::digest(text.as_bytes()));
            match applied.iter().find(|a| a.set == set.name && a.version == migration.version) {
                Some(done) if done.checksum == checksum => {}
                Some(_) => {
                    return refuse(
                        set.name,
                        migration.version,
                        "its text was changed after it had been applied to this database",
                    );
                }
                None => steps.push(Step { set: set.name, migration, text, checksum }),
            }
        }
    }
    for done in applied {
        let known = sets.iter().any(|set| set.name == done.set && set.list.iter().any(|m| m.version == done.version));
        if !known {
            return refuse(
                &done.set,
                done.version,
                "the database was made by a newer version of the program, which knows this migration",
            );
        }
        let late = steps.iter().find(|s| s.set == done.set && s.migration.version < done.version);
        if let Some(late) = late {
            return refuse(late.set, late.migration.version, "a later migration of its set was already applied");
        }
    }
    Ok(steps)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
