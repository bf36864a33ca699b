//! What holds for a load within its caller's task, and in general; the rest by subject.

mod cluster;
mod faults;
mod many;
mod quota;
mod states;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use futures_util::future::join_all;
use stdx::{Clock, Rng, Timestamp};
use tokio::sync::{Notify, oneshot};

use super::*;
use crate::{Cache, Settings};

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("no answer")]
struct NoAnswer;

fn cache() -> (Cache, Clock) {
    let clock = Clock::manual(Timestamp::from_seconds(1_795_000_000));
    (Cache::new(&Settings::default(), clock.clone()), clock)
}

fn numbers(cache: &Cache) -> Space<u64> {
    cache.space("numbers", Some(Duration::from_secs(60)), |_| 8)
}

#[tokio::test]
async fn many_callers_one_load() {
    let (cache, _) = cache();
    let space = numbers(&cache);
    let loads = AtomicU32::new(0);
    let calls = (0..50).map(|_| {
        space.get_or_load_here("k", &[], || async {
            tokio::task::yield_now().await;
            loads.fetch_add(1, Ordering::SeqCst);
            Ok::<_, NoAnswer>(7)
        })
    });
    assert!(join_all(calls).await.into_iter().all(|r| r.unwrap() == 7));
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert_eq!(space.get("k"), Some(7));
    let stats = space.stats();
    assert_eq!((stats.hits, stats.misses, stats.loads, stats.entries), (1, 50, 1, 1));
    assert!(space.0.flights().is_empty());
}

#[tokio::test]
async fn an_error_is_shared_and_not_kept() {
    let (cache, _) = cache();
    let space = numbers(&cache);
    let loads = AtomicU32::new(0);
    let failing = || async {
        tokio::task::yield_now().await;
        loads.fetch_add(1, Ordering::SeqCst);
        Err::<u64, _>(NoAnswer)
    };
    for result in join_all((0..5).map(|_| space.get_or_load_here("k", &[], failing))).await {
        let error = result.unwrap_err();
        assert_eq!(error.cause::<NoAnswer>(), Some(&NoAnswer));
        assert_eq!(error.to_string(), "loading \"k\" into the cache space numbers");
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert_eq!(space.get_or_load_here("k", &[], || async { Ok::<_, NoAnswer>(1) }).await.unwrap(), 1);
    assert_eq!(space.stats().load_errors, 1);
}

#[tokio::test]
async fn a_caller_who_leaves_hands_the_load_on() {
    let (cache, _) = cache();
    let space = numbers(&cache);
    let gave_up = space.get_or_load_here("k", &[], std::future::pending::<Result<u64, NoAnswer>>);
    let gave_up = tokio::time::timeout(Duration::from_millis(5), gave_up);
    let patient = space.get_or_load_here("k", &[], || async { Ok::<_, NoAnswer>(2) });
    let (first, second) = tokio::join!(gave_up, patient);
    assert!(first.is_err());
    assert_eq!(second.unwrap(), 2);
    assert!(space.0.flights().is_empty());
    // Nobody is left at all: the flight is forgotten too.
    let alone = space.get_or_load_here("x", &[], std::future::pending::<Result<u64, NoAnswer>>);
    assert!(tokio::time::timeout(Duration::from_millis(5), alone).await.is_err());
    assert!(space.0.flights().is_empty());
}

/// Purges while the first load is under way; the second caller must load anew, and what the first
/// one loaded must not be kept.
async fn purge_during_load(purge: impl Fn(&Cache, &Space<u64>)) {
    let (cache, _) = cache();
    let space = numbers(&cache);
    let (started, go) = (Notify::new(), oneshot::channel::<()>());
    let first = space.get_or_load_here("k", &["t"], || async {
        started.notify_one();
        go.1.await.unwrap();
        Ok::<_, NoAnswer>(1)
    });
    let rest = async {
        started.notified().await;
        purge(&cache, &space);
        assert_eq!(space.get("k"), None);
        let second = space.get_or_load_here("k", &["t"], || async { Ok::<_, NoAnswer>(2) }).await.unwrap();
        assert_eq!(second, 2, "asked after the purge");
        go.0.send(()).unwrap();
    };
    let (first, ()) = tokio::join!(first, rest);
    assert_eq!(first.unwrap(), 1, "asked before the purge");
    assert_eq!(space.get("k"), Some(2));
}

#[tokio::test]
async fn a_purge_during_the_load_wins() {
    purge_during_load(|cache, _| cache.invalidate_tag("t")).await;
    purge_during_load(|_, space| space.invalidate("k")).await;
}

#[tokio::test]
async fn a_purge_with_nobody_after_it_leaves_nothing() {
    for by_tag in [true, false] {
        let (cache, _) = cache();
        let space = numbers(&cache);
        let load = || async {
            if by_tag {
                cache.invalidate_tag("t")
            } else {
                space.invalidate("k")
            }
            Ok::<_, NoAnswer>(1)
        };
        assert_eq!(space.get_or_load_here("k", &["t"], load).await.unwrap(), 1);
        assert_eq!(space.get("k"), None);
    }
}

#[tokio::test]
async fn tags_reach_across_spaces() {
    let (cache, _) = cache();
    let (one, two) = (numbers(&cache), cache.space::<String>("texts", None, String::len));
    one.put("a", &["x", "y"], 1);
    two.put("a", &["y"], "t".into());
    two.put("b", &[], "u".into());
    cache.invalidate_tag("y");
    assert_eq!((one.get("a"), two.get("a"), two.get("b")), (None, None, Some("u".into())));
}

#[test]
fn memory_is_bounded_by_weight_and_by_count() {
    let settings = Settings { memory_size: stdx::ByteSize::mib(1), entries_max: 200, ..Settings::default() };
    let cache = Cache::new(&settings, Clock::manual(Timestamp::EPOCH));
    let large = cache.space::<Vec<u8>>("large", None, Vec::len);
    (0..500).for_each(|i| large.put(&i.to_string(), &[], vec![0; 10_000]));
    let stats = cache.stats();
    assert!(stats.bytes <= 1 << 20 && stats.bytes > 500_000, "{}", stats.bytes);
    assert_eq!(stats.entries + large.stats().evictions, 500);
    cache.clear();
    assert_eq!((cache.stats().entries, cache.stats().bytes), (0, 0));
    let small = cache.space::<u8>("small", None, |_| 1);
    (0..5000).for_each(|i| small.put(&i.to_string(), &[], 0));
    let entries = cache.stats().entries;
    assert!(entries <= 200 && entries > 100, "{entries}");
}

/// The cache against a map that does everything the slow way, under seeded schedules.
#[tokio::test]
async fn it_behaves_like_a_map() {
    // Short ones, and some in which the thread comes to hold what it asks for at hand.
    for (seed, steps) in (0..40).map(|seed| (seed, 400)).chain([(40, 12_000), (41, 12_000), (42, 12_000)]) {
        let (cache, clock) = cache();
        let space = numbers(&cache);
        let rng = Rng::seeded(seed);
        let mut model: BTreeMap<String, (u64, BTreeSet<&str>, Timestamp)> = BTreeMap::new();
        for step in 0..steps {
            let key = format!("k{}", rng.below(12));
            let all = ["red", "green", "blue", "grey"];
            let tags: Vec<&str> = all.into_iter().filter(|_| rng.below(3) == 0).collect();
            let ends = clock.now() + Duration::from_secs(60);
            model.retain(|_, (_, _, ends)| *ends > clock.now());
            match rng.below(7) {
                0 => {
                    space.put(&key, &tags, step);
                    model.insert(key, (step, tags.into_iter().collect(), ends));
                }
                1 => {
                    space.invalidate(&key);
                    model.remove(&key);
                }
                2 => {
                    let tag = all[rng.below(4) as usize];
                    cache.invalidate_tag(tag);
                    model.retain(|_, (_, tags, _)| !tags.contains(tag));
                }
                3 => clock.advance(Duration::from_secs(rng.below(30))),
                4 | 5 => {
                    let got = space.get_or_load_here(&key, &tags, || async { Ok::<_, NoAnswer>(step) }).await.unwrap();
                    let expected = model.entry(key).or_insert((step, tags.into_iter().collect(), ends));
                    assert_eq!(got, expected.0, "seed {seed} step {step}");
                }
                _ => {
                    // Often enough that it is at hand.
                    let expected = model.get(&key).map(|m| m.0);
                    assert_eq!([(); 4].map(|()| space.get(&key)), [expected; 4], "seed {seed} step {step}");
                }
            }
        }
        assert!(space.0.flights().is_empty());
        assert_eq!(space.0.part.is_at_hand(), steps > 400);
    }
}

/// Loads read a "database" whose value is raised before its tag is invalidated; a value older than
/// the last invalidation that a caller knew of must never come out.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_older_than_a_purge_is_served() {
    let (cache, _) = cache();
    let space = numbers(&cache);
    let truth = Arc::new(AtomicU64::new(0));
    let purged = Arc::new(AtomicU64::new(0));
    let writer = async {
        for n in 1..=2000 {
            truth.store(n, Ordering::SeqCst);
            if n % 2 == 0 {
                cache.invalidate_tag("t")
            } else {
                space.invalidate("k")
            }
            purged.store(n, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    };
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (space, truth, purged) = (space.clone(), Arc::clone(&truth), Arc::clone(&purged));
        readers.spawn(async move {
            while purged.load(Ordering::SeqCst) < 2000 {
                let floor = purged.load(Ordering::SeqCst);
                let load = || async {
                    let value = truth.load(Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok::<_, NoAnswer>(value)
                };
                let got = space.get_or_load_here("k", &["t"], load).await.unwrap();
                assert!(got >= floor, "{got} is older than {floor}");
                tokio::task::yield_now().await;
            }
        });
    }
    writer.await;
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
}
