use cache::{Cache, Settings, Space};
use store::testing::TempStore;
use tokio::sync::Notify;

use super::*;

/// One process's end of the log, with a cache on it.
struct Process {
    log: PurgeLog,
    cache: Cache,
    space: Space<u32>,
}

const PATIENCE: Duration = Duration::from_secs(10);

async fn database() -> TempStore {
    store::testing::temporary(&[queue::MIGRATIONS, crate::MIGRATIONS]).await
}

async fn process(store: &TempStore, me: u64, tasks: &Tasks) -> Process {
    let bus = Bus::join(store, store.settings(), me, tasks).unwrap();
    until("the bus connects", || bus.is_connected()).await;
    let log = PurgeLog::open(store, &bus, Clock::system(), &Rng::seeded(me), tasks).await.unwrap();
    let cache = Cache::open(&Settings::default(), Clock::system(), tasks, Some(Arc::new(log.clone()))).await;
    let space = cache.space("t", None, |_| 8);
    until("the log is read", || !cache.stats().behind).await;
    Process { log, cache, space }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what} within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn noted(store: &Store, tag: &'static str) {
    store.write(move |tx| Box::pin(async move { note(tx, &[tag], Timestamp::EPOCH).await })).await.unwrap();
}

async fn next(heard: &mut mpsc::UnboundedReceiver<Heard>) -> Heard {
    tokio::time::timeout(PATIENCE, heard.recv()).await.expect("a word").expect("somebody who speaks")
}

fn tag_of(heard: &Heard) -> String {
    match heard {
        Heard::Purge { purge: Purge { what: What::Tags(tags), .. }, .. } => tags.concat(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn what_one_process_purges_the_other_does_not_serve() {
    let (store, tasks) = (database().await, Tasks::default());
    let (a, b) = (process(&store, 1, &tasks).await, process(&store, 2, &tasks).await);
    for n in 0..2_000 {
        b.space.put(&n.to_string(), &[&format!("page:{n}"), "lists"], n);
    }
    a.space.put("0", &["page:0"], 0);
    let tags: Vec<String> = (0..1_999).map(|n| format!("page:{n}")).collect();
    let began = Instant::now();
    a.cache.invalidate_tags(&tags.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(a.space.get("0"), None, "here at once");
    until("the purge arrives", || b.space.get("1998").is_none()).await;
    println!("{}: 1,999 tags purged in another process after {:?}", store.engine().name(), began.elapsed());
    assert!((0..1_999).all(|n| b.space.get(&n.to_string()).is_none()) && b.space.get("1999") == Some(1_999));

    // Its own comes back to it, and is no riddle any more.
    until("the purge is in the log", || a.cache.stats().purges_waiting == 0).await;
    b.cache.invalidate_pattern("t:19*");
    a.space.put("20", &[], 20);
    b.space.put("200", &[], 1);
    until("the pattern arrives", || b.cache.stats().purges_waiting == 0).await;
    assert_eq!((b.space.get("1999"), a.space.get("20"), b.space.get("200")), (None, Some(20), Some(1)));
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn a_process_that_dies_after_its_commit_leaves_no_old_value_behind() {
    let (store, tasks) = (database().await, Tasks::default());
    let b = process(&store, 2, &tasks).await;
    b.space.put("k", &["page:1"], 1);
    // The change and its purge are committed; nobody says a word of it.
    noted(&store, "page:1").await;
    until("the log is looked at", || b.space.get("k").is_none()).await;

    // Whoever starts later learns of it before a shared tier is read.
    let mut heard = b.log.subscribe();
    assert_eq!(tag_of(&next(&mut heard).await), "page:1");
    assert_eq!(next(&mut heard).await, Heard::Current { position: 1 });
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn no_purge_is_overtaken_by_a_later_one() {
    let (store, tasks) = (database().await, Tasks::default());
    if store.engine() == Engine::Sqlite {
        eprintln!("skipped: SQLite has one writer; needs COPYDESK_TEST_POSTGRES");
        return;
    }
    let b = process(&store, 2, &tasks).await;
    let mut heard = b.log.subscribe();
    assert_eq!(next(&mut heard).await, Heard::Current { position: 0 });
    for ends_well in [true, false] {
        let (began, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (says, waits) = (Arc::clone(&began), Arc::clone(&end));
        let slow = store.write(move |tx| {
            Box::pin(async move {
                note(tx, &["first"], Timestamp::EPOCH).await?;
                says.notify_one();
                waits.notified().await;
                if ends_well { Ok(()) } else { Err(Error::invalid("", "it was not meant")) }
            })
        });
        let fast = async {
            began.notified().await;
            noted(&store, "second").await;
            b.log.look();
            // It is there to be read, and must not be told.
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(heard.try_recv().is_err(), "the second one was told before the first");
            end.notify_one();
        };
        let (slow, ()) = tokio::join!(slow, fast);
        assert_eq!(slow.is_ok(), ends_well);
        if ends_well {
            assert_eq!(tag_of(&next(&mut heard).await), "first");
        }
        assert_eq!(tag_of(&next(&mut heard).await), "second");
    }
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn what_was_deleted_is_told_as_forgotten() {
    let (store, tasks) = (database().await, Tasks::default());
    for tag in ["1", "2", "3"] {
        noted(&store, tag).await;
    }
    let b = process(&store, 2, &tasks).await;
    let far = Timestamp::EPOCH + KEPT;
    let pruned = store.write(move |tx| Box::pin(async move { tx.exec(&PRUNE, params![far, KEPT_ROWS]).await }));
    assert_eq!(pruned.await.unwrap(), 2, "the newest stays");
    let mut heard = b.log.subscribe();
    assert_eq!(next(&mut heard).await, Heard::Forgotten { position: 2 });
    assert_eq!(tag_of(&next(&mut heard).await), "3");
    assert_eq!(next(&mut heard).await, Heard::Current { position: 3 });
    // The same log for all who open it.
    let again = process(&store, 3, &tasks).await;
    assert_eq!(again.log.log(), b.log.log());
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[test]
fn a_hole_is_stepped_over_when_nobody_can_fill_it() {
    let seen = |position, xmin, xmax| Seen { position, xmin, xmax };
    let mut place = Place::default();
    assert!(place.may_step(Engine::Postgres, &seen(1, 50, 60)));
    assert!(!place.may_step(Engine::Postgres, &seen(3, 50, 60)), "2 is missing");
    assert!(!place.may_step(Engine::Postgres, &seen(3, 59, 70)), "59 may still hold it");
    assert!(!place.may_step(Engine::Postgres, &seen(4, 59, 70)), "another look, the same hole");
    assert!(place.may_step(Engine::Postgres, &seen(3, 60, 70)));
    assert!(place.may_step(Engine::Postgres, &seen(4, 60, 70)));
    assert_eq!((place.cursor, place.hole), (4, None));
    let mut alone = Place::default();
    assert!(alone.may_step(Engine::Sqlite, &seen(9, 0, 0)) && alone.cursor == 9);
}
