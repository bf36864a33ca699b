//! Remote caches: every change of the site is told to those that the settings name, and none is lost.
//!
//! The log of facts is the queue. For each target the table `remote_lane` says how far in the log it has been told,
//! in three lanes that do not wait for one another:
//!
//! - `urgent`: what was withdrawn. It is removed at once, by address where those are known and by tag everywhere, and
//!   may use the fifth of the target's budget that nobody else may.
//! - `tags`: what was published or changed, by its tags: those under which the site's own cache forgets it.
//! - `addresses`: the same by the addresses at which most readers meet it, for targets that take few tags a minute.
//!
//! A lane reads the facts behind its mark, names each tag and address once, tells them in the target's chunks as its
//! budget allows, and only then moves its mark. Whoever dies in between leaves the mark where it was, and the next one
//! tells the same again, which harms nobody. An outcome that is not known is a failure, and repeated.
//!
//! Several processes of one database agree by a lease who tells a target; two at once would only spend its budget
//! twice. A new target begins at the end of the log: what it holds by then is for the operator to purge.

mod keys;
mod lane;
mod log;
mod sender;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connect::cdn::{Cdn, Fault, Kind, Purge, Purged, Settings, Target};
use futures_util::future::join_all;
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};
use stdx::task::{Stop, Tasks};

use crate::{Desk, Error};

pub use keys::{TAG_SITE, addresses};
pub(crate) use log::STATEMENTS;

use lane::{Course, Telling};
use sender::Sender;

static KEYS: Family<Counter> = Family::new(&["target", "lane"], 128);
static REQUESTS: Family<Counter> = Family::new(&["target", "outcome"], 512);
static LATENCY: Family<Histogram> = Family::new(&["target", "lane"], 128);
static REMAINING: Family<Gauge> = Family::new(&["target"], 64);
static BACKLOG: Family<Gauge> = Family::new(&["target", "lane"], 128);

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_purge_keys_total",
        help: "Tags and addresses that remote caches were told to forget, by target and lane.",
        cell: Cell::Counters(&KEYS),
    },
    Metric {
        name: "copydesk_purge_requests_total",
        help: "Purges at remote caches by target and outcome.",
        cell: Cell::Counters(&REQUESTS),
    },
    Metric {
        name: "copydesk_purge_latency_seconds",
        help: "Time from the oldest change of a purge to the remote cache's word that it has purged, by target and lane.",
        cell: Cell::Histograms(&LATENCY),
    },
    Metric {
        name: "copydesk_purge_remaining",
        help: "Purges that a remote cache would take at once, by its own count where it tells it, else by ours.",
        cell: Cell::Gauges(&REMAINING),
    },
    Metric {
        name: "copydesk_purge_backlog",
        help: "Tags and addresses that wait to be told, of the changes read so far, by target and lane.",
        cell: Cell::Gauges(&BACKLOG),
    },
];

/// How long a process may be silent until another one tells its targets.
const LEASE: Duration = Duration::from_secs(20);
const RENEWAL: Duration = Duration::from_secs(5);

/// Tells the remote caches of one desk. Every server has one; the lease says whose turn it is.
pub struct Fan {
    desk: Desk,
    /// Scheme and host under which readers reach the site.
    origin: Option<String>,
    coalesce: Duration,
    senders: Vec<Arc<Sender>>,
    /// This process, in the lease.
    holder: i64,
}

/// How a target does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub target: String,
    /// Since when it has refused or failed.
    pub failing_since: Option<Timestamp>,
    /// What it said; empty when it does well.
    pub error: String,
    /// The oldest change that it has not been told of.
    pub oldest: Option<Timestamp>,
}

impl Fan {
    /// `settings` must have been validated; `None` when they name no target.
    pub fn new(desk: &Desk, settings: &Settings, origin: Option<&str>) -> Option<Arc<Fan>> {
        if settings.targets.is_empty() {
            return None;
        }
        let mut accounts = HashMap::new();
        let sender = |target: &Target| {
            let cdn = Cdn::new(target, desk.client.clone());
            // The limits are those of an account, which one token stands for.
            let key = (cdn.kind().name(), target.plan as u8, target.secret().reveal().to_owned());
            let account =
                accounts.entry(key).or_insert_with(|| Arc::new(Mutex::new(sender::Account::new(target, desk.now()))));
            Arc::new(Sender::new(cdn, Arc::clone(account)))
        };
        Some(Arc::new(Fan {
            desk: desk.clone(),
            origin: origin.map(|url| url.trim_end_matches('/').to_owned()),
            coalesce: Duration::from_millis(settings.coalesce_ms),
            senders: settings.targets.iter().map(sender).collect(),
            holder: (desk.rng.next_u64() >> 1).cast_signed(),
        }))
    }

    /// Tells every target until `tasks` end.
    pub fn start(self: &Arc<Self>, tasks: &Tasks) {
        for sender in &self.senders {
            tasks.spawn(Arc::clone(self).tell(Arc::clone(sender), tasks.stop()));
        }
    }

    /// Whether answers must name their tags in `Cache-Tag`, and in `Surrogate-Key`.
    pub fn tag_headers(&self) -> (bool, bool) {
        let any = |wanted: fn(Kind) -> bool| self.senders.iter().any(|sender| wanted(sender.cdn.kind()));
        (any(|kind| kind == Kind::Cloudflare), any(|kind| kind != Kind::Cloudflare))
    }

    /// How each target does, as whoever tells it has written down.
    pub async fn health(&self) -> Result<Vec<Health>, Error> {
        let mut all = Vec::new();
        for sender in &self.senders {
            all.push(log::health(&self.desk, sender.cdn.name()).await?);
        }
        Ok(all)
    }

    /// Tells every target to forget all that `purge` means, at once and whatever its budget, for an operator.
    pub async fn command(&self, purge: &Purge) -> Vec<(String, Result<Purged, Fault>)> {
        let told = self
            .senders
            .iter()
            .map(|sender| async move { (sender.cdn.name().to_owned(), sender.command(purge).await) });
        join_all(told).await
    }

    async fn tell(self: Arc<Self>, sender: Arc<Sender>, mut stop: Stop) {
        while !stop.is_set() {
            let held = log::hold(&self.desk, &sender, self.holder, LEASE).await;
            let pause = match held {
                Ok(Some(marks)) => {
                    let lanes = marks.into_iter().map(|(course, mark)| {
                        Telling::new(Arc::clone(&self), Arc::clone(&sender), course, mark).run(stop.clone())
                    });
                    tokio::select! {
                        // They end with the process only.
                        _ = join_all(lanes) => Duration::ZERO,
                        () = self.lose(&sender) => RENEWAL,
                    }
                }
                Ok(None) => RENEWAL,
                Err(error) => {
                    let cause = &error as &dyn std::error::Error;
                    tracing::warn!(error = cause, target.name = sender.cdn.name(), "taking over a remote cache failed");
                    RENEWAL
                }
            };
            if !pause.is_zero() && !stop.sleep(pause).await {
                break;
            }
        }
        if let Err(error) = log::release(&self.desk, sender.cdn.name(), self.holder).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "the lease of a remote cache runs out by itself");
        }
    }

    /// Renews the lease; completes when it is another's.
    async fn lose(&self, sender: &Sender) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match log::renew(&self.desk, sender.cdn.name(), self.holder, LEASE).await {
                Ok(true) => {}
                Ok(false) => return,
                // Without the database nobody else can take it either.
                Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "renewing a lease failed"),
            }
        }
    }
}

impl Sender {
    fn courses(&self) -> &'static [Course] {
        match self.cdn.target().is_short_of_tags() {
            true => &[Course::Urgent, Course::Addresses, Course::Tags],
            false => &[Course::Urgent, Course::Tags],
        }
    }
}

#[cfg(test)]
mod tests;
