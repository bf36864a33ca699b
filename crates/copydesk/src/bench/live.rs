//! `copydesk bench live`: how soon a client of a live stream is told, on the same node and on another.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use desk::people::{self, Actor};
use guard::role::Role;
use queue::{Enqueue, Job};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::task::Tasks;
use stdx::{Clock, Timestamp};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::queue::place::Place;
use crate::cli::BenchLive;
use crate::commands::{say, say_json};
use crate::config::Config;
use crate::process::Process;
use crate::server;

/// Far enough apart that each event finds everything idle.
const PAUSE: Duration = Duration::from_millis(20);
/// How long is waited for the last events.
const LAST_MAX: Duration = Duration::from_secs(10);

/// A job that nobody runs: what is measured is that it was enqueued.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Told {
    i: u64,
}

impl Job for Told {
    const KIND: &'static str = "bench_told";
}

/// When each job's event came, by the job's id.
type Heard = Arc<Mutex<HashMap<String, Timestamp>>>;

/// Enqueues jobs one by one, and compares the moment at which each was known to be committed with the one at
/// which a client read of it from its connection; both by this machine's clock.
///
/// # Errors
/// Those of the database, and events that never came.
pub async fn run(config: &Config, args: &BenchLive) -> Result<()> {
    let place = Place::choose(config, args.url.as_deref(), 1)?;
    place.prepare().await?;
    let outcome = measure(&place, args).await;
    let cleared = place.clear().await;
    let figures = outcome?;
    cleared?;
    if args.json {
        return say_json(&figures);
    }
    for (name, words) in [("same_node", "on the same node"), ("other_node", "on another node")] {
        let of = |what: &str| figures[name][what].as_f64().unwrap_or_default();
        if figures[name].is_object() {
            let (half, most, longest) = (of("p50_ms"), of("p99_ms"), of("max_ms"));
            say(format!(
                "{words}: half within {half:.2} ms, 99 of 100 within {most:.2} ms, all within {longest:.2} ms"
            ))?;
        }
    }
    Ok(())
}

async fn measure(place: &Place, args: &BenchLive) -> Result<Json> {
    let near = place.open().await?;
    let far = if place.is_postgres() { Some(place.open().await?) } else { None };
    let tasks = Tasks::default();
    let figures = tell(&near, far.as_ref(), args.events, &tasks).await;
    tasks.shutdown(Duration::from_secs(1)).await;
    near.close(Duration::from_secs(5)).await;
    if let Some(far) = far {
        far.close(Duration::from_secs(5)).await;
    }
    figures
}

async fn tell(near: &Process, far: Option<&Process>, events: u32, tasks: &Tasks) -> Result<Json> {
    let (_, key) = people::create_key(&near.desk, &Actor::system(), people::NewKey::new("bench", Role::Viewer)).await?;
    let here = listen(near, key.reveal(), tasks).await?;
    let there = match far {
        Some(far) => Some(listen(far, key.reveal(), tasks).await?),
        None => None,
    };
    // At first processes tell each other everything, until they know what is wanted.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut told = near.desk.queue.watch();
    let mut begun = Vec::new();
    for i in 0..u64::from(events) {
        let id = near.desk.queue.enqueue_now(&Told { i }, Enqueue::default()).await?.id();
        let signal = loop {
            let signal = told.recv().await.context("the queue tells of what it enqueues")?;
            if signal.id == id {
                break signal;
            }
        };
        begun.push((id.to_string(), signal.at));
        tokio::time::sleep(PAUSE).await;
    }
    let other = match &there {
        Some(there) => figures(&begun, there).await?,
        None => Json::Null,
    };
    Ok(json!({ "events": events, "same_node": figures(&begun, &here).await?, "other_node": other }))
}

/// Serves `process` on loopback and reads its stream.
async fn listen(process: &Process, key: &str, tasks: &Tasks) -> Result<Heard> {
    let listener = edge::listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = server::start(process, listener, None)?;
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    let head = format!(
        "GET /api/v3/events?topics=jobs&kinds={} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\r\n",
        Told::KIND
    );
    stream.write_all(head.as_bytes()).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    ensure!(line.starts_with("HTTP/1.1 200"), "the stream of events was refused: {}", line.trim());
    while !line.starts_with("event: ready") {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "the stream of events ended early");
    }
    let heard = Heard::default();
    let (heard_by_us, clock) = (Arc::clone(&heard), Clock::system());
    tasks.spawn(async move {
        loop {
            line.clear();
            if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
                return;
            }
            let at = clock.now();
            let data = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Json>(data).ok());
            if let Some(job) = data.as_ref().and_then(|data| data["job"].as_str()) {
                heard_by_us.lock().unwrap_or_else(PoisonError::into_inner).insert(job.to_owned(), at);
            }
        }
    });
    Ok(heard)
}

async fn figures(begun: &[(String, Timestamp)], heard: &Heard) -> Result<Json> {
    let started = Instant::now();
    let times = loop {
        {
            let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            let time = |(id, at): &(String, Timestamp)| Some(heard.get(id)?.since(*at));
            if let Some(times) = begun.iter().map(time).collect::<Option<Vec<Duration>>>() {
                break times;
            }
            if started.elapsed() > LAST_MAX {
                bail!("of {} events {} never came", begun.len(), begun.len() - heard.len());
            }
        }
        tokio::time::sleep(PAUSE).await;
    };
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1_000.0).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
    Ok(json!({ "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0) }))
}
