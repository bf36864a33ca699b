//! Everything that the queue reads and another release, process or person may have written, behind one door
//! for whoever tries bad input on it.

use serde::Serialize;
use stdx::Timestamp;

use crate::due::Due;
use crate::durations::{DurationView, Durations};
use crate::view::Signal;
use crate::waiting::{pack, unpack};
use crate::{JobId, wire};

/// What a text was taken for.
#[derive(Debug, Serialize)]
pub struct Decoded {
    /// Jobs, if it is a lease.
    pub jobs: Option<usize>,
    /// Whether those jobs are the same after being written and read again.
    pub is_faithful: bool,
    /// Members, if it is an acknowledgement.
    pub members: Option<usize>,
    /// Runs of a kind, if there are any in it.
    pub durations: Option<DurationView>,
    /// Places where work stands, and what happened to jobs, if it is a message of another process.
    pub heads: usize,
    pub signals: usize,
    pub cancels: bool,
}

/// Reads `bytes` as everything that the queue reads. Never fails: what cannot be read is nothing.
pub fn decode(bytes: &[u8]) -> Decoded {
    let text = String::from_utf8_lossy(bytes);
    let jobs = unpack(&text).ok();
    let is_faithful = jobs.as_ref().is_none_or(|jobs| unpack(&pack(jobs)).is_ok_and(|again| again == *jobs));
    let mut durations = Durations::default();
    durations.learn(0, &text);
    // A deadline is made of them too.
    durations.deadline(0);
    let now = Timestamp::from_seconds(1_700_000_000);
    let mut due = Due::default();
    let heads: Vec<_> = text.split(' ').filter_map(wire::read_head).collect();
    for (pair, at) in &heads {
        due.hint(*pair, *at, now);
    }
    due.starts(64, now, |_| true);
    let _ = due.next().map(|at| at.since(now));
    Decoded {
        jobs: jobs.map(|jobs| jobs.len()),
        is_faithful,
        members: serde_json::from_str::<Vec<i64>>(&text).ok().map(|ids| ids.len()),
        durations: durations.view(0),
        heads: heads.len(),
        signals: text.lines().filter(|line| serde_json::from_str::<Signal>(line).is_ok()).count(),
        cancels: text.parse::<JobId>().is_ok(),
    }
}
