use std::time::Duration;

use super::Clock;
use crate::Timestamp;

#[test]
fn about_now_is_never_later_than_now_and_hardly_earlier() {
    let clock = Clock::system();
    let (about, now) = (clock.about(), clock.now());
    assert!(about <= now && now.since(about) < Duration::from_secs(1), "{about:?} {now:?}");
    let hands = Clock::manual(Timestamp::EPOCH);
    hands.advance(Duration::from_micros(1));
    assert_eq!(hands.about(), hands.now());
}
