//! What models may cost, and what they did: budgets that hold, a ledger that adds up, and a look ahead.
//!
//! Money is put aside before an attempt and settled after it, however it ended ([`Till`]). Invariants: no hard budget is
//! passed by what is put aside; each hold is settled once; a budget's spent money, the ledger and the sums of
//! the days say the same.

pub(crate) mod report;
pub(crate) mod till;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::time::Civil;
use store::{Row, params};

use crate::people::{Action, Actor, Principal};
use crate::{BudgetId, ChannelId, Desk, Error, Fault, PipelineId};

pub use report::{Ahead, Day, Entry, Spending, ahead, entries, spending};
pub use till::Till;

/// What a budget or a sum is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub scope: Scope,
    /// The provider's name, or the id of the others; empty for the whole desk.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole desk.
    All,
    Provider,
    Pipeline,
    /// What is drafted for a channel.
    Channel,
    User,
    Key,
}

/// How long a budget lasts, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Day,
    Month,
    /// Until somebody raises it.
    Ever,
}

/// A budget with what has been spent of it in its present period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budget {
    pub id: BudgetId,
    pub place: Place,
    pub period: Period,
    /// Millionths of a dollar that are never passed.
    pub hard_micros: Option<u64>,
    /// Millionths of a dollar at which a warning is given.
    pub soft_micros: Option<u64>,
    pub spent_micros: u64,
    /// Put aside for calls that are under way.
    pub held_micros: u64,
    /// When the present period ends.
    pub resets_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewBudget {
    pub place: Place,
    pub period: Period,
    pub hard_micros: Option<u64>,
    pub soft_micros: Option<u64>,
}

/// A thousand million dollars.
const MICROS_MAX: u64 = 1_000_000_000_000_000;

store::sql! {
    PUT = "money.budget_put",
        "INSERT INTO budget (id, place, period, hard_micros, soft_micros, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (place, period) DO UPDATE SET hard_micros = excluded.hard_micros, soft_micros = excluded.soft_micros";
    LIST = "money.budgets", "SELECT id, place, period, hard_micros, soft_micros, created_at FROM budget ORDER BY place, period LIMIT 1000";
    CHANNELS = "money.channels", "SELECT id FROM channel ORDER BY id LIMIT 100";
    COUNT = "money.budget_count", "SELECT count(*) FROM budget";
    USES = "money.budget_uses",
        "SELECT budget, since, spent_micros, held_micros FROM budget_use WHERE budget {in:$1} AND since {in:$2}";
    DROP_USES = "money.budget_drop_uses", "DELETE FROM budget_use WHERE budget = $1";
    DROP = "money.budget_drop", "DELETE FROM budget WHERE id = $1";
}

/// More budgets are not kept.
const BUDGETS_MAX: i64 = 1_000;

impl Scope {
    pub const ALL: [Scope; 6] = [Scope::All, Scope::Provider, Scope::Pipeline, Scope::Channel, Scope::User, Scope::Key];

    pub fn name(self) -> &'static str {
        match self {
            Scope::All => "all",
            Scope::Provider => "provider",
            Scope::Pipeline => "pipeline",
            Scope::Channel => "channel",
            Scope::User => "user",
            Scope::Key => "key",
        }
    }
}

impl Place {
    pub fn new(scope: Scope, name: impl Into<String>) -> Place {
        Place { scope, name: name.into() }
    }

    /// As it is stored: `pipeline:0f3…`.
    fn key(&self) -> String {
        format!("{}:{}", self.scope.name(), self.name)
    }

    fn read(key: &str) -> Option<Place> {
        let (scope, name) = key.split_once(':')?;
        let scope = Scope::ALL.into_iter().find(|known| known.name() == scope)?;
        Some(Place::new(scope, name))
    }
}

impl Period {
    pub const ALL: [Period; 3] = [Period::Day, Period::Month, Period::Ever];

    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Month => "month",
            Period::Ever => "ever",
        }
    }

    /// The beginning of the period that holds `now`.
    fn since(self, now: Timestamp) -> Timestamp {
        let civil = now.civil();
        let start = |day| Civil { day, hour: 0, minute: 0, second: 0, micro: 0, ..civil };
        match self {
            Period::Day => Timestamp::from_civil(start(civil.day)),
            Period::Month => Timestamp::from_civil(start(1)),
            Period::Ever => None,
        }
        .unwrap_or(Timestamp::EPOCH)
    }

    /// Its end; `None` when it has none.
    fn ends(self, now: Timestamp) -> Option<Timestamp> {
        let first = self.since(now);
        match self {
            Period::Day => Some(first + std::time::Duration::from_secs(86_400)),
            // No month has more than 31 days, and none fewer than 28.
            Period::Month => Some(Period::Month.since(first + std::time::Duration::from_secs(32 * 86_400))),
            Period::Ever => None,
        }
    }
}

/// What a call is for: who asked for it and by which pipeline.
pub(crate) fn purpose(actor: &Actor, pipeline: Option<PipelineId>) -> connect::llm::Purpose {
    let mut purpose = connect::llm::Purpose::default();
    if let Some(pipeline) = pipeline {
        purpose = purpose.with(Scope::Pipeline.name(), pipeline.to_string());
    }
    match actor.principal {
        Principal::User(id) => purpose.with(Scope::User.name(), id.to_string()),
        Principal::Key(id) => purpose.with(Scope::Key.name(), id.to_string()),
        Principal::System | Principal::Link(_) => purpose,
    }
}

/// As [`purpose`], of a draft: what it costs counts in whole for every channel that it goes to.
pub(crate) async fn purpose_of_draft(
    desk: &Desk,
    actor: &Actor,
    pipeline: PipelineId,
) -> Result<connect::llm::Purpose, Error> {
    let mut purpose = purpose(actor, Some(pipeline));
    for row in desk.store.read().all(&CHANNELS, params![]).await? {
        purpose = purpose.with(Scope::Channel.name(), ChannelId(row.get(0)?).to_string());
    }
    Ok(purpose)
}

/// Writes down what calls have cost. What cannot be written now is by the next call, or charged whole.
pub async fn settle(desk: &Desk) {
    if let Err(error) = desk.till.flush().await {
        tracing::error!(error = &error as &dyn std::error::Error, "the ledger could not be written; it is tried again");
    }
}

/// Sets the budget of a place and period. What was spent counts from the day it is first set.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Forbidden`].
pub async fn put(desk: &Desk, actor: &Actor, new: NewBudget) -> Result<Budget, Error> {
    actor.may(Action::Configure)?;
    check(&new)?;
    let (id, now, key, period) = (desk.next_id(), desk.now(), new.place.key(), new.period.name());
    let (place, whole) = (key.clone(), new.place.clone());
    desk.till.flush().await?;
    desk.store
        .write(move |tx| {
            let values = params![
                id,
                place,
                period,
                new.hard_micros.map(|micros| micros as i64),
                new.soft_micros.map(|micros| micros as i64),
                now
            ];
            let whole = whole.clone();
            Box::pin(async move {
                if tx.one(&COUNT, params![]).await?.get::<i64>(0)? >= BUDGETS_MAX {
                    return Err(Error::invalid("", format!("there are {BUDGETS_MAX} budgets already")));
                }
                tx.exec(&PUT, values).await?;
                Ok::<_, Error>(till::begin_now(tx, &whole, now).await?)
            })
        })
        .await?;
    let all = all(desk).await?;
    let same = |budget: &Budget| budget.place.key() == key && budget.period.name() == period;
    all.into_iter().find(same).ok_or_else(|| Error::not_found("budget", key))
}

fn check(new: &NewBudget) -> Result<(), Error> {
    let mut faults = Vec::new();
    if (new.place.scope == Scope::All) != new.place.name.is_empty() {
        let detail = "must name the provider, or give the id of the others, and be empty for the whole desk";
        faults.push(Fault::new("/name", detail));
    }
    if new.place.name.len() > 100 || new.place.name.chars().any(char::is_control) {
        faults.push(Fault::new("/name", "must have at most 100 bytes and no control character"));
    }
    if new.hard_micros.is_none() && new.soft_micros.is_none() {
        faults.push(Fault::new("/hard_micros", "must be given, or soft_micros"));
    }
    for (pointer, micros) in [("/hard_micros", new.hard_micros), ("/soft_micros", new.soft_micros)] {
        if micros.is_some_and(|micros| micros > MICROS_MAX) {
            faults.push(Fault::new(pointer, format!("must be at most {MICROS_MAX}")));
        }
    }
    if new.hard_micros.zip(new.soft_micros).is_some_and(|(hard, soft)| soft > hard) {
        faults.push(Fault::new("/soft_micros", "must not be above hard_micros"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// All budgets, by place and period.
pub async fn list(desk: &Desk, actor: &Actor) -> Result<Vec<Budget>, Error> {
    actor.may(Action::Read)?;
    all(desk).await
}

/// The budgets that have reached a limit of theirs, soft or hard.
pub async fn reached(desk: &Desk) -> Result<Vec<Budget>, Error> {
    let mut budgets = all(desk).await?;
    budgets.retain(|budget| budget.is_used_up() || budget.soft_micros.is_some_and(|soft| budget.spent_micros >= soft));
    Ok(budgets)
}

impl Budget {
    /// Nothing more can be put aside.
    pub fn is_used_up(&self) -> bool {
        // One of nothing is meant to forbid.
        self.hard_micros.is_some_and(|hard| hard > 0 && self.spent_micros >= hard)
    }
}

async fn all(desk: &Desk) -> Result<Vec<Budget>, Error> {
    desk.till.flush().await?;
    let (now, mut conn) = (desk.now(), desk.store.read_fresh());
    let rows = conn.all(&LIST, params![]).await?;
    let mut budgets = rows.iter().filter_map(|row| read(row, now).transpose()).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<i64> = budgets.iter().map(|budget| budget.id.to_i64()).collect();
    let since: Vec<i64> = Period::ALL.iter().map(|period| period.since(now).micros()).collect();
    for row in conn.all(&USES, params![store::list(&ids), store::list(&since)]).await? {
        let (id, at) = (BudgetId(row.get(0)?), row.get::<i64>(1)?);
        let known = budgets.iter_mut().find(|budget| budget.id == id && budget.period.since(now).micros() == at);
        if let Some(budget) = known {
            (budget.spent_micros, budget.held_micros) = (row.get::<i64>(2)? as u64, row.get::<i64>(3)? as u64);
        }
    }
    Ok(budgets)
}

fn read(row: &Row, now: Timestamp) -> Result<Option<Budget>, store::Error> {
    let (place, period) = (Place::read(&row.get::<String>(1)?), row.get::<String>(2)?);
    let period = Period::ALL.into_iter().find(|known| known.name() == period);
    let (Some(place), Some(period)) = (place, period) else { return Ok(None) };
    Ok(Some(Budget {
        id: BudgetId(row.get(0)?),
        place,
        period,
        hard_micros: row.get::<Option<i64>>(3)?.map(|micros| micros as u64),
        soft_micros: row.get::<Option<i64>>(4)?.map(|micros| micros as u64),
        spent_micros: 0,
        held_micros: 0,
        resets_at: period.ends(now),
        created_at: row.get(5)?,
    }))
}

/// Takes a budget away; what was spent stays in the ledger.
pub async fn delete(desk: &Desk, actor: &Actor, id: BudgetId) -> Result<(), Error> {
    actor.may(Action::Configure)?;
    let dropped = desk.store.write(move |tx| {
        Box::pin(async move {
            tx.exec(&DROP_USES, params![id.to_i64()]).await?;
            Ok::<_, Error>(tx.exec(&DROP, params![id.to_i64()]).await?)
        })
    });
    if dropped.await? == 0 { Err(Error::not_found("budget", id)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
