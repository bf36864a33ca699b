//! Who acts: API keys, roles, sessions of the console, and the memory of idempotent requests.

use std::time::Duration;

use guard::role::Role;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::config::Secret;
use store::{Conn, Row, Tx, params};

use crate::{Desk, Error, KeyId};

/// Somebody who wants something, and the request they want it with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub principal: Principal,
    pub role: Role,
    /// Given when the caller may repeat the request.
    pub idempotency: Option<Idempotency>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// The desk itself: schedules and policies.
    System,
    Key(KeyId),
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Principal::System => f.write_str("system"),
            Principal::Key(id) => write!(f, "key:{id}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    pub key: String,
    /// Hash of method, path and body: the same key with another request is a mistake.
    pub request: String,
}

/// What can be done on the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Read,
    /// Sources, pipelines, providers.
    Configure,
    /// Drafts and versions.
    Write,
    /// Approve, reject, take back.
    Judge,
    Publish,
    /// Jobs and queues.
    Operate,
    /// Keys and schedules.
    Admin,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Configure => "change sources, pipelines or providers",
            Action::Write => "write posts",
            Action::Judge => "judge posts",
            Action::Publish => "publish posts",
            Action::Operate => "operate jobs",
            Action::Admin => "manage keys or schedules",
        }
    }
}

impl Actor {
    pub fn system() -> Self {
        Actor { principal: Principal::System, role: Role::Admin, idempotency: None }
    }

    /// # Errors
    /// [`Error::Forbidden`] when the role does not cover the action.
    pub fn may(&self, action: Action) -> Result<(), Error> {
        let allowed = match self.role {
            Role::Admin => true,
            Role::Editor => !matches!(action, Action::Admin),
            Role::Moderator => matches!(action, Action::Read | Action::Judge | Action::Write | Action::Publish),
            Role::Author => matches!(action, Action::Read | Action::Write),
            Role::Viewer => action == Action::Read,
        };
        if allowed { Ok(()) } else { Err(Error::Forbidden { who: self.principal.to_string(), action: action.name() }) }
    }
}

/// A key as it is shown; never the key itself.
#[derive(Clone, Debug, Serialize)]
pub struct ApiKey {
    pub id: KeyId,
    pub name: String,
    /// The first characters, to recognise it by.
    pub prefix: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

store::sql! {
    KEY_ADD = "people.key_add", "INSERT INTO api_key (id, hash, prefix, name, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    KEY_FIND = "people.key_find",
        "SELECT id, name, prefix, role, created_at, expires_at, last_used_at, revoked_at FROM api_key WHERE hash = $1";
    KEY_LIST = "people.key_list",
        "SELECT id, name, prefix, role, created_at, expires_at, last_used_at, revoked_at FROM api_key ORDER BY id LIMIT 1000";
    KEY_COUNT = "people.key_count", "SELECT count(*) FROM api_key";
    KEY_REVOKE = "people.key_revoke", "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    KEY_USED = "people.key_used", "UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)";
    SESSION_ADD = "people.session_add", "INSERT INTO session (hash, api_key, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    SESSION_FIND = "people.session_find",
        "SELECT k.id, k.name, k.prefix, k.role, k.created_at, k.expires_at, k.last_used_at, k.revoked_at FROM session s JOIN api_key k ON k.id = s.api_key
         WHERE s.hash = $1 AND s.expires_at > $2";
    SESSION_DROP = "people.session_drop", "DELETE FROM session WHERE hash = $1";
    SESSION_SWEEP = "people.session_sweep", "DELETE FROM session WHERE expires_at < $1";
    ONCE_FIND = "people.once_find", "SELECT request, outcome FROM idempotency WHERE principal = $1 AND key = $2";
    ONCE_TAKE = "people.once_take",
        "INSERT INTO idempotency (principal, key, request, outcome, at) VALUES ($1, $2, $3, '', $4) ON CONFLICT (principal, key) DO NOTHING";
    ONCE_SET = "people.once_set", "UPDATE idempotency SET outcome = $3, at = $4 WHERE principal = $1 AND key = $2";
    ONCE_SWEEP = "people.once_sweep", "DELETE FROM idempotency WHERE at < $1 AND at > $2";
    SETTING_GET = "people.setting_get", "SELECT value FROM setting WHERE name = $1";
    SETTING_ONCE = "people.setting_once", "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    SETTING_PUT = "people.setting_put", "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

fn read_key(row: &Row) -> Result<ApiKey, store::Error> {
    let role: String = row.get(3)?;
    Ok(ApiKey {
        id: KeyId(row.get(0)?),
        name: row.get(1)?,
        prefix: row.get(2)?,
        role: role.parse().unwrap_or(Role::Viewer),
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

impl ApiKey {
    fn works_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }

    fn actor(&self) -> Actor {
        Actor { principal: Principal::Key(self.id), role: self.role, idempotency: None }
    }
}

/// Makes a key and shows it, this once.
pub async fn create_key(
    desk: &Desk,
    actor: &Actor,
    name: &str,
    role: Role,
    lasts: Option<Duration>,
) -> Result<(ApiKey, Secret), Error> {
    actor.may(Action::Admin)?;
    if name.trim().is_empty() || name.len() > 100 {
        return Err(Error::invalid("/name", "must have 1 to 100 characters"));
    }
    let (secret, hash) = guard::key::generate();
    let now = desk.now();
    let key = ApiKey {
        id: KeyId(desk.next_id()),
        name: name.trim().to_owned(),
        prefix: guard::key::prefix(secret.reveal()).to_owned(),
        role,
        created_at: now,
        expires_at: lasts.map(|time| now + time),
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
                let id = row.id.to_string();
                let values = params![
                    row.id.to_i64(),
                    hash,
                    row.prefix,
                    row.name,
                    row.role.to_string(),
                    row.created_at,
                    row.expires_at
                ];
                tx.exec(&KEY_ADD, values).await?;
                remember(tx, &actor, &id, now).await
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
                Ok::<_, Error>(count == 0 && tx.exec(&SETTING_ONCE, params!["first_key", "made"]).await? == 1)
            })
        })
        .await?;
    if !first {
        return Ok(None);
    }
    let (_, secret) = create_key(desk, &Actor::system(), "first administrator", Role::Admin, None).await?;
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
        .write(move |tx| Box::pin(async move { tx.exec(&KEY_REVOKE, params![id.to_i64(), now]).await }))
        .await?;
    if rows == 0 { Err(Error::not_found("key", id)) } else { Ok(()) }
}

/// The actor behind a presented key; `None` when it is unknown, expired or revoked.
pub async fn authenticate(desk: &Desk, presented: &str) -> Result<Option<(ApiKey, Actor)>, Error> {
    let Ok(presented) = guard::key::parse(presented) else { return Ok(None) };
    let now = desk.now();
    let row = desk.store.read().opt(&KEY_FIND, params![presented.hash.to_hex()]).await?;
    let Some(key) = row.as_ref().map(read_key).transpose()? else { return Ok(None) };
    if !key.works_at(now) {
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
    let actor = key.actor();
    Ok(Some((key, actor)))
}

/// Opens a session for the holder of a key; gives the token for the cookie.
pub async fn sign_in(desk: &Desk, presented: &str) -> Result<Option<guard::token::Session>, Error> {
    let Some((key, _)) = authenticate(desk, presented).await? else { return Ok(None) };
    let session = guard::token::Session::generate();
    let (hash, now) = (session.hash().to_hex(), desk.now());
    let expires = now + Duration::from_secs(u64::from(desk.settings.session_h) * 3_600);
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&SESSION_SWEEP, params![now]).await?;
                tx.exec(&SESSION_ADD, params![hash, key.id.to_i64(), now, expires]).await
            })
        })
        .await?;
    Ok(Some(session))
}

/// The actor behind a session's token.
pub async fn resume(desk: &Desk, token: &str) -> Result<Option<(ApiKey, Actor)>, Error> {
    let Ok(session) = guard::token::Session::parse(token) else { return Ok(None) };
    let now = desk.now();
    let row = desk.store.read().opt(&SESSION_FIND, params![session.hash().to_hex(), now]).await?;
    let key = row.as_ref().map(read_key).transpose()?.filter(|key| key.works_at(now));
    Ok(key.map(|key| {
        let actor = key.actor();
        (key, actor)
    }))
}

pub async fn sign_out(desk: &Desk, token: &str) -> Result<(), Error> {
    let Ok(session) = guard::token::Session::parse(token) else { return Ok(()) };
    let hash = session.hash().to_hex();
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&SESSION_DROP, params![hash]).await })).await?;
    Ok(())
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

pub async fn set_setting(desk: &Desk, name: &str, value: &str) -> Result<(), Error> {
    let (name, value) = (name.to_owned(), value.to_owned());
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&SETTING_PUT, params![name, value]).await })).await?;
    Ok(())
}
