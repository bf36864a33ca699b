use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use guard::role::Role;
use serde_json::{Map, Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ring::{Hub, Topic};
use super::wish::Wish;
use crate::api::tests::Bench;

/// Reads one stream of events.
struct Reader {
    body: axum::body::BodyDataStream,
    text: String,
}

/// One event: id, type, data.
type Event = (String, String, Json);

impl Reader {
    async fn open(bench: &Bench, path: &str, last: Option<&str>) -> Reader {
        let call = bench.call(Role::Viewer, "GET", path);
        let call = match last {
            Some(last) => call.header("last-event-id", last),
            None => call,
        };
        let response = call.open().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Reader { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
                if event.starts_with(':') {
                    continue;
                }
                return Some((field("id: "), field("event: "), serde_json::from_str(&field("data: ")).unwrap()));
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.body.next())
                .await
                .expect("an event comes in time")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    async fn until(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.1 == kind {
                return event;
            }
        }
    }
}

async fn write(bench: &Bench) -> Json {
    bench.post("/api/v3/posts", json!({ "title": "A quay", "body": "It opens in March." })).await.expect(201).json()
}

#[tokio::test]
async fn what_happens_is_streamed_and_resumed() {
    let bench = Bench::new().await;
    super::start(&bench.app);
    let mut reader = Reader::open(&bench, "/api/v3/events?topics=posts", None).await;
    let (start, kind, _) = reader.next().await.unwrap();
    assert_eq!(kind, "ready");
    let post = write(&bench).await;
    let (first, topic, data) = reader.next().await.unwrap();
    assert_eq!((topic.as_str(), data["type"].as_str(), &data["post"]), ("posts", Some("created"), &post["id"]));
    assert_eq!((data["id"].as_str(), data["topic"].as_str()), (Some(first.as_str()), Some("posts")));
    let (second, _, data) = reader.next().await.unwrap();
    assert_eq!((data["type"].as_str(), data["state"].as_str()), (Some("submitted"), Some("in_review")));
    drop(reader);

    let mut again = Reader::open(&bench, "/api/v3/events?topics=posts", Some(&first)).await;
    assert_eq!(again.next().await.unwrap().0, second, "only what was missed");
    assert_eq!(again.next().await.unwrap().1, "ready");
    let mut from_start =
        Reader::open(&bench, &format!("/api/v3/events?topics=posts&last_event_id={start}"), None).await;
    assert_eq!(from_start.next().await.unwrap().0, first);
    for unknown in ["1023-0.5", "nonsense", &start.replace('.', ".9"), ""] {
        let mut lost = Reader::open(&bench, "/api/v3/events?topics=posts", Some(unknown)).await;
        assert_eq!(lost.next().await.unwrap().1, "resync", "{unknown}");
    }
    bench.tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn single_jobs_are_told_to_those_who_named_them() {
    let bench = Bench::new().await;
    super::start(&bench.app);
    let source = bench.post("/api/v3/sources", json!({ "url": "https://a.example/feed" })).await.expect(201).json();
    let mut fetches = Reader::open(&bench, "/api/v3/events?kinds=fetch_sources", None).await;
    let mut counts = Reader::open(&bench, "/api/v3/events?topics=jobs", None).await;
    counts.until("counts").await;
    bench.post(&format!("/api/v3/sources/{}/fetch", source["id"].as_str().unwrap()), json!({})).await.expect(202);
    let (_, _, data) = fetches.until("jobs").await;
    assert_eq!((data["type"].as_str(), data["kind"].as_str()), (Some("enqueued"), Some("fetch_sources")));
    loop {
        let (_, kind, data) = counts.next().await.unwrap();
        assert_eq!(kind, "counts", "no single job: {data}");
        assert_eq!(data["whole"], false, "only what has changed");
        if data["queues"].as_array().is_some_and(|queues| queues.iter().any(|q| q["counts"]["available"] == 1)) {
            break;
        }
    }
    for (query, name) in
        [("topics=weather", "topics"), ("jobs=x", "jobs"), (&format!("kinds={}", "a,".repeat(101)), "kinds")]
    {
        let answer = bench.get(&format!("/api/v3/events?{query}")).await.expect(400);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(name), "{}", answer.text);
    }
    bench.tasks.shutdown(Duration::from_secs(5)).await;
}

fn body(n: u64) -> Map<String, Json> {
    Map::from_iter([("n".to_owned(), json!(n))])
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off() {
    let bench = Bench::new().await;
    let mut reader = Reader::open(&bench, "/api/v3/events?topics=posts", None).await;
    assert_eq!(reader.next().await.unwrap().1, "ready");
    for n in 0..5_000 {
        bench.app.live.publish(Topic::Posts, None, body(n));
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let (mut told, mut last) = (0, String::new());
    while let Some((_, kind, _)) = reader.next().await {
        told += 1;
        last = kind;
    }
    assert_eq!(last, "resync", "the last word, after {told} events");
    assert!(told < 1_500, "{told} events waited for somebody who did not read");
}

#[test]
fn the_ring_forgets_and_says_so() {
    let hub = Hub::new(3, stdx::Timestamp::from_millis(255));
    for n in 0..1_100 {
        hub.publish(Topic::Posts, None, body(n));
    }
    let posts = Wish::of("topics=posts");
    let missed = |seq: u64, wish: &Wish| hub.read(Some(&format!("3-ff.{seq}")), wish).missed.map(|missed| missed.len());
    assert_eq!(
        [1_100, 1_099, 76, 75, 1_101].map(|seq| missed(seq, &posts)),
        [Some(0), Some(1), Some(1_024), None, None]
    );
    assert_eq!(missed(1_000, &Wish::of("topics=sources")), Some(0), "only what is wanted");
    // A flood of jobs does not push the posts out.
    let polls = Wish::of("topics=posts,jobs&kinds=poll_source");
    hub.lock().interests.join(&polls);
    assert_eq!(missed(1_100, &polls), Some(0), "followed from here on");
    assert_eq!(missed(1_099, &polls), None, "and not before");
    let job = queue::JobId(stdx::Id::from_i64(5).unwrap());
    for n in 0..3_000 {
        hub.publish(Topic::Jobs, Some((job, "poll_source".to_owned())), body(n));
    }
    assert_eq!(missed(1_000, &posts), Some(100));
    assert_eq!((missed(3_076, &polls), missed(3_075, &polls)), (Some(1_024), None));
    assert!(
        hub.read(Some("4-ff.1000"), &posts).missed.is_none() && hub.read(Some("3-fe.1000"), &posts).missed.is_none()
    );
    assert_eq!(hub.newest().to_string(), "3-ff.4100");
    // Large messages push out more.
    let large = Map::from_iter([("text".to_owned(), "x".repeat(1 << 20).into())]);
    for _ in 0..6 {
        hub.publish(Topic::Sources, None, large.clone());
    }
    assert_eq!(missed(4_103, &posts), Some(0));
    assert_eq!(missed(4_102, &posts), None);
    // One resync stands for all that was missed.
    let losses = Map::from_iter([("type".to_owned(), "resync".into())]);
    hub.publish(Topic::Jobs, None, losses.clone());
    hub.publish(Topic::Jobs, None, losses);
    assert_eq!((missed(4_106, &posts), missed(4_106, &polls), missed(4_108, &polls)), (Some(0), None, Some(0)));
}

#[test]
fn what_is_named_is_followed_a_little_longer() {
    let hub = Hub::new(0, stdx::Timestamp::EPOCH);
    let (one, other) = (Wish::of("kinds=a,b"), Wish::of("kinds=b&jobs=0000000000005"));
    let follows = |hub: &Hub| {
        let job = queue::JobId(stdx::Id::from_i64(5).unwrap());
        let mut state = hub.lock();
        let known =
            ["a", "b", "c"].map(|kind| state.interests.includes(queue::JobId(stdx::Id::from_i64(9).unwrap()), kind));
        state.interests.prune(std::time::Instant::now());
        (known, state.interests.includes(job, "c"))
    };
    hub.lock().interests.join(&one);
    hub.lock().interests.join(&other);
    assert_eq!(follows(&hub), ([true, true, false], true));
    let now = std::time::Instant::now();
    hub.lock().interests.leave(&other, now);
    assert_eq!(follows(&hub), ([true, true, false], true), "for a while");
    assert!(!hub.lock().interests.unsubscribe());
    hub.lock().interests.prune(now + Duration::from_secs(61));
    assert_eq!(follows(&hub), ([true, true, false], false));
    hub.lock().interests.leave(&one, now);
    hub.lock().interests.prune(now + Duration::from_secs(61));
    assert_eq!(follows(&hub), ([false; 3], false));
    assert!(hub.lock().interests.unsubscribe());
    assert!(hub.lock().interests.join(&one), "the queue is listened to anew");
}

#[test]
fn seats_are_counted_and_given_back() {
    let hub = Hub::new(0, stdx::Timestamp::EPOCH);
    let mut seats: Vec<_> = (0..super::CLIENTS_MAX).map(|_| hub.sit().unwrap()).collect();
    assert!(hub.sit().is_none());
    seats.pop();
    assert!(hub.sit().is_some());
    drop(seats);
    assert!(hub.clients() == 0 && Arc::strong_count(&hub) == 1);
}

/// A connection to the router over loopback, as `axum` serves it.
async fn connect(bench: &Bench, head: &str) -> (TcpStream, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = edge::Settings::default();
    drop(listener);
    let listener = edge::listen::bind(address).unwrap();
    edge::serve(listener, crate::service(&bench.app), &settings, &bench.tasks);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = head.replace("HOST", &address.to_string());
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "{}", String::from_utf8_lossy(&answer));
        answer.push(byte[0]);
    }
    (stream, String::from_utf8(answer).unwrap())
}

/// The next text of an unmasked, unfragmented frame (RFC 6455 §5.2).
async fn frame(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.unwrap();
    let mut length = u64::from(head[1] & 127);
    if length == 126 {
        length = u64::from(stream.read_u16().await.unwrap());
    } else if length == 127 {
        length = stream.read_u64().await.unwrap();
    }
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).await.unwrap();
    (head[0] & 15, payload)
}

fn upgrade(bench: &Bench, more: &str) -> String {
    format!(
        "GET /api/v3/live?topics=posts HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n{more}\r\n",
        bench.key(Role::Viewer)
    )
}

#[tokio::test]
async fn a_web_socket_tells_the_same() {
    let bench = Bench::new().await;
    super::start(&bench.app);
    let (mut stream, answer) = connect(&bench, &upgrade(&bench, "Origin: http://HOST\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let (_, hello) = frame(&mut stream).await;
    assert_eq!(serde_json::from_slice::<Json>(&hello).unwrap()["type"], "ready");
    let post = write(&bench).await;
    let (opcode, text) = frame(&mut stream).await;
    let message: Json = serde_json::from_slice(&text).unwrap();
    assert_eq!((opcode, &message["post"], message["topic"].as_str()), (1, &post["id"], Some("posts")));
    let stopped = bench.tasks.clone();
    let (left, closed) = tokio::join!(stopped.shutdown(Duration::from_secs(10)), async {
        loop {
            let (opcode, payload) = frame(&mut stream).await;
            if opcode == 8 {
                return payload;
            }
        }
    });
    assert_eq!((left, &closed[..2]), (0, &1001u16.to_be_bytes()[..]));
}

#[tokio::test]
async fn who_is_shut_out_is_told_no_more() {
    let bench = Bench::new().await;
    super::start(&bench.app);
    let mut by_key = Reader::open(&bench, "/api/v3/events?topics=posts", None).await;
    by_key.until("ready").await;

    let key = bench.key(Role::Admin);
    let opened = bench.bare("POST", "/api/v3/session").header("content-type", "application/json");
    let opened = opened.body(json!({ "key": key })).send().await.expect(200);
    let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = opened.json()["csrf"].as_str().unwrap().to_owned();
    let with_cookie = upgrade(&bench, &format!("Origin: http://HOST\r\nCookie: {cookie}\r\n"));
    let with_cookie =
        with_cookie.lines().filter(|line| !line.starts_with("Authorization")).map(|line| format!("{line}\r\n"));
    let (mut by_session, answer) = connect(&bench, &with_cookie.collect::<String>()).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert_eq!(frame(&mut by_session).await.0, 1);

    // Those who may stay are left alone.
    tokio::time::sleep(3 * super::RECHECK).await;
    write(&bench).await;
    by_key.until("posts").await;
    assert_eq!(frame(&mut by_session).await.0, 1);

    bench
        .bare("DELETE", "/api/v3/session")
        .header("cookie", &cookie)
        .header("x-csrf-token", &csrf)
        .send()
        .await
        .expect(204);
    let closed = loop {
        let (opcode, payload) = frame(&mut by_session).await;
        if opcode == 8 {
            break payload;
        }
    };
    assert_eq!(&closed[..2], 1008u16.to_be_bytes());

    let keys = bench.get("/api/v3/keys").await.json();
    let viewer = keys["data"].as_array().unwrap().iter().find(|key| key["role"] == "viewer").unwrap();
    bench.delete(&format!("/api/v3/keys/{}", viewer["id"].as_str().unwrap())).await.expect(204);
    while by_key.next().await.is_some() {}
}

#[tokio::test]
async fn pages_of_other_sites_may_not_listen() {
    let bench = Bench::new().await;
    for more in ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://HOST.evil.example\r\n"] {
        let (_, answer) = connect(&bench, &upgrade(&bench, more)).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{more}: {answer}");
    }
    bench.tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn traffic_is_told_each_second_to_those_who_watch_it() {
    let bench = Bench::new().await;
    super::start(&bench.app);
    let mut posts = Reader::open(&bench, "/api/v3/events", None).await;
    let (start, _, _) = posts.until("ready").await;
    let mut watcher = Reader::open(&bench, "/api/v3/events?topics=traffic", None).await;
    assert!(bench.app.live.lock().interests.has_watchers());
    let (first, _, data) = watcher.until("traffic").await;
    for figure in ["requests_s", "errors_s", "queue_depth", "cpu", "rss_bytes"] {
        assert!(data[figure].is_number(), "{figure}: {data}");
    }
    assert_eq!(
        (&data["type"], &data["live_clients"], &data["at"]),
        (&json!("traffic"), &json!(2), &json!("2026-11-20T09:00:00Z"))
    );
    assert_ne!(watcher.until("traffic").await.0, first);
    drop(watcher);

    // Who comes back is told of now, not of then; and nobody is told who has not asked.
    let mut again = Reader::open(&bench, "/api/v3/events?topics=traffic,posts", Some(&start)).await;
    assert_eq!(again.next().await.unwrap().1, "ready");
    drop(again);
    while bench.app.live.lock().interests.has_watchers() {
        tokio::task::yield_now().await;
    }
    write(&bench).await;
    let (_, kind, _) = loop {
        let event = posts.next().await.unwrap();
        if event.1 != "counts" {
            break event;
        }
    };
    assert_eq!(kind, "posts");
    bench.tasks.shutdown(Duration::from_secs(5)).await;
}

#[test]
fn a_client_turns_topics_on_and_off() {
    let change = |topics: &[&str]| super::wish::Change {
        topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        ..super::wish::Change::default()
    };
    let wish = Wish::of("");
    assert!(!wish.wants_traffic() && wish.wants_counts());
    let more = wish.more(&change(&["traffic", "counts"])).unwrap();
    assert!(more.wants_traffic() && !more.names_jobs());
    let less = more.less(&change(&["traffic"]));
    assert!(!less.wants_traffic() && less.wants_counts());
    assert!(wish.more(&change(&["weather"])).unwrap_err().contains("weather"));
}
