//! `/sources/{id}/subscription`: how it stands with the hub that tells of a feed.

use axum::extract::State;
use axum::response::Response;
use desk::SourceId;
use desk::sources::subscription::{self, Standing};
use stdx::Timestamp;

use super::view::{Id, Place, SubscriptionState, Time, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::json;

view! {
    /// How it stands with a hub (WebSub).
    SourceSubscription of subscription::Subscription {
        /// `wanted`: a hub will be asked; `asked`: it has been asked; `active`: it tells us, and the feed is visited once a day;
        /// `unreliable`: a visit has found what it had not told; `denied`: it refuses; `leaving`: it is asked to stop; `ended`.
        state: Standing as SubscriptionState,
        /// The hub that is or was asked.
        hub: String,
        /// What the feed calls itself.
        topic: String,
        /// Whether deliveries are signed. Without TLS no secret can be told to the hub: then a delivery only makes us visit the feed.
        is_signed: bool,
        /// Why it is not active, in one sentence.
        reason: Option<String>,
        /// When the hub is asked next, to begin or to go on.
        next_at: Option<Timestamp> as Option<Time>,
        /// Since when the hub tells us.
        since: Option<Timestamp> as Option<Time>,
        expires_at: Option<Timestamp> as Option<Time>,
        /// The last delivery that was taken, or for which the feed was visited.
        pushed_at: Option<Timestamp> as Option<Time>,
        pushes: i64,
        /// Deliveries that were not signed as they should be, or were of something else.
        refused: i64,
    }
}

/// Shows how it stands with the hub (WebSub) that tells of a source's feed; 404 when the feed has named none yet, or when no hub
/// can reach this desk.
#[utoipa::path(get, path = "/sources/{id}/subscription", tag = "sources", params(("id" = Id, Path)),
    responses((status = 200, body = SourceSubscription)))]
pub async fn show(caller: Caller, State(app): State<App>, Place(id): Place<SourceId>) -> Result<Response, Problem> {
    let subscription = subscription::show(&app.desk, &caller.actor, id).await?;
    Ok(json(&SourceSubscription::from(subscription)))
}
