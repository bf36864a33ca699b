//! Counts of answered requests.

mod minutes;

use std::sync::Arc;
use std::time::Duration;

use stdx::metric::{BOUNDS_S, Cell, Counter, Family, Histogram, Metric};

pub use minutes::{Minutes, Route};

// Routes are patterns such as `/things/{id}`, never paths, so that these bounds are seldom met.
static REQUESTS: Family<Counter> = Family::new(&["method", "route", "status"], 2_000);
static DURATION: Family<Histogram> = Family::new(&["method", "route"], ROUTES_MAX);
static ANSWERS: Counter = Counter::new();
static FAILED: Counter = Counter::new();
static TIME: Histogram = Histogram::new();

/// Pairs of method and route that are told apart.
const ROUTES_MAX: usize = 600;
/// Buckets of a histogram.
const BUCKETS: usize = BOUNDS_S.len() + 1;

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_requests_total",
        help: "Requests answered, by method, route pattern and status.",
        cell: Cell::Counters(&REQUESTS),
    },
    Metric {
        name: "copydesk_request_duration_seconds",
        help: "Time from a request's head to its answer's head, by method and route pattern.",
        cell: Cell::Histograms(&DURATION),
    },
    Metric { name: ANSWERS_NAME, help: "Requests answered.", cell: Cell::Counter(&ANSWERS) },
    Metric { name: FAILED_NAME, help: "Requests answered with a status of 500 or more.", cell: Cell::Counter(&FAILED) },
    Metric { name: TIME_NAME, help: "Time from a request's head to its answer's head.", cell: Cell::Histogram(&TIME) },
];

/// The metrics of all routes together.
pub const ANSWERS_NAME: &str = "copydesk_answers_total";
pub const FAILED_NAME: &str = "copydesk_answers_failed_total";
pub const TIME_NAME: &str = "copydesk_answer_duration_seconds";

/// All answers since the start; the difference of two is what came between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub answers: u64,
    /// With a status of 500 or more.
    pub failed: u64,
    /// By bucket, as [`stdx::metric::quantile`] takes them.
    pub times: [u64; BUCKETS],
}

/// Counts one answer. `route` is the pattern that matched, or a fixed word where none did.
pub fn record(method: &str, route: &str, status: u16, time: Duration) {
    // Any word may come as a method from outside.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = if known.contains(&method) { method } else { "other" };
    let mut buffer = [0; 3];
    REQUESTS.with(&[method, route, three_digits(status, &mut buffer)]).inc();
    DURATION.with(&[method, route]).record(time);
    ANSWERS.inc();
    FAILED.add(u64::from(status >= 500));
    TIME.record(time);
}

/// What [`record`] looks up, kept for answers that are all alike.
#[derive(Clone, Debug)]
pub struct Alike {
    requests: Arc<Counter>,
    times: Arc<Histogram>,
}

impl Alike {
    /// Of answers with a status below 500.
    pub fn new(method: &'static str, route: &'static str, status: u16) -> Alike {
        let mut buffer = [0; 3];
        let requests = REQUESTS.with(&[method, route, three_digits(status, &mut buffer)]);
        Alike { requests, times: DURATION.with(&[method, route]) }
    }

    /// Counts one of them.
    pub fn record(&self, time: Duration) {
        self.requests.inc();
        self.times.record(time);
        ANSWERS.inc();
        TIME.record(time);
    }
}

/// All answers until now.
pub fn totals() -> Totals {
    Totals { answers: ANSWERS.get(), failed: FAILED.get(), times: TIME.counts() }
}

impl Totals {
    /// What came behind `earlier`.
    pub fn since(&self, earlier: &Totals) -> Totals {
        Totals {
            answers: self.answers.saturating_sub(earlier.answers),
            failed: self.failed.saturating_sub(earlier.failed),
            times: std::array::from_fn(|i| self.times[i].saturating_sub(earlier.times[i])),
        }
    }

    /// The `q`-quantile of their times in seconds; `None` without an answer.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        stdx::metric::quantile(&self.times, q)
    }
}

fn three_digits(status: u16, buffer: &mut [u8; 3]) -> &str {
    let status = status.min(999);
    *buffer = [status / 100, status / 10 % 10, status % 10].map(|d| b'0' + d as u8);
    std::str::from_utf8(buffer).expect("digits are text")
}

#[cfg(test)]
mod tests;
