use stdx::Timestamp;

use super::parse;

#[test]
fn reads_the_three_forms_and_nothing_else() {
    let now: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let good = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("sUN, 06 NOV 1994 08:49:37 gmt", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Thursday, 18-Aug-50 02:01:18 GMT", "2050-08-18T02:01:18Z"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"),
        ("Thu Aug 18 02:01:18 2050", "2050-08-18T02:01:18Z"),
        ("Sun, 21 Nov 2286 04:46:39 GMT", "2286-11-21T04:46:39Z"),
        (" Sun, 06 Nov 1994 08:49:60 GMT", "1994-11-06T08:49:59Z"),
    ];
    for (text, expected) in good {
        assert_eq!(parse(text.as_bytes(), now), Some(expected.parse().unwrap()), "{text}");
    }
    let bad = [
        "",
        "0",
        "Thu, 18 Aug 2050 02:01:18 UTC",
        "Thu, 18 Aug 2050 02:01:18 AEST",
        "Thu, 18 Aug 50 02:01:18 GMT",
        "Thu 18 Aug 2050 02:01:18 GMT",
        "Thu, 18  Aug  2050 02:01:18 GMT",
        "Thu, 18-Aug-2050 02:01:18 GMT",
        "Thu, 18 Aug 2050 02.01.18 GMT",
        "Thu, 18 Aug 2050 2:01:18 GMT",
        "Thu, 18 Aug 2050 02:01:18",
        "Thu, 18 Aug 2050 02:01:18 GMT GMT",
        "Thu, 31 Feb 2050 02:01:18 GMT",
        "Thu, 18 Aug 2050 24:01:18 GMT",
        "Thü, 18 Aug 2050 02:01:18 GMT",
        "Thu, +8 Aug 2050 02:01:18 GMT",
        "Thu, 18 Augé 050 02:01:18 GMT",
        "Sün Nov  6 08:49:37 199",
    ];
    for text in bad {
        assert_eq!(parse(text.as_bytes(), now), None, "{text}");
    }
}

#[test]
fn no_bytes_are_too_strange() {
    let now = Timestamp::EPOCH;
    let base = b"Thursday, 18-Aug-50 02:01:18 GMT";
    for cut in 0..base.len() {
        for byte in [0u8, b' ', b',', 0xC3, 0xFF] {
            let mut text = base.to_vec();
            text[cut] = byte;
            let _ = parse(&text, now);
            let _ = parse(&base[..cut], now);
        }
    }
}
