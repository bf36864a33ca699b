//! Counts that are kept up with every change, in its own transaction, so that nobody counts rows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use store::{Tx, Value, params};

use crate::waiting::Waiting;
use crate::{State, sql};

/// What a sum counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Jobs that stand in a state.
    State(State),
    /// Runs that failed, the last ones of dead jobs included.
    Failures,
    /// Time of all ended runs, in microseconds.
    RanUs,
    /// Ended runs.
    Runs,
}

impl What {
    fn code(self) -> i64 {
        match self {
            What::State(state) => State::ALL.iter().position(|s| *s == state).map_or(0, |i| i as i64 + 1),
            What::Failures => 20,
            What::RanUs => 21,
            What::Runs => 22,
        }
    }

    pub fn from_code(code: i64) -> Option<What> {
        match code {
            20 => Some(What::Failures),
            21 => Some(What::RanUs),
            22 => Some(What::Runs),
            _ => State::ALL.get(usize::try_from(code - 1).ok()?).copied().map(What::State),
        }
    }
}

/// Changes of one transaction. On PostgreSQL they are new rows that the leader adds up later:
/// transactions that change the same sum do not wait for one another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deltas(BTreeMap<(i64, i64, i64, i64), i64>);

impl Deltas {
    pub fn job(&mut self, job: &Waiting, what: What, n: i64) {
        *self.0.entry((job.queue, job.priority, job.kind, what.code())).or_default() += n;
    }

    /// A run of the job has ended.
    pub fn ran(&mut self, job: &Waiting, time: Duration) {
        self.job(job, What::State(State::Running), -1);
        self.job(job, What::Runs, 1);
        self.job(job, What::RanUs, i64::try_from(time.as_micros()).unwrap_or(i64::MAX));
    }

    /// As a list for statements that write them on the way; `lease`: the lease they depend on.
    pub fn list(&self, lease: Option<i64>) -> Vec<Json> {
        let changes = self.0.iter().filter(|(_, n)| **n != 0);
        changes
            .map(|((queue, priority, kind, what), n)| {
                let mut change = json!({ "q": queue, "p": priority, "k": kind, "w": what, "n": n });
                if let Some(lease) = lease {
                    change["l"] = lease.into();
                }
                change
            })
            .collect()
    }

    pub async fn write(self, tx: &mut Tx) -> Result<(), store::Error> {
        let rows: Vec<Vec<Value>> = self
            .0
            .into_iter()
            .filter(|(_, n)| *n != 0)
            .map(|((queue, priority, kind, what), n)| params![queue, priority, kind, what, n])
            .collect();
        match rows.len() {
            0 => Ok(()),
            _ => tx.batch(&sql::STAT_ADD, rows).await.map(|_| ()),
        }
    }
}
