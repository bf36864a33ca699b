//! How much there is and what has happened lately, for whoever looks at the whole: by indexes, never by reading all.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::{Id, Timestamp};
use store::params;

use crate::calendar::Zone;
use crate::desk::kept::report;
use crate::people::{Action, Actor};
use crate::{Desk, Error, PostId, SourceId, calendar, posts, tags};

store::sql! {
    FAILED_AT = "figures.failed_at",
        "SELECT updated_at FROM post WHERE state = 'failed' ORDER BY updated_at DESC, id DESC LIMIT 1";
    PUBLISHED = "figures.published", "SELECT count(*) FROM post WHERE published_at >= $1 AND published_at < $2";
    DRAFTED = "figures.drafted", "SELECT count(*) FROM post WHERE id >= $1 AND id < $2";
    SOURCES = "figures.sources",
        "SELECT count(*), count(CASE WHEN state = 'active' THEN 1 END),
         count(CASE WHEN state = 'active' AND kind = 'feed' AND failures > 0 THEN 1 END),
         min(CASE WHEN state = 'active' AND kind = 'feed' AND failures > 0 THEN failing_since END) FROM source";
    BUSIEST = "figures.busiest", "SELECT id, name, items FROM source WHERE items > 0 ORDER BY items DESC, id LIMIT 10";
    STEPS = "figures.steps",
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM source LIMIT 1) a), (SELECT count(*) FROM (SELECT 1 FROM post LIMIT 1) b),
         (SELECT count(*) FROM (SELECT 1 FROM post WHERE state IN ('approved', 'scheduled', 'publishing', 'published', 'failed', 'retracted') LIMIT 1) c),
         (SELECT count(*) FROM (SELECT 1 FROM post WHERE published_at IS NOT NULL LIMIT 1) d)";
    LATEST = "figures.latest",
        "SELECT e.stream, e.actor, e.at, e.kind, p.title FROM event e JOIN post p ON p.id = e.stream ORDER BY e.pos DESC LIMIT $1";
}

/// What has been done for the first time already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checklist {
    pub source: bool,
    pub draft: bool,
    pub approval: bool,
    pub publication: bool,
}

/// How the sources do. One small row for each of them is read for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    pub all: u64,
    pub active: u64,
    /// Active ones that failed at their last poll.
    pub failing: u64,
    /// The first of those failures.
    pub failing_since: Option<Timestamp>,
}

/// A day as the site's time zone has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// `2026-11-20`
    pub date: String,
    pub drafted: u64,
    /// Posts whose first publication was on this day.
    pub published: u64,
}

/// A source by what it has brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Busiest {
    pub id: SourceId,
    pub name: String,
    pub items: u64,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub at: Timestamp,
    /// The principal, such as `user:0M7K2Q9XA4D0G`.
    pub actor: String,
    /// What people call them.
    pub name: Option<String>,
    /// The event's kind.
    pub what: String,
    pub post: PostId,
    pub title: String,
}

/// When a post failed last of those that still wait for somebody.
pub async fn failed_at(desk: &Desk) -> Result<Option<Timestamp>, Error> {
    let row = desk.store.read().opt(&FAILED_AT, params![]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// Posts that were published for the first time since midnight in the site's time zone.
pub async fn published_today(desk: &Desk) -> Result<u64, Error> {
    let now = desk.now();
    let zone = calendar::plan(&mut desk.store.read()).await?.zone;
    let midnight = zone.moment(zone.day(now).at(0, 0, 0, 0));
    let row = desk.store.read().one(&PUBLISHED, params![midnight, now + Duration::from_secs(1)]).await?;
    Ok(row.get::<i64>(0)? as u64)
}

pub async fn sources(desk: &Desk) -> Result<Sources, Error> {
    let row = desk.store.read().one(&SOURCES, params![]).await?;
    let count = |column: usize| row.get::<i64>(column).map(|n| n as u64);
    Ok(Sources { all: count(0)?, active: count(1)?, failing: count(2)?, failing_since: row.get(3)? })
}

pub async fn checklist(desk: &Desk) -> Result<Checklist, Error> {
    let row = desk.store.read().one(&STEPS, params![]).await?;
    let is_done = |column: usize| row.get::<i64>(column).map(|n| n > 0);
    Ok(Checklist { source: is_done(0)?, draft: is_done(1)?, approval: is_done(2)?, publication: is_done(3)? })
}

/// The last `days` days up to today, the first one first. Reads the index of each day.
pub async fn days(desk: &Desk, days: u32) -> Result<Vec<Day>, Error> {
    let zone = calendar::plan(&mut desk.store.read()).await?.zone;
    let today = zone.day(desk.now());
    let (d, of, key) = (desk.clone(), zone.clone(), format!("days {days} to {today} in {}", zone.name()));
    let make = move || {
        let (desk, zone) = (d.clone(), of.clone());
        async move { count_days(&desk, &zone, today, days).await }
    };
    report(&desk.kept.reports, &key, &[tags::POSTS], make).await
}

async fn count_days(desk: &Desk, zone: &Zone, today: jiff::civil::Date, days: u32) -> Result<Vec<Day>, Error> {
    let conn = &mut desk.store.read_fresh();
    let mut all = Vec::new();
    for back in (0..days.min(366)).rev() {
        let date = today.saturating_sub(jiff::Span::new().days(back));
        let midnight = |date: jiff::civil::Date| zone.moment(date.at(0, 0, 0, 0));
        let (start, end) = (midnight(date), midnight(date.saturating_add(jiff::Span::new().days(1))));
        let ids = params![Id::lower_bound(start).to_i64(), Id::lower_bound(end).to_i64()];
        let drafted = conn.one(&DRAFTED, ids).await?.get::<i64>(0)? as u64;
        let published = conn.one(&PUBLISHED, params![start, end]).await?.get::<i64>(0)? as u64;
        all.push(Day { date: date.to_string(), drafted, published });
    }
    Ok(all)
}

/// The ten sources that have brought most.
pub async fn busiest(desk: &Desk) -> Result<Vec<Busiest>, Error> {
    let d = desk.clone();
    let make = move || {
        let desk = d.clone();
        async move {
            let rows = desk.store.read_fresh().all(&BUSIEST, params![]).await?;
            let read = |row: &store::Row| {
                Ok(Busiest { id: SourceId(row.get(0)?), name: row.get(1)?, items: row.get::<i64>(2)? as u64 })
            };
            rows.iter().map(read).collect()
        }
    };
    report(&desk.kept.reports, "busiest sources", &[tags::SOURCES], make).await
}

/// What was done last, newest first; 200 at most.
pub async fn latest(desk: &Desk, actor: &Actor, limit: u32) -> Result<Vec<Activity>, Error> {
    actor.may(Action::Read)?;
    let mut conn = desk.store.read();
    let rows = conn.all(&LATEST, params![limit.min(200)]).await?;
    let by = rows.iter().map(|row| row.get(1)).collect::<Result<_, store::Error>>()?;
    let names = posts::names(&mut conn, by).await?;
    let read = |row: &store::Row| {
        let actor: String = row.get(1)?;
        Ok(Activity {
            at: row.get(2)?,
            name: names.get(&actor).cloned(),
            actor,
            what: row.get(3)?,
            post: PostId(row.get(0)?),
            title: row.get(4)?,
        })
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
