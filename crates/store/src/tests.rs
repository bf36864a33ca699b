use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use stdx::{Clock, Timestamp};

use crate::testing::{Place, TempStore, temporary};
use crate::*;

mod archive;
mod bus;
mod engine;
mod lite;
mod postgres;
mod replica;
mod report;

/// Held by a test that cuts the connections of the Redis server, which all tests share.
pub(crate) static REDIS_ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub(crate) const MIGRATIONS: &[MigrationSet] = &[MigrationSet {
    name: "test",
    list: &[
        Migration {
            version: 1,
            name: "pages",
            sqlite: "CREATE TABLE page (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT, size INTEGER NOT NULL DEFAULT 0 \
                CHECK (size >= 0), weight REAL, body BLOB) STRICT",
            postgres: "CREATE TABLE page (id BIGINT PRIMARY KEY, slug TEXT COLLATE \"C\" NOT NULL CONSTRAINT page_slug UNIQUE, title TEXT, \
                size BIGINT NOT NULL DEFAULT 0 CHECK (size >= 0), weight DOUBLE PRECISION, body BYTEA)",
        },
        Migration {
            version: 2,
            name: "links and a log",
            sqlite: "CREATE TABLE link (page INTEGER NOT NULL REFERENCES page (id), target TEXT NOT NULL, rank INTEGER NOT NULL, \
                PRIMARY KEY (page, target)) STRICT, WITHOUT ROWID; \
                CREATE TABLE log (pos INTEGER PRIMARY KEY AUTOINCREMENT, xid INTEGER, line TEXT NOT NULL) STRICT",
            postgres: "CREATE TABLE link (page BIGINT NOT NULL REFERENCES page (id), target TEXT COLLATE \"C\" NOT NULL, rank INTEGER NOT NULL, \
                PRIMARY KEY (page, target)); \
                CREATE TABLE log (pos BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 DEFAULT pg_current_xact_id(), line TEXT NOT NULL)",
        },
    ],
}];

sql! {
    INSERT = "page.insert", "INSERT INTO page (id, slug, title, size, weight, body) VALUES ($1, $2, $3, $4, $5, $6)";
    ADD = "page.add", "INSERT INTO page (id, slug) VALUES ($1, $2)";
    GET = "page.get", "SELECT id, slug, title, size, weight, body FROM page WHERE id = $1";
    COUNT = "page.count", "SELECT count(*) FROM page";
    IDS = "page.ids", "SELECT id FROM page ORDER BY id LIMIT 1000";
    BY_IDS = "page.by_ids", "SELECT slug FROM page WHERE id {in:$1} AND size >= $2 ORDER BY id";
    BY_SLUGS = "page.by_slugs", "SELECT id FROM page WHERE slug {in_text:$1} ORDER BY id";
    SWAPPED = "page.swapped", "UPDATE page SET title = $2 WHERE id = $1";
    GROW = "page.grow", "UPDATE page SET size = size + $2 WHERE id = $1 RETURNING size";
    SUM = "page.sum", "SELECT COALESCE(sum(size), 0), avg(size), max(title) FROM page";
    LINK = "link.add", "INSERT INTO link (page, target, rank) VALUES ($1, $2, $3) ON CONFLICT (page, target) DO UPDATE SET rank = excluded.rank";
    LINKS = "link.count", "SELECT count(*) FROM link";
    LOG = "log.add", "INSERT INTO log (line) VALUES ($1) RETURNING pos";
    ENGINE = "engine", sqlite "SELECT 'sqlite', $1", postgres "SELECT 'postgres', $1::text";
    COUNT_UP = "count_up", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT count(*) FROM n";
}

/// Adds a page that holds nothing but its name.
pub(crate) async fn add(store: &Store, id: i64) -> Result<u64, Error> {
    store.write(move |tx| Box::pin(async move { tx.exec(&ADD, params![id, format!("page-{id}")]).await })).await
}

pub(crate) async fn count(store: &Store) -> i64 {
    store.read().one(&COUNT, params![]).await.unwrap().get(0).unwrap()
}

pub(crate) fn bump(n: &AtomicUsize) {
    n.fetch_add(1, Ordering::SeqCst);
}
