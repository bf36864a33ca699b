//! Approvals: by a policy, by one person, by two, and taking them back.

use std::time::Duration;

use queue::Enqueue;
use store::Tx;

use super::{Check, Decision, claim, policy, record};
use crate::calendar::{self, When};
use crate::feedback::{self, Kind, Word};
use crate::jobs::PublishPost;
use crate::people::{self, Action, Actor, recall, remember};
use crate::pipelines::Policy;
use crate::posts::{self, Command, Life, Post};
use crate::{Desk, Error, PostId, Version};

/// An approval that is about to be given.
pub(super) struct Approval<'a> {
    pub post: PostId,
    pub version: Version,
    pub reason: &'a str,
    pub reasons: &'a [Check],
    /// By the policy.
    pub automatic: bool,
    /// The actor has written the version in the same step, in place of the text of others.
    pub with_edit: bool,
    /// Who made the link, if a guest approves.
    pub vouched_by: Option<String>,
    pub when: &'a When,
}

/// Approves one version of a post in review and schedules its publication for `when`, the undo window at the
/// earliest. Where two people must approve, the first one's word is written down and the post waits for the second.
///
/// # Errors
/// [`Error::StaleVersion`] when `version` is not the newest; [`Error::IllegalMove`] outside of review and for
/// somebody who may not be one of the two.
pub async fn approve(desk: &Desk, actor: &Actor, id: PostId, version: Version, when: When) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    approve_by_person(&d, tx, &actor, id, version, &when).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

pub(super) async fn approve_by_person(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    post: PostId,
    version: Version,
    when: &When,
) -> Result<Life, Error> {
    let reason = "approved by a person";
    let approval =
        Approval { post, version, reason, reasons: &[], automatic: false, with_edit: false, vouched_by: None, when };
    approve_in(desk, tx, actor, approval).await
}

/// Gives the approval in the transaction: refuses before it writes anything.
pub(super) async fn approve_in(desk: &Desk, tx: &mut Tx, actor: &Actor, approval: Approval<'_>) -> Result<Life, Error> {
    let Approval { post: id, version, reason, reasons, automatic, with_edit, vouched_by, when } = approval;
    let (post, life) = posts::load(tx, id).await?;
    let people = post.approvals_needed;
    // A guest may be whoever made the link.
    let person = vouched_by.as_ref().and_then(|by| by.parse().ok()).unwrap_or(actor.principal);
    let kin = people::kin(tx, person).await?;
    let command = |due_at| Command::Approve {
        version,
        automatic,
        people,
        with_edit,
        vouched_by: vouched_by.clone(),
        kin: kin.clone(),
        due_at,
    };
    let undo = if automatic { Duration::ZERO } else { Duration::from_millis(desk.settings.undo_ms) };
    let soon = desk.now() + undo;
    // What is refused anyway takes no slot.
    life.decide(id, &actor.principal.to_string(), &command(soon))?;
    let is_last = people <= 1 || life.approvals.len() + 1 >= people as usize;
    let (due_at, note) = if is_last {
        let due = calendar::due(desk, tx, id, when, soon).await?;
        (due.at.max(soon), due.note)
    } else {
        (soon, None)
    };
    let life = posts::execute(desk, tx, actor, id, command(due_at)).await?;
    claim::end(desk, tx, &post).await?;
    let said = if vouched_by.is_some() { reason } else { "" };
    feedback::note(desk, tx, actor, id, version, Word::Approval, said).await?;
    if life.approved != Some(version) {
        let decision =
            Decision { post: id, version, word: "endorsed", reason: "another person must approve it as well", reasons };
        record(desk, tx, actor, decision).await?;
        return Ok(life);
    }
    desk.queue.enqueue(tx, &PublishPost { post: id, version, due_at: Some(due_at) }, Enqueue::at(due_at)).await?;
    let reason = match note {
        None => reason.to_owned(),
        Some(note) => format!("{reason}; {note}"),
    };
    record(desk, tx, actor, Decision { post: id, version, word: "approved", reason: &reason, reasons }).await?;
    Ok(life)
}

/// Submits the newest version and lets the policy decide, in the transaction that wrote it. With a `doubt`, which no policy
/// can overrule, a person decides.
pub(crate) async fn submit_to_policy(
    desk: &Desk,
    tx: &mut Tx,
    id: PostId,
    wanted: &Policy,
    others: Vec<Check>,
) -> Result<bool, Error> {
    let system = Actor::system();
    let life = posts::execute(desk, tx, &system, id, Command::Submit).await?;
    let post = posts::get(tx, id).await?;
    let (passes, mut checks) = policy::apply(tx, wanted, &post).await?;
    let (notes, doubts): (Vec<Check>, Vec<Check>) = others.into_iter().partition(|check| check.passed);
    let passes = passes && doubts.is_empty();
    checks.extend(doubts);
    let reason = policy::sentence(passes, &checks);
    // What decides nothing is told all the same.
    checks.extend(notes);
    // The recipe may have changed since the draft was begun: two people are asked from now on.
    let passes = passes && post.approvals_needed <= 1;
    if passes {
        let approval = Approval {
            post: id,
            version: life.version,
            reason: &reason,
            reasons: &checks,
            automatic: true,
            with_edit: false,
            vouched_by: None,
            when: &When::Soon,
        };
        approve_in(desk, tx, &system, approval).await?;
    } else {
        hold(desk, tx, id, life.version, &reason, &checks).await?;
    }
    Ok(passes)
}

/// Submits the newest version past the policy: a person decides.
pub(crate) async fn submit_to_people(desk: &Desk, tx: &mut Tx, id: PostId) -> Result<(), Error> {
    let life = posts::execute(desk, tx, &Actor::system(), id, Command::Submit).await?;
    hold(desk, tx, id, life.version, "its author may not approve, and it is its own source", &[]).await
}

async fn hold(
    desk: &Desk,
    tx: &mut Tx,
    post: PostId,
    version: Version,
    reason: &str,
    reasons: &[Check],
) -> Result<(), Error> {
    record(desk, tx, &Actor::system(), Decision { post, version, word: "held", reason, reasons }).await
}

/// Takes the approval back, as long as the delivery has not started: the undo. Where two people must approve, whoever
/// has approved takes their own word back and leaves the other's.
pub async fn withdraw_approval(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                withdraw_in(&d, tx, &actor, id).await?;
                posts::get(tx, id).await
            })
        })
        .await
}

pub(super) async fn withdraw_in(desk: &Desk, tx: &mut Tx, actor: &Actor, id: PostId) -> Result<(), Error> {
    let life = posts::execute(desk, tx, actor, id, Command::WithdrawApproval).await?;
    // Who overrules somebody else has not changed what they think.
    feedback::take_back(tx, actor, id, life.version, Kind::Approval).await?;
    let reason = "the approval was taken back";
    let decision = Decision { post: id, version: life.version, word: "withdrawn", reason, reasons: &[] };
    record(desk, tx, actor, decision).await
}
