//! Hubs are asked: to begin, to go on before a lease ends, and to stop.

use std::time::Duration;

use connect::http::header::CONTENT_TYPE;
use connect::http::{HeaderValue, Method};
use connect::websub::{Mode, form};
use connect::{Limits, Request, Url};
use futures_util::StreamExt as _;
use stdx::task::Stop;
use stdx::{ByteSize, Timestamp};
use store::params;

use super::{Kept, REASON_BYTES, Standing, base, read};
use crate::error::sentence;
use crate::sources::{State, known};
use crate::{Desk, Error, SourceId};

store::sql! {
    /// Whoever looks at the desk elsewhere than a hub was told of.
    REBASE = "subscription.rebase",
        "UPDATE subscription SET base = $1, state = 'wanted', next_at = $2, failures = 0, verified_at = NULL, expires_at = NULL
         WHERE base <> $1 AND state NOT IN ('leaving', 'ended')";
    DUE = "subscription.due", "SELECT source FROM subscription WHERE next_at <= $1 ORDER BY next_at LIMIT $2";
    HELD = "subscription.held",
        "SELECT source, hubs, hub, topic, base, address, secret, state, reason, failures, next_at, verified_at, expires_at, pushed_at, pushes, refused
         FROM subscription WHERE source = $1 AND next_at <= $2";
    CLAIM = "subscription.claim",
        "UPDATE subscription SET next_at = $3, state = CASE WHEN state IN ('wanted', 'denied') THEN 'asked' ELSE state END
         WHERE source = $1 AND next_at <= $2";
    /// Only if nobody has changed it since it was taken: the hub may have been quicker.
    SETTLE = "subscription.settle",
        "UPDATE subscription SET next_at = $3, hub = $4, failures = $5, reason = $6, state = $7 WHERE source = $1 AND next_at = $2";
}

/// Between two looks for what is due.
const TICK: Duration = Duration::from_secs(5);
/// Asked in one look, and of these at once.
const LOOK_MAX: i64 = 64;
const AT_ONCE: usize = 8;
/// A process that has not told by then what a hub answered is no more. The time of a call comes on top.
const LEASE: Duration = Duration::from_secs(120);
/// A hub that has accepted asks back within this time.
const VERIFY_WAIT: Duration = Duration::from_secs(3_600);
/// After all hubs have failed: this, then twice as long each time.
const RETRY: Duration = Duration::from_secs(3_600);
const RETRY_MAX: Duration = Duration::from_secs(86_400);
/// A hub that does not let us go is left after so many tries; its lease ends by itself.
const FAREWELLS: u32 = 2;
const ANSWER_MAX: ByteSize = ByteSize::kib(64);

/// Keeps the subscriptions until the process wants to end.
pub async fn keep(desk: Desk, mut stop: Stop) {
    if let Some(base) = base(&desk).cloned() {
        let now = desk.now();
        let rebased = desk.store.write(move |tx| {
            let base = base.clone();
            Box::pin(async move { tx.exec(&REBASE, params![base, now]).await })
        });
        if let Err(error) = rebased.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "looking for subscriptions of another address failed"
            );
        }
    } else {
        return;
    }
    while stop.sleep(TICK).await {
        if let Err(error) = ask_due(&desk).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "looking for hubs to ask failed");
        }
    }
}

/// Asks the hubs that are to be asked now; says how many.
///
/// # Errors
/// Only when the database fails.
pub async fn ask_due(desk: &Desk) -> Result<usize, Error> {
    let rows = desk.store.read_fresh().all(&DUE, params![desk.now(), LOOK_MAX]).await?;
    let due = rows.iter().map(|row| Ok(SourceId(row.get(0)?))).collect::<Result<Vec<_>, store::Error>>()?;
    let mut asked = futures_util::stream::iter(due).map(|id| ask_one(desk, id)).buffer_unordered(AT_ONCE);
    let mut count = 0;
    while let Some(one) = asked.next().await {
        count += usize::from(one?);
    }
    Ok(count)
}

/// What is to be written after a hub was asked.
struct Next {
    at: Option<Timestamp>,
    hub: usize,
    failures: u32,
    reason: Option<String>,
    state: Standing,
}

async fn ask_one(desk: &Desk, id: SourceId) -> Result<bool, Error> {
    let now = desk.now();
    let lease = now + desk.limits.total_timeout + LEASE;
    let taken = desk.store.write(move |tx| {
        Box::pin(async move {
            let row = tx.opt(&HELD, params![id.to_i64(), now]).await?;
            let Some(kept) = row.as_ref().map(read).transpose()? else { return Ok(None) };
            let is_ours = tx.exec(&CLAIM, params![id.to_i64(), now, lease]).await? == 1;
            let source = known(tx, id).await?;
            Ok::<_, Error>(Some(kept).filter(|_| is_ours).zip(source))
        })
    });
    let Some((mut kept, source)) = taken.await? else { return Ok(false) };
    let is_leaving = kept.state == Standing::Leaving || source.source.state != State::Active;
    let next = if is_leaving {
        kept.state = Standing::Leaving;
        farewell(desk, &kept, now).await
    } else if kept.state == Standing::Asked {
        // It has been asked before, and nothing came of it.
        failed(&kept, "the hub has accepted, but has not asked back".to_owned(), now)
    } else {
        subscribe(desk, &kept, now).await
    };
    let Next { at, hub, failures, reason, state } = next;
    let reason = reason.map(|reason| reason[..reason.floor_char_boundary(REASON_BYTES)].to_owned());
    let hub = i64::try_from(hub).unwrap_or(0);
    desk.store
        .write(move |tx| {
            let row = params![id.to_i64(), lease, at, hub, failures, reason, state.name()];
            Box::pin(async move { tx.exec(&SETTLE, row).await })
        })
        .await?;
    Ok(true)
}

async fn subscribe(desk: &Desk, kept: &Kept, now: Timestamp) -> Next {
    match post(desk, kept, Mode::Subscribe).await {
        Ok(()) => Next {
            at: Some(now + VERIFY_WAIT),
            hub: kept.hub,
            failures: kept.failures,
            reason: kept.reason.clone(),
            state: asked(kept.state),
        },
        Err(reason) => failed(kept, reason, now),
    }
}

/// What a state is once the hub has been asked.
fn asked(state: Standing) -> Standing {
    match state {
        Standing::Wanted | Standing::Denied => Standing::Asked,
        other => other,
    }
}

/// The next hub is tried; after the last one a while passes.
fn failed(kept: &Kept, reason: String, now: Timestamp) -> Next {
    let hub = kept.hub + 1;
    let state = match kept.state {
        Standing::Active | Standing::Unreliable => kept.state,
        _ => Standing::Wanted,
    };
    if hub < kept.hubs.len() && state == Standing::Wanted {
        return Next { at: Some(now), hub, failures: kept.failures, reason: Some(reason), state };
    }
    let wait = RETRY.saturating_mul(1u32.checked_shl(kept.failures).unwrap_or(u32::MAX)).min(RETRY_MAX);
    let has_ended = kept.expires_at.is_none_or(|at| at <= now + wait);
    // A lease that ends before the next try begins anew with the first hub.
    let (hub, state) = if has_ended { (0, Standing::Wanted) } else { (kept.hub, state) };
    Next { at: Some(now + wait), hub, failures: kept.failures.saturating_add(1), reason: Some(reason), state }
}

/// The hub is asked to stop, and asks back whether we mean it.
async fn farewell(desk: &Desk, kept: &Kept, now: Timestamp) -> Next {
    let ended =
        Next { at: None, hub: kept.hub, failures: kept.failures, reason: kept.reason.clone(), state: Standing::Ended };
    if kept.failures >= FAREWELLS {
        return ended;
    }
    // What it answers changes nothing: it may have asked back already.
    let _ = post(desk, kept, Mode::Unsubscribe).await;
    Next { at: Some(now + VERIFY_WAIT), failures: kept.failures + 1, state: Standing::Leaving, ..ended }
}

/// Asks; why it was not accepted, in one sentence.
async fn post(desk: &Desk, kept: &Kept, mode: Mode) -> Result<(), String> {
    let unsealed = || "the stored address does not open with this secret key".to_owned();
    let callback = kept.callback(desk).ok_or_else(unsealed)?;
    let secret = kept.secret(desk).ok_or_else(unsealed)?;
    let hub = kept.hub();
    let limits = Limits { body_max: ANSWER_MAX, redirects_max: 5, ..desk.limits };
    let mut request = Request::get("websub", hub, limits);
    request.method = Method::POST;
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    request.body = form(mode, hub, &kept.topic, &callback, &secret).into();
    let turn = match Url::parse(hub) {
        Ok(url) => Some(desk.hosts.enter(&url).await),
        Err(_) => None,
    };
    let answer = desk.client.send(request).await;
    drop(turn);
    let answer = answer.map_err(|error| sentence(&error))?;
    if answer.status.is_success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer.body);
    let said: String = said.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
    let said = if said.trim().is_empty() || said.contains('<') { String::new() } else { format!(": {}", said.trim()) };
    Err(format!("the hub answered with status {}{said}", answer.status.as_u16()))
}
