use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_000_000 + second)
}

fn points<'a>(answer: &'a Answer, name: &str, figure: Figure) -> &'a [Option<f32>] {
    &answer.series.iter().find(|s| s.name == name && s.figure == figure).unwrap().points
}

#[test]
fn rates_values_and_quantiles() {
    static READS: Counter = Counter::new();
    static OPEN: Gauge = Gauge::new();
    static TIME: Histogram = Histogram::new();
    static METRICS: &[Metric] = &[
        Metric { name: "reads", help: "", cell: Cell::Counter(&READS) },
        Metric { name: "open", help: "", cell: Cell::Gauge(&OPEN) },
        Metric { name: "time", help: "", cell: Cell::Histogram(&TIME) },
    ];
    let (history, registry) = (History::default(), Registry::new(vec![METRICS]));
    READS.add(1000);
    history.sample(&registry, at(0));
    READS.add(50);
    OPEN.set(7);
    (0..100).for_each(|_| TIME.record(Duration::from_millis(40)));
    history.sample(&registry, at(10));
    history.sample(&registry, at(10));
    READS.add(10);
    history.sample(&registry, at(20));

    let answer = history.query(at(0), at(20));
    assert_eq!(answer.times, [at(0), at(10), at(20)]);
    assert_eq!(points(&answer, "reads", Figure::Rate), [None, Some(5.0), Some(1.0)]);
    assert_eq!(points(&answer, "open", Figure::Value), [Some(0.0), Some(7.0), Some(7.0)]);
    let some = history.query_some(&["open", "none"], at(10), at(20));
    assert_eq!((some.times.len(), some.series.len()), (2, 1));
    assert_eq!(points(&some, "open", Figure::Value), [Some(7.0), Some(7.0)]);
    let p95 = points(&answer, "time", Figure::P95);
    assert!((0.025..=0.05).contains(&p95[1].unwrap()) && p95[2].is_none(), "{p95:?}");

    assert_eq!(history.query(at(5), at(15)).times, [at(10)]);
    assert_eq!(history.query(at(30), at(1)).times, []);
}

#[test]
fn a_label_seen_late_and_an_hour_that_passes() {
    static BY_ROUTE: Family<Counter> = Family::new(&["route"], 10);
    static METRICS: &[Metric] = &[Metric { name: "routes", help: "", cell: Cell::Counters(&BY_ROUTE) }];
    let (history, registry) = (History::default(), Registry::new(vec![METRICS]));
    history.sample(&registry, at(0));
    BY_ROUTE.with(&["/a"]).add(20);
    history.sample(&registry, at(10));
    assert_eq!(points(&history.query(at(0), at(10)), "routes", Figure::Rate), [None, Some(2.0)]);
    for i in 2..1000 {
        history.sample(&registry, at(i * 10));
    }
    let answer = history.query(at(0), at(100_000));
    assert_eq!((answer.times.len(), answer.times[0]), (POINTS, at((1000 - 360) * 10)));
    assert_eq!(answer.series[0].points, vec![Some(0.0); POINTS]);
}

#[test]
fn series_are_bounded() {
    static MANY: Family<Histogram> = Family::new(&["n"], 5000);
    static METRICS: &[Metric] = &[Metric { name: "many", help: "", cell: Cell::Histograms(&MANY) }];
    (0..1000).for_each(|i| drop(MANY.with(&[&i.to_string()])));
    let (history, registry) = (History::default(), Registry::new(vec![METRICS]));
    history.sample(&registry, at(0));
    let answer = history.query(at(0), at(0));
    assert_eq!((answer.series.len(), answer.left_out), (SERIES_MAX, 3000 - SERIES_MAX as u64));
}
