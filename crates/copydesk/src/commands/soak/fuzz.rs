//! `copydesk soak fuzz`: every reader of what strangers send, on damaged documents, inside this process.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, json};
use stdx::Rng;
use stdx::damage::damaged;

use crate::commands::say_json;

/// Takes any bytes and ends; it panics only when there is a fault.
type Target = (&'static str, fn(&[u8]));

const OTHERS: [Target; 10] = [
    ("pushes", connect::fuzz),
    ("answers", connect::llm::structured::fuzz),
    ("frames", connect::llm::fuzz),
    ("questions", connect::llm::passed::fuzz),
    ("prompts", desk::prompts::fuzz),
    ("text", text::fuzz),
    ("untrusted", text::untrusted::fuzz),
    ("queue", |data| assert!(queue::decode(data).is_faithful, "a lease is another one after being read again")),
    ("edge", |data| assert!(edge::decode(data).is_faithful, "a request or its fields are read in two ways")),
    ("segment", |data| {
        let (records, whole) = cache::read_segment(data);
        assert!(whole <= records, "a segment has more whole records than records");
    }),
];

/// Good documents of a target lie in the folder of its name below `seeds`. The case under way stands in `seeds/case`, so
/// that it is at hand whatever becomes of this process.
pub fn run(seeds: &Path, seconds: u64, seed: u64) -> Result<()> {
    let targets: Vec<Target> = feed::fuzz::TARGETS.into_iter().chain(OTHERS).collect();
    let mut documents = Vec::new();
    for (name, _) in &targets {
        let mut good = Vec::new();
        let folder = seeds.join(name);
        for file in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            good.push(fs::read(file?.path())?);
        }
        ensure!(!good.is_empty(), "{} holds no document", folder.display());
        // What a folder lists first differs from machine to machine.
        good.sort();
        documents.push(good);
    }
    let (dice, begun, case) = (Rng::seeded(seed), Instant::now(), seeds.join("case"));
    let (mut executions, mut spent) = (vec![0u64; targets.len()], vec![Duration::ZERO; targets.len()]);
    while begun.elapsed() < Duration::from_secs(seconds) {
        // All have the same time; the quick ones do more in theirs.
        let index = (0..targets.len()).min_by_key(|index| spent[*index]).unwrap_or_default();
        let (name, target) = targets[index];
        let data = damaged(&documents[index], &dice);
        fs::write(&case, &data)?;
        let started = Instant::now();
        if panic::catch_unwind(AssertUnwindSafe(|| target(&data))).is_err() {
            bail!("{name} panicked at execution {}", executions[index]);
        }
        spent[index] += started.elapsed();
        executions[index] += 1;
    }
    let counted: Map<_, _> =
        targets.iter().zip(executions).map(|((name, _), n)| ((*name).to_owned(), json!(n))).collect();
    say_json(&counted)
}
