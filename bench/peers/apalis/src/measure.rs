//! Clocks, quantiles and processor time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds of the system clock: of one machine, so that processes can compare theirs.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_micros() as u64
}

/// The value below which the share `q` lies, in milliseconds, of times in microseconds; `None` without any.
pub fn quantile(times: &[u64], q: f64) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = ((sorted.len() as f64 * q) as usize).min(sorted.len().checked_sub(1)?);
    Some(sorted[at] as f64 / 1e3)
}

/// User and system seconds of this process so far, in steps of 10 ms.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
    // Fields 14 and 15 of proc(5), counted from the third; in ticks of 10 ms.
    fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
