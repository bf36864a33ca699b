use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn found(links: &[&str], hubs: &[&str], own: Option<&str>) -> Option<(Vec<String>, String)> {
    let base = Url::parse("https://news.example/dir/feed.xml").unwrap();
    let hubs: Vec<String> = hubs.iter().map(|hub| (*hub).to_owned()).collect();
    discover(&headers("link", links), &base, &hubs, own).map(|found| (found.hubs, found.topic))
}

#[test]
fn headers_are_believed_before_the_document() {
    let some =
        |hubs: &[&str], topic: &str| Some((hubs.iter().map(|hub| (*hub).to_owned()).collect(), topic.to_owned()));
    let (hub, own) = ("https://hub.example/", "https://news.example/feed");
    let both = r#"<https://hub.example/>; rel="hub", <https://news.example/feed>; rel="self""#;
    assert_eq!(found(&[both], &["https://other.example/"], Some("https://news.example/other")), some(&[hub], own));
    assert_eq!(found(&[], &[hub], Some(own)), some(&[hub], own));
    // One of them here, one of them there.
    assert_eq!(found(&[r#"<https://hub.example/>; rel=hub"#], &[], Some("../feed")), some(&[hub], own));
    assert_eq!(found(&[r#"<>; rel=self"#], &[hub], None), some(&[hub], "https://news.example/dir/feed.xml"));
    let odd = [
        r#"<https://news.example/a,b;c>; title="a, <x>; rel=hub \" b"; rel="alternate self""#,
        r#"<https://hub.example/>;REL=HUB , <https://hub.example/> ; rel="hub";type=x, <https://two.example/>; rel="next hub""#,
    ];
    assert_eq!(found(&odd, &[], None), some(&[hub, "https://two.example/"], "https://news.example/a,b;c"));
}

#[test]
fn without_hub_or_topic_nothing_is_asked() {
    assert_eq!(found(&[], &["https://hub.example/"], None), None);
    assert_eq!(found(&[], &[], Some("https://news.example/feed")), None);
    assert_eq!(found(&[], &["ftp://hub.example/", "javascript:x", "https://me@hub.example/"], Some("/feed")), None);
    for broken in
        ["<", "<>", "<a", ">;rel=hub", "<https://hub.example/>; rel", "<https://hub.example/>; rel=\"hub", ";;;,,,"]
    {
        assert_eq!(found(&[broken], &[], None), None, "{broken}");
    }
    let many: Vec<String> = (0..20).map(|i| format!("https://hub{i}.example/")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(found(&[], &many, Some("/")).unwrap().0.len(), 5);
}

#[test]
fn a_secret_is_told_to_nobody_who_could_be_overheard() {
    let ask =
        |mode, hub| form(mode, hub, "https://news.example/feed?a=1&b", "https://desk.example/hooks/websub/x", "s3cr3t");
    let start = "topic=https%3A%2F%2Fnews.example%2Ffeed%3Fa%3D1%26b&hub.callback=https%3A%2F%2Fdesk.example%2Fhooks%2Fwebsub%2Fx";
    assert_eq!(
        ask(Mode::Subscribe, "https://hub.example/"),
        format!("hub.mode=subscribe&hub.{start}&hub.lease_seconds=864000&hub.secret=s3cr3t")
    );
    assert_eq!(
        ask(Mode::Subscribe, "http://hub.example/"),
        format!("hub.mode=subscribe&hub.{start}&hub.lease_seconds=864000")
    );
    assert_eq!(ask(Mode::Unsubscribe, "https://hub.example/"), format!("hub.mode=unsubscribe&hub.{start}"));
}

#[test]
fn what_a_hub_says_is_read_once_and_whole() {
    let verify = |mode, lease| {
        let (topic, challenge) = ("https://news.example/f?a=b".to_owned(), "a b+c".to_owned());
        Some(Intent::Verify { mode, topic, challenge, lease })
    };
    let rest = "hub.topic=https%3A%2F%2Fnews.example%2Ff%3Fa%3Db&hub.challenge=a+b%2Bc";
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    for (query, expected) in [
        (format!("hub.mode=subscribe&{rest}&hub.lease_seconds=864000"), verify(Mode::Subscribe, days(10))),
        (format!("x=y&hub.mode=subscribe&{rest}&hub.lease_seconds=99999999999"), verify(Mode::Subscribe, days(90))),
        (format!("hub.mode=unsubscribe&{rest}"), verify(Mode::Unsubscribe, None)),
        (
            "hub.mode=denied&hub.topic=t&hub.reason=no%0Athanks".to_owned(),
            Some(Intent::Denied { topic: "t".into(), reason: "nothanks".into() }),
        ),
        (format!("hub.mode=subscribe&{rest}"), None),
        (format!("hub.mode=subscribe&{rest}&hub.lease_seconds=0"), None),
        (format!("hub.mode=subscribe&{rest}&hub.lease_seconds=-1"), None),
        (format!("hub.mode=subscribe&hub.mode=denied&{rest}&hub.lease_seconds=1"), None),
        (format!("hub.mode=publish&{rest}"), None),
        ("hub.mode=subscribe&hub.topic=t&hub.lease_seconds=1".to_owned(), None),
        (format!("hub.mode=unsubscribe&hub.topic=t&hub.challenge={}", "a".repeat(4_097)), None),
        (String::new(), None),
    ] {
        assert_eq!(Intent::parse(&query), expected, "{query}");
    }
}

#[test]
fn leases_are_renewed_at_four_fifths_and_not_all_together() {
    let (now, lease) = (Timestamp::from_seconds(1_000), Duration::from_secs(1_000));
    for (dice, at) in [(0.0, 1_750), (0.5, 1_800), (1.0, 1_850), (7.0, 1_850), (-1.0, 1_750)] {
        assert_eq!(renewal(now, lease, dice).seconds(), at, "{dice}");
    }
}

#[test]
fn the_vectors_of_the_contract_hold() {
    let (sha1, sha256) = (
        "sha1=ded020dddff874624d8e23461d715af354afe52b",
        "sha256=30288d016ac66bbd764cf5b8491017b685f72a750bec9628d5f3af177be5ec82",
    );
    let check = |values: &[&str], body: &[u8]| signed(&headers(SIGNATURE, values), "s3cr3t", body);
    assert_eq!(check(&[sha1], b"<feed/>"), Some(Method::Sha1));
    assert_eq!(check(&[sha256], b"<feed/>"), Some(Method::Sha256));
    assert_eq!(check(&[sha1, sha256], b"<feed/>"), Some(Method::Sha256), "the strongest counts");
    assert_eq!(check(&[&sha256.to_uppercase()], b"<feed/>"), Some(Method::Sha256));
    assert_eq!(check(&[sha1, sha256], b"<feed />"), None);
    assert_eq!(signed(&headers(SIGNATURE, &[sha1, sha256]), "s3cr3T", b"<feed/>"), None);
    let (cut, swapped, long) = (&sha256[..sha256.len() - 1], sha256.replace("sha256", "sha1"), format!("{sha256}00"));
    for bad in [
        "",
        "sha256",
        "sha256=",
        "=ded0",
        "md5=00",
        "sha256=zz",
        cut,
        &swapped,
        &long,
        "sha256=+1",
        &"sha1=a".repeat(500),
    ] {
        assert_eq!(check(&[bad], b"<feed/>"), None, "{bad}");
    }
    assert_eq!(check(&[], b"<feed/>"), None);
}

#[test]
fn longer_methods_are_those_of_the_standard() {
    // RFC 4231, test case 2.
    let body = b"what do ya want for nothing?";
    let sha384 =
        "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649";
    let sha512 = "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    assert_eq!(signed(&headers(SIGNATURE, &[sha384]), "Jefe", body), Some(Method::Sha384));
    assert_eq!(signed(&headers(SIGNATURE, &[sha384, sha512]), "Jefe", body), Some(Method::Sha512));
}

proptest! {
    /// Whatever a stranger writes, nothing panics, and nothing is believed.
    #[test]
    fn nothing_is_believed_by_chance(link in "[ -~]{0,200}", query in "[ -~]{0,200}", name in "sha(1|256|384|512)", hex in "[0-9a-f]{0,128}", body: Vec<u8>) {
        let _ = found(&[&link], &[&link], Some(&link));
        let _ = Intent::parse(&query);
        prop_assert_eq!(signed(&headers(SIGNATURE, &[&format!("{name}={hex}")]), "s3cr3t", &body), None);
    }
}
