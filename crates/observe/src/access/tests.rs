use super::*;

#[test]
fn an_answer_is_counted_once() {
    let before = totals();
    record("GET", "/only/here", 204, Duration::from_millis(3));
    record("BREW", "/only/here", 404, Duration::from_millis(3));
    let mine: Vec<_> = REQUESTS.cells().into_iter().filter(|(k, _)| k[1] == "/only/here").collect();
    let found: Vec<_> = mine.iter().map(|(k, c)| (k[0].as_str(), k[2].as_str(), c.get())).collect();
    assert_eq!(found, [("GET", "204", 1), ("other", "404", 1)]);
    assert_eq!(DURATION.with(&["GET", "/only/here"]).count(), 1);
    // Other tests count beside this one.
    let since = totals().since(&before);
    assert!(since.answers >= 2 && since.quantile(0.5).is_some(), "{since:?}");
}

#[test]
fn a_route_is_known_minute_by_minute_for_an_hour() {
    let minutes = Minutes::default();
    let of = |n: usize| minutes.routes(n).into_iter().find(|route| route.route == "/by/minute");
    record("GET", "/by/minute", 200, Duration::from_millis(40));
    assert_eq!(of(0).map(|route| route.count()), Some(1), "the minute that runs");
    minutes.turn();
    assert_eq!(of(0), None);
    record("GET", "/by/minute", 503, Duration::from_millis(400));
    record("GET", "/by/minute", 304, Duration::from_millis(40));
    minutes.turn();
    let (one, both) = (of(1).unwrap(), of(60).unwrap());
    assert_eq!((one.count(), one.errors(), one.statuses), (2, 1, [0, 0, 1, 0, 1]));
    assert_eq!((both.count(), both.errors(), both.method.as_str()), (3, 1, "GET"));
    let (p50, p99) = (both.quantile(0.5).unwrap(), both.quantile(0.99).unwrap());
    assert!((0.025..=0.05).contains(&p50) && (0.25..=0.5).contains(&p99), "{p50} {p99}");
    for _ in 0..59 {
        minutes.turn();
    }
    assert_eq!(of(60).map(|route| route.count()), Some(2), "the first minute is forgotten");
    minutes.turn();
    assert_eq!(of(60), None);
}
