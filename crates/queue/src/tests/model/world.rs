//! The real queue, its processes and its database, led through a schedule beside the reference.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::{Clock, Rng, Timestamp};
use store::Store;
use store::testing::Place as Folder;

use super::reference::{Lease as Held, Node as Seen, Place, Reference};
use super::tables::{self, Tables};
use super::{Command, Spec};
use crate::ack::{Ack, End, Ledger};
use crate::claim::{Lease, Offer};
use crate::enqueue::Prepared;
use crate::names::code_of;
use crate::waiting::Waiting;
use crate::*;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Body {
    n: u64,
    key: Option<u64>,
    group: Option<u64>,
}

macro_rules! kinds {
    ($($name:ident $kind:literal $queue:literal $unique:ident $places:literal;)*) => {$(
        #[derive(Clone, Debug, Serialize, Deserialize)]
        struct $name(Body);

        impl Job for $name {
            const KIND: &'static str = $kind;
            const QUEUE: &'static str = $queue;
            const UNIQUE: Unique = Unique::$unique;
            const GROUP_MAX: u32 = $places;
            fn unique_key(&self) -> Option<String> {
                self.0.key.map(|key| key.to_string())
            }
            fn group_key(&self) -> Option<String> {
                self.0.group.map(|group| group.to_string())
            }
        }
    )*};
}

kinds! {
    Draft "model_draft" "default" UntilEnded 1;
    Follow "model_follow" "tracking" UntilStarted 2;
    Shrink "model_shrink" "media" UntilEnded 3;
}

const KINDS: [&str; 3] = ["model_draft", "model_follow", "model_shrink"];
const QUEUES: [&str; 3] = ["default", "tracking", "media"];

/// Calls `$go` with the job of the spec's kind.
macro_rules! of_kind {
    ($kind:expr, $body:expr, |$job:ident| $go:expr) => {
        match $kind % 3 {
            0 => {
                let $job = Draft($body);
                $go
            }
            1 => {
                let $job = Follow($body);
                $go
            }
            _ => {
                let $job = Shrink($body);
                $go
            }
        }
    };
}

struct Node {
    queue: Queue,
    ledger: Ledger,
    /// Leases with the members that have not ended here.
    leases: Vec<(Lease, Vec<usize>)>,
    is_evicted: bool,
}

pub struct World {
    store: Store,
    clock: Clock,
    settings: Settings,
    nodes: Vec<Node>,
    model: Reference,
    /// Numbers the jobs' parameters.
    serial: u64,
    steps: u64,
}

fn said(error: impl std::fmt::Debug) -> String {
    format!("an unexpected error: {error:?}")
}

fn how(spec: &Spec, now: Timestamp) -> Enqueue {
    Enqueue {
        run_at: (spec.delay_ms > 0).then(|| now + Duration::from_millis(spec.delay_ms)),
        priority: Some(Priority::from_code(spec.priority as i64)),
        attempts_max: Some(spec.attempts_max),
    }
}

impl World {
    pub async fn open(folder: &Folder) -> Result<World, String> {
        let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
        let settings = store::Settings { synchronous: store::Synchronous::Normal, ..folder.settings().clone() };
        let store = Store::open(folder.folder(), &settings, &[MIGRATIONS], clock.clone()).await.map_err(said)?;
        let mut world = World {
            store,
            clock,
            settings: Settings::default(),
            nodes: Vec::new(),
            model: Reference::default(),
            serial: 0,
            steps: 0,
        };
        world.join().await?;
        world.join().await?;
        Ok(world)
    }

    /// Does `command` on both sides and compares their answers.
    pub async fn step(&mut self, command: &Command) -> Result<(), String> {
        // Two processes with one number after each other must not make one id twice.
        self.clock.advance(Duration::from_millis(1));
        self.steps += 1;
        match command {
            Command::Add { node, spec } => self.add(*node, spec).await?,
            Command::AddMany { node, specs, lost } => self.add_many(*node, specs, *lost).await?,
            Command::AddFlow { node, specs } => self.add_flow(*node, specs).await?,
            Command::Claim { node, workers, sweep, lost } => {
                self.claim(*node, *workers as usize, *sweep, *lost).await?;
            }
            Command::Ack { node, leases, members, ends, twice } => {
                self.ack(*node, *leases, *members, *ends, *twice).await?;
            }
            Command::Cancel { node, job } => self.cancel(*node, *job).await?,
            Command::Retry { node, job } => self.retry(*node, *job).await?,
            Command::Purge { node, job } => self.purge(*node, *job).await?,
            Command::CancelAll { node, kind } => self.cancel_all(*node, *kind).await?,
            Command::RetryAll { node, kind } => self.retry_all(*node, *kind).await?,
            Command::PurgeAll { node, kind } => self.purge_all(*node, *kind).await?,
            Command::Advance { ms, silent } => self.advance(*ms, *silent).await?,
            Command::Rescue { node } => self.rescue(*node).await?,
            Command::Die { node, politely } => self.die(*node, *politely).await?,
            Command::Join => self.join().await?,
            Command::Configure { node, queue, what } => self.configure(*node, *queue, *what).await?,
        }
        Ok(())
    }

    /// Compares both sides.
    pub async fn look(&self) -> Result<(), String> {
        self.compare().await?;
        self.look_up().await
    }

    async fn compare(&self) -> Result<Tables, String> {
        let tables = Tables::read(&self.store).await?;
        let differences = tables.differences(&self.model.tables());
        if !differences.is_empty() {
            return Err(differences);
        }
        self.model.check()?;
        Ok(tables)
    }

    /// What is shown of one job and of all.
    async fn look_up(&self) -> Result<(), String> {
        let queue = self.queue(0);
        let Some(id) = self.pick(self.steps.wrapping_mul(0x9E37_79B9), |_| true) else { return Ok(()) };
        let (job, place) = &self.model.jobs[&id];
        let shown = queue.get(job.id).await.map_err(said)?.map(|view| view.state);
        let wanted = match place {
            Place::Waiting | Place::Parked => Some(State::of_waiting(job.attempt, job.run_at, self.clock.now())),
            Place::Blocked(_) => Some(State::Pending),
            Place::Leased(_) => Some(State::Running),
            Place::Completed => Some(State::Completed),
            Place::Cancelled => Some(State::Cancelled),
            Place::Dead { .. } => Some(State::Discarded),
            Place::Purged => None,
        };
        if shown != wanted {
            return Err(format!("job {id} is shown as {shown:?}, not {wanted:?}"));
        }
        let mut wanted: BTreeMap<State, u64> = BTreeMap::new();
        for ((.., state), n) in self.model.tables().counts {
            *wanted.entry(state).or_default() += n as u64;
        }
        let shown = queue.counts().await.map_err(said)?.0;
        if shown == wanted { Ok(()) } else { Err(format!("counts() says {shown:?}, not {wanted:?}")) }
    }

    fn at(&self, node: u64) -> usize {
        node as usize % self.nodes.len()
    }

    fn queue(&self, node: u64) -> Queue {
        self.nodes[self.at(node)].queue.clone()
    }

    /// One of the jobs that `fits` names.
    fn pick(&self, n: u64, fits: impl Fn(&Place) -> bool) -> Option<i64> {
        let ids: Vec<i64> = self.model.jobs.iter().filter(|(_, (_, place))| fits(place)).map(|(id, _)| *id).collect();
        (!ids.is_empty()).then(|| ids[(n % ids.len() as u64) as usize])
    }

    fn body(&mut self, spec: &Spec) -> Body {
        self.serial += 1;
        Body { n: self.serial, key: spec.key, group: spec.group }
    }

    /// What the answer of an enqueue should have been; a new job is added to the model.
    fn expect(&mut self, job: Waiting, answer: Enqueued) -> Result<(), String> {
        let wanted = self.model.take_key(&job);
        match (wanted, answer) {
            (Some(holder), Enqueued::Duplicate(id)) if id.to_i64() == holder => Ok(()),
            (None, Enqueued::New(_)) => {
                self.model.add(job, Place::Waiting);
                Ok(())
            }
            _ => Err(format!("the enqueue answered {answer:?}; the key is held by {wanted:?}")),
        }
    }

    async fn add(&mut self, node: u64, spec: &Spec) -> Result<(), String> {
        let (body, now, queue) = (self.body(spec), self.clock.now(), self.queue(node));
        let how = how(spec, now);
        let (prepared, answer) = of_kind!(spec.kind, body, |job| {
            (Prepared::new(&job, how).map_err(said)?, queue.enqueue_now(&job, how).await.map_err(said)?)
        });
        self.expect(prepared.waiting(answer.id(), now), answer)
    }

    async fn add_many(&mut self, node: u64, specs: &[Spec], lost: bool) -> Result<(), String> {
        let (now, queue) = (self.clock.now(), self.queue(node));
        let bodies: Vec<(Body, Enqueue)> = specs.iter().map(|spec| (self.body(spec), how(spec, now))).collect();
        let (prepared, answers) = match specs[0].kind % 3 {
            0 => many(&queue, bodies.into_iter().map(|(body, how)| (Draft(body), how)).collect(), lost).await?,
            1 => many(&queue, bodies.into_iter().map(|(body, how)| (Follow(body), how)).collect(), lost).await?,
            _ => many(&queue, bodies.into_iter().map(|(body, how)| (Shrink(body), how)).collect(), lost).await?,
        };
        for (prepared, answer) in prepared.into_iter().zip(answers) {
            self.expect(prepared.waiting(answer.id(), now), answer)?;
        }
        Ok(())
    }

    async fn add_flow(&mut self, node: u64, specs: &[Spec]) -> Result<(), String> {
        let (now, queue) = (self.clock.now(), self.queue(node));
        let from = self.serial + 1;
        let mut prepared = Vec::new();
        for spec in specs {
            let body = self.body(spec);
            let made = of_kind!(spec.kind, body, |job| Prepared::new(&job, how(spec, now)));
            prepared.push(made.map_err(said)?);
        }
        let any_id = self.nodes[0].queue.ids().next(now);
        let keys: Vec<String> =
            prepared.iter().filter_map(|job| job.clone().waiting(JobId(any_id), now).uniq).collect();
        let taken =
            keys.iter().enumerate().any(|(i, key)| self.model.unique.contains_key(key) || keys[..i].contains(key));
        let flow = heap(&prepared, 0);
        let answer = {
            let queue = queue.clone();
            self.store.write(move |tx| Box::pin(async move { queue.enqueue_flow(tx, flow).await })).await
        };
        match answer {
            Err(Error::Taken(_)) if taken => return Ok(()),
            Ok(_) if !taken => {}
            other => return Err(format!("the flow answered {other:?}; whether a key was taken: {taken}")),
        }
        // Which job has which id only the tables know.
        let tables = Tables::read(&self.store).await?;
        let found = tables.waiting.values().chain(tables.blocked.values().map(|(_, job)| job));
        let ids: HashMap<u64, JobId> = found.map(|job| (number(job), job.id)).collect();
        for (i, job) in prepared.iter().enumerate() {
            let id = |i: usize| ids.get(&(from + i as u64)).copied().ok_or("a job of the flow is nowhere");
            let mut job = job.clone().waiting(id(i)?, now);
            job.parent = if i == 0 { None } else { Some(id((i - 1) / 2)?.to_i64()) };
            let children = [2 * i + 1, 2 * i + 2].iter().filter(|child| **child < prepared.len()).count() as i64;
            self.model.take_key(&job);
            self.model.add(job, if children == 0 { Place::Waiting } else { Place::Blocked(children) });
        }
        Ok(())
    }

    /// Says whether anything was taken or parked.
    async fn claim(&mut self, node: u64, workers: usize, sweep: bool, lost: bool) -> Result<bool, String> {
        let at = self.at(node);
        let queue = self.nodes[at].queue.clone();
        if sweep {
            queue.sweep(true).await.map_err(said)?;
        }
        let in_hand = self.in_hand(at);
        let room = |code: i64| {
            let queues = queue.0.queues.read().unwrap_or_else(PoisonError::into_inner);
            match queues.get(&code) {
                Some(conf) if conf.paused => 0,
                Some(conf) if conf.concurrency > 0 => {
                    (conf.concurrency as usize).saturating_sub(in_hand.get(&code).copied().unwrap_or_default())
                }
                _ => usize::MAX,
            }
        };
        let offer = Offer { workers: workers as f64, by_class: [workers as f64; 4], room: &room };
        let claimed = queue.claim(offer).await.map_err(said)?;
        let now = self.clock.now();
        let lease = match claimed {
            Some((lease, ends)) => {
                queue.look_at(&ends).await.map_err(said)?;
                Some(lease)
            }
            None => None,
        };
        let parked = tables::parked(&self.store).await?;
        let mut seen: Vec<i64> = lease.iter().flat_map(|lease| &lease.jobs).map(|job| job.id.to_i64()).collect();
        let taken = seen.clone();
        seen.extend(parked.into_iter().filter(|id| self.model.place(*id) == Some(&Place::Waiting)));
        if self.nodes[at].is_evicted && !seen.is_empty() {
            return Err("a process whose place was taken has claimed".to_owned());
        }
        if taken.len() > workers {
            return Err(format!("{} jobs were claimed for {workers} workers", taken.len()));
        }
        self.check_claim(&taken, &seen, sweep, now, &room, at)?;
        let number = i64::from(queue.ids().node());
        let lease_id = lease.as_ref().map_or(0, |lease| lease.id.to_i64());
        let terms = Held {
            node: number,
            deadline: now + Duration::from_secs(self.settings.deadline_s + 60),
            claimed_at: now,
            holder: (!lost).then(|| queue.0.epoch.to_i64()),
        };
        if let Some(lease) = lease.as_ref().filter(|_| lost) {
            queue.held().remove(&lease.id);
        }
        let any = !seen.is_empty();
        let mut wanted = self.model.claim(seen, lease_id, terms);
        let mut taken = taken;
        wanted.sort_unstable();
        taken.sort_unstable();
        if wanted != taken {
            return Err(format!("claimed {taken:?}, but by the places of their keys it should be {wanted:?}"));
        }
        if let Some(lease) = lease.filter(|_| !lost) {
            let members = (0..lease.jobs.len()).collect();
            self.nodes[at].ledger.open(lease.id, lease.jobs.len());
            self.nodes[at].leases.push((lease, members));
        }
        Ok(any)
    }

    fn in_hand(&self, at: usize) -> HashMap<i64, usize> {
        let mut counts = HashMap::new();
        for (lease, open) in &self.nodes[at].leases {
            for member in open {
                *counts.entry(lease.jobs[*member].queue).or_default() += 1;
            }
        }
        counts
    }

    /// Only what is due, of usable queues; after a sweep the first in line, and nothing only if nothing is due.
    fn check_claim(
        &self,
        taken: &[i64],
        seen: &[i64],
        sweep: bool,
        now: Timestamp,
        room: &dyn Fn(i64) -> usize,
        at: usize,
    ) -> Result<(), String> {
        let mut left = 0;
        for queue in QUEUES.map(code_of) {
            let of_queue = taken.iter().filter(|id| self.model.jobs[*id].0.queue == queue).count();
            if of_queue > room(queue) {
                return Err(format!(
                    "{of_queue} jobs were taken from queue {queue}, which has room for {}",
                    room(queue)
                ));
            }
            for priority in 1..=4 {
                let due = self.model.due(queue, priority, now);
                let here: Vec<i64> = seen
                    .iter()
                    .copied()
                    .filter(|id| (self.model.jobs[id].0.queue, self.model.jobs[id].0.priority) == (queue, priority))
                    .collect();
                let fits = here.iter().all(|id| due.contains(id));
                if !fits || (sweep && !due[..here.len()].iter().all(|id| here.contains(id))) {
                    return Err(format!("of the due {due:?} these were taken: {here:?}"));
                }
                left += if room(queue) > 0 { due.len() - here.len() } else { 0 };
            }
        }
        if sweep && seen.is_empty() && left > 0 && !self.nodes[at].is_evicted {
            return Err(format!("nothing was claimed although {left} jobs are due"));
        }
        Ok(())
    }

    async fn ack(&mut self, node: u64, leases: u64, members: u64, ends: u64, twice: bool) -> Result<(), String> {
        let (at, now) = (self.at(node), self.clock.now());
        let Node { queue, ledger, leases: held, .. } = &mut self.nodes[at];
        if held.is_empty() {
            return Ok(());
        }
        let dice = Rng::seeded(ends);
        let first = leases as usize % held.len();
        let chosen: Vec<usize> = if leases.is_multiple_of(3) && held.len() > 1 {
            vec![first, (first + 1) % held.len()]
        } else {
            vec![first]
        };
        let (mut acks, mut wanted) = (Vec::new(), Vec::new());
        for lease in chosen {
            let (lease, open) = &mut held[lease];
            let (ending, staying) = open.iter().partition(|member| members >> (*member % 48) & 1 == 1);
            *open = staying;
            for member in ending {
                let job = lease.jobs[member].clone();
                let (real, model) = if ends == 0 { (End::Ran(Ok(None)), Some(Ok(()))) } else { two_ends(&dice) };
                wanted.push((lease.id.to_i64(), job.id.to_i64(), model));
                acks.push(Ack { lease: lease.id, job, started_at: now, time: Duration::from_millis(3), end: real });
            }
        }
        held.retain(|(_, open)| !open.is_empty());
        let queue = queue.clone();
        let (flush, _) = queue.enter(acks, ledger, true);
        queue.write(flush.clone()).await.map_err(|(error, _)| said(error))?;
        self.model.ack(wanted, now);
        if twice {
            let before = self.compare().await?;
            queue.write(flush).await.map_err(|(error, _)| said(error))?;
            if Tables::read(&self.store).await? != before {
                return Err("the same acknowledgement written again has changed something".to_owned());
            }
        }
        Ok(())
    }

    async fn cancel(&mut self, node: u64, job: u64) -> Result<(), String> {
        let Some(id) = self.pick(job, |_| true) else { return Ok(()) };
        let is_leased = matches!(self.model.place(id), Some(Place::Leased(_)));
        let answer = self.queue(node).cancel(self.model.jobs[&id].0.id).await;
        match (self.model.cancel(id), is_leased, answer) {
            (true, _, Ok(())) | (false, true, Err(Error::Running(_))) | (false, false, Err(Error::NotFound(_))) => {
                Ok(())
            }
            other => Err(format!("cancelling job {id}: {other:?}")),
        }
    }

    async fn retry(&mut self, node: u64, job: u64) -> Result<(), String> {
        let Some(id) = self.pick(job, |place| !matches!(place, Place::Completed)) else { return Ok(()) };
        let answer = self.queue(node).retry(self.model.jobs[&id].0.id).await;
        match (self.model.retry(id, self.clock.now()), answer) {
            (true, Ok(())) | (false, Err(Error::NotFound(_) | Error::Running(_))) => Ok(()),
            other => Err(format!("retrying job {id}: {other:?}")),
        }
    }

    async fn purge(&mut self, node: u64, job: u64) -> Result<(), String> {
        let dead = self.pick(job, |place| matches!(place, Place::Dead { .. }));
        let Some(id) = dead.or_else(|| self.pick(job, |_| true)) else { return Ok(()) };
        let answer = self.queue(node).purge_dead(self.model.jobs[&id].0.id).await;
        match (self.model.purge(id), answer) {
            (true, Ok(())) | (false, Err(Error::NotFound(_))) => Ok(()),
            other => Err(format!("purging job {id}: {other:?}")),
        }
    }

    /// Jobs of a kind, the newest first.
    fn of_kind(&self, kind: u64, fits: impl Fn(&Place) -> bool) -> Vec<i64> {
        let code = code_of(KINDS[(kind % 3) as usize]);
        let jobs = self.model.jobs.iter().rev().filter(|(_, (job, place))| job.kind == code && fits(place));
        jobs.map(|(id, _)| *id).collect()
    }

    fn filter(kind: u64) -> JobFilter {
        JobFilter { kind: Some(KINDS[(kind % 3) as usize].to_owned()), ..JobFilter::default() }
    }

    async fn cancel_all(&mut self, node: u64, kind: u64) -> Result<(), String> {
        let count = self.queue(node).cancel_all(&Self::filter(kind)).await.map_err(said)?;
        let ids = self.of_kind(kind, |place| matches!(place, Place::Waiting | Place::Parked | Place::Blocked(_)));
        let wanted = ids.into_iter().filter(|id| self.model.cancel(*id)).count();
        if count == wanted { Ok(()) } else { Err(format!("cancelled {count} jobs, not {wanted}")) }
    }

    /// Dead letters of a kind as they are listed.
    fn dead(&self, kind: u64) -> Vec<i64> {
        let mut ids = self.of_kind(kind, |place| matches!(place, Place::Dead { .. }));
        ids.sort_by_key(|id| match self.model.place(*id) {
            Some(Place::Dead { died_at, .. }) => std::cmp::Reverse((*died_at, *id)),
            _ => std::cmp::Reverse((Timestamp::EPOCH, *id)),
        });
        ids
    }

    async fn retry_all(&mut self, node: u64, kind: u64) -> Result<(), String> {
        let count = self.queue(node).retry_all(&Self::filter(kind)).await.map_err(said)?;
        let now = self.clock.now();
        let wanted = self.dead(kind).into_iter().filter(|id| self.model.retry(*id, now)).count();
        if count == wanted { Ok(()) } else { Err(format!("retried {count} dead letters, not {wanted}")) }
    }

    async fn purge_all(&mut self, node: u64, kind: u64) -> Result<(), String> {
        let count = self.queue(node).purge_all(&Self::filter(kind)).await.map_err(said)?;
        let wanted = self.dead(kind).into_iter().filter(|id| self.model.purge(*id)).count();
        if count == wanted { Ok(()) } else { Err(format!("purged {count} dead letters, not {wanted}")) }
    }

    async fn advance(&mut self, ms: u64, silent: u64) -> Result<(), String> {
        self.clock.advance(Duration::from_millis(ms));
        let now = self.clock.now();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            if at as u64 == silent || node.is_evicted {
                continue;
            }
            let (number, epoch) = (i64::from(node.queue.ids().node()), node.queue.0.epoch.to_i64());
            let lives = node.queue.beat(&self.store, NodeInfo::default()).await.map_err(said)?;
            let seen = self.model.nodes.entry(number).or_insert(Seen { epoch, heartbeat_at: now });
            if lives != (seen.epoch == epoch) {
                return Err(format!("the heartbeat of node {number} says {lives}"));
            }
            if lives {
                seen.heartbeat_at = now;
            } else {
                node.is_evicted = true;
            }
        }
        Ok(())
    }

    async fn rescue(&mut self, node: u64) -> Result<(), String> {
        let at = self.at(node);
        // As the housekeeping of such a process does.
        if self.nodes[at].is_evicted {
            return Ok(());
        }
        let queue = self.nodes[at].queue.clone();
        let count = queue.rescue().await.map_err(said)?;
        let holders = Tables::read(&self.store).await?.unique;
        let silence = Duration::from_secs(self.settings.silence_s);
        let process = (i64::from(queue.ids().node()), queue.0.epoch.to_i64());
        let wanted = self.model.rescue(process, silence, self.clock.now(), &holders);
        if count == wanted { Ok(()) } else { Err(format!("rescued {count} jobs, not {wanted}")) }
    }

    async fn die(&mut self, node: u64, politely: bool) -> Result<(), String> {
        if self.nodes.len() == 1 {
            return Ok(());
        }
        let node = self.nodes.remove(self.at(node));
        if politely {
            node.queue.leave().await.map_err(said)?;
            let (number, epoch) = (i64::from(node.queue.ids().node()), node.queue.0.epoch.to_i64());
            if self.model.nodes.get(&number).is_some_and(|seen| seen.epoch == epoch) {
                self.model.nodes.remove(&number);
            }
        }
        Ok(())
    }

    async fn join(&mut self) -> Result<(), String> {
        if self.nodes.len() == 4 {
            return Ok(());
        }
        let now = self.clock.now();
        let opened =
            Queue::open(&self.store, self.settings.clone(), self.clock.clone(), Rng::seeded(1), crate::Place::Server);
        let queue = opened.await.map_err(said)?;
        let silent = now - Duration::from_secs(self.settings.silence_s);
        let free = (0..).find(|number| self.model.nodes.get(number).is_none_or(|node| node.heartbeat_at < silent));
        let number = i64::from(queue.ids().node());
        if Some(number) != free {
            return Err(format!("a new process got the number {number}, not {free:?}"));
        }
        self.model.nodes.insert(number, Seen { epoch: queue.0.epoch.to_i64(), heartbeat_at: now });
        self.nodes.push(Node { queue, ledger: Ledger::default(), leases: Vec::new(), is_evicted: false });
        Ok(())
    }

    async fn configure(&mut self, node: u64, queue: u64, what: u64) -> Result<(), String> {
        let none = QueueChange { weight: None, concurrency: None, rate: None, durability: None, paused: None };
        let change = match what {
            0 => QueueChange { paused: Some(true), ..none },
            1 => QueueChange { concurrency: Some(3), ..none },
            2 => QueueChange { concurrency: Some(0), ..none },
            3 => QueueChange { weight: Some(5), durability: Some(Durability::Relaxed), ..none },
            _ => QueueChange { paused: Some(false), ..none },
        };
        self.change(node, queue, &change).await
    }

    async fn change(&mut self, node: u64, queue: u64, change: &QueueChange) -> Result<(), String> {
        self.queue(node).configure(QUEUES[(queue % 3) as usize], change).await.map_err(said)?;
        // There is no bus here to tell the others.
        for node in &self.nodes {
            node.queue.reload().await.map_err(said)?;
        }
        Ok(())
    }

    /// Brings everything to its end: what does not end is lost.
    pub async fn settle(&mut self) -> Result<(), String> {
        let free =
            QueueChange { concurrency: Some(0), paused: Some(false), rate: Some(0), weight: None, durability: None };
        for queue in 0..3 {
            self.change(0, queue, &free).await?;
        }
        self.nodes.retain(|node| !node.is_evicted);
        self.join().await?;
        let last = self.nodes.len() as u64 - 1;
        for _ in 0..40 {
            self.advance(200_000, u64::MAX).await?;
            self.rescue(last).await?;
            while self.claim(last, 30, true, false).await? {
                while !self.nodes[last as usize].leases.is_empty() {
                    self.ack(last, 0, u64::MAX, 0, false).await?;
                }
            }
            let left = |place: &Place| matches!(place, Place::Waiting | Place::Parked | Place::Leased(_));
            if self.pick(0, left).is_none() {
                break;
            }
        }
        let tables = self.compare().await?;
        let left = tables.waiting.len() + tables.parked.len() + tables.leased.len() + tables.leases.len();
        if left > 0 || !tables.groups.is_empty() {
            return Err(format!("{left} jobs never ended; groups left: {:?}", tables.groups));
        }
        Ok(())
    }
}

async fn many<J: Job + Clone + Sync>(
    queue: &Queue,
    jobs: Vec<(J, Enqueue)>,
    lost: bool,
) -> Result<(Vec<Prepared>, Vec<Enqueued>), String> {
    let prepared = jobs.iter().map(|(job, how)| Prepared::new(job, *how)).collect::<Result<_, _>>().map_err(said)?;
    let writer = queue.clone();
    let answers = queue.0.store.write(move |tx| {
        Box::pin(async move {
            let answers = writer.enqueue_many(tx, &jobs).await?;
            if lost { Err(Error::NoNode) } else { Ok(answers) }
        })
    });
    match answers.await {
        Ok(answers) => Ok((prepared, answers)),
        Err(Error::NoNode) if lost => Ok((prepared, Vec::new())),
        Err(error) => Err(said(error)),
    }
}

/// The flow whose `i`-th job waits for those behind it as in a heap.
fn heap(jobs: &[Prepared], i: usize) -> Flow {
    let needs = [2 * i + 1, 2 * i + 2].into_iter().filter(|child| *child < jobs.len());
    Flow { job: jobs[i].clone(), needs: needs.map(|child| heap(jobs, child)).collect() }
}

/// The number of a job's parameters.
fn number(job: &Waiting) -> u64 {
    serde_json::from_str::<Body>(&job.body).map_or(0, |body| body.n)
}

/// One end of a run, for the queue and for the reference.
fn two_ends(dice: &Rng) -> (End, Option<Result<(), Fault>>) {
    let wait = Duration::from_millis(dice.below(5_000));
    let fault = |n: u64| match n {
        0 => Fault::Cancel,
        1 => Fault::Snooze(wait),
        2 => Fault::GiveUp("hopeless".to_owned()),
        _ => Fault::Retry { error: "not today".to_owned(), after: Some(wait) },
    };
    match dice.below(12) {
        0 => (End::NotStarted, None),
        n @ 1..=6 => (End::Ran(Err(fault(n - 1))), Some(Err(fault(n - 1)))),
        7 => (End::Ran(Ok(Some(serde_json::json!({ "n": 1 })))), Some(Ok(()))),
        _ => (End::Ran(Ok(None)), Some(Ok(()))),
    }
}
