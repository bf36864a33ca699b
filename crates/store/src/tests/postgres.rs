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
