//! Every job's payload, so that an early module can enqueue work that a late one does.
//! The handler of each lives in the last module it touches; [`handlers`] ties them together.

use std::time::Duration;

use queue::{Handlers, Job, Priority, Unique, Work};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Desk, Error, PipelineId, PostId, SourceId, StoryId, Version, channels, drafts, items, moderation, posts, stories,
};

/// What each source had before the sweep; those that are still in a queue end, see [`items::poll`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PollSource {
    pub source: SourceId,
}

impl Job for PollSource {
    const KIND: &'static str = "poll_source";
    const ATTEMPTS_MAX: u32 = 1_000;
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));

    fn unique_key(&self) -> Option<String> {
        Some(self.source.to_string())
    }
}

/// Fetches sources once, on somebody's demand; see [`items::fetch`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FetchSources {
    pub sources: Vec<SourceId>,
    /// A reading of a source that is no older, in seconds, does as well; 0: none does.
    #[serde(default)]
    pub age_max_s: u32,
}

impl Job for FetchSources {
    const KIND: &'static str = "fetch_sources";
    const PRIORITY: Priority = Priority::High;
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(600));
}

/// Groups new items into stories; see [`stories::assign`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AssignStories {}

impl Job for AssignStories {
    const KIND: &'static str = "assign_stories";
    const PRIORITY: Priority = Priority::High;
    const ATTEMPTS_MAX: u32 = 1_000;
    // What comes in while one runs is for the next one, which waits until that has ended.
    const UNIQUE: Unique = Unique::UntilStarted;

    fn unique_key(&self) -> Option<String> {
        Some(String::new())
    }

    fn group_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Drafts a story, or drafts it anew with what has joined it; see [`drafts::draft_story`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DraftStory {
    pub story: StoryId,
}

impl Job for DraftStory {
    const KIND: &'static str = "draft_story";
    const ATTEMPTS_MAX: u32 = 5;
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(600));

    fn unique_key(&self) -> Option<String> {
        Some(self.story.to_string())
    }
}

/// Generates several posts; see [`drafts::generate_batch`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GenerateBatch {
    pub pipeline: Option<PipelineId>,
    pub entries: Vec<drafts::Request>,
    pub actor: crate::people::Actor,
}

impl Job for GenerateBatch {
    const KIND: &'static str = "generate_batch";
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(3_600));
}

/// Brings an approved version to its channels; see [`channels::publish`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PublishPost {
    pub post: PostId,
    pub version: Version,
    /// The approval's own date: one that was taken back and given again has another. `None`: at once.
    #[serde(default)]
    pub due_at: Option<stdx::Timestamp>,
}

impl Job for PublishPost {
    const KIND: &'static str = "publish_post";
    const PRIORITY: Priority = Priority::High;
    const ATTEMPTS_MAX: u32 = 8;
}

/// One decision on many posts; see [`moderation::bulk`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BulkDecision {
    pub deed: moderation::bulk::Deed,
    /// In their order; empty when there is a filter.
    pub ids: Vec<PostId>,
    pub filter: Option<posts::Filter>,
    pub reason: String,
    pub actor: crate::people::Actor,
    pub asked_at: stdx::Timestamp,
}

impl Job for BulkDecision {
    const KIND: &'static str = "bulk_decision";
    const PRIORITY: Priority = Priority::High;
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(3_600));
}

/// What to do for each kind of job.
pub fn handlers(desk: &Desk) -> Handlers {
    let d = || desk.clone();
    let (poll, fetch, assign, draft, batch, publish, bulk) = (d(), d(), d(), d(), d(), d(), d());
    Handlers::default()
        .on(move |ctx, job: PollSource| items::poll(poll.clone(), ctx, job))
        .on(move |ctx, job: FetchSources| items::fetch(fetch.clone(), ctx, job))
        .on(move |ctx, job: AssignStories| stories::assign(assign.clone(), ctx, job))
        .on(move |ctx, job: DraftStory| drafts::draft_story(draft.clone(), ctx, job))
        .on(move |ctx, job: GenerateBatch| drafts::generate_batch(batch.clone(), ctx, job))
        .on(move |ctx, job: PublishPost| channels::publish(publish.clone(), ctx, job))
        .on(move |ctx, job: BulkDecision| moderation::bulk::run(bulk.clone(), ctx, job))
}

/// Kinds that a person may put on a schedule: they need nothing but their parameters, and do no harm when
/// they run twice.
pub const SCHEDULED: &[&str] = &[FetchSources::KIND, AssignStories::KIND];

/// Sources of one job that a schedule fetches.
const SOURCES_MAX: usize = 1_000;

/// The work of a schedule.
///
/// # Errors
/// [`Error::Invalid`] if `kind` is not one of [`SCHEDULED`] or `parameters` are not those of its jobs.
pub fn scheduled(kind: &str, parameters: Json) -> Result<Work, Error> {
    match kind {
        FetchSources::KIND => {
            let job: FetchSources = exactly(parameters)?;
            if !(1..=SOURCES_MAX).contains(&job.sources.len()) {
                return Err(Error::invalid("/parameters/sources", format!("must name 1 to {SOURCES_MAX} sources")));
            }
            Ok(Work::of(&job)?)
        }
        AssignStories::KIND => Ok(Work::of(&exactly::<AssignStories>(parameters)?)?),
        _ => Err(Error::invalid("/kind", format!("must be one of {}", SCHEDULED.join(", ")))),
    }
}

/// The job that `parameters` stand for, if they hold nothing else; what has a default may be left out.
fn exactly<J: Job>(parameters: Json) -> Result<J, Error> {
    let job: J =
        serde_json::from_value(parameters.clone()).map_err(|error| Error::invalid("/parameters", error.to_string()))?;
    let written = serde_json::to_value(&job).unwrap_or_default();
    match parameters.as_object() {
        Some(asked) if asked.iter().all(|(name, value)| written.get(name) == Some(value)) => Ok(job),
        _ => Err(Error::invalid(
            "/parameters",
            format!("must hold what jobs of kind {} know, and nothing else", J::KIND),
        )),
    }
}
