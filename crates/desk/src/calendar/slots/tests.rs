use jiff::civil::DateTime;
use proptest::prelude::*;

use super::*;
use crate::calendar::blackout::{self, Blackout, Rule};
use crate::calendar::plan::Plan;
use crate::calendar::tests::weeks::{any_days, any_place, any_time, minutes};

const WEEK: usize = 8 * 24 * 60;

fn slots(rules: &[(&[Day], &str)], spacing_min: u64) -> Slots {
    let rules = rules.iter().map(|(days, time)| (Days::of(days), time.parse().unwrap())).collect();
    Slots { rules, spacing: Duration::from_secs(spacing_min * 60) }
}

fn first(zone: &str, slots: &Slots, after: &str, count: usize) -> Vec<String> {
    let zone = Zone::named(zone).unwrap();
    slots.after(&zone, after.parse().unwrap()).take(count).map(|at| at.to_string()).collect()
}

#[test]
fn slots_follow_the_clock_on_the_wall() {
    let nine = slots(&[(&Day::ALL, "09:00")], 0);
    let around = ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"];
    assert_eq!(first("Europe/Berlin", &nine, "2026-03-27T08:00:00Z", 3), around);
    let istanbul = ["2026-03-28T06:00:00Z", "2026-03-29T06:00:00Z"];
    assert_eq!(first("Europe/Istanbul", &nine, "2026-03-27T08:00:00Z", 2), istanbul);
    let work = slots(&[(&[Day::Mon, Day::Fri], "17:30"), (&[Day::Mon], "09:00")], 0);
    let days = ["2026-11-20T17:30:00Z", "2026-11-23T09:00:00Z", "2026-11-23T17:30:00Z", "2026-11-27T17:30:00Z"];
    assert_eq!(first("UTC", &work, "2026-11-20T09:00:00Z", 4), days);
}

#[test]
fn slots_in_the_gap_come_once_at_its_end_and_those_in_the_fold_once() {
    let night = slots(&[(&Day::ALL, "02:10"), (&Day::ALL, "02:40")], 0);
    let spring = ["2026-03-28T01:40:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:10:00Z"];
    assert_eq!(first("Europe/Berlin", &night, "2026-03-28T01:10:00Z", 3), spring);
    let autumn = ["2026-10-25T00:10:00Z", "2026-10-25T00:40:00Z", "2026-10-26T01:10:00Z"];
    assert_eq!(first("Europe/Berlin", &night, "2026-10-24T12:00:00Z", 3), autumn);
}

#[test]
fn a_post_takes_the_slots_near_it() {
    let hour = slots(&[(&Day::ALL, "09:00")], 60);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let slot = at("2026-11-20T09:00:00Z");
    for (post, takes) in
        [("08:00:00", false), ("08:00:01", true), ("09:00:00", true), ("09:59:59", true), ("10:00:00", false)]
    {
        let taken = [at("2026-11-19T09:00:00Z"), at(&format!("2026-11-20T{post}Z")), at("2026-11-21T09:00:00Z")];
        assert_eq!(hour.taken_by(slot, &taken).is_some(), takes, "{post}");
    }
    let close = slots(&[(&Day::ALL, "09:00")], 0);
    assert_eq!(close.taken_by(slot, &[at("2026-11-20T09:00:10Z")]), Some(0));
    assert_eq!(close.taken_by(slot, &[at("2026-11-20T09:01:00Z")]), None);
}

fn any_slots() -> impl Strategy<Value = Slots> {
    (proptest::collection::vec((any_days(), any_time()), 1..5), prop_oneof![Just(0u64), 1..180u64])
        .prop_map(|(rules, minutes)| Slots { rules, spacing: Duration::from_secs(minutes * 60) })
}

fn any_blackout() -> impl Strategy<Value = Blackout> {
    (any_days(), any_time(), any_time())
        .prop_map(|(days, from, to)| Blackout { name: "b".into(), rule: Rule::Weekly { days, from, to } })
}

/// Whether a slot comes at a minute, by looking at the clock alone.
fn is_slot(slots: &Slots, wall: DateTime, is_repeated: bool, skipped: Option<DateTime>) -> bool {
    slots.rules.iter().any(|(days, time)| {
        let shown = wall.time() == *time && days.has(wall.date().weekday()) && !is_repeated;
        let lost = skipped.is_some_and(|from| {
            let slot = from.date().to_datetime(*time);
            slot >= from && slot < wall && days.has(slot.date().weekday())
        });
        shown || lost
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Minute by minute over a week: a slot comes when and only when the clock says so.
    #[test]
    fn slots_are_what_the_clock_shows((zone, after) in any_place(), slots in any_slots()) {
        let shown = minutes(&zone, after, WEEK);
        let end = shown.last().unwrap().0;
        let expected: Vec<Timestamp> =
            shown.iter().filter(|m| is_slot(&slots, m.1, m.2, m.3)).map(|minute| minute.0).collect();
        let found: Vec<Timestamp> = slots.after(&zone, after).take_while(|at| *at <= end).collect();
        prop_assert_eq!(found, expected, "{:?} after {} in {}", slots, after, zone.name());
    }

    /// The next free slot is a slot, is free, is in no blackout, and is the first such.
    #[test]
    fn the_next_free_slot_is_the_first(
        (zone, after) in any_place(),
        slots in any_slots(),
        blackouts in proptest::collection::vec(any_blackout(), 0..3),
        taken in proptest::collection::vec(-100..WEEK as i64, 0..40),
    ) {
        let mut taken: Vec<Timestamp> = taken.iter().map(|m| Timestamp::from_seconds(after.seconds() + m * 60)).collect();
        taken.sort_unstable();
        let plan = Plan { zone: zone.clone(), channels: Vec::new(), blackouts: blackouts.clone() };
        let shown = minutes(&zone, after, WEEK);
        let end = shown.last().unwrap().0;
        let is_free = |at: Timestamp| taken.iter().all(|post| {
            let apart = at.since(*post).max(post.since(at));
            apart >= slots.spacing && apart >= Duration::from_secs(60)
        });
        let expected = shown
            .iter()
            .filter(|m| is_slot(&slots, m.1, m.2, m.3))
            .map(|minute| minute.0)
            .find(|at| is_free(*at) && blackout::holding(&blackouts, &zone, *at).is_none());
        let found = plan.first_free(&slots, after, &taken, end + Duration::from_secs(1));
        prop_assert_eq!(found, expected);
    }
}
