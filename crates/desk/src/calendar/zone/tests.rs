use super::*;

fn check(zone: &str, wall: &str, first: &str, last: &str) {
    let zone = Zone::named(zone).unwrap();
    let wall = wall.parse().unwrap();
    let found = (zone.moment(wall).to_string(), zone.last_moment(wall).to_string());
    assert_eq!(found, (first.to_owned(), last.to_owned()), "{wall} in {}", zone.name());
}

fn once(zone: &str, wall: &str, moment: &str) {
    check(zone, wall, moment, moment);
}

#[test]
fn a_time_in_the_gap_moves_to_its_end_and_one_in_the_fold_comes_twice() {
    once("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59:00Z");
    for wall in ["2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T02:59", "2026-03-29T03:00"] {
        once("Europe/Berlin", wall, "2026-03-29T01:00:00Z");
    }
    check("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    once("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z");
    once("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00:00Z");
    check("America/New_York", "2026-11-01T01:00", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z");
    // Istanbul's clock has not been set since 2016.
    once("Europe/Istanbul", "2026-03-29T02:30", "2026-03-28T23:30:00Z");
    once("Europe/Istanbul", "2026-10-25T02:30", "2026-10-24T23:30:00Z");
    // Half an hour on Lord Howe.
    once("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z");
    once("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30:00Z");
    check("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z");
    // Samoa had no 30 December in 2011.
    once("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z");
}

#[test]
fn zones_go_by_their_names() {
    assert_eq!(Zone::named("europe/berlin").unwrap().name(), "Europe/Berlin");
    assert_eq!(Zone::named("UTC").unwrap().show(Timestamp::from_seconds(90)), "1970-01-01 00:01 UTC");
    for wrong in ["", "Mars/Olympus", "Etc/Unknown", "../etc/passwd", "Europe/Berlin\0"] {
        assert!(Zone::named(wrong).is_none(), "{wrong:?}");
    }
}
