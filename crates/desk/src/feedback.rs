//! Feedback: what people made of versions, with the score each had, so that later models can learn from it.
//!
//! It is written in the transaction of the rating, edit, approval or rejection it tells of. What the desk does by
//! itself is nobody's opinion and is not written. A decision that its author takes back is forgotten: a slip teaches
//! nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use stdx::Timestamp;
use store::{Row, Tx, params};

use crate::people::{Action, Actor, Principal};
use crate::posts;
use crate::{Desk, Error, FeedbackId, PostId, Version};

store::sql! {
    JUDGED = "feedback.judged", "SELECT score, analysis FROM post_version WHERE post = $1 AND version = $2";
    DROP = "feedback.drop", "DELETE FROM feedback WHERE post = $1 AND version = $2 AND kind = $3 AND by_actor = $4";
    DROP_ALL = "feedback.drop_all", "DELETE FROM feedback WHERE post = $1 AND version = $2 AND kind = $3";
    ADD = "feedback.add",
        "INSERT INTO feedback (id, post, version, kind, rating, changed, reason, by_actor, at, score, parts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    LIST = "feedback.list", "SELECT id, post, version, kind, rating, changed, reason, by_actor, at, score, parts FROM feedback WHERE id < $1 ORDER BY id DESC LIMIT $2";
    LIST_KIND = "feedback.list_kind",
        "SELECT id, post, version, kind, rating, changed, reason, by_actor, at, score, parts FROM feedback WHERE kind = $3 AND id < $1 ORDER BY id DESC LIMIT $2";
    LIST_POST = "feedback.list_post",
        "SELECT id, post, version, kind, rating, changed, reason, by_actor, at, score, parts FROM feedback
         WHERE post = $3 AND ($4 = '' OR kind = $4) AND id < $1 ORDER BY id DESC LIMIT $2";
}

/// What somebody did with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rating,
    /// They wrote another version in its place.
    Edit,
    Rejection,
    Approval,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Rating, Kind::Edit, Kind::Rejection, Kind::Approval];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Rating => "rating",
            Kind::Edit => "edit",
            Kind::Rejection => "rejection",
            Kind::Approval => "approval",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Kind::ALL.into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

/// One word on one version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Feedback {
    pub id: FeedbackId,
    pub post: PostId,
    /// The version it judges.
    pub version: Version,
    /// A name of [`Kind`].
    pub kind: String,
    /// 1 to 5; of ratings alone.
    pub rating: Option<u32>,
    /// The share of the words that an edit replaced, 0 to 1; of edits alone.
    pub changed: Option<f64>,
    /// What was said about it; may be empty.
    pub reason: String,
    /// The principal.
    pub by: String,
    pub at: Timestamp,
    /// The judged version's quality, 0 to 1, and the parts it was made of, as they were then.
    pub score: f64,
    pub parts: BTreeMap<String, f64>,
}

/// Which feedback a list holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub post: Option<PostId>,
    /// The last one of the page before.
    pub after: Option<FeedbackId>,
    pub limit: u32,
}

/// What is to be written down.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    Rating(u32),
    Edit { changed: f64 },
    Rejection,
    Approval,
}

impl Word {
    fn kind(self) -> Kind {
        match self {
            Word::Rating(_) => Kind::Rating,
            Word::Edit { .. } => Kind::Edit,
            Word::Rejection => Kind::Rejection,
            Word::Approval => Kind::Approval,
        }
    }
}

/// Writes down what the actor made of a version; their earlier word of the same kind on it no longer counts.
pub(crate) async fn note(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    post: PostId,
    version: Version,
    word: Word,
    reason: &str,
) -> Result<(), Error> {
    if actor.principal == Principal::System {
        return Ok(());
    }
    let (kind, by) = (word.kind().name(), actor.principal.to_string());
    let judged = tx.opt(&JUDGED, params![post.to_i64(), version]).await?;
    let judged = judged.ok_or_else(|| Error::not_found("version", format!("{version} of post {post}")))?;
    let parts = serde_json::to_string(&parts(judged.text(1)?)).expect("numbers by name are plain data");
    let rating = if let Word::Rating(rating) = word { Some(rating) } else { None };
    let changed = if let Word::Edit { changed } = word { Some(changed) } else { None };
    tx.exec(&DROP, params![post.to_i64(), version, kind, by]).await?;
    let (id, score) = (desk.next_id(), judged.get::<f64>(0)?);
    let values = params![id, post.to_i64(), version, kind, rating, changed, reason, by, desk.now(), score, parts];
    tx.exec(&ADD, values).await?;
    Ok(())
}

/// Forgets the actor's word of this kind.
pub(crate) async fn take_back(
    tx: &mut Tx,
    actor: &Actor,
    post: PostId,
    version: Version,
    kind: Kind,
) -> Result<(), Error> {
    tx.exec(&DROP, params![post.to_i64(), version, kind.name(), actor.principal.to_string()]).await?;
    Ok(())
}

/// Forgets everybody's words of this kind on the version.
pub(crate) async fn undo(tx: &mut Tx, post: PostId, version: Version, kind: Kind) -> Result<(), Error> {
    tx.exec(&DROP_ALL, params![post.to_i64(), version, kind.name()]).await?;
    Ok(())
}

/// How much of a text an edit replaced: words that went and came, of all words of both texts; 0 to 1.
pub(crate) fn changed(old: &str, new: &str) -> f64 {
    let (mut touched, mut all) = (0, 0);
    for span in text::diff::words(old, new) {
        let words = span.text.split_whitespace().count();
        match span.op {
            text::diff::Op::Same => all += 2 * words,
            text::diff::Op::Add | text::diff::Op::Del => (touched, all) = (touched + words, all + words),
        }
    }
    touched as f64 / all.max(1) as f64
}

/// What people made of versions, newest first; 200 at most.
pub async fn list(desk: &Desk, actor: &Actor, filter: &Filter) -> Result<Vec<Feedback>, Error> {
    actor.may(Action::Read)?;
    let before = filter.after.map_or(i64::MAX, FeedbackId::to_i64);
    let limit = i64::from(filter.limit.clamp(1, 200));
    let mut conn = desk.store.read();
    let rows = match (filter.post, filter.kind) {
        (None, None) => conn.all(&LIST, params![before, limit]).await?,
        (None, Some(kind)) => conn.all(&LIST_KIND, params![before, limit, kind.name()]).await?,
        (Some(post), kind) => {
            posts::get(&mut conn, post).await?;
            conn.all(&LIST_POST, params![before, limit, post.to_i64(), kind.map_or("", Kind::name)]).await?
        }
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &Row) -> Result<Feedback, store::Error> {
    Ok(Feedback {
        id: FeedbackId(row.get(0)?),
        post: PostId(row.get(1)?),
        version: row.get(2)?,
        kind: row.get(3)?,
        rating: row.get(4)?,
        changed: row.get(5)?,
        reason: row.get(6)?,
        by: row.get(7)?,
        at: row.get(8)?,
        score: row.get(9)?,
        parts: serde_json::from_str(row.text(10)?).unwrap_or_default(),
    })
}

/// The parts of the score by name, from an analysis as it is stored.
fn parts(analysis: &str) -> BTreeMap<String, f64> {
    let analysis: Json = serde_json::from_str(analysis).unwrap_or_default();
    let part = |part: &Json| Some((part["name"].as_str()?.to_owned(), part["value"].as_f64()?));
    analysis["score_parts"].as_array().into_iter().flatten().filter_map(part).collect()
}

#[cfg(test)]
mod tests;
