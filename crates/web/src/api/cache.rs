//! `/cache`: what is kept, what a purge touches, purges and warming.

use axum::extract::State;
use axum::response::Response;
use connect::cdn::What;
use desk::people::Action;
use desk::remote::TAG_SITE;
use serde::{Deserialize, Serialize};
use serde_json::json as plain;
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, Time, request, view};
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::{Asked, json};
use crate::{App, warm};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stats)).routes(routes!(entry)).routes(routes!(purge)).routes(routes!(warm_up))
}

view! {
    /// The cache of the process that answers; counts are since its start.
    CacheStats of cache::Stats {
        entries: u64,
        entries_max: u64,
        bytes: u64,
        bytes_max: u64,
        hits: u64,
        misses: u64,
        /// 0 to 1; `null` before the first question.
        hit_ratio: Option<f64>,
        /// Tags and keys whose last invalidation is remembered one by one.
        tags: u64,
        /// Patterns whose last invalidation is remembered one by one.
        patterns: u64,
        /// Purges of other processes may have been missed; nothing is fresh until the log has been read again.
        behind: bool,
        /// Purges of this process that are not in the log yet.
        purges_waiting: u64,
        /// The memory first; tiers that are not set up are left out.
        tiers: Vec<cache::TierStats> as Vec<CacheTier>,
        spaces: Vec<cache::SpaceStats> as Vec<CacheSpace>,
        /// The most asked for, by sampling.
        top_keys: Vec<cache::Counted> as Vec<CountedKey>,
        /// The most asked for in vain.
        top_missed: Vec<cache::Counted> as Vec<CountedKey>,
        prefetch: cache::PrefetchStats as CachePrefetch,
    }
}

view! {
    /// Where values are kept.
    CacheTier of cache::TierStats {
        /// `memory`, `remote` or `disk`.
        name: &'static str as String,
        /// 0 where nobody counts them.
        entries: u64,
        bytes: u64,
        hits: u64,
        misses: u64,
        errors: u64,
        writes: u64,
        /// Writes that were given up since too many waited.
        dropped: u64,
        /// Seconds until an answer; `null` before the first.
        p50_s: Option<f64>,
        p99_s: Option<f64>,
        /// 0 to 1; `null` before the first question.
        hit_ratio: Option<f64>,
    }
}

view! {
    /// One space of the cache.
    CacheSpace of cache::SpaceStats {
        name: &'static str as String,
        ttl_seconds: u64,
        entries: u64,
        bytes: u64,
        hits: u64,
        misses: u64,
        /// Loaders that were run, successful or not.
        loads: u64,
        load_errors: u64,
        evictions: u64,
        /// Values served after their time.
        stale_served: u64,
        early_refreshes: u64,
        /// Callers who shared the load of another.
        stampedes_avoided: u64,
        /// Callers who did not wait for the end of a load.
        timeouts: u64,
        /// 0 to 1; `null` before the first question.
        hit_ratio: Option<f64>,
    }
}

view! {
    /// A key and about how often it was asked for.
    CountedKey of cache::Counted {
        space: &'static str as String,
        key: String,
        count: u64,
        /// `count` is at most so much too high, apart from the sampling.
        over: u64,
    }
}

view! {
    /// What is loaded ahead of a wish, as it was learned from what is read together.
    CachePrefetch of cache::PrefetchStats {
        /// Keys whose successors are known.
        keys: u64,
        loaded: u64,
        /// Of those, how many somebody wished for then.
        used: u64,
        /// 0 to 1; `null` before there are enough.
        precision: Option<f64>,
        /// Too few were of use: hardly anything is loaded ahead.
        paused: bool,
    }
}

view! {
    /// What is kept in memory under a key.
    CacheEntry of cache::Inspected {
        space: &'static str as String,
        key: String,
        /// `fresh`, `stale` or `grace`.
        phase: cache::Phase as String,
        bytes: u64,
        stored_at: Timestamp as Time,
        fresh_until: Timestamp as Time,
        /// Until then it is served while a newer one is made.
        stale_until: Timestamp as Time,
        /// Until then it is served if no newer one can be made.
        grace_until: Timestamp as Time,
        /// How many tags it has.
        tags: usize,
        /// A failure is kept, not a value.
        failed: bool,
    }
}

/// Where to look.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Place {
    /// Such as `site`.
    space: String,
    key: String,
}

request! {
    /// What to forget: one of `key` (with `space`), `tag`, `pattern` and `all`.
    CachePurge {
        space: Option<String>,
        key: Option<String>,
        tag: Option<String>,
        /// `space:glob`, where `*` is any run of characters; every space without a `:`.
        pattern: Option<String>,
        #[serde(default)]
        all: bool,
        /// What is meant may be served while a newer one is made.
        #[serde(default)]
        soft: bool,
        /// Tell the caches in front of the site too, at once and whatever their budgets: for `tag` and `all`.
        #[serde(default)]
        remote: bool,
        /// Only tell what would be touched.
        #[serde(default)]
        dry_run: bool,
    }
}

/// What a purge touched, in the memory of the process that answered; it takes effect in all processes and tiers.
#[derive(Serialize, ToSchema)]
struct CachePurged {
    dry_run: bool,
    entries: u64,
    /// Some of them.
    sample: Vec<CacheKey>,
    /// What the caches in front of the site said, if they were to be told.
    remote: Vec<RemotePurged>,
}

#[derive(Serialize, ToSchema)]
struct RemotePurged {
    /// The target's name in the configuration.
    name: String,
    /// Why it is not known to be done; `null` when it is.
    error: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CacheKey {
    #[schema(value_type = String)]
    space: &'static str,
    key: String,
}

request! {
    /// A request that says nothing.
    WarmUp {}
}

/// Keys of a sample at most.
const SAMPLE: usize = 100;
/// Bytes of a tag, key or pattern at most.
const NAME_BYTES_MAX: usize = 2_048;

/// What is to be forgotten.
enum Aim {
    Key(String, String),
    Tag(String),
    Pattern(String),
    All,
}

/// Shows what the cache holds and how often it helped.
#[utoipa::path(get, path = "/cache/stats", tag = "cache", responses((status = 200, body = CacheStats)))]
async fn stats(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&CacheStats::from(app.desk.cache.stats())))
}

/// Shows what the process that answers keeps in memory under a key; 404 when that is nothing that would be served.
#[utoipa::path(get, path = "/cache/entries", tag = "cache", params(Place), responses((status = 200, body = CacheEntry)))]
async fn entry(caller: Caller, State(app): State<App>, Asking(place): Asking<Place>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    let kept = app.desk.cache.inspect(&place.space, &place.key);
    let nothing = || Problem::new(&problem::NOT_FOUND, "nothing is kept in memory under this key");
    Ok(json(&CacheEntry::from(kept.ok_or_else(nothing)?)))
}

/// Forgets what is kept, in every process and tier, before it answers; or tells what that would touch.
#[utoipa::path(post, path = "/cache/purge", tag = "cache", request_body = CachePurge, responses((status = 200, body = CachePurged)))]
async fn purge(State(app): State<App>, Asked(caller, asked): Asked<CachePurge>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    let (soft, dry_run, is_remote) = (asked.soft, asked.dry_run, asked.remote);
    let aim = asked.aim()?;
    let cache = &app.desk.cache;
    let (entries, sample) = match &aim {
        Aim::Key(space, key) => {
            let kept: Vec<_> = cache.inspect(space, key).map(|kept| (kept.space, kept.key)).into_iter().collect();
            (kept.len() as u64, kept)
        }
        Aim::Tag(tag) => cache.touched(tag, SAMPLE),
        Aim::Pattern(pattern) => cache.touched_by_pattern(pattern, SAMPLE),
        Aim::All => cache.touched_by_pattern("*", SAMPLE),
    };
    if !dry_run {
        match (&aim, soft) {
            (Aim::Key(space, key), false) => cache.invalidate_key(space, key),
            (Aim::Key(space, key), true) => cache.soft_invalidate_key(space, key),
            (Aim::Tag(tag), false) => cache.invalidate_tag(tag),
            (Aim::Tag(tag), true) => cache.soft_invalidate_tag(tag),
            (Aim::Pattern(pattern), false) => cache.invalidate_pattern(pattern),
            (Aim::Pattern(pattern), true) => cache.soft_invalidate_pattern(pattern),
            (Aim::All, false) => cache.invalidate_all(),
            (Aim::All, true) => cache.soft_invalidate_pattern("*"),
        }
        tracing::info!(actor = %caller.actor.principal, cache.entries = entries, soft, "the cache was purged by hand");
        app.warm_due.notify_one();
    }
    let remote = if is_remote && !dry_run { tell(&app, &aim, soft).await } else { Vec::new() };
    let sample = sample.into_iter().map(|(space, key)| CacheKey { space, key }).collect();
    Ok(json(&CachePurged { dry_run, entries, sample, remote }))
}

/// Has the caches in front of the site forget the same.
async fn tell(app: &App, aim: &Aim, soft: bool) -> Vec<RemotePurged> {
    let what = match aim {
        Aim::Tag(tag) => What::Tags(vec![tag.clone()]),
        Aim::All => What::Tags(vec![TAG_SITE.to_owned()]),
        Aim::Key(..) | Aim::Pattern(_) => return Vec::new(),
    };
    let Some(fan) = app.remote() else { return Vec::new() };
    let told = fan.command(&connect::cdn::Purge { what, soft }).await;
    told.into_iter().map(|(name, told)| RemotePurged { name, error: told.err().map(|e| problem::chain(&e)) }).collect()
}

impl CachePurge {
    fn aim(self) -> Result<Aim, Problem> {
        let named = [self.key.is_some(), self.tag.is_some(), self.pattern.is_some(), self.all];
        let invalid = |pointer: &str, detail: &str| {
            let errors = plain!([{ "pointer": pointer, "detail": detail }]);
            Problem::new(&problem::INVALID, detail.to_owned()).with("errors", errors)
        };
        if named.iter().filter(|named| **named).count() != 1 {
            return Err(invalid("", "must name exactly one of key, tag, pattern and all"));
        }
        if self.remote && (self.key.is_some() || self.pattern.is_some()) {
            return Err(invalid(
                "/remote",
                "goes with a tag or all: other caches know no keys and patterns of this one",
            ));
        }
        if self.space.is_some() != self.key.is_some() {
            return Err(invalid("/space", "belongs to a key, and a key to a space"));
        }
        let names = [("/space", &self.space), ("/key", &self.key), ("/tag", &self.tag), ("/pattern", &self.pattern)];
        for (pointer, name) in names {
            if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > NAME_BYTES_MAX) {
                return Err(invalid(pointer, "must have 1 to 2048 bytes"));
            }
        }
        Ok(match (self.space.zip(self.key), self.tag, self.pattern) {
            (Some((space, key)), ..) => Aim::Key(space, key),
            (_, Some(tag), _) => Aim::Tag(tag),
            (.., Some(pattern)) => Aim::Pattern(pattern),
            _ => Aim::All,
        })
    }
}

view! {
    /// What was made before anybody asked for it.
    CacheWarmed of warm::Warmed {
        /// Pages that were looked at.
        pages: usize,
        /// Pages that are kept now.
        fresh: usize,
    }
}

/// Makes the site's most read and newest pages in the process that answers, within the limits of `[cache] warm_*`.
#[utoipa::path(post, path = "/cache/warm", tag = "cache", request_body = WarmUp, responses((status = 200, body = CacheWarmed)))]
async fn warm_up(State(app): State<App>, Asked(caller, _): Asked<WarmUp>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    Ok(json(&CacheWarmed::from(warm::warm(&app).await)))
}
