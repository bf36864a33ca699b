//! What only SQLite does.

use super::engine::only;
use super::*;
use crate::socket::{self, Poke};
use std::sync::Mutex;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writes_share_commits() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    let writers = (0..64i64).map(|w| {
        let store = store.store();
        async move {
            for i in 0..20 {
                add(&store, w * 100 + i).await.unwrap();
            }
        }
    });
    join_all(writers).await;
    let stats = store.stats();
    assert_eq!((stats.writes, count(&store).await), (1_280, 1_280));
    assert!(stats.commits * 4 < stats.writes, "{} commits for {} writes", stats.commits, stats.writes);
}

#[tokio::test]
async fn a_closure_may_not_wait_for_others() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    let waiting: Result<(), Error> = store
        .write(|tx| {
            Box::pin(async move {
                tx.exec(&ADD, params![1, "a"]).await?;
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(waiting, Err(Error::AwaitedOutside)), "{waiting:?}");
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn one_bad_closure_does_not_spoil_its_group() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    // The first closure holds the writer until the others wait behind it, so that they form one group. It
    // may be in that group itself and run twice: an open gate stays open.
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let first = store.write(move |_| {
        let _ = gate.lock().unwrap().recv();
        Box::pin(async { Ok::<_, Error>(()) })
    });
    let bad = |kind: i64| {
        let store = store.store();
        async move {
            let result: Result<(), Error> = store
                .write(move |tx| {
                    Box::pin(async move {
                        tx.exec(&ADD, params![1_000 + kind, format!("bad-{kind}")]).await?;
                        match kind {
                            0 => panic!("as the test wants it"),
                            1 => tokio::task::yield_now().await,
                            2 => drop(tx.exec(&ADD, params![1_000 + kind, "again"]).await),
                            _ => return Err(Error::Busy),
                        }
                        Ok(())
                    })
                })
                .await;
            result.unwrap_err();
        }
    };
    let good = join_all((0..10).map(|i| add(&store, i)));
    let open = async move { drop(go) };
    let before = store.stats().commits;
    let (first, _, good, _, ()) =
        tokio::join!(first, join_all([bad(0), bad(1)]), good, join_all([bad(2), bad(3)]), open);
    first.unwrap();
    good.into_iter().for_each(|result| assert_eq!(result.unwrap(), 1));
    assert_eq!(count(&store).await, 10);
    assert!(store.stats().commits - before < 5, "{:?}", store.stats());
}

/// Stands for what SQLite does when the disk is full: it ends the transaction by itself.
static GIVE_UP: Statement =
    Statement::shared("test.give_up", "INSERT OR ROLLBACK INTO page (id, slug) VALUES ($1, $2)");

#[tokio::test]
async fn a_lost_transaction_is_run_again_without_its_culprit() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    add(&store, 1).await.unwrap();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let hooks = Arc::new(AtomicUsize::new(0));
    let first = store.write(move |_| {
        let _ = gate.lock().unwrap().recv();
        Box::pin(async { Ok::<_, Error>(()) })
    });
    let counted = |id: i64| {
        let (store, hooks) = (store.store(), Arc::clone(&hooks));
        async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        tx.after_commit(move || bump(&hooks));
                        tx.exec(&ADD, params![id, format!("page-{id}")]).await as Result<u64, Error>
                    })
                })
                .await
        }
    };
    let culprit = store.write(|tx| {
        Box::pin(async move {
            let result = tx.exec(&GIVE_UP, params![1, "taken"]).await;
            let _ = tx.exec(&ADD, params![9, "outside of any transaction"]).await;
            result as Result<u64, Error>
        })
    });
    let open = async move { drop(go) };
    let (first, a, culprit, b, ()) = tokio::join!(first, counted(2), culprit, counted(3), open);
    first.unwrap();
    assert_eq!((a.unwrap(), b.unwrap()), (1, 1));
    assert!(matches!(culprit, Err(Error::Constraint { .. })), "{culprit:?}");
    assert_eq!((count(&store).await, hooks.load(Ordering::SeqCst)), (3, 2));
}

#[tokio::test]
async fn a_full_disk_is_told_and_survived() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    static LIMIT: Statement = Statement::shared("test.limit", "PRAGMA max_page_count = 20");
    static FREE: Statement = Statement::shared("test.free", "PRAGMA max_page_count = 100000");
    let limited: Result<Row, Error> = store.write(|tx| Box::pin(async move { tx.one(&LIMIT, params![]).await })).await;
    limited.unwrap();
    let big = |id: i64| {
        let store = store.store();
        async move {
            let body = vec![7u8; 200_000];
            store
                .write(move |tx| {
                    let body = body.clone();
                    Box::pin(async move { tx.exec(&INSERT, params![id, format!("b{id}"), "t", 1, 1.0, body]).await })
                })
                .await
        }
    };
    let (full, small): (Result<u64, Error>, _) = tokio::join!(big(1), add(&store, 2));
    assert!(matches!(full, Err(Error::DiskFull)), "{full:?}");
    small.unwrap();
    let freed: Result<Row, Error> = store.write(|tx| Box::pin(async move { tx.one(&FREE, params![]).await })).await;
    freed.unwrap();
    big(1).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_dropped_caller_costs_nothing() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    for id in 0..10 {
        engine::begin_and_drop(add(&store, id)).await;
        let read = store.read();
        drop(read);
    }
    add(&store, 100).await.unwrap();
    assert!(count(&store).await >= 1);
}

#[tokio::test]
async fn a_folder_belongs_to_one_store() {
    let Some(store) = only(Engine::Sqlite).await else { return };
    let again = Store::open(store.folder(), store.settings(), MIGRATIONS, Clock::system()).await;
    assert!(matches!(again, Err(Error::Locked { owner_pid }) if owner_pid == std::process::id()));
    add(&store, 1).await.unwrap();
    store.close().await;
    let log = std::fs::metadata(store.folder().join("copydesk.db-wal"));
    assert!(log.is_err(), "the log is gone after a clean end");
    let again = Store::open(store.folder(), store.settings(), MIGRATIONS, Clock::system()).await.unwrap();
    assert_eq!(count(&again).await, 1);
    again.close().await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_told() {
    if std::env::var_os("COPYDESK_TEST_POSTGRES").is_some() {
        return;
    }
    let open = async |folder: &std::path::Path| {
        Store::open(folder, &Settings::default(), MIGRATIONS, Clock::system()).await.unwrap_err()
    };
    let place = Place::new().await;
    let file = place.folder().join("a-file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(open(&file).await, Error::Unavailable(_)));
    std::fs::write(place.folder().join("copydesk.db"), vec![b'x'; 8192]).unwrap();
    assert!(matches!(open(place.folder()).await, Error::Corrupt(_)));
    std::fs::remove_file(place.folder().join("copydesk.db")).unwrap();
    let store = Store::open(place.folder(), &Settings::default(), MIGRATIONS, Clock::system()).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_poke_reaches_the_server_and_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let Some(store) = only(Engine::Sqlite).await else { return };
    let folder = store.folder();
    assert!(!socket::poke(folder, "jobs").await.unwrap(), "no server yet");
    std::fs::write(folder.join("copydesk.sock"), "").unwrap();
    let tasks = stdx::task::Tasks::default();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let see = Arc::clone(&seen);
    socket::listen(folder, &tasks, Arc::new(move |poke: Poke| see.lock().unwrap().push(poke.line))).unwrap();
    let mode = std::fs::metadata(folder.join("copydesk.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(socket::poke(folder, "jobs").await.unwrap());
    assert!(socket::poke(folder, "two\nlines").await.unwrap());
    assert!(socket::poke(folder, &"x".repeat(5_000)).await.is_err());
    assert!(socket::poke(folder, "still here").await.unwrap());
    assert_eq!(*seen.lock().unwrap(), ["jobs", "two lines", "still here"]);
    assert_eq!(tasks.shutdown(std::time::Duration::from_secs(5)).await, 0);
    assert!(!socket::poke(folder, "jobs").await.unwrap());
}

#[tokio::test]
async fn readers_that_are_all_busy_say_so() {
    let Some(_) = only(Engine::Sqlite).await else { return };
    let place = Place::new().await;
    let settings = Settings { statement_timeout_s: 2, connect_timeout_s: 1, ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    // More than there ever are threads.
    let endless = join_all((0..9).map(|_| {
        let mut reader = store.read();
        async move { reader.all(&COUNT_UP, params![2_000_000_000i32]).await.unwrap_err() }
    }));
    let ends = endless.await;
    let refused = ends.iter().filter(|e| matches!(e, Error::Exhausted { waited_s: 1, .. })).count();
    assert!(refused > 0 && ends.iter().all(|e| matches!(e, Error::Exhausted { .. } | Error::Timeout)), "{ends:?}");
    let pool = store.stats().pools.remove(1);
    // The store's own look at itself may have been refused too.
    assert!(pool.refused >= refused as u64 && pool.name == "read", "{pool:?}");
    assert!(store.alarms().await.unwrap().iter().any(|alarm| alarm.kind == AlarmKind::Pool));
    store.close().await;
}
