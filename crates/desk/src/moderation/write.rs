//! Texts by people: posts of their own, edits, versions brought back.

use store::Tx;

use super::approve::{Approval, approve_in};
use crate::calendar::When;
use crate::feedback::{self, Word};
use crate::people::{self, Action, Actor, recall, remember};
use crate::posts::{self, Command, Draft, Edit, Post, State};
use crate::{Desk, Error, Fault, PipelineId, PostId, Version, analysis, pipelines};

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

/// Writes the edited text as a new version and approves it, in one step. Where two people must approve, this is the
/// first one's word.
pub async fn edit_and_approve(
    desk: &Desk,
    actor: &Actor,
    id: PostId,
    version: Version,
    edit: Edit,
    when: When,
) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    actor.may(Action::Write)?;
    change(desk, actor, id, version, edit, Some(when)).await
}

/// Writes the edited text as a new version and submits it.
pub async fn edit(desk: &Desk, actor: &Actor, id: PostId, version: Version, edit: Edit) -> Result<Post, Error> {
    actor.may(Action::Write)?;
    change(desk, actor, id, version, edit, None).await
}

/// Writes the text of the version `old` as a new one, on top of the newest, `version`.
pub async fn restore(desk: &Desk, actor: &Actor, id: PostId, version: Version, old: Version) -> Result<Post, Error> {
    actor.may(Action::Write)?;
    let text = posts::version(&mut desk.store.read_fresh(), id, old).await?;
    let edit = Edit { title: Some(text.title), excerpt: Some(text.excerpt), body: Some(text.body), topic: None };
    change(desk, actor, id, version, edit, None).await
}

async fn change(
    desk: &Desk,
    actor: &Actor,
    id: PostId,
    version: Version,
    edit: Edit,
    approve: Option<When>,
) -> Result<Post, Error> {
    check(&edit)?;
    // Scoring and grounding are work for the processor, so they are done before the transaction.
    let (draft, changed) = {
        let mut conn = desk.store.read_fresh();
        let post = posts::get(&mut conn, id).await?;
        let base = posts::version(&mut conn, id, post.version).await?;
        let draft = analysis::edited(&desk.weights, &mut conn, &base, &post.topic, &edit).await?;
        let whole = |title: &str, excerpt: &str, body: &str| format!("{title}\n{excerpt}\n{body}");
        let (old, new) =
            (whole(&base.title, &base.excerpt, &base.body), whole(&draft.title, &draft.excerpt, &draft.body));
        (draft, feedback::changed(&old, &new))
    };
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_some() {
                    return posts::get(tx, id).await;
                }
                let (before, by) = (posts::get(tx, id).await?, actor.principal.to_string());
                // Their own text nobody approves by editing it; who goes on with what they have edited and approved may.
                let kin = people::kin(tx, actor.principal).await?;
                let with_edit = !kin.contains(&before.author) || before.approvals.iter().any(|given| given.by == by);
                let added = replace_in(&d, tx, &actor, id, version, &draft).await?;
                feedback::note(&d, tx, &actor, id, version, Word::Edit { changed }, "").await?;
                if let Some(when) = &approve {
                    let approval = Approval {
                        post: id,
                        version: added,
                        reason: "edited and approved by a person",
                        reasons: &[],
                        automatic: false,
                        with_edit,
                        vouched_by: None,
                        when,
                    };
                    approve_in(&d, tx, &actor, approval).await?;
                }
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                posts::get(tx, id).await
            })
        })
        .await
}

/// Writes the text as a new version on top of `version`, the newest, and submits it where it was a draft.
pub(crate) async fn replace_in(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    version: Version,
    draft: &Draft,
) -> Result<Version, Error> {
    let added = posts::add_version(desk, tx, actor, id, version, draft).await?;
    if posts::get(tx, id).await?.state == State::Draft {
        posts::execute(desk, tx, actor, id, Command::Submit).await?;
    }
    Ok(added)
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
    let draft = analysis::judge(&desk.weights, text, &[], Vec::new(), None, true);
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
