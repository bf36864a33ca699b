mod calendar;
mod accounts;
mod cache;
mod cron;
mod database;
mod documents;
mod figures;
mod health;
mod improve;
pub(crate) mod jobs;
mod posts;
mod roles;
mod rules;
mod sources;
mod tuning;
mod variants;
mod work;

use axum::Router;
use axum::body::Body;
use desk::people::{self, Actor, NewKey};
use desk::{Desk, channels, pipelines};
use guard::role::Role;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value as Json;
use stdx::task::Tasks;
use stdx::{Clock, Rng};
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::{App, Parts, Settings, router};

pub(crate) const MIGRATIONS: &[store::MigrationSet] = &[queue::MIGRATIONS, desk::MIGRATIONS];

/// Longest body in these tests, in bytes.
pub(crate) const BODY_MAX: u64 = 64 << 10;

/// The web on a temporary database, with a key for each role and a small feed to read.
pub(crate) struct Bench {
    pub app: App,
    pub tasks: Tasks,
    pub clock: Clock,
    /// The address of a feed with two entries.
    pub feed: String,
    router: Router,
    keys: Vec<(Role, String)>,
    /// What is deleted at the end.
    _place: Box<dyn std::any::Any + Send + Sync>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The last part of a problem's type.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let body = self.json();
        assert_eq!(body["status"], self.status);
        body["type"].as_str().unwrap().split('#').nth(1).unwrap().to_owned()
    }
}

/// A request that is being put together.
pub(crate) struct Call<'a> {
    bench: &'a Bench,
    request: http::request::Builder,
    body: String,
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn body(mut self, body: impl ToString) -> Self {
        self.body = body.to_string();
        self
    }

    pub async fn send(self) -> Answer {
        let response = self.open().await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// The answer with a body that is still coming.
    pub async fn open(self) -> http::Response<Body> {
        let request = self.request.body(Body::from(self.body)).unwrap();
        self.bench.router.clone().oneshot(request).await.unwrap()
    }
}

impl Bench {
    pub async fn new() -> Bench {
        let store = store::testing::temporary(MIGRATIONS).await;
        Bench::on(store.store(), store).await
    }

    /// On `store`, whose `place` is kept as long.
    pub async fn on(store: Store, place: impl std::any::Any + Send + Sync) -> Bench {
        let tasks = Tasks::default();
        let feed = serve_feed(&tasks).await;
        let clock = Clock::manual("2026-11-20T09:00:00Z".parse().unwrap());
        let rng = Rng::seeded(11);
        let queue =
            queue::Queue::open(&store, queue::Settings::default(), clock.clone(), rng.clone(), queue::Place::Alone)
                .await
                .unwrap();
        let address = feed.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let connect = connect::Settings { allow: vec![address], host_delay_ms: 0, ..connect::Settings::default() };
        let desk = Desk::new(desk::Parts {
            store,
            queue,
            clock: clock.clone(),
            rng: rng.clone(),
            settings: desk::Settings::default(),
            client: connect::Client::new(&connect, clock.clone(), rng),
            llm: connect::llm::Settings::default(),
            hosts: connect::Hosts::new(&connect),
            limits: connect.limits(),
            sealer: guard::seal::Sealer::new([7; 32]),
            cache: ::cache::Cache::new(&::cache::Settings::default(), clock.clone()),
            weights: text::score::Weights::default(),
            public_url: None,
        });
        pipelines::ensure_default(&desk).await.unwrap();
        channels::ensure_site(&desk).await.unwrap();
        let mut keys = Vec::new();
        for role in Role::ALL {
            let (_, secret) =
                people::create_key(&desk, &Actor::system(), NewKey::new(role.name(), role)).await.unwrap();
            keys.push((role, secret.reveal().to_owned()));
        }
        let app = App::new(Parts {
            desk,
            settings: Settings { body_max: stdx::ByteSize::kib(BODY_MAX >> 10), ..Settings::default() },
            registry: observe::Registry::new(vec![
                queue::METRICS,
                ::cache::METRICS,
                store::METRICS,
                observe::access::METRICS,
                observe::process::METRICS,
                crate::METRICS,
            ]),
            history: observe::history::History::default(),
            tasks: tasks.clone(),
            started_at: clock.now(),
            version: "0.0.0-test",
            console: None,
        });
        Bench { router: router::router(&app), app, tasks, clock, feed, keys, _place: Box::new(place) }
    }

    pub fn key(&self, role: Role) -> &str {
        self.keys.iter().find(|(of, _)| *of == role).map(|(_, key)| key.as_str()).unwrap()
    }

    /// A request without a key.
    pub fn bare(&self, method: &str, path: &str) -> Call<'_> {
        let method: Method = method.parse().unwrap();
        Call { bench: self, request: Request::builder().method(method).uri(path), body: String::new() }
    }

    pub fn call(&self, role: Role, method: &str, path: &str) -> Call<'_> {
        self.bare(method, path).header("authorization", &format!("Bearer {}", self.key(role)))
    }

    /// A request of the administrator, as most are here.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Role::Admin, "GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.call(Role::Admin, "POST", path).body(body).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Role::Admin, "DELETE", path).send().await
    }

    /// What a job is told when it runs.
    pub fn context(&self) -> queue::Context {
        let id = queue::JobId(stdx::Id::from_i64(1).unwrap());
        queue::Context { id, attempt: 1, attempts_max: 3, rescues: 0, queue: self.app.desk.queue.clone() }
    }
}

const FEED: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Courier</title><link>https://courier.example/</link>
<item><guid>a1</guid><title>Ferry service to the island resumes on Monday</title><link>https://courier.example/ferry</link>
<description>The ferry to the island will sail again on Monday after 12 days of repairs. The harbour office said 340 passengers had been booked on other ships.</description>
<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>
<item><guid>a2</guid><title>Council approves 40 new bus shelters</title><link>https://courier.example/bus</link>
<description>The city council has approved 40 new bus shelters. They will be built along 3 lines before the end of next year.</description>
<pubDate>Fri, 20 Nov 2026 08:10:00 GMT</pubDate></item></channel></rss>"#;

/// A site on loopback that answers every request with [`FEED`].
async fn serve_feed(tasks: &Tasks) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut stop = tasks.stop();
    tasks.spawn(async move {
        while let Some(Ok((mut stream, _))) = tokio::select! { () = stop.wait() => None, next = listener.accept() => Some(next) } {
            let mut head = vec![0; 4_096];
            let length = stream.read(&mut head).await.unwrap_or_default();
            head.truncate(length);
            let answer = match head.starts_with(b"POST ") {
                true => said(&head),
                false => format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n\r\n{FEED}",
                    FEED.len()
                ),
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/feed.xml")
}

/// A model of OpenAI's dialect, whose name is the step of a script that it follows. Questions are short.
fn said(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let step = serde_json::from_str(body).map(|asked: Json| asked["model"].as_str().unwrap_or_default().to_owned());
    let script: connect::simulate::llm::Script = step.unwrap_or_default().parse().unwrap();
    let played = script.play(0, "/v1/chat/completions", body.as_bytes());
    let headers: String = played.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut answer =
        format!("HTTP/1.1 {} X\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{headers}\r\n", played.status);
    for (_, piece) in played.pieces {
        answer.push_str(&format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(&piece)));
    }
    if !played.is_cut {
        answer.push_str("0\r\n\r\n");
    }
    answer
}

/// Whether the status is one a caller can do something about.
fn is_clear(status: u16) -> bool {
    StatusCode::from_u16(status).is_ok_and(|status| !status.is_server_error())
}
