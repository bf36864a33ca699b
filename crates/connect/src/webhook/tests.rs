use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const SECRET: &str = "whsec_Y29weWRlc2stdGVzdC1zZWNyZXQtMzItYnl0ZXMtb2s=";
const MESSAGE: &str = "msg_2copydesk";
const SECONDS: i64 = 1_795_176_000;
const BODY: &[u8] = br#"{"type":"post.published","timestamp":"2026-11-20T12:00:00Z","data":{"id":"01K"}}"#;
const SIGNED: &str = "v1,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG/oCg=";

fn headers(id: &str, time: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [(ID, id), (TIMESTAMP, time), (SIGNATURE, signature)] {
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn verify(headers: &HeaderMap, body: &[u8], keys: &[Key], now: i64) -> Result<String, Refusal> {
    let stamp = Stamp::read(headers)?;
    stamp.check(body, keys, Timestamp::from_seconds(now))?;
    Ok(stamp.id.to_owned())
}

fn key() -> Key {
    Key::parse(SECRET).unwrap()
}

fn other() -> Key {
    Key::new([9; 32])
}

#[test]
fn the_vector_of_the_contract_holds() {
    assert_eq!(BODY.len(), 80);
    assert_eq!(key().reveal(), SECRET);
    assert_eq!(key().sign(MESSAGE, Timestamp::from_seconds(SECONDS), BODY), SIGNED);
    let good = headers(MESSAGE, "1795176000", SIGNED);
    assert_eq!(verify(&good, BODY, &[key()], SECONDS).as_deref(), Ok(MESSAGE));
    assert_eq!(verify(&good, BODY, &[other()], SECONDS), Err(Refusal::NoMatch));
    assert_eq!(verify(&good, BODY, &[], SECONDS), Err(Refusal::NoMatch));
}

#[test]
fn one_match_among_several_signatures_and_keys_is_enough() {
    let mine = other().sign(MESSAGE, Timestamp::from_seconds(SECONDS), BODY);
    for list in [
        format!("{SIGNED} {mine}"),
        format!("{mine} {SIGNED}"),
        format!("v1a,AAAA v2,zzz {SIGNED}"),
        format!("v1,broken v1, {SIGNED}"),
        format!("  {SIGNED} "),
    ] {
        assert!(verify(&headers(MESSAGE, "1795176000", &list), BODY, &[key()], SECONDS).is_ok(), "{list}");
    }
    let old = headers(MESSAGE, "1795176000", SIGNED);
    assert!(verify(&old, BODY, &[other(), key()], SECONDS).is_ok(), "the secret before is still good");
}

#[test]
fn whatever_is_changed_is_noticed() {
    let now = SECONDS;
    let check = |headers: &HeaderMap, body: &[u8]| verify(headers, body, &[key()], now);
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 1;
        assert_eq!(check(&headers(MESSAGE, "1795176000", SIGNED), &body), Err(Refusal::NoMatch), "{at}");
    }
    assert_eq!(check(&headers("msg_2copydesl", "1795176000", SIGNED), BODY), Err(Refusal::NoMatch));
    assert_eq!(check(&headers(MESSAGE, "1795176001", SIGNED), BODY), Err(Refusal::NoMatch));
    assert_eq!(
        check(&headers(MESSAGE, "01795176000", SIGNED), BODY),
        Err(Refusal::NoMatch),
        "what was written is signed"
    );
    assert_eq!(check(&headers(MESSAGE, "1795176000", SIGNED), &[BODY, b" "].concat()), Err(Refusal::NoMatch));
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let good = headers(MESSAGE, "1795176000", SIGNED);
    for (distance, expected) in [
        (0, None),
        (300, None),
        (-300, None),
        (301, Some(Refusal::TooOld)),
        (-301, Some(Refusal::TooNew)),
        (1_000_000_000, Some(Refusal::TooOld)),
    ] {
        assert_eq!(verify(&good, BODY, &[key()], SECONDS + distance).err(), expected, "{distance}");
        // Whoever has not got the secret does not learn what our clock says.
        assert_eq!(verify(&good, BODY, &[other()], SECONDS + distance), Err(Refusal::NoMatch), "{distance}");
    }
    let end = headers(MESSAGE, "999999999999", &key().sign(MESSAGE, Timestamp::from_seconds(999_999_999_999), BODY));
    assert_eq!(verify(&end, BODY, &[key()], SECONDS), Err(Refusal::TooNew));
}

#[test]
fn headers_are_read_strictly() {
    let refused = |id: &str, time: &str, list: &str| Stamp::read(&headers(id, time, list)).unwrap_err();
    let malformed = |refusal: Refusal| match refusal {
        Refusal::Malformed { header, .. } => header,
        other => panic!("{other}"),
    };
    for id in ["", "a.b", "a b", "ä", &"a".repeat(257)] {
        assert_eq!(malformed(refused(id, "1795176000", SIGNED)), ID, "{id:?}");
    }
    for time in ["", "-1", "+1795176000", "1795176000.5", " 1795176000", "1e9", "0x10", "1795176000000", "٣"] {
        assert_eq!(malformed(refused("a", time, SIGNED)), TIMESTAMP, "{time:?}");
    }
    let many = vec![SIGNED; 17].join(" ");
    // Base64 without padding, with blanks, of another alphabet, with bits to spare, of another length, another version.
    for list in [
        "",
        "v1",
        "v1,",
        "v1,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG/oCg",
        "v1,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG_oCg=",
        "v1,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG/oCh=",
        "v1,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG/oA==",
        "V1,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG/oCg=",
        "v1a,XYjxCmvWKxK3KC8rfngTXAw3Y4SAVUNtWqTpxPG/oCg=",
        &many,
    ] {
        assert_eq!(malformed(refused("a", "1795176000", list)), SIGNATURE, "{list:?}");
    }
    for missing in [ID, TIMESTAMP, SIGNATURE] {
        let mut some = headers("a", "1795176000", SIGNED);
        some.append(missing, HeaderValue::from_static("b"));
        assert_eq!(malformed(Stamp::read(&some).unwrap_err()), missing, "twice");
        some.remove(missing);
        assert_eq!(Stamp::read(&some), Err(Refusal::Missing(missing)));
    }
}

#[test]
fn secrets_are_read_strictly_and_never_printed() {
    let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
    for (secret, is_good) in [
        (of(23), false),
        (of(24), true),
        (of(64), true),
        (of(65), false),
        (of(32).replace("whsec_", ""), false),
        (of(32).replace("whsec_", "WHSEC_"), false),
        (of(32).trim_end_matches('=').to_owned(), false),
        (format!("{} ", of(32)), false),
        (String::new(), false),
    ] {
        assert_eq!(Key::parse(&secret).is_some(), is_good, "{secret}");
    }
    assert_eq!(format!("{:?}", key()), "Key(…)");
}

proptest! {
    /// Whatever stands in the headers, nothing panics, and nothing is believed that the key has not signed.
    #[test]
    fn nothing_is_believed_by_chance(id in "[ -~]{0,40}", time in "[0-9+. -]{0,14}", list in "[ -~]{0,120}", body: Vec<u8>) {
        let headers = headers(&id, &time, &list);
        prop_assert!(verify(&headers, &body, &[key(), other()], SECONDS).is_err());
    }

    /// What is signed is believed, in whatever company the signature comes.
    #[test]
    fn what_is_signed_is_believed(
        id in "[!-\\-/-~]{1,60}", at in 1i64..=999_999_999_999, body: Vec<u8>, before in "[!-~]{0,30}", after in "[!-~]{0,30}",
        secret in prop::array::uniform32(any::<u8>()), drift in -300i64..=300,
    ) {
        let key = Key::new(secret);
        let signed = key.sign(&id, Timestamp::from_seconds(at), &body);
        let headers = headers(&id, &at.to_string(), &format!("{before} {signed} {after}"));
        prop_assert_eq!(verify(&headers, &body, &[other(), key], at + drift), Ok(id));
    }
}
