//! `/feedback`: what people made of versions, for models that learn from it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use desk::feedback::{self, Filter, Kind};
use desk::{FeedbackId, PostId};
use serde::Deserialize;
use stdx::Timestamp;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, FeedbackKind, Id, Page, Paging, Time, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::json;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

view! {
    /// One word of somebody on one version.
    Feedback of feedback::Feedback {
        id: FeedbackId as Id,
        post: PostId as Id,
        /// The version it judges.
        version: u32,
        kind: String as FeedbackKind,
        /// 1 to 5; of ratings alone.
        rating: Option<u32>,
        /// The share of the words that an edit replaced, 0 to 1; of edits alone.
        changed: Option<f64>,
        /// What was said about it; may be empty.
        reason: String,
        /// The principal.
        by: String,
        at: Timestamp as Time,
        /// The judged version's quality, 0 to 1.
        score: f64,
        /// What the score was made of then: each part with its value, 0 to 1.
        parts: BTreeMap<String, f64>,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    #[param(value_type = Option<FeedbackKind>)]
    kind: Option<String>,
    #[param(value_type = Option<Id>)]
    post: Option<PostId>,
    /// `next` of the page before; opaque.
    after: Option<String>,
    /// Entries of a page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Lists what people made of versions, newest first: ratings, edits, rejections and approvals.
#[utoipa::path(get, path = "/feedback", tag = "moderation", params(Which), responses((status = 200, body = Page<Feedback>)))]
async fn list(caller: Caller, State(app): State<App>, Asking(which): Asking<Which>) -> Result<Response, Problem> {
    let Which { kind, post, after, limit } = which;
    let paging = Paging::new(after, limit);
    let wrong = |()| {
        let names = Kind::ALL.map(Kind::name).join(", ");
        Problem::new(&problem::MALFORMED, format!("kind: must be one of {names}"))
    };
    let kind = kind.map(|kind| kind.parse().map_err(wrong)).transpose()?;
    let filter = Filter { kind, post, after: paging.after()?.map(FeedbackId), limit: paging.rows()? };
    let rows = feedback::list(&app.desk, &caller.actor, &filter).await?;
    Ok(json(&Page::<Feedback>::of(rows, &paging, |word| word.id.to_string())?))
}
