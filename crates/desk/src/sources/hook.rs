//! Hooks: an address that nobody can guess, and a secret that senders sign with. Both are kept sealed.

use connect::webhook::Key;
use guard::seal::Sealer;
use guard::token::Ticket;
use std::time::Duration;
use stdx::Timestamp;
use stdx::config::Secret;
use store::{Conn, Row, Tx, params};

use super::{HOLD, Kind, Known, known};
use crate::people::{Action, Actor};
use crate::{Desk, Error, SourceId};

store::sql! {
    ADD = "hook.add",
        "INSERT INTO hook (source, address_hash, address, secret, rotated_at) VALUES ($1, $2, $3, $4, $5)";
    GET = "hook.get", "SELECT source, address, secret, secret_before, before_until, rotated_at FROM hook WHERE source = $1";
    AT = "hook.at", "SELECT source, address, secret, secret_before, before_until, rotated_at FROM hook WHERE address_hash = $1";
    ROTATE = "hook.rotate",
        "UPDATE hook SET secret = $2, secret_before = $3, before_until = $4, rotated_at = $5 WHERE source = $1";
}

/// Where the addresses of hooks begin.
pub const PREFIX: &str = "/hooks/in/";
/// So long a secret that was replaced is still good.
pub const OVERLAP: Duration = Duration::from_secs(86_400);

/// A hook's address and secret, both told to whoever made them.
#[derive(Clone, Debug)]
pub struct Door {
    address: Ticket,
    key: Key,
}

/// What is shown of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The path of its address; `None` when the desk's secret key is another one than it was sealed with.
    pub path: Option<String>,
    /// When its secret was made.
    pub rotated_at: Timestamp,
    /// Until when the secret before that is good.
    pub before_until: Option<Timestamp>,
}

impl Door {
    pub(super) fn generate() -> Door {
        Door { address: Ticket::generate(), key: Key::new(stdx::rng::os_random()) }
    }

    /// The path of the address.
    pub fn path(&self) -> String {
        format!("{PREFIX}{}", self.address.reveal())
    }

    /// As senders are given it, `whsec_…`.
    pub fn secret(&self) -> Secret {
        Secret::new(self.key.reveal())
    }
}

/// A hook as it is stored.
struct Kept {
    source: SourceId,
    address: String,
    secret: String,
    secret_before: Option<String>,
    before_until: Option<Timestamp>,
    rotated_at: Timestamp,
}

fn read(row: &Row) -> Result<Kept, store::Error> {
    Ok(Kept {
        source: SourceId(row.get(0)?),
        address: row.get(1)?,
        secret: row.get(2)?,
        secret_before: row.get(3)?,
        before_until: row.get(4)?,
        rotated_at: row.get(5)?,
    })
}

impl Kept {
    fn before(&self, now: Timestamp) -> Option<(&str, Timestamp)> {
        self.secret_before.as_deref().zip(self.before_until).filter(|(_, until)| *until > now)
    }

    fn shown(&self, desk: &Desk) -> Hook {
        let address = desk.sealer.open(&self.address, &address_place(self.source)).ok();
        let address = address.and_then(|bytes| String::from_utf8(bytes).ok());
        Hook {
            path: address.map(|address| format!("{PREFIX}{address}")),
            rotated_at: self.rotated_at,
            before_until: self.before(desk.now()).map(|(_, until)| until),
        }
    }

    /// The secrets that are good now, the newest first.
    fn keys(&self, desk: &Desk) -> Vec<Key> {
        let before = self.before(desk.now()).map(|(sealed, _)| sealed);
        let open = |sealed: &str| {
            let bytes = desk.sealer.open(sealed, &secret_place(self.source)).ok()?;
            Key::parse(std::str::from_utf8(&bytes).ok()?)
        };
        let keys: Vec<Key> = [Some(self.secret.as_str()), before].into_iter().flatten().filter_map(open).collect();
        if keys.is_empty() {
            tracing::warn!(source.id = %self.source, "a hook's secret does not open with this secret key; make a new one");
        }
        keys
    }
}

fn address_place(source: SourceId) -> String {
    format!("source/{source}/hook/address")
}

fn secret_place(source: SourceId) -> String {
    format!("source/{source}/hook/secret")
}

fn sealed(sealer: &Sealer, source: SourceId, key: &Key) -> String {
    sealer.seal(key.reveal().as_bytes(), &secret_place(source))
}

pub(super) async fn add(desk: &Desk, tx: &mut Tx, source: SourceId, door: &Door, now: Timestamp) -> Result<(), Error> {
    let address = desk.sealer.seal(door.address.reveal().as_bytes(), &address_place(source));
    let secret = sealed(&desk.sealer, source, &door.key);
    tx.exec(&ADD, params![source.to_i64(), door.address.hash().to_hex(), address, secret, now]).await?;
    Ok(())
}

/// What is known of a hook; its secrets are shown to nobody.
///
/// # Errors
/// [`Error::NotFound`] when the source is none.
pub async fn show(desk: &Desk, actor: &Actor, id: SourceId) -> Result<Hook, Error> {
    actor.may(Action::Configure)?;
    let kept = kept(&mut desk.store.read_fresh(), id).await?;
    Ok(kept.shown(desk))
}

async fn kept(conn: &mut Conn, id: SourceId) -> Result<Kept, Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("hook", id))?;
    Ok(read(&row)?)
}

/// Gives a hook a new secret; the one before stays good for a day, so that senders can change over. One before that ends
/// at once.
///
/// # Errors
/// [`Error::NotFound`] when the source is none.
pub async fn rotate(desk: &Desk, actor: &Actor, id: SourceId) -> Result<(Hook, Secret), Error> {
    actor.may(Action::Configure)?;
    let (inner, key, now) = (desk.clone(), Key::new(stdx::rng::os_random()), desk.now());
    let secret = Secret::new(key.reveal());
    let hook = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&HOLD, params![id.to_i64()]).await?;
                let before = kept(tx, id).await?.secret;
                let new = sealed(&inner.sealer, id, &key);
                tx.exec(&ROTATE, params![id.to_i64(), new, before, now + OVERLAP, now]).await?;
                Ok::<_, Error>(kept(tx, id).await?.shown(&inner))
            })
        })
        .await?;
    Ok((hook, secret))
}

/// The source behind an address, with the keys that are good now; `None` when there is none.
pub(crate) async fn at(desk: &Desk, address: &str) -> Result<Option<(Known, Vec<Key>)>, Error> {
    // Only the hash is looked up: how long that takes tells nothing of the address.
    let Ok(ticket) = Ticket::parse(address) else { return Ok(None) };
    let mut conn = desk.store.read_fresh();
    let Some(row) = conn.opt(&AT, params![ticket.hash().to_hex()]).await? else { return Ok(None) };
    let kept = read(&row)?;
    let source = known(&mut conn, kept.source).await?.filter(|known| known.source.kind == Kind::Hook);
    Ok(source.map(|source| (source, kept.keys(desk))))
}
