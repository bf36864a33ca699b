use proptest::prelude::*;

use super::*;
use crate::calendar::slots::Day;
use crate::calendar::tests::weeks::{any_days, any_place, any_time, minutes};

fn weekly(days: &[Day], from: &str, to: &str) -> Blackout {
    let rule = Rule::Weekly { days: Days::of(days), from: from.parse().unwrap(), to: to.parse().unwrap() };
    Blackout { name: "Night".into(), rule }
}

fn once(from: &str, to: &str) -> Blackout {
    Blackout { name: "Feast".into(), rule: Rule::Once { from: from.parse().unwrap(), to: to.parse().unwrap() } }
}

fn clear(blackouts: &[Blackout], at: &str) -> String {
    let zone = Zone::named("Europe/Berlin").unwrap();
    clear_from(blackouts, &zone, at.parse().unwrap()).map_or("never".into(), |at| at.to_string())
}

#[test]
fn a_night_goes_over_midnight_and_ends_in_the_morning() {
    let night = [weekly(&[Day::Fri], "22:00", "06:00")];
    assert_eq!(clear(&night, "2026-11-20T20:59:59Z"), "2026-11-20T20:59:59Z");
    assert_eq!(clear(&night, "2026-11-20T21:00:00Z"), "2026-11-21T05:00:00Z");
    assert_eq!(clear(&night, "2026-11-21T04:59:59.999999Z"), "2026-11-21T05:00:00Z");
    assert_eq!(clear(&night, "2026-11-21T05:00:00Z"), "2026-11-21T05:00:00Z");
    assert_eq!(clear(&night, "2026-11-21T22:00:00Z"), "2026-11-21T22:00:00Z", "only Friday's night");
}

#[test]
fn blackouts_that_follow_each_other_are_one() {
    let both = [weekly(&Day::ALL, "22:00", "06:00"), once("2026-11-21T06:00", "2026-11-22T23:00")];
    assert_eq!(clear(&both, "2026-11-20T23:00:00Z"), "2026-11-23T05:00:00Z");
    assert_eq!(clear(&[weekly(&Day::ALL, "12:00", "12:00")], "2026-11-20T23:00:00Z"), "never");
}

#[test]
fn an_hour_that_comes_twice_is_blacked_out_twice() {
    let small = [weekly(&Day::ALL, "01:00", "02:30")];
    assert_eq!(clear(&small, "2026-10-25T00:29:00Z"), "2026-10-25T01:30:00Z");
    // 02:10 to 02:50 is left out in spring.
    let lost = [weekly(&Day::ALL, "02:10", "02:50")];
    assert_eq!(clear(&lost, "2026-03-29T01:00:00Z"), "2026-03-29T01:00:00Z");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Minute by minute: what the clock shows within a blackout lies in it, and nothing else does but what lies
    /// between its two ends in an hour that comes twice.
    #[test]
    fn blackouts_are_what_the_clock_shows(
        (zone, after) in any_place(), days in any_days(), from in any_time(), to in any_time(),
    ) {
        let blackout = Blackout { name: "b".into(), rule: Rule::Weekly { days, from, to } };
        for (at, wall, _, _) in minutes(&zone, after, 3 * 24 * 60) {
            let is_within = [wall.date(), wall.date().yesterday().unwrap()].into_iter().any(|day| {
                let end = if to > from { day } else { day.tomorrow().unwrap() };
                days.has(day.weekday()) && (day.to_datetime(from)..end.to_datetime(to)).contains(&wall)
            });
            let span = holding(std::slice::from_ref(&blackout), &zone, at);
            let comes_twice = zone.moment(wall) != zone.last_moment(wall);
            prop_assert!(span.is_some() == is_within || (comes_twice && !is_within), "{wall} in {}: {span:?}", zone.name());
            if let Some(span) = span {
                prop_assert!(span.from <= at && at < span.to);
            }
        }
    }

    #[test]
    fn the_clear_time_is_clear_and_the_first((zone, at) in any_place(), rules in proptest::collection::vec((any_days(), any_time(), any_time()), 1..4)) {
        let blackouts: Vec<Blackout> = rules
            .into_iter()
            .map(|(days, from, to)| Blackout { name: "b".into(), rule: Rule::Weekly { days, from, to } })
            .collect();
        if let Some(clear) = clear_from(&blackouts, &zone, at) {
            prop_assert!(clear >= at && holding(&blackouts, &zone, clear).is_none());
            for (minute, ..) in minutes(&zone, at, 3 * 24 * 60).into_iter().take_while(|minute| minute.0 < clear) {
                prop_assert!(holding(&blackouts, &zone, minute).is_some(), "{minute} is clear too");
            }
        }
    }
}
