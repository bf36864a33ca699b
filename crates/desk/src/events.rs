//! The log of facts that a post's state is derived from.
//!
//! A stream is a post; its events are numbered from 1 without a gap, and that number is the
//! expected-version check. Events hold ids and facts, never texts: those stand in `post_version`.

use std::fmt;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use crate::{ChannelId, Error, PipelineId, PostId, StoryId, Version};

/// One fact about a post. The names and fields are kept for good: logs outlive releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Created {
        pipeline: PipelineId,
        story: Option<StoryId>,
    },
    VersionAdded {
        version: Version,
    },
    Submitted {
        version: Version,
    },
    /// Approved by one of the two people that it takes. `vouched_by`: who made the link, if a guest did it.
    Endorsed {
        version: Version,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vouched_by: Option<String>,
    },
    Approved {
        version: Version,
        automatic: bool,
    },
    Rejected {
        version: Version,
    },
    ApprovalWithdrawn {
        version: Version,
    },
    Scheduled {
        version: Version,
        due_at: Timestamp,
    },
    Rescheduled {
        version: Version,
        due_at: Timestamp,
    },
    Reopened {},
    PublishingStarted {
        version: Version,
    },
    DeliveryStarted {
        channel: ChannelId,
        version: Version,
        key: String,
    },
    DeliveryLive {
        channel: ChannelId,
        version: Version,
        remote_id: String,
    },
    DeliveryFailed {
        channel: ChannelId,
        version: Version,
    },
    DeliveryWithdrawn {
        channel: ChannelId,
    },
    Published {
        version: Version,
    },
    PublishingFailed {
        version: Version,
    },
    Retracted {},
}

impl Event {
    /// The name of the fact, as it is stored and sent to those who watch.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Created { .. } => "created",
            Event::VersionAdded { .. } => "version_added",
            Event::Submitted { .. } => "submitted",
            Event::Endorsed { .. } => "endorsed",
            Event::Approved { .. } => "approved",
            Event::Rejected { .. } => "rejected",
            Event::ApprovalWithdrawn { .. } => "approval_withdrawn",
            Event::Scheduled { .. } => "scheduled",
            Event::Rescheduled { .. } => "rescheduled",
            Event::Reopened {} => "reopened",
            Event::PublishingStarted { .. } => "publishing_started",
            Event::DeliveryStarted { .. } => "delivery_started",
            Event::DeliveryLive { .. } => "delivery_live",
            Event::DeliveryFailed { .. } => "delivery_failed",
            Event::DeliveryWithdrawn { .. } => "delivery_withdrawn",
            Event::Published { .. } => "published",
            Event::PublishingFailed { .. } => "publishing_failed",
            Event::Retracted {} => "retracted",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// An event with its place in the log.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Place in the whole log.
    pub pos: i64,
    pub post: PostId,
    /// Place in the post's stream, from 1.
    pub version: u32,
    pub actor: String,
    pub at: Timestamp,
    #[serde(flatten)]
    pub event: Event,
}

/// Where an event stands in the whole log: readers order by transaction, then by number, since a number that is
/// taken early may be committed late. Written `transaction.number`; the transaction is 0 on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    pub xid: i64,
    pub pos: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xid, self.pos)
    }
}

store::sql! {
    ADD = "events.add",
        sqlite "INSERT INTO event (stream, version, kind, schema_v, actor, at, data) VALUES ($1, $2, $3, 1, $4, $5, $6) ON CONFLICT (stream, version) DO NOTHING RETURNING xid, pos",
        postgres "INSERT INTO event (stream, version, kind, schema_v, actor, at, data) VALUES ($1, $2, $3, 1, $4, $5, $6) ON CONFLICT (stream, version) DO NOTHING RETURNING xid::text::bigint, pos";
    DUE = "events.due", "SELECT pos, stream, version, actor, at, data FROM event WHERE stream = $1 AND kind IN ('scheduled', 'rescheduled') ORDER BY version DESC LIMIT 1";
    STREAM = "events.stream", "SELECT pos, stream, version, actor, at, data FROM event WHERE stream = $1 ORDER BY version LIMIT 10000";
}

/// Writes `events` behind the first `expected` ones of the post's stream; their places in the log, in order.
///
/// # Errors
/// [`Error::Conflict`] when the stream has moved on since it was read.
pub(crate) async fn append(
    tx: &mut Tx,
    post: PostId,
    expected: u32,
    events: &[Event],
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Position>, Error> {
    let mut positions = Vec::new();
    for (version, event) in (expected + 1..).zip(events) {
        let data = serde_json::to_string(event).expect("an event is plain data");
        let row = tx.opt(&ADD, params![post.to_i64(), version, event.kind(), actor, now, data]).await?;
        let row = row.ok_or(Error::Conflict(post))?;
        positions.push(Position { xid: row.get(0)?, pos: row.get(1)? });
    }
    Ok(positions)
}

/// The post's whole stream, in order.
pub async fn stream(conn: &mut Conn, post: PostId) -> Result<Vec<Recorded>, Error> {
    conn.all(&STREAM, params![post.to_i64()]).await?.iter().map(read).collect()
}

/// The time that the post was given last, whether or not it has been published since.
pub(crate) async fn last_due(conn: &mut Conn, post: PostId) -> Result<Option<Timestamp>, Error> {
    let row = conn.opt(&DUE, params![post.to_i64()]).await?;
    Ok(row.as_ref().map(read).transpose()?.and_then(|recorded| match recorded.event {
        Event::Scheduled { due_at, .. } | Event::Rescheduled { due_at, .. } => Some(due_at),
        _ => None,
    }))
}

fn read(row: &Row) -> Result<Recorded, Error> {
    let data: String = row.get(5)?;
    let damaged = |_| store::Error::Decode { column: 5, wanted: "an event", found: "something else" };
    let event = serde_json::from_str(&data).map_err(damaged)?;
    Ok(Recorded {
        pos: row.get(0)?,
        post: PostId(row.get(1)?),
        version: row.get(2)?,
        actor: row.get(3)?,
        at: row.get(4)?,
        event,
    })
}
