//! One PostgreSQL connection, held for a statement or a transaction.

use std::pin::pin;
use std::sync::Arc;

use deadpool_postgres::Object;
use futures_util::TryStreamExt;
use futures_util::future::{join, try_join_all};
use tokio_postgres::types::ToSql;

use super::copy;
use super::pool::Source;
use crate::{BoxFuture, Error, Row, Value};

/// Rows of a batch that are on their way at once.
const PIPELINED: usize = 256;
/// From so many rows on a COPY, which takes a round trip more, is faster.
const COPY_ROWS_MIN: usize = 16;

/// Dropped with a transaction open it closes the connection, so that the pool never hands out one
/// with somebody else's transaction.
pub(crate) struct Session {
    client: Option<Object>,
    /// Where another connection comes from, if this one turns out to be dead.
    source: Arc<Source>,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// No transaction.
    Plain,
    /// This text begins one and is sent together with its first statement.
    Owed(&'static str),
    Open,
}

/// Runs `$work` on the client `$client`.
///
/// If a BEGIN is owed, both are sent in one go. A connection on which not even that came through is
/// replaced once: nothing has been committed, and the caller has seen nothing yet. (Should only the BEGIN
/// fail, as when somebody cancels that very statement, `$work` has run by itself; the caller gets the
/// error all the same.)
macro_rules! run {
    ($self:ident, $client:ident => $work:expr) => {
        if let State::Owed(how) = $self.state {
            // Before the first poll: a future dropped half-way may have begun it.
            $self.state = State::Open;
            let $client = $self.client()?;
            match join(begin($client, how), $work).await {
                (Ok(()), result) => result,
                (Err(Error::Unavailable(_)), _) => {
                    $self.replace().await?;
                    let $client = $self.client()?;
                    match join(begin($client, how), $work).await {
                        (Ok(()), result) => result,
                        (Err(e), _) => Err(e),
                    }
                }
                (Err(e), _) => Err(e),
            }
        } else {
            let $client = $self.client()?;
            $work.await
        }
    };
}

impl Session {
    pub async fn take(source: &Arc<Source>) -> Result<Self, Error> {
        Ok(Session { client: Some(source.get().await?), source: Arc::clone(source), state: State::Plain })
    }

    /// Has a transaction begin with the next statement.
    pub fn begin(&mut self, how: &'static str) {
        self.state = State::Owed(how);
    }

    pub async fn commit(&mut self) -> Result<(), Error> {
        if matches!(self.state, State::Open) {
            self.client()?.batch_execute("COMMIT").await?;
        }
        self.state = State::Plain;
        Ok(())
    }

    /// Commits and asks `text`, one number, right behind it. `None` if there was nothing to commit.
    pub async fn commit_and_ask(&mut self, text: &str) -> Result<Option<Result<u64, Error>>, Error> {
        if !matches!(self.state, State::Open) {
            self.state = State::Plain;
            return Ok(None);
        }
        let client = self.client()?;
        let (done, answer) = join(client.batch_execute("COMMIT"), rows(client, text, &[])).await;
        done?;
        self.state = State::Plain;
        let number = |rows: Vec<Row>| rows.first().ok_or(Error::NoRow { statement: "commit" })?.get(0);
        Ok(Some(answer.and_then(number)))
    }

    /// A connection that cannot even do this is closed.
    pub fn roll_back<'a>(&'a mut self) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let ended = match (self.state, &self.client) {
                (State::Open, Some(client)) => client.batch_execute("ROLLBACK").await.is_ok(),
                (State::Open, None) => false,
                _ => true,
            };
            if ended {
                self.state = State::Plain;
            }
        })
    }

    pub async fn rows(&mut self, text: &str, p: &[Value]) -> Result<Vec<Row>, Error> {
        let source = Arc::clone(&self.source);
        let _running = source.meter.running();
        run!(self, client => rows(client, text, p))
    }

    pub async fn exec(&mut self, text: &str, p: &[Value]) -> Result<u64, Error> {
        let source = Arc::clone(&self.source);
        let _running = source.meter.running();
        run!(self, client => exec(client, text, p))
    }

    /// Runs `text` for each of `rows`; `copy` does the same for many of them.
    pub async fn batch(&mut self, text: &str, copy: Option<&str>, rows: &[Vec<Value>]) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let copy = copy.filter(|_| rows.len() >= COPY_ROWS_MIN);
        let source = Arc::clone(&self.source);
        let _running = source.meter.running();
        run!(self, client => batch(client, text, copy, rows))
    }

    /// Runs a script of several statements.
    pub async fn script(&mut self, text: &str) -> Result<(), Error> {
        run!(self, client => begin(client, text))
    }

    /// The plan of `text` for parameters that are not known. Within a transaction.
    pub async fn explain(&mut self, text: &str) -> Result<Vec<String>, Error> {
        self.script("SET LOCAL plan_cache_mode = force_generic_plan").await?;
        let parameters = self.client()?.prepare(text).await?.params().len();
        self.script(&format!("PREPARE explained AS {text}")).await?;
        let nulls = vec!["NULL"; parameters].join(", ");
        let call = if parameters == 0 { "explained".to_owned() } else { format!("explained({nulls})") };
        let rows = self.rows(&format!("EXPLAIN EXECUTE {call}"), &[]).await;
        self.script("DEALLOCATE explained").await?;
        rows?.iter().map(|row| row.get(0)).collect()
    }

    fn client(&self) -> Result<&Object, Error> {
        self.client.as_ref().ok_or(Error::Closed)
    }

    async fn replace(&mut self) -> Result<(), Error> {
        drop(self.client.take().map(Object::take));
        self.client = Some(self.source.get().await?);
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if matches!(self.state, State::Open)
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

async fn begin(client: &Object, how: &str) -> Result<(), Error> {
    Ok(client.batch_execute(how).await?)
}

async fn rows(client: &Object, text: &str, p: &[Value]) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(text).await?;
    count(statement.params().len(), p)?;
    let rows = client.query_raw(&statement, p.iter().map(|v| v as &(dyn ToSql + Sync))).await?;
    let mut rows = pin!(rows);
    let mut out = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let mut values = Vec::with_capacity(row.len());
        for i in 0..row.len() {
            values.push(row.try_get::<_, Value>(i)?);
        }
        out.push(Row(values));
    }
    Ok(out)
}

async fn exec(client: &Object, text: &str, p: &[Value]) -> Result<u64, Error> {
    let statement = client.prepare_cached(text).await?;
    count(statement.params().len(), p)?;
    Ok(client.execute_raw(&statement, p.iter().map(|v| v as &(dyn ToSql + Sync))).await?)
}

async fn batch(client: &Object, text: &str, copy: Option<&str>, rows: &[Vec<Value>]) -> Result<u64, Error> {
    let statement = client.prepare_cached(text).await?;
    for p in rows {
        count(statement.params().len(), p)?;
    }
    if let Some(copy) = copy
        && let Some(forms) = copy::forms(statement.params())
    {
        return copy::send(client, copy, &forms, rows).await;
    }
    let mut sum = 0;
    for part in rows.chunks(PIPELINED) {
        // Sent without waiting for the answers in between.
        let sent = part.iter().map(|p| client.execute_raw(&statement, p));
        sum += try_join_all(sent).await?.into_iter().sum::<u64>();
    }
    Ok(sum)
}

fn count(wanted: usize, p: &[Value]) -> Result<(), Error> {
    if wanted == p.len() {
        return Ok(());
    }
    Err(Error::sql(format!("the statement takes {wanted} parameters, not {}", p.len())))
}
