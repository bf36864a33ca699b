//! Sessions of the console: a cookie's token that stands for a key or a user.
//!
//! A session ends when nobody uses it for `desk.session_h` hours, and after 30 days in any case.

use std::time::Duration;

use guard::token::Session;
use stdx::Timestamp;
use store::{Row, Tx, params};

use super::keys::{read_role, read_scopes};
use super::{Actor, Principal, authenticate};
use crate::{Desk, Error, KeyId, UserId};

/// Longest life of a session, however much it is used.
pub const SESSION_MAX: Duration = Duration::from_secs(30 * 86_400);
/// A session's end is moved when it has at least this much to gain.
const TOUCH: Duration = Duration::from_secs(60);

/// Who is asking, and how that is known.
#[derive(Clone, Debug)]
pub struct Identity {
    pub actor: Actor,
    /// Of a user.
    pub email: Option<String>,
    /// When the session or the key ends, if nobody uses it until then.
    pub expires_at: Option<Timestamp>,
}

/// A session that was just opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// For the cookie.
    pub session: Session,
    pub identity: Identity,
}

store::sql! {
    SESSION_ADD = "people.session_add",
        "INSERT INTO session (hash, api_key, person, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    SESSION_FIND = "people.session_find",
        "SELECT s.created_at, s.expires_at, k.id, k.name, k.role, k.scopes, k.expires_at, k.revoked_at, p.id, p.name, p.role, p.email, p.disabled_at
         FROM session s LEFT JOIN api_key k ON k.id = s.api_key LEFT JOIN person p ON p.id = s.person
         WHERE s.hash = $1 AND s.expires_at > $2";
    SESSION_TOUCH = "people.session_touch", "UPDATE session SET expires_at = $2 WHERE hash = $1 AND expires_at < $2";
    SESSION_DROP = "people.session_drop", "DELETE FROM session WHERE hash = $1";
    SESSION_SWEEP = "people.session_sweep", "DELETE FROM session WHERE expires_at < $1";
}

/// Opens a session for the holder of a key.
pub async fn sign_in(desk: &Desk, presented: &str) -> Result<Option<Opened>, Error> {
    let Some(identity) = authenticate(desk, presented).await? else { return Ok(None) };
    let Principal::Key(key) = identity.actor.principal else { return Ok(None) };
    let fresh = Fresh::new(desk);
    let (session, expires_at) = (fresh.session.clone(), fresh.expires_at);
    desk.store.write(move |tx| Box::pin(async move { fresh.open(tx, Some(key), None).await })).await?;
    Ok(Some(Opened { session, identity: Identity { expires_at: Some(expires_at), ..identity } }))
}

/// The identity behind a session's token; using it keeps it alive.
pub async fn resume(desk: &Desk, token: &str) -> Result<Option<Identity>, Error> {
    let Ok(session) = Session::parse(token) else { return Ok(None) };
    let (now, hash) = (desk.now(), session.hash().to_hex());
    let Some(row) = desk.store.read().opt(&SESSION_FIND, params![hash, now]).await? else { return Ok(None) };
    let (created_at, expires_at): (Timestamp, Timestamp) = (row.get(0)?, row.get(1)?);
    let Some((actor, email, ends_at)) = read_holder(&row, now)? else { return Ok(None) };
    let ends_at = ends_at.unwrap_or(created_at + SESSION_MAX).min(created_at + SESSION_MAX);
    if ends_at <= now {
        return Ok(None);
    }
    let wanted = (now + idle(desk)).min(ends_at);
    if wanted.since(expires_at) >= TOUCH {
        let touched = desk
            .store
            .write(move |tx| Box::pin(async move { tx.exec(&SESSION_TOUCH, params![hash, wanted]).await }))
            .await;
        if let Err(error) = touched {
            // Reading must go on when nothing can be written.
            tracing::warn!(error = &error as &dyn std::error::Error, "a session could not be prolonged");
            return Ok(Some(Identity { actor, email, expires_at: Some(expires_at) }));
        }
        return Ok(Some(Identity { actor, email, expires_at: Some(wanted) }));
    }
    Ok(Some(Identity { actor, email, expires_at: Some(expires_at) }))
}

/// Whether who came in as `actor`, by `session` or by their key, would be let in now as well. Unlike [`resume`] it
/// is no use of the session: looking on keeps nobody signed in.
pub async fn is_still_in(desk: &Desk, actor: &Actor, session: Option<&Session>) -> Result<bool, Error> {
    let now = desk.now();
    let mut conn = desk.store.read();
    let Some(session) = session else {
        return match super::current(&mut conn, actor, now).await {
            Ok(_) => Ok(true),
            Err(Error::Forbidden { .. }) => Ok(false),
            Err(error) => Err(error),
        };
    };
    let Some(row) = conn.opt(&SESSION_FIND, params![session.hash().to_hex(), now]).await? else { return Ok(false) };
    let created_at: Timestamp = row.get(0)?;
    Ok(read_holder(&row, now)?.is_some() && created_at + SESSION_MAX > now)
}

pub async fn sign_out(desk: &Desk, token: &str) -> Result<(), Error> {
    let Ok(session) = Session::parse(token) else { return Ok(()) };
    let hash = session.hash().to_hex();
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&SESSION_DROP, params![hash]).await })).await?;
    Ok(())
}

type Holder = (Actor, Option<String>, Option<Timestamp>);

/// Whose session it is, and when that one ends; `None` when they may not come in any more.
fn read_holder(row: &Row, now: Timestamp) -> Result<Option<Holder>, store::Error> {
    if let Some(id) = row.get::<Option<stdx::Id>>(2)? {
        let expires_at: Option<Timestamp> = row.get(6)?;
        let is_over = row.get::<Option<Timestamp>>(7)?.is_some() || expires_at.is_some_and(|at| at <= now);
        let scopes: Option<String> = row.get(5)?;
        let actor = Actor {
            principal: Principal::Key(KeyId(id)),
            name: row.get(3)?,
            role: read_role(row.text(4)?),
            scopes: read_scopes(scopes.as_deref()),
            idempotency: None,
        };
        return Ok((!is_over).then_some((actor, None, expires_at)));
    }
    let Some(id) = row.get::<Option<stdx::Id>>(8)? else { return Ok(None) };
    if row.get::<Option<Timestamp>>(12)?.is_some() {
        return Ok(None);
    }
    let actor = super::users::actor(UserId(id), row.get(9)?, read_role(row.text(10)?));
    Ok(Some((actor, Some(row.get(11)?), None)))
}

fn idle(desk: &Desk) -> Duration {
    Duration::from_secs(u64::from(desk.settings.session_h) * 3_600)
}

/// A session that is about to be opened.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub session: Session,
    pub expires_at: Timestamp,
    now: Timestamp,
}

impl Fresh {
    pub fn new(desk: &Desk) -> Fresh {
        let now = desk.now();
        Fresh { session: Session::generate(), expires_at: now + idle(desk).min(SESSION_MAX), now }
    }

    /// When it begins.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub async fn open(&self, tx: &mut Tx, key: Option<KeyId>, user: Option<UserId>) -> Result<(), Error> {
        let (key, user) = (key.map(|id| id.to_i64()), user.map(|id| id.to_i64()));
        tx.exec(&SESSION_SWEEP, params![self.now]).await?;
        tx.exec(&SESSION_ADD, params![self.session.hash().to_hex(), key, user, self.now, self.expires_at]).await?;
        Ok(())
    }
}
