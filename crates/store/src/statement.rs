//! Named statements: one text, written with `$1`, adapted to each engine once.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::Duration;

use stdx::metric::{Counter, Histogram};

use crate::Error;
use crate::stats::{STATEMENT_ERRORS, STATEMENT_SECONDS};

/// A statement with the name that labels its metrics. Declared by [`sql!`](crate::sql).
#[derive(Debug)]
#[non_exhaustive]
pub struct Statement {
    pub name: &'static str,
    text: Text,
}

#[derive(Debug)]
enum Text {
    Shared(&'static str),
    Split { sqlite: &'static str, postgres: &'static str },
}

impl Statement {
    /// One text for both engines.
    pub const fn shared(name: &'static str, text: &'static str) -> Self {
        Statement { name, text: Text::Shared(text) }
    }

    /// For the few places where the engines truly differ.
    pub const fn split(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Statement { name, text: Text::Split { sqlite, postgres } }
    }
}

/// Declares the statements of a module: a static for each, and `STATEMENTS` with all of them.
///
/// `{in:$1}` becomes a test against a list of integers ([`list`](crate::list)), `{in_text:$1}`
/// against a list of texts ([`texts`](crate::texts)).
#[macro_export]
macro_rules! sql {
    (@next [$($done:ident)*]) => {
        /// Every statement of this module, for the test that prepares them all.
        pub const STATEMENTS: &[&$crate::Statement] = &[$(&$done),*];
    };
    (@next [$($done:ident)*] $(#[$meta:meta])* $name:ident = $label:expr, sqlite $sqlite:expr, postgres $postgres:expr; $($rest:tt)*) => {
        $(#[$meta])*
        pub(crate) static $name: $crate::Statement = $crate::Statement::split($label, $sqlite, $postgres);
        $crate::sql!(@next [$($done)* $name] $($rest)*);
    };
    (@next [$($done:ident)*] $(#[$meta:meta])* $name:ident = $label:expr, $text:expr; $($rest:tt)*) => {
        $(#[$meta])*
        pub(crate) static $name: $crate::Statement = $crate::Statement::shared($label, $text);
        $crate::sql!(@next [$($done)* $name] $($rest)*);
    };
    ($($all:tt)*) => { $crate::sql!(@next [] $($all)*); };
}

/// A statement made ready: its text for each engine and its metric cells.
pub(crate) struct Ready {
    pub name: &'static str,
    pub sqlite: String,
    pub postgres: String,
    /// The same for many rows at once (PostgreSQL), if it is a plain INSERT.
    pub copy: Option<String>,
    seconds: Arc<Histogram>,
    errors: Arc<Counter>,
}

impl Ready {
    pub fn count<T>(&self, time: Duration, result: &Result<T, Error>) {
        self.seconds.record(time);
        if result.is_err() {
            self.errors.inc();
        }
    }
}

/// The statement made ready, the first time it is asked for.
pub(crate) fn ready(statement: &'static Statement) -> Arc<Ready> {
    // By address: statements are statics, and there are as many as the source declares.
    static READY: LazyLock<RwLock<HashMap<usize, Arc<Ready>>>> = LazyLock::new(RwLock::default);
    let key = std::ptr::from_ref(statement).addr();
    if let Some(ready) = READY.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Arc::clone(ready);
    }
    let (sqlite, postgres) = match statement.text {
        Text::Shared(text) => (text, text),
        Text::Split { sqlite, postgres } => (sqlite, postgres),
    };
    let postgres = for_postgres(postgres);
    let ready = Arc::new(Ready {
        name: statement.name,
        sqlite: for_sqlite(sqlite),
        copy: copy_of(&postgres),
        postgres,
        seconds: STATEMENT_SECONDS.with(&[statement.name]),
        errors: STATEMENT_ERRORS.with(&[statement.name]),
    });
    READY.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&ready));
    ready
}

/// `$n` becomes `?n`: SQLite would bind `$2, $1` in the order of appearance.
pub(crate) fn for_sqlite(text: &str) -> String {
    adapt(text, |kind, n| match kind {
        Place::Single => format!("?{n}"),
        Place::Ints | Place::Texts => format!("IN (SELECT value FROM json_each(?{n}))"),
    })
}

/// An array that is made before the statement runs: whatever the statistics say, an index is asked for each of its
/// values. As a table to be joined it made the planner read an index of a small, much written table from end to end.
pub(crate) fn for_postgres(text: &str) -> String {
    adapt(text, |kind, n| match kind {
        Place::Single => format!("${n}"),
        Place::Ints => {
            format!("= ANY (ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(${n}::text::jsonb) AS t(value)))")
        }
        Place::Texts => {
            format!("= ANY (ARRAY(SELECT value FROM jsonb_array_elements_text(${n}::text::jsonb) AS t(value)))")
        }
    })
}

/// `COPY t (c, …) FROM STDIN` for `INSERT INTO t (c, …) VALUES ($1, …)`. `None` for everything that is
/// not exactly that: with an expression, a constant, ON CONFLICT or RETURNING the two differ.
pub(crate) fn copy_of(insert: &str) -> Option<String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'"'))
    };
    let rest = keyword(keyword(insert, "INSERT")?, "INTO")?;
    let (table, rest) = rest.split_once('(')?;
    let (columns, rest) = rest.split_once(')')?;
    let places = keyword(rest, "VALUES")?.strip_prefix('(')?.trim_end().strip_suffix(')')?;
    let columns: Vec<&str> = columns.split(',').map(str::trim).collect();
    let places: Vec<&str> = places.split(',').map(str::trim).collect();
    let in_order = places.iter().enumerate().all(|(i, place)| place.strip_prefix('$') == Some(&(i + 1).to_string()));
    let table = table.trim();
    if !in_order || columns.len() != places.len() || !is_name(table) || !columns.iter().all(|name| is_name(name)) {
        return None;
    }
    Some(format!("COPY {table} ({}) FROM STDIN WITH (FORMAT binary)", columns.join(", ")))
}

/// What follows `word` at the start of `text`, without the blanks around.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (head, rest) = text.split_at_checked(word.len())?;
    (head.eq_ignore_ascii_case(word) && rest.starts_with(|c: char| c.is_whitespace() || c == '('))
        .then(|| rest.trim_start())
}

enum Place {
    Single,
    Ints,
    Texts,
}

/// Rewrites the parameters outside of quotes and comments.
fn adapt(text: &str, write: impl Fn(Place, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{', '\'', '"', '-', '/']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (copied, skip) = if let Some((place, n, length)) = parameter(rest) {
            (write(place, n), length)
        } else {
            let length = opaque(rest);
            (rest[..length].to_owned(), length)
        };
        out.push_str(&copied);
        rest = &rest[skip..];
    }
    out + rest
}

/// A parameter at the start of `text`: its kind, its number and its length there.
fn parameter(text: &str) -> Option<(Place, &str, usize)> {
    let number = |after: &'_ str| after.bytes().take_while(u8::is_ascii_digit).count();
    for (place, open, close) in
        [(Place::Ints, "{in:$", "}"), (Place::Texts, "{in_text:$", "}"), (Place::Single, "$", "")]
    {
        let Some(after) = text.strip_prefix(open) else { continue };
        let digits = number(after);
        if digits > 0 && after[digits..].starts_with(close) {
            return Some((place, &after[..digits], open.len() + digits + close.len()));
        }
    }
    None
}

/// The length of a quoted text or a comment at the start of `text`, otherwise 1.
fn opaque(text: &str) -> usize {
    let until = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    match text.as_bytes() {
        [b'\'', ..] => until(1, "'"),
        [b'"', ..] => until(1, "\""),
        [b'-', b'-', ..] => until(2, "\n"),
        [b'/', b'*', ..] => until(2, "*/"),
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
