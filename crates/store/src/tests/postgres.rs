//! What only PostgreSQL does.

use super::engine::{begin_and_drop, only};
use super::*;

static SLEEP: Statement = Statement::shared("test.sleep", "SELECT pg_sleep($1)");
static KILL: Statement = Statement::shared(
    "test.kill",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
);
static OPEN: Statement = Statement::shared(
    "test.open",
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
);
static ISOLATE: Statement = Statement::shared("test.isolate", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");

#[tokio::test]
async fn a_dropped_write_never_returns_an_open_transaction() {
    let Some(store) = only(Engine::Postgres).await else { return };
    for id in 0..8 {
        let slow = store.write(move |tx| {
            Box::pin(async move {
                tx.exec(&ADD, params![id, format!("p{id}")]).await?;
                tx.one(&SLEEP, params![60.0]).await
            })
        });
        let slow = async { slow.await.map(|_: Row| ()).map_err(|e: Error| e) };
        begin_and_drop(slow).await;
    }
    add(&store, 100).await.unwrap();
    assert_eq!(count(&store).await, 1);
    assert_eq!(store.read().one(&OPEN, params![]).await.unwrap().get::<i64>(0).unwrap(), 0);
}

#[tokio::test]
async fn numbers_of_transactions_are_integers() {
    let Some(store) = only(Engine::Postgres).await else { return };
    static XID: Statement = Statement::shared("test.xid", "SELECT xid FROM log WHERE xid = pg_current_xact_id()");
    // Not below the oldest open transaction: that one may belong to another test on the same server.
    static SINCE: Statement = Statement::shared("test.since", "SELECT count(*) FROM log WHERE xid >= $1 AND xid <= $1");
    let xid: Result<i64, Error> = store
        .write(|tx| {
            Box::pin(async move {
                tx.one(&LOG, params!["x"]).await?;
                tx.one(&XID, params![]).await?.get(0)
            })
        })
        .await;
    assert_eq!(store.read().one(&SINCE, params![xid.unwrap()]).await.unwrap().get::<i64>(0).unwrap(), 1);
}

#[tokio::test]
async fn dead_connections_are_replaced() {
    let Some(store) = only(Engine::Postgres).await else { return };
    add(&store, 1).await.unwrap();
    count(&store).await;
    let _: Result<Vec<Row>, Error> = store.write(|tx| Box::pin(async move { tx.all(&KILL, params![]).await })).await;
    add(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
    let _ = store.read().all(&KILL, params![]).await;
    add(&store, 3).await.unwrap();
    assert_eq!(count(&store).await, 3);
}

#[tokio::test]
async fn conflicts_are_retried_and_then_told() {
    let Some(store) = only(Engine::Postgres).await else { return };
    add(&store, 1).await.unwrap();
    let (tries, hooks) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let attempt = |spoiled: usize| {
        let (tries, hooks, outer) = (Arc::clone(&tries), Arc::clone(&hooks), store.store());
        tries.store(0, Ordering::SeqCst);
        let result = store.write(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || bump(&hooks));
                tx.exec(&ISOLATE, params![]).await?;
                tx.one(&SUM, params![]).await?;
                if tries.fetch_add(1, Ordering::SeqCst) < spoiled {
                    let grown: Result<Row, Error> =
                        outer.write(|tx| Box::pin(async move { tx.one(&GROW, params![1, 1]).await })).await;
                    grown?;
                }
                tx.one(&GROW, params![1, 1]).await
            })
        });
        async { result.await.map(|_: Row| ()).map_err(|e: Error| e) }
    };
    attempt(2).await.unwrap();
    assert_eq!((tries.load(Ordering::SeqCst), hooks.load(Ordering::SeqCst)), (3, 1));
    let lost = attempt(5).await;
    assert!(matches!(lost, Err(Error::Conflict)), "{lost:?}");
    assert_eq!((tries.load(Ordering::SeqCst), hooks.load(Ordering::SeqCst)), (3, 1));
}

#[tokio::test]
async fn servers_that_are_not_there_are_told() {
    let open = async |url: &str| {
        let settings =
            Settings { url: Some(stdx::config::Secret::new(url)), connect_timeout_s: 2, ..Settings::default() };
        Store::open(std::path::Path::new("/nowhere"), &settings, MIGRATIONS, Clock::system()).await.unwrap_err()
    };
    let refused = open("postgres://nobody@127.0.0.1:1/none").await;
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    for url in ["mysql://x", "postgres://a@127.0.0.1/b?sslmode=require", "postgres://a@127.0.0.1/b?sslmode=verify-full"]
    {
        let wrong = open(url).await;
        assert!(matches!(wrong, Error::Settings(_)), "{url}: {wrong:?}");
        let settings = Settings { url: Some(stdx::config::Secret::new(url)), write_pool: 0, ..Settings::default() };
        assert_eq!(settings.validate("store").len(), 2);
    }
    assert!(Settings::default().validate("store").is_empty());
    if let Ok(url) = std::env::var("COPYDESK_TEST_POSTGRES") {
        let (server, _) = url.rsplit_once('/').unwrap();
        let missing = open(&format!("{server}/no_such_database")).await;
        assert!(matches!(missing, Error::Unavailable(_)), "{missing:?}");
    }
}

static MADE: Statement = Statement::shared(
    "test.made",
    "CREATE TABLE wide (day INTEGER NOT NULL, small SMALLINT, flag BOOLEAN, doc JSONB, half REAL, note VARCHAR(20), n BIGINT GENERATED ALWAYS AS IDENTITY) \
     PARTITION BY RANGE (day)",
);
static PART_1: Statement =
    Statement::shared("test.part_1", "CREATE TABLE wide_1 PARTITION OF wide FOR VALUES FROM (0) TO (50)");
static PART_2: Statement =
    Statement::shared("test.part_2", "CREATE TABLE wide_2 PARTITION OF wide FOR VALUES FROM (50) TO (100)");
static WIDE: Statement = Statement::shared(
    "test.wide",
    "INSERT INTO wide (day, small, flag, doc, half, note) VALUES ($1, $2, $3, $4, $5, $6)",
);
static COMMIT_MODE: Statement = Statement::shared("test.commit_mode", "SELECT current_setting('synchronous_commit')");

#[tokio::test]
async fn batches_are_spread_over_partitions_in_every_type() {
    let Some(store) = only(Engine::Postgres).await else { return };
    let wide = async |rows: Vec<Vec<Value>>| -> Result<u64, Error> {
        store.write(move |tx| Box::pin(async move { tx.batch(&WIDE, rows).await })).await
    };
    let made: Result<(), Error> = store
        .write(|tx| {
            Box::pin(async move {
                for s in [&MADE, &PART_1, &PART_2] {
                    tx.exec(s, params![]).await?;
                }
                Ok(())
            })
        })
        .await;
    made.unwrap();
    let row = |i: i64| params![i, i % 7, i % 2 > 0, format!("{{\"i\": {i}}}"), 0.5, "ş"];
    assert_eq!(wide((0..100).map(row).collect()).await.unwrap(), 100);
    static SEEN: Statement = Statement::shared(
        "test.seen",
        "SELECT count(*) FILTER (WHERE tableoid = 'wide_2'::regclass), sum(small), count(*) FILTER (WHERE flag), sum((doc->>'i')::int), \
         sum(half)::float8, min(note), max(n) FROM wide",
    );
    let seen = store.read().one(&SEEN, params![]).await.unwrap().into_values();
    let small: i64 = (0..100).map(|i| i % 7).sum();
    assert_eq!(seen, params![50, small, 50, 4_950, 50.0, "ş", 100]);

    for (at, value) in [(0, 1i64 << 40), (1, 40_000), (0, 100)] {
        let mut rows: Vec<Vec<Value>> = (0..20).map(row).collect();
        rows[7][at] = Value::Int(value);
        let refused = wide(rows).await.unwrap_err();
        let expected =
            if value == 100 { matches!(refused, Error::Constraint { .. }) } else { matches!(refused, Error::Sql(_)) };
        assert!(expected, "{refused:?}");
    }
    let mut rows: Vec<Vec<Value>> = (0..20).map(row).collect();
    rows[3][0] = Value::Null;
    assert!(matches!(wide(rows).await, Err(Error::Constraint { .. })));
}

#[tokio::test]
async fn only_relaxed_writes_do_not_wait_for_the_disk() {
    let Some(store) = only(Engine::Postgres).await else { return };
    let usual: String = store.read().one(&COMMIT_MODE, params![]).await.unwrap().get(0).unwrap();
    for _ in 0..2 {
        let relaxed: Result<String, Error> =
            store.write_relaxed(|tx| Box::pin(async move { tx.one(&COMMIT_MODE, params![]).await?.get(0) })).await;
        assert_eq!(relaxed.unwrap(), "off");
        let strict: Result<String, Error> =
            store.write(|tx| Box::pin(async move { tx.one(&COMMIT_MODE, params![]).await?.get(0) })).await;
        assert_eq!(strict.unwrap(), usual);
    }
}

#[tokio::test]
async fn a_write_without_statements_begins_nothing() {
    let Some(store) = only(Engine::Postgres).await else { return };
    let nothing: Result<u8, Error> = store.write(|_| Box::pin(async { Ok(7) })).await;
    assert_eq!(nothing.unwrap(), 7);
    let failed: Result<u8, Error> = store.write(|_| Box::pin(async { Err(Error::Busy) })).await;
    assert!(matches!(failed, Err(Error::Busy)));
    assert_eq!(store.read().one(&OPEN, params![]).await.unwrap().get::<i64>(0).unwrap(), 0);
}

/// Backends that connections with this application name have open.
static OPEN_BY_NAME: Statement = Statement::shared(
    "test.open_by_name",
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'copydesk'",
);

#[tokio::test]
async fn a_store_apart_waits_for_nobodys_pool() {
    let place = Place::new().await;
    if place.settings().url.is_none() {
        return;
    }
    let settings = Settings { write_pool: 1, read_pool: 1, connect_timeout_s: 1, ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    let apart = store.apart().unwrap();
    let (held, is_held) = tokio::sync::oneshot::channel();
    let (done, until) = tokio::sync::oneshot::channel::<()>();
    let holder = store.snapshot(|conn| {
        Box::pin(async move {
            conn.one(&COUNT, params![]).await?;
            let _ = held.send(());
            let _ = until.await;
            Ok::<(), Error>(())
        })
    });
    let beside = async {
        is_held.await.unwrap();
        let refused = store.read().one(&COUNT, params![]).await.unwrap_err();
        assert!(matches!(refused, Error::Exhausted { setting: "read_pool", .. }), "{refused:?}");
        // On a runtime of its own on a thread of its own, which may end before the store does.
        let other = apart.clone();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                add(&other, 1).await.unwrap();
                let open: i64 = other.read().one(&OPEN_BY_NAME, params![]).await.unwrap().get(0).unwrap();
                (count(&other).await, open)
            })
        };
        let (rows, open) = tokio::task::spawn_blocking(work).await.unwrap();
        assert_eq!((rows, open), (1, 4), "two connections of the store, two apart");
        let _ = done.send(());
    };
    let (held, ()) = tokio::join!(holder, beside);
    held.unwrap();
    assert_eq!(apart.stats().pools.iter().map(|pool| pool.max).collect::<Vec<_>>(), [1, 1]);
    apart.close().await;
    assert!(matches!(apart.ping().await, Err(Error::Closed)));
    assert_eq!(count(&store).await, 1);
}

static DAYS_MADE: Statement =
    Statement::shared("test.days_made", "CREATE TABLE seen (at BIGINT NOT NULL) PARTITION BY RANGE (at)");
static DAYS_REST: Statement = Statement::shared("test.days_rest", "CREATE TABLE seen_other PARTITION OF seen DEFAULT");
static SEE: Statement = Statement::shared("test.see", "INSERT INTO seen (at) VALUES ($1)");
static WHERE_SEEN: Statement =
    Statement::shared("test.where_seen", "SELECT tableoid::regclass::text, count(*) FROM seen GROUP BY 1 ORDER BY 1");
static PARTS: Statement = Statement::shared(
    "test.parts",
    "SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'seen'::regclass",
);

#[tokio::test]
async fn days_are_made_ahead_and_dropped_whole() {
    let Some(store) = only(Engine::Postgres).await else { return };
    const DAY: i64 = 86_400_000_000;
    let days = Days { table: "seen", column: "at", rest: "seen_other" };
    let parts = async || -> String { store.read().one(&PARTS, params![]).await.unwrap().get(0).unwrap() };
    let see = async |at: i64| -> Result<u64, Error> {
        store.write(move |tx| Box::pin(async move { tx.exec(&SEE, params![at]).await })).await
    };
    let made: Result<(), Error> = store
        .write(|tx| {
            Box::pin(async move {
                tx.exec(&DAYS_MADE, params![]).await?;
                tx.exec(&DAYS_REST, params![]).await.map(|_| ())
            })
        })
        .await;
    made.unwrap();
    // Day 11 has begun in the rest and stays there; its neighbours' first and last moments are their own.
    see(11 * DAY + 5).await.unwrap();
    store.keep_days(days, 10, 13, 5).await.unwrap();
    assert_eq!(parts().await, "seen_d10 seen_d12 seen_d13 seen_other");
    for at in [10 * DAY, 11 * DAY - 1, 11 * DAY, 12 * DAY, 14 * DAY] {
        see(at).await.unwrap();
    }
    let seen = store.read().all(&WHERE_SEEN, params![]).await.unwrap();
    let seen: Vec<Vec<Value>> = seen.into_iter().map(Row::into_values).collect();
    assert_eq!(seen, [params!["seen_d10", 2], params!["seen_d12", 1], params!["seen_other", 3]]);
    // Again, by two at once, and then three days later.
    let (one, two) = tokio::join!(store.keep_days(days, 10, 13, 5), store.keep_days(days, 10, 13, 5));
    one.unwrap();
    two.unwrap();
    assert_eq!(parts().await, "seen_d10 seen_d12 seen_d13 seen_other");
    store.keep_days(days, 13, 15, 12).await.unwrap();
    assert_eq!(parts().await, "seen_d12 seen_d13 seen_d15 seen_other", "day 14 has begun in the rest");
    let left = store.read().all(&WHERE_SEEN, params![]).await.unwrap();
    assert_eq!(left.len(), 2, "the day that was dropped took its rows along");
}
