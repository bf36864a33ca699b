//! The gateway at the desk's own address: the desk's keys, providers and budgets.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use connect::llm::Completion;
use desk::{gateway, money};
use edge::Body;
use http::Method;

use super::{Gate, Refusal, answer, models, refused};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;

/// The addresses that OpenAI's clients know.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/v1/models", get(list))
        .route("/v1/{*rest}", axum::routing::any(elsewhere))
}

async fn complete(caller: Result<Caller, Problem>, State(app): State<App>, request: Request) -> Response {
    let caller = match caller {
        Ok(caller) => caller,
        Err(problem) => return turned_away(problem),
    };
    let bytes_max = app.settings.body_max.bytes();
    let limit = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let Ok(body) = axum::body::to_bytes(request.into_body(), limit).await else {
        return given(refused(Refusal::TooLarge { bytes_max }));
    };
    let completion = match Completion::passed(&body) {
        Ok(completion) => completion,
        Err(why) => return given(refused(Refusal::Unreadable(why))),
    };
    drop(body);
    let model = completion.passed.as_ref().map_or("", |passed| &passed.model);
    // What callers who have gone left open.
    money::settle(&app.desk).await;
    let (router, purpose) = match gateway::route(&app.desk, &caller.actor, model).await {
        Ok(Some(found)) => found,
        Ok(None) => return given(refused(Refusal::Unknown(model.to_owned()))),
        Err(desk::Error::Forbidden { .. }) => return given(refused(Refusal::Forbidden)),
        Err(error) => return Problem::from(error).into_response(),
    };
    let desk = app.desk.clone();
    let ended = Box::new(move || Box::pin(async move { money::settle(&desk).await }) as _);
    let gate = Gate {
        router: &router,
        purpose: &purpose,
        deadline: Duration::from_secs(app.desk.llm.deadline_s),
        id: app.desk.next_id().to_i64() as u64,
        now: app.desk.now().seconds(),
    };
    given(answer(gate, &completion, Some(ended)).await)
}

async fn list(caller: Result<Caller, Problem>, State(app): State<App>) -> Response {
    let caller = match caller {
        Ok(caller) => caller,
        Err(problem) => return turned_away(problem),
    };
    match gateway::models(&app.desk, &caller.actor).await {
        Ok(names) => given(models(names.iter().map(|(name, owner)| (name.as_str(), owner.as_str())))),
        Err(desk::Error::Forbidden { .. }) => given(refused(Refusal::Forbidden)),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn elsewhere(_: Method) -> Response {
    given(refused(Refusal::Address))
}

/// Without a key that is known, or after too many tries.
fn turned_away(problem: Problem) -> Response {
    let response = problem.into_response();
    if response.status() == http::StatusCode::UNAUTHORIZED { given(refused(Refusal::Key)) } else { response }
}

fn given(response: http::Response<Body>) -> Response {
    response.map(axum::body::Body::new)
}
