//! What happens, told as it happens: over Server-Sent Events and over a WebSocket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::home::{Home, Server};
use crate::{http, wait_for};

const PATIENCE: Duration = Duration::from_secs(10);
/// Where nobody listens.
const NOBODY: &str = "127.0.0.1:9";

/// Opens a stream and reads its head.
fn open(address: SocketAddr, path: &str, headers: &str) -> (String, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(address).expect("the product listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a time-out");
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n").as_bytes())
        .expect("the product reads");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("an answer has a head"), 0, "the head ends early: {head}");
    }
    (head, reader)
}

/// The next event that `is_it` wants.
fn next_event(reader: &mut BufReader<TcpStream>, is_it: impl Fn(&Json) -> bool) -> (String, Json) {
    let (mut id, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        assert_ne!(reader.read_line(&mut line).expect("an event comes in time"), 0, "the stream ends early");
        if let Some(given) = line.strip_prefix("id:") {
            id = given.trim().to_owned();
        }
        let data = line.strip_prefix("data:").and_then(|data| serde_json::from_str::<Json>(data.trim()).ok());
        if let Some(data) = data.filter(|data| is_it(data)) {
            return (id, data);
        }
    }
}

/// The next frame of a WebSocket: its kind and what it holds (RFC 6455 §5.2).
fn next_frame(reader: &mut BufReader<TcpStream>) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    reader.read_exact(&mut head).expect("a frame comes in time");
    assert_eq!(head[1] & 0x80, 0, "a server does not mask");
    let length = match head[1] {
        126 => {
            let mut long = [0; 2];
            reader.read_exact(&mut long).expect("a frame is whole");
            usize::from(u16::from_be_bytes(long))
        }
        127 => panic!("no message is that long"),
        short => usize::from(short),
    };
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a frame is whole");
    (head[0] & 0x0f, body)
}

#[test]
fn decisions_are_told_over_both_ways() {
    let home = Home::new();
    home.set("desk.undo_ms", "0");
    let server = home.serve();
    let bearer = format!("Authorization: Bearer {}\r\n", home.admin());
    let (head, _) = open(server.address, "/api/v3/events", "Connection: close\r\n");
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    let (head, _) = open(server.address, "/api/v3/events?topics=weather", &format!("{bearer}Connection: close\r\n"));
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");

    let (head, mut events) = open(server.address, "/api/v3/events?topics=posts,jobs&kinds=publish_post", &bearer);
    assert!(
        head.starts_with("HTTP/1.1 200") && head.to_lowercase().contains("content-type: text/event-stream"),
        "{head}"
    );
    let upgrade = format!(
        "{bearer}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    let (head, mut socket) = open(server.address, "/api/v3/live?topics=posts", &upgrade);
    // The answer to this key stands in RFC 6455 §1.3.
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");

    let post = server
        .send("POST", "/api/v3/posts", home.admin(), br#"{"title": "A note", "body": "It is told at once."}"#)
        .json();
    let id = post["id"].as_str().expect("a post has an id").to_owned();
    let (submitted, _) = next_event(&mut events, |event| event["post"] == post["id"] && event["type"] == "submitted");
    let approval = format!("/api/v3/posts/{id}/approval");
    assert_eq!(server.send("POST", &approval, home.admin(), br#"{"version": 1}"#).status, 201);
    let (_, published) = next_event(&mut events, |event| event["post"] == post["id"] && event["type"] == "published");
    assert_eq!(published["title"], "A note", "{published}");
    loop {
        let (kind, body) = next_frame(&mut socket);
        let told: Json = serde_json::from_slice(&body).unwrap_or_default();
        if kind == 1 && told["type"] == "published" && told["post"] == post["id"] {
            break;
        }
    }
    drop(events);

    // Who comes back with the last id is told what was missed.
    let again = format!("{bearer}Last-Event-ID: {submitted}\r\n");
    let (_, mut events) = open(server.address, "/api/v3/events?topics=posts", &again);
    let (_, first) = next_event(&mut events, |_| true);
    assert_eq!((&first["post"], &first["type"]), (&post["id"], &"approved".into()), "{first}");
    next_event(&mut events, |event| event["type"] == "published");

    // Open streams do not keep the desk from ending.
    assert_eq!(http::get(server.address, "/health").status, 200);
    let started = Instant::now();
    assert_eq!(server.stop(), 0);
    assert!(started.elapsed() < Duration::from_secs(8), "open streams held the desk for {:?}", started.elapsed());
}

/// Publishes a note on `server`; its id.
fn publish(server: &Server, key: &str, title: &str) -> String {
    let body = serde_json::json!({ "title": title, "body": "It is told at once." }).to_string();
    let post = server.send("POST", "/api/v3/posts", key, body.as_bytes()).json();
    let id = post["id"].as_str().unwrap_or_else(|| panic!("a post has an id: {post}")).to_owned();
    let approval = format!("/api/v3/posts/{id}/approval");
    assert_eq!(server.send("POST", &approval, key, br#"{"version": 1}"#).status, 201);
    id
}

#[test]
fn what_happens_in_one_process_is_told_by_the_other() {
    let home = Home::new();
    if !home.is_postgres() {
        crate::skipped("an SQLite folder has one process; set COPYDESK_TEST_POSTGRES");
        return;
    }
    home.set("desk.undo_ms", "0").allow(&[NOBODY.parse().expect("an address")]);
    let (a, key) = (home.serve(), home.admin().to_owned());
    let b = home.serve_again();
    let bearer = format!("Authorization: Bearer {key}\r\n");
    let (_, mut posts) = open(b.address, "/api/v3/events?topics=posts", &bearer);
    let (_, mut jobs) = open(b.address, "/api/v3/events?topics=jobs&kinds=fetch_sources,publish_post", &bearer);
    next_event(&mut posts, |event| event["type"] == "ready");
    next_event(&mut jobs, |event| event["type"] == "ready");

    // Times of the listening end: this process's own clock, from the request to the event of a change that the
    // request commits.
    let mut times = Vec::new();
    for n in 0..100 {
        let title = format!("Note {n}");
        let body = serde_json::json!({ "title": title, "body": "It is told at once." }).to_string();
        let began = Instant::now();
        let post = a.send("POST", "/api/v3/posts", &key, body.as_bytes()).json();
        let answered = began.elapsed();
        let (_, told) = next_event(&mut posts, |event| event["post"] == post["id"]);
        times.push(began.elapsed().saturating_sub(answered));
        assert!(told["position"].as_str().is_some_and(|position| position.contains('.')), "{told}");
    }
    times.sort_unstable();
    say(&format!(
        "told by another process, after the answer: half within {:?}, 99 of 100 within {:?}",
        times[50], times[98]
    ));

    // A job that one process enqueues and any of them runs is followed from its beginning to its end.
    let id = publish(&a, &key, "A followed one");
    let (_, enqueued) = next_event(&mut jobs, |event| event["kind"] == "publish_post" && event["type"] == "enqueued");
    next_event(&mut jobs, |event| event["job"] == enqueued["job"] && event["type"] == "started");
    next_event(&mut jobs, |event| event["job"] == enqueued["job"] && event["type"] == "completed");
    next_event(&mut posts, |event| event["post"] == id.as_str() && event["type"] == "published");

    // A page that this process has cached changes at once when the other takes it off the site.
    let slug = b.read(&format!("/api/v3/posts/{id}"), &key)["slug"].as_str().unwrap_or("a-followed-one").to_owned();
    wait_for("the page on the other process", PATIENCE, || {
        (http::get(b.address, &format!("/{slug}")).status == 200).then_some(())
    });
    assert_eq!(a.send("DELETE", &format!("/api/v3/posts/{id}/publication"), &key, b"").status / 100, 2);
    next_event(&mut posts, |event| event["post"] == id.as_str() && event["type"] == "retracted");
    wait_for("the page to go from the other process's cache", PATIENCE, || {
        (http::get(b.address, &format!("/{slug}")).status != 200).then_some(())
    });

    // A command beside them is heard too.
    home.ok(&["source", "add", &format!("http://{NOBODY}/feed.xml")]);
    home.ok(&["source", "fetch"]);
    let (_, told) = next_event(&mut jobs, |event| event["kind"] == "fetch_sources" && event["type"] == "enqueued");
    assert!(told["job"].is_string(), "{told}");
    assert_eq!((a.stop(), b.stop()), (0, 0));
}

#[test]
fn a_killed_listener_misses_nothing_without_a_word() {
    let home = Home::new();
    let Some(url) = home.database_url() else {
        crate::skipped("an SQLite folder has one process; set COPYDESK_TEST_POSTGRES");
        return;
    };
    let (a, key) = (home.serve(), home.admin().to_owned());
    let b = home.serve_again();
    let (_, mut posts) = open(b.address, "/api/v3/events?topics=posts", &format!("Authorization: Bearer {key}\r\n"));
    next_event(&mut posts, |event| event["type"] == "ready");
    let mut ids = Vec::new();
    for n in 0..30 {
        if n % 10 == 5 {
            kill_listeners(&url);
        }
        let body = serde_json::json!({ "title": format!("Note {n}"), "body": "It is told." }).to_string();
        ids.push(a.send("POST", "/api/v3/posts", &key, body.as_bytes()).json()["id"].clone());
    }
    // Told again and again until one is heard: only then is it sure that nothing of the notes is still to come.
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let (mut missed, mut resyncs, mut next) = (0, 0, 0);
    let (address, bearer) = (a.address, format!("Bearer {key}"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
            while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(700));
                let last = br#"{"title": "The last note", "body": "It is told."}"#;
                assert_eq!(
                    http::send(address, "POST", "/api/v3/posts", &headers, last).expect("the server answers").status,
                    201
                );
            }
        });
        loop {
            let (_, event) = next_event(&mut posts, |event| event["type"] == "created" || event["type"] == "resync");
            if event["type"] == "resync" {
                resyncs += 1;
                continue;
            }
            let Some(at) = ids.iter().position(|id| *id == event["post"]) else { break };
            assert!(at >= next, "twice or out of order: {event}");
            missed += at - next;
            next = at + 1;
        }
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    missed += ids.len() - next;
    say(&format!("over three killed listeners: {missed} of 30 events not told, {resyncs} resyncs"));
    assert!(missed == 0 || resyncs > 0);
    assert_eq!((a.stop(), b.stop()), (0, 0));
}

#[test]
fn a_web_socket_may_ask_for_more() {
    let home = Home::new();
    home.allow(&[NOBODY.parse().expect("an address")]);
    let server = home.serve();
    let bearer = format!("Authorization: Bearer {}\r\n", home.admin());
    let upgrade = format!(
        "{bearer}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    let (_, mut socket) = open(server.address, "/api/v3/live?topics=posts", &upgrade);
    let told = |socket: &mut BufReader<TcpStream>, kind: &str| {
        loop {
            let (_, body) = next_frame(socket);
            let told: Json = serde_json::from_slice(&body).unwrap_or_default();
            if told["type"] == kind {
                return told;
            }
        }
    };
    told(&mut socket, "ready");
    say_frame(&mut socket, r#"{"subscribe": {"kinds": ["fetch_sources"], "jobs": ["0000000000001"]}}"#);
    let subscribed = told(&mut socket, "subscribed");
    assert_eq!((&subscribed["kinds"][0], &subscribed["jobs"][0]), (&"fetch_sources".into(), &"0000000000001".into()));
    let source = br#"{"url": "http://127.0.0.1:9/feed.xml"}"#;
    assert_eq!(server.send("POST", "/api/v3/sources", home.admin(), source).status, 201);
    assert_eq!(server.send("POST", "/api/v3/sources/fetch", home.admin(), b"{}").status, 202);
    assert_eq!(told(&mut socket, "enqueued")["kind"], "fetch_sources");
    for wrong in [r#"{"subscribe": {"jobs": ["x"]}}"#, "{", r#"{"shout": 1}"#] {
        say_frame(&mut socket, wrong);
        assert!(told(&mut socket, "error")["detail"].is_string(), "{wrong}");
    }
    say_frame(&mut socket, r#"{"unsubscribe": {"kinds": ["fetch_sources"]}}"#);
    assert_eq!(told(&mut socket, "subscribed")["kinds"], serde_json::json!([]));
    assert_eq!(server.stop(), 0);
}

/// A text of a client, masked (RFC 6455 §5.3) with zeros.
fn say_frame(socket: &mut BufReader<TcpStream>, text: &str) {
    assert!(text.len() < 126, "a short text");
    let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    socket.get_mut().write_all(&frame).expect("the product reads");
}

fn kill_listeners(url: &stdx::config::Secret) {
    static KILL: store::Statement = store::Statement::shared(
        "test.kill_listeners",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'",
    );
    crate::home::block_on(async {
        let settings = store::Settings { url: Some(url.clone()), ..store::Settings::default() };
        let sets = [queue::MIGRATIONS, desk::MIGRATIONS];
        let store = store::Store::open_beside(&std::env::temp_dir(), &settings, &sets, stdx::Clock::system()).await;
        let store = store.expect("the database answers");
        store.read().all(&KILL, Vec::new()).await.expect("back ends can be killed");
        store.close().await;
    });
}

#[expect(clippy::print_stdout, reason = "figures that are looked at, not judged")]
fn say(text: &str) {
    println!("{text}");
}
