//! Sources fetched on somebody's demand: many at a time, by the same visits that the clock makes.

use std::time::{Duration, Instant};

use connect::Url;
use futures_util::StreamExt;
use queue::{Context, Fault};
use serde_json::{Value as Json, json};

use super::poll::{Report, visit};
use crate::error::sentence;
use crate::jobs::FetchSources;
use crate::sources::{self, Kind};
use crate::{Desk, Error, SourceId};

/// So many sources of one job are looked up or wait for their turn at a host; the places of visits bound the rest.
const WAITING_MAX: usize = 1_000;
/// Longest wait for a turn at a host.
const TURN_MAX: Duration = Duration::from_secs(60);

/// Fetches sources at once, many at a time. One that fails is named in the result and hinders nobody.
pub async fn fetch(desk: Desk, ctx: Context, job: FetchSources) -> Result<Option<Json>, Fault> {
    let (started, total) = (Instant::now(), job.sources.len());
    let mut polls = futures_util::stream::iter(job.sources)
        .map(|id| {
            let desk = &desk;
            async move { (id, fetch_one(desk, id, Duration::from_secs(job.age_max_s.into())).await) }
        })
        .buffer_unordered(WAITING_MAX);
    let (mut failed, mut new_items, mut cached, mut done) = (Vec::new(), 0u64, 0u64, 0u64);
    while let Some((source, result)) = polls.next().await {
        match result {
            Ok(None) => cached += 1,
            Ok(Some(Report { failure: None, new_items: n, .. })) => new_items += u64::from(n),
            Ok(Some(Report { failure: Some(reason), .. })) => {
                failed.push(json!({ "source": source, "reason": reason }))
            }
            Err(error) => failed.push(json!({ "source": source, "reason": sentence(&error) })),
        }
        done += 1;
        ctx.progress(done, total as u64);
    }
    Ok(Some(json!({
        "sources": total,
        "succeeded": total - failed.len(),
        "cached": cached,
        "failed": failed,
        "new_items": new_items,
        "seconds": started.elapsed().as_secs_f64(),
    })))
}

/// `None` when what was read of the source is no older than `age_max`.
async fn fetch_one(desk: &Desk, id: SourceId, age_max: Duration) -> Result<Option<Report>, Error> {
    if !age_max.is_zero()
        && let Some(fetched) = desk.kept.fetched.find(&id.to_string()).await
        && desk.now().since(fetched.at) < age_max
    {
        return Ok(None);
    }
    let known =
        sources::known(&mut desk.store.read_fresh(), id).await?.ok_or_else(|| Error::not_found("source", id))?;
    // The jobs of a schedule are not asked what they fetch.
    if known.source.kind != Kind::Feed {
        let reason = format!("a {} is not fetched", known.source.kind.name());
        return Ok(Some(Report { new_items: 0, failure: Some(reason), next: None }));
    }
    let turn = match Url::parse(&known.source.url) {
        Ok(url) => match tokio::time::timeout(TURN_MAX, desk.hosts.enter(&url)).await {
            Ok(turn) => Some(turn),
            Err(_) => {
                let reason = "the site has asked for a pause; try again later".to_owned();
                return Ok(Some(Report { new_items: 0, failure: Some(reason), next: known.source.next_poll_at }));
            }
        },
        Err(_) => None,
    };
    let _place = desk.places.take().await;
    visit(desk, known, turn).await.map(Some)
}
