//! The process as Linux sees it, read from `/proc`. Elsewhere every figure is `None`.

use serde::Serialize;
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Gauge, Metric};

static RESIDENT: Gauge = Gauge::new();
static CPU: Counter = Counter::new();

pub const RESIDENT_NAME: &str = "copydesk_process_resident_bytes";
pub const CPU_NAME: &str = "copydesk_process_cpu_microseconds_total";

pub static METRICS: &[Metric] = &[
    Metric { name: RESIDENT_NAME, help: "Memory in RAM, shared pages counted whole.", cell: Cell::Gauge(&RESIDENT) },
    Metric { name: CPU_NAME, help: "Time on all processors, in microseconds.", cell: Cell::Counter(&CPU) },
];

/// What the process uses at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Process {
    /// Memory in RAM, shared pages counted whole.
    pub resident_bytes: Option<u64>,
    /// Time on all processors since the start, in seconds.
    pub cpu_seconds: Option<f64>,
    pub threads: Option<u64>,
    pub open_files: Option<u64>,
    pub started_at: Timestamp,
    pub uptime_seconds: u64,
}

/// Ticks per second of the times in `/proc`; Linux has shown 100 to programs on every architecture
/// we build for since 2.6, whatever its own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads the figures; takes some ten microseconds.
pub fn read(started_at: Timestamp, now: Timestamp) -> Process {
    let stat = std::fs::read_to_string("/proc/self/stat").ok();
    let (cpu_seconds, threads) = stat.as_deref().and_then(parse_stat).unzip();
    Process {
        resident_bytes: std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(parse_rss),
        cpu_seconds,
        threads,
        // The folder that is being listed is open itself.
        open_files: std::fs::read_dir("/proc/self/fd").ok().map(|d| (d.count() as u64).saturating_sub(1)),
        started_at,
        uptime_seconds: now.since(started_at).as_secs(),
    }
}

/// Reads the figures and sets the cells, so that there is a history of them.
pub fn measure(started_at: Timestamp, now: Timestamp) -> Process {
    let process = read(started_at, now);
    if let Some(bytes) = process.resident_bytes {
        RESIDENT.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
    if let Some(seconds) = process.cpu_seconds {
        CPU.add(((seconds * 1e6) as u64).saturating_sub(CPU.get()));
    }
    process
}

/// Memory with shared pages divided among those who share them. The kernel walks every mapping for
/// this, about a millisecond: for reports, not for each sample.
pub fn proportional_bytes() -> Option<u64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    kib_field(&rollup, "Pss:")
}

fn parse_rss(status: &str) -> Option<u64> {
    kib_field(status, "VmRSS:")
}

fn kib_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|n| n << 10)
}

/// Processor seconds and threads. The name of the program, in brackets, may hold blanks and brackets.
fn parse_stat(stat: &str) -> Option<(f64, u64)> {
    let after_name = stat.rsplit_once(") ")?.1;
    let fields: Vec<&str> = after_name.split(' ').collect();
    // Counted from `state`, the third field of proc(5): utime 14, stime 15, num_threads 20.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(((number(14)? + number(15)?) as f64 / TICKS_PER_SECOND, number(20)?))
}

#[cfg(test)]
mod tests;
