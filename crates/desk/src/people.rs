//! Who acts: users and API keys, their roles and sessions, and the memory of idempotent requests.
//!
//! Invariants: of passwords, keys, sessions and invitations only hashes are stored; nobody gives more than
//! they have; the last user who can manage people is neither shut out nor demoted.

pub(crate) mod current;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod kin;
mod passwords;
pub(crate) mod preferences;
pub(crate) mod sessions;
pub(crate) mod users;

pub(crate) use current::current;
pub use invitations::{
    Acceptance, Invitation, InvitationKind, accept, ensure_setup, invite, list_invitations, look, recover,
    revoke_invitation,
};
pub use keys::{ApiKey, NewKey, authenticate, create_key, ensure_admin, list_keys, revoke_key};
pub(crate) use kin::kin;
pub use preferences::{drop_preference, preferences, set_preference};
pub use sessions::{Identity, Opened, SESSION_MAX, is_still_in, resume, sign_in, sign_out};
pub use users::{
    User, UserChange, account_of, change_password, find_user, has_users, list_users, sign_in_with_password, update_user,
};

use std::time::Duration;

use guard::role::{Role, Scopes};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use store::{Conn, Tx, params};

use crate::{Desk, Error, KeyId, LinkId, UserId};

/// Somebody who wants something, and the request they want it with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub principal: Principal,
    /// What people call them.
    #[serde(default)]
    pub name: String,
    pub role: Role,
    /// What they may do of what the role may; jobs of older releases do not say.
    #[serde(default = "all_scopes")]
    pub scopes: Scopes,
    /// Given when the caller may repeat the request.
    pub idempotency: Option<Idempotency>,
}

fn all_scopes() -> Scopes {
    Scopes::ALL
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// The desk itself: schedules and policies.
    System,
    Key(KeyId),
    User(UserId),
    /// The guest of a signed review link.
    Link(LinkId),
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Principal::System => f.write_str("system"),
            Principal::Key(id) => write!(f, "key:{id}"),
            Principal::User(id) => write!(f, "user:{id}"),
            Principal::Link(id) => write!(f, "link:{id}"),
        }
    }
}

impl std::str::FromStr for Principal {
    type Err = ();

    /// Reads what `Display` has written.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            None if text == "system" => Ok(Principal::System),
            Some(("key", id)) => id.parse().map(Principal::Key).map_err(|_| ()),
            Some(("user", id)) => id.parse().map(Principal::User).map_err(|_| ()),
            Some(("link", id)) => id.parse().map(Principal::Link).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    pub key: String,
    /// Hash of method, path and body: the same key with another request is a mistake.
    pub request: String,
}

/// What can be done on the desk; which role may do what stands in [`guard::role`].
pub use guard::role::Scope as Action;

/// The action as the words after "may not".
fn words(action: Action) -> &'static str {
    match action {
        Action::Read => "read",
        Action::Configure => "change sources, pipelines or providers",
        Action::Write => "write posts",
        Action::Judge => "judge posts",
        Action::Publish => "publish posts",
        Action::Operate => "operate jobs",
        Action::Admin => "manage people, keys or schedules",
    }
}

impl Actor {
    pub fn system() -> Self {
        Actor {
            principal: Principal::System,
            name: "system".to_owned(),
            role: Role::Admin,
            scopes: Scopes::ALL,
            idempotency: None,
        }
    }

    /// # Errors
    /// [`Error::Forbidden`] when the role or the scopes do not cover the action.
    pub fn may(&self, action: Action) -> Result<(), Error> {
        if self.can().has(action) {
            return Ok(());
        }
        Err(Error::Forbidden { who: self.principal.to_string(), action: words(action) })
    }

    /// All that the actor may do.
    pub fn can(&self) -> Scopes {
        self.role.scopes().and(self.scopes)
    }

    /// Nobody hands on what they have not got themselves.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when `scopes` are more than the actor's.
    fn may_give(&self, scopes: Scopes) -> Result<(), Error> {
        if scopes.and(self.can()) == scopes {
            return Ok(());
        }
        Err(Error::Forbidden { who: self.principal.to_string(), action: "give rights that they have not got" })
    }
}

store::sql! {
    ONCE_FIND = "people.once_find", "SELECT request, outcome FROM idempotency WHERE principal = $1 AND key = $2";
    ONCE_TAKE = "people.once_take",
        "INSERT INTO idempotency (principal, key, request, outcome, at) VALUES ($1, $2, $3, '', $4) ON CONFLICT (principal, key) DO NOTHING";
    ONCE_SET = "people.once_set", "UPDATE idempotency SET outcome = $3, at = $4 WHERE principal = $1 AND key = $2";
    ONCE_SWEEP = "people.once_sweep", "DELETE FROM idempotency WHERE at < $1 AND at > $2";
    SETTING_GET = "people.setting_get", "SELECT value FROM setting WHERE name = $1";
    SETTING_ONCE = "people.setting_once", "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    SETTING_PUT = "people.setting_put", "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

/// What a repeated request led to the first time; `None` for a first one or one without a key. A first one
/// takes the key, so that the same request at the same time waits for it and is then answered from it.
///
/// # Errors
/// [`Error::IdempotencyMismatch`] when the key came with another request before.
pub async fn recall(tx: &mut Tx, actor: &Actor) -> Result<Option<String>, Error> {
    let Some(given) = &actor.idempotency else { return Ok(None) };
    let values = params![actor.principal.to_string(), given.key, given.request, Timestamp::EPOCH];
    if tx.exec(&ONCE_TAKE, values).await? == 1 {
        return Ok(None);
    }
    recalled(tx, actor).await
}

/// What the request led to, if it was made before; takes nothing.
///
/// # Errors
/// [`Error::IdempotencyMismatch`] when the key came with another request before.
pub async fn recalled(conn: &mut Conn, actor: &Actor) -> Result<Option<String>, Error> {
    let Some(given) = &actor.idempotency else { return Ok(None) };
    let row = conn.opt(&ONCE_FIND, params![actor.principal.to_string(), given.key]).await?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<String>(0)? != given.request {
        return Err(Error::IdempotencyMismatch);
    }
    Ok(Some(row.get(1)?))
}

/// Keeps what the request led to, in the transaction that did it. Kept for a day.
pub async fn remember(tx: &mut Tx, actor: &Actor, outcome: &str, now: Timestamp) -> Result<(), Error> {
    let Some(given) = &actor.idempotency else { return Ok(()) };
    let (principal, day_ago) = (actor.principal.to_string(), now - Duration::from_secs(86_400));
    tx.exec(&ONCE_SET, params![principal, given.key, outcome, now]).await?;
    tx.exec(&ONCE_SWEEP, params![day_ago, Timestamp::EPOCH]).await?;
    Ok(())
}

/// A named value that outlives the process.
pub async fn setting(desk: &Desk, name: &str) -> Result<Option<String>, Error> {
    let row = desk.store.read_fresh().opt(&SETTING_GET, params![name]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// Keeps a named value unless there is one; whether it did.
async fn setting_once(tx: &mut Tx, name: &'static str, value: &'static str) -> Result<bool, Error> {
    Ok(tx.exec(&SETTING_ONCE, params![name, value]).await? == 1)
}

pub async fn set_setting(desk: &Desk, name: &str, value: &str) -> Result<(), Error> {
    let (name, value) = (name.to_owned(), value.to_owned());
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&SETTING_PUT, params![name, value]).await })).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
