use stdx::ByteSize;
use stdx::config::Problem;

stdx::settings! {
    /// How much the cache in memory may hold.
    pub struct Settings {
        /// Bytes of all values together, as their spaces weigh them.
        memory_size: ByteSize = ByteSize::mib(128),
        /// Entries in all spaces together.
        entries_max: u64 = 50_000,
        /// How long a value is kept where its space does not say, in seconds.
        ttl_s: u64 = 300,
        /// Tags whose last invalidation is remembered one by one; beyond it the older half is
        /// remembered as one moment, which may drop values that were still good.
        tags_max: usize = 65_536,
    }
}

impl Settings {
    /// Every mistake, keys prefixed by `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut at_least = |key: &str, value: u64, min: u64| {
            if value < min {
                problems.push(Problem::new(format!("{section}.{key}"), value, format!("must be {min} or more")));
            }
        };
        at_least("memory_size", self.memory_size.bytes(), 1 << 20);
        at_least("entries_max", self.entries_max, 100);
        at_least("ttl_s", self.ttl_s, 1);
        at_least("tags_max", self.tags_max as u64, 16);
        problems
    }
}
