//! What the desk keeps in the cache: for how long at most, and under which tags it goes with the event that changes it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, Space};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::posts::list::Total;
use crate::posts::{Post, VersionView};
use crate::{Error, PostId, SourceId};

/// Everything that shows posts: each event of a post takes it away.
pub const POSTS: &str = "posts";
/// Everything that shows sources.
pub const SOURCES: &str = "sources";
/// Everything that shows what people are called.
pub const PEOPLE: &str = "people";
/// Everything that shows pipelines' rules.
pub const PIPELINES: &str = "pipelines";

const HOUR: Duration = Duration::from_secs(3_600);
const HALF_HOUR: Duration = Duration::from_secs(1_800);
const DAY: Duration = Duration::from_secs(86_400);

/// The desk's spaces.
pub(crate) struct Kept {
    /// `POST/VERSION`; a version never changes.
    pub versions: Space<Arc<VersionView>>,
    /// By post, under the post's tag.
    pub version_lists: Space<Arc<Vec<VersionView>>>,
    /// By filter.
    pub lists: Space<Arc<Vec<Post>>>,
    pub totals: Space<Total>,
    /// `state`.
    pub counts: Space<Arc<BTreeMap<String, u64>>>,
    /// By source: its last reading that went well.
    pub fetched: Space<Fetched>,
    /// Where an address leads whose host only leads elsewhere.
    pub links: Space<Arc<str>>,
    /// By provider, model and the hash of what was asked.
    pub generated: Space<Arc<Generated>>,
    /// Statistics, as JSON, by name and parameters.
    pub reports: Space<Arc<str>>,
}

/// What a source brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fetched {
    pub at: Timestamp,
    pub new_items: u32,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Generated {
    pub model: String,
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
}

impl Kept {
    pub fn new(cache: &Cache) -> Kept {
        let settings = cache.settings();
        let report_ttl = Duration::from_secs(settings.report_ttl_s);
        let post = |post: &Post| 700 + post.title.len() + post.excerpt.len();
        let version = |text: &VersionView| 400 + text.body.len() + text.sources.len() * 200 + 4_000;
        let text = |made: &Arc<Generated>| made.title.len() + made.excerpt.len() + made.body.len() + 100;
        Kept {
            versions: cache
                .define("post versions")
                .ttl(HOUR)
                .weigh(move |text: &Arc<VersionView>| version(text))
                .shared_as(1, encode, decode)
                .open(),
            version_lists: cache
                .define("post version lists")
                .ttl(HOUR)
                .weigh(move |all: &Arc<Vec<VersionView>>| all.iter().map(version).sum())
                .open(),
            lists: cache
                .define("post lists")
                .ttl(HALF_HOUR)
                .weigh(move |all: &Arc<Vec<Post>>| all.iter().map(post).sum())
                .open(),
            totals: cache.define("post totals").ttl(HALF_HOUR).open(),
            counts: cache.define("post counts").ttl(HALF_HOUR).weigh(|_| 600).open(),
            fetched: cache.define("source fetches").ttl(DAY).shared(1).open(),
            links: cache
                .define("links")
                .ttl(30 * DAY)
                .weigh(|to: &Arc<str>| to.len())
                .shared_as(1, |to| Some(to.as_bytes().to_vec()), |bytes| Some(std::str::from_utf8(bytes).ok()?.into()))
                .open(),
            generated: cache.define("generations").ttl(DAY).weigh(text).shared_as(1, encode, decode).open(),
            reports: cache
                .define("reports")
                .ttl(report_ttl)
                .quota(settings.query_size.bytes())
                .weigh(|text: &Arc<str>| text.len())
                .shared_as(
                    1,
                    |text| Some(text.as_bytes().to_vec()),
                    |bytes| Some(std::str::from_utf8(bytes).ok()?.into()),
                )
                .open(),
        }
    }
}

/// Cache tag of what shows one post in full.
pub fn of_post(id: PostId) -> String {
    format!("post:{id}")
}

/// Cache tag of what shows one source.
pub fn of_source(id: SourceId) -> String {
    format!("source:{id}")
}

/// Cache tag of what one provider has answered.
pub fn of_provider(name: &str) -> String {
    format!("provider:{name}")
}

/// What is kept under `key`, or what `read` reads. A failure that is shared with others who wait is told by reading
/// once more.
///
/// # Errors
/// Those of `read`.
pub(crate) async fn kept<V, F, Fut>(space: &Space<V>, key: &str, tags: &[&str], read: F) -> Result<V, Error>
where
    V: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<V, Error>> + Send + 'static,
{
    let load = read.clone();
    match space.get_or_load(key, tags, load).await {
        Ok(value) => Ok(value),
        Err(_) => read().await,
    }
}

/// A report that is kept, or made by `make`.
///
/// # Errors
/// Those of `make`.
pub(crate) async fn report<T, F, Fut>(space: &Space<Arc<str>>, key: &str, tags: &[&str], make: F) -> Result<T, Error>
where
    T: Serialize + DeserializeOwned,
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let load = make.clone();
    let write = move || {
        let made = load();
        async move { Ok(Arc::from(serde_json::to_string(&made.await?).expect("a report is plain data"))) }
    };
    let text: Arc<str> = kept(space, key, tags, write).await?;
    // What another release has written, and does not say the same, is made anew.
    match serde_json::from_str(&text) {
        Ok(report) => Ok(report),
        Err(_) => make().await,
    }
}

fn encode<T: Serialize>(value: &Arc<T>) -> Option<Vec<u8>> {
    serde_json::to_vec(&**value).ok()
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<Arc<T>> {
    serde_json::from_slice(bytes).ok().map(Arc::new)
}
