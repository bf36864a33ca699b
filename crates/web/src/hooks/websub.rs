//! `/hooks/websub/{address}`: a hub asks whether we mean it, and tells of a feed.
//!
//! Invariants: an address that nobody has, one that is over and a question that nobody asked for get the same 404; what is wrong
//! with a delivery is told to nobody.

use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use desk::items::{self, DELIVERY_MAX};
use desk::sources::subscription;
use http::{StatusCode, header};

use crate::App;
use crate::auth::{Address, too_many};
use crate::problem::{self, Problem};

/// A body must have come in this time.
const BODY_TIME: Duration = Duration::from_secs(10);
/// A hub is not kept waiting for longer, whatever becomes of what it brought.
const ANSWER_TIME: Duration = Duration::from_millis(900);

pub fn routes() -> Router<App> {
    Router::new().route("/hooks/websub/{address}", get(verify).post(deliver))
}

fn unknown() -> Problem {
    Problem::new(&problem::NOT_FOUND, "there is nothing at this address")
}

fn limit(app: &App, from: &Address) -> Result<(), Problem> {
    let verdict = app.hub_limit.check(from.0, app.desk.now());
    if verdict.allowed { Ok(()) } else { Err(too_many("calls from this address", &verdict)) }
}

async fn verify(
    State(app): State<App>,
    from: Address,
    address: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    limit(&app, &from)?;
    let Path(address) = address.map_err(|_| unknown())?;
    let answer = subscription::answer(&app.desk, &address, query.as_deref().unwrap_or_default()).await?;
    let challenge = answer.ok_or_else(unknown)?;
    // Not a page: a browser must not read in it what somebody has put there.
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, challenge).into_response())
}

async fn deliver(
    State(app): State<App>,
    from: Address,
    address: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    limit(&app, &from)?;
    let Path(address) = address.map_err(|_| unknown())?;
    let line = items::line(&app.desk, &address).await?.ok_or_else(unknown)?;
    let (parts, body) = request.into_parts();
    let most = usize::try_from(DELIVERY_MAX.bytes()).unwrap_or(usize::MAX);
    let read = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, most)).await;
    let Ok(read) = read else {
        return Err(Problem::new(&problem::MALFORMED, "the body did not come within 10 seconds"));
    };
    let desk = app.desk.clone();
    let (done, result) = tokio::sync::oneshot::channel();
    app.tasks.spawn(async move {
        let taken = match read {
            Ok(body) => line.receive(&desk, &parts.headers, body.to_vec()).await,
            Err(_) => line.too_large(&desk).await,
        };
        // The hub may have been answered already.
        let _ = done.send(taken);
    });
    match tokio::time::timeout(ANSWER_TIME, result).await {
        Ok(Ok(Err(error))) => Err(error.into()),
        Ok(Err(_)) => Err(Problem::new(&problem::INTERNAL, "the delivery could not be taken")),
        // It goes on; should this process end before, the next visit finds what the delivery brought.
        Ok(Ok(Ok(()))) | Err(_) => Ok(StatusCode::ACCEPTED.into_response()),
    }
}

#[cfg(test)]
mod tests;
