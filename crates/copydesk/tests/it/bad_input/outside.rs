//! Feeds that no reader should trust.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::feeds::{self, Feeds, Script};
use crate::home::Home;

/// Resident memory that the product may ever have taken: a debug build with a dozen feeds of up to 15 MB at once.
const MEMORY_MAX_KB: u64 = 400_000;

const ITEM: &str = "<item><guid>1</guid><title>A whole entry</title><link>http://example.org/1</link>\
    <description>It stands before the damage.</description></item>";

/// An entry that the end of the document cuts off.
const HALF: &str = "<item><guid>2</guid><title>Half an en";

#[test]
fn no_feed_hinders_another() {
    let (feeds, home) = (Feeds::start(), Home::new());
    home.allow(&[feeds.address]).set("connect.total_timeout_s", "4").set("connect.first_byte_timeout_s", "3");
    let forbidden = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let forbidden_address = forbidden.local_addr().expect("a bound socket has an address");
    let touched = Arc::new(AtomicBool::new(false));
    let witness = Arc::clone(&touched);
    std::thread::spawn(move || {
        let _ = forbidden.accept();
        witness.store(true, Ordering::SeqCst);
    });

    let rss = |inner: &str| {
        format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title>{inner}</channel></rss>")
    };
    let text = "application/rss+xml";
    // What is expected: a word of the error, or `Ok` with how many entries can be saved.
    let cases: Vec<(&str, Result<u64, &str>, Script)> = vec![
        ("truncated", Ok(2), feeds::document(text, format!("<rss><channel><title>T</title>{ITEM}{HALF}").into())),
        ("cut-body", Err("broke off"), cut_body()),
        ("large", Err("larger than the limit"), large(true)),
        ("large-unsaid", Err("larger than the limit"), large(false)),
        ("nested", Err("depth"), feeds::document(text, format!("<rss>{}", "<a>".repeat(2_000_000)).into())),
        ("laughs", Ok(1), feeds::document(text, laughs())),
        ("gzip-bomb", Err("once decompressed"), gzip_bomb()),
        (
            "latin",
            Ok(1),
            feeds::document(
                text,
                rss("<item><guid>1</guid><title>Caf\u{e9}</title></item>")
                    .chars()
                    .map(|c| c as u8)
                    .collect::<Vec<u8>>(),
            ),
        ),
        (
            "binary",
            Err("not a feed"),
            feeds::document(text, (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
        ),
        ("empty", Err("empty"), feeds::document(text, Vec::new())),
        ("page", Err("not a feed"), feeds::document("text/html", "<!doctype html><title>Hello</title><p>Hello".into())),
        ("endless", Err("took longer"), endless()),
        ("silent", Err("took longer"), Arc::new(|_, stream| wait_for_the_end(stream))),
        ("loop", Err("circle"), feeds::redirect(feeds.url("/loop-2"))),
        ("loop-2", Err("circle"), feeds::redirect(feeds.url("/loop"))),
        ("long-way", Err("more than 10"), long_way()),
        ("inside", Err("not on the public internet"), feeds::redirect(format!("http://{forbidden_address}/secret"))),
        ("file", Err("only http and https"), feeds::redirect("file:///etc/passwd".into())),
        (
            "no-http",
            Err("broke off"),
            Arc::new(|_, stream| stream.write_all(b"220 mail.example ESMTP\r\n").map(|()| 0)),
        ),
        ("good", Ok(1), feeds::document(text, rss(ITEM).into())),
    ];

    let server = home.serve();
    for (name, _, script) in &cases {
        feeds.answer(&format!("/{name}"), Arc::clone(script));
        let body = json!({ "url": feeds.url(&format!("/{name}")), "name": name }).to_string();
        let answer = server.send("POST", "/api/v3/sources", home.admin(), body.as_bytes());
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    // The good one does not wait for those that hang.
    let is_read = |page: &Json| named(page, "good")["items"] == 1;
    server.wait("/api/v3/sources?limit=100", home.admin(), is_read);
    let all_polled = |page: &Json| entries(page).iter().all(|source| !source["polled_at"].is_null());
    let page = server.wait("/api/v3/sources?limit=100", home.admin(), all_polled);

    let mut wrong = Vec::new();
    for (name, expected, _) in &cases {
        let source = named(&page, name);
        let (error, items) = (source["error"].as_str(), source["items"].as_u64());
        let is_right = match expected {
            Ok(saved) => error.is_none() && items == Some(*saved),
            Err(word) => {
                error.is_some_and(|error| error.contains(word))
                    && source["failures"] == 1
                    && source["state"] == "active"
            }
        };
        if !is_right {
            wrong.push(format!(
                "{name}: expected {expected:?}, got error {error:?}, items {items:?}, outcome {}",
                source["outcome"]
            ));
        }
    }
    let item = server.read(
        &format!("/api/v3/items?source={}", named(&page, "latin")["id"].as_str().unwrap_or_default()),
        home.admin(),
    );
    if item["data"][0]["title"] != "Caf\u{e9}" {
        wrong.push(format!("latin: the title reads {}", item["data"][0]["title"]));
    }
    // When it comes whole, the entry that was cut off is the same entry, not another one.
    let id = named(&page, "truncated")["id"].as_str().unwrap_or_default().to_owned();
    feeds.document("/truncated", text, rss(&format!("{ITEM}{HALF}try</title></item>")));
    server.send("POST", &format!("/api/v3/sources/{id}/fetch"), home.admin(), b"");
    server.wait(&format!("/api/v3/sources/{id}"), home.admin(), |source| source["outcome"] == "1 changed");
    let items = server.read(&format!("/api/v3/items?source={id}"), home.admin());
    let titles: Vec<&str> = entries(&items).iter().filter_map(|item| item["title"].as_str()).collect();
    if titles.len() != 2 || !titles.contains(&"Half an entry") {
        wrong.push(format!("truncated, then whole: {titles:?}"));
    }
    let peak = peak_kb(server.id());
    if peak > MEMORY_MAX_KB {
        wrong.push(format!("the product took {peak} kB of memory"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!touched.load(Ordering::SeqCst), "a redirect reached an address that is not allowed");
    let log = server.read_log();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(server.stop(), 0);
    home.is_sound();
}

#[test]
fn a_preview_of_a_forbidden_address_is_refused() {
    let home = Home::new();
    let server = home.serve();
    for url in [
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "http://0x7f000001/",
    ] {
        let body = json!({ "url": url }).to_string();
        let answer = server.send("POST", "/api/v3/sources/preview", home.admin(), body.as_bytes());
        assert_eq!(answer.status, 422, "{url}: {}", answer.text());
        let problem = answer.json();
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("connect.allow"), "{url}: {problem}");
    }
}

fn entries(page: &Json) -> &[Json] {
    page["data"].as_array().expect("a page has data")
}

fn named<'a>(page: &'a Json, name: &str) -> &'a Json {
    entries(page)
        .iter()
        .find(|source| source["url"].as_str().is_some_and(|url| url.ends_with(&format!("/{name}"))))
        .unwrap_or(&Json::Null)
}

/// Always one address further.
fn long_way() -> Script {
    Arc::new(|seen, stream| {
        let next = if seen.path.contains('?') { format!("{}0", seen.path) } else { format!("{}?0", seen.path) };
        feeds::send(stream, 302, &[("Location", &next)], b"")
    })
}

/// 200 MB, with or without saying so first.
fn large(says_so: bool) -> Script {
    Arc::new(move |_, stream| {
        let length = if says_so { "Content-Length: 200000000\r\n" } else { "" };
        stream.write_all(
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{length}Content-Type: text/xml\r\n\r\n<rss><channel>")
                .as_bytes(),
        )?;
        let piece = ITEM.repeat(400);
        for _ in 0..200_000_000 / piece.len() {
            stream.write_all(piece.as_bytes())?;
        }
        Ok(200)
    })
}

/// Says that more comes than does.
fn cut_body() -> Script {
    Arc::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5000\r\n\r\n<rss><channel>")?;
        Ok(200)
    })
}

/// A byte now and then, for as long as somebody listens.
fn endless() -> Script {
    Arc::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<rss><channel>")?;
        loop {
            stream.write_all(b"<item><title>More</title></item>")?;
            std::thread::sleep(Duration::from_millis(50));
        }
    })
}

fn wait_for_the_end(stream: &mut std::net::TcpStream) -> std::io::Result<u16> {
    use std::io::Read as _;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let _ = stream.read(&mut [0; 16]);
    Ok(0)
}

/// 120 MB of spaces in a few hundred kilobytes.
fn gzip_bomb() -> Script {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..120 {
        encoder.write_all(&vec![b' '; 1_000_000]).expect("memory takes everything");
    }
    let bytes = encoder.finish().expect("memory takes everything");
    Arc::new(move |_, stream| {
        feeds::send(stream, 200, &[("Content-Type", "text/xml"), ("Content-Encoding", "gzip")], &bytes)
    })
}

/// Ten to the power of nine laughs, if entities were expanded.
fn laughs() -> Vec<u8> {
    let mut text = String::from("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY l0 \"ha\">");
    for n in 1..10 {
        text.push_str(&format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)));
    }
    text.push_str("]><rss version=\"2.0\"><channel><title>T</title><item><guid>1</guid><title>&l9; is told</title></item></channel></rss>");
    text.into()
}

fn peak_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells the peak");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("the peak is a number")
}
