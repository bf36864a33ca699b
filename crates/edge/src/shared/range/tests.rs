use super::super::fields::tests::map;
use super::*;

fn spans(text: &str, length: u64) -> Option<Vec<(u64, u64)>> {
    Some(resolve(&parse(text)?, length).iter().map(|span| (span.start, span.end)).collect())
}

#[test]
fn reads_and_resolves() {
    type Spans = Option<&'static [(u64, u64)]>;
    let table: &[(&str, Spans)] = &[
        ("bytes=0-1", Some(&[(0, 2)])),
        ("Bytes = 0-1", Some(&[(0, 2)])),
        ("bytes=1-", Some(&[(1, 10)])),
        ("bytes=-1", Some(&[(9, 10)])),
        ("bytes=-100", Some(&[(0, 10)])),
        ("bytes=5-100", Some(&[(5, 10)])),
        ("bytes=0-0, 5-6,,-1", Some(&[(0, 1), (5, 7), (9, 10)])),
        ("bytes=10-", Some(&[])),
        ("bytes=-0", Some(&[])),
        ("bytes=10-11, 3-4", Some(&[(3, 5)])),
        ("bytes=0-18446744073709551615", Some(&[(0, 10)])),
        ("bytes=2-1", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=+1-2", None),
        ("bytes=-", None),
        ("bytes=1", None),
        ("lines=0-1", None),
        ("bytes=99999999999999999999-", None),
        ("bytes=0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1", None),
    ];
    for (text, expected) in table {
        assert_eq!(spans(text, 10).as_deref(), *expected, "{text}");
    }
    assert!(is_wasteful(&[Span { start: 0, end: 9 }, Span { start: 0, end: 9 }], 10));
    assert!(!is_wasteful(&[Span { start: 0, end: 10 }], 10));
}

#[test]
fn content_ranges() {
    let read = |text: &str| parse_content_range(&map(&[("content-range", text)]));
    assert_eq!(read("bytes 4-9/10"), Some((Span { start: 4, end: 10 }, Some(10))));
    assert_eq!(read("bytes 4-9/*"), Some((Span { start: 4, end: 10 }, None)));
    for bad in [
        "bytes 4-10/10",
        "bytes 4-3/10",
        "bytes */10",
        "bytes 4-/10",
        "lines 0-1/2",
        "bytes 0-18446744073709551615/*",
        "",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
    assert_eq!(content_range(Span { start: 4, end: 10 }, Some(10)), "bytes 4-9/10");
}

#[test]
fn pieces_grow_together() {
    let whole = b"0123456789";
    let part = |a: usize, b: usize| (a as u64, Bytes::copy_from_slice(&whole[a..b]));
    for order in [[(0, 3), (6, 10), (2, 7)], [(6, 10), (2, 7), (0, 3)], [(2, 7), (0, 3), (6, 10)]] {
        let mut pieces = Pieces::default();
        for (a, b) in order {
            let (start, bytes) = part(a, b);
            pieces.add(start, bytes);
        }
        assert_eq!(pieces.whole(10).as_deref(), Some(&whole[..]), "{order:?}");
        assert_eq!(pieces.bytes(), 10);
    }
    let mut apart = Pieces::new(4, Bytes::from_static(b"45"));
    apart.add(8, Bytes::from_static(b"89"));
    assert_eq!(apart.get(Span { start: 4, end: 6 }).as_deref(), Some(&b"45"[..]));
    assert_eq!(apart.get(Span { start: 5, end: 9 }), None);
    assert_eq!(apart.prefix(), 0);
    apart.add(0, Bytes::from_static(b"0123"));
    assert_eq!(apart.prefix(), 6);
    apart.add(1, Bytes::from_static(b"12"));
    assert_eq!(apart.prefix(), 6);
}

#[test]
fn several_parts_in_one_body() {
    let whole = Bytes::from_static(b"0123456789");
    let wanted = [Span { start: 0, end: 1 }, Span { start: 8, end: 10 }];
    let kind = HeaderValue::from_static("text/plain");
    let (content_type, body) = multipart(&wanted, &whole, Some(&kind), "b");
    assert_eq!(content_type, "multipart/byteranges; boundary=b");
    let expected = "\r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-0/10\r\n\r\n0\
                    \r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--b--\r\n";
    assert_eq!(body, expected.as_bytes());
}
