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
        weights: text::score::Weights::default(),
        public_url: None,
        rng,
    });
    desk.connect(&bus, tasks);
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
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
