//! Many threads on one store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use stdx::Rng;

use super::super::{Front, Options, Store};

const WRITERS: u64 = 3;
const KEYS: u64 = 64;
const ROUNDS: u64 = 6_000;

/// Every key belongs to one writer, which knows what may be found under it; readers see numbers that only grow. The
/// store is a third of what it is asked to hold, so that evictions go on beside it all.
#[test]
fn nobody_sees_what_was_replaced_or_removed() {
    for seed in [1, 2] {
        let options = Options { capacity: 64, entries: 64, least: 1, shards: Some(4), seed };
        let store: Store<u64> = Store::new(&options, |_| 1, |_| {});
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|n| {
                    scope.spawn({
                        let (store, done) = (&store, &done);
                        move || read(store, done, &Rng::seeded(seed * 100 + n))
                    })
                })
                .collect();
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let store = &store;
                    scope.spawn(move || write(store, writer, &Rng::seeded(seed * 1_000 + writer)))
                })
                .collect();
            writers.into_iter().for_each(|writer| writer.join().expect("a writer found something wrong"));
            done.store(true, Ordering::Relaxed);
            let seen: u64 = readers.into_iter().map(|reader| reader.join().expect("a reader went back in time")).sum();
            assert!(seen > 0, "the readers met values");
        });
        assert!(store.weight() <= 64);
    }
}

fn write(store: &Store<u64>, writer: u64, rng: &Rng) {
    let mut front = Front::new(32, 1_000);
    let mut last = vec![None; KEYS as usize];
    for number in 1..=ROUNDS {
        let at = rng.below(KEYS);
        let key = format!("{writer}-{at}");
        let last = &mut last[at as usize];
        match rng.below(10) {
            0..4 => {
                store.insert(0, &key, number);
                *last = Some(number);
            }
            4 => {
                store.remove(0, &key);
                *last = None;
            }
            5 if number % 50 == 0 => {
                let mark = format!("{writer}-");
                store.remove_where(|_, key, value| key.starts_with(&mark) && *value + 1_000 < number);
            }
            6..8 => {
                let seen = front.with(store, 0, &key, |value| *value);
                assert!(seen.is_none() || seen == *last, "the front shows {seen:?} for {last:?}");
            }
            _ => {
                let seen = store.get(0, &key);
                assert!(seen.is_none() || seen == *last, "the store has {seen:?} for {last:?}");
            }
        }
        assert!(number % 100 != 0 || store.weight() <= 64);
    }
}

fn read(store: &Store<u64>, done: &AtomicBool, rng: &Rng) -> u64 {
    let mut front = Front::new(32, 1_000);
    let mut newest = vec![0; (WRITERS * KEYS) as usize];
    let mut seen = 0;
    while !done.load(Ordering::Relaxed) {
        let at = rng.below(WRITERS * KEYS);
        let key = format!("{}-{}", at / KEYS, at % KEYS);
        let value = if rng.below(2) == 0 { store.get(0, &key) } else { front.with(store, 0, &key, |value| *value) };
        if let Some(value) = value {
            assert!(value >= newest[at as usize]);
            newest[at as usize] = value;
            seen += 1;
        }
    }
    seen
}
