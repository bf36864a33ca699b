use super::measure::{Halves, Idle, Live, Sample, Secure, Told};
use super::servers::{NGINX, OURS};
use super::*;

fn sample(server: &'static str, work: Work, connections: u32, cpu_us: f64) -> Sample {
    Sample { server, work, connections, rate: 1e6 / cpu_us, p99_ms: 1.0, cpu_us, rss_mib: 10.0, errors: 0.0 }
}

fn plan() -> Plan {
    Plan { seconds: 1, reps: 1, connections: vec![64], idle: 100, streams: 100 }
}

fn results(ours_us: f64) -> Results {
    let page = |server, cpu_us| sample(server, Work::Page, 64, cpu_us);
    let samples = vec![page("nginx static", 7.0), page("Varnish", 18.0), page("bare loop", 6.0), page(OURS, ours_us)];
    let idle = vec![Idle { server: OURS, connections: 100, before_mib: 10.0, pss_mib: 40.0 }];
    let half = |server, p99_ms| Halves { server, rate: 1_000.0, p50_ms: 0.1, p99_ms };
    let told = |p99_ms| Told { first_ms: 1.0, p50_ms: 2.0, p99_ms, last_ms: 99.0 };
    let rounds = vec![told(30.0), told(19.0), told(10.0)];
    let live =
        vec![Live { server: "copydesk serve", streams: 100, before_mib: 9.0, pss_mib: 70.0, rounds, cpu_ms: 1.0 }];
    let secure = |server, cpu_us| Secure { server, rate: 1_000.0, cpu_us };
    let secure = vec![secure(NGINX, 9.0), secure(OURS, 8.0)];
    Results { samples, secure, live, halves: vec![half("Varnish", 2.0), half(OURS, 1.0)], idle, ..Results::default() }
}

#[test]
fn the_bars_are_about_processor_time() {
    let verdicts =
        |ours_us| -> Vec<&str> { table::bars(&plan(), &results(ours_us)).iter().map(table::Bar::verdict).collect() };
    let [holds, fails, unknown] = ["holds", "DOES NOT HOLD", "not measured"];
    assert_eq!(verdicts(7.0), [holds, holds, holds, unknown, unknown, holds, holds, holds, fails, holds]);
    assert_eq!(verdicts(8.0), [fails, holds, fails, unknown, unknown, holds, holds, holds, fails, holds]);
    assert_eq!(verdicts(9.1), [fails, fails, fails, unknown, unknown, holds, holds, holds, fails, holds]);
}

#[test]
fn half_of_the_slowest_is_asked_of_all() {
    let results = results(7.0);
    let slowest = results.samples.iter().filter_map(|s| results.rate(s.server)).fold(f64::MAX, f64::min);
    assert!((slowest - 1e6 / 18.0).abs() < 1.0);
}
