//! Slow statements: what was slow, for how long and by which plan, without the values.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use stdx::metric::Counter;
use stdx::{Clock, Timestamp};
use tokio::sync::mpsc;

use crate::Engine;
use crate::statement::Ready;

pub(crate) static SLOW: Counter = Counter::new();

/// Statements that are kept.
const KEPT: usize = 100;
/// A statement is planned at most once in this time.
const PLAN_EVERY: Duration = Duration::from_secs(60);
/// Plans that wait to be made.
const PLANS_WAITING: usize = 16;

/// A statement that took longer than `slow_ms`.
#[derive(Clone, Debug, Serialize)]
pub struct SlowStatement {
    pub name: &'static str,
    /// When it ended.
    pub at: Timestamp,
    /// Without the wait for a connection.
    pub seconds: f64,
    /// Rows that it answered or changed; 0 if it failed.
    pub rows: u64,
    pub engine: Engine,
    pub failed: bool,
    /// How the engine runs it for parameters that it does not know, one line per step; made afterwards, at most
    /// once a minute for each statement. Empty until then.
    pub plan: Vec<String>,
}

pub(crate) struct SlowLog {
    /// `None` logs nothing.
    limit: Option<Duration>,
    engine: Engine,
    clock: Option<Clock>,
    state: Mutex<State>,
    plans: Option<mpsc::Sender<Arc<Ready>>>,
}

#[derive(Default)]
struct State {
    kept: VecDeque<SlowStatement>,
    /// As many as there are statements in the source.
    plans: HashMap<&'static str, Plan>,
}

struct Plan {
    asked_at: Instant,
    lines: Vec<String>,
}

impl SlowLog {
    /// The log, and what it wants planned.
    pub fn new(slow_ms: u64, engine: Engine, clock: Clock) -> (Self, mpsc::Receiver<Arc<Ready>>) {
        let (plans, wanted) = mpsc::channel(PLANS_WAITING);
        let limit = (slow_ms > 0).then(|| Duration::from_millis(slow_ms));
        let log = SlowLog { limit, engine, clock: Some(clock), state: Mutex::default(), plans: Some(plans) };
        (log, wanted)
    }

    /// Logs nothing.
    pub fn off() -> Self {
        SlowLog { limit: None, engine: Engine::Sqlite, clock: None, state: Mutex::default(), plans: None }
    }

    /// Notes that `statement` took `time`; `rows` is `None` if it failed.
    pub fn note(&self, statement: &Arc<Ready>, time: Duration, rows: Option<u64>) {
        if self.limit.is_some_and(|limit| time >= limit) {
            self.keep(statement, time, rows);
        }
    }

    /// The last ones, the newest first.
    pub fn list(&self) -> Vec<SlowStatement> {
        let state = self.lock();
        let with_plan = |slow: &SlowStatement| {
            let plan = state.plans.get(slow.name).map(|plan| plan.lines.clone()).unwrap_or_default();
            SlowStatement { plan, ..slow.clone() }
        };
        state.kept.iter().rev().map(with_plan).collect()
    }

    pub fn planned(&self, name: &'static str, lines: Vec<String>) {
        tracing::warn!(
            statement = name,
            engine = self.engine.name(),
            plan = lines.join("\n"),
            "plan of a slow statement"
        );
        if let Some(plan) = self.lock().plans.get_mut(name) {
            plan.lines = lines;
        }
    }

    #[cold]
    fn keep(&self, statement: &Arc<Ready>, time: Duration, rows: Option<u64>) {
        let (Some(clock), Some(plans)) = (&self.clock, &self.plans) else { return };
        let (name, engine) = (statement.name, self.engine);
        let (seconds, failed, rows) = (time.as_secs_f64(), rows.is_none(), rows.unwrap_or(0));
        SLOW.inc();
        tracing::warn!(
            statement = name,
            engine = engine.name(),
            duration_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            rows,
            failed,
            "slow statement"
        );
        let mut state = self.lock();
        if state.kept.len() >= KEPT {
            state.kept.pop_front();
        }
        state.kept.push_back(SlowStatement { name, at: clock.now(), seconds, rows, engine, failed, plan: Vec::new() });
        let is_due = state.plans.get(name).is_none_or(|plan| plan.asked_at.elapsed() >= PLAN_EVERY);
        if is_due && plans.try_send(Arc::clone(statement)).is_ok() {
            let plan = state.plans.entry(name).or_insert(Plan { asked_at: Instant::now(), lines: Vec::new() });
            plan.asked_at = Instant::now();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
