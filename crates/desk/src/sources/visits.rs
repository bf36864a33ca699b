//! The last visits of a source: when, how long, what came of it.

use serde::Serialize;
use stdx::Timestamp;
use store::{Tx, params};

use crate::people::{Action, Actor};
use crate::{Desk, Error, SourceId};

/// One visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    pub at: Timestamp,
    pub outcome: Outcome,
    /// What it brought in a few words, or why it failed in one sentence.
    pub detail: String,
    /// From the question to the whole answer; `None` without an answer.
    pub ms: Option<u32>,
    /// Of the body, as they came.
    pub bytes: i64,
    pub new_items: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A document that differs from the one before.
    Read,
    Unchanged,
    Failed,
}

impl Outcome {
    pub const ALL: [Outcome; 3] = [Outcome::Read, Outcome::Unchanged, Outcome::Failed];

    pub fn name(self) -> &'static str {
        match self {
            Outcome::Read => "read",
            Outcome::Unchanged => "unchanged",
            Outcome::Failed => "failed",
        }
    }
}

store::sql! {
    ADD = "sources.visit_add",
        "INSERT INTO visit (source, at, outcome, detail, ms, bytes, fresh) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (source, at) DO NOTHING";
    PRUNE = "sources.visit_prune",
        "DELETE FROM visit WHERE source = $1 AND at < (SELECT min(v.at) FROM (SELECT at FROM visit WHERE source = $1 ORDER BY at DESC LIMIT $2) v)";
    LAST = "sources.visits",
        "SELECT at, outcome, detail, ms, bytes, fresh FROM visit WHERE source = $1 ORDER BY at DESC LIMIT $2";
}

/// So many of each source are kept.
const KEPT: i64 = 50;
const SHOWN: i64 = 20;

pub(crate) async fn record(tx: &mut Tx, source: SourceId, visit: &Visit) -> Result<(), store::Error> {
    let (id, outcome) = (source.to_i64(), visit.outcome.name());
    let values = params![id, visit.at, outcome, visit.detail, visit.ms, visit.bytes, visit.new_items];
    tx.exec(&ADD, values).await?;
    tx.exec(&PRUNE, params![id, KEPT]).await?;
    Ok(())
}

/// The last 20 visits of a source, latest first.
///
/// # Errors
/// [`Error::NotFound`]
pub async fn visits(desk: &Desk, actor: &Actor, id: SourceId) -> Result<Vec<Visit>, Error> {
    actor.may(Action::Read)?;
    let mut conn = desk.store.read();
    super::get(&mut conn, id).await?;
    let rows = conn.all(&LAST, params![id.to_i64(), SHOWN]).await?;
    let read = rows.iter().map(|row| {
        let outcome: String = row.get(1)?;
        Ok(Visit {
            at: row.get(0)?,
            // The schema admits no other word.
            outcome: Outcome::ALL.into_iter().find(|o| o.name() == outcome).unwrap_or(Outcome::Failed),
            detail: row.get(2)?,
            ms: row.get(3)?,
            bytes: row.get(4)?,
            new_items: row.get(5)?,
        })
    });
    Ok(read.collect::<Result<_, store::Error>>()?)
}
