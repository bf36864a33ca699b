//! `/metrics` in both forms.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::Action;
use http::{HeaderValue, header};
use observe::Sample;
use observe::history::Answer;
use observe::process::{self, Process};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::json;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// All that is measured.
#[derive(Serialize, ToSchema)]
struct Metrics {
    /// Memory, processor time, threads and files of the process.
    #[schema(value_type = Object)]
    process: Process,
    /// Each cell at this moment.
    #[schema(value_type = Vec<Object>)]
    metrics: Vec<Sample>,
    /// Points of each series in steps of ten seconds.
    #[schema(value_type = Object)]
    history: Answer,
    /// Connections to the database.
    pools: Vec<Pool>,
}

view! {
    /// A pool of connections to the database.
    Pool of store::PoolStats {
        name: &'static str as String,
        total: usize,
        active: usize,
        idle: usize,
        /// Callers that wait for a connection.
        waiting: usize,
    }
}

/// How far back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    /// Minutes of history, 0 to 60; 60 when nothing is said.
    #[param(minimum = 0, maximum = 60)]
    minutes: Option<u32>,
}

/// Shows every metric with the history of the last hour.
#[utoipa::path(get, path = "/metrics", tag = "metrics", params(Span), responses((status = 200, body = Metrics)))]
async fn show(caller: Caller, State(app): State<App>, Asking(span): Asking<Span>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let minutes = span.minutes.unwrap_or(60);
    if minutes > 60 {
        return Err(Problem::new(&problem::MALFORMED, format!("minutes: must be 0 to 60, not {minutes}")));
    }
    renew(&app).await;
    let now = app.desk.now();
    let pools = app.desk.store.stats().pools;
    Ok(json(&Metrics {
        process: process::read(app.started_at, now),
        metrics: app.registry.snapshot(),
        history: app.history.query(now - Duration::from_secs(u64::from(minutes) * 60), now),
        pools: pools.into_iter().map(Pool::from).collect(),
    }))
}

/// `/metrics` outside of the API: Prometheus' text format. It needs a key as well.
pub async fn prometheus(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    renew(&app).await;
    let mut text = app.registry.prometheus_with(&process::read(app.started_at, app.desk.now()));
    text.push_str(&hit_ratio(&app.desk.cache.stats()));
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// The share of hits as a metric of its own: a cell holds whole numbers.
fn hit_ratio(stats: &cache::Stats) -> String {
    let name = "copydesk_cache_hit_ratio";
    let mut text = format!("# HELP {name} Hits among all questions since the start, by tier.\n# TYPE {name} gauge\n");
    for tier in &stats.tiers {
        if let Some(ratio) = tier.hit_ratio {
            _ = writeln!(text, "{name}{{tier=\"{}\"}} {ratio}", tier.name);
        }
    }
    text
}

/// Brings the cells up to date that the queue and the moderation set when they are asked. Metrics are told even when
/// the database does not answer: then those cells stay as they were.
pub(crate) async fn renew(app: &App) {
    const PATIENCE: Duration = Duration::from_secs(1);
    match tokio::time::timeout(PATIENCE, app.desk.queue.stats()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "the queue was not counted"),
        Err(_) => tracing::debug!("the queue was not counted in time"),
    }
    match tokio::time::timeout(PATIENCE, desk::moderation::measure(&app.desk)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "what waits for people was not counted");
        }
        Err(_) => tracing::debug!("what waits for people was not counted in time"),
    }
}
