use proptest::prelude::*;
use stdx::Timestamp;

use super::Schedule;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn check(schedule: &str, zone: &str, after: &str, expected: &[&str]) {
    let schedule = Schedule::parse(schedule, zone).unwrap();
    let found: Vec<String> = schedule.upcoming(at(after), expected.len()).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_words_of_cron_mean_what_they_say() {
    let after = "2026-01-28T12:00:00.25Z"; // a Wednesday
    let check = |schedule, expected: &[&str]| check(schedule, "UTC", after, expected);
    check("*/15 * * * *", &["2026-01-28T12:15:00Z", "2026-01-28T12:30:00Z"]);
    check("5-10/5,59 23 * * *", &["2026-01-28T23:05:00Z", "2026-01-28T23:10:00Z", "2026-01-28T23:59:00Z"]);
    check("0 9 * * mon-FRI", &["2026-01-29T09:00:00Z", "2026-01-30T09:00:00Z", "2026-02-02T09:00:00Z"]);
    check("0 0 * * 7", &["2026-02-01T00:00:00Z"]);
    check("0 0 * * 0", &["2026-02-01T00:00:00Z"]);
    check("0 0 1 JAN,jul ?", &["2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
    check("0 0 L * *", &["2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"]);
    check("0 0 15W * *", &["2026-02-16T00:00:00Z", "2026-03-16T00:00:00Z", "2026-04-15T00:00:00Z"]);
    check("0 0 * * 5#2", &["2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z"]);
    check("0 0 * * 5L", &["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"]);
    check("0 0 13 * FRI", &["2026-01-30T00:00:00Z", "2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z"]);
    check("0 0 13 * +FRI", &["2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"]);
    check("0 0 29 2 *", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
    check("*/20 * * * * *", &["2026-01-28T12:00:20Z", "2026-01-28T12:00:40Z", "2026-01-28T12:01:00Z"]);
    check("@hourly", &["2026-01-28T13:00:00Z"]);
    check("@daily", &["2026-01-29T00:00:00Z"]);
    check("@midnight", &["2026-01-29T00:00:00Z"]);
    check("@weekly", &["2026-02-01T00:00:00Z"]);
    check("@monthly", &["2026-02-01T00:00:00Z"]);
    check("@yearly", &["2027-01-01T00:00:00Z"]);
    check("@every 15m", &["2026-01-28T12:15:00Z", "2026-01-28T12:30:00Z"]);
    check("@every 1h30m", &["2026-01-28T13:30:00Z", "2026-01-28T15:00:00Z"]);
    check("@every 90s", &["2026-01-28T12:01:30Z", "2026-01-28T12:03:00Z"]);
}

#[test]
fn what_cannot_be_read_or_never_comes_is_said() {
    let long = "1,".repeat(200);
    for (text, zone, part) in [
        ("* * * *", "UTC", "5 or 6 fields"),
        ("61 * * * *", "UTC", "bounds"),
        ("* * * * * * 2027", "UTC", "5 or 6 fields"),
        ("0/15 * * * *", "UTC", "step"),
        ("* * * * *", "Mars/Olympus", "Mars/Olympus"),
        ("* * * * *", "Etc/Unknown", "no time zone"),
        ("* * * * *", "", "no time zone"),
        ("@every", "UTC", "fields"),
        ("@every 0s", "UTC", "1 second to 366 days"),
        ("@every 99999999999999999999d", "UTC", "1 second to 366 days"),
        ("@every 5", "UTC", "no span"),
        ("@every m", "UTC", "no span"),
        ("@every 5 m", "UTC", "no span"),
        ("@reboot", "UTC", "fields"),
        ("täglich", "UTC", "ASCII"),
        (&long, "UTC", "200"),
        ("", "UTC", ""),
    ] {
        let error = Schedule::parse(text, zone).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    assert_eq!(Schedule::parse("0 0 30 2 *", "UTC").unwrap().next(at("2026-01-01T00:00:00Z")), None);
    assert_eq!(Schedule::parse("@every 1d", "UTC").unwrap().next(Timestamp::from_micros(i64::MAX)), None);
    assert_eq!(Schedule::parse("@daily", "UTC").unwrap().next(Timestamp::from_micros(i64::MAX)), None);
}

#[test]
fn a_time_of_day_comes_once_on_days_when_the_clock_is_set() {
    // 29 March 2026: 02:00 to 03:00 does not exist in Berlin. The gap ends at 01:00 UTC.
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T00:00:00Z",
        &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    );
    // 25 October: 02:00 to 03:00 comes twice; the first time it is 00:30 UTC.
    check("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    check("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00.1Z", &["2026-10-26T01:30:00Z"]);
    check("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]);
    check("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]);
    // Half an hour only, at 15:00 and 15:30 UTC.
    check(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-03T00:00:00Z",
        &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
    );
    check(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T00:00:00Z",
        &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
    );
    // No clock is set there any more.
    check("30 2 * * *", "Europe/Istanbul", "2026-03-28T00:00:00Z", &["2026-03-28T23:30:00Z", "2026-03-29T23:30:00Z"]);
}

#[test]
fn several_times_a_day_follow_the_clock() {
    check(
        "*/30 * * * *",
        "Europe/Berlin",
        "2026-03-29T00:00:00Z",
        &["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
    );
    check(
        "0 * * * *",
        "Europe/Berlin",
        "2026-10-24T23:30:00Z",
        &["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"],
    );
    check("0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"]);
    check("@every 1h", "Europe/Berlin", "2026-10-25T00:00:00Z", &["2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]);
}

/// A field as text, and the values that it stands for.
fn field(low: u32, high: u32) -> impl Strategy<Value = (String, Vec<u32>)> {
    let one = prop_oneof![
        3 => (low..=high).prop_map(|n| (n.to_string(), vec![n])),
        2 => (low..=high, low..=high).prop_map(|(a, b)| {
            let (a, b) = (a.min(b), a.max(b));
            (format!("{a}-{b}"), (a..=b).collect())
        }),
        1 => (low..=high, low..=high, 1..=high).prop_map(|(a, b, step)| {
            let (a, b) = (a.min(b), a.max(b));
            (format!("{a}-{b}/{step}"), (a..=b).step_by(step as usize).collect())
        }),
    ];
    prop_oneof![
        4 => Just(("*".to_owned(), (low..=high).collect::<Vec<u32>>())),
        1 => (1..=high).prop_map(move |step| (format!("*/{step}"), (low..=high).step_by(step as usize).collect())),
        5 => prop::collection::vec(one, 1..4).prop_map(|parts| {
            let text: Vec<String> = parts.iter().map(|(text, _)| text.clone()).collect();
            (text.join(","), parts.into_iter().flat_map(|(_, values)| values).collect())
        }),
    ]
}

const MINUTE: i64 = 60_000_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// In UTC the next time is the first minute that the fields name, by looking at each minute.
    #[test]
    fn the_next_time_is_the_first_minute_that_fits(
        minute in field(0, 59), hour in field(0, 23), day in field(1, 31), month in field(1, 12), weekday in field(0, 6),
        start in 1_500_000_000_000_000i64..2_500_000_000_000_000,
    ) {
        let text = format!("{} {} {} {} {}", minute.0, hour.0, day.0, month.0, weekday.0);
        let schedule = Schedule::parse(&text, "UTC").unwrap();
        let fits = |at: Timestamp| {
            let civil = at.civil();
            let (by_day, by_weekday) =
                (day.1.contains(&civil.day), weekday.1.contains(&((at.day_number() + 4).rem_euclid(7) as u32)));
            // Either is enough if both are given.
            let given = |text: &str| text != "*";
            let fits_day = if given(&day.0) && given(&weekday.0) { by_day || by_weekday } else { by_day && by_weekday };
            minute.1.contains(&civil.minute) && hour.1.contains(&civil.hour) && month.1.contains(&civil.month) && fits_day
        };
        let from = start.div_euclid(MINUTE) + 1;
        let range = from..from + 40 * 24 * 60;
        let first = range.clone().map(|m| Timestamp::from_micros(m * MINUTE)).find(|at| fits(*at));
        let next = schedule.next(Timestamp::from_micros(start));
        match first {
            Some(first) => prop_assert_eq!(next, Some(first), "{}", text),
            None => prop_assert!(next.is_none_or(|next| next.micros() >= range.end * MINUTE && fits(next)), "{} {:?}", text, next),
        }
    }

    /// Everywhere times only grow, nothing lies between two neighbours, and the latest one is found whatever
    /// the span is.
    #[test]
    fn times_grow_and_the_latest_is_found(
        minute in field(0, 59), hour in field(0, 23), weekday in field(0, 6),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        start in 1_760_000_000_000_000i64..1_800_000_000_000_000,
        wait in 0i64..5_000_000_000_000,
    ) {
        let schedule = Schedule::parse(&format!("{} {} * * {}", minute.0, hour.0, weekday.0), zone).unwrap();
        let start = Timestamp::from_micros(start);
        let first = schedule.next(start).unwrap();
        prop_assert!(first > start);
        let second = schedule.next(first).unwrap();
        prop_assert!(second > first);
        let between = Timestamp::from_micros(first.micros() + (second.micros() - first.micros()) / 2);
        prop_assert_eq!(schedule.next(between), Some(second));
        let now = Timestamp::from_micros(first.micros() + wait);
        let latest = schedule.latest(first, now);
        prop_assert!(latest >= first && latest <= now);
        prop_assert!(schedule.next(latest).is_none_or(|next| next > now), "{} is not the latest", latest);
    }

    /// No text makes it panic, and a text that is read has a next time or none.
    #[test]
    fn any_text_is_read_or_refused(text in "[-0-9*,/?#LW+@ a-z]{0,24}", zone in "[A-Za-z/_+]{0,12}") {
        for zone in ["UTC", &zone] {
            if let Ok(schedule) = Schedule::parse(&text, zone) {
                let now = at("2026-11-20T09:00:00Z");
                prop_assert!(schedule.next(now).is_none_or(|next| next > now));
            }
        }
    }
}
