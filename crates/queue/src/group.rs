//! At most so many jobs of one key at once, on all processes together.
//!
//! A key's row is locked while its places are given away or come back, so that a job that finds no place
//! and parks, and one that ends and looks for parked ones, always see each other.

use std::collections::BTreeMap;

use store::{Tx, params};

use crate::sql;
use crate::waiting::{Waiting, pack, unpack};

/// The key as it stands in a job's row.
pub(crate) fn written(kind: &str, key: &str, places: u32) -> String {
    format!("{kind}:{key}#{}", places.max(1))
}

/// The key and its places.
fn read(written: &str) -> (&str, i64) {
    let (key, places) = written.rsplit_once('#').unwrap_or((written, "1"));
    (key, places.parse().unwrap_or(1).max(1))
}

/// Keeps those of `jobs` (in order) that need no place or get one; the others are parked.
pub(crate) async fn admit(tx: &mut Tx, jobs: Vec<Waiting>) -> Result<Vec<Waiting>, store::Error> {
    if jobs.iter().all(|job| job.group_key.is_none()) {
        return Ok(jobs);
    }
    // In the order of the keys, so that two transactions cannot wait for each other in a ring.
    let mut free: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (key, places) in jobs.iter().filter_map(|job| job.group_key.as_deref()).map(read) {
        free.insert(key.to_owned(), (0, places));
    }
    for (key, (running, _)) in &mut free {
        *running = loop {
            tx.exec(&sql::GROUP_ADD, params![key]).await?;
            // Whoever ends the key's last job may drop the row between the two: then it is added again.
            if let Some(row) = tx.opt(&sql::GROUP_LOCK, params![key]).await? {
                break row.get(0)?;
            }
        };
    }
    let (mut admitted, mut parked) = (Vec::new(), Vec::new());
    for job in jobs {
        match job.group_key.as_deref().map(read).and_then(|(key, _)| free.get_mut(key)) {
            Some((running, places)) if *running >= *places => parked.push(job),
            Some((running, _)) => {
                *running += 1;
                admitted.push(job);
            }
            None => admitted.push(job),
        }
    }
    for (key, (running, _)) in &free {
        tx.exec(&sql::GROUP_SET, params![key, running]).await?;
    }
    for job in &parked {
        let key = job.group_key.as_deref().map(read).map_or("", |(key, _)| key);
        tx.exec(&sql::PARK, params![key, job.run_at, job.id.to_i64(), pack(std::slice::from_ref(job))]).await?;
    }
    Ok(admitted)
}

/// Gives the places of `jobs` back and returns the parked jobs that may try again; the caller inserts them.
pub(crate) async fn release(tx: &mut Tx, jobs: &[&Waiting]) -> Result<Vec<Waiting>, store::Error> {
    let mut ended: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (key, places) in jobs.iter().filter_map(|job| job.group_key.as_deref()).map(read) {
        ended.entry(key).or_insert((0, places)).0 += 1;
    }
    bring_back(tx, ended).await
}

/// A job that waits is gone: it may have been the one that was to bring the parked ones of its key back.
pub(crate) async fn pass(tx: &mut Tx, job: &Waiting) -> Result<Vec<Waiting>, store::Error> {
    let key = job.group_key.as_deref().map(read);
    bring_back(tx, key.into_iter().map(|(key, places)| (key, (0, places))).collect()).await
}

/// Frees so many places of each key, and takes out as many parked jobs as it has free ones.
async fn bring_back(tx: &mut Tx, ended: BTreeMap<&str, (i64, i64)>) -> Result<Vec<Waiting>, store::Error> {
    let mut freed = Vec::new();
    for (key, (count, places)) in ended {
        let Some(row) = tx.opt(&sql::GROUP_LOCK, params![key]).await? else { continue };
        let running = (row.get::<i64>(0)? - count).max(0);
        let rows = tx.all(&sql::PARKED_FIRST, params![key, (places - running).max(0)]).await?;
        for row in &rows {
            let text: String = row.get(2)?;
            let Ok(jobs) = unpack(&text) else {
                tracing::error!(key, "a parked job cannot be read; it stays where it is");
                continue;
            };
            tx.exec(&sql::PARKED_DROP, params![row.get::<i64>(1)?]).await?;
            freed.extend(jobs);
        }
        if running == 0 && rows.is_empty() {
            tx.exec(&sql::GROUP_DROP, params![key]).await?;
        } else {
            tx.exec(&sql::GROUP_SET, params![key, running]).await?;
        }
    }
    Ok(freed)
}
