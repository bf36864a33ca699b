//! What may be due, as far as this process knows: fed by its own commits, by other processes' messages
//! and by a look at the table now and then.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use stdx::{Id, Timestamp};

use crate::Priority;
use crate::waiting::Waiting;

/// A queue's code and a priority.
pub(crate) type Pair = (i64, i64);

/// Where the next claim of a pair starts: everything up to here has been taken or seen as gone. Without
/// it every claim would pass the remains of all jobs that were taken since the last vacuum.
pub(crate) type Floor = (Timestamp, i64);

pub(crate) const BOTTOM: Floor = (Timestamp::from_micros(i64::MIN), i64::MIN);
/// Until a due job that was not to be had is looked for again.
const AGAIN: Duration = Duration::from_millis(2);
/// Runs that a worker may have before it, when they are quick: 200 ms of work, at most 256 jobs.
const BATCH_S: f64 = 0.2;
const BATCH_MAX: f64 = 256.0;

#[derive(Debug, Default)]
pub(crate) struct Due {
    heads: HashMap<Pair, Head>,
    /// Pairs that may be due now, by class, the longest unserved first.
    ready: HashMap<i64, VecDeque<i64>>,
    is_ready: HashSet<Pair>,
    /// Those that stand in a ring, ready or not any more.
    in_ring: HashSet<Pair>,
    /// Pairs whose head is due later.
    later: BTreeSet<(Timestamp, Pair)>,
    /// By class: the longest that a pair's jobs take, as of the last look.
    slowest: HashMap<i64, f64>,
    /// By class: when the job that was taken last had been due.
    newest: HashMap<i64, Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    /// When the first job may be due.
    at: Timestamp,
    floor: Floor,
    /// Grows with each message, so that a claim knows whether it has seen the newest.
    hints: u64,
    /// The lowest place that was named since the newest claim started, and how many messages it knew of. A claim
    /// that work arrives beside still moves the floor up to there: under load work always arrives beside.
    heard: Option<Floor>,
    heard_from: u64,
    /// Time that one of its jobs takes, in seconds: quick to rise, slow to fall. `None`: not known.
    run_s: Option<f64>,
    /// The same over a long time.
    usual_s: Option<f64>,
}

impl Default for Head {
    fn default() -> Self {
        Head {
            at: Timestamp::from_micros(i64::MAX),
            floor: BOTTOM,
            hints: 0,
            heard: None,
            heard_from: 0,
            run_s: None,
            usual_s: None,
        }
    }
}

/// A pair as a claim takes it up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub pair: Pair,
    pub at: Timestamp,
    pub floor: Floor,
    pub hints: u64,
}

impl Due {
    /// There is a job at `run_at`.
    pub fn hint(&mut self, pair: Pair, run_at: Timestamp, now: Timestamp) {
        let head = self.heads.entry(pair).or_default();
        // Before every job of that microsecond.
        head.hear((run_at, i64::MIN));
        let at = head.at.min(run_at);
        self.place(pair, at, now);
    }

    /// Anything may have been missed in the last `span`.
    pub fn doubt(&mut self, pairs: impl IntoIterator<Item = Pair>, span: Option<Duration>, now: Timestamp) {
        let floor = span.map_or(BOTTOM, |span| (now - span, i64::MIN));
        for pair in pairs {
            self.heads.entry(pair).or_default().hear(floor);
            self.place(pair, Timestamp::EPOCH, now);
        }
    }

    pub fn known(&self) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = self.heads.keys().copied().collect();
        pairs.sort_unstable();
        pairs
    }

    /// The pairs to look at next: of every class that waits, at most `max` in all. `usable` says which may
    /// be served at all.
    pub fn starts(&mut self, max: usize, now: Timestamp, usable: impl Fn(i64) -> bool) -> Vec<Start> {
        while let Some((at, pair)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
            self.later.remove(&(at, pair));
            self.make_ready(pair);
        }
        let classes: Vec<i64> = (1..=4).filter(|p| self.ready.get(p).is_some_and(|ring| !ring.is_empty())).collect();
        let each = (max / classes.len().max(1)).max(1);
        let mut starts = Vec::new();
        for class in classes {
            let ring = self.ready.entry(class).or_default();
            let mut taken = 0;
            // As long as it is now: it gets shorter on the way.
            for _ in 0..ring.len().min(each.max(64)) {
                let Some(queue) = ring.pop_front() else { break };
                if !self.is_ready.contains(&(queue, class)) {
                    self.in_ring.remove(&(queue, class));
                    continue;
                }
                ring.push_back(queue);
                if !usable(queue) {
                    continue;
                }
                let head = self.heads.entry((queue, class)).or_default();
                (head.heard, head.heard_from) = (None, head.hints);
                starts.push(Start { pair: (queue, class), at: head.at, floor: head.floor, hints: head.hints });
                taken += 1;
                if taken == each {
                    break;
                }
            }
        }
        starts
    }

    /// What a claim saw: up to `floor` everything is gone. `next` is the time of the first job behind it
    /// when that was looked at; otherwise there may be more.
    pub fn seen(&mut self, start: &Start, floor: Option<Floor>, now: Timestamp) {
        let head = self.heads.entry(start.pair).or_default();
        if head.heard_from != start.hints {
            return;
        }
        if let Some(floor) = floor.map(|floor| head.heard.map_or(floor, |heard| floor.min(heard))) {
            head.floor = head.floor.max(floor);
            head.at = head.at.max(floor.0);
        }
        let at = head.at.min(now);
        self.place(start.pair, at, now);
    }

    /// The pair's head was looked at: nothing stands before `next`; `None`: nothing at all.
    pub fn looked(&mut self, start: &Start, next: Option<Timestamp>, now: Timestamp) {
        let head = self.heads.entry(start.pair).or_default();
        if head.hints == start.hints {
            head.floor = head.floor.max((next.unwrap_or(now).min(now), i64::MIN));
            // Due and yet not claimed: another process holds it at this moment, or it came due since. Not worth
            // asking again at once.
            let next = next.map_or(Timestamp::from_micros(i64::MAX), |at| if at > now { at } else { now + AGAIN });
            self.place(start.pair, next, now);
        }
    }

    /// Something was said of the pair since `start`: it is looked at anyway.
    pub fn has_news(&self, start: &Start) -> bool {
        self.heads.get(&start.pair).is_some_and(|head| head.hints != start.hints)
    }

    /// The pair must not be served before `at`, whatever stands there.
    pub fn put_off(&mut self, pair: Pair, at: Timestamp, now: Timestamp) {
        self.place(pair, at, now);
    }

    /// A claim went wrong: what it had taken may stand there again.
    pub fn failed(&mut self, starts: &[Start], now: Timestamp) {
        for start in starts {
            let head = self.heads.entry(start.pair).or_default();
            head.floor = head.floor.min(start.floor);
            self.place(start.pair, start.at, now);
        }
    }

    /// When the next pair that is not ready may be due.
    pub fn next(&self) -> Option<Timestamp> {
        self.later.first().map(|(at, _)| *at)
    }

    pub fn ran(&mut self, pair: Pair, seconds: f64) {
        let head = self.heads.entry(pair).or_default();
        head.run_s = Some(match head.run_s {
            Some(known) if seconds <= known => known + 0.1 * (seconds - known),
            _ => seconds,
        });
        head.usual_s = Some(head.usual_s.map_or(seconds, |known| known + 0.001 * (seconds - known)));
    }

    /// Jobs were taken: what is due now waits less long than they did.
    pub fn claimed(&mut self, jobs: &[Waiting]) {
        for job in jobs {
            self.newest.insert(job.priority, job.run_at);
        }
    }

    /// How long the oldest job of a class waits, and how much longer its jobs run than they used to.
    pub fn pressure(&mut self, class: i64, now: Timestamp) -> (Duration, f64) {
        let runs = self.heads.iter().filter(|((_, priority), _)| *priority == class).filter_map(|(_, head)| head.run_s);
        if let Some(slowest) = runs.reduce(f64::max) {
            self.slowest.insert(class, slowest);
        }
        let waits = self.is_ready.iter().any(|(_, priority)| *priority == class);
        let wait = self.newest.get(&class).filter(|_| waits).map_or(Duration::ZERO, |at| now.since(*at));
        let slowdown = self
            .heads
            .iter()
            .filter(|((_, priority), _)| *priority == class)
            .filter_map(|(_, head)| Some(head.run_s? / head.usual_s?))
            .fold(1.0, f64::max);
        (wait, slowdown)
    }

    /// The part of a worker's batch that a job of the pair takes.
    pub fn cost(&self, pair: Pair) -> f64 {
        // A pair that has not run here yet is taken for the slowest of its class: a batch of slow jobs must
        // not be parked on one process for being unknown.
        let run_s = self.heads.get(&pair).and_then(|head| head.run_s).or_else(|| self.slowest.get(&pair.1).copied());
        run_s.map_or(1.0, |run_s| (run_s / BATCH_S).clamp(1.0 / BATCH_MAX, 1.0))
    }

    fn place(&mut self, pair: Pair, at: Timestamp, now: Timestamp) {
        let head = self.heads.entry(pair).or_default();
        let before = std::mem::replace(&mut head.at, at);
        if at <= now {
            self.later.remove(&(before, pair));
            self.make_ready(pair);
            return;
        }
        self.is_ready.remove(&pair);
        self.later.remove(&(before, pair));
        if at != Timestamp::from_micros(i64::MAX) {
            self.later.insert((at, pair));
        }
    }

    fn make_ready(&mut self, pair: Pair) {
        self.is_ready.insert(pair);
        if self.in_ring.insert(pair) {
            self.ready.entry(pair.1).or_default().push_back(pair.0);
        }
    }
}

impl Head {
    /// There may be something at `place`.
    fn hear(&mut self, place: Floor) {
        self.hints += 1;
        self.floor = self.floor.min(place);
        self.heard = Some(self.heard.map_or(place, |heard| heard.min(place)));
    }
}

/// How long the head of a class may wait before it is late.
pub(crate) fn slack(class: i64) -> Duration {
    match Priority::from_code(class) {
        Priority::Critical => Duration::ZERO,
        Priority::High => Duration::from_secs(2),
        Priority::Normal => Duration::from_secs(30),
        Priority::Low => Duration::from_secs(300),
    }
}

/// The floor that a claimed row leaves.
pub(crate) fn above(run_at: Timestamp, id: Id) -> Floor {
    (run_at, id.to_i64())
}

#[cfg(test)]
mod tests;
