//! `inspect --jsonl`: texts in, what commands a model in each, without a desk.

use std::io::Write;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use text::untrusted::{Inspection, inspect};

use super::jsonl;

#[derive(Deserialize)]
struct Asked {
    id: Value,
    text: String,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    #[serde(flatten)]
    inspection: Inspection,
}

/// Inspects the texts of standard input, line by line.
///
/// # Errors
/// [`super::Refused`] with the number of the first line that is no text; what came before it has been answered.
pub fn run() -> Result<()> {
    jsonl::answer("{\"id\", \"text\"}", |Asked { id, text }: Asked, out: &mut dyn Write| {
        jsonl::write(out, &Answer { id, inspection: inspect(&text) })
    })
}
