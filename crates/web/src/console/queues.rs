//! Queues: what each may do, what stands in it, how long its jobs take, and who works.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::{IntoResponse, Redirect, Response};
use desk::people::Action;
use queue::{Durability, NodeView, PoolView, Priority, QueueChange, QueueStats, QueueView, State};
use stdx::Timestamp;

use super::failed::Failed;
use super::form::{Fields, Posted};
use super::frame::{self, Frame, Notice};
use super::person::Person;
use super::show::{self, Html};
use crate::App;
use crate::problem::{self, Problem};

/// Kinds whose completion is estimated on one page.
const ESTIMATES_MAX: usize = 30;

/// One priority of one queue, over its kinds.
#[derive(Default)]
struct Lane {
    priority: &'static str,
    running: u64,
    due: u64,
    later: u64,
    pending: u64,
    done: u64,
    dead: u64,
    oldest: String,
}

/// One kind of job in a queue.
struct Kind {
    kind: String,
    href: String,
    priority: &'static str,
    open: String,
    failures: String,
    p50: String,
    p95: String,
    p99: String,
    estimate: String,
}

/// A queue with everything the page says of it.
struct Card {
    name: String,
    paused: bool,
    weight: u32,
    concurrency: String,
    rate: String,
    durability: Durability,
    oldest: String,
    failures: String,
    lanes: Vec<Lane>,
    kinds: Vec<Kind>,
    form: Form,
    /// Its form is shown, since it could not be taken.
    is_open: bool,
}

/// What stands in the fields of a queue's form.
#[derive(Clone, Default)]
struct Form {
    weight: String,
    concurrency: String,
    rate: String,
    durability: String,
}

struct Node {
    number: u16,
    name: String,
    started: Html,
    heard: Html,
    running: u32,
    workers: u32,
    clock: Html,
}

#[derive(Template)]
#[template(path = "console/queues.html")]
struct List {
    frame: Frame,
    notice: Option<Notice>,
    queues: Vec<Card>,
    is_adding: bool,
    new_name: String,
    new_form: Form,
    pools: Vec<PoolView>,
    nodes: Vec<Node>,
}

/// `GET /console/queues`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    draw(&app, &person, &query, None).await
}

/// A form that could not be taken: the queue it was about (`None`: a new one) and why.
struct Wrong {
    queue: Option<String>,
    notice: Notice,
}

async fn draw(app: &App, person: &Person, fields: &Fields, wrong: Option<Wrong>) -> Result<Response, Failed> {
    person.actor.may(Action::Read)?;
    let queue = &app.desk.queue;
    let now = app.desk.now();
    let stats = queue.stats().await?;
    let estimates = estimates(app, &stats, now).await?;
    let at_fault = wrong.as_ref().map(|wrong| wrong.queue.clone());
    let cards = queue.queues().into_iter().map(|view| {
        let is_open = at_fault == Some(Some(view.name.clone()));
        let typed = is_open.then(|| Form::typed(fields));
        card(view, &stats, &estimates, typed)
    });
    let is_adding = at_fault == Some(None);
    let page = List {
        queues: cards.collect(),
        is_adding,
        new_name: if is_adding { fields.get("name").chars().take(64).collect() } else { String::new() },
        new_form: if is_adding { Form::typed(fields) } else { Form::fresh() },
        pools: app.pools(),
        nodes: queue.nodes().await?.into_iter().map(|view| node(view, now)).collect(),
        frame: Frame::new(app, person, "jobs", "Queues", fields).await?,
        notice: wrong.map(|wrong| wrong.notice),
    };
    let status = page.notice.as_ref().map_or(http::StatusCode::OK, |notice| notice.status);
    Ok(frame::page_with(status, &page))
}

/// In how long a new job of each kind would be done.
async fn estimates(app: &App, stats: &[QueueStats], now: Timestamp) -> Result<BTreeMap<String, String>, Failed> {
    let mut estimates = BTreeMap::new();
    // Of a kind that has never run nothing is known.
    for row in stats.iter().filter(|row| row.durations.is_some()) {
        if estimates.len() < ESTIMATES_MAX && !estimates.contains_key(&row.kind) {
            let at = app.desk.queue.estimate(&row.kind).await?;
            estimates.insert(row.kind.clone(), show::lasting(at.since(now).as_secs_f64()));
        }
    }
    Ok(estimates)
}

fn card(view: QueueView, stats: &[QueueStats], estimates: &BTreeMap<String, String>, typed: Option<Form>) -> Card {
    let mut own: Vec<&QueueStats> = stats.iter().filter(|row| row.queue == view.name).collect();
    own.sort_by(|a, b| (a.priority, &a.kind).cmp(&(b.priority, &b.kind)));
    let limit = |n: u32| if n == 0 { "no limit".to_owned() } else { show::thousands(n.into()) };
    Card {
        is_open: typed.is_some(),
        form: typed.unwrap_or_else(|| Form::of(&view)),
        paused: view.paused,
        weight: view.weight,
        concurrency: limit(view.concurrency),
        rate: limit(view.rate),
        durability: view.durability,
        oldest: age(own.iter().filter_map(|row| row.oldest_s)),
        failures: show::thousands(own.iter().map(|row| row.failures).sum()),
        lanes: lanes(&own),
        kinds: own.iter().map(|row| kind(row, estimates)).collect(),
        name: view.name,
    }
}

fn age(of: impl Iterator<Item = f64>) -> String {
    of.reduce(f64::max).map_or("–".to_owned(), show::lasting)
}

fn lanes(own: &[&QueueStats]) -> Vec<Lane> {
    let of = |priority: Priority| {
        let rows = || own.iter().filter(move |row| row.priority == priority);
        let sum = |states: &[State]| rows().map(|row| states.iter().map(|s| row.counts.get(*s)).sum::<u64>()).sum();
        rows().next().map(|_| Lane {
            priority: priority.name(),
            running: sum(&[State::Running]),
            due: sum(&[State::Available]),
            later: sum(&[State::Scheduled, State::Retryable]),
            pending: sum(&[State::Pending]),
            done: sum(&[State::Completed]),
            dead: sum(&[State::Discarded]),
            oldest: age(rows().filter_map(|row| row.oldest_s)),
        })
    };
    Priority::ALL.into_iter().filter_map(of).collect()
}

fn kind(row: &QueueStats, estimates: &BTreeMap<String, String>) -> Kind {
    let ended = [State::Completed, State::Cancelled, State::Discarded];
    let open = row.counts.0.iter().filter(|(state, _)| !ended.contains(state)).map(|(_, n)| n).sum();
    let time = |of: fn(&queue::DurationView) -> f64| {
        row.durations.as_ref().map_or("–".to_owned(), |durations| show::lasting(of(durations)))
    };
    Kind {
        href: format!(
            "/console/jobs?state=&kind={}&queue={}&priority={}",
            show::encode(&row.kind),
            show::encode(&row.queue),
            row.priority
        ),
        kind: row.kind.clone(),
        priority: row.priority.name(),
        open: show::thousands(open),
        failures: show::thousands(row.failures),
        p50: time(|durations| durations.p50_s),
        p95: time(|durations| durations.p95_s),
        p99: time(|durations| durations.p99_s),
        estimate: estimates.get(&row.kind).cloned().unwrap_or_else(|| "–".to_owned()),
    }
}

fn node(view: NodeView, now: Timestamp) -> Node {
    let skew_s = view.info.skew_us as f64 / 1e6;
    // Beyond two seconds a process neither leads nor takes jobs back.
    let clock = match skew_s.abs() {
        s if s < 0.001 => show::badge("●", "ok", "right"),
        s if s < 2.0 => show::badge("●", "ok", &format!("off by {}", show::lasting(s))),
        s => show::badge("!", "bad", &format!("wrong by {}", show::lasting(s))),
    };
    Node {
        number: view.number,
        name: view.name,
        started: show::when(view.started_at, now),
        heard: show::when(view.heartbeat_at, now),
        running: view.info.running,
        workers: view.info.workers,
        clock,
    }
}

impl Form {
    fn of(view: &QueueView) -> Form {
        Form {
            weight: view.weight.to_string(),
            concurrency: view.concurrency.to_string(),
            rate: view.rate.to_string(),
            durability: view.durability.name().to_owned(),
        }
    }

    /// Of a queue that is to be made.
    fn fresh() -> Form {
        let text = str::to_owned;
        Form { weight: text("1"), concurrency: text("0"), rate: text("0"), durability: text("durable") }
    }

    fn typed(fields: &Fields) -> Form {
        let text = |name: &str| fields.get(name).chars().take(20).collect::<String>();
        Form {
            weight: text("weight"),
            concurrency: text("concurrency"),
            rate: text("rate"),
            durability: text("durability"),
        }
    }

    /// # Errors
    /// 422 for what is no number.
    fn change(&self) -> Result<QueueChange, Problem> {
        let number = |name: &str, text: &str| match text.trim() {
            "" => Ok(None),
            text => text
                .parse::<u32>()
                .map(Some)
                .map_err(|_| Problem::new(&problem::INVALID, format!("{name}: {text} is no whole number from 0"))),
        };
        Ok(QueueChange {
            weight: number("weight", &self.weight)?,
            concurrency: number("at once", &self.concurrency)?,
            rate: number("starts in a minute", &self.rate)?,
            durability: match self.durability.as_str() {
                "durable" => Some(Durability::Durable),
                "relaxed" => Some(Durability::Relaxed),
                _ => None,
            },
            paused: None,
        })
    }
}

/// `POST /console/queues`: makes a queue.
pub async fn create(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let name = fields.get("name").trim();
    let exists = app.desk.queue.queues().iter().any(|queue| queue.name == name);
    let made = if exists {
        Err(Failed::from(Problem::new(&problem::EXISTS, format!("there is a queue {name} already"))))
    } else {
        configure(&app, name, &fields).await
    };
    answer(&app, &person, &fields, None, made).await
}

/// `POST /console/queues/{name}`: changes its settings.
pub async fn change(
    FromState(app): FromState<App>,
    Path(name): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    known(&app, &name)?;
    let changed = configure(&app, &name, &fields).await;
    answer(&app, &person, &fields, Some(name), changed).await
}

/// `POST /console/queues/{name}/state`: pauses it, or lets it go on.
pub async fn set_state(
    FromState(app): FromState<App>,
    Path(name): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    known(&app, &name)?;
    let paused = fields.get("paused") == "yes";
    let change = QueueChange { paused: Some(paused), ..QueueChange::default() };
    app.desk.queue.configure(&name, &change).await?;
    let said = if paused { "queue-paused" } else { "queue-resumed" };
    Ok(Redirect::to(&format!("/console/queues?said={said}#queue-{}", show::encode(&name))).into_response())
}

fn known(app: &App, name: &str) -> Result<(), Problem> {
    let shown: String = name.chars().take(64).collect();
    let exists = app.desk.queue.queues().iter().any(|queue| queue.name == name);
    exists.then_some(()).ok_or_else(|| Problem::new(&problem::NOT_FOUND, format!("there is no queue {shown}")))
}

async fn configure(app: &App, name: &str, fields: &Fields) -> Result<(), Failed> {
    let change = Form::typed(fields).change()?;
    Ok(app.desk.queue.configure(name, &change).await?)
}

/// Back to the list; or the form with what was typed and what is wrong with it.
async fn answer(
    app: &App,
    person: &Person,
    fields: &Fields,
    queue: Option<String>,
    outcome: Result<(), Failed>,
) -> Result<Response, Failed> {
    match outcome {
        Ok(()) => {
            let name = queue.as_deref().unwrap_or_else(|| fields.get("name").trim());
            Ok(Redirect::to(&format!("/console/queues?said=queue#queue-{}", show::encode(name))).into_response())
        }
        Err(failed) if failed.status().is_server_error() => Err(failed),
        Err(failed) => {
            let notice = Notice::new(&failed);
            draw(app, person, fields, Some(Wrong { queue, notice })).await
        }
    }
}
