//! Day partitions of a PostgreSQL table. A day is dropped whole, which costs nothing like deleting its rows.

use crate::conn::Conn;
use crate::{BoxFuture, Engine, Error, Store, Tx};

const DAY_US: i64 = 86_400_000_000;

/// A PostgreSQL table that is partitioned by the range of a column of microseconds since 1970-01-01.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    /// Its days are named after it: `{table}_d{days since 1970-01-01}`.
    pub table: &'static str,
    /// The column that the partitions go by.
    pub column: &'static str,
    /// The default partition, which takes what is of no day.
    pub rest: &'static str,
}

impl Store {
    /// Sees to it that the days `from..=to` (since 1970-01-01) of a table have a partition each and that those
    /// before `keep_from` are gone. A day that already has rows in the default partition stays there. Nothing
    /// to do on SQLite.
    pub async fn keep_days(&self, days: Days, from: i64, to: i64, keep_from: i64) -> Result<(), Error> {
        if self.engine() == Engine::Sqlite {
            return Ok(());
        }
        self.write(move |tx| keep(tx, days, from, to, keep_from)).await
    }
}

fn keep(tx: &mut Tx, days: Days, from: i64, to: i64, keep_from: i64) -> BoxFuture<'_, Result<(), Error>> {
    Box::pin(async move {
        let Days { table, column, rest } = days;
        // One process at a time: a lock of the transaction, so that it cannot outlive a future that is dropped.
        rows(tx, &format!("SELECT pg_advisory_xact_lock(hashtextextended('{table}', 0))")).await?;
        let there = format!(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '{table}'::regclass"
        );
        let there = rows(tx, &there).await?;
        let prefix = format!("{table}_d");
        let there: Vec<i64> =
            there.iter().filter_map(|name| name.strip_prefix(&prefix).and_then(|day| day.parse().ok())).collect();
        for day in (from..=to).filter(|day| !there.contains(day)) {
            let (start, end) = (day * DAY_US, (day + 1) * DAY_US);
            let taken = format!("SELECT 'taken' FROM {rest} WHERE {column} >= {start} AND {column} < {end} LIMIT 1");
            if rows(tx, &taken).await?.is_empty() {
                let create =
                    format!("CREATE TABLE {prefix}{day} PARTITION OF {table} FOR VALUES FROM ({start}) TO ({end})");
                script(tx, &create).await?;
            }
        }
        for day in there.into_iter().filter(|day| *day < keep_from) {
            script(tx, &format!("DROP TABLE {prefix}{day}")).await?;
        }
        Ok(())
    })
}

async fn rows(conn: &mut Conn, text: &str) -> Result<Vec<String>, Error> {
    conn.text_rows(text, Vec::new())
        .await?
        .iter()
        .map(|row| row.get::<Option<String>>(0).map(Option::unwrap_or_default))
        .collect()
}

async fn script(tx: &mut Tx, text: &str) -> Result<(), Error> {
    match tx.postgres() {
        Some(session) => session.script(text).await,
        None => Ok(()),
    }
}
