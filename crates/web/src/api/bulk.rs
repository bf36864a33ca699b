//! `/posts/bulk`: one decision on many posts.

use axum::extract::State;
use axum::response::Response;
use desk::moderation::bulk::{self, Deed, Wanted};
use desk::{PipelineId, PostId, SourceId, StoryId, posts};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::posts::post_filter;
use super::view::{BulkAction, ClaimWord, Id, PostSort, Time, request};
use crate::App;
use crate::problem::Problem;
use crate::respond::{Asked, accepted, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(bulk_decision))
}

post_filter! {
    schema:
    /// Which posts, as the list of posts has it; `sort` does not matter.
    #[derive(ToSchema)]
    #[serde(deny_unknown_fields)]
    BulkFilter
}

request! {
    /// What is done to which posts: exactly one of `ids` and `filter`.
    BulkRequest {
        action: Deed as BulkAction,
        /// At most 1,000.
        ids: Option<Vec<PostId>> as Option<Vec<Id>>,
        /// Without a state: those that the action fits.
        filter: Option<BulkFilter>,
        /// Needed to reject.
        #[serde(default)]
        reason: String,
        /// Only count them.
        #[serde(default)]
        dry_run: bool,
    }
}

/// How many posts it would be.
#[derive(Serialize, ToSchema)]
struct BulkCount {
    count: u64,
    /// More than 10,000, and reckoned.
    is_estimate: bool,
}

/// Decides on many posts, as a job `bulk_decision` whose result is `{done, skipped: [{id, title, reason}], skipped_count}`.
/// What cannot be done to a post leaves it as it is. With `dry_run` the answer is 200 and a count.
#[utoipa::path(post, path = "/posts/bulk", tag = "moderation", request_body = BulkRequest,
    responses((status = 202, body = super::jobs::Accepted), (status = 200, body = BulkCount)))]
async fn bulk_decision(State(app): State<App>, Asked(caller, asked): Asked<BulkRequest>) -> Result<Response, Problem> {
    let filter = asked.filter.map(BulkFilter::read).transpose()?;
    let wanted = Wanted { deed: asked.action, ids: asked.ids, filter, reason: asked.reason };
    if asked.dry_run {
        let total = bulk::count(&app.desk, &caller.actor, wanted).await?;
        return Ok(json(&BulkCount { count: total.count, is_estimate: total.is_estimate }));
    }
    let (job, estimated) = bulk::start(&app.desk, &caller.actor, wanted).await?;
    Ok(accepted(job, estimated, "the decisions are being carried out"))
}
