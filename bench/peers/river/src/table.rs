//! One table for all states, with River's columns and indexes.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};

/// The database and what SQLite puts beside it.
pub const FILES: [&str; 3] = ["river.db", "river.db-wal", "river.db-shm"];

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4096;
    CREATE TABLE IF NOT EXISTS river_job (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        args          BLOB    NOT NULL DEFAULT '{}',
        attempt       INTEGER NOT NULL DEFAULT 0,
        attempted_at  TIMESTAMP,
        attempted_by  BLOB,
        created_at    TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        errors        BLOB,
        finalized_at  TIMESTAMP,
        kind          TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 127),
        max_attempts  INTEGER NOT NULL CHECK (max_attempts > 0),
        metadata      BLOB    NOT NULL DEFAULT (json('{}')),
        priority      INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 4),
        queue         TEXT    NOT NULL DEFAULT 'default' CHECK (length(queue) BETWEEN 1 AND 127),
        state         TEXT    NOT NULL DEFAULT 'available'
                      CHECK (state IN ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled')),
        scheduled_at  TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        tags          BLOB    NOT NULL DEFAULT (json('[]')),
        unique_key    BLOB,
        unique_states INTEGER,
        CHECK ((finalized_at IS NULL) = (state NOT IN ('cancelled', 'completed', 'discarded')))
    );
    CREATE INDEX IF NOT EXISTS river_job_kind ON river_job (kind);
    CREATE INDEX IF NOT EXISTS river_job_finalized ON river_job (state, finalized_at) WHERE finalized_at IS NOT NULL;
    CREATE INDEX IF NOT EXISTS river_job_fetching ON river_job (state, queue, priority, scheduled_at, id);
    CREATE UNIQUE INDEX IF NOT EXISTS river_job_unique ON river_job (unique_key) WHERE unique_key IS NOT NULL;
";

const INSERT: &str = "INSERT INTO river_job (args, kind, max_attempts, priority, queue, scheduled_at, created_at)
    VALUES (?1, 'noop', 25, 1, 'default', strftime('%Y-%m-%d %H:%M:%f', 'now'), strftime('%Y-%m-%d %H:%M:%f', 'now'))";

const CLAIM: &str = "UPDATE river_job
    SET state = 'running', attempt = attempt + 1, attempted_at = strftime('%Y-%m-%d %H:%M:%f', 'now'),
        attempted_by = json_insert(coalesce(attempted_by, '[]'), '$[#]', 'bench')
    WHERE id IN (SELECT id FROM river_job
        WHERE state = 'available' AND queue = 'default' AND scheduled_at <= strftime('%Y-%m-%d %H:%M:%f', 'now')
        ORDER BY priority, scheduled_at, id LIMIT ?1)
    RETURNING id, args";

const COMPLETE: &str = "UPDATE river_job SET state = 'completed', finalized_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
    WHERE state = 'running' AND id IN (SELECT value FROM json_each(?1))";

pub struct Table(Connection);

pub struct Claimed {
    pub id: i64,
    pub args: Vec<u8>,
}

impl Table {
    pub fn open(folder: &Path) -> rusqlite::Result<Table> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(folder.join(FILES[0]), flags)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Table(connection))
    }

    pub fn insert(&mut self, i: usize, t: u64) -> rusqlite::Result<()> {
        self.0.prepare_cached(INSERT)?.execute(params![args(i, t)]).map(|_| ())
    }

    /// In one transaction.
    pub fn insert_many(&mut self, all: &[usize], t: u64) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for &i in all {
                insert.execute(params![args(i, t)])?;
            }
        }
        transaction.commit()
    }

    pub fn claim(&mut self, most: usize) -> rusqlite::Result<Vec<Claimed>> {
        let mut claim = self.0.prepare_cached(CLAIM)?;
        let rows = claim.query_map(params![most as i64], |row| Ok(Claimed { id: row.get(0)?, args: row.get(1)? }))?;
        rows.collect()
    }

    pub fn complete(&mut self, ids: &[i64]) -> rusqlite::Result<()> {
        let list: Vec<String> = ids.iter().map(i64::to_string).collect();
        let done = self.0.prepare_cached(COMPLETE)?.execute(params![format!("[{}]", list.join(","))])?;
        assert_eq!(done, ids.len(), "every claimed job is completed");
        Ok(())
    }
}

fn args(i: usize, t: u64) -> Vec<u8> {
    format!("{{\"i\":{i},\"t\":{t}}}").into_bytes()
}
