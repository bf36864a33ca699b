use serde_json::json;

use super::judge::{Figures, bars};

#[test]
fn medians_and_gaps() {
    let mut figures = Figures::default();
    for (engine, ns) in [("quick_cache", 50.0), ("ours-l1", 60.0), ("quick_cache", 90.0), ("quick_cache", 40.0)] {
        figures.add_cost(&json!({ "engine": engine, "ns": ns })).unwrap();
    }
    for (engine, percent, ratio) in [
        ("ours", 1, 40.0),
        ("lru", 1, 30.0),
        ("moka", 1, 41.0),
        ("clairvoyant", 1, 60.0),
        ("ours", 5, 70.0),
        ("lru", 5, 69.0),
    ] {
        let line = json!({ "engine": engine, "trace": "web", "percent": percent, "ratio": ratio });
        figures.add_ratio(&line).unwrap();
    }
    assert_eq!(figures.costs(), [("quick_cache", 50.0), ("ours-l1", 60.0)]);
    assert_eq!((figures.mean("ours"), figures.gap("ours"), figures.gap("lru")), (Some(55.0), Some(1.0), Some(11.0)));
    let verdicts: Vec<_> = bars(&figures).iter().map(|bar| (bar.measured, bar.verdict())).collect();
    // Two cells are not the fifteen that the bars speak of.
    assert_eq!(verdicts[0], (Some(1.2), "holds"));
    assert!(verdicts[1..].iter().all(|verdict| *verdict == (None, "not measured")), "{verdicts:?}");
    (1..=100).for_each(|n| figures.add("heard_ms", &json!(f64::from(n) / 10.0)).unwrap());
    assert_eq!([0.0, 0.5, 0.99, 1.0].map(|q| figures.quantile("heard_ms", q)), [0.1, 5.1, 10.0, 10.0].map(Some));
    let heard: Vec<_> = bars(&figures).iter().filter_map(|bar| Some((bar.measured?, bar.verdict()))).collect();
    assert_eq!(heard, [(1.2, "holds"), (10.0, "DOES NOT HOLD")]);
}

#[test]
fn a_line_without_its_figure_is_a_mistake() {
    let mut figures = Figures::default();
    assert!(figures.add_cost(&json!({ "engine": "ours" })).is_err());
    assert!(figures.add_ratio(&json!({ "engine": "ours", "ratio": 1.0, "percent": 1 })).is_err());
}
