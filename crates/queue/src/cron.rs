//! Work that comes again: entries that say what and when, kept by people or declared by the program.

mod fire;
mod schedule;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stdx::Timestamp;
use store::{Row, Tx, params};

use crate::enqueue::{Prepared, names_of};
use crate::{Enqueue, Enqueued, Error, Job, Priority, Queue, sql};

pub(crate) use fire::keep;
pub use schedule::Schedule;

/// Entries of one database.
const ENTRIES_MAX: i64 = 1_000;
/// Bytes of the parameters of one entry, as JSON.
const PARAMETERS_MAX: usize = 64 << 10;
/// Coming times that a view tells.
const UPCOMING: usize = 5;
/// How the unique key of a job begins that an entry has made and whose kind has no key of its own.
const PLANNED: &str = "cron/";

/// An entry: what is to be enqueued, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Cron {
    /// 1 to 64 of `a-z`, `0-9`, `_`, `-` and `.`.
    pub name: String,
    /// As [`Schedule::parse`] reads it.
    pub schedule: String,
    /// A name of the IANA time zone database, such as `Europe/Istanbul`.
    pub zone: String,
    pub missed: Missed,
    pub work: Work,
}

impl Cron {
    /// An entry in UTC that makes up for missed times once.
    pub fn new(name: impl Into<String>, schedule: impl Into<String>, work: Work) -> Self {
        let (name, schedule) = (name.into(), schedule.into());
        Cron { name, schedule, zone: "UTC".to_owned(), missed: Missed::Coalesce, work }
    }
}

/// What becomes of times at which nobody led, as when every process was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// One job, for the latest of them.
    Coalesce,
    /// A job for each of them, the earliest first; after 1,000 the rest is left out, which the log tells.
    CatchUp,
    /// None; the next one comes at its time. Up to a minute late is not missed.
    Skip,
}

impl Missed {
    pub const ALL: [Missed; 3] = [Missed::Coalesce, Missed::CatchUp, Missed::Skip];

    pub fn name(self) -> &'static str {
        match self {
            Missed::Coalesce => "coalesce",
            Missed::CatchUp => "catch_up",
            Missed::Skip => "skip",
        }
    }
}

impl std::str::FromStr for Missed {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Missed::ALL.into_iter().find(|missed| missed.name() == text);
        known.ok_or_else(|| value("missed", text, "coalesce, catch_up and skip"))
    }
}

/// The job that an entry enqueues each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Stands in a column of its own.
    #[serde(skip)]
    pub kind: String,
    pub queue: String,
    pub priority: Priority,
    pub attempts_max: u32,
    pub parameters: Json,
    /// The kind's own unique key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uniq: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group_key: Option<String>,
}

impl Work {
    /// `job`, as its kind says.
    pub fn of<J: Job>(job: &J) -> Result<Work, Error> {
        let prepared = Prepared::new(job, Enqueue::default())?;
        Ok(Work {
            kind: J::KIND.to_owned(),
            queue: J::QUEUE.to_owned(),
            priority: J::PRIORITY,
            attempts_max: J::ATTEMPTS_MAX,
            parameters: serde_json::to_value(job).map_err(|source| Error::Encode { kind: J::KIND, source })?,
            uniq: prepared.uniq,
            group_key: prepared.group_key,
        })
    }

    /// A job of a kind that is known by its name only: normal priority, 3 attempts, without keys.
    pub fn named(kind: impl Into<String>, parameters: Json) -> Work {
        Work {
            kind: kind.into(),
            queue: "default".to_owned(),
            priority: Priority::Normal,
            attempts_max: 3,
            parameters,
            uniq: None,
            group_key: None,
        }
    }

    pub fn with_queue(self, queue: impl Into<String>) -> Work {
        Work { queue: queue.into(), ..self }
    }

    pub fn with_priority(self, priority: Priority) -> Work {
        Work { priority, ..self }
    }

    fn read(kind: String, text: &str) -> Result<Work, serde_json::Error> {
        Ok(Work { kind, ..serde_json::from_str(text)? })
    }

    fn written(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// The job for the time `at`. The key of a kind without one names entry and time, so that the job
    /// knows for when it was meant whatever becomes of it.
    fn prepared(&self, name: &str, at: Timestamp) -> Prepared {
        let uniq = self.uniq.clone().unwrap_or_else(|| format!("{PLANNED}{name}@{}", at.micros()));
        Prepared {
            kind: self.kind.clone().into(),
            queue: self.queue.clone().into(),
            body: self.parameters.to_string(),
            uniq: Some(uniq),
            group_key: self.group_key.clone(),
            priority: self.priority as i64,
            attempts_max: i64::from(self.attempts_max),
            run_at: Some(at),
        }
    }
}

/// The time that a job's unique key names, if an entry has made it.
pub(crate) fn planned_at(uniq: Option<&str>) -> Option<Timestamp> {
    let (_, at) = uniq?.strip_prefix(PLANNED)?.rsplit_once('@')?;
    at.parse().ok().map(Timestamp::from_micros)
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CronView {
    pub name: String,
    pub schedule: String,
    pub zone: String,
    pub missed: Missed,
    pub paused: bool,
    /// Why it cannot go on as it stands; it is paused then.
    pub problem: Option<String>,
    pub kind: String,
    pub queue: String,
    pub priority: Priority,
    pub attempts_max: u32,
    pub parameters: Json,
    /// The coming times, five at most; none while it is paused.
    pub next: Vec<Timestamp>,
    /// The last time for which a job was enqueued.
    pub last_at: Option<Timestamp>,
}

/// A row of `cron`.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    schedule: String,
    zone: String,
    missed: Missed,
    next_at: Timestamp,
    last_at: Option<Timestamp>,
    paused: bool,
    kind: String,
    job: String,
}

impl Entry {
    /// Of the columns in the order of `sql::CRON_GET`.
    fn read(row: &Row) -> Result<Entry, store::Error> {
        Ok(Entry {
            name: row.get(0)?,
            schedule: row.get(1)?,
            zone: row.get(2)?,
            // The table refuses any other word.
            missed: row.text(3)?.parse().unwrap_or(Missed::Coalesce),
            next_at: row.get(4)?,
            last_at: row.get(5)?,
            paused: row.get::<i64>(6)? != 0,
            kind: row.get(7)?,
            job: row.get(8)?,
        })
    }

    /// What the row means, or why nobody can tell.
    fn understood(&self) -> Result<(Schedule, Work), String> {
        let schedule = Schedule::parse(&self.schedule, &self.zone).map_err(|error| error.to_string())?;
        let work = Work::read(self.kind.clone(), &self.job);
        Ok((schedule, work.map_err(|error| format!("the job of the entry cannot be read: {error}"))?))
    }

    fn view(self, now: Timestamp) -> CronView {
        let (next, work, mut problem) = match self.understood() {
            Ok((schedule, work)) => {
                let mut next = vec![self.next_at];
                next.extend(schedule.upcoming(self.next_at, UPCOMING - 1));
                let ended = self.paused && schedule.next(now).is_none();
                (next, work, ended.then(|| fire::ENDED.to_owned()))
            }
            Err(reason) => (Vec::new(), Work::named(self.kind, Json::Null), Some(reason)),
        };
        problem.take_if(|_| !self.paused && !next.is_empty());
        CronView {
            name: self.name,
            schedule: self.schedule,
            zone: self.zone,
            missed: self.missed,
            paused: self.paused,
            problem,
            kind: work.kind,
            queue: work.queue,
            priority: work.priority,
            attempts_max: work.attempts_max,
            parameters: work.parameters,
            next: if self.paused { Vec::new() } else { next },
            last_at: self.last_at,
        }
    }
}

impl Queue {
    /// Adds an entry.
    ///
    /// # Errors
    /// [`Error::ScheduleExists`]; [`Error::Schedule`] for a schedule or zone that cannot be read or never
    /// comes; [`Error::Value`] for anything else that cannot be.
    pub async fn schedule(&self, cron: &Cron) -> Result<(), Error> {
        self.put(cron, Put::New).await
    }

    /// Changes an entry to what `cron` says. It stays paused if it is; its next time stays while schedule
    /// and zone do.
    ///
    /// # Errors
    /// [`Error::NoSchedule`], and as for [`schedule`](Queue::schedule).
    pub async fn reschedule(&self, cron: &Cron) -> Result<(), Error> {
        self.put(cron, Put::Change).await
    }

    /// Declares an entry of the program's own, at each start: added, or changed to what `cron` says. A
    /// person's pause survives, and so do times that were missed.
    ///
    /// # Errors
    /// As for [`schedule`](Queue::schedule).
    pub async fn ensure_schedule(&self, cron: &Cron) -> Result<(), Error> {
        self.put(cron, Put::Either).await
    }

    async fn put(&self, cron: &Cron, how: Put) -> Result<(), Error> {
        check(cron)?;
        let schedule = Schedule::parse(&cron.schedule, &cron.zone)?;
        let next_at = schedule.next(self.0.clock.now()).ok_or_else(|| schedule.never(&cron.schedule))?;
        let cron = cron.clone();
        self.change(move |tx| Box::pin(async move { put_in(tx, &cron, next_at, how).await })).await
    }

    /// Removes an entry. Jobs that it has enqueued stay.
    ///
    /// # Errors
    /// [`Error::NoSchedule`]
    pub async fn unschedule(&self, name: &str) -> Result<(), Error> {
        let name = name.to_owned();
        self.change(move |tx| {
            Box::pin(async move {
                let gone = tx.exec(&sql::CRON_DROP, params![name]).await?;
                if gone == 1 { Ok(()) } else { Err(Error::NoSchedule(name)) }
            })
        })
        .await
    }

    /// Stops an entry until it is resumed. What would have come meanwhile is not missed.
    ///
    /// # Errors
    /// [`Error::NoSchedule`]
    pub async fn pause(&self, name: &str) -> Result<(), Error> {
        let name = name.to_owned();
        self.change(move |tx| {
            Box::pin(async move {
                let found = tx.exec(&sql::CRON_PAUSE, params![name]).await?;
                if found == 1 { Ok(()) } else { Err(Error::NoSchedule(name)) }
            })
        })
        .await
    }

    /// Lets a paused entry go on with its next time from now; one that is not paused is left alone.
    ///
    /// # Errors
    /// [`Error::NoSchedule`]; [`Error::Schedule`] when it cannot go on as it stands.
    pub async fn resume(&self, name: &str) -> Result<(), Error> {
        let (name, now) = (name.to_owned(), self.0.clock.now());
        self.change(move |tx| {
            Box::pin(async move {
                let entry = get_in(tx, &name).await?;
                if !entry.paused {
                    return Ok(());
                }
                let (schedule, _) =
                    entry.understood().map_err(|reason| Error::Schedule { text: entry.schedule.clone(), reason })?;
                let next_at = schedule.next(now).ok_or_else(|| schedule.never(&entry.schedule))?;
                tx.exec(&sql::CRON_RESUME, params![name, next_at]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Enqueues an entry's job now, besides its times and whether it is paused or not.
    ///
    /// # Errors
    /// [`Error::NoSchedule`]; [`Error::Schedule`] when the job cannot be read.
    pub async fn run_now(&self, name: &str) -> Result<Enqueued, Error> {
        let (name, queue) = (name.to_owned(), self.clone());
        self.change(move |tx| {
            Box::pin(async move {
                let entry = get_in(tx, &name).await?;
                let work = Work::read(entry.kind.clone(), &entry.job)
                    .map_err(|error| Error::Schedule { text: entry.schedule.clone(), reason: error.to_string() })?;
                let now = queue.0.clock.now();
                let prepared = work.prepared(&name, now);
                let names = names_of([&prepared]);
                Ok(queue.add(tx, names, vec![prepared.waiting(queue.next_id(), now)]).await?[0])
            })
        })
        .await
    }

    /// All entries, by name.
    pub async fn schedules(&self) -> Result<Vec<CronView>, Error> {
        let now = self.0.clock.now();
        let rows = self.0.store.read_fresh().all(&sql::CRON_LIST, params![ENTRIES_MAX]).await?;
        rows.iter().map(|row| Ok(Entry::read(row)?.view(now))).collect()
    }

    /// # Errors
    /// [`Error::NoSchedule`]
    pub async fn schedule_named(&self, name: &str) -> Result<CronView, Error> {
        let row = self.0.store.read_fresh().opt(&sql::CRON_GET, params![name]).await?;
        let row = row.ok_or_else(|| Error::NoSchedule(name.to_owned()))?;
        Ok(Entry::read(&row)?.view(self.0.clock.now()))
    }

    /// Writes, and has the leader look at its times again.
    async fn change<T, F>(&self, f: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> store::BoxFuture<'t, Result<T, Error>> + Clone + Send + 'static,
        T: Send + 'static,
    {
        let done = self.0.store.write(f).await?;
        self.0.cron_changed.notify_one();
        Ok(done)
    }
}

/// Whether an entry may, or must, be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    New,
    Change,
    Either,
}

async fn put_in(tx: &mut Tx, cron: &Cron, next_at: Timestamp, how: Put) -> Result<(), Error> {
    let Cron { name, schedule, zone, missed, work } = cron;
    let (missed, kind, job) = (missed.name(), &work.kind, work.written());
    if how != Put::Change {
        let values = params![name, schedule, zone, missed, next_at, kind, job];
        if tx.exec(&sql::CRON_ADD, values).await? == 1 {
            let count: i64 = tx.one(&sql::CRON_COUNT, params![]).await?.get(0)?;
            let fits = count <= ENTRIES_MAX;
            return if fits { Ok(()) } else { Err(value("the number of schedules", &count.to_string(), "0 to 1000")) };
        }
        if how == Put::New {
            return Err(Error::ScheduleExists(name.clone()));
        }
    }
    let old = get_in(tx, name).await?;
    let same = (&old.schedule, &old.zone) == (schedule, zone);
    let next_at = if same { old.next_at } else { next_at };
    // What stopped of itself goes on with what is sound now; a person's pause stays.
    let paused = old.paused && old.understood().is_ok();
    tx.exec(&sql::CRON_SET, params![name, schedule, zone, missed, next_at, kind, job, paused]).await?;
    Ok(())
}

async fn get_in(tx: &mut Tx, name: &str) -> Result<Entry, Error> {
    let row = tx.opt(&sql::CRON_HOLD, params![name]).await?;
    Ok(Entry::read(&row.ok_or_else(|| Error::NoSchedule(name.to_owned()))?)?)
}

fn check(cron: &Cron) -> Result<(), Error> {
    const NAME: &str = "1 to 64 of a-z, 0-9, _, - and .";
    let is_name = |text: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
        (1..=64).contains(&text.len()) && text.bytes().all(fits)
    };
    let work = &cron.work;
    for (what, text) in
        [("a schedule's name", &cron.name), ("a job's kind", &work.kind), ("a queue's name", &work.queue)]
    {
        if !is_name(text) {
            return Err(value(what, text, NAME));
        }
    }
    if !(1..=1_000).contains(&work.attempts_max) {
        return Err(value("attempts_max", &work.attempts_max.to_string(), "1 to 1000"));
    }
    let bytes = work.parameters.to_string().len();
    if bytes > PARAMETERS_MAX {
        return Err(value("the parameters' size", &bytes.to_string(), "0 to 65536 bytes"));
    }
    Ok(())
}

fn value(what: &'static str, value: &str, known: &'static str) -> Error {
    Error::Value { what, value: value.chars().take(100).collect(), known }
}

#[cfg(test)]
mod tests;
