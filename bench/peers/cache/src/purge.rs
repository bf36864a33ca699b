//! What the purge of a tag costs its caller when a million entries have it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cache::{Cache, Settings};
use serde_json::json;
use stdx::{ByteSize, Clock};

const ENTRIES: u64 = 1_000_000;
/// Purges of one figure.
const BATCH: u32 = 1_000;

pub fn run(reps: u64) -> Result<(), String> {
    let settings = Settings { memory_size: ByteSize::mib(4_096), entries_max: ENTRIES * 2, ..Settings::default() };
    let cache = Cache::new(&settings, Clock::system());
    let space = cache.space::<u64>("bench", Some(Duration::from_secs(3_600)), |_| 8);
    let fill = || (0..ENTRIES).for_each(|key| space.put(&key.to_string(), &["every", "some"], key));
    fill();
    let kept = space.stats().entries;
    if kept != ENTRIES {
        return Err(format!("{kept} entries are there instead of {ENTRIES}"));
    }
    // The first one alone: everything is there to be purged.
    let began = Instant::now();
    cache.invalidate_tag("every");
    let first = began.elapsed();
    let left = (0..ENTRIES).filter(|key| space.get(&key.to_string()).is_some()).count();
    if left > 0 {
        return Err(format!("{left} entries were served after they were purged"));
    }
    fill();
    println!("{}", json!({ "phase": "purge", "entries": kept, "first_ns": first.as_nanos() as u64 }));
    for rep in 0..reps {
        let began = Instant::now();
        for _ in 0..BATCH {
            cache.invalidate_tag(black_box("every"));
        }
        let ns = began.elapsed().as_nanos() as f64 / f64::from(BATCH);
        println!("{}", json!({ "phase": "purge", "rep": rep, "ns": ns }));
    }
    Ok(())
}
