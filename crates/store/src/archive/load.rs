//! From an archive into a database.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use stdx::Timestamp;

use super::{
    FORMAT, Footer, Head, Header, Shape, Summary, Table, adapted, from_json, migrations, places, quoted, refuse,
};
use crate::migration::hex;
use crate::{Engine, Error, Store, Tx, Value};

/// A longer line is refused: no row of ours is near it, and it would be held in memory.
const LINE_BYTES_MAX: u64 = 256 << 20;
/// Rows that are written at once end at this many bytes of lines or at this number.
const BATCH_BYTES: usize = 1 << 20;
const BATCH_ROWS: usize = 1_000;

/// Loads an archive into `tables`, all of it or nothing. The database must be migrated and empty.
/// `input` is read from within the transaction; on SQLite other writers wait meanwhile.
///
/// # Errors
/// [`Error::Archive`] if the archive is cut off or altered, was made by a newer version, holds a table
/// or a column that is not there, or if the database is not empty.
pub async fn load(store: &Store, tables: &[Table], input: impl Read + Send + 'static) -> Result<Summary, Error> {
    let tables = tables.to_vec();
    let input: Arc<Mutex<Option<Box<dyn Read + Send>>>> = Arc::new(Mutex::new(Some(Box::new(input))));
    let loaded = store
        .write(move |tx| {
            Box::pin(async move {
                // What has been read cannot be read again, so a second run is the same as a conflict.
                let input = input.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(Error::Conflict)?;
                run(tx, &tables, input).await
            })
        })
        .await;
    match loaded {
        Err(Error::Constraint { name }) => Err(refuse(format!("its rows do not fit: constraint {name} refused one"))),
        other => other,
    }
}

async fn run(tx: &mut Tx, tables: &[Table], input: Box<dyn Read + Send>) -> Result<Summary, Error> {
    for table in tables {
        Shape::read(tx, table).await?;
        if !tx.text_rows(&format!("SELECT 1 FROM {} LIMIT 1", table.name), Vec::new()).await?.is_empty() {
            return Err(refuse(format!("the database is not empty: the table {} has rows", table.name)));
        }
    }
    // For rows that refer to later rows of their own table.
    let deferred =
        if tx.engine() == Engine::Sqlite { "PRAGMA defer_foreign_keys = on" } else { "SET CONSTRAINTS ALL DEFERRED" };
    tx.text_batch(deferred, vec![Vec::new()]).await?;

    let mut lines = Lines::new(input)?;
    let header: Header = lines.parsed()?;
    check(&header, &migrations(tx).await?)?;
    let mut loaded: Vec<(String, u64)> = Vec::new();
    let mut target: Option<Target> = None;
    loop {
        let before = hex(&lines.hash.clone().finalize());
        let line = lines.next()?;
        if line.starts_with(b"[") {
            let target = target.as_mut().ok_or_else(|| refuse("a row stands before its table"))?;
            target.add(tx, line).await?;
            continue;
        }
        if let Some(mut done) = target.take() {
            done.flush(tx).await?;
            loaded.push((done.table.to_owned(), done.count));
        }
        if let Ok(head) = serde_json::from_slice::<Head>(line) {
            target = Some(Target::new(tx, tables, &head, &loaded).await?);
            continue;
        }
        let footer: Footer = parse(line)?;
        if footer.sha256 != before || footer.rows != loaded {
            return Err(refuse("it was altered: its checksum or its counts do not match"));
        }
        lines.nothing_follows()?;
        break;
    }
    if tx.engine() == Engine::Postgres {
        for (table, _) in &loaded {
            rebase(tx, table).await?;
        }
    }
    Ok(Summary { made_at: Timestamp::from_micros(header.made_at_us), tables: loaded, bytes: lines.bytes })
}

fn check(header: &Header, known: &[(String, u32)]) -> Result<(), Error> {
    if header.format != FORMAT {
        return Err(refuse(format!("its format is {}, this version reads {FORMAT}", header.format)));
    }
    match header.migrations.iter().find(|migration| !known.contains(migration)) {
        Some((set, version)) => {
            Err(refuse(format!("it was made by a newer version: the migration {set}/{version} is not known here")))
        }
        None => Ok(()),
    }
}

/// The next value of an identity column follows the largest that was loaded.
async fn rebase(tx: &mut Tx, table: &str) -> Result<(), Error> {
    let text = "SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 \
        AND NOT a.attisdropped AND pg_get_serial_sequence($1, a.attname) IS NOT NULL";
    for row in tx.text_rows(text, crate::params![table]).await? {
        let column: String = row.get(0)?;
        let name = quoted([&column]);
        let text =
            format!("SELECT setval(pg_get_serial_sequence($1, $2), max({name})) FROM {table} HAVING max({name}) > 0");
        tx.text_rows(&text, crate::params![table, column]).await?;
    }
    Ok(())
}

/// The table that is being loaded.
struct Target {
    table: &'static str,
    text: String,
    columns: usize,
    rows: Vec<Vec<Value>>,
    bytes: usize,
    count: u64,
}

impl Target {
    async fn new(tx: &mut Tx, tables: &[Table], head: &Head, loaded: &[(String, u64)]) -> Result<Self, Error> {
        let table = tables.iter().find(|table| table.name == head.table);
        let table = table.ok_or_else(|| refuse(format!("it holds a table {:?} that is not known here", head.table)))?;
        if loaded.iter().any(|(name, _)| *name == head.table) {
            return Err(refuse(format!("it holds the table {} twice", table.name)));
        }
        let shape = Shape::read(tx, table).await?;
        if let Some(unknown) = head.columns.iter().find(|column| !shape.columns.contains(column)) {
            return Err(refuse(format!("it holds a column {unknown:?} of {} that is not known here", table.name)));
        }
        let columns = head.columns.len();
        let overriding = if tx.engine() == Engine::Postgres { "OVERRIDING SYSTEM VALUE " } else { "" };
        let text =
            format!("INSERT INTO {} ({}) {overriding}VALUES ({})", table.name, quoted(&head.columns), places(columns));
        Ok(Target { table: table.name, text: adapted(tx, &text), columns, rows: Vec::new(), bytes: 0, count: 0 })
    }

    async fn add(&mut self, tx: &mut Tx, line: &[u8]) -> Result<(), Error> {
        let values: Vec<Json> = parse(line)?;
        let row: Option<Vec<Value>> = values.into_iter().map(from_json).collect();
        let row = row.filter(|row| row.len() == self.columns);
        self.rows.push(row.ok_or_else(|| refuse(format!("row {} of {} is malformed", self.count + 1, self.table)))?);
        self.bytes += line.len();
        self.count += 1;
        if self.bytes >= BATCH_BYTES || self.rows.len() >= BATCH_ROWS { self.flush(tx).await } else { Ok(()) }
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<(), Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() { Ok(()) } else { tx.text_batch(&self.text, rows).await.map(|_| ()) }
    }
}

/// Unpacks, hashes and counts lines.
struct Lines {
    input: BufReader<zstd::stream::read::Decoder<'static, BufReader<Box<dyn Read + Send>>>>,
    line: Vec<u8>,
    hash: Sha256,
    bytes: u64,
}

impl Lines {
    fn new(input: Box<dyn Read + Send>) -> Result<Self, Error> {
        let input = BufReader::new(zstd::stream::read::Decoder::new(input)?);
        Ok(Lines { input, line: Vec::new(), hash: Sha256::new(), bytes: 0 })
    }

    /// The next line, which has to be there and to be whole.
    fn next(&mut self) -> Result<&[u8], Error> {
        self.line.clear();
        let read = (&mut self.input).take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line);
        read.map_err(|e| refuse(format!("it is cut off, damaged or no archive: {e}")))?;
        if self.line.last() != Some(&b'\n') {
            return Err(refuse("it is cut off"));
        }
        self.hash.update(&self.line);
        self.bytes += self.line.len() as u64;
        Ok(&self.line)
    }

    fn parsed<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        parse(self.next()?)
    }

    fn nothing_follows(&mut self) -> Result<(), Error> {
        match self.input.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err(refuse("something follows after its end")),
            Err(e) => Err(refuse(format!("its end is damaged: {e}"))),
        }
    }
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(line).map_err(|e| refuse(format!("a line is malformed: {e}")))
}
