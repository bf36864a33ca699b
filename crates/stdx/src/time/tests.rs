use super::*;

#[test]
fn shows_and_reads_back() {
    for text in
        ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59.5Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
    {
        assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
    }
    assert_eq!("2026-11-20T12:00:00+03:00".parse::<Timestamp>(), "2026-11-20T09:00:00Z".parse());
    assert_eq!("2026-11-20 09:00:00.1234567Z".parse::<Timestamp>().unwrap().micros() % 1_000_000, 123_456);
}

#[test]
fn refuses_what_is_no_date() {
    for text in [
        "",
        "2026-11-20",
        "2026-13-01T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:00:00",
        "2026-11-20T09:00:00.Z",
        "2026-11-20T09:00:00Zx",
        "2026-11-20T09:00:00+99:00",
    ] {
        assert_eq!(text.parse::<Timestamp>(), Err(NotADate), "{text}");
    }
}

#[test]
fn every_day_of_ten_thousand_years_round_trips() {
    let mut day = days_from_civil(1, 1, 1);
    let last = days_from_civil(9999, 12, 31);
    while day <= last {
        let (y, m, d) = civil_from_days(day);
        assert_eq!(days_from_civil(y, m, d), day);
        day += 1;
    }
}

#[test]
fn http_dates() {
    let t: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
    assert_eq!(t.http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(t));
    assert_eq!(Timestamp::parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), None);
}
