//! The calendar: when posts are published. A post is scheduled for a time, or for the next free slot of its
//! channels; blackouts hold back what nobody gave a time.

mod blackout;
mod plan;
mod slots;
mod view;
mod zone;

use std::time::Duration;

use queue::Enqueue;
use stdx::Timestamp;
use store::{Conn, Tx, params};

pub use blackout::Span;
pub use plan::{Blackout, ChannelSlots, Plan, Settings, Slot};
pub use slots::Day;
pub use view::{Brief, Calendar, DAYS_MAX, Entry, SlotView, view};
pub use zone::Zone;

use crate::jobs::PublishPost;
use crate::people::{Action, Actor, SETTING_GET, SETTING_PUT, recall, remember};
use crate::posts::{self, Command, Post};
use crate::{Desk, Error, Fault, PostId};

/// The row of the settings.
const SETTING: &str = "calendar";
/// How far ahead a post can be scheduled, in days.
const AHEAD_DAYS_MAX: u64 = 5 * 366;
/// Times of posts that are read at once while a slot is looked for.
const TAKEN_PAGE: usize = 1_000;

store::sql! {
    CHANNELS = "calendar.channels", "SELECT name FROM channel ORDER BY id LIMIT 100";
    TAKEN_DUE = "calendar.taken_due", "SELECT DISTINCT due_at FROM post WHERE due_at > $1 AND id <> $2 ORDER BY due_at LIMIT $3";
    LAST_PUBLISHED = "calendar.last_published", "SELECT published_at FROM post WHERE published_at > $1 AND id <> $2 ORDER BY published_at DESC LIMIT 1";
    PUBLISHING = "calendar.publishing", "SELECT count(*) FROM post WHERE state = 'publishing' AND id <> $1";
    SCHEDULED = "calendar.scheduled",
        "SELECT id, title, state, due_at, score FROM post WHERE due_at >= $1 AND due_at < $2 ORDER BY due_at, id LIMIT $3";
    PUBLISHED = "calendar.published",
        "SELECT id, title, state, published_at, score FROM post WHERE published_at >= $1 AND published_at < $2 AND state NOT IN ('draft', 'in_review', 'approved', 'scheduled', 'publishing', 'rejected', 'failed')
         ORDER BY published_at DESC, id DESC LIMIT $3";
    UNDERWAY = "calendar.underway",
        "SELECT id, title, state, updated_at, score FROM post WHERE state = $1 AND updated_at >= $2 AND updated_at < $3 ORDER BY updated_at DESC, id DESC LIMIT $4";
    UNSCHEDULED = "calendar.unscheduled",
        "SELECT id, title, state, version, score, topic, created_at FROM post WHERE state = $1 ORDER BY id DESC LIMIT $2";
    DELIVERED = "calendar.delivered", "SELECT d.post, c.name FROM delivery d JOIN channel c ON c.id = d.channel WHERE d.post {in:$1} ORDER BY d.post, c.id";
}

/// When an approved post is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// After the undo window, or after the blackout that holds then.
    Soon,
    At {
        due_at: Timestamp,
        /// Also in a blackout.
        force: bool,
    },
    /// In the next free slot of a channel, or of any channel that has slots.
    Next { channel: Option<String> },
}

/// A time that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub at: Timestamp,
    /// Why it is not at once, if nobody asked for that.
    pub note: Option<String>,
}

/// The settings; those of a desk on which nobody has made any are UTC without slots and blackouts.
pub async fn settings(conn: &mut Conn) -> Result<Settings, Error> {
    let Some(row) = conn.opt(&SETTING_GET, params![SETTING]).await? else { return Ok(Settings::default()) };
    let text: String = row.get(0)?;
    // Written by us from a valid value; a damaged one must not stop what is being published.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The settings, ready to work with.
pub async fn plan(conn: &mut Conn) -> Result<Plan, Error> {
    // The settings were checked when they were stored; a zone may be gone with a newer database of zones.
    let plan = settings(conn).await?.plan();
    Ok(plan.unwrap_or_else(|_| Plan { zone: Zone::utc(), channels: Vec::new(), blackouts: Vec::new() }))
}

/// The settings as people may read them.
pub async fn read_settings(desk: &Desk, actor: &Actor) -> Result<Settings, Error> {
    actor.may(Action::Configure)?;
    settings(&mut desk.store.read_fresh()).await
}

/// Replaces the settings. What is scheduled already stays where it is.
///
/// # Errors
/// [`Error::Invalid`] with all that is wrong.
pub async fn change_settings(desk: &Desk, actor: &Actor, settings: Settings) -> Result<Settings, Error> {
    actor.may(Action::Configure)?;
    let mut faults = settings.plan().err().unwrap_or_default();
    let known = channels(&mut desk.store.read_fresh()).await?;
    for name in settings.channels.keys().filter(|name| !known.contains(name)).take(20) {
        let place = format!("/channels/{}", name.replace('~', "~0").replace('/', "~1"));
        faults.push(Fault::new(place, "is no channel of this site"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let text = serde_json::to_string(&settings).expect("settings are plain data");
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&SETTING_PUT, params![SETTING, text]).await })).await?;
    Ok(settings)
}

/// Gives an approved post that is not out yet another time.
///
/// # Errors
/// [`Error::IllegalMove`] when it is not approved or its delivery has begun, [`Error::Blackout`] when the time lies
/// in one and nobody insists, [`Error::Invalid`] when it has passed or there is no slot.
pub async fn schedule(desk: &Desk, actor: &Actor, id: PostId, when: When) -> Result<Post, Error> {
    actor.may(Action::Publish)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    // What cannot be moved at all is refused before a slot is looked for.
                    let (_, life) = posts::load(tx, id).await?;
                    life.decide(id, &actor.principal.to_string(), &Command::Reschedule { due_at: d.now() })?;
                    let due = due(&d, tx, id, &when, d.now()).await?;
                    reschedule(&d, tx, &actor, id, due.at).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

/// Moves an approved post to another time. The job for its former time finds another one and does nothing.
pub(crate) async fn reschedule(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    due_at: Timestamp,
) -> Result<(), Error> {
    let before = posts::get(tx, id).await?.due_at;
    let life = posts::execute(desk, tx, actor, id, Command::Reschedule { due_at }).await?;
    if let Some(version) = life.approved.filter(|_| before != Some(due_at)) {
        let job = PublishPost { post: id, version, due_at: Some(due_at) };
        desk.queue.enqueue(tx, &job, Enqueue::at(due_at)).await?;
    }
    Ok(())
}

/// The time that `when` means for a post; `soon` is when it would go out if nothing spoke against it. A slot stays
/// free for this post until the transaction ends.
pub(crate) async fn due(desk: &Desk, tx: &mut Tx, id: PostId, when: &When, soon: Timestamp) -> Result<Due, Error> {
    let now = desk.now();
    if *when != When::Soon {
        // Whoever looks for a slot waits here for those who have found one and not committed yet.
        tx.exec(&SETTING_PUT, params!["calendar.turn", now.to_string()]).await?;
    }
    let plan = plan(tx).await?;
    match when {
        When::Soon => {
            let at = plan.clear_from(soon);
            let note = plan.blackout_at(soon).map(|span| {
                format!("it waits until {}, as nothing is published in {:?}", plan.zone.show(at), span.name)
            });
            Ok(Due { at, note })
        }
        When::At { due_at, force } => {
            if *due_at < now {
                return Err(Error::invalid("/due_at", "has passed"));
            }
            if *due_at > now + Duration::from_secs(AHEAD_DAYS_MAX * 86_400) {
                return Err(Error::invalid("/due_at", format!("must lie within {AHEAD_DAYS_MAX} days")));
            }
            match plan.blackout_at(*due_at) {
                Some(span) if !force => {
                    Err(Error::Blackout { name: span.name, at: *due_at, next_free: plan.clear_from(*due_at) })
                }
                _ => Ok(Due { at: *due_at, note: None }),
            }
        }
        When::Next { channel } => {
            let at = next_free(desk, tx, &plan, channel.as_deref(), now, Some(id)).await?;
            Ok(Due { at, note: None })
        }
    }
}

/// The next free slot of a channel, or of any, behind `after` (now at the earliest). Holds it for nobody.
///
/// # Errors
/// [`Error::Invalid`] when there is none.
pub async fn next_slot(
    desk: &Desk,
    actor: &Actor,
    channel: Option<&str>,
    after: Option<Timestamp>,
) -> Result<Timestamp, Error> {
    actor.may(Action::Read)?;
    let mut conn = desk.store.read_fresh();
    let plan = plan(&mut conn).await?;
    let after = after.unwrap_or(Timestamp::EPOCH).max(desk.now());
    if after > desk.now() + Duration::from_secs(AHEAD_DAYS_MAX * 86_400) {
        return Err(Error::invalid("/after", format!("must lie within {AHEAD_DAYS_MAX} days")));
    }
    next_free(desk, &mut conn, &plan, channel, after, None).await
}

async fn next_free(
    desk: &Desk,
    conn: &mut Conn,
    plan: &Plan,
    channel: Option<&str>,
    after: Timestamp,
    beside: Option<PostId>,
) -> Result<Timestamp, Error> {
    let asked = |name: &str| channel.is_none_or(|asked| asked == name);
    let slots: Vec<_> = plan.channels.iter().filter(|(name, _)| asked(name)).map(|(_, slots)| slots).collect();
    let Some(reach) = slots.iter().map(|slots| slots.reach()).max() else {
        let whose = channel.map_or("no channel has".to_owned(), |name| format!("channel {name:?} does not have"));
        return Err(Error::invalid("/slot", format!("{whose} any slots")));
    };
    let beside = beside.map_or(0, PostId::to_i64);
    let mut taken = recently(desk, conn, after - reach, beside).await?;
    // Every post that is due goes to every channel, so that it takes a slot of each.
    let mut cursor = after - reach;
    loop {
        let rows = conn.all(&TAKEN_DUE, params![cursor, beside, TAKEN_PAGE as i64]).await?;
        for row in &rows {
            cursor = row.get(0)?;
            taken.push(cursor);
        }
        taken.sort_unstable();
        let is_whole = rows.len() < TAKEN_PAGE;
        let known = if is_whole { Timestamp::from_micros(i64::MAX) } else { cursor - reach };
        let found = slots.iter().filter_map(|slots| plan.first_free(slots, after, &taken, known)).min();
        match found {
            Some(at) => return Ok(at),
            None if is_whole => return Err(Error::invalid("/slot", "none is free in the next two years")),
            None => {}
        }
    }
}

/// When posts went out that may take a slot still to come; those on their way count as now. Of those that are out
/// the last one takes every slot that another takes too.
async fn recently(desk: &Desk, conn: &mut Conn, since: Timestamp, beside: i64) -> Result<Vec<Timestamp>, Error> {
    let last = conn.opt(&LAST_PUBLISHED, params![since, beside]).await?;
    let mut taken = last.iter().map(|row| row.get(0)).collect::<Result<Vec<_>, store::Error>>()?;
    if conn.one(&PUBLISHING, params![beside]).await?.get::<i64>(0)? > 0 {
        taken.push(desk.now());
    }
    Ok(taken)
}

/// The names of all channels.
async fn channels(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows = conn.all(&CHANNELS, params![]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, store::Error>>()?)
}

#[cfg(test)]
mod tests;
