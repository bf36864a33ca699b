//! A whole web on a temporary desk, asked without a socket.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use desk::people::Actor;
use desk::posts::{Draft, SourceRef};
use desk::{Desk, PostId, channels, moderation, pipelines};
use http::{HeaderMap, Method, Request, StatusCode};
use stdx::{Clock, Id, Rng};
use store::testing::TempStore;
use tower::ServiceExt as _;

use crate::{App, Parts, Settings};

pub struct Bench {
    pub app: App,
    pub clock: Clock,
    _store: TempStore,
}

/// An answer with its whole body.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Bench {
    /// A site at `https://paper.example`.
    pub async fn new() -> Bench {
        Bench::with(Settings { public_url: Some("https://paper.example".to_owned()), ..settings() }).await
    }

    /// The clock stands at 2026-11-20T09:00:00Z until a test moves it.
    pub async fn with(settings: Settings) -> Bench {
        assert!(settings.validate("site").is_empty());
        let store = store::testing::temporary(&[queue::MIGRATIONS, desk::MIGRATIONS]).await;
        let clock = Clock::manual("2026-11-20T09:00:00Z".parse().unwrap());
        let rng = Rng::seeded(7);
        let queue =
            queue::Queue::open(&store, queue::Settings::default(), clock.clone(), rng.clone(), queue::Place::Alone)
                .await
                .unwrap();
        let connect = connect::Settings::default();
        let desk = Desk::new(desk::Parts {
            store: store.store(),
            queue,
            clock: clock.clone(),
            rng: rng.clone(),
            settings: desk::Settings::default(),
            client: connect::Client::new(&connect, clock.clone(), rng),
            llm: connect::llm::Settings::default(),
            hosts: connect::Hosts::new(&connect),
            limits: connect.limits(),
            sealer: guard::seal::Sealer::new([7; 32]),
            cache: cache::Cache::new(&cache::Settings::default(), clock.clone()),
            weights: text::score::Weights::default(),
            public_url: None,
        });
        channels::ensure_site(&desk).await.unwrap();
        let started_at = desk.now();
        let app = App::new(Parts {
            desk,
            settings,
            registry: observe::Registry::new(Vec::new()),
            history: observe::history::History::default(),
            tasks: stdx::task::Tasks::default(),
            started_at,
            version: "0.0.0",
            console: None,
        });
        Bench { app, clock, _store: store }
    }

    /// Writes, approves and publishes a post, as an editor would; a minute passes.
    pub async fn publish(&self, draft: Draft) -> PostId {
        let (desk, actor) = (&self.app.desk, Actor::system());
        let pipeline = pipelines::ensure_default(desk).await.unwrap().id;
        let post = moderation::write(desk, &actor, draft, pipeline).await.unwrap();
        moderation::approve(desk, &actor, post.id, 1, desk::calendar::When::Soon).await.unwrap();
        self.deliver(post.id, 1).await;
        self.clock.advance(Duration::from_secs(60));
        post.id
    }

    pub async fn deliver(&self, post: PostId, version: desk::Version) {
        let desk = &self.app.desk;
        let id = queue::JobId(Id::from_i64(1).unwrap());
        let context = queue::Context { id, attempt: 1, attempts_max: 3, rescues: 0, queue: desk.queue.clone() };
        let job = desk::jobs::PublishPost { post, version, due_at: None };
        let outcome = channels::publish(desk.clone(), context, job).await.unwrap();
        assert_eq!(outcome, Some("published".into()));
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        let sent: HashMap<_, _> = headers.iter().copied().collect();
        request = request.header("host", sent.get("host").copied().unwrap_or("reader.example"));
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            request = request.header(*name, *value);
        }
        let response = crate::router::router(&self.app).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// Settings that no test is about.
pub fn settings() -> Settings {
    Settings { name: "The Paper".to_owned(), ..Settings::default() }
}

pub fn draft(title: &str, topic: &str) -> Draft {
    Draft {
        title: title.to_owned(),
        excerpt: format!("In short: {title}."),
        body: format!(
            "The council met on Friday. {title}, the clerk said.\n\nA second paragraph says [more](/archive)."
        ),
        topic: topic.to_owned(),
        language: "en".to_owned(),
        sources: vec![SourceRef {
            name: "Harbour Wire".to_owned(),
            title: "Council meets".to_owned(),
            url: "https://wire.example/council".to_owned(),
        }],
        analysis: serde_json::json!({}),
        grounding: serde_json::json!({}),
        score: 0.9,
        grounded: true,
        completion: None,
        by_person: true,
    }
}
