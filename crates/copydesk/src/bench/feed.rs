//! `copydesk feed bench`: how fast feeds are read.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ::feed::Hints;
use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::cli::feed::Bench;
use crate::commands::{read_input, say_json};

/// Reads all files first; then the clock runs over whole passes.
///
/// # Errors
/// Those of the files.
pub fn run(args: &Bench) -> Result<()> {
    let list = String::from_utf8(read_input(&args.list)?).context("the list is not UTF-8")?;
    let paths = list.lines().filter(|path| !path.is_empty());
    let documents = paths.map(|path| read_input(Path::new(path))).collect::<Result<Vec<_>>>()?;
    ensure!(!documents.is_empty(), "{} names no file", args.list.display());
    let hints = Hints { sanitize: args.sanitize, ..Hints::default() };
    let mut passes: Vec<f64> = (0..args.reps)
        .map(|_| {
            let started = Instant::now();
            for document in &documents {
                drop(black_box(::feed::parse(black_box(document), &hints)));
            }
            started.elapsed().as_secs_f64()
        })
        .collect();
    passes.sort_by(f64::total_cmp);
    let bytes: usize = documents.iter().map(Vec::len).sum();
    say_json(&json!({ "files": documents.len(), "bytes": bytes, "median_s": passes[passes.len() / 2] }))
}
