//! `copydesk bench`: figures of this build on this machine.

pub mod cluster;
pub mod feed;
pub mod ingest;
pub mod live;
pub mod queue;
pub mod seed;
pub mod text;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::queue::State;
use anyhow::{Context as _, Result};
use desk::people::Actor;
use desk::sources::{self, NewSource};
use desk::{Desk, check, posts};
use http::Response;
use serde_json::json;
use stdx::task::Tasks;

use crate::commands::{say, say_json};
use crate::config::Config;
use crate::demo::news;
use crate::demo::outlets::OUTLETS;
use crate::demo::render;
use crate::demo::respond::Newsroom;
use crate::process::{Mode, Process};

/// Events whose articles stand in one feed.
const EVENTS_A_FEED: u64 = 250;
/// Whatever happened by then is measured as it is.
const LIMIT: Duration = Duration::from_secs(900);

/// Brings `events` invented events through the whole line: fetched over loopback, parsed, stored,
/// clustered, drafted by the embedded generator, analysed, judged and published. On a fresh database
/// of the configured engine; SQLite commits with the configured durability.
pub async fn line(config: &Config, events: u32, as_json: bool) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("copydesk-bench-{}", std::process::id()));
    let mut config = config.clone();
    if config.store.url.is_none() {
        config.data = scratch.clone();
    }
    config.desk.draft_delay_ms = 0;
    config.connect.host_delay_ms = 0;
    let tasks = Tasks::default();
    let feeds = serve_feeds(u64::from(events), &tasks)?;
    config.connect.allow.extend(feeds.iter().map(|feed| feed.address.to_string()));

    let process = Process::open(&config, Mode::Serve).await?;
    desk::pipelines::ensure_default(&process.desk).await?;
    for feed in &feeds {
        let new = NewSource {
            url: feed.url.clone(),
            interval_s: Some(86_400),
            backfill: Some(10_000),
            ..NewSource::default()
        };
        sources::create(&process.desk, &Actor::system(), new).await.with_context(|| format!("adding {}", feed.url))?;
    }
    let (started, cpu) = (Instant::now(), cpu_seconds());
    process.start_work().await?;
    let settled = settle(&process.desk, started).await?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - cpu;
    let totals = check::totals(&process.desk).await?;
    let states = posts::counts(&process.desk).await?;
    let made: u64 = states.values().sum();
    let published = states.get("published").copied().unwrap_or_default();
    let stats = process.desk.store.stats();
    process.close(Duration::from_secs(10)).await;
    tasks.shutdown(Duration::from_secs(1)).await;
    let _ = std::fs::remove_dir_all(&scratch);
    if as_json {
        return say_json(&json!({
            "events": events, "sources": totals.sources, "items": totals.items, "stories": totals.stories, "posts": made,
            "published": published, "settled": settled, "seconds": seconds, "posts_per_hour": made as f64 / seconds * 3_600.0,
            "cpu_s": cpu, "cpu_ms_per_post": cpu * 1_000.0 / made.max(1) as f64, "commits": stats.commits,
        }));
    }
    say(format!(
        "{} items of {} sources became {} stories and {made} posts, {published} of them published",
        totals.items, totals.sources, totals.stories
    ))?;
    say(format!(
        "{seconds:.2} s: {:.0} posts an hour; {:.2} ms of processor a post",
        made as f64 / seconds * 3_600.0,
        cpu * 1_000.0 / made.max(1) as f64
    ))?;
    if !settled {
        say("the work was not done within the limit")?;
    }
    Ok(())
}

struct Feed {
    address: SocketAddr,
    url: String,
}

/// Serves every outlet's articles on the events as feeds on 127.0.78.N; under any other address a feed without entries.
fn serve_feeds(events: u64, tasks: &Tasks) -> Result<Vec<Feed>> {
    let room = Newsroom { seed: 1, published: events.saturating_sub(1), started: stdx::Clock::system().now() };
    let all: Vec<news::Event> = (0..events).map(|index| news::event(room.seed, index)).collect();
    let mut feeds = Vec::new();
    for (number, outlet) in OUTLETS.iter().enumerate() {
        let listener = edge::listen::bind(SocketAddr::from((Ipv4Addr::new(127, 0, 78, number as u8 + 1), 0)))?;
        let address = listener.address();
        let base = format!("http://{address}");
        let mut bodies = Vec::new();
        for chunk in all.chunks(EVENTS_A_FEED as usize) {
            let mut items: Vec<render::Item> =
                chunk.iter().rev().filter_map(|event| room.item(event, number)).collect();
            // The newsroom's calendar is made for a few days: the whole bench is news of one afternoon.
            for item in &mut items {
                item.published_at = room.started - Duration::from_secs(600 + item.index % 3_600);
            }
            if !items.is_empty() {
                feeds.push(Feed { address, url: format!("{base}/{}", bodies.len()) });
            }
            bodies.push(bytes::Bytes::from(render::feed(outlet, &items, &base)));
        }
        let (bodies, empty) = (Arc::new(bodies), bytes::Bytes::from(render::feed(outlet, &[], &base)));
        let service = edge::service_fn(move |request: http::Request<edge::RequestBody>| {
            let (bodies, empty) = (Arc::clone(&bodies), empty.clone());
            async move {
                let number = request.uri().path().trim_start_matches('/').parse::<usize>().ok();
                let body = number.and_then(|number| bodies.get(number)).cloned().unwrap_or(empty);
                Response::new(edge::body::full(body))
            }
        });
        edge::serve(listener, service, &edge::Settings { threads: 1, ..edge::Settings::default() }, tasks);
    }
    Ok(feeds)
}

/// Waits until every source has been visited and nothing waits; `false` when that took too long.
async fn settle(desk: &Desk, started: Instant) -> Result<bool> {
    let mut is_read = false;
    while started.elapsed() < LIMIT {
        is_read = is_read || is_all_read(desk).await?;
        let open = [State::Available, State::Running, State::Scheduled, State::Retryable];
        let stats = desk.queue.stats().await?;
        let busy = stats.iter().any(|s| open.iter().any(|state| s.counts.get(*state) > 0));
        if is_read && !busy {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

async fn is_all_read(desk: &Desk) -> Result<bool> {
    let mut after = None;
    loop {
        let page = sources::list(desk, &Actor::system(), after, 200).await?;
        after = page.last().map(|source| source.id);
        if page.iter().any(|source| source.polled_at.is_none() && source.state == sources::State::Active) {
            return Ok(false);
        }
        if page.len() < 200 {
            return Ok(true);
        }
    }
}

/// Processor time of this process, user and system, in seconds.
fn cpu_seconds() -> f64 {
    let now = stdx::Timestamp::EPOCH;
    observe::process::read(now, now).cpu_seconds.unwrap_or_default()
}
