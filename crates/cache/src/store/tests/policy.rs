//! Who stays. Each test is a kind of traffic that one of the simple policies gets wrong.

use stdx::Rng;

use super::super::{Options, Store};
use super::{SPACE, store};

/// Hits among `keys`, where every miss is followed by an insert.
fn hits(store: &Store<u64>, keys: impl IntoIterator<Item = u64>) -> u64 {
    let mut hits = 0;
    for key in keys {
        let key = key.to_string();
        match store.get(SPACE, &key) {
            Some(_) => hits += 1,
            None => store.insert(SPACE, &key, 1),
        }
    }
    hits
}

/// Numbers below `n` of which each twice as large one is half as likely.
fn skewed(rng: &Rng, n: u64) -> u64 {
    ((n as f64).powf(rng.unit()) as u64).min(n - 1)
}

#[test]
fn a_scan_does_not_wash_out_what_is_popular() {
    let store = store(500, 500);
    hits(&store, (0..3_000).map(|i| i % 300));
    hits(&store, 1_000_000..1_003_000);
    let kept = hits(&store, 0..300);
    assert!(kept >= 290, "{kept} of 300 are left");
}

#[test]
fn of_a_loop_that_does_not_fit_a_part_is_kept() {
    let store = store(500, 500);
    hits(&store, (0..30_000).map(|i| i % 1_000));
    // The least recently used would never have a single hit here; the best that can be is a half.
    let hits = hits(&store, (0..10_000).map(|i| i % 1_000));
    assert!(hits > 4_000, "{hits} of 10000");
}

#[test]
fn the_window_follows_the_traffic() {
    let store = store(500, 500);
    let rng = Rng::seeded(7);
    // What is asked for was new a moment ago, three or four times, and then never again.
    let news = |from: u64| (from..from + 60_000).map(|i| i / 3 - rng.below(400).min(i / 3)).collect::<Vec<_>>();
    hits(&store, news(1_000_000));
    let for_news = store.window();
    let hits_of_news = hits(&store, news(1_060_000));
    hits(&store, (0..100_000).map(|i| i % 1_000));
    let for_loop = store.window();
    assert!(for_news >= 300, "{for_news} thousandths for news");
    assert!(for_loop <= 100, "{for_loop} thousandths for a loop");
    assert!(hits_of_news > 36_000, "{hits_of_news} of 60000");
}

#[test]
fn yesterdays_favourites_make_way() {
    let store = store(500, 500);
    let rng = Rng::seeded(3);
    let day = |first: u64| (0..20_000).map(|_| first + skewed(&rng, 5_000)).collect::<Vec<_>>();
    let (first, second) = (day(0), day(1_000_000));
    hits(&store, first.iter().copied());
    let before = hits(&store, first);
    hits(&store, second.iter().copied());
    let after = hits(&store, second);
    assert!(after * 100 > before * 97, "{before} hits on the first day, {after} on the second");
}

/// Settings guess the number of entries; the trials notice when they were far off.
#[test]
fn heavy_values_have_a_sample_of_their_own_size() {
    let options = Options { capacity: 100_000, entries: 50_000, least: 1, shards: Some(1), seed: 5 };
    let store: Store<u64> = Store::new(&options, |_| 200, |_| {});
    hits(&store, (0..60_000).map(|i| i % 1_000));
    assert!(store.len() == 500);
    assert!(store.window() <= 100, "{} thousandths", store.window());
    let hits = hits(&store, (0..10_000).map(|i| i % 1_000));
    assert!(hits > 4_000, "{hits} of 10000");
}

#[test]
fn seeds_decide_alone() {
    let run = || {
        let store = store(300, 300);
        let rng = Rng::seeded(11);
        let hits = hits(&store, (0..10_000).map(|_| skewed(&rng, 20_000)));
        (hits, store.window(), store.len())
    };
    assert_eq!(run(), run());
}
