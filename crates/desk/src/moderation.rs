//! Moderation: what people, guests and a pipeline's policy say about a version.
//!
//! Invariants: a decision names the version it judges; where two people must approve, nobody does it alone,
//! whatever links, edits and keys of their own they use; what was decided, by whom and why stands in the list of
//! [`reviews`].

mod approve;
pub mod bulk;
mod choose;
pub mod claim;
pub mod copy;
pub mod link;
mod policy;
mod publish;
pub mod rating;
mod reject;
mod write;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Family, Gauge, Metric};
use store::{Conn, Tx, params};

pub use approve::{approve, withdraw_approval};
pub(crate) use approve::{submit_to_people, submit_to_policy};
pub use choose::choose;
pub use policy::{Check, Facts, judge};
pub use publish::{publish_now, retract};
pub use reject::{reject, reopen};
pub(crate) use write::replace_in;
pub use write::{NewPost, edit, edit_and_approve, restore, write, write_own};

use crate::people::{Actor, Principal};
pub use crate::posts::Edit;
use crate::posts::{self, State};
use crate::{Desk, Error, PostId, ReviewId, Version};

static DECISIONS: Family<Counter> = Family::new(&["decision", "by"], 30);
static WAITING: Gauge = Gauge::new();
static OLDEST: Gauge = Gauge::new();

/// The module's metric cells.
pub static METRICS: &[Metric] = &[
    Metric { name: "copydesk_reviews_total", help: "Decisions on versions", cell: Cell::Counters(&DECISIONS) },
    Metric { name: "copydesk_moderation_waiting", help: "Posts in review", cell: Cell::Gauge(&WAITING) },
    Metric {
        name: "copydesk_moderation_oldest_seconds",
        help: "Age of the post that waits longest for a decision",
        cell: Cell::Gauge(&OLDEST),
    },
];

/// A decision that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    pub id: ReviewId,
    pub post: PostId,
    pub version: Version,
    /// `approved`, `endorsed` (the first of two people), `rejected`, `held` (the policy left it to a person),
    /// `withdrawn` or `reopened`.
    pub decision: String,
    pub by: String,
    pub reason: String,
    /// What a policy looked at; empty for people.
    pub reasons: Vec<Check>,
    pub at: Timestamp,
}

/// What is waiting for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub posts: u64,
    /// Since when the one waits that has waited longest.
    pub oldest_at: Option<Timestamp>,
}

store::sql! {
    REVIEW_ADD = "moderation.review_add", "INSERT INTO review (id, post, version, decision, by_actor, reason, reasons, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    REVIEWS = "moderation.reviews", "SELECT id, post, version, decision, by_actor, reason, reasons, at FROM review WHERE post = $1 ORDER BY id DESC LIMIT $2";
    WAITING_COUNT = "moderation.waiting", "SELECT count(*) FROM post WHERE state = $1";
    WAITING_OLDEST = "moderation.waiting_oldest", "SELECT updated_at FROM post WHERE state = $1 ORDER BY updated_at, id LIMIT 1";
}

/// The statements of the module's parts.
pub(crate) fn parts() -> Vec<&'static store::Statement> {
    [policy::STATEMENTS, claim::STATEMENTS, rating::STATEMENTS, copy::STATEMENTS, link::STATEMENTS, bulk::STATEMENTS]
        .concat()
}

/// The decisions on a post, newest first, at most 200.
pub async fn reviews(conn: &mut Conn, id: PostId) -> Result<Vec<Review>, Error> {
    read_reviews(conn, id, 200).await
}

/// The last decision on a post.
pub async fn last_review(conn: &mut Conn, id: PostId) -> Result<Option<Review>, Error> {
    Ok(read_reviews(conn, id, 1).await?.pop())
}

async fn read_reviews(conn: &mut Conn, id: PostId, limit: i64) -> Result<Vec<Review>, Error> {
    let rows = conn.all(&REVIEWS, params![id.to_i64(), limit]).await?;
    let read = |row: &store::Row| -> Result<Review, store::Error> {
        Ok(Review {
            id: ReviewId(row.get(0)?),
            post: PostId(row.get(1)?),
            version: row.get(2)?,
            decision: row.get(3)?,
            by: row.get(4)?,
            reason: row.get(5)?,
            reasons: serde_json::from_str(&row.get::<String>(6)?).unwrap_or_default(),
            at: row.get(7)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// How much waits, and since when; also sets the gauges.
pub async fn measure(desk: &Desk) -> Result<Waiting, Error> {
    let posts = desk.store.read().one(&WAITING_COUNT, params![State::InReview.name()]).await?.get::<i64>(0)?;
    let oldest_at = waiting_since(desk).await?;
    WAITING.set(posts);
    OLDEST.set(oldest_at.map_or(0, |at| desk.now().since(at).as_secs() as i64));
    Ok(Waiting { posts: posts as u64, oldest_at })
}

/// Since when the post that has waited longest for a decision has waited.
pub async fn waiting_since(desk: &Desk) -> Result<Option<Timestamp>, Error> {
    let row = desk.store.read().opt(&WAITING_OLDEST, params![State::InReview.name()]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// A decision as it is written down.
struct Decision<'a> {
    post: PostId,
    version: Version,
    word: &'static str,
    reason: &'a str,
    reasons: &'a [Check],
}

async fn record(desk: &Desk, tx: &mut Tx, actor: &Actor, decision: Decision<'_>) -> Result<(), Error> {
    let Decision { post, version, word, reason, reasons } = decision;
    let checks = serde_json::to_string(reasons).expect("checks are plain data");
    let by = actor.principal.to_string();
    let values = params![desk.next_id(), post.to_i64(), version, word, by, reason, checks, desk.now()];
    tx.exec(&REVIEW_ADD, values).await?;
    posts::set_reason(tx, post, reason).await?;
    let by = match actor.principal {
        Principal::System => "policy",
        Principal::Link(_) => "guest",
        Principal::Key(_) | Principal::User(_) => "person",
    };
    tx.after_commit(move || DECISIONS.with(&[word, by]).inc());
    Ok(())
}

#[cfg(test)]
mod tests;
