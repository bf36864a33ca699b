//! `copydesk gateway`: models behind one address, without a desk.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use connect::llm::{Completion, Provider, Purpose, Router, Settings};
use edge::http::{Method, Request, Response, StatusCode, header};
use edge::{Body, RequestBody, body};
use http_body_util::{BodyExt as _, Limited};
use sha2::{Digest as _, Sha256};
use stdx::config::Secret;
use stdx::task::Tasks;
use stdx::{ByteSize, Clock, Rng};
use web::gateway::{Gate, Refusal, answer, models, refused};

use crate::cli::gateway::Gateway;
use crate::commands::say;
use crate::config::Config;
use crate::server;

/// Largest question, pictures included.
const BODY_MAX: ByteSize = ByteSize::mib(32);
/// Idle connections that each thread keeps for each provider.
const CONNECTIONS_KEPT: usize = 256;
/// The name that means any provider.
const AUTO: &str = "auto";

pub async fn run(config: Config, args: &Gateway) -> Result<()> {
    let (mut settings, mut connect) = (config.llm, config.connect);
    if let Some(upstream) = &args.upstream {
        let provider = upstream_of(upstream, args)?;
        connect.allow.extend(named_address(&provider.base_url));
        settings.providers = vec![provider];
    }
    if settings.providers.is_empty() {
        bail!(
            "which models? name a server with --upstream http://127.0.0.1:11434/v1, or providers in [llm] of the configuration"
        );
    }
    if !args.listen.ip().is_loopback() && args.key_file.is_none() && !args.anywhere {
        bail!(
            "{} can be reached from other machines, and whoever does could ask for your money; name the keys that are let in \
             with --key-file, or add --anywhere if that is wanted",
            args.listen
        );
    }
    let keys = args.key_file.as_ref().map(|file| {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let keys: HashSet<[u8; 32]> =
            text.lines().map(str::trim).filter(|key| !key.is_empty()).map(|key| digest(key.as_bytes())).collect();
        if keys.is_empty() { bail!("{} holds no key", file.display()) } else { Ok(keys) }
    });
    let tasks = Tasks::default();
    let tls = edge::Tls::open(&config.edge, &tasks).context("reading the certificate")?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listener = edge::listen::bind(args.listen)?;
    let admin = args.admin.map(edge::listen::bind).transpose()?;
    let names: Vec<String> = settings.providers.iter().map(|provider| provider.name.clone()).collect();
    let door = Arc::new(Door::new(settings, &connect, keys.transpose()?));

    let address = listener.address();
    let entrance = Arc::clone(&door);
    let service = edge::service_fn(move |request| enter(Arc::clone(&entrance), request));
    edge::Server::new(service, &config.edge).tls(tls).beside().start(listener, &tasks);
    let stopped = server::stopped()?;
    let version = env!("CARGO_PKG_VERSION");
    say(format!("Copydesk {version}: {scheme}://{address}/v1 asks {}", names.join(", ")))?;
    if let Some(admin) = admin {
        say(format!("health and metrics: http://{}/", admin.address()))?;
        let registry =
            Arc::new(observe::Registry::new(vec![edge::METRICS, connect::METRICS, observe::process::METRICS]));
        let service = edge::service_fn(move |request| watch(Arc::clone(&door), Arc::clone(&registry), request));
        edge::serve(admin, service, &config.edge, &tasks);
    }
    stopped.await;
    tasks.shutdown(Duration::from_secs(config.edge.drain_timeout_s)).await;
    Ok(())
}

fn upstream_of(upstream: &str, args: &Gateway) -> Result<Provider> {
    let address = upstream.trim_end_matches('/');
    let provider = Provider {
        name: "upstream".to_owned(),
        dialect: args.dialect,
        base_url: address.to_owned(),
        // Callers name it.
        model: String::new(),
        ..Provider::default()
    };
    let named = Provider { model: "any".to_owned(), ..provider.clone() };
    if let Some(problem) = (Settings { providers: vec![named], ..Settings::default() }).validate("llm").first() {
        bail!("--upstream {upstream:?} {}", problem.remedy);
    }
    Ok(provider)
}

/// The address and port of an upstream that is named by number: whoever names it means it, also on this machine.
fn named_address(url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://")?;
    let host = rest.split('/').next()?;
    host.parse::<std::net::SocketAddr>().ok().map(|address| address.to_string())
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Everything that a question needs.
struct Door {
    /// One for each provider, in their order.
    routers: Vec<Arc<Router>>,
    providers: Vec<Provider>,
    /// Over all of them.
    all: Arc<Router>,
    settings: Settings,
    /// Digests of the keys that are let in; `None` lets everybody in.
    keys: Option<HashSet<[u8; 32]>>,
    clock: Clock,
    count: AtomicU64,
}

impl Door {
    fn new(settings: Settings, connect: &connect::Settings, keys: Option<HashSet<[u8; 32]>>) -> Door {
        let (clock, rng) = (Clock::system(), Rng::from_os());
        let lanes = std::thread::available_parallelism().map_or(1, usize::from);
        let client = connect::Client::new(connect, clock.clone(), rng.clone()).keeping(CONNECTIONS_KEPT, lanes);
        let router = |provider: &Provider| {
            let settings = Settings { providers: vec![provider.clone()], ..settings.clone() };
            Arc::new(Router::new(client.clone(), settings))
        };
        let routers: Vec<Arc<Router>> = settings.providers.iter().map(router).collect();
        Door {
            all: Arc::new(Router::joined(&routers, settings.route)),
            providers: settings.providers.clone(),
            routers,
            settings,
            keys,
            clock,
            // Two runs do not give the same names.
            count: AtomicU64::new(rng.next_u64()),
        }
    }

    /// The provider of that name, else all that have a model of that name or take any.
    fn route(&self, model: &str) -> Option<Arc<Router>> {
        if let Some(place) = self.providers.iter().position(|provider| provider.name == model) {
            return Some(Arc::clone(&self.routers[place]));
        }
        let has = |provider: &Provider| model == AUTO || provider.model == model || provider.model.is_empty();
        let places: Vec<usize> = (0..self.providers.len()).filter(|place| has(&self.providers[*place])).collect();
        match places[..] {
            [] => None,
            [place] => Some(Arc::clone(&self.routers[place])),
            _ if places.len() == self.routers.len() => Some(Arc::clone(&self.all)),
            _ => {
                let meant: Vec<Arc<Router>> = places.iter().map(|place| Arc::clone(&self.routers[*place])).collect();
                Some(Arc::new(Router::joined(&meant, self.settings.route)))
            }
        }
    }
}

async fn enter(door: Arc<Door>, request: Request<RequestBody>) -> Response<Body> {
    let (head, incoming) = request.into_parts();
    let bearer = head.headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let bearer = bearer.map(<[u8]>::trim_ascii);
    if let Some(keys) = &door.keys
        && !bearer.is_some_and(|key| keys.contains(&digest(key)))
    {
        return refused(Refusal::Key);
    }
    match (&head.method, head.uri.path()) {
        (&Method::POST, "/v1/chat/completions" | "/chat/completions") => {}
        (&Method::GET, "/v1/models" | "/models") => {
            let named = door.providers.iter().filter(|provider| !provider.model.is_empty());
            let names =
                named.flat_map(|of| [(of.name.as_str(), of.name.as_str()), (of.model.as_str(), of.name.as_str())]);
            return models(names);
        }
        _ => return refused(Refusal::Address),
    }
    let limit = usize::try_from(BODY_MAX.bytes()).unwrap_or(usize::MAX);
    let question = match Limited::new(incoming, limit).collect().await {
        Ok(question) => question.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return refused(Refusal::TooLarge { bytes_max: BODY_MAX.bytes() });
        }
        Err(_) => return refused(Refusal::Cut),
    };
    let mut completion = match Completion::passed(&question) {
        Ok(completion) => completion,
        Err(why) => return refused(Refusal::Unreadable(why)),
    };
    drop(question);
    let Some(mut passed) = completion.passed.take() else { return refused(Refusal::Internal) };
    let Some(router) = door.route(&passed.model) else { return refused(Refusal::Unknown(passed.model.clone())) };
    if let (None, Some(key)) = (&door.keys, bearer) {
        Arc::make_mut(&mut passed).bearer = Some(Secret::new(String::from_utf8_lossy(key)));
    }
    completion.passed = Some(passed);
    let gate = Gate {
        router: &router,
        purpose: &Purpose::default(),
        deadline: Duration::from_secs(door.settings.deadline_s),
        id: door.count.fetch_add(1, Ordering::Relaxed),
        now: door.clock.now().seconds(),
    };
    answer(gate, &completion, None).await
}

/// Health of the providers as JSON, and metrics.
async fn watch(door: Arc<Door>, registry: Arc<observe::Registry>, request: Request<RequestBody>) -> Response<Body> {
    if request.method() != Method::GET {
        let mut response = Response::new(body::empty());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return response;
    }
    match request.uri().path() {
        "/metrics" => {
            let mut response = Response::new(body::full(registry.prometheus()));
            let kind = header::HeaderValue::from_static("text/plain; version=0.0.4");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        "/health" => {
            let provider = |(provider, health): (&Provider, connect::llm::router::Health)| {
                serde_json::json!({
                    "provider": provider.name,
                    "model": provider.model,
                    "breaker": health.breaker.name(),
                    "in_flight": health.in_flight,
                    "first_content_ms": health.first_content.map(|time| time.as_millis() as u64),
                    "answered": health.answered,
                    "failed": health.failed,
                    "last_fault": health.last_fault.map(|(kind, _)| kind),
                })
            };
            let all: Vec<serde_json::Value> = door.all.health().into_iter().map(provider).collect();
            let mut response = Response::new(body::full(serde_json::json!({ "providers": all }).to_string()));
            let kind = header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        _ => refused(Refusal::Address),
    }
}
