//! Subscriptions to hubs (WebSub, W3C): a feed that names a hub is told of by it, so that it is visited once a day only.
//!
//! Invariants
//! - A subscription is written down before its hub is asked, which may answer at the callback before it answers the question.
//! - Only what is [`live`] stretches the visits: a hub that falls silent costs a day, never an entry.
//! - Neither the callback's address nor the secret is kept readable, and a secret is told over TLS only.

mod ask;

use connect::websub::{Discovered, Intent, Mode, renewal};
use guard::token::Ticket;
use serde::Serialize;
use std::time::Duration;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use super::{Known, known};
use crate::people::{Action, Actor};
use crate::{Desk, Error, SourceId};

pub(crate) use ask::STATEMENTS as ASKING;
pub use ask::{ask_due, keep};

store::sql! {
    GET = "subscription.get",
        "SELECT source, hubs, hub, topic, base, address, secret, state, reason, failures, next_at, verified_at, expires_at, pushed_at, pushes, refused
         FROM subscription WHERE source = $1";
    AT = "subscription.at",
        "SELECT source, hubs, hub, topic, base, address, secret, state, reason, failures, next_at, verified_at, expires_at, pushed_at, pushes, refused
         FROM subscription WHERE address_hash = $1";
    ADD = "subscription.add",
        "INSERT INTO subscription (source, hubs, topic, base, address_hash, address, secret, state, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'wanted', $8) ON CONFLICT (source) DO NOTHING";
    RENEW = "subscription.renew",
        "UPDATE subscription SET hubs = $2, topic = $3, base = $4, address_hash = $5, address = $6, secret = $7, state = 'wanted', next_at = $8,
                hub = 0, reason = NULL, failures = 0, verified_at = NULL, expires_at = NULL
         WHERE source = $1";
    LEAVE = "subscription.leave",
        "UPDATE subscription SET state = 'leaving', reason = $2, next_at = $3, failures = 0
         WHERE source = $1 AND state IN ('asked', 'active', 'unreliable', 'denied')";
    DROP = "subscription.drop",
        "UPDATE subscription SET state = 'ended', reason = $2, next_at = NULL WHERE source = $1 AND state = 'wanted'";
    MISSED = "subscription.missed",
        "UPDATE subscription SET state = 'unreliable', reason = $2 WHERE source = $1 AND state = 'active'";
    VERIFIED = "subscription.verified",
        "UPDATE subscription SET state = 'active', reason = NULL, failures = 0, expires_at = $3, next_at = $4,
                verified_at = CASE WHEN state = 'active' AND expires_at > $2 THEN verified_at ELSE $2 END
         WHERE source = $1 AND topic = $5 AND state IN ('asked', 'active', 'unreliable')";
    LEFT = "subscription.left",
        "UPDATE subscription SET state = 'ended', next_at = NULL WHERE source = $1 AND topic = $2 AND state = 'leaving'";
    DENIED = "subscription.denied",
        "UPDATE subscription SET state = 'denied', reason = $3, next_at = $4
         WHERE source = $1 AND topic = $2 AND state IN ('asked', 'active', 'unreliable')";
    HEARD = "subscription.heard",
        "UPDATE subscription SET pushed_at = $2, pushes = pushes + 1 WHERE source = $1";
    REFUSED = "subscription.refused", "UPDATE subscription SET refused = refused + 1 WHERE source = $1";
    NUDGE = "subscription.nudge",
        "UPDATE source SET next_poll_at = $2 WHERE id = $1 AND state = 'active' AND (next_poll_at IS NULL OR next_poll_at > $2)";
}

/// Where the addresses of callbacks begin.
pub const PREFIX: &str = "/hooks/websub/";
/// New subscriptions are spread over this time: a list of feeds often has one hub for all.
const SPREAD: Duration = Duration::from_secs(20);
/// A hub that has refused is asked again after this.
const DENIED_FOR: Duration = Duration::from_secs(7 * 86_400);
/// A hub has this long to bring what a site shows, and the first minutes of a subscription do not count.
const GRACE: Duration = Duration::from_secs(600);
/// A source is not asked more often because of what a hub says.
const NUDGE_MIN: Duration = Duration::from_secs(60);
const REASON_BYTES: usize = 500;

/// How it stands with a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A hub will be asked.
    Wanted,
    /// It has been asked, and has not asked back yet.
    Asked,
    /// It tells us.
    Active,
    /// A visit has found what it had not told; the source is visited as before.
    Unreliable,
    /// It does not want to.
    Denied,
    /// It is asked to stop.
    Leaving,
    Ended,
}

impl Standing {
    pub const ALL: [Standing; 7] = [
        Standing::Wanted,
        Standing::Asked,
        Standing::Active,
        Standing::Unreliable,
        Standing::Denied,
        Standing::Leaving,
        Standing::Ended,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Standing::Wanted => "wanted",
            Standing::Asked => "asked",
            Standing::Active => "active",
            Standing::Unreliable => "unreliable",
            Standing::Denied => "denied",
            Standing::Leaving => "leaving",
            Standing::Ended => "ended",
        }
    }

    /// As it is stored; the schema admits no other word.
    pub(super) fn of(name: &str) -> Self {
        Standing::ALL.into_iter().find(|s| s.name() == name).unwrap_or(Standing::Ended)
    }
}

/// What is shown of a subscription.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subscription {
    pub state: Standing,
    /// The hub that is or was asked.
    pub hub: String,
    /// What the feed calls itself.
    pub topic: String,
    /// Its deliveries are signed. Without TLS no secret can be told: then a delivery only makes us visit the feed.
    pub is_signed: bool,
    /// Why it is not active, in one sentence.
    pub reason: Option<String>,
    /// When the hub is asked next, to begin or to go on.
    pub next_at: Option<Timestamp>,
    /// Since when the hub tells us.
    pub since: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// The last delivery that was taken, or for which the feed was visited.
    pub pushed_at: Option<Timestamp>,
    pub pushes: i64,
    /// Deliveries that were not signed as they should be, or were of something else.
    pub refused: i64,
}

/// A subscription as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub source: SourceId,
    hubs: Vec<String>,
    hub: usize,
    pub topic: String,
    base: String,
    address: String,
    secret: String,
    pub state: Standing,
    reason: Option<String>,
    failures: u32,
    next_at: Option<Timestamp>,
    verified_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    pushed_at: Option<Timestamp>,
    pushes: i64,
    refused: i64,
}

fn read(row: &Row) -> Result<Kept, store::Error> {
    let state: String = row.get(7)?;
    let hub: i64 = row.get(2)?;
    Ok(Kept {
        source: SourceId(row.get(0)?),
        hubs: serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default(),
        hub: usize::try_from(hub).unwrap_or(0),
        topic: row.get(3)?,
        base: row.get(4)?,
        address: row.get(5)?,
        secret: row.get(6)?,
        state: Standing::of(&state),
        reason: row.get(8)?,
        failures: row.get(9)?,
        next_at: row.get(10)?,
        verified_at: row.get(11)?,
        expires_at: row.get(12)?,
        pushed_at: row.get(13)?,
        pushes: row.get(14)?,
        refused: row.get(15)?,
    })
}

fn address_place(source: SourceId) -> String {
    format!("source/{source}/subscription/address")
}

fn secret_place(source: SourceId) -> String {
    format!("source/{source}/subscription/secret")
}

impl Kept {
    fn hub(&self) -> &str {
        self.hubs.get(self.hub).or(self.hubs.first()).map_or("", String::as_str)
    }

    /// Whether the hub was told a secret, so that its deliveries are signed.
    pub fn is_signed(&self) -> bool {
        self.hub().starts_with("https://")
    }

    /// `None` when the desk's secret key is another one than it was sealed with.
    pub fn secret(&self, desk: &Desk) -> Option<String> {
        opened(desk, &self.secret, &secret_place(self.source))
    }

    fn callback(&self, desk: &Desk) -> Option<String> {
        let address = opened(desk, &self.address, &address_place(self.source))?;
        Some(format!("{}{PREFIX}{address}", self.base.trim_end_matches('/')))
    }

    /// From when on the hub has told us of everything, if it does.
    fn since(&self, desk: &Desk, now: Timestamp) -> Option<Timestamp> {
        let holds = self.state == Standing::Active
            && self.expires_at.is_some_and(|at| at > now)
            && desk.public_url.as_ref() == Some(&self.base);
        // What a visit finds that was made because the hub has spoken has been told of.
        let was_announced = !self.is_signed() && self.pushed_at.is_some_and(|at| now.since(at) < GRACE);
        self.verified_at.filter(|_| holds).map(|since| if was_announced { now } else { since })
    }

    fn shown(self) -> Subscription {
        Subscription {
            state: self.state,
            hub: self.hub().to_owned(),
            is_signed: self.is_signed(),
            topic: self.topic,
            reason: self.reason,
            next_at: self.next_at,
            since: self.verified_at,
            expires_at: self.expires_at,
            pushed_at: self.pushed_at,
            pushes: self.pushes,
            refused: self.refused,
        }
    }
}

fn opened(desk: &Desk, sealed: &str, place: &str) -> Option<String> {
    String::from_utf8(desk.sealer.open(sealed, place).ok()?).ok()
}

async fn kept(conn: &mut Conn, id: SourceId) -> Result<Option<Kept>, store::Error> {
    conn.opt(&GET, params![id.to_i64()]).await?.as_ref().map(read).transpose()
}

/// Where hubs can reach this desk; `None` when they cannot, or are not to be asked.
fn base(desk: &Desk) -> Option<&String> {
    desk.public_url.as_ref().filter(|_| desk.settings.websub)
}

/// A changed document of a feed names these hubs, or none: the subscription follows.
pub(crate) async fn noted(
    desk: &Desk,
    tx: &mut Tx,
    source: SourceId,
    found: Option<&Discovered>,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(base) = base(desk) else { return Ok(()) };
    let known = kept(tx, source).await?;
    match (found, known) {
        (None, None) => Ok(()),
        (None, Some(_)) => leave(tx, source, "the feed names no hub any more", now).await,
        (Some(found), None) => write(desk, tx, &ADD, source, base, found, now).await,
        (Some(found), Some(known)) => {
            let is_same = known.hubs == found.hubs && known.topic == found.topic && known.base == *base;
            if is_same && !matches!(known.state, Standing::Leaving | Standing::Ended) {
                return Ok(());
            }
            write(desk, tx, &RENEW, source, base, found, now).await
        }
    }
}

/// A new address and a new secret: those before mean nothing any more.
async fn write(
    desk: &Desk,
    tx: &mut Tx,
    statement: &'static store::Statement,
    source: SourceId,
    base: &str,
    found: &Discovered,
    now: Timestamp,
) -> Result<(), Error> {
    let (address, secret) = (Ticket::generate(), Ticket::generate());
    let hubs = serde_json::to_string(&found.hubs).expect("texts always serialise");
    let sealed = |ticket: &Ticket, place: &str| desk.sealer.seal(ticket.reveal().as_bytes(), place);
    let row = params![
        source.to_i64(),
        hubs,
        found.topic,
        base,
        address.hash().to_hex(),
        sealed(&address, &address_place(source)),
        sealed(&secret, &secret_place(source)),
        now + SPREAD.mul_f64(desk.rng.unit())
    ];
    tx.exec(statement, row).await?;
    Ok(())
}

/// The hub is asked to stop.
pub(crate) async fn leave(tx: &mut Tx, source: SourceId, why: &str, now: Timestamp) -> Result<(), Error> {
    tx.exec(&LEAVE, params![source.to_i64(), why, now]).await?;
    tx.exec(&DROP, params![source.to_i64(), why]).await?;
    Ok(())
}

/// A source that is visited again is told of again, by the hubs it named last.
pub(crate) async fn resume(desk: &Desk, tx: &mut Tx, source: SourceId, now: Timestamp) -> Result<(), Error> {
    let Some(base) = base(desk) else { return Ok(()) };
    let Some(known) = kept(tx, source).await? else { return Ok(()) };
    if matches!(known.state, Standing::Leaving | Standing::Ended) {
        let found = Discovered { hubs: known.hubs, topic: known.topic };
        write(desk, tx, &RENEW, source, base, &found, now).await?;
    }
    Ok(())
}

/// Since when a hub tells of this source, if one does.
pub(crate) async fn live(
    desk: &Desk,
    conn: &mut Conn,
    source: SourceId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    if base(desk).is_none() {
        return Ok(None);
    }
    Ok(kept(conn, source).await?.and_then(|kept| kept.since(desk, now)))
}

/// A visit has found entries of these dates that nobody had told of; says whether the hub should have, in which case it is
/// relied on no more until it proves itself at the next renewal.
pub(crate) async fn missed(
    tx: &mut Tx,
    source: SourceId,
    dates: &[Timestamp],
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let missed = dates.iter().filter(|at| **at > since + GRACE && **at < now - GRACE).count();
    if missed == 0 {
        return Ok(false);
    }
    let noun = if missed == 1 { "entry" } else { "entries" };
    let reason = format!("a visit found {missed} {noun} that the hub had not told of");
    tx.exec(&MISSED, params![source.to_i64(), reason]).await?;
    Ok(true)
}

/// What is known of a source's subscription.
///
/// # Errors
/// [`Error::NotFound`] when its feed has named no hub yet, or no hub can reach this desk.
pub async fn show(desk: &Desk, actor: &Actor, id: SourceId) -> Result<Subscription, Error> {
    actor.may(Action::Read)?;
    let mut conn = desk.store.read();
    super::get(&mut conn, id).await?;
    let kept = kept(&mut conn, id).await?;
    kept.map(Kept::shown).ok_or_else(|| Error::not_found("subscription of source", id))
}

/// The subscription behind an address, with its source.
pub(crate) async fn at(desk: &Desk, address: &str) -> Result<Option<(Known, Kept)>, Error> {
    // Only the hash is looked up: how long that takes tells nothing of the address.
    let Ok(ticket) = Ticket::parse(address) else { return Ok(None) };
    let mut conn = desk.store.read_fresh();
    let Some(row) = conn.opt(&AT, params![ticket.hash().to_hex()]).await? else { return Ok(None) };
    let kept = read(&row)?;
    Ok(known(&mut conn, kept.source).await?.map(|source| (source, kept)))
}

/// What a hub that asks whether we mean it is told: the challenge if we do, nothing to a refusal; `None` when there is nothing
/// here to be asked for.
pub async fn answer(desk: &Desk, address: &str, query: &str) -> Result<Option<String>, Error> {
    let (Some(intent), Some((_, kept))) = (Intent::parse(query), at(desk, address).await?) else { return Ok(None) };
    let (now, dice, id) = (desk.now(), desk.rng.unit(), kept.source);
    let (rows, told) = desk
        .store
        .write(move |tx| {
            let intent = intent.clone();
            Box::pin(async move {
                Ok::<_, Error>(match intent {
                    Intent::Verify { mode: Mode::Subscribe, topic, challenge, lease } => {
                        let lease = lease.unwrap_or_default();
                        let row = params![id.to_i64(), now, now + lease, renewal(now, lease, dice), topic];
                        (tx.exec(&VERIFIED, row).await?, challenge)
                    }
                    Intent::Verify { mode: Mode::Unsubscribe, topic, challenge, .. } => {
                        (tx.exec(&LEFT, params![id.to_i64(), topic]).await?, challenge)
                    }
                    Intent::Denied { topic, reason } => {
                        let reason = if reason.is_empty() { "the hub gives no reason".to_owned() } else { reason };
                        let row = params![id.to_i64(), topic, reason, now + DENIED_FOR];
                        (tx.exec(&DENIED, row).await?, String::new())
                    }
                })
            })
        })
        .await?;
    Ok((rows == 1).then_some(told))
}

/// A delivery has been taken, in the transaction that stores it.
pub(crate) async fn heard(tx: &mut Tx, source: SourceId, now: Timestamp) -> Result<(), Error> {
    tx.exec(&HEARD, params![source.to_i64(), now]).await?;
    Ok(())
}

/// A delivery was not what it should be.
pub(crate) async fn refuse(desk: &Desk, source: SourceId) -> Result<(), Error> {
    desk.store.write(move |tx| Box::pin(async move { tx.exec(&REFUSED, params![source.to_i64()]).await })).await?;
    Ok(())
}

/// The feed itself is to be asked soon, since what a hub says of it cannot be taken as it is.
pub(crate) async fn nudge(desk: &Desk, known: &Known) -> Result<(), Error> {
    let (id, now) = (known.source.id, desk.now());
    let at = known.source.polled_at.map_or(now, |polled| now.max(polled + NUDGE_MIN));
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&NUDGE, params![id.to_i64(), at]).await?;
                tx.exec(&HEARD, params![id.to_i64(), now]).await
            })
        })
        .await?;
    desk.places.wake();
    Ok(())
}
