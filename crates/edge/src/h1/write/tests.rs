use bytes::Bytes;
use http::HeaderValue;

use super::*;

const NOON: i64 = 784_111_777;
const AFTER: After = After { close: false, says_keep_alive: false, h3_port: None };

#[test]
fn fields_of_the_connection_are_ours() {
    let mut fields = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html"),
        (header::CONNECTION, "upgrade"),
        (header::TRANSFER_ENCODING, "gzip"),
        (header::CONTENT_LENGTH, "99"),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    let mut out = Vec::new();
    head(
        &mut out,
        StatusCode::OK,
        &fields,
        Ending::Length(5),
        After { close: true, says_keep_alive: true, ..AFTER },
        NOON,
    );
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nconnection: close\r\n\r\n"
    );
}

#[test]
fn a_hit_gets_what_changes_with_time() {
    let told = |hit: Hit, after, now_s| {
        let tail = Tail::of(&hit, after, now_s);
        String::from_utf8([tail.before(), &hit.cache_status, tail.after()].concat()).unwrap()
    };
    let hit = Hit {
        born_s: Some(NOON - 70),
        fresh_until_s: Some(NOON - 10),
        cache_status: Bytes::from_static(b"copydesk; hit; ttl="),
        ..Hit::default()
    };
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    assert_eq!(
        told(hit.clone(), AFTER, NOON),
        format!("{date}age: 70\r\ncache-status: copydesk; hit; ttl=-10\r\n\r\n")
    );
    assert_eq!(told(Hit::default(), After { close: true, ..AFTER }, NOON), format!("{date}connection: close\r\n\r\n"));
    for (us, said) in [(0, "0.000"), (7, "0.007"), (12_345, "12.345"), (u32::MAX, "4294967.295")] {
        let timed = told(Hit { took_us: Some(us), ..Hit::default() }, AFTER, NOON);
        assert_eq!(timed, format!("{date}x-response-time: {said}ms\r\nserver-timing: app;dur={said}\r\n\r\n"));
    }
    let far = Hit { took_us: Some(u32::MAX), born_s: Some(i64::MIN), fresh_until_s: Some(i64::MAX), ..hit };
    let longest = told(far, After { says_keep_alive: true, h3_port: Some(u16::MAX), ..AFTER }, NOON + 1);
    assert!(longest.contains("age: 2147483648\r\n") && longest.contains("ttl=2147483648\r\n"), "{longest}");
    assert!(longest.contains("08:49:38 GMT"), "the next second has its own date: {longest}");
}

#[test]
fn chunks_tell_their_size_in_hexadecimal() {
    for (len, wanted) in
        [(0, "0\r\n"), (1, "1\r\n"), (255, "ff\r\n"), (4096, "1000\r\n"), (usize::MAX, "ffffffffffffffff\r\n")]
    {
        let (line, n) = chunk_size(len);
        assert_eq!(str::from_utf8(&line[..n]).unwrap(), wanted);
    }
}

#[test]
fn numbers_are_written_whole() {
    for n in [0, 7, 10, -1, i64::MAX, i64::MIN] {
        assert_eq!(Decimal::of(n).bytes(), n.to_string().as_bytes());
    }
}
