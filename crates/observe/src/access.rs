//! Counts of answered requests.

use std::time::Duration;

use stdx::metric::{Cell, Counter, Family, Histogram, Metric};

// Routes are patterns such as `/things/{id}`, never paths, so that these bounds are seldom met.
static REQUESTS: Family<Counter> = Family::new(&["method", "route", "status"], 2_000);
static DURATION: Family<Histogram> = Family::new(&["route"], 300);

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_requests_total",
        help: "Requests answered, by method, route pattern and status.",
        cell: Cell::Counters(&REQUESTS),
    },
    Metric {
        name: "copydesk_request_duration_seconds",
        help: "Time from a request's head to its answer's head, by route pattern.",
        cell: Cell::Histograms(&DURATION),
    },
];

/// Counts one answer. `route` is the pattern that matched, or a fixed word where none did.
pub fn record(method: &str, route: &str, status: u16, time: Duration) {
    // Any word may come as a method from outside.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = if known.contains(&method) { method } else { "other" };
    let mut buffer = [0; 3];
    REQUESTS.with(&[method, route, three_digits(status, &mut buffer)]).inc();
    DURATION.with(&[route]).record(time);
}

fn three_digits(status: u16, buffer: &mut [u8; 3]) -> &str {
    let status = status.min(999);
    *buffer = [status / 100, status / 10 % 10, status % 10].map(|d| b'0' + d as u8);
    std::str::from_utf8(buffer).expect("digits are text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_once() {
        record("GET", "/only/here", 204, Duration::from_millis(3));
        record("BREW", "/only/here", 404, Duration::from_millis(3));
        let mine: Vec<_> = REQUESTS.cells().into_iter().filter(|(k, _)| k[1] == "/only/here").collect();
        let found: Vec<_> = mine.iter().map(|(k, c)| (k[0].as_str(), k[2].as_str(), c.get())).collect();
        assert_eq!(found, [("GET", "204", 1), ("other", "404", 1)]);
        assert_eq!(DURATION.with(&["/only/here"]).count(), 2);
    }
}
