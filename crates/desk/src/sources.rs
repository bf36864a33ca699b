//! Sources: feeds by their URL, how often they are read, and how the last reading went.

mod ask;
mod due;
mod preview;

use std::str::FromStr;

use queue::{Enqueue, Enqueued};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Family, Histogram, Metric};
use store::{Conn, Row, params};

use crate::jobs::PollSource;
use crate::people::{Action, Actor, recall, remember};
use crate::{Desk, Error, Fault, PipelineId, SourceId, pipelines, tags};

pub(crate) use ask::request;
pub use due::{ensure_polls, fetch};
pub use preview::{FeedLink, Preview, Sample, preview};

/// A feed that is read again and again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    pub id: SourceId,
    pub url: String,
    pub name: String,
    pub state: State,
    pub pipeline: PipelineId,
    /// The site that the feed names as its own.
    pub site_url: Option<String>,
    /// As the feed declares it.
    pub language: Option<String>,
    /// Wished time between two polls, in seconds; the feed's own wish and the settings bound it.
    pub interval_s: u32,
    /// Entries of the first fetch that count as news.
    pub backfill: u32,
    /// How far it is believed, 0 to 1; the policy of a pipeline may ask for more.
    pub trust: f64,
    pub polled_at: Option<Timestamp>,
    pub next_poll_at: Option<Timestamp>,
    /// What the last poll brought, in a few words.
    pub outcome: Option<String>,
    /// Why the last poll failed, in one sentence.
    pub error: Option<String>,
    /// Polls that failed in a row.
    pub failures: u32,
    pub failing_since: Option<Timestamp>,
    /// Items it has brought so far.
    pub items: i64,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Active,
    /// Stopped by a person, or by us after two weeks of failures.
    Paused,
    /// Stopped since the site said that the feed is gone for good.
    Muted,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Paused => "paused",
            State::Muted => "muted",
        }
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [State::Active, State::Paused, State::Muted];
        all.into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| Error::invalid("/state", "must be active, paused or muted"))
    }
}

/// A source with what the next poll needs to know of the last ones.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub source: Source,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Hash of the last body that was read; `None` before the first.
    pub body_hash: Option<String>,
    /// Where permanent redirects have led, and on how many polls in a row.
    pub moved_to: Option<String>,
    pub moved_seen: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    pub url: String,
    /// Without one: the feed's title, once it has been read.
    pub name: Option<String>,
    pub pipeline: Option<PipelineId>,
    pub interval_s: Option<u32>,
    pub backfill: Option<u32>,
    /// Without one: [`TRUST`].
    pub trust: Option<f64>,
}

/// What is to be changed; the rest stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub name: Option<String>,
    pub state: Option<State>,
    pub pipeline: Option<PipelineId>,
    pub interval_s: Option<u32>,
    pub trust: Option<f64>,
}

/// The trust in a source of which nobody has said how far it is believed; the schema says the same.
pub const TRUST: f64 = 0.5;

pub(crate) static POLLS: Family<Counter> = Family::new(&["outcome"], 8);
pub(crate) static POLL_SECONDS: Histogram = Histogram::new();
pub(crate) static ITEMS: Family<Counter> = Family::new(&["standing"], 4);

/// The cells of sources and their items.
pub static METRICS: &[Metric] = &[
    Metric { name: "copydesk_source_polls_total", help: "Polls of sources by outcome", cell: Cell::Counters(&POLLS) },
    Metric {
        name: "copydesk_source_poll_seconds",
        help: "Time of a poll with fetching, reading and storing",
        cell: Cell::Histogram(&POLL_SECONDS),
    },
    Metric { name: "copydesk_items_total", help: "Items stored, by their standing", cell: Cell::Counters(&ITEMS) },
];

store::sql! {
    ADD = "sources.add",
        "INSERT INTO source (id, url, name, state, pipeline, interval_s, backfill, trust, created_at)
         VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8) ON CONFLICT (url) DO NOTHING";
    GET = "sources.get",
        "SELECT id, url, name, state, pipeline, site_url, language, interval_s, backfill, polled_at, next_poll_at, outcome, error, failures,
                failing_since, items, created_at, trust, etag, last_modified, body_hash, moved_to, moved_seen
         FROM source WHERE id = $1";
    LIST = "sources.list",
        "SELECT id, url, name, state, pipeline, site_url, language, interval_s, backfill, polled_at, next_poll_at, outcome, error, failures,
                failing_since, items, created_at, trust
         FROM source WHERE id > $1 ORDER BY id LIMIT $2";
    BY_URL = "sources.by_url", "SELECT id FROM source WHERE url = $1";
    UPDATE = "sources.update",
        "UPDATE source SET name = $2, state = $3, pipeline = $4, interval_s = $5, next_poll_at = $6, failures = $7, failing_since = $8,
                error = $9, trust = $10
         WHERE id = $1";
    /// Keeps others from changing the row until the transaction ends, so that what is read next is what is changed.
    HOLD = "sources.hold", "UPDATE source SET id = id WHERE id = $1";
    ACTIVE = "sources.active", "SELECT id, next_poll_at FROM source WHERE state = 'active' AND id > $1 ORDER BY id LIMIT $2";
    AMONG = "sources.among", "SELECT id FROM source WHERE id {in:$1} LIMIT $2";
    READ = "sources.read",
        "UPDATE source SET polled_at = $2, next_poll_at = $3, outcome = $4, error = NULL, failures = 0, failing_since = NULL,
                etag = $5, last_modified = $6, body_hash = $7, moved_to = $8, moved_seen = $9,
                name = COALESCE($10, name), site_url = COALESCE($11, site_url), language = COALESCE($12, language), items = items + $13
         WHERE id = $1";
    MOVE = "sources.move", "UPDATE source SET url = $2, moved_to = NULL, moved_seen = 0 WHERE id = $1";
    FAILED = "sources.failed",
        "UPDATE source SET polled_at = $2, next_poll_at = $3, outcome = $4, error = $5, failures = $6, failing_since = $7 WHERE id = $1";
    STOP = "sources.stop", "UPDATE source SET state = $2, next_poll_at = NULL WHERE id = $1 AND state = 'active'";
}

const LIMIT_MAX: u32 = 200;

fn read(row: &Row) -> Result<Source, store::Error> {
    let state: String = row.get(3)?;
    Ok(Source {
        id: SourceId(row.get(0)?),
        url: row.get(1)?,
        name: row.get(2)?,
        // The schema admits no other word.
        state: state.parse().unwrap_or(State::Paused),
        pipeline: PipelineId(row.get(4)?),
        site_url: row.get(5)?,
        language: row.get(6)?,
        interval_s: row.get(7)?,
        backfill: row.get(8)?,
        polled_at: row.get(9)?,
        next_poll_at: row.get(10)?,
        outcome: row.get(11)?,
        error: row.get(12)?,
        failures: row.get(13)?,
        failing_since: row.get(14)?,
        items: row.get(15)?,
        created_at: row.get(16)?,
        trust: row.get(17)?,
    })
}

/// The source with its validators; `None` when there is none.
pub(crate) async fn known(conn: &mut Conn, id: SourceId) -> Result<Option<Known>, store::Error> {
    let Some(row) = conn.opt(&GET, params![id.to_i64()]).await? else { return Ok(None) };
    Ok(Some(Known {
        source: read(&row)?,
        etag: row.get(18)?,
        last_modified: row.get(19)?,
        body_hash: row.get(20)?,
        moved_to: row.get(21)?,
        moved_seen: row.get(22)?,
    }))
}

/// Adds a source and polls it at once.
///
/// # Errors
/// [`Error::Exists`] with the id of the source that has the same URL.
pub async fn create(desk: &Desk, actor: &Actor, new: NewSource) -> Result<Source, Error> {
    actor.may(Action::Configure)?;
    let url = check(desk, &new)?;
    let pipeline = match new.pipeline {
        Some(id) => id,
        None => pipelines::ensure_default(desk).await?.id,
    };
    let name = new.name.map_or_else(|| name_of(&url), |name| name.trim().to_owned());
    let interval_s = new.interval_s.unwrap_or(desk.settings.poll_interval_s);
    let backfill = new.backfill.unwrap_or(desk.settings.backfill);
    let trust = new.trust.unwrap_or(TRUST);
    let (desk, actor, now, id) = (desk.clone(), actor.clone(), desk.now(), SourceId(desk.next_id()));
    let store = desk.store.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    return get(tx, id.parse().map_err(|_| Error::IdempotencyMismatch)?).await;
                }
                check_pipeline(tx, pipeline).await?;
                let row = params![id.to_i64(), url, name, pipeline.to_i64(), interval_s, backfill, trust, now];
                if tx.exec(&ADD, row).await? == 0 {
                    let id = tx.one(&BY_URL, params![url]).await?.get::<stdx::Id>(0)?;
                    return Err(Error::Exists { what: "source", name: url, id: id.to_string() });
                }
                desk.queue.enqueue(tx, &PollSource { source: id }, Enqueue::at(now)).await?;
                remember(tx, &actor, &id.to_string(), now).await?;
                get(tx, id).await
            })
        })
        .await
}

/// The URL in its normal form, or everything that is wrong.
fn check(desk: &Desk, new: &NewSource) -> Result<String, Error> {
    let mut faults = Vec::new();
    let url = ask::normal(&new.url).map_err(|detail| faults.push(Fault::new("/url", detail))).unwrap_or_default();
    faults.extend(new.name.as_deref().and_then(name_fault));
    faults.extend(new.interval_s.and_then(|s| interval_fault(desk, s)));
    if new.backfill.is_some_and(|n| n > 10_000) {
        faults.push(Fault::new("/backfill", "must be 0 to 10000"));
    }
    faults.extend(new.trust.and_then(trust_fault));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    // A name is judged when it is looked up; an address can be refused right here.
    match desk.client.check(&url) {
        Ok(_) => Ok(url),
        Err(refused) => Err(Error::invalid("/url", refused.to_string())),
    }
}

fn name_fault(name: &str) -> Option<Fault> {
    let length = name.trim().chars().count();
    (!(1..=200).contains(&length)).then(|| Fault::new("/name", "must have 1 to 200 characters"))
}

fn interval_fault(desk: &Desk, seconds: u32) -> Option<Fault> {
    let (min, max) = (desk.settings.poll_interval_min_s, desk.settings.poll_interval_max_s);
    (!(min..=max).contains(&seconds)).then(|| Fault::new("/interval_s", format!("must be {min} to {max} seconds")))
}

fn trust_fault(trust: f64) -> Option<Fault> {
    (!(0.0..=1.0).contains(&trust)).then(|| Fault::new("/trust", "must be 0 to 1"))
}

async fn check_pipeline(conn: &mut Conn, id: PipelineId) -> Result<(), Error> {
    pipelines::get(conn, id).await.map(|_| ()).map_err(|error| match error {
        Error::NotFound { .. } => Error::invalid("/pipeline", format!("pipeline {id} does not exist")),
        other => other,
    })
}

/// What a source is called until its feed has told its title.
pub(crate) fn name_of(url: &str) -> String {
    let host = connect::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}

pub async fn get(conn: &mut Conn, id: SourceId) -> Result<Source, Error> {
    known(conn, id).await?.map(|known| known.source).ok_or_else(|| Error::not_found("source", id))
}

/// Oldest first, from behind `after`; at most 200.
pub async fn list(desk: &Desk, actor: &Actor, after: Option<SourceId>, limit: u32) -> Result<Vec<Source>, Error> {
    actor.may(Action::Read)?;
    let after = after.map_or(0, SourceId::to_i64);
    let rows = desk.store.read().all(&LIST, params![after, limit.clamp(1, LIMIT_MAX)]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Changes a source. One that becomes active again is polled at once, with a clean slate.
pub async fn update(desk: &Desk, actor: &Actor, id: SourceId, change: Change) -> Result<Source, Error> {
    actor.may(Action::Configure)?;
    let mut faults: Vec<Fault> = change.name.as_deref().and_then(name_fault).into_iter().collect();
    faults.extend(change.interval_s.and_then(|s| interval_fault(desk, s)));
    faults.extend(change.trust.and_then(trust_fault));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (store, inner, now) = (desk.store.clone(), desk.clone(), desk.now());
    let (source, enqueued) = store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&HOLD, params![id.to_i64()]).await?;
                let mut source = get(tx, id).await?;
                let (was, interval) = (source.state, source.interval_s);
                source.name = change.name.map_or(source.name, |name| name.trim().to_owned());
                source.state = change.state.unwrap_or(was);
                source.interval_s = change.interval_s.unwrap_or(interval);
                source.trust = change.trust.unwrap_or(source.trust);
                if let Some(pipeline) = change.pipeline {
                    check_pipeline(tx, pipeline).await?;
                    source.pipeline = pipeline;
                }
                let again = source.state == State::Active && (was != State::Active || source.interval_s < interval);
                if again {
                    source.next_poll_at = Some(now);
                }
                if source.state == State::Active && was != State::Active {
                    (source.failures, source.failing_since, source.error) = (0, None, None);
                }
                tx.exec(&UPDATE, update_values(&source)).await?;
                inner.purge_with(tx, &[&tags::of_source(id), tags::SOURCES]).await?;
                let job = PollSource { source: id };
                let enqueued = if again { Some(inner.queue.enqueue(tx, &job, Enqueue::at(now)).await?) } else { None };
                Ok::<_, Error>((source, enqueued))
            })
        })
        .await?;
    if let Some(Enqueued::Duplicate(job)) = enqueued {
        // It sleeps until the next poll as that was planned; a running one sees the new state by itself.
        match desk.queue.retry(job).await {
            Ok(()) | Err(queue::Error::NotFound(_) | queue::Error::Running(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(source)
}

fn update_values(s: &Source) -> Vec<store::Value> {
    let (id, state) = (s.id.to_i64(), s.state.name());
    let pipeline = s.pipeline.to_i64();
    params![id, s.name, state, pipeline, s.interval_s, s.next_poll_at, s.failures, s.failing_since, s.error, s.trust]
}

#[cfg(test)]
mod tests;
