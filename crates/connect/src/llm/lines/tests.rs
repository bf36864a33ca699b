use super::*;

/// The frames of `bytes`, given at once, and again divided at each byte.
fn frames(framing: Framing, bytes: &[u8]) -> Vec<String> {
    let read = |parts: &[&[u8]]| {
        let (mut lines, mut seen) = (Lines::new(framing), Vec::new());
        let mut each = |frame: Frame<'_>| seen.push(format!("{}|{}", frame.name, String::from_utf8_lossy(frame.data)));
        for part in parts {
            lines.push(part, &mut each).unwrap();
        }
        lines.end(&mut each).unwrap();
        seen
    };
    let whole = read(&[bytes]);
    for at in 0..=bytes.len() {
        assert_eq!(read(&[&bytes[..at], &bytes[at..]]), whole, "divided at {at}");
    }
    assert_eq!(read(&bytes.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

#[test]
fn events_in_every_form() {
    let sse = |text: &str| frames(Framing::Sse, text.as_bytes());
    assert_eq!(sse("data: a\n\ndata: b\n\n"), ["|a", "|b"]);
    assert_eq!(sse("data: a\r\n\r\ndata: b\r\n\r\n"), ["|a", "|b"]);
    assert_eq!(sse("data: a\r\rdata: b\r\r"), ["|a", "|b"]);
    assert_eq!(sse("data: a\r\n\ndata: b\n\r"), ["|a", "|b"], "mixed");
    assert_eq!(sse("\u{feff}data: a\n\n"), ["|a"]);
    assert_eq!(sse("data: \u{feff}a\n\n"), ["|\u{feff}a"], "only the first mark is none of the text");
    assert_eq!(sse(": a comment\n\nevent: x\ndata: 1\ndata:2\nid: 7\nretry: 9\n\n"), ["x|1\n2"]);
    assert_eq!(sse("event: x\n\ndata: 1\n\n"), ["|1"], "a name without data is forgotten");
    assert_eq!(sse("data\n\n"), ["|"], "an empty text");
    assert_eq!(sse("data:  two blanks\n\n"), ["| two blanks"]);
    assert_eq!(sse("data: köprü 🌉\n\n"), ["|köprü 🌉"]);
    assert_eq!(sse("data: a\n\ndata: [DONE]"), ["|a", "|[DONE]"], "the last line break is missing");
    assert_eq!(sse("\n\n\n"), [""; 0]);
    assert_eq!(sse("<html>\n<p>data: no</p>\n\n"), [""; 0]);
}

#[test]
fn values_line_by_line() {
    let ndjson = |text: &str| frames(Framing::Ndjson, text.as_bytes());
    assert_eq!(ndjson("{\"a\":1}\n{\"b\":2}\n"), ["|{\"a\":1}", "|{\"b\":2}"]);
    assert_eq!(ndjson("\u{feff}{}\r\n \r\n{}"), ["|{}", "|{}"]);
}

#[test]
fn lines_have_an_end() {
    let long = vec![b'x'; LINE_BYTES_MAX + 1];
    for framing in [Framing::Sse, Framing::Ndjson] {
        let mut lines = Lines::new(framing);
        assert_eq!(lines.push(&long[..LINE_BYTES_MAX], |_| {}), Ok(()));
        assert_eq!(lines.push(b"x", |_| {}), Err(TooLong));
        lines.push(b"\ndata: 1\n\n{}\n", |frame| panic!("{frame:?} after the end")).unwrap();
        assert_eq!(Lines::new(framing).push(&long, |_| {}), Err(TooLong), "the same at once");
    }
    // Many short lines of one event.
    let mut lines = Lines::new(Framing::Sse);
    let line = [b"data: ".as_slice(), &[b'x'; 1_000], b"\n"].concat();
    assert!((0..2_000).any(|_| lines.push(&line, |_| {}).is_err()));
}
