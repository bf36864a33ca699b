//! What needs a person.

use std::time::Duration;

use desk::figures::{self, Sources};
use desk::money;
use observe::health::{Component, State};
use queue::JobFilter;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;

use super::super::view::Time;
use crate::App;
use crate::problem::Problem;

/// Something that needs a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notification {
    /// `health`, `failed_publications`, `dead_letters`, `sources`, `budgets` or `review`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// `error` or `warning`.
    #[schema(value_type = String)]
    severity: &'static str,
    /// A sentence for people.
    text: String,
    /// How many things it is about, where they can be counted.
    count: Option<u64>,
    /// The page of the console that shows them.
    #[schema(value_type = String)]
    href: &'static str,
    /// Since when, where that is known; otherwise when it was seen.
    #[schema(value_type = Time)]
    at: Timestamp,
}

/// What has been counted already.
pub struct Seen {
    pub failed: u64,
    pub dead: u64,
    pub sources: Sources,
    pub waiting: u64,
    pub oldest_at: Option<Timestamp>,
}

/// A review that has waited for so long is told of.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3_600);

/// The worst first.
pub async fn all(app: &App, components: &[Component], seen: Seen) -> Result<Vec<Notification>, Problem> {
    let now = app.desk.now();
    let mut found: Vec<Notification> = components.iter().filter_map(of_component).collect();
    let mut add = |kind, severity, count: u64, text: String, href, at: Option<Timestamp>| {
        found.push(Notification { kind, severity, text, count: Some(count), href, at: at.unwrap_or(now) });
    };
    if seen.failed > 0 {
        let text = format!("{} could not be published", of(seen.failed, "post"));
        let at = figures::failed_at(&app.desk).await?;
        add("failed_publications", "error", seen.failed, text, "/console/posts?state=failed", at);
    }
    if seen.dead > 0 {
        let text = format!("{} gave up and waits for a decision", of(seen.dead, "job"));
        let newest = JobFilter { state: Some(queue::State::Discarded), limit: 1, ..JobFilter::default() };
        let at = app.desk.queue.list(&newest).await?.first().and_then(|job| job.finished_at);
        add("dead_letters", "warning", seen.dead, text, "/console/jobs?state=discarded", at);
    }
    if seen.sources.failing > 0 {
        let text = format!("{} failed at the last poll", of(seen.sources.failing, "source"));
        add("sources", "warning", seen.sources.failing, text, "/console/sources", seen.sources.failing_since);
    }
    if seen.oldest_at.is_some_and(|at| now.since(at) > WAIT_MAX) {
        let text = format!("{} for review, the first one for more than a day", of(seen.waiting, "post"));
        add("review", "warning", seen.waiting, text, "/console/review", seen.oldest_at);
    }
    let reached = money::reached(&app.desk).await?;
    if let Some(first) = reached.iter().find(|budget| budget.is_used_up()).or(reached.first()) {
        let severity = if first.is_used_up() { "error" } else { "warning" };
        let count = reached.len() as u64;
        found.push(Notification {
            kind: "budgets",
            severity,
            text: spent(first, count),
            count: Some(count),
            href: "/console/spending",
            at: now,
        });
    }
    found.sort_by_key(|notification| notification.severity != "error");
    Ok(found)
}

/// A part of the process that does not do well; failing sources are told with their number.
fn of_component(component: &Component) -> Option<Notification> {
    if component.state == State::Ok || component.name == "sources" {
        return None;
    }
    let severity = if component.state == State::Down { "error" } else { "warning" };
    let href = match component.name {
        "store" => "/console/database",
        "queue" => "/console/queues",
        "providers" => "/console/settings",
        _ => "/console/traffic",
    };
    let at = component.checked_at;
    Some(Notification { kind: "health", severity, text: sentence(component), count: None, href, at })
}

/// What is wrong with a part.
pub fn sentence(component: &Component) -> String {
    let state = if component.state == State::Down { "is down" } else { "does not do well" };
    match &component.reason {
        Some(reason) => format!("The {} {state}: {reason}.", component.name),
        None => format!("The {} {state}.", component.name),
    }
}

/// `The month's budget of the provider Near has reached its soft limit, and 2 more: $8.20 of $10.00 are spent.`
fn spent(budget: &money::Budget, count: u64) -> String {
    let place = match budget.place.scope {
        money::Scope::All => "the whole desk".to_owned(),
        money::Scope::Provider => format!("the provider {}", budget.place.name),
        // The others are known by their ids, which are for the page.
        scope => format!("a {}", scope.name()),
    };
    let period = match budget.period {
        money::Period::Ever => "The".to_owned(),
        period => format!("The {}'s", period.name()),
    };
    let what = if budget.is_used_up() { "is used up" } else { "has reached its soft limit" };
    let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
    let limit = budget.hard_micros.or(budget.soft_micros).unwrap_or_default();
    let dollars = |micros: u64| format!("${}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000);
    let (spent, limit) = (dollars(budget.spent_micros), dollars(limit));
    format!("{period} budget of {place} {what}{more}: {spent} of {limit} are spent")
}

fn of(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
