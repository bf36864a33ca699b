use std::time::Duration;

use stdx::metric::{Counter, Family, Gauge};

use super::*;

#[test]
fn the_text_format() {
    static READS: Counter = Counter::new();
    static OPEN: Gauge = Gauge::new();
    static BY_NAME: Family<Counter> = Family::new(&["name", "kind"], 10);
    static TIME: Family<Histogram> = Family::new(&["route"], 10);
    static METRICS: &[Metric] = &[
        Metric { name: "t_time_seconds", help: "Times.", cell: Cell::Histograms(&TIME) },
        Metric { name: "t_reads_total", help: "Reads\nand \\ more.", cell: Cell::Counter(&READS) },
        Metric { name: "t_open", help: "Open.", cell: Cell::Gauge(&OPEN) },
        Metric { name: "t_names_total", help: "Names.", cell: Cell::Counters(&BY_NAME) },
        Metric { name: "t_open", help: "A second one.", cell: Cell::Gauge(&OPEN) },
    ];
    READS.add(3);
    OPEN.set(-2);
    BY_NAME.with(&["say \"hi\"\\\n", "x"]).inc();
    TIME.with(&["/a"]).record(Duration::from_micros(200));
    TIME.with(&["/a"]).record(Duration::from_millis(400));
    TIME.with(&["/a"]).record(Duration::from_secs(100));
    let text = Registry::new(vec![METRICS]).prometheus();
    let begin = "# HELP t_names_total Names.\n# TYPE t_names_total counter\n\
        t_names_total{name=\"say \\\"hi\\\"\\\\\\n\",kind=\"x\"} 1\n\
        # HELP t_open Open.\n# TYPE t_open gauge\nt_open -2\n\
        # HELP t_reads_total Reads\\nand \\\\ more.\n# TYPE t_reads_total counter\nt_reads_total 3\n\
        # HELP t_time_seconds Times.\n# TYPE t_time_seconds histogram\n\
        t_time_seconds_bucket{route=\"/a\",le=\"0.0001\"} 0\n\
        t_time_seconds_bucket{route=\"/a\",le=\"0.00025\"} 1\n";
    assert!(text.starts_with(begin), "{text}");
    let end = "t_time_seconds_bucket{route=\"/a\",le=\"60\"} 2\n\
        t_time_seconds_bucket{route=\"/a\",le=\"+Inf\"} 3\n\
        t_time_seconds_sum{route=\"/a\"} 100.4002\nt_time_seconds_count{route=\"/a\"} 3\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn a_snapshot_for_the_api() {
    static READS: Family<Counter> = Family::new(&["route"], 4);
    static METRICS: &[Metric] = &[Metric { name: "s_total", help: "S.", cell: Cell::Counters(&READS) }];
    READS.with(&["/a"]).inc();
    let text = serde_json::to_string(&Registry::new(vec![METRICS]).snapshot()).unwrap();
    assert_eq!(text, r#"[{"name":"s_total","labels":[["route","/a"]],"kind":"counter","value":1}]"#);
}

#[test]
fn figures_of_the_process() {
    let process = Process { resident_bytes: Some(20 << 20), cpu_seconds: Some(1.5), ..Process::default() };
    let text = prometheus_process(&process);
    assert!(text.contains("\nprocess_resident_memory_bytes 20971520\n") && text.contains("_total 1.5\n"), "{text}");
    assert!(!text.contains("process_threads"));
}
