//! Which sources are to be fetched, and the jobs that do it.

use queue::{Enqueue, JobId};
use stdx::Timestamp;
use store::params;

use super::{ACTIVE, AMONG, Kind, UNPLANNED};
use crate::jobs::{AssignStories, FetchSources};
use crate::people::{Action, Actor, recall, remember};
use crate::{Desk, Error, SourceId};

/// As many sources are fetched by one job at most.
const FETCH_MAX: usize = 10_000;

/// Fetches the given sources, or all active ones, at once and in one job. A source that was read well within
/// `age_max_s` is not asked again. Also tells when it should be done.
pub async fn fetch(
    desk: &Desk,
    actor: &Actor,
    which: Option<Vec<SourceId>>,
    age_max_s: u32,
) -> Result<(JobId, Timestamp), Error> {
    actor.may(Action::Operate)?;
    let sources = match which {
        Some(ids) => existing(desk, ids).await?,
        None => active(desk).await?,
    };
    let (inner, actor, now) = (desk.clone(), actor.clone(), desk.now());
    let job: JobId = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    return id.parse().map_err(|_| Error::IdempotencyMismatch);
                }
                let id = inner.queue.enqueue(tx, &FetchSources { sources, age_max_s }, Enqueue::default()).await?.id();
                remember(tx, &actor, &id.to_string(), now).await?;
                Ok(id)
            })
        })
        .await?;
    let estimate = desk.queue.estimate(<FetchSources as queue::Job>::KIND).await?;
    Ok((job, estimate))
}

async fn existing(desk: &Desk, mut ids: Vec<SourceId>) -> Result<Vec<SourceId>, Error> {
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > FETCH_MAX {
        return Err(Error::invalid("/sources", format!("must name at most {FETCH_MAX} sources")));
    }
    let wanted: Vec<i64> = ids.iter().map(|id| id.to_i64()).collect();
    let rows = desk.store.read_fresh().all(&AMONG, params![store::list(&wanted), FETCH_MAX as i64]).await?;
    let read = |row: &store::Row| Ok((SourceId(row.get(0)?), Kind::of(&row.get::<String>(1)?)));
    let found = rows.iter().map(read).collect::<Result<Vec<_>, store::Error>>()?;
    if let Some((other, kind)) = found.iter().find(|(_, kind)| *kind != Kind::Feed) {
        return Err(Error::invalid("/sources", format!("source {other} is a {}; only feeds are fetched", kind.name())));
    }
    match ids.iter().find(|id| !found.iter().any(|(known, _)| known == *id)) {
        Some(missing) => Err(Error::not_found("source", missing)),
        None => Ok(ids),
    }
}

async fn active(desk: &Desk) -> Result<Vec<SourceId>, Error> {
    let rows = desk.store.read_fresh().all(&ACTIVE, params![FETCH_MAX as i64]).await?;
    Ok(rows.iter().map(|row| Ok(SourceId(row.get(0)?))).collect::<Result<_, store::Error>>()?)
}

/// Sees to it that every active source has a time for its next visit and that no item waits for the clustering without
/// a job; harmless when all is well, so it is called at start and now and then. Says how many sources had none.
pub async fn ensure_polls(desk: &Desk) -> Result<u64, Error> {
    let now = desk.now();
    let unplanned = desk.store.write(move |tx| Box::pin(async move { tx.exec(&UNPLANNED, params![now]).await }));
    let missing = unplanned.await?;
    desk.queue.enqueue_now(&AssignStories {}, Enqueue::default()).await?;
    Ok(missing)
}
