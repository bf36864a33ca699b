//! What the queue has to reach beside its peers, and whether it did in this run.

use super::rounds::{Figure, Results};

/// Engines on PostgreSQL that ours is held beside.
const PEERS: &[&str] = &["graphile", "graphile-tuned", "pgboss", "pgboss-tuned", "apalis", "apalis-tuned", "bullmq-pg"];
const OURS: &str = "ours";

pub struct Bar {
    pub what: String,
    limit: f64,
    least: bool,
    /// `None` when the run left out what it takes.
    pub measured: Option<f64>,
}

impl Bar {
    pub fn holds(&self) -> Option<bool> {
        self.measured.map(|value| if self.least { value >= self.limit } else { value <= self.limit })
    }

    pub fn wanted(&self) -> String {
        format!("{} {}", if self.least { "≥" } else { "≤" }, self.limit)
    }

    pub fn verdict(&self) -> &'static str {
        if self.holds() == Some(true) { "holds" } else { "DOES NOT HOLD" }
    }
}

pub fn judge(results: &Results) -> Vec<Bar> {
    let speed = |engine: &str, phase: &str| results.median(engine, phase, Figure::JobsPerS);
    let mut bars = Vec::new();
    let mut add = |what: String, least: bool, limit: f64, measured: Option<f64>| {
        bars.push(Bar { what, limit, least, measured });
    };
    for phase in ["drain-10", "drain-100"] {
        for (peer, limit) in [("graphile-tuned", 1.2), ("pgboss-tuned", 1.5), ("apalis-tuned", 2.0)] {
            add(format!("{phase}: times {peer}"), true, limit, ratio(speed(OURS, phase), speed(peer, phase)));
        }
    }
    for (phase, limit) in [("insert-16", 3.0), ("e2e", 3.0), ("batch", 1.5)] {
        let best = PEERS.iter().filter_map(|peer| speed(peer, phase)).max_by(f64::total_cmp);
        add(format!("{phase}: times the best peer"), true, limit, ratio(speed(OURS, phase), best));
    }
    for phase in ["insert-16", "batch", "drain-10", "drain-100", "e2e"] {
        let cpu = |engine: &str| {
            let part = |figure| results.median(engine, phase, figure);
            Some(part(Figure::ClientCpu)? + part(Figure::ServerCpu)?)
        };
        let least = PEERS.iter().filter_map(|peer| cpu(peer)).min_by(f64::total_cmp);
        add(
            format!("{phase}: processor time of a job beside the thriftiest peer"),
            false,
            1.0,
            ratio(cpu(OURS), least),
        );
    }
    let log = |phase| results.median(OURS, phase, Figure::Wal);
    let whole_life = log("batch").zip(log("drain-100")).map(|(batch, drain)| batch + drain);
    add("batch and drain-100: bytes of log a job".to_owned(), false, 750.0, whole_life);
    for (phase, limit) in [("latency", 5.0), ("latency-other", 15.0), ("steady", 25.0)] {
        add(format!("{phase}: p99 in ms"), false, limit, results.median(OURS, phase, Figure::P99));
    }
    for phase in ["insert-16", "batch", "drain-10", "drain-100", "e2e"] {
        let (ours, layout) = (speed("ours-sqlite", phase), speed("river-sqlite", phase));
        add(format!("SQLite {phase}: times the River-like table"), true, 2.0, ratio(ours, layout));
    }
    for (key, what) in [
        ("cpu_ratio", "the client's processor time"),
        ("statement_ratio", "the statement's time"),
        ("buffers_ratio", "buffers"),
    ] {
        let many = results.samples.iter().find(|sample| sample.phase == "queues" && sample.engine == OURS);
        let measured = many.and_then(|sample| sample.number(key));
        add(format!("queues: {what} of a claim, times that of 3 queues"), false, 1.2, measured);
    }
    bars
}

fn ratio(of: Option<f64>, to: Option<f64>) -> Option<f64> {
    of.zip(to.filter(|to| *to > 0.0)).map(|(of, to)| of / to)
}
