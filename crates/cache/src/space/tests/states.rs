//! Fresh, stale, grace; time-outs; early and failed loads.

use super::*;

/// A loader whose answer and speed the test decides.
#[derive(Clone, Default)]
struct Origin {
    value: Arc<AtomicU64>,
    fails: Arc<std::sync::atomic::AtomicBool>,
    loads: Arc<AtomicU64>,
    /// Milliseconds.
    takes: Arc<AtomicU64>,
}

impl Origin {
    async fn load(self) -> Result<u64, NoAnswer> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let takes = self.takes.load(Ordering::SeqCst);
        if takes > 0 {
            tokio::time::sleep(Duration::from_millis(takes)).await;
        }
        if self.fails.load(Ordering::SeqCst) { Err(NoAnswer) } else { Ok(self.value.load(Ordering::SeqCst)) }
    }

    fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }

    async fn ask(&self, space: &Space<u64>) -> Result<u64, LoadError> {
        let origin = self.clone();
        space.get_or_load("k", &["t"], move || origin.load()).await
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Lets tasks run until nothing moves.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn stale_is_served_while_one_loads() {
    let (cache, clock) = cache();
    let space = cache.define("n").ttl(seconds(60)).stale(seconds(30)).open();
    let origin = Origin::default();
    assert_eq!(origin.ask(&space).await.unwrap(), 0);
    origin.value.store(1, Ordering::SeqCst);
    origin.takes.store(100, Ordering::SeqCst);
    clock.advance(seconds(70));
    for _ in 0..10 {
        assert_eq!(origin.ask(&space).await.unwrap(), 0, "at once");
    }
    settle().await;
    assert_eq!(origin.loads(), 2, "one in the background");
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(origin.ask(&space).await.unwrap(), 1);
    assert_eq!((origin.loads(), space.stats().stale_served), (2, 10));
    clock.advance(seconds(91));
    origin.value.store(2, Ordering::SeqCst);
    assert_eq!(origin.ask(&space).await.unwrap(), 2, "beyond the stale time one waits");
}

#[tokio::test(start_paused = true)]
async fn grace_bridges_errors_and_no_further() {
    let (cache, clock) = cache();
    let space = cache.define("n").ttl(seconds(60)).grace(seconds(600)).open();
    let origin = Origin::default();
    assert_eq!(origin.ask(&space).await.unwrap(), 0);
    origin.fails.store(true, Ordering::SeqCst);
    clock.advance(seconds(61));
    for _ in 0..100 {
        assert_eq!(origin.ask(&space).await.unwrap(), 0);
    }
    assert_eq!(origin.loads(), 2, "a dead origin is not asked by everybody");
    clock.advance(seconds(5));
    assert_eq!(origin.ask(&space).await.unwrap(), 0);
    assert_eq!(origin.loads(), 3, "but again after a while");
    // Purged is purged, grace or not.
    cache.invalidate_tag("t");
    assert!(origin.ask(&space).await.is_err());
    origin.fails.store(false, Ordering::SeqCst);
    origin.value.store(7, Ordering::SeqCst);
    assert_eq!(origin.ask(&space).await.unwrap(), 7);
    origin.fails.store(true, Ordering::SeqCst);
    clock.advance(seconds(661));
    assert_eq!(origin.ask(&space).await.unwrap_err().cause::<NoAnswer>(), Some(&NoAnswer));
}

#[tokio::test(start_paused = true)]
async fn soft_and_hard_time_outs_end_in_the_background() {
    let (cache, clock) = cache();
    let space = cache.define("n").ttl(seconds(60)).grace(seconds(600)).soft_timeout(Duration::from_millis(50));
    let space = space.hard_timeout(seconds(2)).open();
    let origin = Origin::default();
    origin.takes.store(5_000, Ordering::SeqCst);
    let began = tokio::time::Instant::now();
    let error = origin.ask(&space).await.unwrap_err();
    assert_eq!(error.cause::<NoValue>(), Some(&NoValue::TimedOut(seconds(2))));
    assert_eq!(began.elapsed(), seconds(2));
    tokio::time::sleep(seconds(4)).await;
    assert_eq!((space.get("k"), origin.loads()), (Some(0), 1), "it went on without its caller");
    clock.advance(seconds(61));
    origin.value.store(1, Ordering::SeqCst);
    let began = tokio::time::Instant::now();
    assert_eq!(origin.ask(&space).await.unwrap(), 0);
    assert_eq!(began.elapsed(), Duration::from_millis(50), "who has something to fall back on waits less");
    tokio::time::sleep(seconds(6)).await;
    assert_eq!((space.get("k"), origin.loads(), space.stats().timeouts), (Some(1), 2, 2));
    assert!(space.0.flights().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_load_that_all_left_is_kept() {
    let (cache, _) = cache();
    let space = cache.define("n").open();
    let origin = Origin::default();
    origin.takes.store(100, Ordering::SeqCst);
    assert!(tokio::time::timeout(Duration::from_millis(10), origin.ask(&space)).await.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((space.get("k"), origin.loads()), (Some(0), 1));
}

#[tokio::test]
async fn a_load_that_panics_is_an_error_and_the_next_goes() {
    let (cache, _) = cache();
    let space = cache.define::<u64>("n").open();
    let broken = space.get_or_load("k", &[], async || {
        if std::hint::black_box(true) {
            panic!("on purpose");
        }
        Ok::<_, NoAnswer>(1)
    });
    assert_eq!(broken.await.unwrap_err().cause::<NoValue>(), Some(&NoValue::Abandoned));
    assert_eq!(space.get_or_load("k", &[], async || Ok::<_, NoAnswer>(2)).await.unwrap(), 2);
    assert!(space.0.flights().is_empty());
}

#[tokio::test(start_paused = true)]
async fn early_refresh_happens_once_before_the_end() {
    let (cache, clock) = cache();
    let space = cache.define("n").ttl(seconds(100)).early(0.8).open();
    let origin = Origin::default();
    origin.ask(&space).await.unwrap();
    clock.advance(seconds(79));
    origin.ask(&space).await.unwrap();
    settle().await;
    assert_eq!(origin.loads(), 1, "too early");
    clock.advance(Duration::from_millis(20_999));
    assert_eq!(space.get("k"), Some(0), "who only looks does not take the turn");
    for _ in 0..10 {
        origin.ask(&space).await.unwrap();
    }
    settle().await;
    assert_eq!((origin.loads(), space.stats().early_refreshes, space.stats().misses), (2, 1, 1));
    clock.advance(seconds(50));
    assert_eq!(space.get("k"), Some(0), "nobody waited");
    // The moment differs from entry to entry.
    let moments: BTreeSet<_> = (0..20)
        .map(|i| {
            let key = i.to_string();
            space.put(&key, &[], 1);
            cache.0.memory.get(space.0.part.id, &key).unwrap().early_at
        })
        .collect();
    assert!(moments.len() > 15);
}

#[tokio::test(start_paused = true)]
async fn failures_are_kept_only_where_the_space_says_so() {
    let (cache, clock) = cache();
    let space = cache.define("n").negative(seconds(5)).open();
    let origin = Origin::default();
    origin.fails.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(origin.ask(&space).await.unwrap_err().cause::<NoAnswer>(), Some(&NoAnswer));
    }
    assert_eq!((origin.loads(), space.get("k")), (1, None));
    clock.advance(seconds(6));
    origin.fails.store(false, Ordering::SeqCst);
    assert_eq!(origin.ask(&space).await.unwrap(), 0);
    // A purge drops a failure too.
    cache.invalidate_tag("t");
    origin.fails.store(true, Ordering::SeqCst);
    assert!(origin.ask(&space).await.is_err());
    cache.invalidate_tag("t");
    origin.fails.store(false, Ordering::SeqCst);
    assert_eq!(origin.ask(&space).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_soft_purge_makes_stale_and_a_hard_one_gone() {
    let (cache, _) = cache();
    let space = cache.define("n").ttl(seconds(60)).stale(seconds(60)).open();
    let origin = Origin::default();
    for purge in [
        (|cache| cache.soft_invalidate_tag("t")) as fn(&Cache),
        |cache| cache.soft_invalidate_key("n", "k"),
        |cache| cache.soft_invalidate_pattern("n:k*"),
    ] {
        let before = origin.ask(&space).await.unwrap();
        origin.value.fetch_add(1, Ordering::SeqCst);
        purge(&cache);
        assert_eq!(space.get("k"), None, "not fresh");
        assert_eq!(origin.ask(&space).await.unwrap(), before, "served while one loads");
        settle().await;
        assert_eq!(origin.ask(&space).await.unwrap(), before + 1);
    }
    for purge in [
        (|cache| cache.invalidate_tag("t")) as fn(&Cache),
        |cache| cache.invalidate_key("n", "k"),
        |cache| cache.invalidate_pattern("*:k"),
        |cache| cache.invalidate_all(),
    ] {
        origin.value.fetch_add(1, Ordering::SeqCst);
        purge(&cache);
        assert_eq!(origin.ask(&space).await.unwrap(), origin.value.load(Ordering::SeqCst));
    }
    // Without a stale time soft is hard.
    let strict = cache.define("s").ttl(seconds(60)).open();
    strict.put("k", &["t"], 1_u64);
    cache.soft_invalidate_tag("t");
    assert_eq!(origin.ask(&strict).await.unwrap(), origin.value.load(Ordering::SeqCst));
}

#[tokio::test]
async fn patterns_reach_what_they_name_and_free_it() {
    let (cache, _) = cache();
    let (site, api) = (cache.define::<u64>("site").open(), cache.define::<u64>("api").open());
    for key in ["/a/1", "/a/2", "/b/1"] {
        site.put(key, &[], 1);
        api.put(key, &[], 1);
    }
    assert_eq!(cache.touched_by_pattern("site:/a/*", 1).0, 2);
    assert_eq!(cache.touched_by_pattern("site:/a/*", 1).1.len(), 1);
    cache.invalidate_pattern("site:/a/*");
    assert_eq!([site.get("/a/1"), site.get("/b/1"), api.get("/a/1")], [None, Some(1), Some(1)]);
    let mut looks = 0;
    while site.stats().entries > 1 {
        looks += 1;
        assert!(looks < 1_000, "swept, not only refused");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    site.put("/a/1", &[], 2);
    assert_eq!(site.get("/a/1"), Some(2), "what comes later is not meant");
}

#[tokio::test]
async fn a_value_may_say_how_long_and_under_which_tags() {
    let (cache, clock) = cache();
    let space = cache.define::<u64>("n").ttl(seconds(60)).open();
    let made = || Made::new(1).ttl(seconds(5)).grace(seconds(100)).tags(["late"]);
    space.get_or_make("k", &["early"], async move || Ok::<_, NoAnswer>(made())).await.unwrap();
    assert_eq!(cache.touched("late", 10), (1, vec![("n", "k".to_owned())]));
    let seen = cache.inspect("n", "k").unwrap();
    assert_eq!((seen.phase, seen.tags, seen.failed), (Phase::Fresh, 2, false));
    clock.advance(seconds(6));
    assert_eq!((space.get("k"), cache.inspect("n", "k").unwrap().phase), (None, Phase::Grace));
    cache.invalidate_tag("late");
    assert_eq!(cache.inspect("n", "k"), None);
    let load = async || Ok::<_, NoAnswer>(Made::new(3).not_kept());
    assert_eq!(space.get_or_make("k", &[], load).await.unwrap(), 3);
    assert_eq!(space.get("k"), None);
}

/// 10,000 callers, one load, on several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_misses_are_one_load() {
    let (cache, _) = cache();
    let space = cache.define("n").open();
    let origin = Origin::default();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let (space, origin) = (space.clone(), origin.clone());
        callers.spawn(async move {
            let watched = space.clone();
            let load = async move || {
                // Until all others wait for it.
                while watched.stats().stampedes_avoided < 9_999 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                origin.load().await
            };
            space.get_or_load("k", &["t"], load).await.unwrap()
        });
    }
    assert!(callers.join_all().await.into_iter().all(|value| value == 0));
    assert_eq!(origin.loads(), 1);
    let stats = space.stats();
    assert_eq!((stats.loads, stats.hits, stats.misses), (1, 0, 10_000));
    assert!(space.0.flights().is_empty());
}

#[tokio::test]
async fn what_is_asked_for_most_is_known() {
    let (cache, _) = cache();
    let space = cache.define::<u64>("n").open();
    space.put("hot", &[], 1);
    for i in 0..64_000 {
        space.get("hot");
        if i % 2 == 0 {
            space.get("missed");
        }
    }
    let stats = cache.stats();
    assert_eq!(stats.top_keys[0].key, "hot");
    assert_eq!(stats.top_missed[0].key, "missed");
    assert!((50_000..80_000).contains(&stats.top_keys[0].count), "{}", stats.top_keys[0].count);
    let memory = &stats.tiers[0];
    assert_eq!((memory.name, memory.hits, memory.misses), ("memory", 64_000, 32_000));
    assert!(memory.p99_s.is_some());
}

#[tokio::test]
async fn what_is_read_together_is_loaded_ahead() {
    let (cache, clock) = cache();
    let space = cache.define::<u64>("n").ttl(seconds(10)).open();
    space.loader(async |key: String| Ok::<_, NoAnswer>(Made::new(key.len() as u64)));
    for session in 0..10 {
        cache.seen(session, "n", "first");
        cache.seen(session, "n", "second");
        clock.advance(seconds(1));
    }
    assert_eq!(cache.successors("n", "first"), [("n".to_owned(), "second".to_owned())]);
    settle().await;
    clock.advance(seconds(20));
    cache.seen(77, "n", "first");
    settle().await;
    assert_eq!(space.get("second"), Some(6));
    assert!(cache.stats().prefetch.loaded >= 1);
    assert_eq!(space.warm(["a", "bb", "second"].map(String::from), 2).await, 3);
    assert_eq!([space.get("a"), space.get("bb")], [Some(1), Some(2)]);
    assert_eq!(cache.define::<u64>("bare").open().warm(["a".to_owned()], 1).await, 0, "no loader, nothing warm");
}
