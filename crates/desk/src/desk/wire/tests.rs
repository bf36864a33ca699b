use std::time::{Duration, Instant};

use stdx::{Clock, Rng, Timestamp};
use store::Engine;
use store::testing::TempStore;

use super::*;
use crate::events::Position;
use crate::posts::State;
use crate::{Parts, PostId, Settings};

async fn desk(store: &TempStore, tasks: &Tasks, seed: u64) -> Desk {
    let (clock, rng) = (Clock::system(), Rng::seeded(seed));
    let queue = queue::Queue::open(store, queue::Settings::default(), clock.clone(), rng.clone(), queue::Place::Server)
        .await
        .unwrap();
    let connect = connect::Settings::default();
    let bus = Bus::join(store, store.settings(), queue.epoch(), tasks).unwrap();
    let desk = Desk::new(Parts {
        store: store.store(),
        queue,
        clock: clock.clone(),
        settings: Settings::default(),
        client: connect::Client::new(&connect, clock.clone(), rng.clone()),
        llm: connect::llm::Settings::default(),
        hosts: connect::Hosts::new(&connect),
        limits: connect.limits(),
        sealer: guard::seal::Sealer::new([7; 32]),
        cache: cache::Cache::new(&cache::Settings::default(), clock),
        rng,
    });
    desk.connect(bus.clone(), tasks);
    let began = Instant::now();
    while !bus.is_connected() {
        assert!(began.elapsed() < Duration::from_secs(10), "the bus connects");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    desk
}

fn signal(n: i64) -> Signal {
    Signal::Post {
        id: PostId(stdx::Id::from_i64(5).unwrap()),
        event: "created".to_owned(),
        position: Position { xid: 900, pos: n },
        state: State::Draft,
        version: 1,
        title: "A quay".to_owned(),
        at: Timestamp::from_millis(1_000),
    }
}

#[tokio::test]
async fn desks_of_one_database_tell_each_other() {
    let store = store::testing::temporary(&[queue::MIGRATIONS, crate::MIGRATIONS]).await;
    if store.engine() != Engine::Postgres {
        eprintln!("skipped: an SQLite folder has one process; needs COPYDESK_TEST_POSTGRES");
        return;
    }
    let tasks = Tasks::default();
    let (a, b) = (desk(&store, &tasks, 1).await, desk(&store, &tasks, 2).await);
    let mut heard = b.watch();
    for n in 1..=20 {
        a.signal(signal(n));
    }
    let mut long = signal(21);
    if let Signal::Post { title, .. } = &mut long {
        *title = "ş".repeat(20_000);
    }
    a.signal(long);
    for n in 1..=20 {
        let told = tokio::time::timeout(Duration::from_secs(5), heard.recv()).await.unwrap().unwrap();
        assert_eq!(told, signal(n));
    }
    let told = tokio::time::timeout(Duration::from_secs(5), heard.recv()).await.unwrap().unwrap();
    assert!(matches!(told, Signal::Post { title, .. } if title.chars().count() == TITLE_MAX));

    // What one purges, the other does not serve.
    let (there, here) = (b.cache.space("t", None, |_: &u32| 8), a.cache.space("t", None, |_: &u32| 8));
    for n in 0..2_000 {
        there.put(&n.to_string(), &[&format!("page:{n}"), "lists"], n);
    }
    here.put("0", &["page:0"], 0);
    let tags: Vec<String> = (0..1_999).map(|n| format!("page:{n}")).collect();
    let began = Instant::now();
    a.purge(&tags.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(here.get("0"), None);
    while there.get("1998").is_some() {
        assert!(began.elapsed() < Duration::from_secs(5), "the purge arrives");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("2,000 tags purged on another node after {:?}", began.elapsed());
    assert!((0..1_999).all(|n| there.get(&n.to_string()).is_none()) && there.get("1999") == Some(1_999));
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
