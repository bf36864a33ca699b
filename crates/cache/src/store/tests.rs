mod model;
mod policy;
mod threads;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Front, Options, Store};

const SPACE: u32 = 1;

fn options(capacity: u64, entries: usize) -> Options {
    Options { capacity, entries, least: 1, shards: Some(1), seed: 1 }
}

/// Values are their own weights.
fn store(capacity: u64, entries: usize) -> Store<u64> {
    Store::new(&options(capacity, entries), |weight| *weight, |_| {})
}

#[test]
fn a_value_is_found_until_it_is_removed() {
    let store = store(100, 100);
    store.insert(SPACE, "a", 3);
    assert_eq!(store.get(SPACE, "a"), Some(3));
    assert_eq!(store.get(SPACE + 1, "a"), None);
    assert_eq!(store.get(SPACE, "b"), None);
    store.insert(SPACE, "a", 4);
    assert_eq!((store.get(SPACE, "a"), store.len(), store.weight()), (Some(4), 1, 4));
    assert_eq!(store.remove(SPACE, "a"), Some(4));
    assert_eq!(store.remove(SPACE, "a"), None);
    assert_eq!((store.get(SPACE, "a"), store.len(), store.weight()), (None, 0, 0));
}

#[test]
fn only_the_value_that_is_meant_is_removed() {
    let store = Store::new(&options(10, 10), |_: &Arc<u8>| 1, |_| {});
    let (first, second) = (Arc::new(1), Arc::new(1));
    store.insert(SPACE, "a", Arc::clone(&second));
    assert_eq!(store.remove_if(SPACE, "a", |value| Arc::ptr_eq(value, &first)), None);
    assert!(store.remove_if(SPACE, "a", |value| Arc::ptr_eq(value, &second)).is_some());
    assert!(store.is_empty());
}

#[test]
fn what_is_heavier_than_the_store_leaves_at_once() {
    let told = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&told);
    let evicted = move |weight: &u64| {
        heard.fetch_add(*weight, Ordering::Relaxed);
    };
    let store = Store::new(&options(100, 100), |weight| *weight, evicted);
    store.insert(SPACE, "a", 7);
    store.insert(SPACE, "a", 101);
    assert_eq!((store.get(SPACE, "a"), store.weight()), (None, 0), "the older value is gone too");
    assert_eq!(told.load(Ordering::Relaxed), 101);
    store.insert(SPACE, "a", 100);
    assert_eq!(store.get(SPACE, "a"), Some(100));
}

#[test]
fn what_fits_stays() {
    let store = store(1_000, 1_000);
    for i in 0..1_000 {
        store.insert(SPACE, &i.to_string(), 1);
    }
    assert_eq!(store.len(), 1_000);
    assert!((0..1_000).all(|i| store.get(SPACE, &i.to_string()).is_some()));
}

#[test]
fn values_are_dropped_once() {
    let kept = Arc::new(());
    let store = Store::new(&Options { shards: Some(4), ..options(40, 40) }, |_: &Arc<()>| 1, |_| {});
    for i in 0..500 {
        store.insert(i % 3, &(i % 120).to_string(), Arc::clone(&kept));
    }
    assert_eq!(Arc::strong_count(&kept), store.len() + 1);
    store.remove_where(|space, _, _| space == 1);
    assert_eq!(Arc::strong_count(&kept), store.len() + 1);
    store.clear();
    assert_eq!((Arc::strong_count(&kept), store.len(), store.weight()), (1, 0, 0));
}

#[test]
fn a_visit_sees_everything_and_a_sweep_takes_what_it_means() {
    let store = Store::new(&Options { shards: Some(4), ..options(400, 400) }, |_: &u32| 1, |_| {});
    for i in 0..100u32 {
        store.insert(i % 2, &i.to_string(), i);
    }
    assert_eq!(store.remove_where(|space, key, value| space == 0 && key.len() == 1 && *value != 4), 4);
    let mut seen = Vec::new();
    store.visit(|space, key, value| {
        assert_eq!((space, key), (value % 2, value.to_string().as_str()));
        seen.push(*value);
        true
    });
    seen.sort_unstable();
    assert_eq!(seen, (0..100).filter(|i| *i > 9 || i % 2 == 1 || *i == 4).collect::<Vec<_>>());
}

#[test]
fn a_visit_ends_early_and_may_come_back_to_the_store() {
    let store = store(100, 100);
    (0..50).for_each(|i| store.insert(SPACE, &i.to_string(), 1));
    let mut seen = 0;
    store.visit(|space, key, _| {
        store.remove(space, key);
        seen += 1;
        seen < 20
    });
    assert_eq!((seen, store.len()), (20, 30));
}

#[test]
fn shards_make_up_the_capacity() {
    for (capacity, entries) in [(1, 1), (5, 5), (1 << 20, 50_000), (128 << 20, 50_000), (1 << 40, 1 << 20)] {
        let shards = super::fitting(capacity, entries);
        assert!(shards.is_power_of_two());
        assert!(shards == 1 || (capacity / shards as u64 >= 8 << 20 && entries / shards >= 1_024));
    }
    let store = Store::new(&Options { shards: Some(8), ..options(1_003, 1_003) }, |_: &u8| 1, |_| {});
    for i in 0..10_000 {
        store.insert(SPACE, &i.to_string(), 0);
        assert!(store.weight() <= 1_003);
    }
    assert_eq!(store.weight(), 1_003);
    let tiny = Store::new(&Options { shards: Some(8), ..options(3, 3) }, |_: &u8| 1, |_| {});
    (0..100).for_each(|i| tiny.insert(SPACE, &i.to_string(), 0));
    assert!(tiny.weight() <= 3);
}

#[test]
fn a_front_sees_every_change_of_its_store() {
    let store = store(1_000, 1_000);
    let mut front = Front::new(64, 1_000);
    // More than once: the answer of the store, and what is kept of it.
    let mut see = |key: &str| [(); 4].map(|()| front.with(&store, SPACE, key, |value| *value));
    assert_eq!(see("a"), [None; 4]);
    for round in 0..20 {
        store.insert(SPACE, "a", 1 + round);
        assert_eq!(see("a"), [Some(1 + round); 4]);
        store.insert(SPACE, "a", 100);
        assert_eq!(see("a"), [Some(100); 4]);
        match round % 3 {
            0 => drop(store.remove(SPACE, "a")),
            1 => assert_eq!(store.remove_where(|_, _, value| *value == 100), 1),
            _ => store.clear(),
        }
        assert_eq!(see("a"), [None; 4]);
    }
}

#[test]
fn a_front_keeps_what_is_popular() {
    let store = store(10_000, 10_000);
    let mut front = Front::new(16, 1_000);
    (0..2_000).for_each(|i| store.insert(SPACE, &i.to_string(), 1));
    for i in 0..2_000 {
        front.with(&store, SPACE, "7", |_| ());
        front.with(&store, SPACE, "7", |_| ());
        front.with(&store, SPACE, &i.to_string(), |_| ());
    }
    // What was evicted may still be seen here: so one can tell.
    assert_eq!(front.weight(), 1, "passers-by are not kept");
    front.forget(&store, SPACE, "7");
    assert_eq!(front.weight(), 0);
}

#[test]
fn a_front_tells_stores_apart() {
    let (one, other) = (store(10, 10), store(10, 10));
    let mut front = Front::new(1, 1_000);
    one.insert(SPACE, "a", 1);
    other.insert(SPACE, "a", 2);
    for _ in 0..3 {
        assert_eq!(front.with(&one, SPACE, "a", |value| *value), Some(1));
        assert_eq!(front.with(&other, SPACE, "a", |value| *value), Some(2));
    }
}

#[test]
fn a_front_keeps_its_budget() {
    let store = store(100_000, 1_000);
    let mut front = Front::new(1_024, 320);
    store.insert(SPACE, "heavy", 21);
    for _ in 0..3 {
        assert_eq!((front.with(&store, SPACE, "heavy", |value| *value), front.weight()), (Some(21), 0));
    }
    for i in 0..100 {
        let key = i.to_string();
        store.insert(SPACE, &key, 20);
        assert_eq!([(); 3].map(|()| front.with(&store, SPACE, &key, |value| *value)), [Some(20); 3]);
        assert!(front.weight() <= 320);
    }
    assert_eq!(front.weight(), 320);
}

#[test]
fn what_only_a_front_is_asked_for_stays_in_the_store() {
    let store = store(100, 100);
    let mut front = Front::new(64, 1_000);
    store.insert(SPACE, "popular", 1);
    for i in 0..5_000 {
        for _ in 0..16 {
            assert_eq!(front.with(&store, SPACE, "popular", |value| *value), Some(1));
        }
        store.insert(SPACE, &i.to_string(), 1);
    }
    assert_eq!(store.get(SPACE, "popular"), Some(1));
}

#[test]
fn a_front_grows_where_it_is_crowded_and_may() {
    let store = store(1_000, 1_000);
    (0..500).for_each(|i| store.insert(SPACE, &i.to_string(), 1));
    let fill = |mut front: Front<u64>| {
        for _ in 0..40 {
            for i in 0..500 {
                // Twice in a row: who comes again is not only passing by.
                for _ in 0..2 {
                    assert_eq!(front.with(&store, SPACE, &i.to_string(), |value| *value), Some(1), "{i}");
                }
            }
        }
        front.weight()
    };
    let (large, small, poor) =
        (fill(Front::growing(8, 2_048, 1 << 20)), fill(Front::new(8, 1 << 20)), fill(Front::growing(8, 2_048, 2_000)));
    assert!(large > 400, "{large}");
    assert_eq!((small, poor), (8, 8), "no more places than were allowed, or than the budget has bytes");
}

#[test]
fn a_front_asks_anew_where_what_it_holds_is_doubted() {
    let store = store(100, 100);
    store.insert(SPACE, "a", 7);
    let mut front: Front<String> = Front::new(16, 1_000);
    let mut asked = Vec::new();
    let mut see = |front: &mut Front<String>, fine: bool, keep: bool| {
        let look = |held: &String| fine.then(|| held.clone());
        let seen = front.through(&store, SPACE, "a", look, |value, hold| {
            asked.push(hold);
            (format!("store {value}"), (hold && keep).then(|| format!("front {value}")))
        });
        (seen.unwrap(), asked.len())
    };
    assert_eq!(see(&mut front, true, true), ("store 7".into(), 1));
    assert_eq!(see(&mut front, true, true), ("store 7".into(), 2));
    assert_eq!(see(&mut front, true, true), ("front 7".into(), 2));
    assert_eq!(see(&mut front, false, true), ("store 7".into(), 3));
    assert_eq!(see(&mut front, true, true), ("front 7".into(), 3));
    assert_eq!((see(&mut front, false, false), front.weight()), (("store 7".into(), 4), 0), "nothing to hold");
    assert_eq!(asked, [false, true, true, true]);
}
