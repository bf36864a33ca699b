//! What a closure or a reader holds: statements in, rows out.
//!
//! Whatever awaits a driver is boxed: its futures are deep, and every caller's would hold them, for the compiler too.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::slow::SlowLog;
use crate::statement::{self, Ready};
use crate::{BoxFuture, Engine, Error, Row, Statement, Value, lite, postgres};

/// Runs statements, on a transaction or by themselves.
pub struct Conn {
    link: Link,
    /// The first failure of the engine in this transaction, which must then not be committed.
    failed: Option<Error>,
    slow: Arc<SlowLog>,
}

/// How a connection reaches its database.
pub(crate) enum Link {
    /// On the thread that owns this SQLite connection.
    Lite(lite::Session),
    /// Any of SQLite's reader threads.
    LiteReaders(Arc<lite::Readers>),
    /// One PostgreSQL connection, held.
    Postgres(postgres::Session),
    /// Any connection of PostgreSQL's read pools to a server that is as fresh as this.
    PostgresPool(Arc<postgres::Pools>, postgres::Freshness),
}

impl Conn {
    pub(crate) fn new(link: Link, slow: Arc<SlowLog>) -> Self {
        Conn { link, failed: None, slow }
    }

    /// All rows. The statement has a LIMIT unless its table is small.
    pub async fn all(&mut self, s: &'static Statement, p: Vec<Value>) -> Result<Vec<Row>, Error> {
        let ready = statement::ready(s);
        self.rows(&ready, p, usize::MAX).await
    }

    /// At most one row.
    ///
    /// # Errors
    /// [`Error::TooManyRows`] if there are more.
    pub async fn opt(&mut self, s: &'static Statement, p: Vec<Value>) -> Result<Option<Row>, Error> {
        let ready = statement::ready(s);
        let mut rows = self.rows(&ready, p, 2).await?;
        if rows.len() > 1 { Err(Error::TooManyRows { statement: s.name }) } else { Ok(rows.pop()) }
    }

    /// Exactly one row.
    ///
    /// # Errors
    /// [`Error::NoRow`] or [`Error::TooManyRows`].
    pub async fn one(&mut self, s: &'static Statement, p: Vec<Value>) -> Result<Row, Error> {
        self.opt(s, p).await?.ok_or(Error::NoRow { statement: s.name })
    }

    pub fn engine(&self) -> Engine {
        match &self.link {
            Link::Lite(_) | Link::LiteReaders(_) => Engine::Sqlite,
            Link::Postgres(_) | Link::PostgresPool(..) => Engine::Postgres,
        }
    }

    /// Stops after `max` rows.
    fn rows<'a>(&'a mut self, s: &'a Arc<Ready>, p: Vec<Value>, max: usize) -> BoxFuture<'a, Result<Vec<Row>, Error>> {
        Box::pin(async move {
            self.allows(&p)?;
            let start = Instant::now();
            // Where a connection has to be waited for, the time of the statement alone is told apart.
            let timed = |rows| (start.elapsed(), rows);
            let result = match &mut self.link {
                Link::Lite(session) => session.rows(&s.sqlite, &p, max).map(timed),
                Link::LiteReaders(readers) => {
                    let s = Arc::clone(s);
                    readers
                        .run(move |session| {
                            let start = Instant::now();
                            session.rows(&s.sqlite, &p, max).map(|rows| (start.elapsed(), rows))
                        })
                        .await
                }
                Link::Postgres(session) => session.rows(&s.postgres, &p).await.map(timed),
                Link::PostgresPool(pools, how) => pools.rows(*how, &s.postgres, &p).await,
            };
            let time = result.as_ref().map_or_else(|_| start.elapsed(), |(time, _)| *time);
            self.measure(s, time, &result, |(_, rows)| rows.len() as u64);
            self.note(result.map(|(_, rows)| rows))
        })
    }

    /// Counts a statement that took `time`.
    fn measure<T>(&self, s: &Arc<Ready>, time: Duration, result: &Result<T, Error>, rows: impl FnOnce(&T) -> u64) {
        s.count(time, result);
        self.slow.note(s, time, result.as_ref().ok().map(rows));
    }

    /// Rows of a text that is made at run time, in the engine's own dialect.
    pub(crate) fn text_rows<'a>(&'a mut self, text: &'a str, p: Vec<Value>) -> BoxFuture<'a, Result<Vec<Row>, Error>> {
        Box::pin(async move {
            self.allows(&p)?;
            let result = match &mut self.link {
                Link::Lite(session) => session.rows(text, &p, usize::MAX),
                Link::LiteReaders(readers) => {
                    let text = text.to_owned();
                    readers.run(move |session| session.rows(&text, &p, usize::MAX)).await
                }
                Link::Postgres(session) => session.rows(text, &p).await,
                Link::PostgresPool(pools, how) => pools.rows(*how, text, &p).await.map(|(_, rows)| rows),
            };
            self.note(result)
        })
    }

    /// Writes with a text that is made at run time, in the engine's own dialect.
    pub(crate) async fn text_batch(&mut self, text: &str, rows: Vec<Vec<Value>>) -> Result<u64, Error> {
        let copy = statement::copy_of(text);
        self.many(text, copy.as_deref(), &rows).await
    }

    /// Writes many rows; with `copy` at hand by that statement, where it is faster.
    fn many<'a>(
        &'a mut self,
        text: &'a str,
        copy: Option<&'a str>,
        rows: &'a [Vec<Value>],
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            rows.iter().try_for_each(|p| self.allows(p))?;
            let result = match &mut self.link {
                Link::Lite(session) => session.batch(text, rows),
                Link::Postgres(session) => session.batch(text, copy, rows).await,
                Link::LiteReaders(_) | Link::PostgresPool(..) => Err(Error::sql("a reader cannot write")),
            };
            self.note(result)
        })
    }

    pub(crate) fn lite(&mut self) -> Option<&mut lite::Session> {
        match &mut self.link {
            Link::Lite(session) => Some(session),
            _ => None,
        }
    }

    pub(crate) fn postgres(&mut self) -> Option<&mut postgres::Session> {
        match &mut self.link {
            Link::Postgres(session) => Some(session),
            _ => None,
        }
    }

    pub(crate) fn into_link(self) -> Link {
        self.link
    }

    /// The failure that forbids a commit, if there was one since the last call.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failed.take()
    }

    /// Whether a statement with `p` may be sent at all.
    fn allows(&self, p: &[Value]) -> Result<(), Error> {
        // After a failure PostgreSQL refuses every statement of the transaction. SQLite would go on, and
        // if it had to give up the transaction, what follows would be applied outside of it.
        if let Some(e) = &self.failed {
            return Err(e.clone());
        }
        let bad = p.iter().position(|v| matches!(v, Value::Text(text) if text.contains('\0')));
        bad.map_or(Ok(()), |i| Err(Error::ZeroByte { parameter: i + 1 }))
    }

    fn note<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let (Err(e), Link::Lite(_) | Link::Postgres(_)) = (&result, &self.link) {
            self.failed = Some(e.clone());
        }
        result
    }
}

/// Reads outside of a transaction: each statement sees the newest committed state.
pub struct Reader(pub(crate) Conn);

impl Deref for Reader {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// A transaction that writes.
pub struct Tx {
    conn: Conn,
    hooks: Vec<Hook>,
}

impl Tx {
    pub(crate) fn new(link: Link, slow: Arc<SlowLog>) -> Self {
        Tx { conn: Conn::new(link, slow), hooks: Vec::new() }
    }

    /// Runs a statement that changes rows; says how many.
    pub fn exec<'a>(&'a mut self, s: &'static Statement, p: Vec<Value>) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            self.conn.allows(&p)?;
            let (ready, start) = (statement::ready(s), Instant::now());
            let result = match &mut self.conn.link {
                Link::Lite(session) => session.exec(&ready.sqlite, &p),
                Link::Postgres(session) => session.exec(&ready.postgres, &p).await,
                Link::LiteReaders(_) | Link::PostgresPool(..) => Err(Error::sql("a reader cannot write")),
            };
            self.conn.measure(&ready, start.elapsed(), &result, |n| *n);
            self.conn.note(result)
        })
    }

    /// Runs one statement for many rows of parameters; says how many rows changed in all.
    ///
    /// A plain `INSERT INTO t (a, b) VALUES ($1, $2)`, with its columns in the order of the parameters and
    /// nothing behind it, is the fastest: on PostgreSQL 16 rows and more are sent by a binary COPY.
    /// Other statements are sent one behind the other without waiting for the answers in between.
    pub async fn batch(&mut self, s: &'static Statement, rows: Vec<Vec<Value>>) -> Result<u64, Error> {
        let (ready, start) = (statement::ready(s), Instant::now());
        let text = if self.engine() == Engine::Sqlite { &ready.sqlite } else { &ready.postgres };
        let result = self.conn.many(text, ready.copy.as_deref(), &rows).await;
        self.conn.measure(&ready, start.elapsed(), &result, |n| *n);
        result
    }

    /// Has `f` run once after COMMIT and before the caller is answered; dropped if the transaction is
    /// rolled back. It must be quick: on SQLite every writer waits for it. On PostgreSQL it does not run
    /// if the caller gives up while the server commits, so it may hasten work but not be the only cause of it.
    pub fn after_commit(&mut self, f: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(f));
    }

    pub fn engine(&self) -> Engine {
        self.conn.engine()
    }

    pub(crate) fn into_link(self) -> Link {
        self.conn.link
    }

    pub(crate) fn take_hooks(&mut self) -> Vec<Hook> {
        std::mem::take(&mut self.hooks)
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

/// Runs the hooks of a committed transaction; the commit stands whatever they do.
pub(crate) fn run_hooks(hooks: Vec<Hook>) {
    for hook in hooks {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(hook)).is_err() {
            tracing::error!("a hook panicked after its transaction was committed");
        }
    }
}
