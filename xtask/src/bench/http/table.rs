//! The figures of a run, and what they have to reach.

use serde_json::{Value, json};

use super::Plan;
use super::measure::{Halves, Idle, Live, Sample, Secure, Told, Work};
use super::servers::{NGINX, OURS};

#[derive(Default)]
pub struct Results {
    pub samples: Vec<Sample>,
    pub halves: Vec<Halves>,
    pub secure: Vec<Secure>,
    pub idle: Vec<Idle>,
    pub live: Vec<Live>,
    pub load_before: String,
    pub load_after: String,
}

pub struct Bar {
    pub what: String,
    pub limit: f64,
    /// `None` when the run left out what it takes.
    pub measured: Option<f64>,
}

impl Bar {
    pub fn verdict(&self) -> &'static str {
        match self.measured {
            None => "not measured",
            Some(value) if value <= self.limit => "holds",
            Some(_) => "DOES NOT HOLD",
        }
    }
}

impl Results {
    /// Requests a second for pages at the fewest connections, as the median of the rounds.
    pub fn rate(&self, server: &str) -> Option<f64> {
        let fewest = self.samples.iter().map(|sample| sample.connections).min()?;
        self.median(server, Work::Page, fewest, |sample| sample.rate)
    }

    pub fn median(&self, server: &str, work: Work, connections: u32, figure: fn(&Sample) -> f64) -> Option<f64> {
        let of = |sample: &&Sample| sample.server == server && sample.work == work && sample.connections == connections;
        median(self.samples.iter().filter(of).map(figure).collect())
    }

    fn cpu(&self, server: &str, work: Work, connections: u32) -> Option<f64> {
        self.median(server, work, connections, |sample| sample.cpu_us)
    }

    fn half(&self, server: &str, figure: fn(&Halves) -> f64) -> Option<f64> {
        median(self.halves.iter().filter(|half| half.server == server).map(figure).collect())
    }

    fn secure(&self, server: &str, figure: fn(&Secure) -> f64) -> Option<f64> {
        median(self.secure.iter().filter(|secure| secure.server == server).map(figure).collect())
    }

    /// In the order in which they were measured.
    fn servers(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for sample in &self.samples {
            if !names.contains(&sample.server) {
                names.push(sample.server);
            }
        }
        names
    }
}

impl Live {
    fn told(&self, figure: fn(&Told) -> f64) -> Option<f64> {
        median(self.rounds.iter().map(figure).collect())
    }
}

/// 50 MB.
const MEMORY_MIB_MAX: f64 = 50e6 / 1_048_576.0;

pub fn bars(plan: &Plan, results: &Results) -> Vec<Bar> {
    let mut bars = Vec::new();
    let cpu = |server: &str, work, connections| results.cpu(server, work, connections);
    for connections in &plan.connections {
        let times = |peer: &str| Some(cpu(OURS, Work::Page, *connections)? / cpu(peer, Work::Page, *connections)?);
        for (peer, limit) in [(NGINX, 1.0), ("Varnish", 0.5), ("bare loop", 1.2)] {
            let what = format!("processor time for 10 KiB at {connections} connections, times {peer}'s");
            bars.push(Bar { what, limit, measured: times(peer) });
        }
        for work in [Work::Small, Work::Known] {
            let part = || Some(cpu(OURS, work, *connections)? / cpu(OURS, Work::Page, *connections)?);
            let what = format!("the same for {} at {connections} connections, times that for 10 KiB", work.name());
            bars.push(Bar { what, limit: 1.0, measured: part() });
        }
    }
    let p99 = |half: &Halves| half.p99_ms;
    let others = results.servers().into_iter().filter(|name| !matches!(*name, OURS | "bare loop"));
    let best = others.filter_map(|name| results.half(name, p99)).reduce(f64::min);
    bars.push(Bar {
        what: "p99 at half load, times the best of the other servers'".to_owned(),
        limit: 1.0,
        measured: results.half(OURS, p99).zip(best).map(|(ours, best)| ours / best),
    });
    let tls = |server| results.secure(server, |secure| secure.cpu_us);
    bars.push(Bar {
        what: format!("processor time for 10 KiB over TLS and HTTP/2, times {NGINX}'s"),
        limit: 1.0,
        measured: tls(OURS).zip(tls(NGINX)).map(|(ours, nginx)| ours / nginx),
    });
    let idle = results.idle.iter().find(|idle| idle.server == OURS).map(|idle| idle.pss_mib);
    bars.push(Bar { what: format!("MiB with {} idle connections", plan.idle), limit: MEMORY_MIB_MAX, measured: idle });
    let desk = results.live.iter().find(|live| live.server == "copydesk serve");
    let what = format!("MiB with {} streams of events", plan.streams);
    bars.push(Bar { what, limit: MEMORY_MIB_MAX, measured: desk.map(|live| live.pss_mib) });
    let what = format!("ms until 99 of 100 of {} streams are told", plan.streams);
    bars.push(Bar { what, limit: 20.0, measured: desk.and_then(|live| live.told(|told| told.p99_ms)) });
    bars
}

/// Whether every bar that was measured holds.
pub fn print(plan: &Plan, results: &Results) -> bool {
    let about = format!(
        "{} rounds of {} s; load {} before and {} after",
        plan.reps, plan.seconds, results.load_before, results.load_after
    );
    let shown = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
    for work in Work::ALL {
        for connections in &plan.connections {
            println!("\n{} at {connections} connections ({about})\n", work.name());
            println!(
                "| | µs of processor time a request | requests/s | p99 ms, flat out | PSS MiB |\n|---|--:|--:|--:|--:|"
            );
            for server in results.servers() {
                let of = |figure| results.median(server, work, *connections, figure);
                println!(
                    "| {server} | {} | {} | {} | {} |",
                    shown(of(|s| s.cpu_us), 2),
                    shown(of(|s| s.rate), 0),
                    shown(of(|s| s.p99_ms), 2),
                    shown(of(|s| s.rss_mib), 1)
                );
            }
        }
    }
    for sample in results.samples.iter().filter(|sample| sample.errors > 0.0) {
        let Sample { server, work, connections, errors, .. } = sample;
        println!("\n{server} had {errors:.0} errors in a round of {} at {connections} connections", work.name());
    }
    if let Some(rate) = results.halves.first().map(|half| half.rate) {
        println!("\n10 KiB, {rate:.0} requests a second over 64 connections\n\n| | p50 ms | p99 ms |\n|---|--:|--:|");
        for server in results.servers() {
            let (p50, p99) = (results.half(server, |half| half.p50_ms), results.half(server, |half| half.p99_ms));
            println!("| {server} | {} | {} |", shown(p50, 3), shown(p99, 3));
        }
    }
    if !results.secure.is_empty() {
        println!(
            "\n10 KiB over TLS and HTTP/2, 64 connections of 10 streams\n\n| | µs of processor time a request | requests/s |\n|---|--:|--:|"
        );
        for server in [NGINX, OURS] {
            let of = |figure| results.secure(server, figure);
            println!("| {server} | {} | {} |", shown(of(|s| s.cpu_us), 2), shown(of(|s| s.rate), 0));
        }
    }
    for live in &results.live {
        println!(
            "\n{}: {:.1} MiB before, {:.1} MiB with {} streams; ms until the first, half, 99 of 100 and all are told: {}, {}, {}, {}; \
             {:.1} ms of processor time a telling",
            live.server,
            live.before_mib,
            live.pss_mib,
            live.streams,
            shown(live.told(|told| told.first_ms), 1),
            shown(live.told(|told| told.p50_ms), 1),
            shown(live.told(|told| told.p99_ms), 1),
            shown(live.told(|told| told.last_ms), 1),
            live.cpu_ms
        );
    }
    for idle in &results.idle {
        println!(
            "\n{}: {:.1} MiB before, {:.1} MiB with {} idle connections",
            idle.server, idle.before_mib, idle.pss_mib, idle.connections
        );
    }
    println!("\n| bar | at most | measured | |\n|---|--:|--:|---|");
    let bars = bars(plan, results);
    for bar in &bars {
        println!("| {} | {:.1} | {} | {} |", bar.what, bar.limit, shown(bar.measured, 2), bar.verdict());
    }
    bars.iter().all(|bar| bar.measured.is_none_or(|value| value <= bar.limit))
}

pub fn json(plan: &Plan, results: &Results) -> Value {
    let samples: Vec<Value> = results
        .samples
        .iter()
        .map(|s| {
            json!({ "server": s.server, "work": s.work.name(), "connections": s.connections, "requests_per_s": s.rate,
                "p99_ms": s.p99_ms, "cpu_us": s.cpu_us, "pss_mib": s.rss_mib, "errors": s.errors })
        })
        .collect();
    let halves: Vec<Value> = results
        .halves
        .iter()
        .map(|h| json!({ "server": h.server, "requests_per_s": h.rate, "p50_ms": h.p50_ms, "p99_ms": h.p99_ms }))
        .collect();
    let idle: Vec<Value> = results
        .idle
        .iter()
        .map(|i| json!({ "server": i.server, "connections": i.connections, "before_mib": i.before_mib, "pss_mib": i.pss_mib }))
        .collect();
    let secure: Vec<Value> = results
        .secure
        .iter()
        .map(|s| json!({ "server": s.server, "requests_per_s": s.rate, "cpu_us": s.cpu_us }))
        .collect();
    let live: Vec<Value> = results
        .live
        .iter()
        .map(|l| {
            let told: Vec<Value> = l
                .rounds
                .iter()
                .map(|t| json!({ "first_ms": t.first_ms, "p50_ms": t.p50_ms, "p99_ms": t.p99_ms, "last_ms": t.last_ms }))
                .collect();
            json!({ "server": l.server, "streams": l.streams, "before_mib": l.before_mib, "pss_mib": l.pss_mib, "told": told,
                "cpu_ms": l.cpu_ms })
        })
        .collect();
    let bars: Vec<Value> = bars(plan, results)
        .iter()
        .map(|b| json!({ "bar": b.what, "at_most": b.limit, "measured": b.measured, "verdict": b.verdict() }))
        .collect();
    json!({ "seconds": plan.seconds, "rounds": plan.reps, "load_before": results.load_before, "load_after": results.load_after,
        "flat_out": samples, "half_load": halves, "tls_http2": secure, "idle": idle, "live": live, "bars": bars })
}

fn median(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}
