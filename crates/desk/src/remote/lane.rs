//! One lane of one target: from a mark in the log to the next one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use connect::cdn::{Lane, Purge};
use stdx::metric::{Counter, Gauge, Histogram};
use stdx::task::Stop;
use stdx::{Backoff, Timestamp};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::sender::{Sender, Sent};
use super::{BACKLOG, Fan, KEYS, LATENCY, keys, log};
use crate::events::Position;
use crate::{Error, Signal};

/// What is told, and how it ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Urgent,
    Addresses,
    Tags,
}

impl Course {
    pub fn name(self) -> &'static str {
        match self {
            Course::Urgent => "urgent",
            Course::Addresses => "addresses",
            Course::Tags => "tags",
        }
    }

    pub fn named(name: &str) -> Option<Course> {
        [Course::Urgent, Course::Addresses, Course::Tags].into_iter().find(|course| course.name() == name)
    }

    fn lane(self) -> Lane {
        match self {
            Course::Urgent => Lane::Urgent,
            Course::Addresses | Course::Tags => Lane::Normal,
        }
    }
}

/// The log is looked at so often even if nobody says a word.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So long after a word it is looked at eagerly: a transaction that began earlier may still hide what was told of.
const EAGER: Duration = Duration::from_secs(5);
/// Clocks of processes are believed to be this much apart at most.
const SKEW_MAX: Duration = Duration::from_secs(2);
const AGAIN: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// Failures of a kind that passes, before anybody is told of them.
const FAILURES_QUIET: u32 = 2;

pub(super) struct Telling {
    fan: Arc<Fan>,
    sender: Arc<Sender>,
    course: Course,
    /// Everything up to here has been told.
    mark: Position,
    batch: Option<Batch>,
    failures: u32,
    /// Whether the failure stands in the table.
    is_known: bool,
    told: Arc<Counter>,
    latency: Arc<Histogram>,
    backlog: Arc<Gauge>,
}

/// Changes under way to the target.
struct Batch {
    purges: VecDeque<Purge>,
    keys: usize,
    up_to: Position,
    oldest: Timestamp,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Again,
    /// Nothing helps before.
    After(Duration),
    /// Everything in the log has been told.
    Idle,
}

impl Telling {
    pub fn new(fan: Arc<Fan>, sender: Arc<Sender>, course: Course, mark: Position) -> Telling {
        let labels = [sender.cdn.name(), course.name()];
        let (told, latency, backlog) = (KEYS.with(&labels), LATENCY.with(&labels), BACKLOG.with(&labels));
        Telling { fan, sender, course, mark, batch: None, failures: 0, is_known: false, told, latency, backlog }
    }

    pub async fn run(mut self, mut stop: Stop) {
        let desk = self.fan.desk.clone();
        let (mut heard, mut eager_until) = (desk.watch(), Timestamp::EPOCH);
        while !stop.is_set() {
            let (wait, idle) = match self.step().await {
                Ok(Next::Again) => continue,
                Ok(Next::After(wait)) => (wait, false),
                Ok(Next::Idle) if desk.now() < eager_until => (self.fan.coalesce, false),
                Ok(Next::Idle) => (LOOK_EVERY, true),
                Err(error) => {
                    let cause = &error as &dyn std::error::Error;
                    let (target, lane) = (self.sender.cdn.name(), self.course.name());
                    tracing::warn!(
                        error = cause,
                        target.name = target,
                        lane,
                        "a remote cache could not be told of changes"
                    );
                    (LOOK_EVERY, false)
                }
            };
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(wait) => {}
                () = word(&mut heard), if idle => {
                    eager_until = desk.now() + EAGER;
                    tokio::time::sleep(self.fan.coalesce).await;
                }
            }
        }
    }

    /// One purge, or what stands before it.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn step(&mut self) -> Result<Next, Error> {
        let desk = &self.fan.desk;
        if self.batch.is_none() {
            match self.collect().await? {
                Ok(batch) => self.batch = Some(batch),
                Err(next) => return Ok(next),
            }
        }
        let Some(batch) = &mut self.batch else { return Ok(Next::Idle) };
        self.backlog.set(i64::try_from(batch.keys).unwrap_or(i64::MAX));
        let Some(purge) = batch.purges.front() else {
            log::advance(desk, self.sender.cdn.name(), self.course, self.fan.holder, batch.up_to).await?;
            self.mark = batch.up_to;
            self.batch = None;
            self.is_known = false;
            return Ok(Next::Again);
        };
        match self.sender.send(purge, self.course.lane(), &desk.clock).await {
            Sent::Done => {
                self.told.add(purge.keys() as u64);
                self.latency.record(desk.now().since(batch.oldest));
                batch.keys -= purge.keys();
                batch.purges.pop_front();
                self.failures = 0;
                if std::mem::take(&mut self.is_known) {
                    log::advance(desk, self.sender.cdn.name(), self.course, self.fan.holder, self.mark).await?;
                }
                Ok(Next::Again)
            }
            Sent::Later(wait) => Ok(Next::After(wait)),
            Sent::Failed(fault) => {
                self.failures += 1;
                let (target, lane) = (self.sender.cdn.name(), self.course.name());
                if !self.is_known && (!fault.is_transient() || self.failures > FAILURES_QUIET) {
                    let error = chain(&fault);
                    tracing::warn!(
                        error,
                        target.name = target,
                        lane,
                        "a remote cache does not purge; it is asked again and again"
                    );
                    log::fail(desk, target, self.course, self.fan.holder, &error).await?;
                    self.is_known = true;
                }
                Ok(Next::After(AGAIN.delay(self.failures, &desk.rng)))
            }
        }
    }

    /// What has changed behind the mark and has settled; or why there is nothing.
    async fn collect(&self) -> Result<Result<Batch, Next>, Error> {
        let (desk, now) = (&self.fan.desk, self.fan.desk.now());
        let facts = log::read(&mut desk.store.read_fresh(), self.course, self.mark).await?;
        let Some((_, first)) = facts.first() else {
            self.backlog.set(0);
            return Ok(Err(Next::Idle));
        };
        // By then the other processes have forgotten it too, and cannot give the remote cache the old answer again.
        let settles =
            |at: Timestamp| if at < now + SKEW_MAX { (at + self.fan.coalesce).since(now) } else { Duration::ZERO };
        let wait = settles(first.at);
        if !wait.is_zero() {
            return Ok(Err(Next::After(wait)));
        }
        let oldest = first.at;
        let (mut up_to, mut changes) = (self.mark, Vec::new());
        for (mark, change) in facts.into_iter().take_while(|(_, change)| settles(change.at).is_zero()) {
            up_to = mark;
            changes.push(change);
        }
        let cdn = &self.sender.cdn;
        let soft = cdn.target().soft && self.course != Course::Urgent;
        let by_tags = || chunks(keys::tags(&changes), cdn.kind().tags_max(), Purge::tags);
        let by_urls = || match &self.fan.origin {
            Some(origin) => chunks(keys::urls(origin, &changes), cdn.kind().urls_max(), Purge::urls),
            None => Vec::new(),
        };
        let purges: Vec<Purge> = match self.course {
            Course::Urgent if cdn.target().is_short_of_tags() => [by_urls(), by_tags()].concat(),
            Course::Urgent | Course::Tags => by_tags(),
            Course::Addresses => by_urls(),
        };
        let purges: VecDeque<Purge> = purges.into_iter().map(|purge| purge.soft(soft)).collect();
        let keys = purges.iter().map(Purge::keys).sum();
        Ok(Ok(Batch { purges, keys, up_to, oldest }))
    }
}

fn chunks(keys: Vec<String>, max: usize, purge: fn(Vec<String>) -> Purge) -> Vec<Purge> {
    keys.chunks(max).map(|keys| purge(keys.to_vec())).collect()
}

/// The error with its causes, for the table.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.chars().take(500).collect()
}

/// Completes when something was published or withdrawn, or may have been.
async fn word(heard: &mut Receiver<Signal>) {
    loop {
        match heard.recv().await {
            Ok(Signal::Post { event, .. })
                if ["delivery_live", "published", "delivery_withdrawn", "retracted"].contains(&event.as_str()) =>
            {
                return;
            }
            Ok(Signal::Missed) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
