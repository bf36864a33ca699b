//! The one JSON value a model's answer means, or a sentence that says why there is none.
//!
//! ```ignore
//! let read = structured::read(&answer.text).map_err(|refusal| reask(Trouble::Unread(&refusal)))?;
//! let faults = schema.check(&read.value);
//! ```
//!
//! Strict JSON is taken as it is; what models usually spoil is mended, and each mend is named. Never a guess: where two
//! readings are possible there is a [`Refusal`]. Every byte is looked at a fixed number of times.
//! Stricter than RFC 8259 on purpose: a key that stands twice with different values and a whole number beyond 64 bits
//! are refused, since one of the two values, or the last digits, would be lost without a word.

mod parse;
mod prose;
mod schema;
mod strict;
mod string;

pub use schema::{Fault, Schema, SchemaError};
pub use strict::Dialect;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// Levels of nesting that are read.
pub const DEPTH_MAX: usize = 128;
/// Bytes of an answer that are read.
pub const SIZE_MAX: usize = 4 << 20;
/// Faults that one message repeats; a model mends the first ones best.
const FAULTS_MAX: usize = 20;

/// What becomes of an answer that breaks off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    #[default]
    Refuse,
    /// What is open is closed, without the last member where its end cannot be known: a half text or number is never
    /// given, a list may be shorter than it was meant.
    Close,
}

/// A value, and what had to be mended for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub value: Value,
    /// Each kind once; empty for strict JSON.
    pub repairs: Vec<Repair>,
}

/// What was mended. Serves as a label: the set is small and fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// A byte order mark, a no-break space or the like between tokens.
    Space,
    /// `<think>…</think>` before the value.
    Thoughts,
    /// Words before or after the value.
    Prose,
    Fence,
    /// `"name":` before a value that stands alone.
    Head,
    /// The value stood in a JSON string.
    Unwrapped,
    /// The same value several times.
    Repeated,
    DoubledBraces,
    /// `}` too many at the end.
    ExtraBraces,
    Comment,
    /// Single or curly quotes around a text.
    Quotes,
    InnerQuotes,
    BareKey,
    /// A key twice in an object, with equal values.
    RepeatedKey,
    TrailingComma,
    MissingComma,
    /// `True`, `False`, `None`.
    PythonLiteral,
    /// A line break or tab inside a text.
    RawControl,
    /// A backslash that escapes nothing.
    Backslash,
    /// The answer broke off and was closed.
    Closed,
}

/// Why there is no value. Its text is a sentence for the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {detail}")]
pub struct Refusal {
    pub why: Why,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// No value at all.
    Missing,
    /// It breaks off.
    Cut,
    /// Two readings are possible.
    Ambiguous,
    /// Not a number of JSON, or one that would lose digits.
    Number,
    /// A key twice in an object, with different values.
    RepeatedKey,
    TooDeep,
    TooLong,
    /// Anything else that is not JSON.
    Malformed,
}

/// What a model is told of its answer.
#[derive(Clone, Copy, Debug)]
pub enum Trouble<'a> {
    Unread(&'a Refusal),
    Invalid(&'a [Fault]),
}

/// The value that `text` means; one that breaks off is refused.
///
/// # Errors
/// Says where and what was expected: see [`Why`].
pub fn read(text: &str) -> Result<Read, Refusal> {
    read_cut(text, Cut::Refuse)
}

/// [`read`] with a policy for answers that break off.
///
/// # Errors
/// As [`read`].
pub fn read_cut(text: &str, cut: Cut) -> Result<Read, Refusal> {
    read_counted(text, cut).0
}

/// The bytes looked at stand beside the answer, so that a test can hold the cost.
fn read_counted(text: &str, cut: Cut) -> (Result<Read, Refusal>, u64) {
    if text.len() > SIZE_MAX {
        let detail = format!("the answer is longer than {SIZE_MAX} bytes");
        return (Err(Refusal { why: Why::TooLong, line: 1, column: 1, detail }), 0);
    }
    let mut reader = parse::Reader::new(text, cut);
    let outcome = prose::document(&mut reader);
    let answer = match outcome {
        Ok(value) => Ok(Read { value, repairs: reader.repairs.iter().copied().collect() }),
        Err(refused) => Err(refused.locate(text)),
    };
    (answer, reader.steps)
}

/// The message that asks once more: what is wrong with the answer, and what to send instead.
pub fn reask(trouble: Trouble<'_>) -> String {
    const INSTEAD: &str = "Send the whole answer again as one JSON value and nothing else: no comment, no Markdown.";
    match trouble {
        Trouble::Unread(refusal) => format!("Your answer could not be read as JSON. {refusal}. {INSTEAD}"),
        Trouble::Invalid(faults) => {
            let mut message = "Your answer is JSON, but not of the form that was asked for:\n".to_owned();
            for Fault { pointer, detail } in faults.iter().take(FAULTS_MAX) {
                let pointer = if pointer.is_empty() { "the whole answer" } else { pointer };
                message += &format!("- {pointer}: {detail}\n");
            }
            if let Some(more) = faults.len().checked_sub(FAULTS_MAX).filter(|more| *more > 0) {
                message += &format!("- and {more} more\n");
            }
            message + INSTEAD
        }
    }
}

/// What a fuzzer calls.
///
/// # Panics
/// Never, unless there is a fault: a value called strict that is not, one that its own print does not give back, or a
/// cost beyond a fixed number of looks at each byte.
pub fn fuzz(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for cut in [Cut::Refuse, Cut::Close] {
        let (answer, steps) = read_counted(&text, cut);
        assert!(steps <= STEPS_PER_BYTE * (text.len() as u64 + 16), "{steps} steps for {} bytes", text.len());
        let strict = serde_json::from_str::<Value>(&text).is_ok();
        match answer {
            Ok(Read { value, repairs }) => {
                assert!(!repairs.is_empty() || strict, "called strict, and is not");
                assert!(cut == Cut::Close || !repairs.contains(&Repair::Closed), "closed without leave");
                if value.is_object() || value.is_array() {
                    let again = read(&value.to_string()).expect("its own print");
                    assert!(again.value == value && again.repairs.is_empty(), "its own print reads as another value");
                }
            }
            Err(refusal) => {
                let known = [Why::Number, Why::RepeatedKey, Why::TooDeep, Why::TooLong];
                assert!(!strict || known.contains(&refusal.why), "strict, and refused: {refusal}");
                assert!(!reask(Trouble::Unread(&refusal)).is_empty());
            }
        }
    }
}

/// The most looks at one byte, over all that is tried.
const STEPS_PER_BYTE: u64 = 16;

/// A refusal before its place is told in lines.
#[derive(Debug)]
struct Refused {
    at: usize,
    why: Why,
    detail: String,
}

impl Refused {
    fn new(at: usize, why: Why, detail: impl Into<String>) -> Self {
        Refused { at, why, detail: detail.into() }
    }

    fn locate(self, text: &str) -> Refusal {
        let at = text.floor_char_boundary(self.at);
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Refusal { why: self.why, line, column: before[line_start..].chars().count() + 1, detail: self.detail }
    }
}

type Repairs = BTreeSet<Repair>;

impl Repair {
    /// A stable word for metrics and records.
    pub fn name(self) -> &'static str {
        match self {
            Repair::Space => "space",
            Repair::Thoughts => "thoughts",
            Repair::Prose => "prose",
            Repair::Fence => "fence",
            Repair::Head => "head",
            Repair::Unwrapped => "unwrapped",
            Repair::Repeated => "repeated",
            Repair::DoubledBraces => "doubled_braces",
            Repair::ExtraBraces => "extra_braces",
            Repair::Comment => "comment",
            Repair::Quotes => "quotes",
            Repair::InnerQuotes => "inner_quotes",
            Repair::BareKey => "bare_key",
            Repair::RepeatedKey => "repeated_key",
            Repair::TrailingComma => "trailing_comma",
            Repair::MissingComma => "missing_comma",
            Repair::PythonLiteral => "python_literal",
            Repair::RawControl => "raw_control",
            Repair::Backslash => "backslash",
            Repair::Closed => "closed",
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
