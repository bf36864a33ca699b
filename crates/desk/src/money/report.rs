//! What was spent, and what the month will come to.

use serde::Serialize;
use stdx::Timestamp;
use store::params;

use super::{Period, Place, Scope};
use crate::people::{Action, Actor};
use crate::{Desk, Error, LedgerId};

store::sql! {
    ENTRIES = "money.entries",
        "SELECT id, at, provider, model, outcome, places, prompt_tokens, cached_tokens, completion_tokens, is_estimated, micros
         FROM ledger WHERE id < $1 ORDER BY id DESC LIMIT $2";
    DAYS = "money.days",
        "SELECT day, place, calls, failures, prompt_tokens, completion_tokens, micros FROM spending
         WHERE day >= $1 AND place >= $2 AND place < $3 ORDER BY day, place LIMIT $4";
}

/// One attempt at one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub id: LedgerId,
    /// When it began.
    pub at: Timestamp,
    pub provider: String,
    pub model: String,
    /// `ok`, or the kind of its fault; `cancelled` when its caller went away, `lost` when its process did.
    pub outcome: String,
    pub places: Vec<Place>,
    pub prompt_tokens: u64,
    /// Of the prompt's, those that the provider had kept.
    pub cached_tokens: u64,
    pub completion_tokens: u64,
    /// The provider did not count, or not to the end.
    pub is_estimated: bool,
    pub micros: u64,
}

/// The sums of a day in one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Day {
    /// Its beginning in UTC.
    pub day: Timestamp,
    pub place: Place,
    pub calls: u64,
    pub failures: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub micros: u64,
}

/// What was spent on the last days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spending {
    pub days: Vec<Day>,
    pub month: Ahead,
}

/// This month so far, and as it will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ahead {
    pub spent_micros: u64,
    /// With the rest of the month as costly as the days that it is drawn from.
    pub forecast_micros: u64,
    /// So many whole days before today, at most 7 and none before the first cost; 0: today alone.
    pub days: u32,
}

const ROWS_MAX: i64 = 10_000;
/// The days that say what the next ones will cost: a week, so that weekends count as they do.
const DRAWN_FROM: i64 = 7;
const DAY_US: i64 = 86_400_000_000;

/// The ledger, newest first, from behind `before`; at most 200.
pub async fn entries(desk: &Desk, actor: &Actor, before: Option<LedgerId>, limit: u32) -> Result<Vec<Entry>, Error> {
    actor.may(Action::Read)?;
    desk.till.flush().await?;
    let before = before.map_or(i64::MAX, LedgerId::to_i64);
    let rows = desk.store.read_fresh().all(&ENTRIES, params![before, limit.clamp(1, 200)]).await?;
    let read = |row: &store::Row| -> Result<Entry, store::Error> {
        let places: Vec<String> = serde_json::from_str(&row.get::<String>(5)?).unwrap_or_default();
        Ok(Entry {
            id: LedgerId(row.get(0)?),
            at: row.get(1)?,
            provider: row.get(2)?,
            model: row.get(3)?,
            outcome: row.get(4)?,
            places: places.iter().filter_map(|key| Place::read(key)).collect(),
            prompt_tokens: row.get::<i64>(6)? as u64,
            cached_tokens: row.get::<i64>(7)? as u64,
            completion_tokens: row.get::<i64>(8)? as u64,
            is_estimated: row.get(9)?,
            micros: row.get::<i64>(10)? as u64,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The sums of the last `days` (1 to 366) for each place of a scope, oldest first, and the month's.
pub async fn spending(desk: &Desk, actor: &Actor, scope: Scope, days: u32) -> Result<Spending, Error> {
    actor.may(Action::Read)?;
    desk.till.flush().await?;
    let first = desk.now().day_number() - i64::from(days.clamp(1, 366)) + 1;
    Ok(Spending { days: sums(desk, scope, first).await?, month: ahead(desk).await? })
}

async fn sums(desk: &Desk, scope: Scope, first: i64) -> Result<Vec<Day>, Error> {
    // The colon, and the character behind it.
    let (from, to) = (format!("{}:", scope.name()), format!("{};", scope.name()));
    let rows = desk.store.read_fresh().all(&DAYS, params![first, from, to, ROWS_MAX]).await?;
    let mut days = Vec::with_capacity(rows.len());
    for row in &rows {
        let Some(place) = Place::read(&row.get::<String>(1)?) else { continue };
        let count = |column: usize| -> Result<u64, store::Error> { Ok(row.get::<i64>(column)? as u64) };
        days.push(Day {
            day: Timestamp::from_micros(row.get::<i64>(0)? * DAY_US),
            place,
            calls: count(2)?,
            failures: count(3)?,
            prompt_tokens: count(4)?,
            completion_tokens: count(5)?,
            micros: count(6)?,
        });
    }
    Ok(days)
}

/// What this month has cost, and what it will at the pace of the last whole days.
pub async fn ahead(desk: &Desk) -> Result<Ahead, Error> {
    let now = desk.now();
    let (today, first) = (now.day_number(), Period::Month.since(now).day_number());
    let days = sums(desk, Scope::All, first.min(today - DRAWN_FROM)).await?;
    let costs: Vec<(i64, u64)> = days.iter().map(|day| (day.day.day_number(), day.micros)).collect();
    let end = Period::Month.ends(now).map_or(today + 1, Timestamp::day_number);
    let gone = now.since(Timestamp::from_micros(today * DAY_US)).as_secs_f64() / 86_400.0;
    Ok(forecast(&costs, first, today, end, gone))
}

/// `costs` by day, the month from `first` to before `end`, and the share of today that is over.
fn forecast(costs: &[(i64, u64)], first: i64, today: i64, end: i64, gone: f64) -> Ahead {
    let sum = |from: i64, to: i64| -> u64 {
        costs.iter().filter(|(day, _)| (from..to).contains(day)).map(|(_, micros)| micros).sum()
    };
    let spent = sum(first, today + 1);
    let began = costs.iter().map(|(day, _)| *day).min().unwrap_or(today);
    let from = began.max(today - DRAWN_FROM);
    let (whole, left) = ((today - from).max(0), (end - today) as f64 - gone);
    let a_day = match whole {
        // The first hours of a first day say little, but more than nothing.
        0 => sum(today, today + 1) as f64 / gone.max(1.0 / 24.0),
        n => sum(from, today) as f64 / n as f64,
    };
    let forecast_micros = spent.saturating_add((a_day * left.max(0.0)).round() as u64);
    Ahead { spent_micros: spent, forecast_micros, days: whole as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_goes_on_as_the_last_week_went() {
        // The month from day 100 to before 130; it is noon of day 110.
        let week: Vec<(i64, u64)> = (103..110).map(|day| (day, 1_000_000)).chain([(110, 400_000), (90, 9)]).collect();
        let ahead = forecast(&week, 100, 110, 130, 0.5);
        assert_eq!(ahead, Ahead { spent_micros: 7_400_000, forecast_micros: 7_400_000 + 19_500_000, days: 7 });
        // Two days of use, then today alone, then nothing at all.
        let ahead = forecast(&[(108, 2_000_000), (110, 1)], 100, 110, 130, 0.0);
        assert_eq!(ahead, Ahead { spent_micros: 2_000_001, forecast_micros: 2_000_001 + 20_000_000, days: 2 });
        let ahead = forecast(&[(110, 600_000)], 100, 110, 130, 0.5);
        assert_eq!(ahead, Ahead { spent_micros: 600_000, forecast_micros: 600_000 + 23_400_000, days: 0 });
        assert_eq!(forecast(&[], 100, 110, 130, 0.5), Ahead { spent_micros: 0, forecast_micros: 0, days: 0 });
    }
}
