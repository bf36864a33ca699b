//! Hits as a share of all questions, at three sizes.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::engines;
use crate::traces::{self, Trace};

/// Capacities, in percent of the different keys of the trace.
const PERCENT: [usize; 3] = [1, 5, 20];

pub fn run(folder: &Path, seed: u64) -> Result<(), String> {
    let mut found = 0;
    for source in &traces::ALL {
        let Some(trace) = source.read(folder)? else { continue };
        found += 1;
        let names: Vec<String> = (0..trace.keys).map(|key| format!("{key:x}")).collect();
        for percent in PERCENT {
            let entries = (trace.keys as usize * percent / 100).max(1);
            let print = |engine: &str, hits: usize| {
                let ratio = 100.0 * hits as f64 / trace.requests.len() as f64;
                let line = json!({ "trace": source.name, "percent": percent, "entries": entries, "engine": engine, "ratio": ratio });
                println!("{line}");
            };
            for engine in engines::ALL {
                let mut ask = (engine.open)(entries, &names, seed);
                print(engine.name, trace.requests.iter().filter(|key| ask(**key)).count());
            }
            print("clairvoyant", clairvoyant(&trace, entries));
        }
    }
    if found == 0 { Err(format!("{} holds none of the traces", folder.display())) } else { Ok(()) }
}

/// The most hits that any policy could have which takes every missed key in: what is asked for again last makes way.
/// Source: Belady 1966.
fn clairvoyant(trace: &Trace, entries: usize) -> usize {
    let never = trace.requests.len();
    let mut next = vec![never; trace.requests.len()];
    let mut last = vec![never; trace.keys as usize];
    for (at, key) in trace.requests.iter().enumerate().rev() {
        next[at] = std::mem::replace(&mut last[*key as usize], at);
    }
    // When each key that is in will be asked for again.
    let mut kept = BTreeSet::new();
    let mut is_in = vec![None; trace.keys as usize];
    let mut hits = 0;
    for (at, key) in trace.requests.iter().enumerate() {
        let again = (next[at], *key);
        match is_in[*key as usize].replace(next[at]) {
            Some(was) => {
                hits += 1;
                kept.remove(&(was, *key));
            }
            None if kept.len() >= entries => {
                let (_, gone) = kept.pop_last().expect("at least one entry");
                is_in[gone as usize] = None;
            }
            None => {}
        }
        kept.insert(again);
    }
    hits
}
