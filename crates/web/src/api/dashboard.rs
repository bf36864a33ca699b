//! `/dashboard`: how the whole does, at three depths. Reads memory and indexes.

mod notice;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::{PostId, SourceId, figures, moderation, posts};
use observe::health;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::traffic::{self, Traffic};
use super::view::{Asking, HealthState, Id, Time, view};
use crate::App;
use crate::auth::Caller;
use crate::console::overview;
use crate::figures::last_minute;
use crate::problem::Problem;
use crate::respond::json;
use notice::Notification;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(dashboard))
}

/// How the whole does.
#[derive(Serialize, ToSchema)]
pub(crate) struct Dashboard {
    health: Health,
    review: Review,
    /// Posts by state.
    posts: BTreeMap<String, u64>,
    failed_publications: u64,
    dead_letters: u64,
    sources: SourceCounts,
    /// Of the process that answers, over the last minute.
    requests_per_s: f64,
    /// Of the process that answers, over the last minute; `null` without a request.
    p95_ms: Option<f64>,
    /// Of the cache over the last minute, 0 to 1; `null` when it was not asked.
    hit_ratio: Option<f64>,
    /// Jobs that are due and wait.
    queue_depth: u64,
    /// First publications since midnight in the site's time zone.
    published_today: u64,
    checklist: Checklist,
    /// From `extended` on: the last hour, with the ten busiest routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    charts: Option<Traffic>,
    /// From `extended` on: what needs a person, the worst first.
    #[serde(skip_serializing_if = "Option::is_none")]
    notifications: Option<Vec<Notification>>,
    /// `full` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    analytics: Option<Analytics>,
    /// `full` alone: what was done last, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_activities: Option<Vec<Activity>>,
}

#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(value_type = HealthState)]
    state: health::State,
    /// For people.
    sentence: String,
}

#[derive(Serialize, ToSchema)]
struct Review {
    waiting: u64,
    /// Since when the one that has waited longest does so.
    #[schema(value_type = Option<Time>)]
    oldest_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct SourceCounts {
    active: u64,
    /// Active ones that failed at their last poll.
    failing: u64,
}

view! {
    /// What has been done for the first time already.
    Checklist of figures::Checklist {
        source: bool,
        draft: bool,
        approval: bool,
        publication: bool,
    }
}

/// The last two weeks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Analytics {
    /// By the site's time zone, today last.
    days: Vec<DayFigures>,
    /// The ten that have brought most items.
    sources: Vec<SourceFigures>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct DayFigures {
    /// `2026-11-20`
    date: String,
    drafted: u64,
    published: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct SourceFigures {
    #[schema(value_type = Id)]
    id: SourceId,
    name: String,
    items: u64,
}

view! {
    /// Something that was done to a post.
    Activity of figures::Activity {
        at: Timestamp as Time,
        /// `user:ID`, `key:ID`, `link:ID` or `system`.
        actor: String,
        name: Option<String>,
        /// The event, such as `approved`.
        what: String,
        post: PostId as Id,
        title: String,
    }
}

/// How much to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Basic,
    Extended,
    Full,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Depth {
    /// `basic` when nothing is said.
    #[param(inline)]
    level: Option<Level>,
}

const DAYS: u32 = 14;
const ACTIVITIES: u32 = 30;
const ROUTES: usize = 10;

/// Shows how the whole does.
#[utoipa::path(get, path = "/dashboard", tag = "figures", params(Depth), responses((status = 200, body = Dashboard)))]
async fn dashboard(caller: Caller, State(app): State<App>, Asking(depth): Asking<Depth>) -> Result<Response, Problem> {
    Ok(json(&gather(&app, &caller, depth.level.unwrap_or_default()).await?))
}

/// The whole as `GET /api/v3/dashboard?level=full` answers it, for the page that shows it first.
///
/// # Errors
/// As the call: the caller may not read, the database.
pub(crate) async fn full(app: &App, caller: &Caller) -> Result<Dashboard, Problem> {
    gather(app, caller, Level::Full).await
}

async fn gather(app: &App, caller: &Caller, level: Level) -> Result<Dashboard, Problem> {
    caller.actor.may(Action::Read)?;
    let desk = &app.desk;
    let counted = async { Ok::<_, desk::Error>(posts::counts(desk).await?.into_iter().collect::<Vec<_>>()) };
    let posts: BTreeMap<String, u64> = app.figures.posts.get(Duration::ZERO, counted).await?.into_iter().collect();
    let sources = app.figures.sources.get(Duration::ZERO, figures::sources(desk)).await?;
    let jobs = desk.queue.counts().await?;
    let of = |state: posts::State| posts.get(state.name()).copied().unwrap_or_default();
    let (waiting, failed) = (of(posts::State::InReview), of(posts::State::Failed));
    let dead = jobs.get(queue::State::Discarded);
    let oldest_at = moderation::waiting_since(desk).await?;
    let components = super::health::recent(app).await;
    let state = health::overall(&components);
    let sentence = components
        .iter()
        .filter(|component| component.state != health::State::Ok)
        .max_by_key(|component| component.state)
        .map_or_else(|| overview::health(sources.all, sources.failing, dead, failed), notice::sentence);
    let minute = last_minute(app).await;
    let mut shown = Dashboard {
        health: Health { state, sentence },
        review: Review { waiting, oldest_at },
        failed_publications: failed,
        dead_letters: dead,
        sources: SourceCounts { active: sources.active, failing: sources.failing },
        requests_per_s: minute.requests_s,
        p95_ms: minute.p95_ms,
        hit_ratio: minute.hit_ratio,
        queue_depth: minute.queue_depth,
        published_today: figures::published_today(desk).await?,
        checklist: figures::checklist(desk).await?.into(),
        posts,
        charts: None,
        notifications: None,
        analytics: None,
        recent_activities: None,
    };
    if level >= Level::Extended {
        shown.charts = Some(traffic::of(app, 60, ROUTES));
        let seen = notice::Seen { failed, dead, sources, oldest_at, waiting };
        shown.notifications = Some(notice::all(app, &components, seen).await?);
    }
    if level == Level::Full {
        shown.analytics = Some(analytics(app).await?);
        let latest = figures::latest(desk, &caller.actor, ACTIVITIES).await?;
        shown.recent_activities = Some(latest.into_iter().map(Activity::from).collect());
    }
    Ok(shown)
}

async fn analytics(app: &App) -> Result<Analytics, desk::Error> {
    let day = |day: figures::Day| DayFigures { date: day.date, drafted: day.drafted, published: day.published };
    let source = |of: figures::Busiest| SourceFigures { id: of.id, name: of.name, items: of.items };
    Ok(Analytics {
        days: figures::days(&app.desk, DAYS).await?.into_iter().map(day).collect(),
        sources: figures::busiest(&app.desk).await?.into_iter().map(source).collect(),
    })
}
