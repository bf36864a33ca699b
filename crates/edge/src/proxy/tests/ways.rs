//! Two ways to one answer: what the short way gives out is what the long way says, field by field.

use stdx::Rng;

use super::*;
use crate::h1::write::{After, Tail};
use crate::h1::{Front, Hit, Limits, parse};

/// Seconds since the epoch of `Last-Modified` where there is one.
const MODIFIED: &str = "Fri, 13 Nov 2026 10:00:00 GMT";

/// The answer at a path, the same whenever it is asked for.
fn told(path: &str) -> String {
    let seed = path.split(['?', ' ']).next().unwrap_or_default().bytes().fold(7, |sum, b| sum * 31 + u64::from(b));
    let rng = Rng::seeded(seed);
    let some = |choices: &[&'static str]| choices[rng.below(choices.len() as u64) as usize];
    let status =
        some(&["200 OK", "200 OK", "200 OK", "200 OK", "404 Not Found", "301 Moved", "204 No Content", "203 Other"]);
    let mut head = format!("HTTP/1.1 {status}\r\n");
    for line in [
        some(&[
            "cache-control: max-age=60\r\n",
            "cache-control: public, max-age=30\r\n",
            "cache-control: s-maxage=45, max-age=1\r\n",
            "copydesk-cache-control: max-age=50\r\ncache-control: no-store\r\n",
            "cache-control: no-cache\r\n",
            "cache-control: max-age=20, no-cache=\"x-own\"\r\nx-own: 1\r\n",
            "",
        ]),
        some(&["", "etag: \"a\"\r\n", "etag: \"a\"\r\n", "etag: W/\"a\"\r\n", "etag: a\r\n", "etag: \"\"\r\n"]),
        some(&["", "last-modified: Fri, 13 Nov 2026 10:00:00 GMT\r\n", "last-modified: yesterday\r\n"]),
        some(&[
            "",
            "",
            "vary: accept-encoding\r\n",
            "vary: accept-language\r\n",
            "vary: x-a, cookie\r\n",
            "vary: via\r\n",
            "vary: *\r\n",
            "vary: Accept-Encoding\r\nvary: x-a\r\n",
        ]),
        some(&["", "content-language: de\r\n", "content-encoding: br\r\n", "content-encoding: dcb\r\n"]),
        some(&["", "age: 3\r\n", "date: Fri, 20 Nov 2026 11:59:50 GMT\r\n", "set-cookie: a=b\r\n"]),
        some(&[
            "",
            "surrogate-key: one two\r\n",
            "via: 1.0 other\r\ncache-status: far; hit\r\n",
            "accept-ranges: bytes\r\n",
            "content-range: odd\r\n",
        ]),
    ] {
        head.push_str(line);
    }
    if status.starts_with("204") {
        return format!("{head}\r\n");
    }
    let body = "0123456789abcdef".repeat(rng.below(4) as usize);
    format!("{head}content-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A request of somebody who may want anything, mostly little.
fn wished(rng: &Rng) -> (&'static str, String, Vec<(&'static str, String)>) {
    let some = |choices: &[&'static str]| choices[rng.below(choices.len() as u64) as usize];
    let query = some(&["", "", "", "?utm_source=x", "?a=1", "?a=1&utm_medium=y"]);
    let path = format!("/{}{query}", rng.below(20));
    let mut fields = vec![("host", some(&["site.test", "site.test", "SITE.test"]).to_owned())];
    let often: [(&str, &[&str]); 3] = [
        ("accept-encoding", &["gzip, br", "br,gzip", "gzip;q=0, br", "identity", "", "zstd"]),
        ("accept-language", &["de", "de, en;q=0.5", "en", "fr;q=0"]),
        ("connection", &["keep-alive", "Keep-Alive", "close", "x-a", "keep-alive, x-a"]),
    ];
    let seldom: [(&str, &[&str]); 14] = [
        ("x-a", &["1", "2", "1, 2", "1,2"]),
        ("cookie", &["a=b", "a=c"]),
        ("if-none-match", &["\"a\"", "W/\"a\"", "\"b\"", "a", "*", "\"b\", \"a\"", "\"\"", "\"a\"\"", ""]),
        (
            "if-modified-since",
            &[MODIFIED, "Sat, 14 Nov 2026 10:00:00 GMT", "Thu, 12 Nov 2026 10:00:00 GMT", "yesterday", "now"],
        ),
        (
            "range",
            &[
                "bytes=0-3",
                "bytes=4-",
                "bytes=-5",
                "bytes=0-1,3-4",
                "bytes=999-",
                "bytes=x",
                "lines=1-2",
                "bytes=0-999",
                "bytes=-0",
            ],
        ),
        ("if-range", &["\"a\"", MODIFIED]),
        (
            "cache-control",
            &["no-cache", "max-age=0", "max-age=1000", "min-fresh=10", "only-if-cached", "max-stale", "no-store", "x"],
        ),
        ("pragma", &["no-cache", "x"]),
        ("authorization", &["Basic x"]),
        ("via", &["1.1 other"]),
        ("x-forwarded-for", &["10.0.0.1"]),
        ("if-match", &["\"a\""]),
        ("if-unmodified-since", &[MODIFIED]),
        ("te", &["trailers"]),
    ];
    for (name, values) in often {
        if rng.below(3) == 0 {
            fields.push((name, some(values).to_owned()));
        }
    }
    for (name, values) in seldom {
        for _ in 0..2 {
            if rng.below(40) == 0 {
                fields.push((name, some(values).to_owned()));
            }
        }
    }
    match rng.below(8) {
        0 => fields.push(("if-none-match", some(&["\"a\"", "W/\"a\"", "\"b\""]).to_owned())),
        1 => fields.push(("range", some(&["bytes=0-3", "bytes=4-", "bytes=-5"]).to_owned())),
        _ => {}
    }
    (some(&["GET", "GET", "GET", "HEAD"]), path, fields)
}

/// As it would stand on the wire, read again.
fn on_the_wire(hit: &Hit, now_s: i64) -> Seen {
    let tail = Tail::of(hit, After { close: false, says_keep_alive: false, h3_port: None }, now_s);
    let bytes = [&hit.head[..], tail.before(), &hit.cache_status, tail.after(), &hit.body].concat();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let (head, body) = (String::from_utf8(bytes[..end].to_vec()).unwrap(), String::from_utf8(bytes[end..].to_vec()));
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
        headers.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    Seen { status, headers, body: body.map_err(|error| error.to_string()) }
}

fn short(front: &dyn Front, method: &str, path: &str, fields: &[(&str, String)]) -> Option<Hit> {
    let lines: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let bytes = format!("{method} {path} HTTP/1.1\r\n{lines}\r\n");
    let mut slots = parse::Slots::default();
    let head = parse::head(bytes.as_bytes(), &mut slots, &Limits::default()).unwrap().unwrap();
    front.look(&head)
}

async fn long(site: &Site, method: &str, path: &str, fields: &[(&str, String)]) -> Seen {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in fields {
        request = request.header(*name, value.as_str());
    }
    seen(site.proxy.answer(request.body(body::empty()).unwrap()).await).await
}

fn sorted(seen: &Seen) -> Vec<(String, String)> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut all: Vec<_> = seen.headers.iter().map(line).collect();
    all.sort();
    all
}

#[tokio::test]
async fn both_ways_give_the_same_answer() {
    for seed in 0..4 {
        let site = Site::with(
            |_, head| {
                let answer = told(head.split(' ').nth(1).unwrap_or_default());
                let end = answer.find("\r\n\r\n").map_or(answer.len(), |at| at + 4);
                if head.starts_with("HEAD ") { answer[..end].to_owned() } else { answer }
            },
            |settings| {
                settings.obey_requests = seed != 3;
                settings.show_tags = seed == 2;
            },
        )
        .await;
        let (front, rng) = (site.proxy.front(), Rng::seeded(seed));
        let (mut hits, mut kinds) = (0, [0; 4]);
        for _ in 0..4_000 {
            let (method, path, fields) = wished(&rng);
            // An answer that is just being put away may come between the two.
            for last in [false, false, true] {
                let hit = short(&*front, method, &path, &fields);
                let slow = long(&site, method, &path, &fields).await;
                let Some(hit) = hit else { break };
                let fast = on_the_wire(&hit, site.clock.now().seconds());
                let same = fast.status == slow.status
                    && sorted(&fast) == sorted(&slow)
                    && fast.body.as_deref() == slow.body.as_deref()
                    && slow.is_hit();
                assert!(same || !last, "{method} {path} {fields:?}\nshort {fast:#?}\nlong {slow:#?}");
                if same {
                    hits += 1;
                    kinds[match fast.status {
                        304 => 0,
                        206 => 1,
                        _ if method == "HEAD" => 2,
                        _ => 3,
                    }] += 1;
                    break;
                }
            }
            if rng.below(8) == 0 {
                site.clock.advance(Duration::from_millis(rng.below(4_000)));
            }
            if rng.below(200) == 0 {
                let wish =
                    ["{\"tag\":\"one\"}", "{\"tag\":\"two\",\"soft\":true}", "{\"all\":true}"][rng.below(3) as usize];
                assert_eq!(site.purge(wish).await.status, 200);
            }
        }
        assert!(hits > 200 && kinds.iter().all(|kind| *kind > 0), "{hits} hits of kinds {kinds:?}");
    }
}

#[tokio::test]
async fn nothing_is_given_out_after_it_was_purged() {
    let site = Site::new(|n, _| ok("cache-control: max-age=60\r\nsurrogate-key: a\r\n", &n.to_string())).await;
    let front = site.proxy.front();
    let host = [("host", "site.test".to_owned())];
    let look = || short(&*front, "GET", "/x", &host).map(|hit| hit.body);
    for (round, wish) in [
        "{\"tag\":\"a\"}",
        "{\"url\":\"http://site.test/x\"}",
        "{\"pattern\":\"*/x\"}",
        "{\"all\":true}",
        "{\"tag\":\"a\",\"soft\":true}",
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(look(), None, "{wish}");
        assert_eq!(site.get("/x", &[]).await.text(), (round + 1).to_string());
        site.holds(1).await;
        assert_eq!(look(), Some(Bytes::from((round + 1).to_string())));
        assert!(site.purge(wish).await.text().contains("\"purged\":1"), "{wish}");
        assert_eq!(look(), None, "{wish}");
    }
    site.get("/x", &[]).await;
    site.holds(1).await;
    assert!(look().is_some());
    site.later(60);
    assert_eq!(look(), None, "it is stale");
}

#[tokio::test]
async fn what_is_asked_for_on_the_short_way_stays_in_the_store() {
    let answer = |n: usize, _: &str| ok("cache-control: max-age=60\r\n", &n.to_string());
    let site = Site::with(answer, |settings| settings.memory_size = stdx::ByteSize::kib(320)).await;
    let front = site.proxy.front();
    let host = [("host", "site.test".to_owned())];
    site.get("/hot", &[]).await;
    site.holds(1).await;
    for other in 0..1_000 {
        if other % 100 == 0 {
            assert!((0..70).all(|_| short(&*front, "GET", "/hot", &host).is_some()), "after {other} others");
        }
        site.get(&format!("/{other}"), &[]).await;
    }
    assert!(site.proxy.0.store.size().0 < 900, "the others did not fit");
}
