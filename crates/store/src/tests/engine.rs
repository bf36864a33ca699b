//! What both engines share: this suite runs on the one that the environment names.

use super::*;

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let store = temporary(MIGRATIONS).await;
    let written: Result<u64, Error> = store
        .write(|tx| {
            Box::pin(async move {
                let p = params![i64::MAX, "ışık \"' $1", None::<String>, u32::MAX, 0.1, vec![0u8, 255]];
                tx.exec(&INSERT, p).await
            })
        })
        .await;
    assert_eq!(written.unwrap(), 1);
    let row = store.read().one(&GET, params![i64::MAX]).await.unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), i64::MAX);
    assert_eq!(row.get::<String>(1).unwrap(), "ışık \"' $1");
    assert_eq!(row.get::<Option<String>>(2).unwrap(), None);
    assert_eq!(row.get::<u32>(3).unwrap(), u32::MAX);
    assert_eq!(row.get::<f64>(4).unwrap(), 0.1);
    assert_eq!(row.get::<Vec<u8>>(5).unwrap(), [0, 255]);
    assert!(matches!(row.get::<i64>(1), Err(Error::Decode { column: 1, found: "a text", .. })));
    assert!(matches!(row.get::<String>(2), Err(Error::Decode { column: 2, found: "null", .. })));
    assert!(matches!(row.get::<i32>(3), Err(Error::Decode { column: 3, .. })));
    assert!(matches!(row.get::<i32>(6), Err(Error::Decode { column: 6, found: "nothing", .. })));
    assert_eq!(row.get::<Timestamp>(3).unwrap().micros(), i64::from(u32::MAX));
    let zero = store.read().all(&BY_SLUGS, params!["\0"]).await;
    assert!(matches!(zero, Err(Error::ZeroByte { parameter: 1 })));
}

#[tokio::test]
async fn statements_say_how_many_rows() {
    let store = temporary(MIGRATIONS).await;
    let result: Result<(u64, u64, i64), Error> = store
        .write(|tx| {
            Box::pin(async move {
                let rows = (1..=600).map(|i: i64| params![i, format!("p{i}")]).collect();
                let added = tx.batch(&ADD, rows).await?;
                let named = tx.exec(&SWAPPED, params![2, "two"]).await?;
                let size = tx.one(&GROW, params![2, 5]).await?.get(0)?;
                Ok((added, named, size))
            })
        })
        .await;
    assert_eq!(result.unwrap(), (600, 1, 5));
    let mut reader = store.read_fresh();
    assert_eq!(reader.one(&GET, params![2]).await.unwrap().get::<String>(2).unwrap(), "two");
    assert_eq!(reader.all(&IDS, params![]).await.unwrap().len(), 600);
    assert!(reader.opt(&GET, params![601]).await.unwrap().is_none());
    assert!(matches!(reader.one(&GET, params![601]).await, Err(Error::NoRow { statement: "page.get" })));
    assert!(matches!(reader.opt(&IDS, params![]).await, Err(Error::TooManyRows { statement: "page.ids" })));
    let slugs = reader.all(&BY_IDS, params![list(&[3, 1, 700, 2]), 0]).await.unwrap();
    let slugs: Vec<String> = slugs.iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(slugs, ["p1", "p2", "p3"]);
    assert_eq!(reader.all(&BY_SLUGS, params![texts(&["p9", "no", "p1"])]).await.unwrap().len(), 2);
    let sums = reader.one(&SUM, params![]).await.unwrap();
    assert_eq!((sums.get::<i64>(0).unwrap(), sums.get::<Option<String>>(2).unwrap().unwrap().as_str()), (5, "two"));
    assert!((sums.get::<f64>(1).unwrap() - 5.0 / 600.0).abs() < 1e-9);
    assert_eq!(reader.one(&ENGINE, params!["x"]).await.unwrap().get::<String>(0).unwrap(), store.engine().name());
    assert!(matches!(reader.all(&GET, params![]).await, Err(Error::Sql(_))), "too few parameters");
}

#[tokio::test]
async fn many_rows_are_written_at_once() {
    let store = temporary(MIGRATIONS).await;
    let row = |i: i64| {
        let title = (i % 3 > 0).then(|| format!("ışık\t\\N {i}"));
        params![
            i,
            format!("p{i}"),
            title,
            i * 7,
            (i % 2 > 0).then_some(i as f64 / 3.0),
            (i % 5 > 0).then(|| vec![0u8, i as u8])
        ]
    };
    // Below and above the number from which they are copied.
    for (first, rows) in [(1, 15), (16, 16), (100, 3_000)] {
        let written: Result<u64, Error> = store
            .write(move |tx| Box::pin(async move { tx.batch(&INSERT, (first..first + rows).map(row).collect()).await }))
            .await;
        assert_eq!(written.unwrap(), rows as u64);
    }
    for i in [1, 15, 16, 31, 100, 3_099] {
        let found = store.read().one(&GET, params![i]).await.unwrap();
        assert_eq!(found.into_values(), row(i));
    }
    let none: Result<u64, Error> = store.write(|tx| Box::pin(async move { tx.batch(&INSERT, Vec::new()).await })).await;
    assert_eq!((none.unwrap(), count(&store).await), (0, 3_031));

    // Every failure is told as for a single row, and nothing stays.
    let spoilt = async |at: usize, value: Value| {
        let mut rows: Vec<Vec<Value>> = (5_000..5_100).map(row).collect();
        rows[60][at] = value;
        store
            .write(move |tx| {
                Box::pin(async move {
                    tx.exec(&ADD, params![9_999, "before"]).await?;
                    tx.batch(&INSERT, rows).await
                })
            })
            .await
            .unwrap_err()
    };
    let sqlite = store.engine() == Engine::Sqlite;
    let twice: Error = spoilt(1, Value::Text("p5000".into())).await;
    assert!(
        matches!(&twice, Error::Constraint { name } if name == if sqlite { "page.slug" } else { "page_slug" }),
        "{twice:?}"
    );
    let negative: Error = spoilt(3, Value::Int(-1)).await;
    assert!(matches!(negative, Error::Constraint { .. }), "{negative:?}");
    let zero: Error = spoilt(2, Value::Text("\0".into())).await;
    assert!(matches!(zero, Error::ZeroByte { parameter: 3 }), "{zero:?}");
    let kind: Error = spoilt(3, Value::Text("many".into())).await;
    assert!(matches!(kind, Error::Sql(_) | Error::Constraint { .. }), "{kind:?}");
    let short: Result<u64, Error> =
        store.write(move |tx| Box::pin(async move { tx.batch(&INSERT, vec![params![1]; 20]).await })).await;
    assert!(matches!(short, Err(Error::Sql(_))), "{short:?}");
    assert_eq!(count(&store).await, 3_031);
}

#[tokio::test]
async fn a_relaxed_write_is_whole_and_seen_at_once() {
    let store = temporary(MIGRATIONS).await;
    let ran = Arc::new(AtomicUsize::new(0));
    let hook = Arc::clone(&ran);
    let written: Result<u64, Error> = store
        .write_relaxed(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || bump(&hook));
                tx.batch(&ADD, (1..=20).map(|i: i64| params![i, format!("p{i}")]).collect()).await
            })
        })
        .await;
    assert_eq!((written.unwrap(), count(&store).await, ran.load(Ordering::SeqCst)), (20, 20, 1));
    let refused: Result<u64, Error> = store
        .write_relaxed(|tx| {
            Box::pin(async move {
                tx.exec(&ADD, params![21, "p21"]).await?;
                tx.exec(&ADD, params![22, "p1"]).await
            })
        })
        .await;
    assert!(matches!(refused, Err(Error::Constraint { .. })));
    assert_eq!(count(&store).await, 20);
}

#[tokio::test]
async fn a_closure_that_fails_leaves_nothing() {
    let store = temporary(MIGRATIONS).await;
    let ran = Arc::new(AtomicUsize::new(0));
    let hook = Arc::clone(&ran);
    let refused: Result<(), Error> = store
        .write(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || bump(&hook));
                tx.exec(&ADD, params![1, "a"]).await?;
                tx.exec(&ADD, params![2, "a"]).await.map(|_| ())
            })
        })
        .await;
    let Err(Error::Constraint { name }) = refused else { panic!("{refused:?}") };
    assert_eq!(name, if store.engine() == Engine::Sqlite { "page.slug" } else { "page_slug" });

    let swallowed: Result<(), Error> = store
        .write(|tx| {
            Box::pin(async move {
                tx.exec(&ADD, params![3, "c"]).await?;
                let _ = tx.exec(&ADD, params![3, "d"]).await;
                let _ = tx.exec(&ADD, params![6, "e"]).await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(swallowed, Err(Error::Constraint { .. })), "{swallowed:?}");

    let panicked: Result<(), Error> = store
        .write(|tx| {
            Box::pin(async move {
                tx.exec(&ADD, params![4, "e"]).await?;
                panic!("as the test wants it")
            })
        })
        .await;
    assert!(matches!(panicked, Err(Error::Panicked)));
    assert_eq!(count(&store).await, 0);
    assert_eq!(ran.load(Ordering::SeqCst), 0);

    let hook = Arc::clone(&ran);
    let kept: Result<(), Error> = store
        .write(move |tx| {
            Box::pin(async move {
                tx.after_commit(move || bump(&hook));
                tx.exec(&ADD, params![5, "f"]).await.map(|_| ())
            })
        })
        .await;
    kept.unwrap();
    assert_eq!((count(&store).await, ran.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn constraints_of_every_kind_are_told_apart_from_mistakes() {
    let store = temporary(MIGRATIONS).await;
    let orphan: Result<u64, Error> =
        store.write(|tx| Box::pin(async move { tx.exec(&LINK, params![77, "x", 1]).await })).await;
    assert!(matches!(orphan, Err(Error::Constraint { .. })), "{orphan:?}");
    add(&store, 1).await.unwrap();
    let negative: Result<Row, Error> =
        store.write(|tx| Box::pin(async move { tx.one(&GROW, params![1, -1]).await })).await;
    assert!(matches!(negative, Err(Error::Constraint { .. })), "{negative:?}");
}

#[tokio::test]
async fn a_snapshot_does_not_see_later_writes() {
    let store = temporary(MIGRATIONS).await;
    add(&store, 1).await.unwrap();
    let inner = store.store();
    let counts: Result<(i64, i64), Error> = store
        .snapshot(move |conn| {
            Box::pin(async move {
                let before = conn.one(&COUNT, params![]).await?.get(0)?;
                add(&inner, 2).await?;
                Ok((before, conn.one(&COUNT, params![]).await?.get(0)?))
            })
        })
        .await;
    assert_eq!(counts.unwrap(), (1, 1));
    assert_eq!(count(&store).await, 2);
    let failed: Result<(), Error> = store.snapshot(|_| Box::pin(async { panic!("as the test wants it") })).await;
    assert!(matches!(failed, Err(Error::Panicked)));
    assert_eq!(count(&store).await, 2, "the connection is usable again");
}

#[tokio::test]
async fn writers_do_not_lose_each_others_work() {
    let store = temporary(MIGRATIONS).await;
    add(&store, 1).await.unwrap();
    let grow = |_| {
        let store = store.store();
        async move {
            for _ in 0..10 {
                let grown: Result<Row, Error> =
                    store.write(|tx| Box::pin(async move { tx.one(&GROW, params![1, 1]).await })).await;
                grown.unwrap();
            }
        }
    };
    join_all((0..16).map(grow)).await;
    assert_eq!(store.read().one(&SUM, params![]).await.unwrap().get::<i64>(0).unwrap(), 160);
}

#[tokio::test]
async fn a_statement_has_a_deadline() {
    let place = Place::new().await;
    let settings = Settings { statement_timeout_s: 1, ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    let endless = store.read().all(&COUNT_UP, params![2_000_000_000i32]).await;
    assert!(matches!(endless, Err(Error::Timeout)), "{endless:?}");
    let (a, b) = tokio::join!(add(&store, 1), async {
        store.write(|tx| Box::pin(async move { tx.one(&COUNT_UP, params![2_000_000_000i32]).await })).await
    });
    let b: Result<Row, Error> = b;
    a.unwrap();
    assert!(matches!(b, Err(Error::Timeout)), "{b:?}");
    assert_eq!(count(&store).await, 1);
    store.close().await;
}

#[tokio::test]
async fn every_statement_is_prepared_and_planned() {
    let store = temporary(MIGRATIONS).await;
    for statement in STATEMENTS {
        let plan = store.prepare(statement).await.unwrap_or_else(|e| panic!("{}: {e:?}", statement.name));
        assert!(
            !plan.is_empty()
                || statement.name.ends_with("add")
                || statement.name.ends_with("insert")
                || statement.name == "engine"
        );
    }
    static WRONG: Statement = Statement::shared("wrong", "SELECT colour FROM page");
    assert!(matches!(store.prepare(&WRONG).await, Err(Error::Sql(_))));
    let by_key = store.prepare(&GET).await.unwrap().join("\n");
    assert!(by_key.contains("SEARCH page USING INTEGER PRIMARY KEY") || by_key.contains("page_pkey"), "{by_key}");
}

#[tokio::test]
async fn health_and_figures() {
    let store = temporary(MIGRATIONS).await;
    store.ping().await.unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    add(&store, 1).await.unwrap();
    let stats = store.stats();
    assert_eq!((stats.writes, stats.commits, stats.engine), (1, 1, store.engine()));
    assert!(stats.statements.iter().any(|s| s.name == "page.add" && s.count > 0 && s.p99_s >= s.p50_s));
    assert_eq!(stats.pools.iter().map(|p| p.name).collect::<Vec<_>>(), ["write", "read"]);
    store.close().await;
    assert!(matches!(add(&store, 2).await, Err(Error::Closed)));
    assert!(matches!(store.ping().await, Err(Error::Closed)));
}

const CHANGED: &[MigrationSet] = &[MigrationSet {
    name: "test",
    list: &[Migration { sqlite: "SELECT 1", postgres: "SELECT 1", ..MIGRATIONS[0].list[0] }],
}];
const OLDER: &[MigrationSet] = &[MigrationSet { name: "test", list: &[MIGRATIONS[0].list[0]] }];
const BROKEN: &[MigrationSet] = &[
    MIGRATIONS[0],
    MigrationSet {
        name: "more",
        list: &[
            Migration {
                version: 1,
                name: "fine",
                sqlite: "CREATE TABLE a (b INTEGER) STRICT",
                postgres: "CREATE TABLE a (b BIGINT)",
            },
            Migration {
                version: 2,
                name: "broken",
                sqlite: "CREATE TABLE a (c INTEGER)",
                postgres: "CREATE TABLE a (c BIGINT)",
            },
        ],
    },
];

#[tokio::test]
async fn migrations_are_applied_once_and_never_changed() {
    let place = Place::new().await;
    let (folder, settings, clock) = (place.folder(), place.settings(), Clock::system());
    let open = |sets| Store::open(folder, settings, sets, clock.clone());
    assert_eq!(pending(folder, settings, MIGRATIONS).await.unwrap().len(), 2);
    let beside = Store::open_beside(folder, settings, MIGRATIONS, clock.clone()).await;
    assert!(matches!(beside, Err(Error::Migration { version: 1, .. })));

    open(OLDER).await.unwrap().close().await;
    let left = pending(folder, settings, MIGRATIONS).await.unwrap();
    assert_eq!(left, [Outstanding { set: "test", version: 2, name: "links and a log" }]);
    open(MIGRATIONS).await.unwrap().close().await;
    let store = open(MIGRATIONS).await.unwrap();
    add(&store, 1).await.unwrap();
    store.close().await;

    for (sets, version) in [(CHANGED, 1), (OLDER, 2), (BROKEN, 2), (&[][..], 1)] {
        let refused = open(sets).await;
        assert!(matches!(&refused, Err(Error::Migration { version: v, .. }) if *v == version), "{refused:?}");
    }
    let store = open(MIGRATIONS).await.unwrap();
    assert_eq!(count(&store).await, 1, "a broken migration left nothing behind");
    let beside = Store::open_beside(folder, settings, MIGRATIONS, clock.clone()).await.unwrap();
    add(&beside, 2).await.unwrap();
    beside.close().await;
    assert_eq!(count(&store).await, 2);
    store.close().await;
}

/// The engine of this run, for the files that are about one of them.
pub(super) async fn only(engine: Engine) -> Option<TempStore> {
    let wanted = if std::env::var_os("COPYDESK_TEST_POSTGRES").is_some() { Engine::Postgres } else { Engine::Sqlite };
    if wanted == engine { Some(temporary(MIGRATIONS).await) } else { None }
}

/// Drives `future` once and then drops it, as a cancelled request does.
pub(super) async fn begin_and_drop(future: impl Future) {
    let mut future = Box::pin(future);
    let _ = tokio::time::timeout(std::time::Duration::from_millis(20), &mut future).await;
}
