//! How long a start takes that finds a gibibyte on its disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache::bus::FileLog;
use cache::{Cache, Settings, Space};
use serde_json::json;
use stdx::task::Tasks;
use stdx::{ByteSize, Clock, Rng};

/// Bytes of a value, which nothing makes shorter.
const VALUE: usize = 10_240;
const BYTES: u64 = 1 << 30;
/// Values that are looked at after the start.
const LOOKS: u64 = 1_000;

pub fn run(folder: &Path, reps: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(measure(folder, reps))
}

async fn measure(folder: &Path, reps: u64) -> Result<(), String> {
    let tasks = Tasks::default();
    let (cache, space) = open(folder, &tasks).await?;
    let disk = |cache: &Cache| cache.stats().tiers.into_iter().find(|tier| tier.name == "disk").ok_or("no disk tier");
    let mut written = 0;
    while disk(&cache)?.bytes < BYTES {
        for _ in 0..500 {
            space.put(&written.to_string(), &["site", "articles"], value(written));
            written += 1;
        }
        // No more than its queue takes.
        while disk(&cache)?.writes + disk(&cache)?.dropped < written {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let before = disk(&cache)?;
    if before.dropped + before.errors > 0 {
        return Err(format!("not everything was written: {before:?}"));
    }
    close(cache, space, tasks).await;
    for rep in 0..reps {
        let (tasks, began) = (Tasks::default(), Instant::now());
        let (cache, space) = open(folder, &tasks).await?;
        let opened = began.elapsed();
        let rng = Rng::seeded(rep);
        for n in 0..LOOKS {
            let number = rng.below(written);
            let found = space.find(&number.to_string()).await;
            if found.is_none_or(|found| found != value(number)) {
                return Err(format!("value {number} is not what was kept"));
            }
            if n == 0 {
                let (ms, first) = (opened.as_secs_f64() * 1e3, began.elapsed().as_secs_f64() * 1e3);
                let (entries, bytes) = (disk(&cache)?.entries, disk(&cache)?.bytes);
                println!(
                    "{}",
                    json!({ "phase": "warm", "rep": rep, "entries": entries, "bytes": bytes, "ms": ms, "first_answer_ms": first })
                );
            }
        }
        close(cache, space, tasks).await;
    }
    Ok(())
}

async fn open(folder: &Path, tasks: &Tasks) -> Result<(Cache, Space<Vec<u8>>), String> {
    let settings = Settings {
        disk_folder: Some(folder.join("disk")),
        disk_size: ByteSize::mib(2_048),
        memory_size: ByteSize::mib(8),
        ..Settings::default()
    };
    let log = Arc::new(FileLog::open(&folder.join("purges")).map_err(|e| e.to_string())?);
    let cache = Cache::open(&settings, Clock::system(), tasks, Some(log)).await;
    let space = cache.define("bench").ttl(Duration::from_secs(86_400)).shared(1).weigh(Vec::len).open();
    while cache.stats().behind {
        tokio::task::yield_now().await;
    }
    Ok((cache, space))
}

/// Returns when the folder is free for the next one.
async fn close(cache: Cache, space: Space<Vec<u8>>, tasks: Tasks) {
    drop((cache, space));
    tasks.shutdown(Duration::from_secs(5)).await;
    // Its writer looks for the end of the process every half second.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
}

/// The same noise for the same number.
fn value(number: u64) -> Vec<u8> {
    let mut state = number;
    let mut word = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
    };
    (0..VALUE / 8).flat_map(|_| word().to_le_bytes()).collect()
}
