//! What happens, told as it happens: over Server-Sent Events and over a WebSocket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value as Json;

use crate::home::Home;
use crate::http;

const PATIENCE: Duration = Duration::from_secs(10);

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
    let started = std::time::Instant::now();
    assert_eq!(server.stop(), 0);
    assert!(started.elapsed() < Duration::from_secs(8), "open streams held the desk for {:?}", started.elapsed());
}
