//! `/cron`: jobs that come again at their times.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::jobs;
use desk::people::Action;
use http::StatusCode;
use queue::{Cron, CronView, Missed};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::ProblemAnswer;
use super::jobs::Accepted;
use super::sources::Nothing;
use super::view::{Asking, MissedTimes, Page, Place, Priority, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, accepted, created, json as answer};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, replace, change, remove))
        .routes(routes!(run))
        .routes(routes!(times))
}

view! {
    /// A job that comes again at its times.
    Schedule of CronView {
        name: String,
        schedule: String,
        /// A name of the IANA time zone database.
        zone: String,
        missed: Missed as MissedTimes,
        paused: bool,
        /// Why it cannot go on as it stands.
        problem: Option<String>,
        kind: String,
        queue: String,
        priority: queue::Priority as Priority,
        attempts_max: u32,
        parameters: Json as Object,
        /// The coming times, five at most; none while it is paused.
        next: Vec<Timestamp> as Vec<Time>,
        /// The last time for which a job was enqueued.
        last_at: Option<Timestamp> as Option<Time>,
    }
}

/// Declares a request with the text of a schedule, which a new one and a changed one share. Not by
/// `flatten`: errors would lose the pointer to the part they mean.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        request! {
            $(#[$doc])*
            $name {
                $($own)*
                /// Five fields of cron, six with seconds first, a word such as `@daily`, or `@every 15m`.
                schedule: String,
                /// `UTC` when absent.
                zone: Option<String>,
                /// What becomes of times at which nothing ran: `coalesce` when absent.
                missed: Option<Missed> as Option<MissedTimes>,
                /// `fetch_sources` or `assign_stories`.
                kind: String,
                /// What the kind's jobs need; `{}` when absent.
                parameters: Option<Json> as Option<Object>,
                /// The kind's own when absent.
                queue: Option<String>,
                /// The kind's own when absent.
                priority: Option<queue::Priority> as Option<Priority>,
            }
        }

        impl $name {
            fn named(self, name: String) -> Result<Cron, Problem> {
                let mut work = jobs::scheduled(&self.kind, self.parameters.unwrap_or_else(|| json!({})))?;
                if let Some(queue) = self.queue {
                    work = work.with_queue(queue);
                }
                if let Some(priority) = self.priority {
                    work = work.with_priority(priority);
                }
                let mut cron = Cron::new(name, self.schedule, work);
                cron.zone = self.zone.unwrap_or(cron.zone);
                cron.missed = self.missed.unwrap_or(cron.missed);
                Ok(cron)
            }
        }
    };
}

text! {
    /// A new schedule.
    NewSchedule {
        /// 1 to 64 of `a-z`, `0-9`, `_`, `-` and `.`.
        name: String,
    }
}

text! {
    /// What a schedule is to be from now on; what is absent is as in a new one.
    ScheduleText {}
}

request! {
    /// Whether a schedule rests.
    Pause {
        paused: bool,
    }
}

/// What a schedule would be.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TimesAsked {
    schedule: String,
    /// `UTC` when absent.
    zone: Option<String>,
}

/// When a schedule would come.
#[derive(Serialize, ToSchema)]
struct Times {
    /// The coming ones, five at most; none for 30 February.
    #[schema(value_type = Vec<Time>)]
    next: Vec<Timestamp>,
}

const TIMES: usize = 5;

/// Lists all schedules by name.
#[utoipa::path(get, path = "/cron", tag = "cron", responses((status = 200, body = Page<Schedule>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(answer(&Page::<Schedule>::whole(app.desk.queue.schedules().await?)))
}

/// Adds a schedule.
#[utoipa::path(post, path = "/cron", tag = "cron", request_body = NewSchedule, responses((status = 201, body = Schedule)))]
async fn create(State(app): State<App>, Asked(caller, mut new): Asked<NewSchedule>) -> Result<Response, Problem> {
    caller.actor.may(Action::Admin)?;
    let name = std::mem::take(&mut new.name);
    let cron = new.named(name)?;
    app.desk.queue.schedule(&cron).await?;
    Ok(created(&format!("/api/v3/cron/{}", cron.name), &find(&app, &cron.name).await?))
}

/// Shows a schedule.
#[utoipa::path(get, path = "/cron/{name}", tag = "cron", params(("name" = String, Path)), responses((status = 200, body = Schedule)))]
async fn get(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(answer(&find(&app, &name).await?))
}

/// Replaces a schedule. It stays paused if it is; its next time stays while schedule and zone do.
#[utoipa::path(put, path = "/cron/{name}", tag = "cron", params(("name" = String, Path)), request_body = ScheduleText,
    responses((status = 200, body = Schedule)))]
async fn replace(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, text): Asked<ScheduleText>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Admin)?;
    let cron = text.named(name)?;
    app.desk.queue.reschedule(&cron).await?;
    Ok(answer(&find(&app, &cron.name).await?))
}

/// Pauses a schedule, or lets it go on with its next time from now.
#[utoipa::path(patch, path = "/cron/{name}", tag = "cron", params(("name" = String, Path)), request_body = Pause,
    responses((status = 200, body = Schedule)))]
async fn change(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, pause): Asked<Pause>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Admin)?;
    match pause.paused {
        true => app.desk.queue.pause(&name).await?,
        false => app.desk.queue.resume(&name).await?,
    }
    Ok(answer(&find(&app, &name).await?))
}

/// Removes a schedule; jobs that it has enqueued stay.
#[utoipa::path(delete, path = "/cron/{name}", tag = "cron", params(("name" = String, Path)), responses((status = 204)))]
async fn remove(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    caller.actor.may(Action::Admin)?;
    app.desk.queue.unschedule(&name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Enqueues the job of a schedule now, besides its times, even while it is paused.
#[utoipa::path(post, path = "/cron/{name}/run", tag = "cron", params(("name" = String, Path)), request_body = Nothing,
    responses((status = 202, body = Accepted)))]
async fn run(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Admin)?;
    let kind = find(&app, &name).await?.kind;
    let job = app.desk.queue.run_now(&name).await?;
    let message = match job {
        queue::Enqueued::New(_) => "the job is enqueued",
        queue::Enqueued::Duplicate(_) => "the job stands already",
    };
    Ok(accepted(job.id(), app.desk.queue.estimate(&kind).await?, message))
}

/// Tells the coming times of a schedule before it is kept. Not below `/cron`, where a schedule may have any name.
#[utoipa::path(get, path = "/cron-times", tag = "cron", params(TimesAsked), responses(
    (status = 200, body = Times, example = json!({"next": ["2026-11-23T03:30:00Z", "2026-11-24T03:30:00Z"]})),
    (status = 422, description = "`invalid`: a schedule or a zone that cannot be.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn times(caller: Caller, State(app): State<App>, Asking(asked): Asking<TimesAsked>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let schedule = queue::Schedule::parse(&asked.schedule, asked.zone.as_deref().unwrap_or("UTC"))?;
    Ok(answer(&Times { next: schedule.upcoming(app.desk.now(), TIMES) }))
}

async fn find(app: &App, name: &str) -> Result<Schedule, Problem> {
    Ok(app.desk.queue.schedule_named(name).await?.into())
}
