use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn keys(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.key.as_str()).collect()
}

#[test]
fn what_follows_often_enough_is_believed() {
    let prefetch = Prefetch::new(100, 60);
    for session in 0..8 {
        prefetch.seen(session, "s", "a", NOW);
        prefetch.seen(session, "s", if session < 6 { "b" } else { "c" }, NOW);
    }
    assert_eq!(keys(&prefetch.successors("s", "a")), ["b"], "c followed twice only");
    assert_eq!(keys(&prefetch.seen(99, "s", "a", NOW)), ["b"]);
    // Another session's key, or one from yesterday, follows nothing.
    prefetch.seen(100, "s", "x", NOW);
    for _ in 0..5 {
        prefetch.seen(100, "s", "x", NOW);
        prefetch.seen(100, "s", "y", NOW + PAUSE_MAX);
    }
    assert!(prefetch.successors("s", "x").is_empty());
    assert!(Prefetch::new(0, 60).seen(1, "s", "a", NOW).is_empty());
}

#[test]
fn loads_that_nobody_uses_end_it_and_probes_bring_it_back() {
    let prefetch = Prefetch::new(1_000, 60);
    let mut now = NOW;
    for session in 0..10 {
        prefetch.seen(session, "s", "a", now);
        prefetch.seen(session, "s", "b", now);
    }
    // Loaded ahead, and never asked for.
    let mut ahead = 0;
    for session in 1_000..1_400 {
        for place in prefetch.seen(session, "s", "a", now) {
            prefetch.loaded(&place, now);
            ahead += 1;
        }
        now = now + USE_WITHIN + Duration::from_secs(1);
    }
    let stats = prefetch.stats();
    assert!(stats.paused && stats.precision == Some(0.0), "{stats:?}");
    assert!((JUDGED_MIN..60).contains(&ahead), "{ahead}");
    // Now it is used each time; the probes find out. Confidence has to be earned again too.
    for session in 2_000..9_000 {
        for place in prefetch.seen(session, "s", "a", now) {
            prefetch.loaded(&place, now);
        }
        prefetch.seen(session, "s", "b", now);
    }
    let stats = prefetch.stats();
    assert!(!stats.paused && stats.used > 100, "{stats:?}");
}

#[test]
fn the_budget_and_the_memory_are_bounded() {
    let prefetch = Prefetch::new(50, 10);
    assert_eq!((0..100).filter(|_| prefetch.may_load(NOW)).count(), 10);
    assert!(!Prefetch::new(50, 0).may_load(NOW));
    for i in 0..20_000u64 {
        prefetch.seen(i % 7_000, "s", &(i % 900).to_string(), NOW);
        prefetch.loaded(&Place { space: "s".into(), key: i.to_string() }, NOW);
    }
    let state = prefetch.lock();
    assert!(state.keys.len() <= 50 && state.order.len() <= 51);
    assert!(state.sessions.len() <= SESSIONS_MAX && state.judged.len() <= JUDGED);
    assert!(state.ahead_order.len() <= AHEAD_KEPT + 1 && state.keys.values().all(|key| key.next.len() <= NEXT_MAX));
}
