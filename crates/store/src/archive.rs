//! Backup and restore: one engine-neutral file from one snapshot, and so also the way from SQLite to
//! PostgreSQL and back.
//!
//! The file is a zstd stream of lines: a header (format, engine, time, migrations), for each table a
//! line with its columns and one JSON array per row, at the end the counts and the SHA-256 of every
//! line before. Integers and reals are JSON numbers, a blob is `{"b64": …}`, a real that JSON does not
//! have is `{"real": "inf"}`. Rows stand in the order of their primary key, so that two dumps of the
//! same data differ in nothing but their headers.

mod dump;
mod load;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::Timestamp;

pub use dump::dump;
pub use load::load;

use crate::{Conn, Error, Value};

const FORMAT: u32 = 1;

/// A table of the archive, in the order in which it is loaded: a table comes after those it refers to.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    /// Columns that mean nothing in another database; they get their default when loaded.
    pub skip_columns: &'static [&'static str],
}

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub made_at: Timestamp,
    /// Rows by table, in the order of the archive.
    pub tables: Vec<(String, u64)>,
    /// Before compression.
    pub bytes: u64,
}

impl Summary {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, n)| n).sum()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    engine: String,
    made_at_us: i64,
    /// Set and version of each migration.
    migrations: Vec<(String, u32)>,
}

/// The start of a table.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    table: String,
    columns: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    rows: Vec<(String, u64)>,
    sha256: String,
}

crate::sql! {
    /// Name and place in the primary key, counted from 1, 0 for none.
    COLUMNS = "archive.columns",
        sqlite "SELECT name, pk FROM pragma_table_xinfo($1) WHERE hidden = 0 ORDER BY cid",
        postgres "SELECT a.attname::text, COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0) FROM pg_attribute a \
            LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
            WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum";
    MIGRATIONS = "archive.migrations", "SELECT set_name, version FROM schema_migration ORDER BY set_name, version";
}

/// A table as the database has it.
struct Shape {
    columns: Vec<String>,
    /// Indices into `columns`, in the order of the primary key; empty if there is none.
    key: Vec<usize>,
}

impl Shape {
    async fn read(conn: &mut Conn, table: &Table) -> Result<Shape, Error> {
        if !table.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(refuse(format!("{:?} is no name of a table", table.name)));
        }
        let (mut columns, mut key) = (Vec::new(), Vec::new());
        for row in conn.all(&COLUMNS, crate::params![table.name]).await? {
            let (name, place): (String, i64) = (row.get(0)?, row.get(1)?);
            if !table.skip_columns.contains(&name.as_str()) {
                if place > 0 {
                    key.push((place, columns.len()));
                }
                columns.push(name);
            }
        }
        key.sort_unstable();
        let key: Vec<usize> = key.into_iter().map(|(_, i)| i).collect();
        if columns.is_empty() {
            return Err(refuse(format!("the table {} does not exist", table.name)));
        }
        Ok(Shape { columns, key })
    }
}

async fn migrations(conn: &mut Conn) -> Result<Vec<(String, u32)>, Error> {
    let rows = conn.all(&MIGRATIONS, Vec::new()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The text in the dialect of `conn`; written with `$1`.
fn adapted(conn: &Conn, text: &str) -> String {
    match conn.engine() {
        crate::Engine::Sqlite => crate::statement::for_sqlite(text),
        crate::Engine::Postgres => text.to_owned(),
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    names.join(", ")
}

/// `$1, $2, …` up to `n`.
fn places(n: usize) -> String {
    let places: Vec<String> = (1..=n).map(|i| format!("${i}")).collect();
    places.join(", ")
}

fn refuse(why: impl Into<String>) -> Error {
    Error::Archive(why.into())
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(n) => json!(n),
        Value::Real(x) if x.is_finite() => json!(x),
        Value::Real(x) => json!({ "real": x.to_string() }),
        Value::Text(text) => json!(text),
        Value::Blob(bytes) => json!({ "b64": BASE64.encode(bytes) }),
    }
}

fn from_json(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::String(text) => Value::Text(text),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Value::Int(n),
            None => Value::Real(n.as_f64()?),
        },
        Json::Object(map) if map.len() == 1 => match (map.get("b64"), map.get("real")) {
            (Some(Json::String(text)), _) => Value::Blob(BASE64.decode(text).ok()?),
            (_, Some(Json::String(text))) => Value::Real(text.parse().ok()?),
            _ => return None,
        },
        _ => return None,
    })
}
