//! One PostgreSQL connection, held for a statement or a transaction.

use std::pin::pin;

use deadpool_postgres::Object;
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use tokio_postgres::types::ToSql;

use crate::{Error, Row, Value};

/// Rows of a batch that are on their way at once.
const PIPELINED: usize = 256;

/// Dropped with a transaction open it closes the connection, so that the pool never hands out one
/// with somebody else's transaction.
pub(crate) struct Session {
    client: Option<Object>,
    is_open: bool,
}

impl Session {
    pub fn new(client: Object) -> Self {
        Session { client: Some(client), is_open: false }
    }

    pub async fn begin(&mut self, how: &str) -> Result<(), Error> {
        // Set before: a future dropped half-way may have begun it.
        self.is_open = true;
        self.script(how).await
    }

    pub async fn commit(&mut self) -> Result<(), Error> {
        self.script("COMMIT").await?;
        self.is_open = false;
        Ok(())
    }

    /// A connection that cannot even do this is closed.
    pub async fn roll_back(&mut self) {
        if self.script("ROLLBACK").await.is_ok() {
            self.is_open = false;
        }
    }

    pub async fn rows(&mut self, text: &str, p: &[Value]) -> Result<Vec<Row>, Error> {
        let client = self.client()?;
        let statement = client.prepare_cached(text).await?;
        count(statement.params().len(), p)?;
        let rows = client.query_raw(&statement, p.iter().map(|v| v as &(dyn ToSql + Sync))).await?;
        let mut rows = pin!(rows);
        let mut out = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let values = (0..row.len()).map(|i| row.try_get::<_, Value>(i)).collect::<Result<_, _>>()?;
            out.push(Row(values));
        }
        Ok(out)
    }

    pub async fn exec(&mut self, text: &str, p: &[Value]) -> Result<u64, Error> {
        let client = self.client()?;
        let statement = client.prepare_cached(text).await?;
        count(statement.params().len(), p)?;
        Ok(client.execute_raw(&statement, p.iter().map(|v| v as &(dyn ToSql + Sync))).await?)
    }

    /// The statements are sent without waiting for the answers in between.
    pub async fn batch(&mut self, text: &str, rows: &[Vec<Value>]) -> Result<u64, Error> {
        let client = self.client()?;
        let statement = client.prepare_cached(text).await?;
        let mut sum = 0;
        for part in rows.chunks(PIPELINED) {
            for p in part {
                count(statement.params().len(), p)?;
            }
            let one = |p: &'_ Vec<Value>| {
                let p: Vec<Value> = p.clone();
                let statement = &statement;
                async move { client.execute_raw(statement, &p).await }
            };
            sum += try_join_all(part.iter().map(one)).await?.into_iter().sum::<u64>();
        }
        Ok(sum)
    }

    /// Runs a script of several statements.
    pub async fn script(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.client()?.batch_execute(text).await?)
    }

    /// The plan of `text` for parameters that are not known. Within a transaction.
    pub async fn explain(&mut self, text: &str) -> Result<Vec<String>, Error> {
        let parameters = self.client()?.prepare(text).await?.params().len();
        self.script(&format!("SET LOCAL plan_cache_mode = force_generic_plan; PREPARE explained AS {text}")).await?;
        let nulls = vec!["NULL"; parameters].join(", ");
        let call = if parameters == 0 { "explained".to_owned() } else { format!("explained({nulls})") };
        let rows = self.rows(&format!("EXPLAIN EXECUTE {call}"), &[]).await;
        self.script("DEALLOCATE explained").await?;
        rows?.iter().map(|row| row.get(0)).collect()
    }

    fn client(&self) -> Result<&Object, Error> {
        self.client.as_ref().ok_or(Error::Closed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.is_open
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

fn count(wanted: usize, p: &[Value]) -> Result<(), Error> {
    if wanted == p.len() {
        return Ok(());
    }
    Err(Error::sql(format!("the statement takes {wanted} parameters, not {}", p.len())))
}
