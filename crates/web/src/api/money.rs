//! `/budgets`, `/ledger`, `/spending`: what models may cost and what they did.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::{BudgetId, LedgerId, money};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, BudgetPeriod, BudgetScope, Id, Page, Paging, Place, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, put))
        .routes(routes!(delete))
        .routes(routes!(ledger))
        .routes(routes!(spending))
}

view! {
    /// What a budget or a sum is about.
    MoneyPlace of money::Place {
        scope: money::Scope as BudgetScope,
        /// The provider's name, or the id of the others; empty for the whole desk.
        name: String,
    }
}

/// A budget with what has been spent of it in its present period.
#[derive(Serialize, ToSchema)]
pub struct Budget {
    #[schema(value_type = Id)]
    id: BudgetId,
    place: MoneyPlace,
    #[schema(value_type = BudgetPeriod)]
    period: money::Period,
    /// Millionths of a dollar that are never passed: what a call could cost at most is put aside before it is made.
    hard_micros: Option<u64>,
    /// Millionths of a dollar at which a warning is logged and shown.
    soft_micros: Option<u64>,
    spent_micros: u64,
    /// Put aside for calls that are under way.
    held_micros: u64,
    /// When the present period ends, in UTC; `null` for one that never does.
    #[schema(value_type = Option<Time>)]
    resets_at: Option<Timestamp>,
    #[schema(value_type = Time)]
    created_at: Timestamp,
}

impl From<money::Budget> for Budget {
    fn from(from: money::Budget) -> Self {
        let money::Budget {
            id,
            place,
            period,
            hard_micros,
            soft_micros,
            spent_micros,
            held_micros,
            resets_at,
            created_at,
        } = from;
        let place = place.into();
        Budget { id, place, period, hard_micros, soft_micros, spent_micros, held_micros, resets_at, created_at }
    }
}

request! {
    /// A budget as it is to be; that of the same scope, name and period is changed.
    BudgetSettings {
        scope: money::Scope as BudgetScope,
        /// The provider's name, or the id of a pipeline, channel, user or key; left out for the whole desk.
        #[serde(default)]
        name: String,
        period: money::Period as BudgetPeriod,
        /// Millionths of a dollar; 0 forbids every call.
        hard_micros: Option<u64>,
        /// Millionths of a dollar.
        soft_micros: Option<u64>,
    }
}

/// One attempt at one model.
#[derive(Serialize, ToSchema)]
pub struct LedgerEntry {
    #[schema(value_type = Id)]
    id: LedgerId,
    /// When it began.
    #[schema(value_type = Time)]
    at: Timestamp,
    provider: String,
    model: String,
    /// `ok`, or the kind of its fault; `cancelled` when its caller went away, `lost` when its process did.
    outcome: String,
    /// Whose budgets it came under.
    places: Vec<MoneyPlace>,
    prompt_tokens: u64,
    /// Those of the prompt that the provider had kept.
    cached_tokens: u64,
    completion_tokens: u64,
    /// The provider did not count, or not to the end.
    is_estimated: bool,
    /// Millionths of a dollar, by the prices of the configuration.
    micros: u64,
}

impl From<money::Entry> for LedgerEntry {
    fn from(from: money::Entry) -> Self {
        LedgerEntry {
            id: from.id,
            at: from.at,
            provider: from.provider,
            model: from.model,
            outcome: from.outcome,
            places: from.places.into_iter().map(MoneyPlace::from).collect(),
            prompt_tokens: from.prompt_tokens,
            cached_tokens: from.cached_tokens,
            completion_tokens: from.completion_tokens,
            is_estimated: from.is_estimated,
            micros: from.micros,
        }
    }
}

/// The sums of a day in one place.
#[derive(Serialize, ToSchema)]
pub struct SpendingDay {
    /// Its beginning in UTC.
    #[schema(value_type = Time)]
    day: Timestamp,
    place: MoneyPlace,
    calls: u64,
    failures: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    /// Millionths of a dollar.
    micros: u64,
}

view! {
    /// This month so far, and as it will be.
    SpendingMonth of money::Ahead {
        /// Millionths of a dollar.
        spent_micros: u64,
        /// With the rest of the month as costly as the days that it is drawn from.
        forecast_micros: u64,
        /// So many whole days before today, at most 7 and none before the first cost; 0: today alone.
        days: u32,
    }
}

/// What was spent on the last days.
#[derive(Serialize, ToSchema)]
pub struct Spending {
    /// Oldest first; a day and place without a call is left out.
    days: Vec<SpendingDay>,
    month: SpendingMonth,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Span {
    /// Whose sums: of the whole desk when nothing is said.
    #[param(value_type = Option<BudgetScope>)]
    by: Option<money::Scope>,
    /// How many days, today included: 1 to 366; 30 when nothing is said.
    #[param(minimum = 1, maximum = 366)]
    days: Option<u32>,
}

/// Lists all budgets with what has been spent of them.
#[utoipa::path(get, path = "/budgets", tag = "money", responses((status = 200, body = Page<Budget>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Budget>::whole(money::list(&app.desk, &caller.actor).await?)))
}

/// Sets a budget. What its place has spent in the present period counts.
#[utoipa::path(put, path = "/budgets", tag = "money", request_body = BudgetSettings, responses((status = 200, body = Budget)))]
async fn put(State(app): State<App>, Asked(caller, settings): Asked<BudgetSettings>) -> Result<Response, Problem> {
    let BudgetSettings { scope, name, period, hard_micros, soft_micros } = settings;
    let new = money::NewBudget { place: money::Place { scope, name }, period, hard_micros, soft_micros };
    Ok(json(&Budget::from(money::put(&app.desk, &caller.actor, new).await?)))
}

/// Takes a budget away. What was spent stays in the ledger.
#[utoipa::path(delete, path = "/budgets/{id}", tag = "money", params(("id" = Id, Path)), responses((status = 204)))]
async fn delete(caller: Caller, State(app): State<App>, Place(id): Place<BudgetId>) -> Result<Response, Problem> {
    money::delete(&app.desk, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Every attempt at a model with its cost, newest first.
#[utoipa::path(get, path = "/ledger", tag = "money", params(Paging), responses((status = 200, body = Page<LedgerEntry>)))]
async fn ledger(caller: Caller, State(app): State<App>, Asking(paging): Asking<Paging>) -> Result<Response, Problem> {
    let rows = money::entries(&app.desk, &caller.actor, paging.after()?.map(LedgerId), paging.rows()?).await?;
    Ok(json(&Page::<LedgerEntry>::of(rows, &paging, |entry| entry.id.to_string())?))
}

/// What was spent day by day, and what the month will come to.
#[utoipa::path(get, path = "/spending", tag = "money", params(Span), responses((status = 200, body = Spending)))]
async fn spending(caller: Caller, State(app): State<App>, Asking(span): Asking<Span>) -> Result<Response, Problem> {
    let (scope, days) = (span.by.unwrap_or(money::Scope::All), span.days.unwrap_or(30));
    if !(1..=366).contains(&days) {
        return Err(desk::Error::invalid("/days", "must be 1 to 366").into());
    }
    let money::Spending { days, month } = money::spending(&app.desk, &caller.actor, scope, days).await?;
    let days = days.into_iter().map(|day| SpendingDay {
        day: day.day,
        place: day.place.into(),
        calls: day.calls,
        failures: day.failures,
        prompt_tokens: day.prompt_tokens,
        completion_tokens: day.completion_tokens,
        micros: day.micros,
    });
    Ok(json(&Spending { days: days.collect(), month: month.into() }))
}
