//! How many jobs and posts stand where, and what of that is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use queue::{Priority, QueueStats, State};
use serde_json::{Map, Value as Json, json};

use super::interest;
use crate::App;

/// Time between two tellings of the counts, at least.
const EVERY: Duration = Duration::from_millis(100);
/// Posts are counted by reading them: less often.
const POSTS_EVERY: Duration = Duration::from_secs(1);
/// Counting may take this share of the time at most.
const SHARE: u32 = 20;
/// While somebody looks, is counted without a sign too: time alone makes scheduled jobs due.
const ANYWAY: Duration = Duration::from_secs(2);
/// Queues in one message.
const QUEUES_MAX: usize = 200;

type States = BTreeMap<State, u64>;

/// The counts at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    queues: BTreeMap<(String, Priority), States>,
    posts: BTreeMap<String, u64>,
}

/// A message without its id.
#[derive(Debug)]
pub struct Told(pub Map<String, Json>);

impl Counts {
    pub fn new(stats: &[QueueStats], posts: BTreeMap<String, u64>) -> Counts {
        let mut queues: BTreeMap<(String, Priority), States> = BTreeMap::new();
        for row in stats {
            let states = queues.entry((row.queue.clone(), row.priority)).or_default();
            for (state, n) in &row.counts.0 {
                *states.entry(*state).or_default() += n;
            }
        }
        Counts { queues, posts }
    }

    /// Everything, in messages of a bounded length.
    pub fn whole(&self) -> Vec<Told> {
        self.changes(None, "")
    }

    /// What is another than in `before`; queues that are gone have no counts.
    pub fn changes(&self, before: Option<&Counts>, at: &str) -> Vec<Told> {
        let empty = Counts::default();
        let (is_whole, before) = (before.is_none(), before.unwrap_or(&empty));
        let none = States::new();
        let gone = before.queues.keys().filter(|key| !self.queues.contains_key(*key)).map(|key| (key, &none));
        let changed = self.queues.iter().filter(|(key, states)| before.queues.get(*key) != Some(*states)).chain(gone);
        let rows: Vec<Json> = changed
            .map(|((queue, priority), counts)| json!({ "queue": queue, "priority": priority, "counts": counts }))
            .collect();
        if rows.is_empty() && before.posts == self.posts && !is_whole {
            return Vec::new();
        }
        let mut jobs = States::new();
        for (state, n) in self.queues.values().flatten() {
            *jobs.entry(*state).or_default() += n;
        }
        let parts: Vec<&[Json]> = if rows.is_empty() { vec![&[]] } else { rows.chunks(QUEUES_MAX).collect() };
        let tell = |(part, queues): (usize, &&[Json])| {
            let mut body = Map::new();
            body.insert("type".to_owned(), "counts".into());
            body.insert("whole".to_owned(), (is_whole && part == 0).into());
            body.insert("jobs".to_owned(), json!(jobs));
            body.insert("posts".to_owned(), json!(self.posts));
            body.insert("queues".to_owned(), json!(queues));
            if !at.is_empty() {
                body.insert("at".to_owned(), at.into());
            }
            Told(body)
        };
        parts.iter().enumerate().map(tell).collect()
    }
}

/// Tells the counts of jobs and posts when they have changed and somebody listens.
pub async fn count(app: App) {
    let mut stop = app.tasks.stop();
    let mut stirs = app.desk.queue.stirs();
    let mut posts: Option<(Instant, BTreeMap<String, u64>)> = None;
    loop {
        let stirred = async {
            match &mut stirs {
                Some(stirs) => stirs.changed().await.is_err(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.wait() => return,
            () = app.live.counts_due.notified() => {}
            () = tokio::time::sleep(ANYWAY) => {}
            is_closed = stirred => if is_closed {
                stirs = None;
            },
        }
        app.live.lock().interests.prune(Instant::now());
        // Nobody waits for less to be told.
        drop(interest::tell_others(&app));
        if !app.live.lock().interests.has_counters() {
            app.live.forget_counts();
            continue;
        }
        let began = Instant::now();
        // A database that is in trouble shows in the health; the next change counts again.
        if let Ok(counts) = look(&app, &mut posts).await {
            app.live.publish_counts(counts, &app.desk.now().to_string());
        }
        if !stop.sleep(EVERY.max(began.elapsed() * SHARE)).await {
            return;
        }
    }
}

async fn look(app: &App, posts: &mut Option<(Instant, BTreeMap<String, u64>)>) -> Result<Counts, desk::Error> {
    let now = Instant::now();
    let standing = match posts.take() {
        Some((at, known)) if now.duration_since(at) < POSTS_EVERY => (at, known),
        _ => (now, desk::posts::counts(&app.desk).await?.into_iter().collect()),
    };
    let known = posts.insert(standing).1.clone();
    Ok(Counts::new(&app.desk.queue.stats().await?, known))
}

#[cfg(test)]
mod tests;
