//! `copydesk bench seed`: an empty database filled with invented news, for measuring what a full one costs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ::queue::{Enqueue, Enqueued};
use anyhow::{Context as _, Result, bail, ensure};
use desk::calendar::When;
use desk::jobs::{DraftStory, FetchSources, PublishPost};
use desk::moderation::{self, NewPost};
use desk::people::Actor;
use desk::posts::{self, Post};
use desk::sources::{self, Change, NewSource};
use desk::{Desk, PostId, SourceId, StoryId, check, pipelines};
use serde_json::{Value as Json, json};
use stdx::task::Tasks;
use tokio::sync::mpsc;

use super::{serve_feeds, settle};
use crate::cli::BenchSeed;
use crate::commands::{say, say_json};
use crate::config::Config;
use crate::demo::news;
use crate::demo::outlets::OUTLETS;
use crate::process::{Mode, Process};

/// Which events the posts of people are about; the feeds tell those of another seed.
const NEWS: u64 = 7;
/// Writes under way at once: as many share a commit.
const TOGETHER: usize = 32;
/// Jobs of one transaction.
const BATCH: usize = 1_000;
/// So far apart are two posts of the calendar.
const SLOT: Duration = Duration::from_secs(50 * 60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Brings invented stories through the whole line, then adds sources, posts of people in every state that lasts,
/// and jobs, until there are as many as asked for. Every row is written by the product itself; jobs that run belong
/// to a process and are not left behind.
///
/// # Errors
/// Those of the database, and one that holds anything.
pub async fn run(config: &Config, args: &BenchSeed) -> Result<()> {
    let started = Instant::now();
    let mut config = config.clone();
    config.desk.draft_delay_ms = 0;
    // What is decided here is published here.
    config.desk.undo_ms = 0;
    config.connect.host_delay_ms = 0;
    config.connect.host_parallel_max = 16;
    let tasks = Tasks::default();
    let feeds = serve_feeds(u64::from(args.stories), &tasks)?;
    let addresses: Vec<String> = feeds.iter().map(|feed| feed.address.to_string()).collect();
    config.connect.allow.extend(addresses.iter().cloned());
    let process = Process::open(&config, Mode::Serve).await?;
    let filled = async {
        refuse_full(&process.desk).await?;
        pipelines::ensure_default(&process.desk).await?;
        process.start_work().await?;
        let urls: Vec<String> = feeds.iter().map(|feed| feed.url.clone()).collect();
        fill(&process.desk, args, urls).await
    };
    let outcome = filled.await;
    process.close(Duration::from_secs(30)).await;
    tasks.shutdown(Duration::from_secs(1)).await;
    let mut figures = outcome?;
    figures["seconds"] = json!(started.elapsed().as_secs_f64());
    if args.json {
        return say_json(&figures);
    }
    say(format!("{figures:#}"))
}

async fn refuse_full(desk: &Desk) -> Result<()> {
    let totals = check::totals(desk).await?;
    let posts: u64 = posts::counts(desk).await?.values().sum();
    let jobs: u64 = desk.queue.counts().await?.0.values().sum();
    if totals.sources + totals.items + posts + jobs > 0 {
        bail!("the database holds {} sources, {posts} posts and {jobs} jobs; give an empty one", totals.sources);
    }
    Ok(())
}

async fn fill(desk: &Desk, args: &BenchSeed, feeds: Vec<String>) -> Result<Json> {
    add_sources(desk, u64::from(args.sources), feeds).await?;
    wait(desk, "the stories").await?;
    let made: u64 = posts::counts(desk).await?.values().sum();
    let written = write_posts(desk, u64::from(args.posts).saturating_sub(made)).await?;
    let published = decide(desk, &written).await?;
    wait(desk, "the publications").await?;
    // Jobs that wait for their time would keep everything before from settling: they come last.
    let later = add_ended_jobs(desk, u64::from(args.jobs), &published).await?;
    plan(desk, &written, &published).await?;
    add_waiting_jobs(desk, later).await?;
    let totals = check::totals(desk).await?;
    let jobs: BTreeMap<&str, u64> =
        desk.queue.counts().await?.0.into_iter().map(|(state, n)| (state.name(), n)).collect();
    Ok(json!({
        "sources": totals.sources, "items": totals.items, "stories": totals.stories,
        "posts": posts::counts(desk).await?, "jobs": jobs,
    }))
}

async fn wait(desk: &Desk, what: &str) -> Result<()> {
    ensure!(settle(desk, Instant::now()).await?, "{what} were not done in time");
    Ok(())
}

/// Those with stories first; the others have feeds without entries. One in ten rests, one in twenty is muted.
async fn add_sources(desk: &Desk, count: u64, feeds: Vec<String>) -> Result<()> {
    let told = feeds.len() as u64;
    let (desk, feeds) = (desk.clone(), Arc::new(feeds));
    let add = move |i: u64| {
        let (desk, feeds) = (desk.clone(), Arc::clone(&feeds));
        async move {
            let feed = &feeds[(i % told) as usize];
            let is_told = i < told;
            let url = if is_told { feed.clone() } else { format!("{feed}-{i}") };
            let outlet = &OUTLETS[(i % OUTLETS.len() as u64) as usize];
            let name = (!is_told).then(|| format!("{}, {} desk {i}", outlet.name, SECTIONS[(i / 12 % 8) as usize]));
            let new = NewSource { url, name, interval_s: Some(86_400), backfill: Some(10_000), ..NewSource::default() };
            let actor = Actor::system();
            let source = sources::create(&desk, &actor, new).await?;
            let state = match i % 20 {
                _ if is_told => None,
                3 | 13 => Some(sources::State::Paused),
                7 => Some(sources::State::Muted),
                _ => None,
            };
            if state.is_some() {
                sources::update(&desk, &actor, source.id, Change { state, ..Change::default() }).await?;
            }
            Ok(())
        }
    };
    many(count.max(told), add).await?;
    Ok(())
}

const SECTIONS: [&str; 8] = ["town", "harbour", "business", "culture", "weather", "sport", "science", "council"];

/// Posts of one's own, by their number.
async fn write_posts(desk: &Desk, count: u64) -> Result<Vec<(u64, Post)>> {
    let desk = desk.clone();
    let write = move |i: u64| {
        let desk = desk.clone();
        async move {
            let event = news::event(NEWS, i);
            let telling = event.tellings.first().context("an event is told by somebody")?;
            let paragraphs = telling.paragraphs();
            let new = NewPost {
                title: telling.title.clone(),
                excerpt: telling.sentences.first().cloned().unwrap_or_default(),
                body: paragraphs.join("\n\n"),
                topic: event.theme.to_owned(),
                pipeline: None,
            };
            Ok((i, moderation::write_own(&desk, &Actor::system(), new).await?))
        }
    };
    many(count, write).await
}

/// What becomes of a post, by its number: of twenty, two wait, two are planned, two are rejected, one of them is a
/// draft again, and the others are published, one of them taken back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Waits,
    Planned,
    Rejected,
    Draft,
    Retracted,
    Published,
}

fn fate(i: u64) -> Fate {
    match i % 20 {
        0 | 10 => Fate::Waits,
        5 | 15 => Fate::Planned,
        3 => Fate::Rejected,
        13 => Fate::Draft,
        7 => Fate::Retracted,
        _ => Fate::Published,
    }
}

/// Rejects and approves; gives the posts that will be published.
async fn decide(desk: &Desk, written: &[(u64, Post)]) -> Result<Vec<(u64, PostId)>> {
    let (desk, written) = (desk.clone(), Arc::new(written.to_vec()));
    let count = written.len() as u64;
    let decide = move |at: u64| {
        let (desk, (i, post)) = (desk.clone(), written[at as usize].clone());
        async move {
            let actor = Actor::system();
            match fate(i) {
                Fate::Waits | Fate::Planned => Ok(None),
                Fate::Rejected | Fate::Draft => {
                    let reason = "nobody confirms what it says";
                    moderation::reject(&desk, &actor, post.id, post.version, reason).await?;
                    Ok(None)
                }
                Fate::Retracted | Fate::Published => {
                    moderation::approve(&desk, &actor, post.id, post.version, When::Soon).await?;
                    Ok(Some((i, post.id)))
                }
            }
        }
    };
    Ok(many(count, decide).await?.into_iter().flatten().collect())
}

/// Takes back, reopens, and fills the calendar.
async fn plan(desk: &Desk, written: &[(u64, Post)], published: &[(u64, PostId)]) -> Result<()> {
    let actor = Actor::system();
    for (i, id) in published {
        if fate(*i) == Fate::Retracted {
            moderation::retract(desk, &actor, *id).await?;
        }
    }
    let begin = desk.now() + HOUR;
    let mut slot = Duration::ZERO;
    for (i, post) in written {
        match fate(*i) {
            Fate::Planned => {
                slot += SLOT;
                let when = When::At { due_at: begin + slot, force: true };
                moderation::approve(desk, &actor, post.id, post.version, when).await?;
            }
            // After the window in which the post would wait again, which is none here.
            Fate::Draft => drop(moderation::reopen(desk, &actor, post.id).await?),
            _ => {}
        }
    }
    Ok(())
}

/// Fills up to `count`: of a hundred, two fail for good, seventy find their work done already, and the rest, which is
/// given back, is to wait for its time.
async fn add_ended_jobs(desk: &Desk, count: u64, published: &[(u64, PostId)]) -> Result<u64> {
    let there: u64 = desk.queue.counts().await?.0.values().sum();
    let missing = count.saturating_sub(there);
    let dead = missing / 50;
    let later = missing * 28 / 100;
    let lost = |_| {
        // Nothing has this id: it was never stored.
        let story = StoryId(desk.next_id());
        (DraftStory { story }, Enqueue { attempts_max: Some(1), ..Enqueue::default() })
    };
    let failing: Vec<_> = (0..dead).map(lost).collect();
    for batch in failing.chunks(BATCH) {
        desk.queue.enqueue_all(batch.to_vec()).await?;
    }
    if !published.is_empty() {
        let again = |i: u64| {
            let (_, post) = published[(i % published.len() as u64) as usize];
            (PublishPost { post, version: 1, due_at: None }, Enqueue::default())
        };
        let ended: Vec<_> = (0..missing - dead - later).map(again).collect();
        for batch in ended.chunks(BATCH) {
            desk.queue.enqueue_all(batch.to_vec()).await?;
        }
    }
    wait(desk, "the jobs").await?;
    Ok(later)
}

/// Jobs of the coming weeks; one in fifty is called off.
async fn add_waiting_jobs(desk: &Desk, count: u64) -> Result<()> {
    let known: Vec<SourceId> =
        sources::list(desk, &Actor::system(), None, 200).await?.into_iter().map(|source| source.id).collect();
    ensure!(!known.is_empty(), "there is no source to fetch");
    let now = desk.now();
    let fetch = |i: u64| {
        let source = known[(i % known.len() as u64) as usize];
        (
            FetchSources { sources: vec![source], age_max_s: 0 },
            Enqueue::at(now + HOUR * 24 + Duration::from_secs(90 * i)),
        )
    };
    let waiting: Vec<_> = (0..count).map(fetch).collect();
    for batch in waiting.chunks(BATCH) {
        let added = desk.queue.enqueue_all(batch.to_vec()).await?;
        for one in added.iter().step_by(50) {
            if let Enqueued::New(id) = one {
                desk.queue.cancel(*id).await?;
            }
        }
    }
    Ok(())
}

/// The answers of `work` for each number below `count`, a few at once, in no order.
async fn many<T, F>(count: u64, work: impl Fn(u64) -> F + Clone + Send + 'static) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (tasks, next) = (Tasks::default(), Arc::new(AtomicU64::new(0)));
    let (told, mut answers) = mpsc::channel(TOGETHER);
    for _ in 0..TOGETHER {
        let (work, next, told) = (work.clone(), Arc::clone(&next), told.clone());
        tasks.spawn(async move {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                // Nobody listens any more once one has failed.
                if i >= count || told.send(work(i).await).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(told);
    let mut all = Vec::new();
    while let Some(answer) = answers.recv().await {
        all.push(answer?);
    }
    Ok(all)
}
