//! What stands in the calendar between two moments.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, params};

use super::blackout::Span;
use super::slots::Slots;
use super::{DELIVERED, PUBLISHED, SCHEDULED, UNDERWAY, UNSCHEDULED, channels, plan};
use crate::people::{Action, Actor};
use crate::posts::State;
use crate::{Desk, Error, PostId, Version};

/// Longest time that is shown at once, in days.
pub const DAYS_MAX: u64 = 62;
/// Posts that are shown at most: those that are due, and again those that went out.
const ENTRIES_MAX: usize = 2_000;
/// Posts without a time that are shown at most, of each state.
const UNSCHEDULED_MAX: usize = 100;
/// Posts whose channels are asked for at once.
const PAGE: usize = 500;

/// What stands in the calendar between two moments.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The site's zone, in which its days begin.
    pub zone: String,
    /// In order. Of more than 2,000 that are due the first, of more than 2,000 that went out the last.
    pub entries: Vec<Entry>,
    pub is_whole: bool,
    /// In order, with the post that takes each.
    pub slots: Vec<SlotView>,
    /// In order, uncut.
    pub blackouts: Vec<Span>,
    /// What waits for a decision or a time, newest first.
    pub unscheduled: Vec<Brief>,
}

/// A post in the calendar. One that is published and has an approved update stands there twice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub post: PostId,
    pub title: String,
    pub state: State,
    /// When it is due or was published first; for one on its way or failed, when that happened.
    pub at: Timestamp,
    pub score: f64,
    pub channels: Vec<String>,
    /// It has been published or is on its way: it cannot be moved.
    pub fixed: bool,
}

/// A slot of a channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlotView {
    pub channel: String,
    pub at: Timestamp,
    pub post: Option<PostId>,
}

/// A post without a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Brief {
    pub post: PostId,
    pub title: String,
    pub state: State,
    pub version: Version,
    pub score: f64,
    pub topic: String,
    pub created_at: Timestamp,
}

/// The calendar from one moment to before another.
///
/// # Errors
/// [`Error::Invalid`] when `to` is not 1 µs to [`DAYS_MAX`] days later than `from`.
pub async fn view(desk: &Desk, actor: &Actor, from: Timestamp, to: Timestamp) -> Result<Calendar, Error> {
    actor.may(Action::Read)?;
    let (oldest, newest) = (Timestamp::EPOCH, Timestamp::from_seconds(230 * 365 * 86_400));
    if to <= from || to.since(from) > Duration::from_secs(DAYS_MAX * 86_400) || from < oldest || to > newest {
        return Err(Error::invalid("/to", format!("must be later than from, by {DAYS_MAX} days at most")));
    }
    desk.store.snapshot(move |conn| Box::pin(async move { read(conn, from, to).await })).await
}

async fn read(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<Calendar, Error> {
    let plan = plan(conn).await?;
    let most = ENTRIES_MAX as i64;
    // Posts a little outside may take slots within.
    let reach = plan.channels.iter().map(|(_, slots)| slots.reach()).max().unwrap_or(Duration::ZERO);
    let mut entries = Vec::new();
    let mut is_whole = true;
    let (begin, end) = (from - reach, to + reach);
    let mut take = |rows: Vec<Row>, is_due: bool| -> Result<(), Error> {
        is_whole &= rows.len() < ENTRIES_MAX;
        entries.extend(rows.iter().map(|row| entry(row, is_due)).collect::<Result<Vec<_>, _>>()?);
        Ok(())
    };
    take(conn.all(&SCHEDULED, params![begin, end, most]).await?, true)?;
    take(conn.all(&PUBLISHED, params![begin, end, most]).await?, false)?;
    for state in [State::Publishing, State::Failed] {
        take(conn.all(&UNDERWAY, params![state.name(), begin, end, most]).await?, false)?;
    }
    entries.sort_by_key(|entry| (entry.at, entry.post));

    // What has failed takes no slot.
    let live: Vec<(Timestamp, PostId)> =
        entries.iter().filter(|entry| entry.state != State::Failed).map(|entry| (entry.at, entry.post)).collect();
    let times: Vec<Timestamp> = live.iter().map(|(at, _)| *at).collect();
    let before = Timestamp::from_micros(from.micros() - 1);
    let mut slots = Vec::new();
    for (channel, rules) in &plan.channels {
        let within = rules.after(&plan.zone, before).take_while(|at| *at < to);
        slots.extend(within.map(|at| {
            let post = nearest(rules, at, &times).map(|index| live[index].1);
            SlotView { channel: channel.clone(), at, post }
        }));
    }
    slots.sort_by(|a, b| (a.at, &a.channel).cmp(&(b.at, &b.channel)));

    entries.retain(|entry| entry.at >= from && entry.at < to);
    name_channels(conn, &mut entries).await?;
    let mut blackouts: Vec<Span> =
        plan.blackouts.iter().flat_map(|blackout| blackout.spans(&plan.zone, from, to)).collect();
    blackouts.sort_by_key(|span| (span.from, span.to));
    let mut unscheduled = Vec::new();
    for state in [State::Approved, State::InReview] {
        let rows = conn.all(&UNSCHEDULED, params![state.name(), UNSCHEDULED_MAX as i64]).await?;
        unscheduled.extend(rows.iter().map(brief).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Calendar { zone: plan.zone.name().to_owned(), entries, is_whole, slots, blackouts, unscheduled })
}

/// Of the posts that take a slot the nearest.
fn nearest(slots: &Slots, slot: Timestamp, times: &[Timestamp]) -> Option<usize> {
    let first = slots.taken_by(slot, times)?;
    let near = times[first..].iter().take_while(|at| **at < slot + slots.reach());
    let distance = |at: Timestamp| at.since(slot).max(slot.since(at));
    near.enumerate().min_by_key(|(_, at)| distance(**at)).map(|(index, _)| first + index)
}

/// A post that is due goes to all channels; one that went out is where it was delivered.
async fn name_channels(conn: &mut Conn, entries: &mut [Entry]) -> Result<(), Error> {
    let all = channels(conn).await?;
    let out: Vec<i64> = entries.iter().filter(|entry| entry.fixed).map(|entry| entry.post.to_i64()).collect();
    let mut delivered: HashMap<PostId, Vec<String>> = HashMap::new();
    for ids in out.chunks(PAGE) {
        for row in conn.all(&DELIVERED, params![store::list(ids)]).await? {
            delivered.entry(PostId(row.get(0)?)).or_default().push(row.get(1)?);
        }
    }
    for entry in entries {
        entry.channels =
            if entry.fixed { delivered.get(&entry.post).cloned().unwrap_or_default() } else { all.clone() };
    }
    Ok(())
}

fn entry(row: &Row, is_due: bool) -> Result<Entry, store::Error> {
    Ok(Entry {
        post: PostId(row.get(0)?),
        title: row.get(1)?,
        state: state(row)?,
        at: row.get(3)?,
        score: row.get(4)?,
        channels: Vec::new(),
        // An update of a published post can be moved, the post itself cannot.
        fixed: !is_due,
    })
}

fn brief(row: &Row) -> Result<Brief, store::Error> {
    Ok(Brief {
        post: PostId(row.get(0)?),
        title: row.get(1)?,
        state: state(row)?,
        version: row.get(3)?,
        score: row.get(4)?,
        topic: row.get(5)?,
        created_at: row.get(6)?,
    })
}

fn state(row: &Row) -> Result<State, store::Error> {
    let state: String = row.get(2)?;
    state.parse().map_err(|()| store::Error::Decode { column: 2, wanted: "a post's state", found: "another word" })
}
