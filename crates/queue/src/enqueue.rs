//! Adding jobs: in the caller's transaction, many at once, or together with whoever else adds one now.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use serde::ser::SerializeMap;
use stdx::Timestamp;
use store::{Engine, Tx, params};
use tokio::sync::oneshot;

use crate::queue::ENQUEUED;
use crate::stat::{Deltas, What};
use crate::view::SignalKind;
use crate::waiting::Waiting;
use crate::{Enqueue, Enqueued, Error, Job, JobId, Queue, Unique, group, names, sql};

/// How the unique key of a job begins that holds it only while it waits.
pub(crate) const UNTIL_STARTED: &str = "waiting/";
/// Jobs of one common transaction at most.
const TOGETHER_MAX: usize = 1_000;

/// A job that has no id yet.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub kind: Cow<'static, str>,
    pub queue: Cow<'static, str>,
    pub body: String,
    pub uniq: Option<String>,
    pub group_key: Option<String>,
    pub priority: i64,
    pub attempts_max: i64,
    pub run_at: Option<Timestamp>,
}

impl Prepared {
    pub fn new<J: Job>(job: &J, how: Enqueue) -> Result<Prepared, Error> {
        let body = serde_json::to_string(job).map_err(|source| Error::Encode { kind: J::KIND, source })?;
        let prefix = match J::UNIQUE {
            Unique::UntilEnded => "",
            Unique::UntilStarted => UNTIL_STARTED,
        };
        Ok(Prepared {
            kind: Cow::Borrowed(J::KIND),
            queue: Cow::Borrowed(J::QUEUE),
            body,
            uniq: job.unique_key().map(|key| format!("{prefix}{}:{}", J::KIND, names::bounded(&key))),
            group_key: job.group_key().map(|key| group::written(J::KIND, &names::bounded(&key), J::GROUP_MAX)),
            priority: how.priority.unwrap_or(J::PRIORITY) as i64,
            attempts_max: i64::from(how.attempts_max.unwrap_or(J::ATTEMPTS_MAX)),
            run_at: how.run_at,
        })
    }

    pub fn waiting(self, id: JobId, now: Timestamp) -> Waiting {
        Waiting {
            queue: names::code_of(&self.queue),
            priority: self.priority,
            run_at: self.run_at.unwrap_or(now),
            id,
            kind: names::code_of(&self.kind),
            attempt: 0,
            attempts_max: self.attempts_max,
            rescued: 0,
            body: self.body,
            group_key: self.group_key,
            uniq: self.uniq,
            parent: None,
            error: None,
        }
    }
}

/// Rows below which one statement with a list is cheaper than a COPY.
pub(crate) const FEW: usize = 64;

/// A job in the list of `sql::INSERT_FEW`.
struct Few<'a>(&'a Waiting);

impl serde::Serialize for Few<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let job = self.0;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("t", &job.run_at.micros())?;
        row.serialize_entry("i", &job.id.to_i64())?;
        row.serialize_entry("q", &job.queue)?;
        row.serialize_entry("k", &job.kind)?;
        row.serialize_entry("p", &job.priority)?;
        row.serialize_entry("a", &job.attempt)?;
        row.serialize_entry("x", &job.attempts_max)?;
        row.serialize_entry("r", &job.rescued)?;
        row.serialize_entry("b", &job.body)?;
        let rare = [("g", &job.group_key), ("u", &job.uniq), ("e", &job.error)];
        for (name, text) in rare.into_iter().filter(|(_, text)| text.is_some()) {
            row.serialize_entry(name, text)?;
        }
        if job.parent.is_some() {
            row.serialize_entry("m", &job.parent)?;
        }
        row.end()
    }
}

/// Somebody who waits for the commit of a job.
#[derive(Debug)]
pub(crate) struct Guest {
    job: Prepared,
    answer: oneshot::Sender<Result<Enqueued, Error>>,
}

impl Queue {
    /// Adds a job inside the caller's transaction. Workers hear of it after the commit.
    pub async fn enqueue<J: Job>(&self, tx: &mut Tx, job: &J, how: Enqueue) -> Result<Enqueued, Error> {
        let prepared = Prepared::new(job, how)?;
        let waiting = prepared.clone().waiting(self.next_id(), self.0.clock.now());
        let added = self.add(tx, names_of([&prepared]), vec![waiting]).await?;
        Ok(added[0])
    }

    /// Adds many jobs inside the caller's transaction; the answers are in their order.
    pub async fn enqueue_many<J: Job>(&self, tx: &mut Tx, jobs: &[(J, Enqueue)]) -> Result<Vec<Enqueued>, Error> {
        let prepared =
            jobs.iter().map(|(job, how)| Prepared::new(job, *how)).collect::<Result<Vec<Prepared>, Error>>()?;
        let (names, now) = (names_of(&prepared), self.0.clock.now());
        let waiting = prepared.into_iter().map(|prepared| prepared.waiting(self.next_id(), now)).collect();
        self.add(tx, names, waiting).await
    }

    /// Adds many jobs in one transaction of their own, all or none.
    pub async fn enqueue_all<J: Job>(&self, jobs: Vec<(J, Enqueue)>) -> Result<Vec<Enqueued>, Error> {
        let prepared =
            jobs.iter().map(|(job, how)| Prepared::new(job, *how)).collect::<Result<Vec<Prepared>, Error>>()?;
        self.add_together(Arc::new(prepared)).await
    }

    /// Adds a job and answers when it is committed. Those who do so at the same time share a transaction.
    pub async fn enqueue_now<J: Job>(&self, job: &J, how: Enqueue) -> Result<Enqueued, Error> {
        let (answer, wait) = oneshot::channel();
        let guest = Guest { job: Prepared::new(job, how)?, answer };
        let is_first = {
            let mut lobby = self.0.lobby.lock().unwrap_or_else(PoisonError::into_inner);
            lobby.guests.push(guest);
            !std::mem::replace(&mut lobby.is_served, true)
        };
        if is_first {
            let queue = self.clone();
            self.0.tasks.spawn(async move { queue.serve_lobby().await });
        }
        wait.await.unwrap_or(Err(Error::Store(store::Error::Closed)))
    }

    /// Writes whoever waits, together, until nobody does. There is no pause: while one transaction is on
    /// its way the next guests gather.
    async fn serve_lobby(&self) {
        loop {
            // Those who were answered just now may have the next job at hand: they come along.
            tokio::task::yield_now().await;
            let guests = {
                let mut lobby = self.0.lobby.lock().unwrap_or_else(PoisonError::into_inner);
                let count = lobby.guests.len().min(TOGETHER_MAX);
                if count == 0 {
                    lobby.is_served = false;
                    return;
                }
                lobby.guests.drain(..count).collect::<Vec<Guest>>()
            };
            let (jobs, answers): (Vec<_>, Vec<_>) = guests.into_iter().map(|guest| (guest.job, guest.answer)).unzip();
            let jobs = Arc::new(jobs);
            match self.add_together(Arc::clone(&jobs)).await {
                Ok(added) => {
                    for (answer, added) in answers.into_iter().zip(added) {
                        // An error means that the caller does not wait any more.
                        let _ = answer.send(Ok(added));
                    }
                }
                // One of them may be what cannot be written: each by itself, so that it spoils no other.
                Err(_) => {
                    for (job, answer) in jobs.iter().zip(answers) {
                        let alone = Arc::new(vec![job.clone()]);
                        let _ = answer.send(self.add_together(alone).await.map(|added| added[0]));
                    }
                }
            }
        }
    }

    async fn add_together(&self, prepared: Arc<Vec<Prepared>>) -> Result<Vec<Enqueued>, Error> {
        let queue = self.clone();
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let now = queue.0.clock.now();
                    let waiting =
                        prepared.iter().map(|prepared| prepared.clone().waiting(queue.next_id(), now)).collect();
                    queue.add(tx, names_of(prepared.iter()), waiting).await
                })
            })
            .await
    }

    /// Inserts `jobs` unless their unique keys are taken. `names`: theirs, of kind and queue.
    pub(crate) async fn add(
        &self,
        tx: &mut Tx,
        names: Vec<NamePair>,
        jobs: Vec<Waiting>,
    ) -> Result<Vec<Enqueued>, Error> {
        self.know_names(tx, &names).await?;
        let mut answers = Vec::with_capacity(jobs.len());
        let mut waiting = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.take_key(tx, &job).await? {
                Some(holder) => answers.push(Enqueued::Duplicate(holder)),
                None => {
                    answers.push(Enqueued::New(job.id));
                    waiting.push(job);
                }
            }
        }
        self.insert(tx, &waiting, &mut Deltas::default()).await?;
        let queue = self.clone();
        tx.after_commit(move || {
            queue.learn_names(&names);
            for (kind, _) in &names {
                let code = names::code_of(kind);
                let count = waiting.iter().filter(|job| job.kind == code).count();
                ENQUEUED.with(&[kind]).add(count as u64);
            }
            if queue.is_watched() {
                waiting.iter().for_each(|job| queue.signal(job, SignalKind::Enqueued, None));
            }
        });
        Ok(answers)
    }

    /// Inserts rows that hold their keys already, counts them together with `deltas`, and wakes workers
    /// after the commit.
    pub(crate) async fn insert(&self, tx: &mut Tx, jobs: &[Waiting], deltas: &mut Deltas) -> Result<(), store::Error> {
        for job in jobs {
            deltas.job(job, What::State(job.counted()), 1);
        }
        let deltas = std::mem::take(deltas);
        if tx.engine() == Engine::Postgres && (1..FEW).contains(&jobs.len()) {
            let rows = serde_json::to_string(&jobs.iter().map(Few).collect::<Vec<_>>()).expect("plain data");
            let changes = serde_json::to_string(&deltas.list(None)).expect("plain data");
            tx.exec(&sql::INSERT_FEW, params![rows, changes]).await?;
        } else {
            if !jobs.is_empty() {
                tx.batch(&sql::INSERT, jobs.iter().map(Waiting::values).collect()).await?;
            }
            deltas.write(tx).await?;
        }
        self.notice_after(tx, jobs);
        Ok(())
    }

    /// Takes the job's unique key; `Some`: another job holds it.
    pub(crate) async fn take_key(&self, tx: &mut Tx, job: &Waiting) -> Result<Option<JobId>, store::Error> {
        let Some(hash) = &job.uniq else { return Ok(None) };
        // The holder may end between the two looks: then the key is free, and the next try takes it.
        for _ in 0..10 {
            if tx.exec(&sql::UNIQUE_TAKE, params![hash, job.id.to_i64()]).await? == 1 {
                return Ok(None);
            }
            if let Some(holder) = tx.opt(&sql::UNIQUE_HOLDER, params![hash]).await? {
                return Ok(Some(JobId(holder.get(0)?)));
            }
        }
        Err(store::Error::Conflict)
    }

    /// Remembers names that are committed.
    pub(crate) fn learn_names(&self, names: &[NamePair]) {
        for (kind, queue) in names {
            self.0.kinds.learn(names::code_of(kind), kind);
            self.0.queue_names.learn(names::code_of(queue), queue);
        }
    }

    /// Enters names that nobody has used yet; not remembered before the commit.
    pub(crate) async fn know_names(&self, tx: &mut Tx, names: &[NamePair]) -> Result<(), store::Error> {
        for (kind, queue) in names {
            let (kind_code, queue_code) = (names::code_of(kind), names::code_of(queue));
            if self.0.kinds.known(kind_code).is_none() {
                tx.exec(&sql::KIND_ADD, params![kind_code, &**kind]).await?;
            }
            if self.0.queue_names.known(queue_code).is_none() {
                tx.exec(&sql::QUEUE_ADD, params![queue_code, &**queue]).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn next_id(&self) -> JobId {
        JobId(self.0.ids.next(self.0.clock.now()))
    }
}

/// The names of a kind and its queue.
pub(crate) type NamePair = (Cow<'static, str>, Cow<'static, str>);

/// The names of `jobs`, each pair once.
pub(crate) fn names_of<'a>(jobs: impl IntoIterator<Item = &'a Prepared>) -> Vec<NamePair> {
    let mut names: Vec<NamePair> = Vec::new();
    for job in jobs {
        if !names.iter().any(|(kind, queue)| *kind == job.kind && *queue == job.queue) {
            names.push((job.kind.clone(), job.queue.clone()));
        }
    }
    names
}
