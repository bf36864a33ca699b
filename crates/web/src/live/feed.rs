//! The task that turns signals of the desk and the queue into messages.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use queue::{JobId, SignalKind};
use serde_json::{Map, Value as Json, json};
use tokio::sync::broadcast::error::RecvError;

use super::ring::Topic;
use crate::App;

/// Time between two tellings of the counts, at least.
const COUNTS_EVERY: Duration = Duration::from_secs(1);
/// Counting may take this share of the time at most.
const COUNTS_SHARE: u32 = 20;
/// Characters of a job's result or error that are told; the rest stands in `/jobs/{id}`.
const DETAIL_MAX: usize = 1_000;
/// Running jobs whose kinds are remembered for their progress.
const KINDS_MAX: usize = 10_000;

/// Begins to listen; ends with the tasks.
pub fn start(app: &App) {
    app.tasks.spawn(listen(app.clone()));
    // Apart from listening: a slow database must not make us deaf.
    app.tasks.spawn(count(app.clone()));
}

async fn listen(app: App) {
    let mut stop = app.tasks.stop();
    let (mut desk, mut queue) = (app.desk.watch(), app.desk.queue.watch());
    let mut kinds = HashMap::new();
    loop {
        tokio::select! {
            () = stop.wait() => return,
            signal = desk.recv() => match signal {
                Ok(signal) => tell(&app, signal),
                // What was missed is known by nobody: whoever shows it reads it anew.
                Err(RecvError::Lagged(_)) => [Topic::Posts, Topic::Sources].iter().for_each(|topic| resync(&app, *topic)),
                Err(RecvError::Closed) => return,
            },
            signal = queue.recv() => match signal {
                Ok(signal) if signal.kind == SignalKind::Progress => {
                    tell_job(&app, signal, &mut kinds);
                    continue;
                }
                Ok(signal) => tell_job(&app, signal, &mut kinds),
                Err(RecvError::Lagged(_)) => resync(&app, Topic::Jobs),
                Err(RecvError::Closed) => return,
            },
        }
        app.live.counts_due.notify_one();
    }
}

fn tell(app: &App, signal: desk::Signal) {
    let (topic, body) = match signal {
        desk::Signal::Post { id, event, state, version, title, at } => (
            Topic::Posts,
            json!({ "type": event, "post": id, "state": state, "version": version, "title": title, "at": at }),
        ),
        desk::Signal::Source { id, outcome, new_items, at } => (
            Topic::Sources,
            json!({ "type": "polled", "source": id, "outcome": outcome, "new_items": new_items, "at": at }),
        ),
    };
    app.live.publish(topic, None, members(body));
}

fn tell_job(app: &App, signal: queue::Signal, kinds: &mut HashMap<JobId, String>) {
    let queue::Signal { kind: event, id, job, queue, at, detail } = signal;
    // Progress does not say what progresses.
    let job = match event {
        SignalKind::Progress => kinds.get(&id).cloned().unwrap_or_default(),
        SignalKind::Started => {
            if kinds.len() < KINDS_MAX {
                kinds.insert(id, job.clone());
            }
            job
        }
        SignalKind::Enqueued => job,
        SignalKind::Completed | SignalKind::Failed | SignalKind::Snoozed | SignalKind::Dead | SignalKind::Cancelled => {
            kinds.remove(&id);
            job
        }
    };
    let detail = detail.map(|detail| detail.chars().take(DETAIL_MAX).collect::<String>());
    let body = json!({ "type": event, "job": id, "kind": job, "queue": queue, "detail": detail, "at": at });
    app.live.publish(Topic::Jobs, Some((id, job)), members(body));
}

fn resync(app: &App, topic: Topic) {
    app.live.publish(topic, None, members(json!({ "type": "resync" })));
}

/// Tells the counts of jobs and posts when they have changed and somebody listens.
async fn count(app: App) {
    let mut stop = app.tasks.stop();
    let mut told = Json::Null;
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = app.live.counts_due.notified() => {}
        }
        if !app.live.has_clients() {
            continue;
        }
        let began = Instant::now();
        if app.live.take_newcomer() {
            told = Json::Null;
        }
        // A database that is in trouble shows in the health; the next change counts again.
        if let Ok(counts) = counts(&app).await
            && told != counts
        {
            told = counts.clone();
            let mut body = members(counts);
            body.insert("type".to_owned(), "counts".into());
            body.insert("at".to_owned(), app.desk.now().to_string().into());
            app.live.publish(Topic::Counts, None, body);
        }
        if !stop.sleep(COUNTS_EVERY.max(began.elapsed() * COUNTS_SHARE)).await {
            return;
        }
    }
}

async fn counts(app: &App) -> Result<Json, desk::Error> {
    let posts = desk::posts::counts(&app.desk).await?;
    let queues = app.desk.queue.stats().await?;
    let queues =
        queues.iter().map(|s| json!({ "queue": s.queue, "priority": s.priority, "kind": s.kind, "counts": s.counts }));
    Ok(json!({ "posts": posts, "queues": queues.collect::<Vec<_>>() }))
}

fn members(body: Json) -> Map<String, Json> {
    match body {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}
