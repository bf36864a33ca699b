//! The places worth changing, of each sort no more than a reader could look at.

use std::borrow::Cow;
use std::ops::Range;

/// Something worth changing, at bytes of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    /// Why, and what to do.
    pub message: Cow<'static, str>,
    pub range: Range<usize>,
}

/// Of each code the first [`FINDINGS_MAX`] are kept and all are counted.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub kept: Vec<Finding>,
    counts: Vec<(&'static str, usize)>,
}

pub const FINDINGS_MAX: usize = 100;

impl Findings {
    /// Counts a finding; its place and message are only made when it is kept.
    pub fn add(&mut self, code: &'static str, make: impl FnOnce() -> (Range<usize>, Cow<'static, str>)) {
        let count = match self.counts.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => count,
            None => {
                self.counts.push((code, 0));
                &mut self.counts.last_mut().expect("one was pushed").1
            }
        };
        *count += 1;
        if *count <= FINDINGS_MAX {
            let (range, message) = make();
            self.kept.push(Finding { code, message, range });
        }
    }

    /// Puts further findings among the others.
    pub fn extend(&mut self, findings: Vec<Finding>) {
        if !findings.is_empty() {
            for Finding { code, message, range } in findings {
                self.add(code, || (range, message));
            }
            self.sort();
        }
    }

    pub(super) fn sort(&mut self) {
        self.kept.sort_by_key(|finding| (finding.range.start, finding.range.end));
    }

    /// How many there are of `code`, kept or not.
    pub fn count(&self, code: &str) -> usize {
        self.counts.iter().find(|(known, _)| *known == code).map_or(0, |(_, count)| *count)
    }

    /// The codes found, in the order in which each was met first.
    pub fn codes(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.counts.iter().copied()
    }

    /// All that were found, kept or not.
    pub fn total(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}
