//! A desk on a temporary database and a scripted site beside it, for the tests of all modules.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use connect::simulate::{Asked, Reply};
use queue::{Context, JobFilter, JobId, JobView};
use stdx::task::Tasks;
use stdx::{Clock, Id, Rng, Timestamp};
use store::testing::TempStore;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{Desk, Parts, Settings};

/// A desk whose clock stands at 2026-11-20T09:00:00Z until a test moves it.
pub(crate) struct Bench {
    pub desk: Desk,
    pub clock: Clock,
    pub site: Site,
    _store: TempStore,
}

impl Bench {
    pub async fn new() -> Bench {
        // Tests move the clock by days; that news grows old is a test of its own.
        Bench::with(Settings { draft_delay_ms: 1_000, news_age_max_h: 0, ..Settings::default() }).await
    }

    pub async fn with(settings: Settings) -> Bench {
        Bench::with_models(settings, |_| Vec::new()).await
    }

    /// `models` are the configuration's providers; they may stand on the bench's site.
    pub async fn with_models(settings: Settings, models: impl Fn(&Site) -> Vec<connect::llm::Provider>) -> Bench {
        let site = Site::start().await;
        let store = store::testing::temporary(&[queue::MIGRATIONS, crate::MIGRATIONS]).await;
        let clock = Clock::manual("2026-11-20T09:00:00Z".parse().unwrap());
        let rng = Rng::seeded(7);
        let queue =
            queue::Queue::open(&store, queue::Settings::default(), clock.clone(), rng.clone(), queue::Place::Alone)
                .await
                .unwrap();
        let connect = connect::Settings {
            allow: vec![site.address.to_string()],
            host_delay_ms: 0,
            ..connect::Settings::default()
        };
        let desk = Desk::new(Parts {
            store: store.store(),
            queue,
            clock: clock.clone(),
            rng: rng.clone(),
            settings,
            client: connect::Client::new(&connect, clock.clone(), rng),
            llm: connect::llm::Settings { providers: models(&site), ..connect::llm::Settings::default() },
            hosts: connect::Hosts::new(&connect),
            limits: connect.limits(),
            sealer: guard::seal::Sealer::new([7; 32]),
            cache: cache::Cache::new(&cache::Settings::default(), clock.clone()),
            weights: text::score::Weights::default(),
            public_url: Some("https://desk.example/".into()),
        });
        Bench { desk, clock, site, _store: store }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What a job is told when it runs for the first time.
    pub fn context(&self) -> Context {
        let id = JobId(Id::from_i64(1).unwrap());
        Context { id, attempt: 1, attempts_max: 3, rescues: 0, queue: self.desk.queue.clone() }
    }

    /// The jobs of a kind that wait, soonest first.
    pub async fn waiting(&self, kind: &str) -> Vec<JobView> {
        let filter = JobFilter { kind: Some(kind.to_owned()), limit: 200, ..JobFilter::default() };
        let mut jobs = self.desk.queue.list(&filter).await.unwrap();
        jobs.sort_by_key(|job| job.run_at);
        jobs
    }
}

/// A server on loopback that answers each path with what it was told last, and remembers what it was asked.
#[derive(Clone)]
pub(crate) struct Site {
    pub address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    heads: Arc<Mutex<Vec<String>>>,
    machine: Arc<Mutex<Option<Machine>>>,
    /// While a test holds it for writing, a simulator's answers wait.
    pub gate: Arc<tokio::sync::RwLock<()>>,
    _tasks: Tasks,
}

/// Answers instead of the paths.
type Machine = Arc<dyn Fn(&Asked<'_>) -> Reply + Send + Sync>;

impl Site {
    async fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Site {
            address: listener.local_addr().unwrap(),
            answers: Arc::default(),
            heads: Arc::default(),
            machine: Arc::default(),
            gate: Arc::default(),
            _tasks: Tasks::default(),
        };
        let (tasks, served) = (site._tasks.clone(), site.clone());
        site._tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let site = served.clone();
                tasks.spawn(async move {
                    // A client may hang up at any moment.
                    let _ = serve(stream, &site).await;
                });
            }
        });
        site
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `status` such as `200 OK`; each of `headers` ends with a line break.
    pub fn answer(&self, path: &str, status: &str, headers: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        self.answers.lock().unwrap().insert(path.to_owned(), [head.as_bytes(), body].concat());
    }

    /// Lets a simulator answer everything from now on.
    pub fn answer_with(&self, machine: impl Fn(&Asked<'_>) -> Reply + Send + Sync + 'static) {
        *self.machine.lock().unwrap() = Some(Arc::new(machine));
    }

    /// Request lines and headers so far; names of headers come in lower case.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, site: &Site) -> std::io::Result<()> {
    let (mut got, mut buffer) = (Vec::new(), [0; 16_384]);
    let end = loop {
        if let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => got.extend_from_slice(&buffer[..n]),
        }
    };
    let head = String::from_utf8_lossy(&got[..end]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    site.heads.lock().unwrap().push(head.clone());
    let machine = site.machine.lock().unwrap().clone();
    let answer = match machine {
        Some(machine) => {
            let mut headers = connect::http::HeaderMap::new();
            for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
                headers.append(name.parse::<connect::http::HeaderName>().unwrap(), value.parse().unwrap());
            }
            let length = headers.get("content-length").map_or(0, |n| n.to_str().unwrap().parse().unwrap());
            while got.len() < end + length {
                match stream.read(&mut buffer).await? {
                    0 => return Ok(()),
                    n => got.extend_from_slice(&buffer[..n]),
                }
            }
            let method = head.split(' ').next().unwrap_or_default();
            let reply = machine(&Asked { method, path: &path, headers: &headers, body: &got[end..] });
            let _open = site.gate.read().await;
            let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = reply.body.len();
            let head = format!(
                "HTTP/1.1 {} Told\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n",
                reply.status
            );
            [head.as_bytes(), &reply.body].concat()
        }
        None => {
            let missing = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec();
            site.answers.lock().unwrap().get(&path).cloned().unwrap_or(missing)
        }
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

/// An RSS 2.0 document of (guid, title, path of the link, text), all published an hour before the bench's start.
pub(crate) fn rss(title: &str, entries: &[(&str, &str, &str, &str)]) -> String {
    let item = |(guid, title, link, text): &(&str, &str, &str, &str)| {
        format!(
            "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>https://news.example{link}</link>\
             <pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate><description>{text}</description></item>"
        )
    };
    let items: String = entries.iter().map(item).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>{title}</title><link>https://news.example/</link><language>en</language>{items}</channel></rss>"
    )
}
