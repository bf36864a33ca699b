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
    /// Comma-separated: `posts`, `sources`, `jobs`, `counts`. Without it: posts, sources and counts,
    /// and jobs when some are named.
    topics: Option<String>,
    /// Ids of the jobs to be told about one by one, comma-separated.
    jobs: Option<String>,
    /// Kinds of the jobs to be told about one by one, comma-separated.
    kinds: Option<String>,
    /// Where the client stood before; for those who cannot send `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// A client's wishes, checked.
#[derive(Clone, Debug)]
pub struct Wish {
    topics: Vec<Topic>,
    jobs: Vec<JobId>,
    kinds: Vec<String>,
    pub last: Option<String>,
}

impl FromRequestParts<App> for Wish {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let asked = Query::<Asked>::try_from_uri(&parts.uri)
            .map_err(|error| Problem::new(&problem::MALFORMED, error.body_text()))?;
        let header = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Wish::read(asked.0, header)
    }
}

impl Wish {
    fn read(asked: Asked, header: Option<String>) -> Result<Wish, Problem> {
        let wrong = |name: &str, detail: String| Problem::new(&problem::MALFORMED, format!("{name}: {detail}"));
        let jobs = names(asked.jobs.as_deref(), "jobs")?;
        let jobs = jobs
            .map(|id| id.parse().map_err(|_| wrong("jobs", format!("{id} is no id"))))
            .collect::<Result<Vec<JobId>, _>>()?;
        let kinds: Vec<String> = names(asked.kinds.as_deref(), "kinds")?.map(str::to_owned).collect();
        let mut topics = Vec::new();
        for name in names(asked.topics.as_deref(), "topics")? {
            let topic = Topic::ALL.into_iter().find(|topic| topic.name() == name);
            topics.push(
                topic.ok_or_else(|| wrong("topics", format!("{name} is none of posts, sources, jobs and counts")))?,
            );
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
        Ok(Wish { topics, jobs, kinds, last: header.or(asked.last_event_id) })
    }

    pub fn wants(&self, message: &Message) -> bool {
        let named = |(id, kind): &(JobId, String)| self.jobs.contains(id) || self.kinds.contains(kind);
        self.topics.contains(&message.topic) && message.job.as_ref().is_none_or(named)
    }

    pub fn wants_jobs(&self) -> bool {
        self.topics.contains(&Topic::Jobs)
    }

    pub fn wants_counts(&self) -> bool {
        self.topics.contains(&Topic::Counts)
    }
}

fn names<'a>(list: Option<&'a str>, name: &str) -> Result<impl Iterator<Item = &'a str>, Problem> {
    let all = || list.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    if all().nth(NAMES_MAX).is_some() {
        return Err(Problem::new(&problem::MALFORMED, format!("{name}: names more than {NAMES_MAX}")));
    }
    Ok(all())
}
