use stdx::ByteSize;
use stdx::config::Problem;

stdx::settings! {
    /// What one listener accepts.
    pub struct Settings {
        /// Connections open at once; further ones wait in the kernel until one ends.
        connections_max: usize = 10_000,
        /// Longest time for a request's head, and for a kept connection between two requests, in seconds.
        header_timeout_s: u64 = 30,
        /// Largest head of a request; a larger one is answered with 431. At least 8 KiB.
        header_size_max: ByteSize = ByteSize::kib(32),
        /// Most header fields of a request; more are answered with 431.
        header_count_max: usize = 100,
        /// Requests at once on one HTTP/2 connection.
        streams_max: u32 = 100,
        /// Longest time that running requests get to finish at shutdown, in seconds.
        drain_timeout_s: u64 = 10,
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
        at_least("connections_max", self.connections_max as u64, 1);
        at_least("header_timeout_s", self.header_timeout_s, 1);
        at_least("header_size_max", self.header_size_max.bytes(), 8 << 10);
        at_least("header_count_max", self.header_count_max as u64, 10);
        at_least("streams_max", u64::from(self.streams_max), 1);
        problems
    }
}
