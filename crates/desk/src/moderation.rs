//! Moderation: what a person or a pipeline's policy says about a version.

use std::time::Duration;

use queue::Enqueue;
use serde::Serialize;
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Family, Metric};
use store::{Conn, Tx, params};

use crate::jobs::PublishPost;
use crate::people::{Action, Actor, recall, remember};
use crate::pipelines::{self, Policy};
pub use crate::posts::Edit;
use crate::posts::{self, Command, Draft, Post, State};
use crate::{ChannelId, Desk, Error, Fault, PipelineId, PostId, ReviewId, Version, analysis, pages};

static DECISIONS: Family<Counter> = Family::new(&["decision", "by"], 20);

/// The module's metric cells.
pub static METRICS: &[Metric] =
    &[Metric { name: "copydesk_reviews_total", help: "Decisions on versions", cell: Cell::Counters(&DECISIONS) }];

/// A decision that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    pub id: ReviewId,
    pub post: PostId,
    pub version: Version,
    /// `approved`, `rejected`, `held` (the policy left it to a person) or `withdrawn`.
    pub decision: String,
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
}

store::sql! {
    REVIEW_ADD = "moderation.review_add", "INSERT INTO review (id, post, version, decision, by_actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    REVIEWS = "moderation.reviews", "SELECT id, post, version, decision, by_actor, reason, at FROM review WHERE post = $1 ORDER BY id DESC LIMIT 200";
}

/// What a policy says of a version: whether it passes, and the reason in one sentence.
pub fn judge(policy: &Policy, score: f64, grounded: bool) -> (bool, String) {
    if !policy.automatic {
        return (false, "this pipeline leaves every decision to a person".to_owned());
    }
    let mut held = Vec::new();
    if score < policy.score_min {
        held.push(format!("score {score:.2} is below {:.2}", policy.score_min));
    }
    if policy.grounded && !grounded {
        held.push("something in it does not stand in the sources".to_owned());
    }
    if held.is_empty() {
        let grounds = if policy.grounded { ", and everything in it stands in the sources" } else { "" };
        return (true, format!("score {score:.2} reaches {:.2}{grounds}", policy.score_min));
    }
    (false, held.join("; "))
}

/// Submits the newest version and lets the policy decide, in the transaction that wrote it.
pub(crate) async fn submit_to_policy(desk: &Desk, tx: &mut Tx, id: PostId, policy: &Policy) -> Result<bool, Error> {
    let system = Actor::system();
    let life = posts::execute(desk, tx, &system, id, Command::Submit).await?;
    let post = posts::get(tx, id).await?;
    let (passes, reason) = judge(policy, post.score, post.grounded);
    if passes {
        approve_in(desk, tx, &system, id, life.version, &reason, true).await?;
    } else {
        record(desk, tx, &system, id, life.version, "held", &reason).await?;
    }
    Ok(passes)
}

/// Submits the newest version past the policy: a person decides.
pub(crate) async fn submit_to_people(desk: &Desk, tx: &mut Tx, id: PostId) -> Result<(), Error> {
    let system = Actor::system();
    let life = posts::execute(desk, tx, &system, id, Command::Submit).await?;
    record(desk, tx, &system, id, life.version, "held", "its author may not approve, and it is its own source").await
}

/// Approves one version of a post in review and schedules its publication after the undo window.
///
/// # Errors
/// [`Error::StaleVersion`] when `version` is not the newest; [`Error::IllegalMove`] outside of review.
pub async fn approve(desk: &Desk, actor: &Actor, id: PostId, version: Version) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    approve_in(&d, tx, &actor, id, version, "approved by a person", false).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

/// Writes the edited text as a new version and approves it, in one step.
pub async fn edit_and_approve(
    desk: &Desk,
    actor: &Actor,
    id: PostId,
    version: Version,
    edit: Edit,
) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    actor.may(Action::Write)?;
    change(desk, actor, id, version, edit, true).await
}

/// Writes the edited text as a new version and submits it.
pub async fn edit(desk: &Desk, actor: &Actor, id: PostId, version: Version, edit: Edit) -> Result<Post, Error> {
    actor.may(Action::Write)?;
    change(desk, actor, id, version, edit, false).await
}

async fn change(
    desk: &Desk,
    actor: &Actor,
    id: PostId,
    version: Version,
    edit: Edit,
    approve: bool,
) -> Result<Post, Error> {
    check(&edit)?;
    // Scoring and grounding are work for the processor, so they are done before the transaction.
    let draft = {
        let mut conn = desk.store.read_fresh();
        let newest = posts::get(&mut conn, id).await?.version;
        let base = posts::version(&mut conn, id, newest).await?;
        let topic = posts::get(&mut conn, id).await?.topic;
        analysis::edited(&mut conn, &base, &topic, &edit).await?
    };
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_some() {
                    return posts::get(tx, id).await;
                }
                let added = posts::add_version(&d, tx, &actor, id, version, &draft).await?;
                if posts::get(tx, id).await?.state == State::Draft {
                    posts::execute(&d, tx, &actor, id, Command::Submit).await?;
                }
                if approve {
                    approve_in(&d, tx, &actor, id, added, "edited and approved by a person", false).await?;
                }
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                posts::get(tx, id).await
            })
        })
        .await
}

fn check(edit: &Edit) -> Result<(), Error> {
    let mut faults = Vec::new();
    let mut bounded = |pointer: &str, value: &Option<String>, max: usize, required: bool| {
        if let Some(text) = value
            && ((required && text.trim().is_empty()) || text.chars().count() > max)
        {
            let low = usize::from(required);
            faults.push(Fault::new(pointer, format!("must have {low} to {max} characters")));
        }
    };
    bounded("/title", &edit.title, 300, true);
    bounded("/excerpt", &edit.excerpt, 1_000, false);
    bounded("/body", &edit.body, 200_000, true);
    bounded("/topic", &edit.topic, 60, true);
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

async fn approve_in(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    version: Version,
    reason: &str,
    automatic: bool,
) -> Result<(), Error> {
    let undo = if automatic { Duration::ZERO } else { Duration::from_millis(desk.settings.undo_ms) };
    let due_at = desk.now() + undo;
    posts::execute(desk, tx, actor, id, Command::Approve { version, automatic, due_at }).await?;
    desk.queue.enqueue(tx, &PublishPost { post: id, version, due_at: Some(due_at) }, Enqueue::at(due_at)).await?;
    record(desk, tx, actor, id, version, "approved", reason).await
}

/// Sends a version back, with the reason.
pub async fn reject(desk: &Desk, actor: &Actor, id: PostId, version: Version, reason: &str) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    if reason.trim().is_empty() || reason.chars().count() > 2_000 {
        return Err(Error::invalid("/reason", "must have 1 to 2000 characters"));
    }
    let (d, actor, reason) = (desk.clone(), actor.clone(), reason.trim().to_owned());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    posts::execute(&d, tx, &actor, id, Command::Reject { version }).await?;
                    record(&d, tx, &actor, id, version, "rejected", &reason).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

/// Takes the approval back, as long as the delivery has not started: the undo.
pub async fn withdraw_approval(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let life = posts::execute(&d, tx, &actor, id, Command::WithdrawApproval).await?;
                record(&d, tx, &actor, id, life.version, "withdrawn", "the approval was taken back").await?;
                posts::get(tx, id).await
            })
        })
        .await
}

/// Publishes at once what is approved, or tries again what has failed.
pub async fn publish_now(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Publish)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    let post = posts::get(tx, id).await?;
                    let wanted = "only an approved post can be published";
                    let refuse = Error::IllegalMove { post: id, state: post.state, wanted };
                    let version = match (post.state, post.approved_version) {
                        (State::Scheduled | State::Failed | State::Publishing, Some(version)) => version,
                        (State::Published, Some(version)) if post.published_version != Some(version) => version,
                        _ => return Err(refuse),
                    };
                    d.queue.enqueue(tx, &PublishPost { post: id, version, due_at: None }, Enqueue::at(d.now())).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

/// Takes a published post off its channels.
pub async fn retract(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Publish)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let (_, life) = posts::load(tx, id).await?;
                posts::execute(&d, tx, &actor, id, Command::Retract).await?;
                for channel in life.deliveries.keys().copied().collect::<Vec<ChannelId>>() {
                    posts::execute(&d, tx, &actor, id, Command::WithdrawDelivery { channel }).await?;
                }
                pages::remove(&d, tx, id).await?;
                posts::get(tx, id).await
            })
        })
        .await
}

/// A post of somebody's own.
#[derive(Clone, Debug)]
pub struct NewPost {
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    pub topic: String,
    /// `None`: the default one.
    pub pipeline: Option<PipelineId>,
}

/// Measures a text of one's own, writes it as a post and submits it.
pub async fn write_own(desk: &Desk, actor: &Actor, new: NewPost) -> Result<Post, Error> {
    actor.may(Action::Write)?;
    check(&Edit {
        title: Some(new.title.clone()),
        excerpt: Some(new.excerpt.clone()),
        body: Some(new.body.clone()),
        topic: Some(new.topic.clone()),
    })?;
    let missing = |error| match (error, new.pipeline) {
        (Error::NotFound { .. }, Some(id)) => Error::invalid("/pipeline", format!("pipeline {id} does not exist")),
        (other, _) => other,
    };
    let pipeline = match new.pipeline {
        None => pipelines::find(desk, pipelines::DEFAULT).await?.id,
        Some(id) => pipelines::get(&mut desk.store.read_fresh(), id).await.map_err(missing)?.id,
    };
    let text =
        analysis::Text { title: &new.title, excerpt: &new.excerpt, body: &new.body, topic: &new.topic, language: None };
    // It has no sources, so that nothing in it counts as grounded.
    let draft = analysis::judge(text, &[], Vec::new(), None, true);
    write(desk, actor, draft, pipeline).await
}

/// Writes a judged text as a post and submits it to people, past the policy.
pub async fn write(desk: &Desk, actor: &Actor, draft: Draft, pipeline: PipelineId) -> Result<Post, Error> {
    actor.may(Action::Write)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    let id: PostId = id.parse().map_err(|_| Error::IdempotencyMismatch)?;
                    return posts::get(tx, id).await;
                }
                let id = posts::create(&d, tx, &actor, pipeline, None, &draft).await?;
                posts::execute(&d, tx, &actor, id, Command::Submit).await?;
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                posts::get(tx, id).await
            })
        })
        .await
}

async fn record(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    version: Version,
    decision: &'static str,
    reason: &str,
) -> Result<(), Error> {
    let values =
        params![desk.next_id(), id.to_i64(), version, decision, actor.principal.to_string(), reason, desk.now()];
    tx.exec(&REVIEW_ADD, values).await?;
    posts::set_reason(tx, id, reason).await?;
    let by = if actor.principal == crate::people::Principal::System { "policy" } else { "person" };
    tx.after_commit(move || DECISIONS.with(&[decision, by]).inc());
    Ok(())
}

/// The decisions on a post, newest first.
pub async fn reviews(conn: &mut Conn, id: PostId) -> Result<Vec<Review>, Error> {
    let rows = conn.all(&REVIEWS, params![id.to_i64()]).await?;
    let read = |row: &store::Row| -> Result<Review, store::Error> {
        Ok(Review {
            id: ReviewId(row.get(0)?),
            post: PostId(row.get(1)?),
            version: row.get(2)?,
            decision: row.get(3)?,
            by: row.get(4)?,
            reason: row.get(5)?,
            at: row.get(6)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
