//! What a check says: passed or not, the number it looked at, why, and what to do.

use serde::Serialize;

/// One judgement. A check whose object is absent (no title, no heading, no list of words) is left out, not passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Also the code of the suggestions that show where it fails.
    pub name: &'static str,
    pub passed: bool,
    /// What was measured: a count, characters, pixels, a share from 0 to 1 or a percentage, as `reason` says; 1 or 0
    /// where there is only yes or no.
    pub value: f64,
    /// What was found, and what would be right.
    pub reason: String,
    /// What to do when it fails.
    pub remedy: &'static str,
}

/// Something that was left unjudged, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotJudged {
    pub what: &'static str,
    pub reason: String,
}
