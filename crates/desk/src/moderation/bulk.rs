//! One decision on many posts: a job in small batches. How far it has come is written in the transaction of each
//! batch, so that a job that died goes on behind what it did and does nothing twice.

use std::time::Duration;

use queue::{Context, Enqueue, JobId};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::Timestamp;
use store::{Conn, Tx, params};

use super::approve::{approve_by_person, withdraw_in};
use super::publish::{publish_in, retract_in};
use super::reject::{check_reason, reject_in, reopen_in};
use crate::calendar::When;
use crate::jobs::BulkDecision;
use crate::people::{self, Action, Actor, recall, remember};
use crate::posts::{self, Cursor, Filter, Post, Sort, State, Total};
use crate::{Desk, Error, Fault, PostId};

/// Posts that a request may name one by one.
pub const IDS_MAX: usize = 1_000;
/// Posts of one transaction.
const BATCH: usize = 50;
/// Posts that were left out, told one by one.
const SKIPPED_MAX: usize = 100;
/// How often a batch is tried that ran into somebody else's change.
const TRIES: u32 = 5;
/// How long the progress of a job that never ended is kept.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

store::sql! {
    PROGRESS = "bulk.progress", "SELECT after, seen, done, endorsed, missed, skipped FROM bulk WHERE job = $1";
    NOTE = "bulk.note",
        "INSERT INTO bulk (job, after, seen, done, endorsed, missed, skipped, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (job) DO UPDATE SET after = excluded.after, seen = excluded.seen, done = excluded.done, endorsed = excluded.endorsed,
         missed = excluded.missed, skipped = excluded.skipped, at = excluded.at";
    SWEEP = "bulk.sweep", "DELETE FROM bulk WHERE at < $1";
}

/// What is done to each post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Approve,
    Reject,
    Publish,
    Retract,
    /// Takes approvals back.
    Withdraw,
    Reopen,
}

impl Deed {
    pub const ALL: [Deed; 6] =
        [Deed::Approve, Deed::Reject, Deed::Publish, Deed::Retract, Deed::Withdraw, Deed::Reopen];

    pub fn name(self) -> &'static str {
        match self {
            Deed::Approve => "approve",
            Deed::Reject => "reject",
            Deed::Publish => "publish",
            Deed::Retract => "retract",
            Deed::Withdraw => "withdraw",
            Deed::Reopen => "reopen",
        }
    }

    fn right(self) -> Action {
        match self {
            Deed::Publish | Deed::Retract => Action::Publish,
            Deed::Approve | Deed::Reject | Deed::Withdraw | Deed::Reopen => Action::Judge,
        }
    }

    /// Where it can be done; the states of a filter that names none.
    fn states(self) -> Vec<State> {
        match self {
            Deed::Approve | Deed::Reject => vec![State::InReview],
            Deed::Publish => vec![State::Scheduled, State::Failed],
            Deed::Retract => vec![State::Published],
            Deed::Withdraw => vec![State::Approved, State::Scheduled],
            Deed::Reopen => vec![State::Rejected, State::Failed, State::Retracted],
        }
    }
}

/// Which posts, and what is done to them.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub deed: Deed,
    /// At most [`IDS_MAX`]; exactly one of `ids` and `filter`.
    pub ids: Option<Vec<PostId>>,
    pub filter: Option<Filter>,
    /// Needed to reject.
    pub reason: String,
}

/// A post that was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub id: PostId,
    pub title: String,
    pub reason: String,
}

/// How many posts it would be.
pub async fn count(desk: &Desk, actor: &Actor, wanted: Wanted) -> Result<Total, Error> {
    let job = checked(actor, wanted, desk.now())?;
    total(desk, &job).await
}

/// Hands the work over: the job, and when it is reckoned to be done.
pub async fn start(desk: &Desk, actor: &Actor, wanted: Wanted) -> Result<(JobId, Timestamp), Error> {
    let job = checked(actor, wanted, desk.now())?;
    let (d, actor) = (desk.clone(), actor.clone());
    let id = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    return id.parse::<JobId>().map_err(|_| Error::IdempotencyMismatch);
                }
                tx.exec(&SWEEP, params![d.now() - KEPT]).await?;
                let id = d.queue.enqueue(tx, &job, Enqueue::default()).await?.id();
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                Ok(id)
            })
        })
        .await?;
    Ok((id, desk.queue.estimate("bulk_decision").await?))
}

fn checked(actor: &Actor, wanted: Wanted, now: Timestamp) -> Result<BulkDecision, Error> {
    let Wanted { deed, ids, filter, reason } = wanted;
    actor.may(deed.right())?;
    if deed == Deed::Reject {
        check_reason(&reason)?;
    }
    let filter = filter.map(|filter| {
        let states = if filter.states.is_empty() { deed.states() } else { filter.states };
        // In the order of the ids a decision cannot move what is still to come. What is made later is not meant.
        let until = now + Duration::from_micros(1);
        Filter { states, sort: Sort::Oldest, to: Some(filter.to.map_or(until, |to| to.min(until))), ..filter }
    });
    let ids = match (ids, &filter) {
        (Some(mut ids), None) if !ids.is_empty() && ids.len() <= IDS_MAX => {
            ids.sort_unstable();
            ids.dedup();
            ids
        }
        (None, Some(_)) => Vec::new(),
        (Some(_), None) => {
            return Err(Error::invalid("/ids", format!("must name 1 to {IDS_MAX} posts")));
        }
        _ => return Err(Error::Invalid(vec![Fault::new("", "must say exactly one of ids and filter")])),
    };
    let actor = Actor { idempotency: None, ..actor.clone() };
    Ok(BulkDecision { deed, ids, filter, reason: reason.trim().to_owned(), actor, asked_at: now })
}

async fn total(desk: &Desk, job: &BulkDecision) -> Result<Total, Error> {
    match &job.filter {
        Some(filter) => posts::total(desk, &job.actor, filter).await,
        None => Ok(Total { count: job.ids.len() as u64, is_estimate: false }),
    }
}

/// What was done so far.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// The last post that was seen.
    after: i64,
    seen: u64,
    done: u64,
    /// Approvals that wait for a second person.
    endorsed: u64,
    missed: u64,
    skipped: Vec<Skipped>,
}

/// Goes through the posts in the order of their ids, batch by batch.
pub async fn run(desk: Desk, ctx: Context, job: BulkDecision) -> Result<Option<Json>, queue::Fault> {
    let total = total(&desk, &job).await.map_err(queue::Fault::from)?.count;
    let mut progress = read(&mut desk.store.read_fresh(), ctx.id).await.map_err(queue::Fault::from)?;
    // What is still to come, and what was done before this process took over.
    let total = if job.filter.is_some() { total + progress.seen } else { total };
    loop {
        let before = progress.seen;
        progress = batch(&desk, ctx.id, &job).await.map_err(queue::Fault::from)?;
        ctx.progress(progress.seen, total.max(progress.seen));
        if progress.seen == before {
            break;
        }
    }
    let Progress { done, endorsed, missed, skipped, .. } = progress;
    Ok(Some(json!({ "done": done, "endorsed": endorsed, "skipped": skipped, "skipped_count": missed })))
}

async fn batch(desk: &Desk, id: JobId, job: &BulkDecision) -> Result<Progress, Error> {
    let mut tries = 1;
    loop {
        let (d, job) = (desk.clone(), job.clone());
        let tried = desk.store.write(move |tx| Box::pin(async move { batch_in(&d, tx, id, &job).await })).await;
        match tried {
            // Somebody decided on one of them in the same moment: the next try sees what they did.
            Err(Error::Conflict(_)) if tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

async fn batch_in(desk: &Desk, tx: &mut Tx, id: JobId, job: &BulkDecision) -> Result<Progress, Error> {
    let mut progress = read(tx, id).await?;
    // Rights may have been taken away since the request was made.
    let actor = people::current(tx, &job.actor, desk.now()).await?;
    actor.may(job.deed.right())?;
    let ids = next(tx, &actor, job, &progress, desk.now()).await?;
    for post in &ids {
        let (title, outcome) = match posts::get(tx, *post).await {
            Ok(found) => (found.title.clone(), decide(desk, tx, &actor, job, &found).await?),
            Err(error @ Error::NotFound { .. }) => (String::new(), Outcome::Refused(error.to_string())),
            Err(error) => return Err(error),
        };
        (progress.after, progress.seen) = (post.to_i64(), progress.seen + 1);
        match outcome {
            Outcome::Done => progress.done += 1,
            Outcome::Endorsed => progress.endorsed += 1,
            Outcome::Refused(reason) => {
                progress.missed += 1;
                if progress.skipped.len() < SKIPPED_MAX {
                    progress.skipped.push(Skipped { id: *post, title, reason });
                }
            }
        }
    }
    if !ids.is_empty() {
        let Progress { after, seen, done, endorsed, missed, skipped } = &progress;
        let skipped = serde_json::to_string(skipped).expect("what was skipped is plain data");
        let [seen, done, endorsed, missed] = [*seen, *done, *endorsed, *missed].map(|count| count as i64);
        let values = params![id.to_i64(), *after, seen, done, endorsed, missed, skipped, desk.now()];
        tx.exec(&NOTE, values).await?;
    }
    Ok(progress)
}

/// The posts of the next batch.
async fn next(
    tx: &mut Tx,
    actor: &Actor,
    job: &BulkDecision,
    progress: &Progress,
    now: Timestamp,
) -> Result<Vec<PostId>, Error> {
    let Some(filter) = &job.filter else {
        let rest = job.ids.iter().filter(|id| id.to_i64() > progress.after);
        return Ok(rest.take(BATCH).copied().collect());
    };
    let after = stdx::Id::from_i64(progress.after).filter(|_| progress.seen > 0).map(|id| Cursor::behind(PostId(id)));
    let filter = Filter { after, limit: BATCH, sort: Sort::Oldest, ..filter.clone() };
    Ok(posts::list::list_in(tx, actor, &filter, now).await?.iter().map(|post| post.id).collect())
}

/// What became of one post.
enum Outcome {
    Done,
    /// The first of two approvals.
    Endorsed,
    /// Why it was left as it is.
    Refused(String),
}

/// Does it, or says why not. What is refused has written nothing.
async fn decide(desk: &Desk, tx: &mut Tx, actor: &Actor, job: &BulkDecision, post: &Post) -> Result<Outcome, Error> {
    let (id, version) = (post.id, post.version);
    if matches!(job.deed, Deed::Approve | Deed::Reject)
        && posts::version(tx, id, version).await?.created_at > job.asked_at
    {
        return Ok(Outcome::Refused("its text has changed since this was asked for".to_owned()));
    }
    let done = match job.deed {
        Deed::Approve => match approve_by_person(desk, tx, actor, id, version, &When::Soon).await {
            Ok(life) if life.approved != Some(version) => return Ok(Outcome::Endorsed),
            other => other.map(drop),
        },
        Deed::Reject => reject_in(desk, tx, actor, id, version, &job.reason).await,
        Deed::Publish => publish_in(desk, tx, actor, id).await,
        Deed::Retract => retract_in(desk, tx, actor, id).await,
        Deed::Withdraw => withdraw_in(desk, tx, actor, id).await,
        Deed::Reopen if post.state == State::InReview => Err(Error::IllegalMove {
            post: id,
            state: post.state,
            wanted: "only a rejected, failed or retracted post can be opened again",
        }),
        Deed::Reopen => reopen_in(desk, tx, actor, id).await,
    };
    match done {
        Ok(()) => Ok(Outcome::Done),
        Err(error @ (Error::IllegalMove { .. } | Error::StaleVersion { .. } | Error::Blackout { .. })) => {
            Ok(Outcome::Refused(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

async fn read(conn: &mut Conn, id: JobId) -> Result<Progress, Error> {
    let Some(row) = conn.opt(&PROGRESS, params![id.to_i64()]).await? else { return Ok(Progress::default()) };
    Ok(Progress {
        after: row.get(0)?,
        seen: row.get::<i64>(1)? as u64,
        done: row.get::<i64>(2)? as u64,
        endorsed: row.get::<i64>(3)? as u64,
        missed: row.get::<i64>(4)? as u64,
        skipped: serde_json::from_str(&row.get::<String>(5)?).unwrap_or_default(),
    })
}
