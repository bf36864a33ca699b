//! What a client wants to be told.

use axum::extract::FromRequestParts;
use axum::extract::Query;
use http::request::Parts;
use queue::JobId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ring::{Message, Topic};
use crate::App;
use crate::problem::{self, Problem};

/// Jobs and kinds that one client may name.
const NAMES_MAX: usize = 100;

/// What the query says.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Comma-separated: `posts`, `sources`, `jobs`, `counts`, `traffic`. Without it: posts, sources and counts,
    /// and jobs when some are named.
    topics: Option<String>,
    /// Ids of the jobs to be told about one by one, comma-separated.
    jobs: Option<String>,
    /// Kinds of the jobs to be told about one by one, comma-separated.
    kinds: Option<String>,
    /// Where the client stood before: the id of the last message it has; for those who cannot send `Last-Event-ID`.
    since: Option<String>,
    /// The same as `since`.
    last_event_id: Option<String>,
}

/// A client's wishes, checked.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    topics: Vec<Topic>,
    pub jobs: Vec<JobId>,
    pub kinds: Vec<String>,
    pub last: Option<String>,
}

impl FromRequestParts<App> for Wish {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let asked = Query::<Asked>::try_from_uri(&parts.uri)
            .map_err(|error| Problem::new(&problem::MALFORMED, error.body_text()))?;
        let header = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Wish::read(asked.0, header).map_err(|detail| Problem::new(&problem::MALFORMED, detail))
    }
}

impl Wish {
    fn read(asked: Asked, header: Option<String>) -> Result<Wish, String> {
        let jobs = names(asked.jobs.as_deref(), "jobs")?.map(job).collect::<Result<Vec<JobId>, _>>()?;
        let kinds: Vec<String> = names(asked.kinds.as_deref(), "kinds")?.map(str::to_owned).collect();
        let mut topics = Vec::new();
        for name in names(asked.topics.as_deref(), "topics")? {
            topics.push(topic(name)?);
        }
        let names_jobs = !jobs.is_empty() || !kinds.is_empty();
        if topics.is_empty() {
            topics.extend([Topic::Posts, Topic::Sources, Topic::Counts]);
            topics.extend(names_jobs.then_some(Topic::Jobs));
        }
        // Of all jobs together there are counts only.
        if !names_jobs && topics.contains(&Topic::Jobs) {
            topics.push(Topic::Counts);
        }
        Ok(Wish { topics, jobs, kinds, last: header.or(asked.since).or(asked.last_event_id) })
    }

    #[cfg(test)]
    pub fn of(query: &str) -> Wish {
        let uri = format!("/?{query}").parse().unwrap();
        Wish::read(Query::try_from_uri(&uri).unwrap().0, None).unwrap()
    }

    pub fn wants(&self, message: &Message) -> bool {
        let named = |(id, kind): &(JobId, String)| self.jobs.contains(id) || self.kinds.contains(kind);
        // That jobs were missed concerns those who named some.
        let of_jobs = message.job.as_ref().map_or(self.names_jobs() || message.topic != Topic::Jobs, named);
        self.topics.contains(&message.topic) && of_jobs
    }

    pub fn names_jobs(&self) -> bool {
        self.topics.contains(&Topic::Jobs) && !(self.jobs.is_empty() && self.kinds.is_empty())
    }

    pub fn topics(&self) -> Vec<&'static str> {
        self.topics.iter().map(|topic| topic.name()).collect()
    }

    pub fn wants_traffic(&self) -> bool {
        self.topics.contains(&Topic::Traffic)
    }

    pub fn wants_counts(&self) -> bool {
        self.topics.contains(&Topic::Counts)
    }

    /// What a client names besides.
    pub fn more(&self, change: &Change) -> Result<Wish, String> {
        let mut wish = self.clone();
        for id in &change.jobs {
            let id = job(id)?;
            if !wish.jobs.contains(&id) {
                wish.jobs.push(id);
            }
        }
        for kind in &change.kinds {
            if !wish.kinds.contains(kind) {
                wish.kinds.push(kind.clone());
            }
        }
        if wish.jobs.len() > NAMES_MAX || wish.kinds.len() > NAMES_MAX {
            return Err(format!("a connection names at most {NAMES_MAX} jobs and as many kinds"));
        }
        let names_jobs = !(change.jobs.is_empty() && change.kinds.is_empty());
        for topic in change.topics.iter().map(|name| topic(name)).chain(names_jobs.then_some(Ok(Topic::Jobs))) {
            let topic = topic?;
            if !wish.topics.contains(&topic) {
                wish.topics.push(topic);
            }
        }
        Ok(wish)
    }

    /// Without these jobs, kinds and topics.
    pub fn less(&self, change: &Change) -> Wish {
        let mut wish = self.clone();
        wish.jobs.retain(|job| !change.jobs.contains(&job.to_string()));
        wish.kinds.retain(|kind| !change.kinds.contains(kind));
        wish.topics.retain(|topic| !change.topics.iter().any(|name| name == topic.name()));
        wish
    }
}

/// What a client of a WebSocket says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    Subscribe(Change),
    Unsubscribe(Change),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub topics: Vec<String>,
    pub jobs: Vec<String>,
    pub kinds: Vec<String>,
}

fn topic(name: &str) -> Result<Topic, String> {
    let topic = Topic::ALL.into_iter().find(|topic| topic.name() == name);
    topic.ok_or_else(|| format!("topics: {name} is none of posts, sources, jobs, counts and traffic"))
}

fn job(id: &str) -> Result<JobId, String> {
    id.parse().map_err(|_| format!("jobs: {id} is no id"))
}

fn names<'a>(list: Option<&'a str>, name: &str) -> Result<impl Iterator<Item = &'a str>, String> {
    let all = || list.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    if all().nth(NAMES_MAX).is_some() {
        return Err(format!("{name}: names more than {NAMES_MAX}"));
    }
    Ok(all())
}
