//! The queue as it should be: maps in memory, and no more rules than its documentation tells.

use std::collections::BTreeMap;
use std::time::Duration;

use stdx::Timestamp;

use super::tables::Tables;
use crate::enqueue::UNTIL_STARTED;
use crate::waiting::Waiting;
use crate::{Fault, State};

/// Where a job stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Waiting,
    /// Due, but its key has no free place.
    Parked,
    /// Waits for so many others.
    Blocked(i64),
    Leased(i64),
    Completed,
    Cancelled,
    Dead {
        reason: String,
        died_at: Timestamp,
    },
    Purged,
}

#[derive(Clone, Debug)]
pub struct Lease {
    pub node: i64,
    pub deadline: Timestamp,
    pub claimed_at: Timestamp,
    /// The epoch of the process that knows of it; `None`: the answer to its claim was lost.
    pub holder: Option<i64>,
}

/// A process as the `node` table knows it.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub epoch: i64,
    pub heartbeat_at: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub jobs: BTreeMap<i64, (Waiting, Place)>,
    pub unique: BTreeMap<String, i64>,
    /// Places in use, by key.
    pub groups: BTreeMap<String, i64>,
    pub leases: BTreeMap<i64, Lease>,
    pub nodes: BTreeMap<i64, Node>,
}

/// How a run ends; `None`: it was never started.
pub type Ending = Option<Result<(), Fault>>;

/// The key of a group and its places.
pub fn group_of(job: &Waiting) -> Option<(String, i64)> {
    let (key, places) = job.group_key.as_deref()?.rsplit_once('#')?;
    Some((key.to_owned(), places.parse().ok()?))
}

impl Reference {
    pub fn place(&self, id: i64) -> Option<&Place> {
        self.jobs.get(&id).map(|(_, place)| place)
    }

    fn ids(&self, fits: impl Fn(&Waiting, &Place) -> bool) -> Vec<i64> {
        self.jobs.iter().filter(|(_, (job, place))| fits(job, place)).map(|(id, _)| *id).collect()
    }

    fn put(&mut self, id: i64, place: Place) {
        self.jobs.get_mut(&id).expect("a job of the model").1 = place;
    }

    /// The holder of the job's key, if that is another one; otherwise it takes it.
    pub fn take_key(&mut self, job: &Waiting) -> Option<i64> {
        let hash = job.uniq.as_ref()?;
        if let Some(holder) = self.unique.get(hash) {
            return Some(*holder);
        }
        self.unique.insert(hash.clone(), job.id.to_i64());
        None
    }

    fn release_key(&mut self, id: i64) {
        self.unique.retain(|_, holder| *holder != id);
    }

    pub fn add(&mut self, job: Waiting, place: Place) {
        self.jobs.insert(job.id.to_i64(), (job, place));
    }

    /// Due jobs of a queue at a priority, in order.
    pub fn due(&self, queue: i64, priority: i64, now: Timestamp) -> Vec<i64> {
        let mut ids = self.ids(|job, place| {
            *place == Place::Waiting && job.queue == queue && job.priority == priority && job.run_at <= now
        });
        ids.sort_by_key(|id| (self.jobs[id].0.run_at, *id));
        ids
    }

    /// What a claim that has looked at `seen` must do with them: those that get a place; the others are parked.
    pub fn claim(&mut self, mut seen: Vec<i64>, lease: i64, terms: Lease) -> Vec<i64> {
        seen.sort_by_key(|id| (self.jobs[id].0.priority, self.jobs[id].0.run_at, *id));
        let mut taken = Vec::new();
        for id in seen {
            let job = self.jobs[&id].0.clone();
            if let Some((key, places)) = group_of(&job) {
                let running = self.groups.entry(key).or_default();
                if *running >= places {
                    self.put(id, Place::Parked);
                    continue;
                }
                *running += 1;
            }
            if job.uniq.as_deref().is_some_and(|hash| hash.starts_with(UNTIL_STARTED)) {
                self.release_key(id);
            }
            self.put(id, Place::Leased(lease));
            taken.push(id);
        }
        self.groups.retain(|_, running| *running > 0);
        if !taken.is_empty() {
            self.leases.insert(lease, terms);
        }
        taken
    }

    /// Ends of members of one or more leases, in one transaction; those of leases that are gone count nothing.
    pub fn ack(&mut self, ends: Vec<(i64, i64, Ending)>, now: Timestamp) {
        let mut ended = Vec::new();
        for (lease, id, end) in ends {
            if self.place(id) != Some(&Place::Leased(lease)) {
                continue;
            }
            ended.push(id);
            self.end(id, end, now);
        }
        self.leave_groups(&ended);
        let jobs = &self.jobs;
        self.leases.retain(|lease, _| jobs.values().any(|(_, place)| *place == Place::Leased(*lease)));
    }

    fn end(&mut self, id: i64, end: Ending, now: Timestamp) {
        let (job, place) = self.jobs.get_mut(&id).expect("a job of the model");
        let parent = job.parent;
        if end.is_some() {
            job.rescued = 0;
        }
        match end {
            None => *place = Place::Waiting,
            Some(Ok(())) => {
                *place = Place::Completed;
                self.release_key(id);
                self.child_completed(parent);
            }
            Some(Err(Fault::Cancel)) => {
                *place = Place::Cancelled;
                self.release_key(id);
                self.child_cancelled(parent);
            }
            Some(Err(Fault::Snooze(wait))) => {
                (job.attempt, job.error, job.run_at) = (0, None, now + wait);
                *place = Place::Waiting;
            }
            Some(Err(Fault::GiveUp(reason))) => {
                job.attempt += 1;
                *place = Place::Dead { reason, died_at: now };
                self.release_key(id);
            }
            Some(Err(Fault::Retry { error, after })) => {
                job.attempt += 1;
                if job.attempt >= job.attempts_max {
                    *place = Place::Dead { reason: error, died_at: now };
                    self.release_key(id);
                } else {
                    job.run_at = now + after.expect("the model says when");
                    job.error = Some(error);
                    *place = Place::Waiting;
                }
            }
        }
    }

    fn child_completed(&mut self, parent: Option<i64>) {
        let Some((_, place)) = parent.and_then(|parent| self.jobs.get_mut(&parent)) else { return };
        if let Place::Blocked(pending) = place {
            *pending -= 1;
            if *pending == 0 {
                *place = Place::Waiting;
            }
        }
    }

    fn child_cancelled(&mut self, mut parent: Option<i64>) {
        while let Some(id) = parent.filter(|id| matches!(self.place(*id), Some(Place::Blocked(_)))) {
            self.put(id, Place::Cancelled);
            self.release_key(id);
            parent = self.jobs[&id].0.parent;
        }
    }

    fn leave_groups(&mut self, ended: &[i64]) {
        let mut touched = BTreeMap::new();
        for (key, places) in ended.iter().filter_map(|id| group_of(&self.jobs[id].0)) {
            *self.groups.get_mut(&key).expect("a running job has a place") -= 1;
            touched.insert(key, places);
        }
        for (key, places) in touched {
            self.bring_back(&key, places);
        }
        self.groups.retain(|_, running| *running > 0);
    }

    /// As many parked jobs of a key as it has free places may try again, the oldest first.
    fn bring_back(&mut self, key: &str, places: i64) {
        let free = places - self.groups.get(key).copied().unwrap_or_default();
        let mut parked =
            self.ids(|job, place| *place == Place::Parked && group_of(job).is_some_and(|(group, _)| group == key));
        parked.sort_by_key(|id| (self.jobs[id].0.run_at, *id));
        for id in parked.into_iter().take(free.max(0) as usize) {
            self.put(id, Place::Waiting);
        }
    }

    /// Whether the job stood somewhere where it can be cancelled at once.
    pub fn cancel(&mut self, id: i64) -> bool {
        let Some((job, place)) = self.jobs.get(&id) else { return false };
        let job = job.clone();
        if !matches!(place, Place::Waiting | Place::Parked | Place::Blocked(_)) {
            return false;
        }
        self.put(id, Place::Cancelled);
        self.release_key(id);
        self.child_cancelled(job.parent);
        // It may have been the one that was to bring the parked ones back.
        if let Some((key, places)) = group_of(&job) {
            self.bring_back(&key, places);
        }
        true
    }

    pub fn retry(&mut self, id: i64, now: Timestamp) -> bool {
        let Some((job, place)) = self.jobs.get(&id) else { return false };
        let mut job = job.clone();
        match place {
            Place::Dead { reason, .. } => {
                (job.attempt, job.rescued, job.error) = (0, 0, Some(reason.clone()));
                if self.take_key(&job).is_some() {
                    job.uniq = None;
                }
            }
            Place::Waiting => {}
            _ => return false,
        }
        (job.run_at, job.rescued) = (now, job.rescued.max(1));
        self.add(job, Place::Waiting);
        true
    }

    pub fn purge(&mut self, id: i64) -> bool {
        if !matches!(self.place(id), Some(Place::Dead { .. })) {
            return false;
        }
        self.put(id, Place::Purged);
        self.child_cancelled(self.jobs[&id].0.parent);
        true
    }

    /// Takes back what belongs to nobody any more, as process `number` sees it. Of several lost jobs with one
    /// key any may hold it afterwards: `holders` says which.
    pub fn rescue(
        &mut self,
        (number, epoch): (i64, i64),
        silence: Duration,
        now: Timestamp,
        holders: &BTreeMap<String, i64>,
    ) -> usize {
        let is_lost = |lease: &i64, held: &Lease| {
            let lives = self.nodes.get(&held.node).is_some_and(|node| {
                node.epoch <= *lease && (node.heartbeat_at >= now - silence || held.node == number)
            });
            let is_stray = held.node == number
                && *lease >= epoch
                && held.claimed_at < now - Duration::from_secs(5)
                && held.holder != Some(epoch);
            !lives || is_stray || held.deadline < now
        };
        let leases: Vec<i64> = self.leases.iter().filter(|(id, held)| is_lost(id, held)).map(|(id, _)| *id).collect();
        let lost = self.ids(|_, place| matches!(place, Place::Leased(lease) if leases.contains(lease)));
        self.leave_groups(&lost);
        for id in &lost {
            let mut job = self.jobs[id].0.clone();
            job.rescued += 1;
            let pause = u32::try_from(job.rescued.saturating_sub(10)).unwrap_or_default().min(60);
            job.run_at = now + Duration::from_secs(1) * pause;
            if let Some(hash) = job.uniq.clone().filter(|hash| hash.starts_with(UNTIL_STARTED)) {
                if !self.unique.contains_key(&hash) && holders.get(&hash) == Some(id) {
                    self.unique.insert(hash, *id);
                } else {
                    job.uniq = None;
                }
            }
            self.add(job, Place::Waiting);
        }
        self.leases.retain(|lease, _| !leases.contains(lease));
        lost.len()
    }

    /// The tables as they should be.
    pub fn tables(&self) -> Tables {
        let mut tables = Tables { unique: self.unique.clone(), groups: self.groups.clone(), ..Tables::default() };
        tables.leases = self.leases.iter().map(|(id, lease)| (*id, lease.node)).collect();
        for (id, (job, place)) in &self.jobs {
            let state = match place {
                Place::Waiting => {
                    tables.waiting.insert(*id, job.clone());
                    job.counted()
                }
                Place::Parked => {
                    tables.parked.insert(*id, job.clone());
                    job.counted()
                }
                Place::Blocked(pending) => {
                    tables.blocked.insert(*id, (*pending, job.clone()));
                    State::Pending
                }
                Place::Leased(lease) => {
                    tables.leased.insert(*id, (*lease, job.clone()));
                    State::Running
                }
                Place::Completed => {
                    tables.done.insert(*id, (1, job.attempt + 1));
                    State::Completed
                }
                Place::Cancelled => {
                    tables.done.insert(*id, (2, job.attempt + 1));
                    State::Cancelled
                }
                Place::Dead { reason, died_at } => {
                    tables.dead.insert(*id, (reason.clone(), job.attempt, died_at.micros()));
                    State::Discarded
                }
                Place::Purged => continue,
            };
            *tables.counts.entry((job.queue, job.priority, job.kind, state)).or_default() += 1;
        }
        tables
    }

    /// What must hold whatever has happened.
    pub fn check(&self) -> Result<(), String> {
        for (id, (job, place)) in &self.jobs {
            if let (Place::Parked, Some((key, places))) = (place, group_of(job)) {
                let running = self.groups.get(&key).copied().unwrap_or_default();
                let comes = self.jobs.values().any(|(other, place)| {
                    *place == Place::Waiting && group_of(other).is_some_and(|(group, _)| group == key)
                });
                if running < places && !comes {
                    return Err(format!("job {id} is parked for good: {running} of {places} places of {key} in use"));
                }
            }
            if let Place::Blocked(pending) = place {
                let open =
                    self.jobs.values().filter(|(child, place)| child.parent == Some(*id) && *place != Place::Completed);
                if open.count() as i64 != *pending {
                    return Err(format!("job {id} waits for {pending} jobs, which is not how many are open"));
                }
            }
        }
        for (key, running) in &self.groups {
            let leased = self.jobs.values().filter(|(job, place)| {
                matches!(place, Place::Leased(_)) && group_of(job).is_some_and(|(group, _)| group == *key)
            });
            if leased.count() as i64 != *running {
                return Err(format!("{running} places of {key} are in use, which is not how many of it run"));
            }
        }
        for (hash, holder) in &self.unique {
            let stands = matches!(
                self.place(*holder),
                Some(Place::Waiting | Place::Parked | Place::Blocked(_) | Place::Leased(_))
            );
            if !stands || self.jobs[holder].0.uniq.as_ref() != Some(hash) {
                return Err(format!("the key {hash} is held by job {holder}, which does not stand"));
            }
        }
        Ok(())
    }
}
