//! What really stands in the tables.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{Debug, Write as _};

use store::{Row, Store, params};

use crate::State;
use crate::stat::What;
use crate::waiting::{Waiting, unpack};

store::sql! { JOBS = "test.jobs",
        "SELECT run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error FROM job";
    LEASES = "test.leases", "SELECT lease_id, node, jobs FROM job_lease";
    ACKS = "test.acks", "SELECT lease_id, ids FROM job_ack";
    DONE = "test.done", "SELECT id, outcome, attempt FROM job_done";
    DEAD = "test.dead", "SELECT id, reason, attempt, died_at FROM job_dead";
    UNIQUE = "test.unique", "SELECT hash, job_id FROM job_unique";
    GROUPS = "test.groups", "SELECT group_key, running FROM job_group";
    PARKED = "test.parked", "SELECT id, job FROM job_parked";
    BLOCKED = "test.blocked", "SELECT id, pending, job FROM job_blocked";
}

/// Every table of jobs, by job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    pub waiting: BTreeMap<i64, Waiting>,
    pub parked: BTreeMap<i64, Waiting>,
    /// With the number of jobs that each waits for.
    pub blocked: BTreeMap<i64, (i64, Waiting)>,
    /// Members that are not acknowledged, with their lease.
    pub leased: BTreeMap<i64, (i64, Waiting)>,
    /// Leases with their nodes.
    pub leases: BTreeMap<i64, i64>,
    /// Outcome and attempt.
    pub done: BTreeMap<i64, (i64, i64)>,
    /// Reason, attempt and time.
    pub dead: BTreeMap<i64, (String, i64, i64)>,
    pub unique: BTreeMap<String, i64>,
    /// Places in use.
    pub groups: BTreeMap<String, i64>,
    /// By queue, priority and kind.
    pub counts: BTreeMap<(i64, i64, i64, State), i64>,
}

impl Tables {
    /// One state of the database.
    ///
    /// # Errors
    /// A job stands in two places, or twice in one.
    pub async fn read(store: &Store) -> Result<Tables, String> {
        let rows = store.snapshot(|conn| {
            Box::pin(async move {
                let mut all = Vec::new();
                let statements =
                    [&JOBS, &LEASES, &ACKS, &DONE, &DEAD, &UNIQUE, &GROUPS, &PARKED, &BLOCKED, &crate::sql::STAT_SUM];
                for statement in statements {
                    all.push(conn.all(statement, params![]).await?);
                }
                Ok::<_, store::Error>(all)
            })
        });
        let rows = rows.await.map_err(|error| format!("reading the tables: {error:?}"))?;
        let mut tables = Tables::default();
        tables.take(&rows).map_err(|error| format!("reading a row: {error:?}"))?;
        let mut seen = HashSet::new();
        let places = tables.waiting.keys().chain(tables.parked.keys()).chain(tables.blocked.keys());
        for id in places.chain(tables.leased.keys()).chain(tables.done.keys()).chain(tables.dead.keys()) {
            if !seen.insert(*id) {
                return Err(format!("job {id} stands in two tables"));
            }
        }
        let held: usize = rows[3].len() + rows[0].len();
        if held != tables.done.len() + tables.waiting.len() {
            return Err("a job stands twice in the history or among the waiting".to_owned());
        }
        Ok(tables)
    }

    fn take(&mut self, rows: &[Vec<Row>]) -> Result<(), store::Error> {
        let one = |text: &str| unpack(text).expect("the queue wrote it").remove(0);
        for row in &rows[0] {
            let job = Waiting::read(row)?;
            self.waiting.insert(job.id.to_i64(), job);
        }
        let mut acked: HashSet<(i64, i64)> = HashSet::new();
        for row in &rows[2] {
            let lease: i64 = row.get(0)?;
            let ids: Vec<i64> = serde_json::from_str(row.text(1)?).expect("a list of ids");
            acked.extend(ids.into_iter().map(|id| (lease, id)));
        }
        for row in &rows[1] {
            let lease: i64 = row.get(0)?;
            self.leases.insert(lease, row.get(1)?);
            for job in unpack(row.text(2)?).expect("the queue wrote it") {
                if !acked.contains(&(lease, job.id.to_i64())) {
                    self.leased.insert(job.id.to_i64(), (lease, job));
                }
            }
        }
        for row in &rows[3] {
            self.done.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
        }
        for row in &rows[4] {
            self.dead.insert(row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?));
        }
        for row in &rows[5] {
            self.unique.insert(row.get(0)?, row.get(1)?);
        }
        for row in &rows[6] {
            self.groups.insert(row.get(0)?, row.get(1)?);
        }
        for row in &rows[7] {
            self.parked.insert(row.get(0)?, one(row.text(1)?));
        }
        for row in &rows[8] {
            self.blocked.insert(row.get(0)?, (row.get(1)?, one(row.text(2)?)));
        }
        for row in &rows[9] {
            let n: i64 = row.get(4)?;
            if let (Some(What::State(state)), true) = (What::from_code(row.get(3)?), n != 0) {
                self.counts.insert((row.get(0)?, row.get(1)?, row.get(2)?, state), n);
            }
        }
        Ok(())
    }

    /// What stands here and not in `wanted`, and the other way round; empty when both are the same. A key
    /// without a running job may have a row or none.
    pub fn differences(&self, wanted: &Tables) -> String {
        let Tables { waiting, parked, blocked, leased, leases, done, dead, unique, groups, counts } = self;
        let mut text = String::new();
        compare(&mut text, "waiting", waiting, &wanted.waiting);
        compare(&mut text, "parked", parked, &wanted.parked);
        compare(&mut text, "blocked", blocked, &wanted.blocked);
        compare(&mut text, "leased", leased, &wanted.leased);
        compare(&mut text, "lease", leases, &wanted.leases);
        compare(&mut text, "done", done, &wanted.done);
        compare(&mut text, "dead", dead, &wanted.dead);
        compare(&mut text, "unique key", unique, &wanted.unique);
        let used = groups.iter().filter(|(_, n)| **n > 0).map(|(key, n)| (key.clone(), *n)).collect();
        compare(&mut text, "places of group", &used, &wanted.groups);
        compare(&mut text, "count of", counts, &wanted.counts);
        text
    }
}

/// The ids of the parked jobs.
pub async fn parked(store: &Store) -> Result<Vec<i64>, String> {
    let rows = store.read_fresh().all(&PARKED, params![]).await;
    let ids = rows.and_then(|rows| rows.iter().map(|row| row.get(0)).collect());
    ids.map_err(|error| format!("reading the parked jobs: {error:?}"))
}

fn compare<K: Ord + Debug, V: PartialEq + Debug>(
    text: &mut String,
    what: &str,
    found: &BTreeMap<K, V>,
    wanted: &BTreeMap<K, V>,
) {
    for (key, value) in found {
        if wanted.get(key) != Some(value) {
            let _ = writeln!(text, "{what} {key:?} is {value:?}, not {:?}", wanted.get(key));
        }
    }
    for (key, value) in wanted.iter().filter(|(key, _)| !found.contains_key(key)) {
        let _ = writeln!(text, "{what} {key:?} is missing: {value:?}");
    }
}
