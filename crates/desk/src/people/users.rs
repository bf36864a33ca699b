//! Users: people with a password of their own.

use guard::role::{Role, Scopes};
use serde::Serialize;
use stdx::Timestamp;
use store::{Row, Tx, params};

use super::keys::read_role;
use super::sessions::Fresh;
use super::{Action, Actor, Identity, Opened, Principal, passwords};
use crate::{Desk, Error, Fault, UserId, tags};

/// Somebody with a password, as they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    pub id: UserId,
    /// In lower case; what they sign in with.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_used_at: Option<Timestamp>,
    /// Since when they cannot sign in.
    pub disabled_at: Option<Timestamp>,
}

/// What to change of a user.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

store::sql! {
    USER_ADD = "people.user_add",
        "INSERT INTO person (id, email, name, role, password, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (email) DO NOTHING";
    USER_GET = "people.user_get", "SELECT id, email, name, role, created_at, last_used_at, disabled_at FROM person WHERE id = $1";
    USER_FIND = "people.user_find", "SELECT id, email, name, role, created_at, last_used_at, disabled_at FROM person WHERE email = $1";
    USER_LIST = "people.user_list", "SELECT id, email, name, role, created_at, last_used_at, disabled_at FROM person ORDER BY id LIMIT 1000";
    USER_COUNT = "people.user_count", "SELECT count(*) FROM person";
    USER_SECRET = "people.user_secret", "SELECT password FROM person WHERE id = $1 AND disabled_at IS NULL";
    // Holds every administrator still until the end of the transaction, and counts them.
    USER_ADMINS = "people.user_admins", "UPDATE person SET role = role WHERE role = 'admin' AND disabled_at IS NULL";
    USER_CHANGE = "people.user_change", "UPDATE person SET name = $2, role = $3, disabled_at = $4 WHERE id = $1";
    USER_PASSWORD = "people.user_password", "UPDATE person SET password = $2, last_used_at = $3 WHERE id = $1 AND disabled_at IS NULL";
    USER_USED = "people.user_used", "UPDATE person SET last_used_at = $2 WHERE id = $1 AND password = $3 AND disabled_at IS NULL";
    USER_SESSIONS = "people.user_sessions", "DELETE FROM session WHERE person = $1";
    USER_TICKETS = "people.user_tickets", "DELETE FROM invitation WHERE person = $1";
}

fn read_user(row: &Row) -> Result<User, store::Error> {
    Ok(User {
        id: UserId(row.get(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        role: read_role(row.text(3)?),
        created_at: row.get(4)?,
        last_used_at: row.get(5)?,
        disabled_at: row.get(6)?,
    })
}

pub(super) fn actor(id: UserId, name: String, role: Role) -> Actor {
    Actor { principal: Principal::User(id), name, role, scopes: Scopes::ALL, idempotency: None }
}

impl User {
    /// What the user is once they are in.
    pub(super) fn enter(&self, fresh: Fresh) -> Opened {
        let actor = actor(self.id, self.name.clone(), self.role);
        let identity = Identity { actor, email: Some(self.email.clone()), expires_at: Some(fresh.expires_at) };
        Opened { session: fresh.session, identity }
    }
}

/// The form of an address that accounts are known by: without blanks around, in lower case.
pub fn account_of(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Opens a session for a user; `None` when the password is wrong or nobody of that address may come in, which
/// take the same work.
pub async fn sign_in_with_password(desk: &Desk, email: &str, password: &str) -> Result<Option<Opened>, Error> {
    let row = match email_of(email) {
        // An address that cannot be is looked for nowhere, yet its password is computed all the same.
        Err(_) => None,
        Ok(email) => desk.store.read_fresh().opt(&USER_FIND, params![email]).await?,
    };
    let user = row.as_ref().map(read_user).transpose()?.filter(|user| user.disabled_at.is_none());
    let stored = match &user {
        None => None,
        Some(user) => secret(desk, user.id).await?,
    };
    let is_right = passwords::verify(stored.as_deref(), password).await?;
    let (Some(user), Some(stored), true) = (user, stored, is_right) else { return Ok(None) };
    let (id, fresh, now) = (user.id, Fresh::new(desk), desk.now());
    let opening = fresh.clone();
    let is_in = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                // The password may have been changed while it was computed.
                if tx.exec(&USER_USED, params![id.to_i64(), now, stored]).await? == 0 {
                    return Ok::<_, Error>(false);
                }
                opening.open(tx, None, Some(id)).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(is_in.then(|| user.enter(fresh)))
}

/// Gives the user another password. All their sessions end, and a new one opens.
///
/// # Errors
/// [`Error::Invalid`] when the current password is another or the new one is too weak, [`Error::Forbidden`] for
/// whoever has no password.
pub async fn change_password(
    desk: &Desk,
    actor: &Actor,
    current: &str,
    new: &str,
    site: &str,
) -> Result<Opened, Error> {
    let Principal::User(id) = actor.principal else {
        return Err(Error::Forbidden { who: actor.principal.to_string(), action: "change a password: they have none" });
    };
    let user = get_user(desk, id).await?;
    let stored = secret(desk, id).await?;
    if !passwords::verify(stored.as_deref(), current).await? {
        return Err(Error::invalid("/current", "is not your password"));
    }
    if current == new {
        return Err(Error::invalid("/new", "must be another one"));
    }
    let hash = passwords::hash("/new", new, &[&user.email, &user.name, site]).await?;
    let fresh = Fresh::new(desk);
    let opening = fresh.clone();
    desk.store.write(move |tx| Box::pin(async move { replace_password(tx, id, hash, &opening).await })).await?;
    Ok(user.enter(fresh))
}

/// Stores a new password; every session of the user and every way back ends, `opening` begins.
pub(super) async fn replace_password(tx: &mut Tx, id: UserId, hash: String, opening: &Fresh) -> Result<(), Error> {
    if tx.exec(&USER_PASSWORD, params![id.to_i64(), hash, opening.now()]).await? == 0 {
        return Err(Error::not_found("user", id));
    }
    tx.exec(&USER_SESSIONS, params![id.to_i64()]).await?;
    tx.exec(&USER_TICKETS, params![id.to_i64()]).await?;
    opening.open(tx, None, Some(id)).await
}

/// Adds a user, whose address must be new.
pub(super) async fn add_user(tx: &mut Tx, user: &User, hash: String) -> Result<(), Error> {
    let values = params![user.id.to_i64(), user.email, user.name, user.role.to_string(), hash, user.created_at];
    if tx.exec(&USER_ADD, values).await? == 1 {
        return Ok(());
    }
    let id = tx.one(&USER_FIND, params![user.email]).await?.get::<stdx::Id>(0)?;
    Err(Error::Exists { what: "user", name: user.email.clone(), id: id.to_string() })
}

async fn secret(desk: &Desk, id: UserId) -> Result<Option<String>, Error> {
    let row = desk.store.read_fresh().opt(&USER_SECRET, params![id.to_i64()]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// Whether anybody has a password here.
pub async fn has_users(desk: &Desk) -> Result<bool, Error> {
    Ok(desk.store.read().one(&USER_COUNT, params![]).await?.get::<i64>(0)? > 0)
}

/// All users, at most 1,000.
pub async fn list_users(desk: &Desk, actor: &Actor) -> Result<Vec<User>, Error> {
    actor.may(Action::Admin)?;
    let rows = desk.store.read().all(&USER_LIST, params![]).await?;
    Ok(rows.iter().map(read_user).collect::<Result<_, _>>()?)
}

/// The user with that address.
pub async fn find_user(desk: &Desk, actor: &Actor, email: &str) -> Result<User, Error> {
    actor.may(Action::Admin)?;
    let row = desk.store.read_fresh().opt(&USER_FIND, params![account_of(email)]).await?;
    Ok(read_user(&row.ok_or_else(|| Error::not_found("user", account_of(email)))?)?)
}

pub(super) async fn get_user(desk: &Desk, id: UserId) -> Result<User, Error> {
    let row = desk.store.read_fresh().opt(&USER_GET, params![id.to_i64()]).await?;
    Ok(read_user(&row.ok_or_else(|| Error::not_found("user", id))?)?)
}

/// Changes a user. Another role, or being shut out, ends their sessions.
///
/// # Errors
/// [`Error::LastAdmin`] when nobody would be left to manage people.
pub async fn update_user(desk: &Desk, actor: &Actor, id: UserId, change: UserChange) -> Result<User, Error> {
    actor.may(Action::Admin)?;
    if let Some(role) = change.role {
        actor.may_give(role.scopes())?;
    }
    let name = change.name.as_deref().map(|name| name_of("/name", name)).transpose()?;
    let (d, actor, now) = (desk.clone(), actor.clone(), desk.now());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let admins = tx.exec(&USER_ADMINS, params![]).await?;
                let row = tx.opt(&USER_GET, params![id.to_i64()]).await?;
                let old = read_user(&row.ok_or_else(|| Error::not_found("user", id))?)?;
                // What somebody may is also theirs to take only by those who may as much.
                actor.may_give(old.role.scopes())?;
                let user = User {
                    name: name.unwrap_or_else(|| old.name.clone()),
                    role: change.role.unwrap_or(old.role),
                    disabled_at: match change.disabled {
                        Some(true) => Some(old.disabled_at.unwrap_or(now)),
                        Some(false) => None,
                        None => old.disabled_at,
                    },
                    ..old.clone()
                };
                let rules = |user: &User| user.role == Role::Admin && user.disabled_at.is_none();
                if rules(&old) && !rules(&user) && admins < 2 {
                    return Err(Error::LastAdmin(id));
                }
                let values = params![id.to_i64(), user.name, user.role.to_string(), user.disabled_at];
                tx.exec(&USER_CHANGE, values).await?;
                if user.name != old.name {
                    d.purge_with(tx, &[tags::PEOPLE]).await?;
                }
                if user.role != old.role || user.disabled_at.is_some() {
                    tx.exec(&USER_SESSIONS, params![id.to_i64()]).await?;
                }
                if user.disabled_at.is_some() {
                    tx.exec(&USER_TICKETS, params![id.to_i64()]).await?;
                }
                Ok(user)
            })
        })
        .await
}

/// Reads an address that mail could go to. What is really there only a mail could tell.
pub(super) fn email_of(text: &str) -> Result<String, Fault> {
    let email = account_of(text);
    let parts =
        email.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    let is_plain = email.len() <= 254 && !email.contains(|c: char| c.is_whitespace() || c.is_control());
    match parts {
        Some(_) if is_plain => Ok(email),
        _ => Err(Fault::new("/email", "must be an e-mail address of at most 254 characters")),
    }
}

pub(super) fn name_of(pointer: &str, text: &str) -> Result<String, Error> {
    let name = text.trim();
    let fits = (1..=100).contains(&name.chars().count()) && !name.contains(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Error::invalid(pointer, "must have 1 to 100 characters")) }
}
