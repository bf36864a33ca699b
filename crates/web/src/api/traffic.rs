//! `/traffic`: the last hour of the process that answers.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use observe::history::{Answer, Figure, STEP};
use observe::{access, process};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, Time};
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::json;
use crate::{App, figures};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(traffic))
}

/// What goes on in the process that answers, in steps of ten seconds: one value for each of `times`, `null` where
/// there was none.
#[derive(Serialize, ToSchema)]
pub struct Traffic {
    #[schema(value_type = Vec<Time>)]
    times: Vec<Timestamp>,
    /// Answers in a second.
    requests_s: Vec<Option<f64>>,
    /// Answers with a status of 500 or more, in a second.
    errors_s: Vec<Option<f64>>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
    /// Of the cache, 0 to 1.
    hit_ratio: Vec<Option<f64>>,
    /// Jobs that are due and wait, of all processes.
    queue_depth: Vec<Option<f64>>,
    /// Processors in use.
    cpu: Vec<Option<f64>>,
    rss_bytes: Vec<Option<f64>>,
    live_clients: Vec<Option<f64>>,
    /// What each route has answered, the busiest first, by whole minutes and the one that runs.
    routes: Vec<RouteTraffic>,
    statuses: Statuses,
}

#[derive(Serialize, ToSchema)]
struct RouteTraffic {
    method: String,
    /// Its pattern, such as `/api/v3/posts/{id}`.
    route: String,
    count: u64,
    /// Answers with a status of 500 or more.
    errors: u64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// Answers by the first digit of their status.
#[derive(Default, Serialize, ToSchema)]
struct Statuses {
    #[serde(rename = "1xx")]
    informed: u64,
    #[serde(rename = "2xx")]
    succeeded: u64,
    #[serde(rename = "3xx")]
    redirected: u64,
    #[serde(rename = "4xx")]
    refused: u64,
    #[serde(rename = "5xx")]
    failed: u64,
}

/// How far back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    /// Minutes, 1 to 60; 60 when nothing is said.
    #[param(minimum = 1, maximum = 60)]
    minutes: Option<u32>,
}

const MINUTES_MAX: u32 = 60;
const HITS: &str = "copydesk_cache_hits_total";
const MISSES: &str = "copydesk_cache_misses_total";
const NAMES: [&str; 9] = [
    access::ANSWERS_NAME,
    access::FAILED_NAME,
    access::TIME_NAME,
    HITS,
    MISSES,
    figures::DEPTH_NAME,
    figures::CLIENTS_NAME,
    process::CPU_NAME,
    process::RESIDENT_NAME,
];

/// Shows requests, their times, the cache, the queue and the process over the last minutes.
#[utoipa::path(get, path = "/traffic", tag = "figures", params(Span), responses((status = 200, body = Traffic)))]
async fn traffic(caller: Caller, State(app): State<App>, Asking(span): Asking<Span>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let minutes = span.minutes.unwrap_or(MINUTES_MAX);
    if !(1..=MINUTES_MAX).contains(&minutes) {
        return Err(Problem::new(&problem::MALFORMED, format!("minutes: must be 1 to {MINUTES_MAX}, not {minutes}")));
    }
    Ok(json(&of(&app, minutes, usize::MAX)))
}

/// The last `minutes`, with the busiest routes.
pub fn of(app: &App, minutes: u32, routes_max: usize) -> Traffic {
    let now = app.desk.now();
    let span = Duration::from_secs(u64::from(minutes) * 60);
    let points = app.history.query_some(&NAMES, now - span, now + STEP);
    let routes = app.figures.minutes.routes(minutes as usize);
    let [informed, succeeded, redirected, refused, failed] =
        routes.iter().fold([0; 5], |sum, route| std::array::from_fn(|i| sum[i] + route.statuses[i]));
    let (hits, misses) = (sum(&points, HITS, Figure::Rate), sum(&points, MISSES, Figure::Rate));
    let ratio = |(hits, misses): (Option<f64>, Option<f64>)| {
        let (hits, all) = (hits.unwrap_or(0.0), hits.unwrap_or(0.0) + misses.unwrap_or(0.0));
        (all > 0.0).then(|| hits / all)
    };
    let time = |figure| scaled(sum(&points, access::TIME_NAME, figure), 1_000.0);
    Traffic {
        requests_s: sum(&points, access::ANSWERS_NAME, Figure::Rate),
        errors_s: sum(&points, access::FAILED_NAME, Figure::Rate),
        p50_ms: time(Figure::P50),
        p95_ms: time(Figure::P95),
        p99_ms: time(Figure::P99),
        hit_ratio: hits.into_iter().zip(misses).map(ratio).collect(),
        queue_depth: sum(&points, figures::DEPTH_NAME, Figure::Value),
        cpu: scaled(sum(&points, process::CPU_NAME, Figure::Rate), 1e-6),
        rss_bytes: sum(&points, process::RESIDENT_NAME, Figure::Value),
        live_clients: sum(&points, figures::CLIENTS_NAME, Figure::Value),
        routes: routes.into_iter().take(routes_max).map(RouteTraffic::from).collect(),
        statuses: Statuses { informed, succeeded, redirected, refused, failed },
        times: points.times,
    }
}

/// The series of one name together, point by point; `None` where none of them has a value.
fn sum(points: &Answer, name: &str, figure: Figure) -> Vec<Option<f64>> {
    let mut sums: Vec<Option<f64>> = vec![None; points.times.len()];
    for series in points.series.iter().filter(|series| series.name == name && series.figure == figure) {
        for (sum, point) in sums.iter_mut().zip(&series.points) {
            if let Some(point) = point {
                *sum = Some(sum.unwrap_or(0.0) + f64::from(*point));
            }
        }
    }
    sums
}

fn scaled(points: Vec<Option<f64>>, factor: f64) -> Vec<Option<f64>> {
    points.into_iter().map(|point| point.map(|value| value * factor)).collect()
}

impl From<access::Route> for RouteTraffic {
    fn from(route: access::Route) -> Self {
        let ms = |q| route.quantile(q).map(|seconds| seconds * 1_000.0);
        RouteTraffic {
            count: route.count(),
            errors: route.errors(),
            p50_ms: ms(0.5),
            p95_ms: ms(0.95),
            p99_ms: ms(0.99),
            method: route.method,
            route: route.route,
        }
    }
}
