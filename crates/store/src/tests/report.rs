//! What the store tells about itself and its database.

use std::time::{Duration, Instant};

use super::engine::only;
use super::*;

static SLEEP: Statement = Statement::shared("test.nap", "SELECT pg_sleep($1), count(*) FROM page WHERE id = 7");
static EXTRA: Statement = Statement::shared("test.extra", "CREATE INDEX page_title_size ON page (title, size)");
static NEEDLESS: Statement = Statement::shared("test.needless", "CREATE INDEX page_title ON page (title)");
static PARTIAL: Statement = Statement::shared("test.partial", "CREATE INDEX page_some ON page (title) WHERE size > 5");
static ANALYZE: Statement = Statement::shared("test.analyze", "ANALYZE");

async fn pages(store: &Store, n: i64) {
    let rows: Vec<Vec<Value>> = (1..=n).map(|i| params![i, format!("p{i}")]).collect();
    let added: Result<u64, Error> = store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&EXTRA, params![]).await?;
                tx.exec(&NEEDLESS, params![]).await?;
                tx.exec(&PARTIAL, params![]).await?;
                tx.batch(&ADD, rows).await
            })
        })
        .await;
    assert_eq!(added.unwrap(), n as u64);
}

#[tokio::test]
async fn the_report_names_tables_and_needless_indexes() {
    let store = temporary(MIGRATIONS).await;
    pages(&store, 2_000).await;
    let update = async || {
        let updated: Result<u64, Error> =
            store.write(|tx| Box::pin(async move { tx.exec(&SWAPPED, params![1, "t"]).await })).await;
        updated.unwrap();
    };
    update().await;
    // By its key: a count might use the index that has to stay unused.
    store.read().one(&GET, params![1]).await.unwrap();
    // PostgreSQL's counts come with a transaction a second later, and an ANALYZE before them would count twice.
    let counted = |report: &Report| report.tables[0].rows == 2_000 && report.tables[0].hot_ratio.is_some();
    let start = Instant::now();
    while store.engine() == Engine::Postgres && !counted(&store.report().await.unwrap()) {
        assert!(start.elapsed() < Duration::from_secs(30), "the counts come");
        update().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let analyzed: Result<u64, Error> =
        store.write(|tx| Box::pin(async move { tx.exec(&ANALYZE, params![]).await })).await;
    analyzed.unwrap();
    let report = store.report().await.unwrap();
    let page = &report.tables[0];
    assert_eq!((page.name.as_str(), page.rows), ("page", 2_000));
    assert!(report.bytes > 100_000);
    let index = |name: &str| report.indexes.iter().find(|index| index.name == name).unwrap();
    assert_eq!(index("page_title").covered_by.as_deref(), Some("page_title_size"));
    assert_eq!(index("page_title_size").covered_by, None);
    assert_eq!(index("page_title_size").columns, ["title", "size"]);
    assert_eq!(index("page_some").covered_by, None, "it holds other rows");
    assert!(report.indexes.iter().all(|index| index.is_valid && (!index.is_unique || index.covered_by.is_none())));
    assert!(report.alarms.is_empty(), "{:?}", report.alarms);
    assert_eq!(report.vitals.pools.iter().map(|pool| pool.name).collect::<Vec<_>>(), ["write", "read"]);
    assert!(report.vitals.pools.iter().all(|pool| pool.queries > 0 && pool.query_s > 0.0), "{:?}", report.vitals.pools);
    assert!(report.statements.iter().any(|s| s.name == "page.add"));
    match store.engine() {
        Engine::Postgres => {
            assert!(page.bytes.unwrap() > 50_000 && page.index_bytes.unwrap() > 50_000 && page.bloat_bytes.is_some());
            assert!(page.hot_ratio.unwrap() < 1.0 && page.analyzed_at.is_some());
            assert!(index("page_title").is_unused && index("page_title").bytes.unwrap() > 0);
            assert!(report.vitals.pools[0].made > 0 && report.vitals.notify_used.is_some());
        }
        Engine::Sqlite => {
            assert!(page.rows_exact && report.free_bytes.is_some() && report.vitals.disk_free_bytes.unwrap() > 0);
            let log = report.vitals.log.unwrap();
            assert!(log.bytes > 0 && log.pages >= log.pages_moved && log.pages > 0, "{log:?}");
        }
    }
    let json = serde_json::to_value(store.report().await.unwrap()).unwrap();
    assert!(json["engine"] == store.engine().name() && json["tables"][0]["name"] == "page");
}

#[tokio::test]
async fn slow_statements_are_kept_with_their_plan() {
    let place = Place::new().await;
    let settings = Settings { slow_ms: 30, ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    let name = match store.engine() {
        Engine::Postgres => {
            store.read().all(&SLEEP, params![0.05]).await.unwrap();
            let written: Result<Row, Error> =
                store.write(|tx| Box::pin(async move { tx.one(&SLEEP, params![0.05]).await })).await;
            written.unwrap();
            "test.nap"
        }
        Engine::Sqlite => {
            store.read().all(&COUNT_UP, params![1_000_000]).await.unwrap();
            let written: Result<Row, Error> =
                store.write(|tx| Box::pin(async move { tx.one(&COUNT_UP, params![1_000_000]).await })).await;
            written.unwrap();
            "count_up"
        }
    };
    let start = Instant::now();
    while store.slow().first().is_none_or(|slow| slow.plan.is_empty()) {
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", store.slow());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let slow = store.slow();
    assert_eq!(slow.len(), 2, "{slow:?}");
    for one in &slow {
        assert!(
            one.name == name && one.seconds >= 0.03 && one.rows == 1 && !one.failed && one.engine == store.engine(),
            "{one:?}"
        );
        assert!(!one.plan.join(" ").contains("0.05") && !one.plan.is_empty(), "{one:?}");
    }
    if store.engine() == Engine::Postgres {
        assert!(slow[0].plan.join(" ").contains("page_pkey"), "{slow:?}");
        for _ in 0..110 {
            let none = store.read().all(&SLEEP, params![0.031]).await;
            none.unwrap();
        }
        assert_eq!(store.slow().len(), 100);
    }
    store.close().await;
}

#[tokio::test]
async fn a_snapshot_that_is_held_raises_an_alarm() {
    let Some(_) = only(Engine::Postgres).await else { return };
    let place = Place::new().await;
    let settings = Settings { xmin_alarm_s: 1, ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    assert!(store.alarms().await.unwrap().is_empty());
    let (held, go) = (store.clone(), Arc::new(tokio::sync::Notify::new()));
    let gate = Arc::clone(&go);
    let holder = async move {
        let done: Result<(), Error> = held
            .snapshot(move |conn| {
                Box::pin(async move {
                    conn.one(&COUNT, params![]).await?;
                    gate.notified().await;
                    Ok(())
                })
            })
            .await;
        done.unwrap();
    };
    let watcher = async {
        let start = Instant::now();
        let alarm = loop {
            add(&store, start.elapsed().as_micros() as i64).await.unwrap();
            if let Some(alarm) = store.alarms().await.unwrap().pop() {
                break alarm;
            }
            assert!(start.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!((alarm.kind, alarm.severity), (AlarmKind::OldSnapshot, Severity::Warning));
        assert!(alarm.subject.starts_with("session copydesk, process "), "{alarm:?}");
        assert!(alarm.seen.contains("copydesk") && alarm.seen.contains("idle in transaction"), "{alarm:?}");
        let oldest = store.report().await.unwrap().vitals.oldest_snapshot.unwrap();
        assert!(
            oldest.kind == "session" && oldest.transactions > 1 && oldest.seconds > 1.0 && oldest.pid.is_some(),
            "{oldest:?}"
        );
        go.notify_one();
    };
    tokio::join!(holder, watcher);
    assert!(store.alarms().await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn an_exhausted_pool_says_which_setting() {
    let Some(_) = only(Engine::Postgres).await else { return };
    let place = Place::new().await;
    let settings = Settings { write_pool: 1, connect_timeout_s: 1, ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    let slow = store.write(|tx| Box::pin(async move { tx.one(&SLEEP, params![3.0]).await }));
    let slow = async { slow.await.map(|_: Row| ()).map_err(|e: Error| e) };
    let refused = async {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        add(&store, 1).await
    };
    let (slow, refused) = tokio::join!(slow, refused);
    slow.unwrap();
    let Err(e @ Error::Exhausted { setting: "write_pool", size: 1, waited_s: 1 }) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        e.is_transient() && e.to_string().contains("write_pool") && e.to_string().contains("connect_timeout_s"),
        "{e}"
    );
    let pool = store.stats().pools.remove(0);
    assert_eq!((pool.refused, pool.max, pool.waits > 0, pool.waited_s >= 1.0), (1, 1, true, true));
    let alarms = store.alarms().await.unwrap();
    let pool = alarms.iter().find(|alarm| alarm.kind == AlarmKind::Pool).unwrap();
    assert_eq!((pool.severity, pool.subject.as_str()), (Severity::Error, "write"));
    assert!(store.alarms().await.unwrap().is_empty(), "it has passed");
    store.close().await;
}
