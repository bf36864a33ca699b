//! Sources: feeds by their URL, how often they are read, and how the last reading went; and those that are pushed to us or
//! filled by hand.

mod ask;
mod due;
pub mod hook;
mod kind;
mod login;
pub mod opml;
mod preview;
pub mod rules;
pub mod subscription;
pub(crate) mod visits;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};
use store::{Conn, Row, Tx, params};

use crate::people::{Action, Actor, recall, remember};
use crate::{Desk, Error, Fault, PipelineId, SourceId, pipelines, tags};

pub(crate) use ask::{next as next_request, normal};
pub use due::{ensure_polls, fetch};
pub(crate) use kind::hand;
pub use kind::{Kind, Made, NewOther, create_other};
pub use login::Login;
pub(crate) use login::origin;
pub use preview::{Candidate, FoundBy, Preview, Sample, preview};
use rules::{Rule, Rules};
pub(crate) use visits::record;
pub use visits::{Outcome, Visit, visits};

/// Where items come from: a feed that is read again and again, a hook, or a hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    pub id: SourceId,
    pub kind: Kind,
    /// Of a feed; of another source its kind and id, `hook:0M7K…`, which lead nowhere.
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
    /// It is visited at its own pace; `interval_s` counts only until that is known.
    pub adaptive: bool,
    /// The time between two visits at its own pace, in seconds; `None` before anything is known.
    pub rhythm_s: Option<u32>,
    /// How long an entry stays in the feed before newer ones push it out, in seconds.
    pub window_s: Option<u32>,
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
    /// We say who we are when we ask for it; how is shown to nobody.
    pub has_login: bool,
    /// How it stands with the hub that tells of it; `None` while its feed has named none, or no hub can reach the desk.
    pub hub: Option<subscription::Standing>,
    /// Where it was until it moved for good; the move can be taken back.
    pub url_before: Option<String>,
    /// When it moved.
    pub moved_at: Option<Timestamp>,
    /// Which of its entries count as news.
    pub rules: Vec<Rule>,
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
pub struct Known {
    pub source: Source,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    /// Hash of the last body that was read; `None` before the first.
    pub(crate) body_hash: Option<String>,
    pub(crate) moved: Moved,
    /// Sealed.
    login: Option<String>,
}

/// What is known of a move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Where permanent redirects lead, and on how many polls in a row they have.
    pub to: Option<String>,
    pub seen: u32,
    /// Since when they do; without a redirect, when the source moved.
    pub at: Option<Timestamp>,
    /// Where it was before it moved; after that was taken back, where it will not go again.
    pub before: Option<String>,
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
    pub login: Option<Login>,
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// What is to be changed; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub state: Option<State>,
    pub pipeline: Option<PipelineId>,
    /// Another one than before ends the source's own pace.
    pub interval_s: Option<u32>,
    /// Goes back to the source's own pace, or keeps to the interval.
    pub adaptive: Option<bool>,
    pub trust: Option<f64>,
    /// `Some(None)` forgets it.
    pub login: Option<Option<Login>>,
    /// All of them, in place of those before; entries that are known already stay what they are.
    pub rules: Option<Vec<Rule>>,
}

/// The trust in a source of which nobody has said how far it is believed; the schema says the same.
pub const TRUST: f64 = 0.5;

pub(crate) static POLLS: Family<Counter> = Family::new(&["outcome"], 8);
pub(crate) static POLL_SECONDS: Histogram = Histogram::new();
/// Visits that the sweep has begun and not ended.
pub(crate) static VISITS: Gauge = Gauge::new();
pub(crate) static LATENESS: Gauge = Gauge::new();
pub(crate) static ITEMS: Family<Counter> = Family::new(&["standing"], 4);
/// What came of deliveries: `taken`, `repeated`, `refused` (not signed as it should be), `unreadable`, `announced` (the feed is
/// visited in its place), `paused`, `failed`.
pub(crate) static PUSHES: Family<Counter> = Family::new(&["outcome"], 8);

/// The cells of sources and their items.
pub static METRICS: &[Metric] = &[
    Metric { name: "copydesk_source_polls_total", help: "Polls of sources by outcome", cell: Cell::Counters(&POLLS) },
    Metric {
        name: "copydesk_source_poll_seconds",
        help: "Time of a poll with fetching, reading and storing",
        cell: Cell::Histogram(&POLL_SECONDS),
    },
    Metric { name: "copydesk_source_visits", help: "Visits by the clock under way", cell: Cell::Gauge(&VISITS) },
    Metric {
        name: "copydesk_source_lateness_seconds",
        help: "How long the source has been due that is due longest",
        cell: Cell::Gauge(&LATENESS),
    },
    Metric {
        name: "copydesk_source_pushes_total",
        help: "Deliveries of hooks and hubs by outcome",
        cell: Cell::Counters(&PUSHES),
    },
    Metric { name: "copydesk_items_total", help: "Items stored, by their standing", cell: Cell::Counters(&ITEMS) },
];

store::sql! {
    ADD = "sources.add",
        "INSERT INTO source (id, url, name, state, pipeline, interval_s, backfill, trust, created_at, next_poll_at, adaptive, login, rules)
         VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $8, $9, $10, $11) ON CONFLICT (url) DO NOTHING";
    GET = "sources.get",
        "SELECT id, url, name, state, pipeline, site_url, language, interval_s, backfill, polled_at, next_poll_at, outcome, error, failures,
                failing_since, items, created_at, trust, etag, last_modified, body_hash, moved_to, moved_seen, moved_at, url_before, login,
                adaptive, rhythm_s, window_s, rules, kind,
                (SELECT h.state FROM subscription h WHERE h.source = source.id)
         FROM source WHERE id = $1";
    THESE = "sources.these",
        "SELECT id, url, name, state, pipeline, site_url, language, interval_s, backfill, polled_at, next_poll_at, outcome, error, failures,
                failing_since, items, created_at, trust, etag, last_modified, body_hash, moved_to, moved_seen, moved_at, url_before, login,
                adaptive, rhythm_s, window_s, rules, kind,
                (SELECT h.state FROM subscription h WHERE h.source = source.id)
         FROM source WHERE id {in:$1}";
    LIST = "sources.list",
        "SELECT id, url, name, state, pipeline, site_url, language, interval_s, backfill, polled_at, next_poll_at, outcome, error, failures,
                failing_since, items, created_at, trust, etag, last_modified, body_hash, moved_to, moved_seen, moved_at, url_before, login,
                adaptive, rhythm_s, window_s, rules, kind,
                (SELECT h.state FROM subscription h WHERE h.source = source.id)
         FROM source WHERE id > $1 ORDER BY id LIMIT $2";
    BY_URL = "sources.by_url", "SELECT id FROM source WHERE url = $1";
    UPDATE = "sources.update",
        "UPDATE source SET name = $2, state = $3, pipeline = $4, interval_s = $5, next_poll_at = $6, failures = $7, failing_since = $8,
                error = $9, trust = $10, adaptive = $11, login = $12, rules = $13
         WHERE id = $1";
    /// Keeps others from changing the row until the transaction ends, so that what is read next is what is changed.
    HOLD = "sources.hold", "UPDATE source SET id = id WHERE id = $1";
    ACTIVE = "sources.active", "SELECT id FROM source WHERE state = 'active' AND kind = 'feed' ORDER BY id LIMIT $1";
    ADD_OTHER = "sources.add_other",
        "INSERT INTO source (id, url, name, state, pipeline, interval_s, backfill, trust, created_at, adaptive, rules, kind)
         VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (url) DO NOTHING";
    /// A source that a restored archive or an older release has left without a time.
    UNPLANNED = "sources.unplanned",
        "UPDATE source SET next_poll_at = $1 WHERE state = 'active' AND next_poll_at IS NULL AND kind = 'feed'";
    AMONG = "sources.among", "SELECT id, kind FROM source WHERE id {in:$1} LIMIT $2";
    /// What was read at another address than the present one says nothing of it: it was moved, or moved back, meanwhile.
    READ = "sources.read",
        "UPDATE source SET polled_at = $2, next_poll_at = $3, outcome = $4, error = NULL, failures = 0, failing_since = NULL,
                etag = $5, last_modified = $6, body_hash = $7, moved_to = $8, moved_seen = $9, moved_at = $10,
                name = COALESCE($11, name), site_url = COALESCE($12, site_url), language = COALESCE($13, language), items = items + $14,
                rhythm_s = $15, window_s = $16
         WHERE id = $1 AND url = $17";
    MOVE = "sources.move",
        "UPDATE source SET url_before = url, url = $2, moved_to = NULL, moved_seen = 0, moved_at = $3 WHERE id = $1";
    /// The address of a move that was taken back stands where the old one stood, so that nobody goes there again.
    MOVE_BACK = "sources.move_back",
        "UPDATE source SET url = url_before, url_before = url, moved_to = NULL, moved_seen = 0, moved_at = NULL, next_poll_at = $2 WHERE id = $1";
    FAILED = "sources.failed",
        "UPDATE source SET polled_at = $2, next_poll_at = $3, outcome = $4, error = $5, failures = $6, failing_since = $7 WHERE id = $1";
    /// Something was brought that nobody had asked for.
    PUSHED = "sources.pushed",
        "UPDATE source SET polled_at = $2, outcome = $3, error = NULL, items = items + $4 WHERE id = $1";
    /// A hub has told of something: the visits go on as they did.
    RELAYED = "sources.relayed", "UPDATE source SET outcome = $2, items = items + $3 WHERE id = $1";
    STOP = "sources.stop", "UPDATE source SET state = $2, next_poll_at = NULL WHERE id = $1 AND state = 'active'";
}

const LIMIT_MAX: u32 = 200;

/// Columns as all statements name them.
fn read(row: &Row) -> Result<Known, store::Error> {
    let state: String = row.get(3)?;
    let moved = Moved { to: row.get(21)?, seen: row.get(22)?, at: row.get(23)?, before: row.get(24)? };
    let login: Option<String> = row.get(25)?;
    let can_go_back = moved.to.is_none() && moved.at.is_some();
    let kind: String = row.get(30)?;
    let source = Source {
        id: SourceId(row.get(0)?),
        kind: Kind::of(&kind),
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
        adaptive: row.get(26)?,
        rhythm_s: row.get(27)?,
        window_s: row.get(28)?,
        has_login: login.is_some(),
        hub: row.get::<Option<String>>(31)?.as_deref().map(subscription::Standing::of),
        url_before: moved.before.clone().filter(|_| can_go_back),
        moved_at: moved.at.filter(|_| can_go_back && moved.before.is_some()),
        rules: serde_json::from_str(&row.get::<String>(29)?).unwrap_or_default(),
    };
    Ok(Known { source, etag: row.get(18)?, last_modified: row.get(19)?, body_hash: row.get(20)?, moved, login })
}

/// The source with its validators; `None` when there is none.
pub async fn known(conn: &mut Conn, id: SourceId) -> Result<Option<Known>, store::Error> {
    conn.opt(&GET, params![id.to_i64()]).await?.as_ref().map(read).transpose()
}

/// Those of the named sources that there are, in no order.
pub(crate) async fn these(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Known>, store::Error> {
    conn.all(&THESE, params![store::list(ids)]).await?.iter().map(read).collect()
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
    let adaptive = new.interval_s.is_none();
    let rules = written(&new.rules);
    let (desk, actor, now, id) = (desk.clone(), actor.clone(), desk.now(), SourceId(desk.next_id()));
    let sealed = new.login.as_ref().map(|login| login.seal(&desk.sealer, id, &url)).transpose();
    let login = sealed.map_err(|fault| Error::Invalid(vec![fault]))?;
    let store = desk.store.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    return get(tx, id.parse().map_err(|_| Error::IdempotencyMismatch)?).await;
                }
                check_pipeline(tx, pipeline).await?;
                let pipeline = pipeline.to_i64();
                let row =
                    params![id.to_i64(), url, name, pipeline, interval_s, backfill, trust, now, adaptive, login, rules];
                if tx.exec(&ADD, row).await? == 0 {
                    let id = tx.one(&BY_URL, params![url]).await?.get::<stdx::Id>(0)?;
                    return Err(Error::Exists { what: "source", name: url, id: id.to_string() });
                }
                visit_soon(&desk, tx);
                remember(tx, &actor, &id.to_string(), now).await?;
                get(tx, id).await
            })
        })
        .await
}

/// Whoever visits sources is told that one is due.
fn visit_soon(desk: &Desk, tx: &mut Tx) {
    let desk = desk.clone();
    tx.after_commit(move || desk.places.wake());
}

/// The URL in its normal form, or everything that is wrong.
fn check(desk: &Desk, new: &NewSource) -> Result<String, Error> {
    let mut faults = Vec::new();
    let url = normal(&new.url).map_err(|detail| faults.push(Fault::new("/url", detail))).unwrap_or_default();
    faults.extend(new.name.as_deref().and_then(name_fault));
    faults.extend(new.interval_s.and_then(|s| interval_fault(desk, s)));
    if new.backfill.is_some_and(|n| n > 10_000) {
        faults.push(Fault::new("/backfill", "must be 0 to 10000"));
    }
    faults.extend(new.trust.and_then(trust_fault));
    faults.extend(new.login.as_ref().and_then(Login::fault));
    faults.extend(Rules::read(&new.rules, "/rules").err().into_iter().flatten());
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
    Ok(rows.iter().map(|row| Ok(read(row)?.source)).collect::<Result<_, store::Error>>()?)
}

/// Changes a source. One that becomes active again is polled at once, with a clean slate.
pub async fn update(desk: &Desk, actor: &Actor, id: SourceId, change: Change) -> Result<Source, Error> {
    actor.may(Action::Configure)?;
    let mut faults: Vec<Fault> = change.name.as_deref().and_then(name_fault).into_iter().collect();
    faults.extend(change.interval_s.and_then(|s| interval_fault(desk, s)));
    faults.extend(change.trust.and_then(trust_fault));
    faults.extend(change.login.iter().flatten().filter_map(Login::fault));
    faults.extend(change.rules.iter().filter_map(|rules| Rules::read(rules, "/rules").err()).flatten());
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (store, inner, now) = (desk.store.clone(), desk.clone(), desk.now());
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&HOLD, params![id.to_i64()]).await?;
                let old = known(tx, id).await?;
                let mut known = old.ok_or_else(|| Error::not_found("source", id))?;
                if let Some(fault) = kind::fault(known.source.kind, &change) {
                    return Err(Error::Invalid(vec![fault]));
                }
                let was = known.source.state;
                let again = alter(&mut known, change, &inner).map_err(|fault| Error::Invalid(vec![fault]))?;
                check_pipeline(tx, known.source.pipeline).await?;
                if again {
                    known.source.next_poll_at = Some(now);
                    visit_soon(&inner, tx);
                }
                tx.exec(&UPDATE, update_values(&known)).await?;
                match known.source.state {
                    State::Active if was != State::Active => subscription::resume(&inner, tx, id, now).await?,
                    State::Active => {}
                    _ => subscription::leave(tx, id, "the source is not visited", now).await?,
                }
                inner.purge_with(tx, &[&tags::of_source(id), tags::SOURCES]).await?;
                Ok(known.source)
            })
        })
        .await
}

/// Changes what is known of a source; says whether it is to be visited again at once.
fn alter(known: &mut Known, change: Change, desk: &Desk) -> Result<bool, Fault> {
    let source = &mut known.source;
    let (was, interval) = (source.state, source.interval_s);
    source.name = change.name.map_or_else(|| source.name.clone(), |name| name.trim().to_owned());
    source.state = change.state.unwrap_or(was);
    source.interval_s = change.interval_s.unwrap_or(interval);
    let keeps_pace = change.interval_s.is_none_or(|s| s == interval);
    source.adaptive = change.adaptive.unwrap_or(source.adaptive && keeps_pace);
    source.trust = change.trust.unwrap_or(source.trust);
    source.pipeline = change.pipeline.unwrap_or(source.pipeline);
    source.rules = change.rules.unwrap_or_else(|| source.rules.clone());
    let has_new_login = change.login.is_some();
    if let Some(login) = change.login {
        known.login = login.map(|login| login.seal(&desk.sealer, source.id, &source.url)).transpose()?;
        source.has_login = known.login.is_some();
    }
    let is_back = source.state == State::Active && was != State::Active;
    if is_back {
        (source.failures, source.failing_since, source.error) = (0, None, None);
    }
    let is_due = is_back || (source.state == State::Active && (source.interval_s < interval || has_new_login));
    Ok(is_due && source.kind == Kind::Feed)
}

fn update_values(known: &Known) -> Vec<store::Value> {
    let s = &known.source;
    let (id, state, pipeline, login) = (s.id.to_i64(), s.state.name(), s.pipeline.to_i64(), known.login.clone());
    params![
        id,
        s.name,
        state,
        pipeline,
        s.interval_s,
        s.next_poll_at,
        s.failures,
        s.failing_since,
        s.error,
        s.trust,
        s.adaptive,
        login,
        written(&s.rules)
    ]
}

fn written(rules: &[Rule]) -> String {
    serde_json::to_string(rules).expect("rules always serialise")
}

/// Takes a move back: the source is read at its old address again, and does not follow that redirect any more.
///
/// # Errors
/// [`Error::NotFound`] when it has not moved; [`Error::Exists`] when another source has the old address by now.
pub async fn move_back(desk: &Desk, actor: &Actor, id: SourceId) -> Result<Source, Error> {
    actor.may(Action::Configure)?;
    let (store, inner, now) = (desk.store.clone(), desk.clone(), desk.now());
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&HOLD, params![id.to_i64()]).await?;
                let Some(old) = get(tx, id).await?.url_before else {
                    return Err(Error::not_found("move of source", id));
                };
                if let Some(row) = tx.opt(&BY_URL, params![old]).await? {
                    let other = row.get::<stdx::Id>(0)?;
                    return Err(Error::Exists { what: "source", name: old, id: other.to_string() });
                }
                tx.exec(&MOVE_BACK, params![id.to_i64(), now]).await?;
                visit_soon(&inner, tx);
                inner.purge_with(tx, &[&tags::of_source(id), tags::SOURCES]).await?;
                get(tx, id).await
            })
        })
        .await
}

#[cfg(test)]
mod tests;
