//! Review links: somebody without an account judges one version, once, by an address that proves what it is for.

use std::time::Duration;

use guard::role::{Role, Scope, Scopes};
use guard::seal::Ticket;
use stdx::{Id, Timestamp};
use store::{Conn, Row, Tx, params};

use super::approve::{Approval, approve_in};
use super::reject::{REASON_MAX, reject_in};
use crate::calendar::When;
use crate::people::{Action, Actor, Principal, recall, remember};
use crate::posts::{self, Post, State, VersionView};
use crate::{Desk, Error, Fault, LinkId, PostId, Version};

/// What the signatures are for.
const PURPOSE: &str = "review link";
/// Links of one post at most.
const LINKS_MAX: i64 = 100;
/// Longest life of a link, in hours.
pub const HOURS_MAX: u32 = 720;
/// The life of a link when nothing is said, in hours.
pub const HOURS: u32 = 72;

store::sql! {
    ADD = "link.add",
        "INSERT INTO review_link (id, post, version, reviewer, note, by_actor, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    GET = "link.get",
        "SELECT id, post, version, reviewer, note, by_actor, created_at, expires_at, revoked_at, used_at, outcome, comment FROM review_link WHERE id = $1";
    LIST = "link.list",
        "SELECT id, post, version, reviewer, note, by_actor, created_at, expires_at, revoked_at, used_at, outcome, comment FROM review_link
         WHERE post = $1 ORDER BY id DESC LIMIT $2";
    COUNT = "link.count", "SELECT count(*) FROM review_link WHERE post = $1";
    REVOKE = "link.revoke", "UPDATE review_link SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL AND used_at IS NULL";
    USE = "link.use", "UPDATE review_link SET used_at = $2, outcome = $3, comment = $4 WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL";
}

/// A link as those see it who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub id: LinkId,
    pub post: PostId,
    pub version: Version,
    /// Who is asked.
    pub reviewer: String,
    /// A word to them.
    pub note: String,
    pub by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub used_at: Option<Timestamp>,
    /// `approved`, `endorsed` (another person must approve as well) or `rejected`, once it was used.
    pub outcome: Option<String>,
    pub comment: Option<String>,
}

/// A link that is wanted.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub reviewer: String,
    pub note: String,
    pub expires_in_h: u32,
}

/// What the holder of a link finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be used.
    Open,
    Expired,
    Revoked,
    /// It was used.
    Used,
    /// There is a newer version than the one it is for.
    Newer,
    /// The version was decided on by others.
    Settled,
    /// This guest may not be one of the two people who must approve.
    Refused,
}

/// What a guest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve {
        comment: String,
    },
    /// Needs a comment.
    SendBack {
        comment: String,
    },
}

/// What a guest is shown.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub link: Link,
    pub standing: Standing,
    pub post: Post,
    pub text: VersionView,
}

impl Link {
    /// The token in the link's address: 64 characters that say what it is for and prove it.
    pub fn token(&self, desk: &Desk) -> String {
        desk.sealer.ticket(PURPOSE, self.id.to_i64(), self.expires_at, &self.bound())
    }

    /// What the signature holds fast.
    fn bound(&self) -> [i64; 2] {
        [self.post.to_i64(), i64::from(self.version)]
    }

    /// Where it stands, whatever became of the post.
    fn own_standing(&self, now: Timestamp) -> Standing {
        if self.used_at.is_some() {
            Standing::Used
        } else if self.revoked_at.is_some() {
            Standing::Revoked
        } else if self.expires_at <= now {
            Standing::Expired
        } else {
            Standing::Open
        }
    }

    /// Whether it could still be used, as far as it alone is concerned.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.own_standing(now) == Standing::Open
    }

    fn standing(&self, post: &Post, now: Timestamp) -> Standing {
        let is_update = post.state == State::Published && post.approved_version != Some(post.version);
        match self.own_standing(now) {
            Standing::Open if post.version != self.version => Standing::Newer,
            Standing::Open if post.state != State::InReview && !is_update => Standing::Settled,
            other => other,
        }
    }

    fn guest(&self) -> Actor {
        Actor {
            principal: Principal::Link(self.id),
            name: self.reviewer.clone(),
            role: Role::Moderator,
            scopes: Scopes::only(Scope::Judge),
            idempotency: None,
        }
    }
}

/// Makes a link for the newest version of a post that waits for a decision.
pub async fn create(desk: &Desk, actor: &Actor, id: PostId, new: NewLink) -> Result<Link, Error> {
    actor.may(Action::Judge)?;
    let mut faults = Vec::new();
    let reviewer = new.reviewer.trim().to_owned();
    if reviewer.is_empty() || reviewer.chars().count() > 100 {
        faults.push(Fault::new("/reviewer", "must have 1 to 100 characters"));
    }
    if new.note.chars().count() > 1_000 {
        faults.push(Fault::new("/note", "must have at most 1000 characters"));
    }
    if !(1..=HOURS_MAX).contains(&new.expires_in_h) {
        faults.push(Fault::new("/expires_in_h", format!("must be 1 to {HOURS_MAX}")));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (d, actor, note) = (desk.clone(), actor.clone(), new.note.trim().to_owned());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(known) = recall(tx, &actor).await? {
                    let known: LinkId = known.parse().map_err(|_| Error::IdempotencyMismatch)?;
                    return find(tx, known).await?.ok_or_else(|| Error::not_found("review link", known));
                }
                let (post, now) = (posts::get(tx, id).await?, d.now());
                let link = Link {
                    id: LinkId(d.next_id()),
                    post: id,
                    version: post.version,
                    reviewer,
                    note,
                    by: actor.principal.to_string(),
                    created_at: now,
                    expires_at: now + Duration::from_secs(u64::from(new.expires_in_h) * 3_600),
                    revoked_at: None,
                    used_at: None,
                    outcome: None,
                    comment: None,
                };
                if link.standing(&post, now) != Standing::Open {
                    let wanted = "a link can be made for what waits for a decision";
                    return Err(Error::IllegalMove { post: id, state: post.state, wanted });
                }
                if tx.one(&COUNT, params![id.to_i64()]).await?.get::<i64>(0)? >= LINKS_MAX {
                    return Err(Error::invalid("", format!("the post has {LINKS_MAX} links already")));
                }
                let values = params![
                    link.id.to_i64(),
                    id.to_i64(),
                    link.version,
                    link.reviewer,
                    link.note,
                    link.by,
                    now,
                    link.expires_at
                ];
                tx.exec(&ADD, values).await?;
                remember(tx, &actor, &link.id.to_string(), now).await?;
                Ok(link)
            })
        })
        .await
}

/// The links of a post with what became of them, newest first.
pub async fn list(desk: &Desk, actor: &Actor, id: PostId) -> Result<Vec<Link>, Error> {
    // Whoever sees an open link can use it.
    actor.may(Action::Judge)?;
    let mut conn = desk.store.read_fresh();
    posts::get(&mut conn, id).await?;
    let rows = conn.all(&LIST, params![id.to_i64(), LINKS_MAX]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The link opens nothing from now on; one that was used stays what it was.
pub async fn revoke(desk: &Desk, actor: &Actor, id: LinkId) -> Result<(), Error> {
    actor.may(Action::Judge)?;
    let now = desk.now();
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                find(tx, id).await?.ok_or_else(|| Error::not_found("review link", id))?;
                tx.exec(&REVOKE, params![id.to_i64(), now]).await?;
                Ok(())
            })
        })
        .await
}

/// What the holder of `token` is shown; `None` when it was not signed here for a link that exists.
pub async fn open(desk: &Desk, token: &str) -> Result<Option<Sheet>, Error> {
    let Some(ticket) = Ticket::parse(token) else { return Ok(None) };
    let mut conn = desk.store.read_fresh();
    let Some(link) = believed(desk, &mut conn, &ticket).await? else { return Ok(None) };
    let post = posts::get(&mut conn, link.post).await?;
    let text = posts::version(&mut conn, link.post, link.version).await?;
    Ok(Some(Sheet { standing: link.standing(&post, desk.now()), link, post, text }))
}

/// Carries out what the guest says, once. The standing of the sheet that is given back is [`Standing::Used`] when it
/// was done, now or before; any other says why it was not.
///
/// # Errors
/// [`Error::Invalid`] when a version is sent back without a word, or with too many.
pub async fn decide(desk: &Desk, token: &str, verdict: Verdict) -> Result<Option<Sheet>, Error> {
    let (Verdict::Approve { comment } | Verdict::SendBack { comment }) = &verdict;
    let count = comment.trim().chars().count();
    if count > REASON_MAX || (count == 0 && matches!(verdict, Verdict::SendBack { .. })) {
        return Err(Error::invalid("/comment", format!("must have 1 to {REASON_MAX} characters")));
    }
    let Some(ticket) = Ticket::parse(token) else { return Ok(None) };
    let d = desk.clone();
    let done = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                let Some(link) = believed(&d, tx, &ticket).await? else { return Ok(None) };
                let post = posts::get(tx, link.post).await?;
                let standing = match link.standing(&post, d.now()) {
                    Standing::Open => judge(&d, tx, &link, &verdict).await?,
                    other => other,
                };
                Ok::<_, Error>(Some(standing))
            })
        })
        .await?;
    let Some(standing) = done else { return Ok(None) };
    Ok(open(desk, token).await?.map(|sheet| Sheet { standing, ..sheet }))
}

async fn judge(desk: &Desk, tx: &mut Tx, link: &Link, verdict: &Verdict) -> Result<Standing, Error> {
    let guest = link.guest();
    let (outcome, comment) = match verdict {
        Verdict::Approve { comment } => {
            let comment = comment.trim();
            let reason = match comment {
                "" => format!("approved by {}", link.reviewer),
                comment => format!("approved by {}: {comment}", link.reviewer),
            };
            let approval = Approval {
                post: link.post,
                version: link.version,
                reason: &reason,
                reasons: &[],
                automatic: false,
                with_edit: false,
                vouched_by: Some(link.by.clone()),
                when: &When::Soon,
            };
            match approve_in(desk, tx, &guest, approval).await {
                Ok(life) if life.approved == Some(link.version) => ("approved", comment),
                Ok(_) => ("endorsed", comment),
                Err(Error::IllegalMove { .. }) => return Ok(Standing::Refused),
                Err(error) => return Err(error),
            }
        }
        Verdict::SendBack { comment } => {
            let comment = comment.trim();
            match reject_in(desk, tx, &guest, link.post, link.version, comment).await {
                Ok(()) => ("rejected", comment),
                // An update of what is published cannot be sent back: it is left, or written anew.
                Err(Error::IllegalMove { .. }) => return Ok(Standing::Refused),
                Err(error) => return Err(error),
            }
        }
    };
    if tx.exec(&USE, params![link.id.to_i64(), desk.now(), outcome, comment]).await? == 0 {
        return Err(Error::Conflict(link.post));
    }
    Ok(Standing::Used)
}

/// The link that the ticket was signed for.
async fn believed(desk: &Desk, conn: &mut Conn, ticket: &Ticket) -> Result<Option<Link>, Error> {
    let Some(id) = Id::from_i64(ticket.id) else { return Ok(None) };
    let link = find(conn, LinkId(id)).await?;
    Ok(link.filter(|link| link.expires_at == ticket.expires_at && desk.sealer.signed(ticket, PURPOSE, &link.bound())))
}

async fn find(conn: &mut Conn, id: LinkId) -> Result<Option<Link>, Error> {
    Ok(conn.opt(&GET, params![id.to_i64()]).await?.as_ref().map(read).transpose()?)
}

fn read(row: &Row) -> Result<Link, store::Error> {
    Ok(Link {
        id: LinkId(row.get(0)?),
        post: PostId(row.get(1)?),
        version: row.get(2)?,
        reviewer: row.get(3)?,
        note: row.get(4)?,
        by: row.get(5)?,
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
        revoked_at: row.get(8)?,
        used_at: row.get(9)?,
        outcome: row.get(10)?,
        comment: row.get(11)?,
    })
}
