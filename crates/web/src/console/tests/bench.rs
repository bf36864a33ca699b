//! A whole web on a temporary desk, used as a browser uses it.

use axum::body::Body;
use desk::people::{self, Actor};
use desk::posts::{Draft, Post};
use desk::{Desk, channels, moderation, pipelines};
use guard::role::Role;
use http::{HeaderMap, Request, StatusCode, header};
use stdx::{Clock, Rng};
use store::testing::TempStore;
use tower::ServiceExt as _;

use crate::console_app::Console;
use crate::{App, Parts, Settings};

pub struct Bench {
    pub app: App,
    pub clock: Clock,
    _store: TempStore,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    pub fn cookies(&self) -> Vec<String> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The value of the first field of that name.
    pub fn field(&self, name: &str) -> &str {
        let rest = self
            .text
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no {name} in\n{}", self.text))
            .1;
        rest.split('"').next().unwrap()
    }

    pub fn has(&self, part: &str) -> &Answer {
        assert!(self.text.contains(part), "{part} is not in\n{}", self.text);
        self
    }

    pub fn lacks(&self, part: &str) -> &Answer {
        assert!(!self.text.contains(part), "{part} is in\n{}", self.text);
        self
    }
}

/// A signed-in browser.
pub struct Browser<'a> {
    bench: &'a Bench,
    pub cookie: String,
    pub csrf: String,
}

impl Bench {
    /// The clock stands at 2026-11-20T09:00:00Z until a test moves it.
    pub async fn new() -> Bench {
        Bench::with(Settings { name: "The Paper".to_owned(), ..Settings::default() }).await
    }

    pub async fn with(settings: Settings) -> Bench {
        Bench::showing(settings, None).await
    }

    /// With a built console in the place of the server-rendered desk.
    pub async fn showing(settings: Settings, console: Option<Console>) -> Bench {
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
            console,
        });
        Bench { app, clock, _store: store }
    }

    pub async fn key(&self, role: Role) -> String {
        let (_, secret) =
            people::create_key(&self.app.desk, &Actor::system(), people::NewKey::new(role.name(), role)).await.unwrap();
        secret.reveal().to_owned()
    }

    pub async fn browser(&self, role: Role) -> Browser<'_> {
        let key = self.key(role).await;
        let session = people::sign_in(&self.app.desk, &key).await.unwrap().unwrap().session;
        Browser { bench: self, cookie: format!("{}={}", crate::auth::COOKIE, session.reveal()), csrf: session.csrf() }
    }

    /// A post that waits for a person.
    pub async fn waiting(&self, title: &str) -> Post {
        let desk = &self.app.desk;
        let pipeline = pipelines::ensure_default(desk).await.unwrap().id;
        let body = "The council met. It had 12 members.";
        let draft = Draft {
            title: title.to_owned(),
            excerpt: "In short.".to_owned(),
            body: body.to_owned(),
            topic: "Harbour".to_owned(),
            language: "en".to_owned(),
            sources: Vec::new(),
            analysis: serde_json::to_value(text::analyze(body, &text::Options::default())).unwrap(),
            grounding: serde_json::to_value(text::ground::check(
                body,
                &["The council met. It had 11 members, says the clerk."],
            ))
            .unwrap(),
            score: 0.61,
            grounded: false,
            completion: None,
            by_person: false,
        };
        moderation::write(desk, &Actor::system(), draft, pipeline).await.unwrap()
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", super::super::show::encode(value)))
            .collect::<Vec<_>>()
            .join("&");
        let request =
            Request::post(path).header("cookie", cookie).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = crate::router::router(&self.app).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.bench.get(path, &self.cookie).await
    }

    /// Sends a form with the session's token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> = [("csrf", self.csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.bench.post(path, &self.cookie, &fields).await
    }
}
