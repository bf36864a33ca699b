//! What happens, as it happens: Server-Sent Events at `/api/v3/events`, a WebSocket at `/api/v3/live`.
//!
//! One task listens to the desk and the queue and writes numbered messages into bounded rings
//! ([`ring`]); each connection reads from there at its own pace. A message has the id
//! `node-epoch.seq`; a client that comes back with its last id gets what it missed, or one `resync`
//! when that is gone, and then reads what it shows anew.
//!
//! Invariants
//! - A client that reads nothing costs a bounded amount: it is cut off, not waited for.
//! - Single jobs are told to those who named them; everybody else gets counts, at most ten times a second and
//!   only when they have changed. Of jobs that nobody has named no message is made, here or elsewhere.
//! - Traffic is told once a second while somebody watches it; no frame is made otherwise, and none is kept.
//! - Who has signed out, whose key was revoked or whose account was closed is told nothing more within
//!   [`RECHECK`] and a moment.
//! - What happens in other processes is told too; what of it was lost becomes one `resync` of its topic.

mod counts;
mod events;
mod feed;
mod interest;
mod ring;
mod socket;
mod traffic;
mod wish;

#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use desk::people;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::App;
use crate::auth::Caller;

pub use feed::start;
pub use ring::Hub;

/// Connections at a time.
const CLIENTS_MAX: usize = 10_000;
/// Time between two signs of life on a silent connection.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long a client may take to accept a message before it is cut off.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection ends after this time and the client comes back, perhaps to another process.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How often it is looked whether the listener may still be let in.
const RECHECK: Duration = if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(10) };

pub fn routes() -> Router<App> {
    Router::new().route("/api/v3/events", get(events::stream)).route("/api/v3/live", get(socket::open))
}

/// Why a connection may stay no longer.
enum Out {
    /// Who came in would be let in no more.
    Refused,
    /// It has stood for [`LIFETIME`].
    Old,
}

/// Ends when the listener must go.
async fn shut_out(app: &App, caller: &Caller) -> Out {
    // Counted, not timed: of timers each of ten thousand has as few as it can.
    for _ in 0..LIFETIME.as_millis() / RECHECK.as_millis() {
        tokio::time::sleep(RECHECK).await;
        // Boxed: the look takes more room than all else that a waiting connection has, and is short.
        match Box::pin(people::is_still_in(&app.desk, &caller.actor, caller.session.as_ref())).await {
            Ok(true) => {}
            Ok(false) => return Out::Refused,
            // What cannot be looked up now can be at the next look; LIFETIME ends it in any case.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a live connection's right could not be checked"
                );
            }
        }
    }
    Out::Old
}

/// The routes for the API's document.
pub fn documented() -> UtoipaMethodRouter<App> {
    routes!(events::stream)
}
