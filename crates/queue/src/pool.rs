//! How many jobs of each priority run at once: more when work waits and the machine has room, fewer when
//! nothing does or the machine is the bottleneck.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::Priority;
use crate::queue::WORKERS;

/// Above this use of the machine's cores no pool grows; above the other one, pools shrink.
const CPU_GROW: f64 = 0.85;
const CPU_SHRINK: f64 = 0.97;
/// A pool that uses less than half of its places for this many looks gives one back.
const IDLE_LOOKS: u32 = 20;
/// Runs that take so many times longer than they used to tell of a bottleneck elsewhere.
const SLOWER: f64 = 2.0;

/// The four pools of a process. Together they never run more than the ceiling.
#[derive(Debug)]
pub(crate) struct Pools {
    floor: usize,
    ceiling: usize,
    sizes: [AtomicUsize; 4],
    idle: [AtomicUsize; 4],
}

/// What was seen of one class since the last look.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// Places in use, in workers.
    pub used: f64,
    /// How long the oldest due job waits.
    pub wait: Duration,
    /// Time of a run lately, in parts of what it used to be.
    pub slowdown: f64,
}

/// A pool as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PoolView {
    pub priority: Priority,
    /// Jobs of the priority that may run at once.
    pub size: usize,
    pub running: usize,
}

impl Pools {
    pub fn new(floor: usize, ceiling: usize) -> Pools {
        let pools = Pools { floor: floor.min(ceiling), ceiling, sizes: Default::default(), idle: Default::default() };
        pools.sizes.iter().for_each(|size| size.store(pools.floor, Ordering::Relaxed));
        pools.show();
        pools
    }

    pub fn size(&self, class: Priority) -> usize {
        self.sizes[class as usize - 1].load(Ordering::Relaxed)
    }

    pub fn ceiling(&self) -> usize {
        self.ceiling
    }

    /// Sizes the pools by what was seen of each class and of the machine (use of its cores, 0 to 1).
    pub fn look(&self, loads: &[Load; 4], cpu: f64) {
        for ((size, idle), (load, class)) in self.sizes.iter().zip(&self.idle).zip(loads.iter().zip(Priority::ALL)) {
            let now = size.load(Ordering::Relaxed);
            let is_full = load.used + 0.5 >= now as f64;
            let next = if cpu >= CPU_SHRINK && load.slowdown >= SLOWER {
                now - now / 8 - usize::from(now > 1)
            } else if is_full && load.wait > patience(class) && cpu < CPU_GROW {
                now + (now / 2).max(1)
            } else if load.used < now as f64 / 2.0 {
                // Slowly, so that a pause between two batches costs nothing.
                let looks = idle.fetch_add(1, Ordering::Relaxed) + 1;
                if looks as u32 >= IDLE_LOOKS {
                    idle.store(0, Ordering::Relaxed);
                    now.saturating_sub(1)
                } else {
                    now
                }
            } else {
                idle.store(0, Ordering::Relaxed);
                now
            };
            size.store(next.clamp(self.floor, self.ceiling), Ordering::Relaxed);
        }
        self.show();
    }

    fn show(&self) {
        let sum: usize = self.sizes.iter().map(|size| size.load(Ordering::Relaxed)).sum();
        WORKERS.set(sum.min(self.ceiling) as i64);
    }
}

/// How long a class may wait before its pool grows.
fn patience(class: Priority) -> Duration {
    match class {
        Priority::Critical => Duration::from_millis(10),
        Priority::High => Duration::from_millis(50),
        Priority::Normal => Duration::from_millis(200),
        Priority::Low => Duration::from_secs(1),
    }
}

/// Use of the machine's cores since the last reading, 0 to 1; `None` where the system does not tell.
#[derive(Debug, Default)]
pub(crate) struct Cpu {
    last: Option<(u64, u64)>,
}

impl Cpu {
    pub fn read(&mut self) -> Option<f64> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        let fields: Vec<u64> =
            text.lines().next()?.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
        let all: u64 = fields.iter().take(8).sum();
        // Idle and waiting for a disk.
        let idle = fields.get(3)? + fields.get(4).copied().unwrap_or_default();
        let (all_before, idle_before) = self.last.replace((all, idle))?;
        let span = all.checked_sub(all_before).filter(|span| *span > 0)?;
        Some(1.0 - idle.saturating_sub(idle_before) as f64 / span as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(used: f64) -> [Load; 4] {
        let mut loads = [Load::default(); 4];
        loads[2] = Load { used, wait: Duration::from_secs(1), slowdown: 1.0 };
        loads
    }

    #[test]
    fn a_pool_grows_while_work_waits_and_the_machine_has_room() {
        let pools = Pools::new(4, 32);
        let mut sizes = Vec::new();
        for _ in 0..8 {
            pools.look(&waiting(pools.size(Priority::Normal) as f64), 0.3);
            sizes.push(pools.size(Priority::Normal));
        }
        assert_eq!(sizes, [6, 9, 13, 19, 28, 32, 32, 32]);
        assert_eq!(pools.size(Priority::Critical), 4, "others keep their floor");
    }

    #[test]
    fn it_does_not_grow_when_the_cores_are_busy_or_places_are_free() {
        let pools = Pools::new(4, 32);
        pools.look(&waiting(4.0), 0.9);
        assert_eq!(pools.size(Priority::Normal), 4);
        pools.look(&waiting(2.0), 0.1);
        assert_eq!(pools.size(Priority::Normal), 4);
    }

    #[test]
    fn it_shrinks_when_idle_and_when_more_only_makes_runs_slower() {
        let pools = Pools::new(4, 32);
        (0..6).for_each(|_| pools.look(&waiting(pools.size(Priority::Normal) as f64), 0.3));
        assert_eq!(pools.size(Priority::Normal), 32);
        let mut slow = waiting(32.0);
        slow[2].slowdown = 3.0;
        pools.look(&slow, 0.99);
        assert_eq!(pools.size(Priority::Normal), 27);
        for _ in 0..1_000 {
            pools.look(&[Load::default(); 4], 0.1);
        }
        assert_eq!(pools.size(Priority::Normal), 4);
    }
}
