//! All metric cells of the process, and their two forms: Prometheus text and values.

use std::fmt::Write;

use serde::Serialize;
use stdx::metric::{BOUNDS_S, Cell, Histogram, Metric};

use crate::process::Process;

/// The lists of cells that the crates declare.
#[derive(Clone, Debug)]
pub struct Registry {
    metrics: Vec<Metric>,
}

/// One cell at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    pub name: &'static str,
    pub labels: Vec<(&'static str, String)>,
    #[serde(flatten)]
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Value {
    Counter {
        value: u64,
    },
    Gauge {
        value: i64,
    },
    /// Quantiles in seconds, `None` when empty.
    Histogram {
        count: u64,
        sum_seconds: f64,
        p50: Option<f64>,
        p95: Option<f64>,
        p99: Option<f64>,
        /// By bucket, not cumulated; for whoever compares two moments.
        #[serde(skip)]
        counts: Vec<u64>,
    },
}

impl Registry {
    /// Of two cells with one name the first is kept: a name is one thing.
    pub fn new(lists: Vec<&'static [Metric]>) -> Self {
        let mut metrics: Vec<Metric> = Vec::new();
        for metric in lists.into_iter().flatten() {
            if metrics.iter().all(|m| m.name != metric.name) {
                metrics.push(*metric);
            }
        }
        metrics.sort_by_key(|m| m.name);
        Registry { metrics }
    }

    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// All cells, families spread out.
    pub fn snapshot(&self) -> Vec<Sample> {
        self.metrics.iter().flat_map(samples).collect()
    }

    /// The cells in Prometheus' text format 0.0.4; histograms with cumulated buckets.
    pub fn prometheus(&self) -> String {
        let mut out = String::with_capacity(16 << 10);
        for metric in &self.metrics {
            head(&mut out, metric.name, metric.help, kind(&metric.cell));
            for sample in samples(metric) {
                write_sample(&mut out, &sample);
            }
        }
        out
    }
}

/// The process's own figures under the names that Prometheus' client libraries use.
pub fn prometheus_process(process: &Process) -> String {
    let mut out = String::new();
    let mut figure = |name: &str, help: &str, kind: &str, value: Option<f64>| {
        if let Some(value) = value {
            head(&mut out, name, help, kind);
            let _ = writeln!(out, "{name} {value}");
        }
    };
    let bytes = process.resident_bytes.map(|n| n as f64);
    figure("process_resident_memory_bytes", "Resident memory size in bytes.", "gauge", bytes);
    let cpu = process.cpu_seconds;
    figure("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", "counter", cpu);
    figure("process_threads", "Number of threads.", "gauge", process.threads.map(|n| n as f64));
    figure("process_open_fds", "Number of open file descriptors.", "gauge", process.open_files.map(|n| n as f64));
    let started = process.started_at.micros() as f64 / 1e6;
    figure("process_start_time_seconds", "Start time since the Unix epoch in seconds.", "gauge", Some(started));
    out
}

impl Registry {
    /// The whole answer of `/metrics`.
    pub fn prometheus_with(&self, process: &Process) -> String {
        self.prometheus() + &prometheus_process(process)
    }
}

fn samples(metric: &Metric) -> Vec<Sample> {
    let name = metric.name;
    let one = |value| vec![Sample { name, labels: Vec::new(), value }];
    let many = |names: &'static [&'static str], cells: Vec<(Vec<String>, Value)>| {
        let labelled = |(values, value): (Vec<String>, Value)| Sample {
            name,
            labels: names.iter().copied().zip(values).collect(),
            value,
        };
        cells.into_iter().map(labelled).collect()
    };
    match metric.cell {
        Cell::Counter(c) => one(Value::Counter { value: c.get() }),
        Cell::Gauge(g) => one(Value::Gauge { value: g.get() }),
        Cell::Histogram(h) => one(histogram(h)),
        Cell::Counters(f) => {
            many(f.labels(), f.cells().into_iter().map(|(k, c)| (k, Value::Counter { value: c.get() })).collect())
        }
        Cell::Gauges(f) => {
            many(f.labels(), f.cells().into_iter().map(|(k, g)| (k, Value::Gauge { value: g.get() })).collect())
        }
        Cell::Histograms(f) => many(f.labels(), f.cells().into_iter().map(|(k, h)| (k, histogram(&h))).collect()),
    }
}

fn histogram(h: &Histogram) -> Value {
    // Read once, so that the count and the quantiles speak of the same moment.
    let counts = h.counts();
    let at = |q| stdx::metric::quantile(&counts, q);
    Value::Histogram {
        count: counts.iter().sum(),
        sum_seconds: h.sum_seconds(),
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        counts: counts.to_vec(),
    }
}

fn kind(cell: &Cell) -> &'static str {
    match cell {
        Cell::Counter(_) | Cell::Counters(_) => "counter",
        Cell::Gauge(_) | Cell::Gauges(_) => "gauge",
        Cell::Histogram(_) | Cell::Histograms(_) => "histogram",
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let help = help.replace('\\', "\\\\").replace('\n', "\\n");
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn write_sample(out: &mut String, sample: &Sample) {
    let name = sample.name;
    match &sample.value {
        Value::Counter { value } => {
            let _ = writeln!(out, "{name}{} {value}", labels(sample, None));
        }
        Value::Gauge { value } => {
            let _ = writeln!(out, "{name}{} {value}", labels(sample, None));
        }
        Value::Histogram { count, sum_seconds, counts, .. } => {
            let mut below = 0;
            for (i, n) in counts.iter().enumerate() {
                below += n;
                let bound = BOUNDS_S.get(i).map_or_else(|| "+Inf".to_owned(), f64::to_string);
                let _ = writeln!(out, "{name}_bucket{} {below}", labels(sample, Some(&bound)));
            }
            let plain = labels(sample, None);
            let _ = writeln!(out, "{name}_sum{plain} {sum_seconds}\n{name}_count{plain} {count}");
        }
    }
}

fn labels(sample: &Sample, bound: Option<&str>) -> String {
    let given = sample.labels.iter().map(|(name, value)| (*name, value.as_str()));
    let mut text = String::new();
    for (name, value) in given.chain(bound.map(|b| ("le", b))) {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(text, "{}{name}=\"{value}\"", if text.is_empty() { "{" } else { "," });
    }
    if !text.is_empty() {
        text.push('}');
    }
    text
}

#[cfg(test)]
mod tests;
