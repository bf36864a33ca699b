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
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::App;

pub use feed::start;
pub use ring::Hub;

/// Connections at a time.
const CLIENTS_MAX: usize = 10_000;
/// Time between two signs of life on a silent connection.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long a client may take to accept a message before it is cut off.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection ends after this time and the client comes back: so a revoked key loses its view.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

pub fn routes() -> Router<App> {
    Router::new().route("/api/v3/events", get(events::stream)).route("/api/v3/live", get(socket::open))
}

/// The routes for the API's document.
pub fn documented() -> UtoipaMethodRouter<App> {
    routes!(events::stream)
}
