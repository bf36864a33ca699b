//! Links that make an account, or give one back: to be used once, and not for long.

use std::time::Duration;

use guard::role::Role;
use guard::token::Ticket;
use serde::Serialize;
use stdx::Timestamp;
use store::{Row, params};

use super::sessions::Fresh;
use super::users::{self, User};
use super::{Action, Actor, Opened, passwords, recall, remember};
use crate::{Desk, Error, InvitationId, UserId};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationKind {
    /// A new account for a known address.
    Invitation,
    /// Another password for somebody who lost theirs.
    Recovery,
    /// The first account of a fresh desk.
    Setup,
}

/// An open invitation; the link itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub kind: InvitationKind,
    /// `None` for a set-up, whose user gives it.
    pub email: Option<String>,
    pub role: Role,
    /// Who made it, as principals are written.
    pub made_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(skip)]
    user: Option<UserId>,
}

/// What somebody with a link gives to get in.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// For a new account; the part of the address before `@` when `None`.
    pub name: Option<String>,
    /// For a set-up only.
    pub email: Option<String>,
    pub password: String,
}

impl InvitationKind {
    pub fn name(self) -> &'static str {
        match self {
            InvitationKind::Invitation => "invitation",
            InvitationKind::Recovery => "recovery",
            InvitationKind::Setup => "setup",
        }
    }

    /// How long such a link can be used.
    fn lasts(self) -> Duration {
        let days = match self {
            InvitationKind::Invitation | InvitationKind::Setup => 7,
            InvitationKind::Recovery => 1,
        };
        Duration::from_secs(days * 86_400)
    }
}

store::sql! {
    TICKET_ADD = "people.ticket_add",
        "INSERT INTO invitation (id, hash, kind, email, role, person, made_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    TICKET_FIND = "people.ticket_find",
        "SELECT id, kind, email, role, made_by, created_at, expires_at, person FROM invitation WHERE hash = $1 AND expires_at > $2";
    TICKET_LIST = "people.ticket_list",
        "SELECT id, kind, email, role, made_by, created_at, expires_at, person FROM invitation WHERE expires_at > $1 ORDER BY id DESC LIMIT 1000";
    TICKET_DROP = "people.ticket_drop", "DELETE FROM invitation WHERE id = $1 AND expires_at > $2";
    // One address has one link at a time.
    TICKET_REPLACE = "people.ticket_replace", "DELETE FROM invitation WHERE kind = $1 AND email = $2";
    TICKET_SWEEP = "people.ticket_sweep", "DELETE FROM invitation WHERE expires_at <= $1";
    USER_OF = "people.user_of", "SELECT id FROM person WHERE email = $1";
}

fn read(row: &Row) -> Result<Invitation, store::Error> {
    let kind = match row.text(1)? {
        "recovery" => InvitationKind::Recovery,
        "setup" => InvitationKind::Setup,
        _ => InvitationKind::Invitation,
    };
    Ok(Invitation {
        id: InvitationId(row.get(0)?),
        kind,
        email: row.get(2)?,
        role: super::keys::read_role(row.text(3)?),
        made_by: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        user: row.get::<Option<stdx::Id>>(7)?.map(UserId),
    })
}

/// Invites somebody; an earlier invitation to the same address is void.
///
/// # Errors
/// [`Error::Exists`] when there is such a user.
pub async fn invite(desk: &Desk, actor: &Actor, email: &str, role: Role) -> Result<(Invitation, Ticket), Error> {
    actor.may(Action::Admin)?;
    actor.may_give(role.scopes())?;
    let email = users::email_of(email).map_err(|fault| Error::Invalid(vec![fault]))?;
    make(desk, actor, InvitationKind::Invitation, Some(email), role, None).await
}

/// A way back for a user who lost their password; the one before is void.
///
/// # Errors
/// [`Error::NotFound`] for whoever is unknown or shut out.
pub async fn recover(desk: &Desk, actor: &Actor, id: UserId) -> Result<(Invitation, Ticket), Error> {
    actor.may(Action::Admin)?;
    let user = users::get_user(desk, id).await?;
    // Whoever gets the link gets the account.
    actor.may_give(user.role.scopes())?;
    if user.disabled_at.is_some() {
        return Err(Error::invalid("", "the user is disabled; let them in first"));
    }
    make(desk, actor, InvitationKind::Recovery, Some(user.email), user.role, Some(id)).await
}

/// The link for the first account, once in the life of a database, if nobody has an account.
pub async fn ensure_setup(desk: &Desk) -> Result<Option<Ticket>, Error> {
    if users::has_users(desk).await? {
        return Ok(None);
    }
    let first =
        desk.store.write(|tx| Box::pin(async move { super::setting_once(tx, "setup_link", "made").await })).await?;
    if !first {
        return Ok(None);
    }
    let made = make(desk, &Actor::system(), InvitationKind::Setup, None, Role::Admin, None).await?;
    Ok(Some(made.1))
}

async fn make(
    desk: &Desk,
    actor: &Actor,
    kind: InvitationKind,
    email: Option<String>,
    role: Role,
    user: Option<UserId>,
) -> Result<(Invitation, Ticket), Error> {
    let (ticket, now) = (Ticket::generate(), desk.now());
    let invitation = Invitation {
        id: InvitationId(desk.next_id()),
        kind,
        email,
        role,
        made_by: actor.principal.to_string(),
        created_at: now,
        expires_at: now + kind.lasts(),
        user,
    };
    let (row, hash, actor) = (invitation.clone(), ticket.hash().to_hex(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let shown = row.email.clone().unwrap_or_default();
                // The link is not kept, so that a repeat cannot be answered with it.
                if let Some(id) = recall(tx, &actor).await? {
                    return Err(Error::Exists { what: "invitation", name: shown, id });
                }
                if kind == InvitationKind::Invitation
                    && let Some(known) = tx.opt(&USER_OF, params![shown]).await?
                {
                    let id = known.get::<stdx::Id>(0)?.to_string();
                    return Err(Error::Exists { what: "user", name: shown, id });
                }
                tx.exec(&TICKET_SWEEP, params![now]).await?;
                tx.exec(&TICKET_REPLACE, params![kind.name(), shown]).await?;
                let values = params![
                    row.id.to_i64(),
                    hash,
                    kind.name(),
                    row.email,
                    row.role.to_string(),
                    row.user.map(|id| id.to_i64()),
                    row.made_by,
                    row.created_at,
                    row.expires_at
                ];
                tx.exec(&TICKET_ADD, values).await?;
                remember(tx, &actor, &row.id.to_string(), now).await
            })
        })
        .await?;
    Ok((invitation, ticket))
}

/// The links that can still be used, newest first, at most 1,000.
pub async fn list_invitations(desk: &Desk, actor: &Actor) -> Result<Vec<Invitation>, Error> {
    actor.may(Action::Admin)?;
    let rows = desk.store.read().all(&TICKET_LIST, params![desk.now()]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The link opens nothing any more.
pub async fn revoke_invitation(desk: &Desk, actor: &Actor, id: InvitationId) -> Result<(), Error> {
    actor.may(Action::Admin)?;
    let now = desk.now();
    let gone = desk
        .store
        .write(move |tx| Box::pin(async move { tx.exec(&TICKET_DROP, params![id.to_i64(), now]).await }))
        .await?;
    if gone == 0 { Err(Error::not_found("invitation", id)) } else { Ok(()) }
}

/// What a link is for.
///
/// # Errors
/// [`Error::NotFound`] when it is unknown, used, revoked or too old: nobody is told which.
pub async fn look(desk: &Desk, token: &str) -> Result<Invitation, Error> {
    let missing = || Error::not_found("invitation", "of this link");
    let ticket = Ticket::parse(token.trim()).map_err(|_| missing())?;
    let row = desk.store.read_fresh().opt(&TICKET_FIND, params![ticket.hash().to_hex(), desk.now()]).await?;
    Ok(read(&row.ok_or_else(missing)?)?)
}

/// Uses a link: makes the account or changes its password, and opens a session. `site` is what the place is
/// called, which is no password here.
///
/// # Errors
/// [`Error::NotFound`] as [`look`] has it, [`Error::Invalid`] for a weak password or a missing address,
/// [`Error::Exists`] when somebody else made an account with the address.
pub async fn accept(desk: &Desk, token: &str, given: Acceptance, site: &str) -> Result<Opened, Error> {
    let invitation = look(desk, token).await?;
    if let Some(id) = invitation.user {
        let user = users::get_user(desk, id).await?;
        let hash = passwords::hash("/password", &given.password, &[&user.email, &user.name, site]).await?;
        let fresh = Fresh::new(desk);
        let (opening, ticket) = (fresh.clone(), invitation.id);
        desk.store
            .write(move |tx| {
                Box::pin(async move {
                    take(tx, ticket, opening.now()).await?;
                    users::replace_password(tx, id, hash, &opening).await
                })
            })
            .await?;
        return Ok(user.enter(fresh));
    }
    let email = match &invitation.email {
        Some(email) => email.clone(),
        None => {
            users::email_of(given.email.as_deref().unwrap_or_default()).map_err(|fault| Error::Invalid(vec![fault]))?
        }
    };
    let before_at = email.split('@').next().unwrap_or_default();
    let name = users::name_of("/name", given.name.as_deref().unwrap_or(before_at))?;
    let hash = passwords::hash("/password", &given.password, &[&email, &name, site]).await?;
    let fresh = Fresh::new(desk);
    let user = User {
        id: UserId(desk.next_id()),
        email,
        name,
        role: invitation.role,
        created_at: fresh.now(),
        last_used_at: Some(fresh.now()),
        disabled_at: None,
    };
    let (opening, row, ticket) = (fresh.clone(), user.clone(), invitation.id);
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                take(tx, ticket, opening.now()).await?;
                users::add_user(tx, &row, hash).await?;
                opening.open(tx, None, Some(row.id)).await
            })
        })
        .await?;
    Ok(user.enter(fresh))
}

/// Of two who use a link at the same time one is too late.
async fn take(tx: &mut store::Tx, id: InvitationId, now: Timestamp) -> Result<(), Error> {
    match tx.exec(&TICKET_DROP, params![id.to_i64(), now]).await? {
        0 => Err(Error::not_found("invitation", "of this link")),
        _ => Ok(()),
    }
}
