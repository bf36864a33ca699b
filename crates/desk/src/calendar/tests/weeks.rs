//! Zones, weeks and times for the property tests of slots and blackouts, and a clock that is read minute by minute.

use jiff::civil::{DateTime, Time};
use proptest::prelude::*;
use stdx::Timestamp;

use crate::calendar::slots::{Day, Days};
use crate::calendar::zone::Zone;

pub(crate) const MINUTE: i64 = 60;

/// A zone and a moment, often near a change of its clock.
pub(crate) fn any_place() -> impl Strategy<Value = (Zone, Timestamp)> {
    let changes: [(&str, &[&str]); 4] = [
        ("Europe/Berlin", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2027-03-28T01:00:00Z"]),
        ("America/New_York", &["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", "2027-03-14T07:00:00Z"]),
        ("Europe/Istanbul", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"]),
        ("Australia/Lord_Howe", &["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z", "2027-04-03T15:00:00Z"]),
    ];
    let near = move |zone: usize, change: usize, minutes: i64, seconds: i64| {
        let (name, changes) = changes[zone];
        let change: Timestamp = changes[change % changes.len()].parse().unwrap();
        (Zone::named(name).unwrap(), Timestamp::from_seconds(change.seconds() + minutes * MINUTE + seconds))
    };
    prop_oneof![
        3 => (0..4usize, 0..3usize, -3_000..300i64, 0..2i64).prop_map(move |(z, c, m, s)| near(z, c, m, s * 17)),
        1 => (0..4usize, 0..3usize, -500_000..500_000i64, 0..60i64).prop_map(move |(z, c, m, s)| near(z, c, m, s)),
    ]
}

/// Often in the hours in which clocks are set.
pub(crate) fn any_time() -> impl Strategy<Value = Time> {
    let at = |hour, minute| Time::new(hour, minute, 0, 0).unwrap();
    prop_oneof![(0..24i8, 0..60i8), (1..4i8, 0..60i8), (0..5i8, prop_oneof![Just(0i8), Just(30)])]
        .prop_map(move |(hour, minute)| at(hour, minute))
}

pub(crate) fn any_days() -> impl Strategy<Value = Days> {
    proptest::collection::vec(proptest::sample::select(&Day::ALL[..]), 1..7).prop_map(|days| Days::of(&days))
}

/// The whole minutes behind `after`, `count` of them, each with what the clock shows then and whether it does so
/// for the second time, and with what it skipped to get there.
pub(crate) fn minutes(
    zone: &Zone,
    after: Timestamp,
    count: usize,
) -> Vec<(Timestamp, DateTime, bool, Option<DateTime>)> {
    let first = after.seconds().div_euclid(MINUTE) * MINUTE;
    let before = |at: i64| zone.wall(Timestamp::from_seconds(at - MINUTE));
    // Far enough back to have seen what is about to be shown again.
    let mut latest = zone.wall(Timestamp::from_seconds(first - 180 * MINUTE));
    let mut shown = Vec::new();
    for at in (first - 180 * MINUTE..).step_by(MINUTE as usize) {
        let wall = zone.wall(Timestamp::from_seconds(at));
        let expected = before(at).checked_add(jiff::Span::new().minutes(1)).unwrap();
        let skipped = (wall > expected).then_some(expected);
        let is_repeated = wall <= latest;
        latest = latest.max(wall);
        if at > first || Timestamp::from_seconds(at) > after {
            shown.push((Timestamp::from_seconds(at), wall, is_repeated, skipped));
        }
        if shown.len() == count {
            return shown;
        }
    }
    shown
}
