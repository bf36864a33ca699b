//! What comes without our asking goes the way of what a visit brings, in one transaction: the same identity, versions, rules
//! and copies. The source is not planned anew by it.

use queue::Enqueued;
use stdx::Timestamp;
use store::{Tx, params};

use super::answer::{Seen, judge};
use super::fill::{self, Document, Entry};
use super::poll::see_to_assignment;
use super::save::{Reading, Way, follow, write_document};
use crate::desk::kept::Fetched;
use crate::sources::rules::Rules;
use crate::sources::{self, Known, Outcome, Visit, subscription};
use crate::{Desk, Error, ItemId, Signal, SourceId, tags};

store::sql! {
    TAKE = "push.take", "INSERT INTO hook_taken (source, id, at) VALUES ($1, $2, $3) ON CONFLICT (source, id) DO NOTHING";
    FORGET = "push.forget", "DELETE FROM hook_taken WHERE source = $1 AND at < $2";
}

/// A repetition is recognised for so long; senders give up after three days (Standard Webhooks, retry schedule).
const KNOWN_FOR: std::time::Duration = std::time::Duration::from_secs(7 * 86_400);

/// Something that was brought.
pub(super) struct Push {
    pub way: Way,
    pub known: Known,
    pub document: Document,
    pub at: Timestamp,
    /// Of what came.
    pub bytes: usize,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    pub source: SourceId,
    /// In a few words.
    pub outcome: String,
    pub new_items: u32,
    at: Timestamp,
    follow_up: Option<Enqueued>,
}

/// A feed made ready to be stored, by the rules of its source.
pub(super) fn ready(feed: feed::Feed, known: &Known, now: Timestamp) -> Document {
    let mut document = fill::document(feed, now);
    judge(&Rules::read(&known.source.rules, "").unwrap_or_default(), &mut document);
    document
}

/// Whether a delivery of this id is new; it is known from now on, if the transaction is committed.
pub(super) async fn is_new(tx: &mut Tx, source: SourceId, id: &str, now: Timestamp) -> Result<bool, Error> {
    tx.exec(&FORGET, params![source.to_i64(), now - KNOWN_FOR]).await?;
    Ok(tx.exec(&TAKE, params![source.to_i64(), id, now]).await? == 1)
}

/// Stores what was brought.
pub(super) async fn write(desk: &Desk, tx: &mut Tx, push: &Push) -> Result<Pushed, Error> {
    let id = push.known.source.id;
    // One at a time: two deliveries may bring the same item.
    tx.exec(&sources::HOLD, params![id.to_i64()]).await?;
    let visit = Visit {
        at: push.at,
        outcome: Outcome::Read,
        detail: String::new(),
        ms: None,
        bytes: i64::try_from(push.bytes).unwrap_or(i64::MAX),
        new_items: 0,
    };
    let seen = Seen { document: Some(push.document.clone()), ..Seen::default() };
    let reading = Reading { way: push.way, known: push.known.clone(), seen, visit };
    let tally = write_document(desk, tx, &reading).await?;
    let (outcome, new_items) = (tally.outcome(), tally.new_items());
    if push.way == Way::Relayed {
        tx.exec(&sources::RELAYED, params![id.to_i64(), outcome, i64::from(new_items)]).await?;
        subscription::heard(tx, id, push.at).await?;
    } else {
        tx.exec(&sources::PUSHED, params![id.to_i64(), push.at, outcome, i64::from(new_items)]).await?;
    }
    sources::record(tx, id, &Visit { detail: outcome.clone(), new_items, ..reading.visit.clone() }).await?;
    let follow_up = follow(desk, tx, &reading, &tally).await?;
    Ok(Pushed { source: id, outcome, new_items, at: push.at, follow_up })
}

/// The item that an entry has become.
pub(super) async fn stored(tx: &mut Tx, source: SourceId, entry: &Entry) -> Result<Option<ItemId>, Error> {
    let keys = [entry.keys.precise.as_str(), entry.keys.plain.as_str()];
    let rows = tx.all(&super::BROUGHT, params![source.to_i64(), store::texts(&keys)]).await?;
    let found = rows.iter().map(|row| Ok((ItemId(row.get(0)?), row.get(1)?)));
    let found: Vec<(ItemId, String)> = found.collect::<Result<_, store::Error>>()?;
    Ok(keys.iter().find_map(|key| found.iter().find(|(_, known)| known == key)).map(|(id, _)| *id))
}

/// Tells of it after the commit.
pub(super) async fn tell(desk: &Desk, pushed: &Pushed) -> Result<(), Error> {
    let Pushed { source, outcome, new_items, at, follow_up } = pushed;
    desk.kept.fetched.put(
        &source.to_string(),
        &[&tags::of_source(*source)],
        Fetched { at: *at, new_items: *new_items },
    );
    desk.signal(Signal::Source { id: *source, outcome: outcome.clone(), new_items: *new_items, at: *at });
    if let Some(Enqueued::Duplicate(holder)) = follow_up {
        see_to_assignment(desk, *holder).await?;
    }
    Ok(())
}
