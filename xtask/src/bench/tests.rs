use serde_json::json;

use super::rounds::{Figure, Results, Sample};
use super::server::{Cost, record_bytes};
use super::*;

fn sample(engine: &'static str, phase: &'static str, jobs_per_s: f64) -> Sample {
    let line = json!({ "jobs": 100, "jobs_per_s": jobs_per_s, "p50_ms": null, "p99_ms": null, "cpu_client_s": 0.001 });
    let server = Cost { cpu_s: Some(0.002), wal_bytes: Some(jobs_per_s), commits: Some(5.0), dead: Some(200.0) };
    Sample { engine, phase, line, server }
}

fn results(samples: Vec<Sample>) -> Results {
    Results { samples, failures: Vec::new(), load_before: String::new(), load_after: String::new() }
}

#[test]
fn figures_are_of_one_job_and_the_median_of_the_rounds() {
    let all =
        results(vec![sample("ours", "batch", 300.0), sample("ours", "batch", 100.0), sample("ours", "batch", 200.0)]);
    let median = |figure| all.median("ours", "batch", figure);
    assert_eq!(median(Figure::JobsPerS), Some(200.0));
    assert_eq!(median(Figure::ClientCpu), Some(10.0));
    assert_eq!(median(Figure::ServerCpu), Some(20.0));
    assert_eq!(median(Figure::Wal), Some(2.0));
    assert_eq!(median(Figure::Dead), Some(2.0));
    assert_eq!(median(Figure::P99), None);
    assert_eq!(all.median("graphile", "batch", Figure::JobsPerS), None);
}

#[test]
fn a_bar_holds_fails_or_was_not_measured() {
    let all = results(vec![
        sample("ours", "drain-10", 130.0),
        sample("graphile-tuned", "drain-10", 100.0),
        sample("pgboss-tuned", "drain-10", 100.0),
    ]);
    let bars = bars::judge(&all);
    let of = |what: &str| bars.iter().find(|bar| bar.what == what).unwrap();
    assert_eq!(of("drain-10: times graphile-tuned").holds(), Some(true));
    assert_eq!(of("drain-10: times pgboss-tuned").holds(), Some(false));
    assert_eq!(of("drain-10: times apalis-tuned").holds(), None);
    assert_eq!(of("e2e: times the best peer").holds(), None);
}

#[test]
fn the_log_is_counted_without_full_page_images() {
    let stats = "WAL statistics between 0/1 and 0/2:\n\
        Type   N  (%)  Record size  (%)  FPI size (%)  Combined size (%)\n\
        Heap   2 ( 50.00)  100 ( 50.00)  8192 (100.00)  8292 ( 98.00)\n\
        Total  4           200 [2.38%]   8192 [97.62%]  8392 [100%]\n";
    assert_eq!(record_bytes(stats), Some(200.0));
    assert_eq!(record_bytes("nothing"), None);
}

#[test]
fn engines_and_phases_are_chosen_by_name() {
    let mut args = Args::new(["--engines", "ours,apalis"].map(str::to_owned));
    let engines = chosen(&mut args, "--engines", engine::ALL, |engine| engine.name, |_| true).unwrap();
    assert_eq!(engines.iter().map(|engine| engine.name).collect::<Vec<_>>(), ["ours", "apalis"]);
    let mut args = Args::new(["--phases=nap".to_owned()]);
    let told = chosen(&mut args, "--phases", phase::ALL, |phase| phase.name, |_| true).err().unwrap().to_string();
    assert!(told.contains("nap is unknown; known are insert-1"), "{told}");
}
