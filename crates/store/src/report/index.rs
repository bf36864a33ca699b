//! Indexes that another one makes needless.

use super::IndexReport;

/// An index with what tells whether another one can stand in for it.
pub(super) struct Shape {
    pub report: IndexReport,
    /// Its columns with their order and way of comparing; `None` if it does not hold every row or holds more
    /// than columns, which are not compared.
    pub keys: Option<Vec<String>>,
}

/// The reports, each with the index that covers it. Of two that are alike, the later name is covered.
pub(super) fn covered(mut shapes: Vec<Shape>) -> Vec<IndexReport> {
    for i in 0..shapes.len() {
        let one = &shapes[i];
        let Some(keys) = one.keys.as_ref().filter(|_| !one.report.is_unique) else { continue };
        let covers = |other: &&Shape| {
            other.report.table == one.report.table
                && other.report.name != one.report.name
                && other.report.is_valid
                && other.keys.as_ref().is_some_and(|longer| {
                    longer.starts_with(keys)
                        && (longer.len() > keys.len() || other.report.is_unique || other.report.name < one.report.name)
                })
        };
        shapes[i].report.covered_by = shapes.iter().find(covers).map(|other| other.report.name.clone());
    }
    shapes.into_iter().map(|shape| shape.report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str, table: &str, keys: &str, is_unique: bool) -> Shape {
        let columns: Vec<String> = keys.split(',').map(str::to_owned).collect();
        let keys = (keys != "?").then(|| columns.clone());
        let (name, table) = (name.to_owned(), table.to_owned());
        let (bytes, scans, covered_by) = (None, None, None);
        let report =
            IndexReport { name, table, columns, is_unique, is_valid: true, bytes, scans, is_unused: false, covered_by };
        Shape { report, keys }
    }

    #[test]
    fn a_prefix_is_covered_but_never_a_rule() {
        let reports = covered(vec![
            shape("a", "t", "x,y", false),
            shape("b", "t", "x", false),
            shape("c", "t", "x", true),
            shape("d", "t", "y", false),
            shape("e", "u", "x", false),
            shape("f", "t", "x,y", false),
            shape("g", "t", "?", false),
            shape("h", "t", "x DESC", false),
        ]);
        let covered: Vec<_> =
            reports.iter().filter_map(|r| Some((r.name.as_str(), r.covered_by.as_deref()?))).collect();
        assert_eq!(covered, [("b", "a"), ("f", "a")]);
    }
}
