//! `/hooks/in/{address}`: where others push what they have, and `/hooks/websub/{address}`: where hubs tell of feeds. No session
//! or cookie counts here, only the signature.
//!
//! Invariants: of an address that nobody has, nothing but 404 is told, before a byte of the body is read; what is refused may be
//! sent again.

mod websub;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;
use desk::items::{self, BODY_MAX, Received, Refused};
use http::StatusCode;
use serde_json::json;

use crate::App;
use crate::auth::{Address, too_many};
use crate::problem::{self, Problem};
use crate::respond::{json, with_status};

/// A body must have come in this time.
const BODY_TIME: Duration = Duration::from_secs(10);
/// When to send again what came while its source was paused, in seconds.
const PAUSE_S: u64 = 3_600;

/// The addresses of hooks.
pub fn routes() -> Router<App> {
    Router::new().route("/hooks/in/{address}", post(receive)).merge(websub::routes())
}

async fn receive(
    State(app): State<App>,
    from: Address,
    address: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let verdict = app.hook_limit.check(from.0, app.desk.now());
    if !verdict.allowed {
        return Err(too_many("deliveries from this address", &verdict));
    }
    let unknown = || Problem::new(&problem::NOT_FOUND, "there is nothing at this address");
    let Path(address) = address.map_err(|_| unknown())?;
    let door = items::door(&app.desk, &address).await?.ok_or_else(unknown)?;
    let (parts, body) = request.into_parts();
    let body = whole(body).await?;
    match door.receive(&app.desk, &parts.headers, body).await {
        Ok(Received::Taken { outcome, new_items }) => {
            Ok(with_status(StatusCode::ACCEPTED, &json!({ "outcome": outcome, "new_items": new_items })))
        }
        Ok(Received::Repeated) => Ok(json(&json!({ "outcome": "taken before", "new_items": 0 }))),
        Err(refused) => Err(problem_of(refused)),
    }
}

/// The body, if it is not too large and comes in time.
async fn whole(body: Body) -> Result<Vec<u8>, Problem> {
    let most = BODY_MAX.bytes();
    let too_large =
        || Problem::new(&problem::TOO_LARGE, format!("the body could not be read whole; at most {BODY_MAX} are read"));
    let read =
        tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, usize::try_from(most).unwrap_or(usize::MAX))).await;
    let late = |_| Problem::new(&problem::MALFORMED, "the body did not come within 10 seconds");
    Ok(read.map_err(late)?.map_err(|_| too_large())?.to_vec())
}

fn problem_of(refused: Refused) -> Problem {
    use connect::webhook::Refusal;
    match refused {
        Refused::Signature(refusal @ (Refusal::TooOld | Refusal::TooNew)) => {
            Problem::new(&problem::MALFORMED, refusal.to_string())
        }
        Refused::Signature(refusal) => Problem::new(&problem::SIGNATURE, refusal.to_string()),
        Refused::Paused => {
            Problem::new(&problem::UNAVAILABLE, "the source is paused; send it again later").retry_after(PAUSE_S)
        }
        Refused::MediaType => Problem::new(
            &problem::MEDIA_TYPE,
            "the body must be application/json, or a feed as application/rss+xml, application/atom+xml or application/feed+json",
        ),
        Refused::Unreadable(faults) => {
            let detail = faults.first().map_or_else(String::new, |fault| match fault.pointer.as_str() {
                "" => fault.detail.clone(),
                pointer => format!("{pointer} {}", fault.detail),
            });
            Problem::new(&problem::MALFORMED, detail).with("errors", serde_json::to_value(faults).unwrap_or_default())
        }
        Refused::Failed(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;
