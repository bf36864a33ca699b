use std::path::PathBuf;

use stdx::ByteSize;
use stdx::config::{Problem, Secret};

stdx::settings! {
    /// How much the cache may hold, in memory and beyond.
    pub struct Settings {
        /// Bytes of all values in memory together, as their spaces weigh them.
        memory_size: ByteSize = ByteSize::mib(128),
        /// Entries of all spaces in memory together.
        entries_max: u64 = 50_000,
        /// How long a value is kept where its space does not say, in seconds.
        ttl_s: u64 = 300,
        /// Tags and keys whose last invalidation is remembered one by one; beyond it the older half is
        /// remembered as one moment, which may drop values that were still good.
        tags_max: usize = 65_536,
        /// A cache that all processes share: `redis://user:password@host:port/0` for one Redis or Valkey,
        /// `redis+sentinel://host:26379,host:26379/service/0`, `redis+cluster://host:port,host:port`, or
        /// `memcached://host:port,host:port`. Without it each process has its own cache only.
        remote_url: Option<Secret> = None,
        /// Starts the name of everything in the shared cache, so that several installations can use one server.
        remote_prefix: String = "copydesk".to_owned(),
        /// The longest wait for an answer of the shared cache, in milliseconds.
        remote_timeout_ms: u64 = 250,
        /// Bytes that wait to be written to the shared cache; beyond it the oldest are not written.
        remote_queue_size: ByteSize = ByteSize::mib(16),
        /// A folder for values that do not fit into memory or should outlive a restart. Without it there are none.
        disk_folder: Option<PathBuf> = None,
        /// Bytes of that folder at most.
        disk_size: ByteSize = ByteSize::mib(1024),
        /// Bytes of one of its files.
        disk_segment_size: ByteSize = ByteSize::mib(16),
        /// Bytes of memory that results of queries may take: reports and statistics.
        query_size: ByteSize = ByteSize::mib(32),
        /// How long a report is kept at most, in seconds; what it counts takes it away earlier.
        report_ttl_s: u64 = 3_600,
        /// Pages that are made at the start, after a purge and after a new release before anybody asks; 0 makes none.
        warm_pages_max: usize = 50,
        /// Pages of those that are made in a second at most.
        warm_per_second: u32 = 20,
        /// Keys whose successors are learned, so that what is often read next can be loaded ahead; 0 learns nothing.
        prefetch_keys_max: usize = 4_096,
        /// Loads ahead of a wish, at most so many a minute.
        prefetch_per_minute: u64 = 300,
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
        at_least("remote_timeout_ms", self.remote_timeout_ms, 5);
        at_least("remote_queue_size", self.remote_queue_size.bytes(), 1 << 20);
        at_least("query_size", self.query_size.bytes(), 1 << 16);
        at_least("report_ttl_s", self.report_ttl_s, 1);
        at_least("warm_per_second", self.warm_per_second.into(), 1);
        at_least("disk_segment_size", self.disk_segment_size.bytes(), 1 << 20);
        at_least("disk_size", self.disk_size.bytes(), self.disk_segment_size.bytes().saturating_mul(4));
        if let Some(url) = &self.remote_url
            && let Err(reason) = crate::tier::remote::Address::parse(url.reveal())
        {
            problems.push(Problem::new(format!("{section}.remote_url"), "***", reason));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.remote_prefix.is_empty() || self.remote_prefix.len() > 40 || !self.remote_prefix.chars().all(plain) {
            let remedy = "must be 1 to 40 letters, digits, - or _";
            problems.push(Problem::new(format!("{section}.remote_prefix"), &self.remote_prefix, remedy));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_and_no_password() {
        assert_eq!(Settings::default().validate("cache"), []);
        let wrong = Settings {
            ttl_s: 0,
            remote_url: Some(Secret::new("http://user:hunter2@host")),
            remote_prefix: "a b".into(),
            disk_size: ByteSize::mib(2),
            ..Settings::default()
        };
        let problems = wrong.validate("cache");
        let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["cache.ttl_s", "cache.disk_size", "cache.remote_url", "cache.remote_prefix"]);
        assert!(!format!("{problems:?}").contains("hunter2"));
    }
}
