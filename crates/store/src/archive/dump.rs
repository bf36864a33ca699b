//! From the database into an archive.

use std::io::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};
use stdx::Timestamp;
use tokio::sync::mpsc;

use super::{
    FORMAT, Footer, Head, Header, Shape, Summary, Table, adapted, migrations, places, quoted, refuse, to_json,
};
use crate::migration::hex;
use crate::{Conn, Error, Row, Store, Value};

const LEVEL: i32 = 3;
/// Aim for the size of one page of rows, and of one piece of the file.
const PIECE_BYTES: usize = 1 << 20;
const PAGE_ROWS_MAX: i64 = 2_000;

/// Writes `tables` to `out`, all from one snapshot, in bounded memory: a few MB, or a few times the
/// largest row. Writers are not held up; `out` is written to from the calling task.
///
/// # Errors
/// Those of reading, of `out`, and [`Error::Archive`] for a table that is not there.
pub async fn dump(store: &Store, tables: &[Table], mut out: impl Write + Send) -> Result<Summary, Error> {
    let (pieces, mut inbox) = mpsc::channel::<Vec<u8>>(2);
    let (tables, made_at) = (tables.to_vec(), store.clock.now());
    let read = store.snapshot(move |conn| Box::pin(read(conn, tables, made_at, pieces)));
    // Moved in, so that the reader sees at once when nobody writes any more.
    let write = async move {
        while let Some(piece) = inbox.recv().await {
            out.write_all(&piece)?;
        }
        out.flush()
    };
    let (summary, written) = tokio::join!(read, write);
    written?;
    summary
}

async fn read(
    conn: &mut Conn,
    tables: Vec<Table>,
    made_at: Timestamp,
    pieces: mpsc::Sender<Vec<u8>>,
) -> Result<Summary, Error> {
    let mut lines = Lines::new(pieces)?;
    let engine = conn.engine().name().to_owned();
    lines
        .put(&Header { format: FORMAT, engine, made_at_us: made_at.micros(), migrations: migrations(conn).await? })
        .await?;
    let mut rows = Vec::new();
    for table in &tables {
        rows.push((table.name.to_owned(), read_table(conn, table, &mut lines).await?));
    }
    let footer = Footer { rows, sha256: hex(&lines.hash.clone().finalize()) };
    lines.put(&footer).await?;
    let bytes = lines.end().await?;
    Ok(Summary { made_at, tables: footer.rows, bytes })
}

/// Page by page along the primary key, which both engines do in the same way.
async fn read_table(conn: &mut Conn, table: &Table, lines: &mut Lines) -> Result<u64, Error> {
    let shape = Shape::read(conn, table).await?;
    if shape.key.is_empty() {
        return read_keyless(conn, table, shape, lines).await;
    }
    let keys = quoted(shape.key.iter().map(|&i| &shape.columns[i]));
    let (columns, n) = (quoted(&shape.columns), shape.key.len());
    let first = format!("SELECT {columns} FROM {} ORDER BY {keys} LIMIT $1", table.name);
    let next = format!(
        "SELECT {columns} FROM {} WHERE ({keys}) > ({}) ORDER BY {keys} LIMIT ${}",
        table.name,
        places(n),
        n + 1
    );
    let (first, next) = (adapted(conn, &first), adapted(conn, &next));
    lines.put(&Head { table: table.name.to_owned(), columns: shape.columns }).await?;

    let (mut count, mut limit) = (0, 64i64);
    let mut last: Vec<Value> = Vec::new();
    loop {
        let text = if last.is_empty() { &first } else { &next };
        last.push(Value::Int(limit));
        let page = conn.text_rows(text, last).await?;
        let before = lines.bytes;
        for Row(values) in &page {
            let row: Vec<_> = values.iter().map(to_json).collect();
            lines.put(&row).await?;
        }
        let rows = i64::try_from(page.len()).unwrap_or(i64::MAX);
        count += page.len() as u64;
        let Some(Row(values)) = page.last().filter(|_| rows == limit) else { return Ok(count) };
        last = shape.key.iter().map(|&i| values[i].clone()).collect();
        // As many rows as would have made one piece, but grow slowly: the next rows may be larger.
        let per_row = (lines.bytes - before) / rows.unsigned_abs().max(1);
        let fitting = i64::try_from(PIECE_BYTES as u64 / per_row.max(1)).unwrap_or(PAGE_ROWS_MAX);
        limit = fitting.clamp(1, PAGE_ROWS_MAX.min(limit * 2));
    }
}

/// A table whose rows may be alike: in the order of all columns, through a cursor where there are cursors.
async fn read_keyless(conn: &mut Conn, table: &Table, shape: Shape, lines: &mut Lines) -> Result<u64, Error> {
    let columns = quoted(&shape.columns);
    let select = format!("SELECT {columns} FROM {} ORDER BY {columns}", table.name);
    lines.put(&Head { table: table.name.to_owned(), columns: shape.columns }).await?;
    let cursor = format!("dump_{}", table.name);
    let has_cursor = match conn.postgres() {
        Some(session) => {
            session.script(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {select}")).await.map(|()| true)?
        }
        None => false,
    };
    let mut count = 0;
    loop {
        let page = if has_cursor {
            conn.text_rows(&format!("FETCH {PAGE_ROWS_MAX} FROM {cursor}"), Vec::new()).await?
        } else {
            let text = adapted(conn, &format!("{select} LIMIT $1 OFFSET $2"));
            conn.text_rows(&text, vec![Value::Int(PAGE_ROWS_MAX), Value::Int(count as i64)]).await?
        };
        for Row(values) in &page {
            let row: Vec<_> = values.iter().map(to_json).collect();
            lines.put(&row).await?;
        }
        count += page.len() as u64;
        if (page.len() as i64) < PAGE_ROWS_MAX {
            return Ok(count);
        }
    }
}

/// Hashes, compresses and hands on lines.
struct Lines {
    encoder: zstd::stream::write::Encoder<'static, Vec<u8>>,
    hash: Sha256,
    bytes: u64,
    pieces: mpsc::Sender<Vec<u8>>,
}

impl Lines {
    fn new(pieces: mpsc::Sender<Vec<u8>>) -> Result<Self, Error> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Lines { encoder, hash: Sha256::new(), bytes: 0, pieces })
    }

    async fn put(&mut self, value: &(impl Serialize + Sync)) -> Result<(), Error> {
        let mut line = serde_json::to_vec(value).map_err(|e| refuse(format!("a row cannot be written: {e}")))?;
        line.push(b'\n');
        self.hash.update(&line);
        self.bytes += line.len() as u64;
        self.encoder.write_all(&line)?;
        if self.encoder.get_ref().len() >= PIECE_BYTES {
            let piece = std::mem::take(self.encoder.get_mut());
            self.send(piece).await?;
        }
        Ok(())
    }

    async fn end(mut self) -> Result<u64, Error> {
        let empty = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
        let piece = std::mem::replace(&mut self.encoder, empty).finish()?;
        self.send(piece).await?;
        Ok(self.bytes)
    }

    async fn send(&self, piece: Vec<u8>) -> Result<(), Error> {
        self.pieces.send(piece).await.map_err(|_| Error::Cancelled)
    }
}
