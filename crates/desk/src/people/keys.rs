//! API keys.

use std::time::Duration;

use guard::role::{Role, Scopes};
use serde::Serialize;
use stdx::Timestamp;
use stdx::config::Secret;
use store::{Row, params};

use super::{Action, Actor, Identity, Principal, recall, remember};
use crate::{Desk, Error, Fault, KeyId};

/// A key as it is shown; never the key itself.
#[derive(Clone, Debug, Serialize)]
pub struct ApiKey {
    pub id: KeyId,
    pub name: String,
    /// The first characters, to recognise it by.
    pub prefix: String,
    pub role: Role,
    /// What it may do: all of its role, or a part.
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    /// A part of what the role may; all of it when `None`.
    pub scopes: Option<Scopes>,
    /// For good when `None`.
    pub lasts: Option<Duration>,
}

impl NewKey {
    /// A key that may all that its role may, for good.
    pub fn new(name: impl Into<String>, role: Role) -> NewKey {
        NewKey { name: name.into(), role, scopes: None, lasts: None }
    }
}

store::sql! {
    KEY_ADD = "people.key_add",
        "INSERT INTO api_key (id, hash, prefix, name, role, scopes, created_at, expires_at, owner_user, owner_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    KEY_FIND = "people.key_find",
        "SELECT id, name, prefix, role, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_key WHERE hash = $1";
    KEY_LIST = "people.key_list",
        "SELECT id, name, prefix, role, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_key ORDER BY id LIMIT 1000";
    KEY_COUNT = "people.key_count", "SELECT count(*) FROM api_key";
    KEY_REVOKE = "people.key_revoke", "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    KEY_SESSIONS = "people.key_sessions", "DELETE FROM session WHERE api_key = $1";
    KEY_USED = "people.key_used", "UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)";
}

/// Reads a role that was written by us; a damaged one becomes the least.
pub(super) fn read_role(text: &str) -> Role {
    text.parse().unwrap_or(Role::Viewer)
}

/// Reads stored scopes; damaged ones become none.
pub(super) fn read_scopes(text: Option<&str>) -> Scopes {
    text.map_or(Scopes::ALL, |text| text.parse().unwrap_or(Scopes::NONE))
}

fn read_key(row: &Row) -> Result<ApiKey, store::Error> {
    let role = read_role(row.text(3)?);
    let scopes: Option<String> = row.get(4)?;
    Ok(ApiKey {
        id: KeyId(row.get(0)?),
        name: row.get(1)?,
        prefix: row.get(2)?,
        role,
        scopes: role.scopes().and(read_scopes(scopes.as_deref())),
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        last_used_at: row.get(7)?,
        revoked_at: row.get(8)?,
    })
}

impl ApiKey {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            principal: Principal::Key(self.id),
            name: self.name.clone(),
            role: self.role,
            scopes: self.scopes,
            idempotency: None,
        }
    }
}

impl NewKey {
    fn check(&self) -> Result<(), Error> {
        let mut faults = Vec::new();
        if !(1..=100).contains(&self.name.trim().chars().count()) {
            faults.push(Fault::new("/name", "must have 1 to 100 characters"));
        }
        if let Some(scopes) = self.scopes {
            let beyond = scopes.iter().find(|scope| !self.role.scopes().has(*scope));
            match beyond {
                Some(scope) => faults.push(Fault::new("/scopes", format!("the role {} has no {scope}", self.role))),
                None if scopes.is_empty() => faults.push(Fault::new("/scopes", "must name one scope at least")),
                None => {}
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }
}

/// Makes a key and shows it, this once.
pub async fn create_key(desk: &Desk, actor: &Actor, new: NewKey) -> Result<(ApiKey, Secret), Error> {
    actor.may(Action::Admin)?;
    new.check()?;
    let scopes = new.role.scopes().and(new.scopes.unwrap_or(Scopes::ALL));
    actor.may_give(scopes)?;
    let (secret, hash) = guard::key::generate();
    let now = desk.now();
    let key = ApiKey {
        id: KeyId(desk.next_id()),
        name: new.name.trim().to_owned(),
        prefix: guard::key::prefix(secret.reveal()).to_owned(),
        role: new.role,
        scopes,
        created_at: now,
        expires_at: new.lasts.map(|time| now + time),
        last_used_at: None,
        revoked_at: None,
    };
    let (row, hash) = (key.clone(), hash.to_hex());
    let actor = actor.clone();
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                // The secret is not kept, so that a repeat cannot be answered with it; it makes no second key either.
                if let Some(id) = recall(tx, &actor).await? {
                    return Err(Error::Exists { what: "key", name: row.name, id });
                }
                // All of a role is stored as that, so that the key follows the role.
                let scopes = (row.scopes != row.role.scopes()).then(|| row.scopes.to_string());
                let (owner_user, owner_key) = match super::kin::owner(tx, actor.principal).await? {
                    Principal::User(id) => (Some(id.to_i64()), None),
                    Principal::Key(id) => (None, Some(id.to_i64())),
                    Principal::System | Principal::Link(_) => (None, None),
                };
                let values = params![
                    row.id.to_i64(),
                    hash,
                    row.prefix,
                    row.name,
                    row.role.to_string(),
                    scopes,
                    row.created_at,
                    row.expires_at,
                    owner_user,
                    owner_key
                ];
                tx.exec(&KEY_ADD, values).await?;
                remember(tx, &actor, &row.id.to_string(), now).await
            })
        })
        .await?;
    Ok((key, secret))
}

/// The first key, an administrator's, when there is none at all. Of several processes that start on an
/// empty database one makes it.
pub async fn ensure_admin(desk: &Desk) -> Result<Option<Secret>, Error> {
    let first = desk
        .store
        .write(|tx| {
            Box::pin(async move {
                let count: i64 = tx.one(&KEY_COUNT, params![]).await?.get(0)?;
                Ok::<_, Error>(count == 0 && super::setting_once(tx, "first_key", "made").await?)
            })
        })
        .await?;
    if !first {
        return Ok(None);
    }
    let (_, secret) = create_key(desk, &Actor::system(), NewKey::new("first administrator", Role::Admin)).await?;
    Ok(Some(secret))
}

/// All keys, at most 1,000.
pub async fn list_keys(desk: &Desk, actor: &Actor) -> Result<Vec<ApiKey>, Error> {
    actor.may(Action::Admin)?;
    let rows = desk.store.read().all(&KEY_LIST, params![]).await?;
    Ok(rows.iter().map(read_key).collect::<Result<_, _>>()?)
}

/// The key works no more from now on; sessions made with it end too.
pub async fn revoke_key(desk: &Desk, actor: &Actor, id: KeyId) -> Result<(), Error> {
    actor.may(Action::Admin)?;
    let now = desk.now();
    let rows = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&KEY_SESSIONS, params![id.to_i64()]).await?;
                tx.exec(&KEY_REVOKE, params![id.to_i64(), now]).await
            })
        })
        .await?;
    if rows == 0 { Err(Error::not_found("key", id)) } else { Ok(()) }
}

/// Who presents the key; `None` when it is unknown, expired or revoked.
pub async fn authenticate(desk: &Desk, presented: &str) -> Result<Option<Identity>, Error> {
    let Ok(presented) = guard::key::parse(presented) else { return Ok(None) };
    let now = desk.now();
    let row = desk.store.read().opt(&KEY_FIND, params![presented.hash.to_hex()]).await?;
    let Some(key) = row.as_ref().map(read_key).transpose()? else { return Ok(None) };
    if key.revoked_at.is_some() || key.expires_at.is_some_and(|at| at <= now) {
        return Ok(None);
    }
    // Once a minute is exact enough, and keeps reads from becoming writes.
    let minute_ago = now - Duration::from_secs(60);
    if key.last_used_at.is_none_or(|at| at < minute_ago) {
        let id = key.id;
        let used = desk
            .store
            .write(move |tx| Box::pin(async move { tx.exec(&KEY_USED, params![id.to_i64(), now, minute_ago]).await }))
            .await;
        if let Err(error) = used {
            // Reading must go on when nothing can be written.
            tracing::warn!(error = &error as &dyn std::error::Error, "the time a key was used could not be noted");
        }
    }
    Ok(Some(Identity { actor: key.actor(), email: None, expires_at: key.expires_at }))
}
