use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn at(ms: u64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000) + Duration::from_millis(ms)
}

#[test]
fn each_key_has_its_own_burst_and_rate() {
    let limiter = Limiter::new(6, MINUTE, 1_000);
    for left in (0..6).rev() {
        assert_eq!(limiter.check("a", at(0)), Verdict { allowed: true, remaining: left, retry_after: Duration::ZERO });
    }
    assert_eq!(limiter.check("a", at(0)), Verdict { allowed: false, remaining: 0, retry_after: MINUTE / 6 });
    assert!(limiter.check("b", at(0)).allowed);
    assert!(!limiter.check("a", at(9_999)).allowed);
    assert!(limiter.check("a", at(10_000)).allowed);
    assert!(!limiter.check("a", at(10_000)).allowed, "a refused call costs nothing, and none is given away");
}

#[test]
fn the_map_keeps_its_bound() {
    let limiter = Limiter::new(2, MINUTE, 160);
    for i in 0..50_000u64 {
        limiter.check(i, at(i / 100));
        assert!(limiter.keys() <= 160);
    }
    assert!(limiter.keys() > 100, "{}", limiter.keys());
    let one = Limiter::new(0, Duration::ZERO, 0);
    assert!(one.check(1, at(0)).allowed);
}

#[test]
fn a_flood_of_new_keys_does_not_free_a_limited_one() {
    let limiter = Limiter::new(5, MINUTE, 320);
    while limiter.check("greedy", at(0)).allowed {}
    for i in 0..20_000u64 {
        limiter.check(i, at(i / 1_000));
        assert!(!limiter.check("greedy", at(i / 1_000)).allowed, "after {i} other keys");
    }
}

#[test]
fn agrees_with_a_limiter_that_remembers_everything() {
    let (limiter, rng) = (Limiter::new(3, Duration::from_secs(3), 4_096), stdx::Rng::seeded(11));
    let mut model: HashMap<u64, TokenBucket> = HashMap::new();
    let mut now = 0;
    for _ in 0..20_000 {
        now += rng.below(400);
        let key = rng.below(8);
        let expected = model.entry(key).or_insert(TokenBucket::new(3, Duration::from_secs(3))).take(at(now));
        let verdict = limiter.check(key, at(now));
        assert_eq!(verdict.allowed, expected.is_ok());
        assert_eq!(verdict.retry_after, expected.err().unwrap_or_default());
    }
}

#[test]
fn addresses_are_grouped_by_who_can_own_them() {
    let key = |a: &str| address_key(a.parse().unwrap()).to_string();
    assert_eq!(key("203.0.113.7"), "203.0.113.7");
    assert_eq!(key("::ffff:203.0.113.7"), "203.0.113.7");
    assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
}
