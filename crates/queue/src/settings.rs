use stdx::config::Problem;

stdx::settings! {
    /// How many jobs run, for how long, and how failures are retried.
    pub struct Settings {
        /// Jobs of one priority that may run at once however quiet it is.
        workers_min: u32 = 4,
        /// Jobs that run at once in this process, of all priorities together.
        workers_max: u32 = 32,
        /// Jobs beside them that may wait for somebody outside, such as a language model, and cost no worker meanwhile.
        waiting_max: u32 = 256,
        /// Longest time a job may run, in seconds, unless its kind says otherwise.
        deadline_s: u64 = 90,
        /// Wait after a first failure, in milliseconds; it doubles with each further one.
        retry_delay_ms: u64 = 2_000,
        /// Longest wait between two attempts, in seconds.
        retry_delay_max_s: u64 = 3_600,
        /// How often a process says that it lives, in seconds.
        heartbeat_s: u64 = 4,
        /// Silence after which a process counts as dead and its jobs are taken back, in seconds.
        silence_s: u64 = 15,
        /// How long finished jobs stay readable, in days.
        history_days: u32 = 14,
    }
}

impl Settings {
    /// Every value that cannot work, with its remedy.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |ok: bool, key: &str, value: String, remedy: &str| {
            if !ok {
                problems.push(Problem::new(format!("{section}.{key}"), value, remedy));
            }
        };
        check(
            (1..=4_096).contains(&self.workers_max),
            "workers_max",
            self.workers_max.to_string(),
            "must be 1 to 4096; remove the line to use 32",
        );
        check(
            self.waiting_max <= 65_536,
            "waiting_max",
            self.waiting_max.to_string(),
            "must be 0 to 65536; remove the line to use 256",
        );
        check(
            (1..=4_096).contains(&self.workers_min),
            "workers_min",
            self.workers_min.to_string(),
            "must be 1 to 4096, of which no more than queue.workers_max are used; remove the line to use 4",
        );
        check(
            (1..=86_400).contains(&self.deadline_s),
            "deadline_s",
            self.deadline_s.to_string(),
            "must be 1 to 86400 seconds",
        );
        check(
            (1..=3_600_000).contains(&self.retry_delay_ms),
            "retry_delay_ms",
            self.retry_delay_ms.to_string(),
            "must be 1 to 3600000 milliseconds",
        );
        check(
            (1..=604_800).contains(&self.retry_delay_max_s),
            "retry_delay_max_s",
            self.retry_delay_max_s.to_string(),
            "must be 1 to 604800 seconds",
        );
        check(
            (1..=60).contains(&self.heartbeat_s),
            "heartbeat_s",
            self.heartbeat_s.to_string(),
            "must be 1 to 60 seconds",
        );
        check(
            self.silence_s >= 3 * self.heartbeat_s && self.silence_s <= 600,
            "silence_s",
            self.silence_s.to_string(),
            "must be at least three heartbeats (queue.heartbeat_s) and at most 600 seconds",
        );
        check(
            (1..=3_650).contains(&self.history_days),
            "history_days",
            self.history_days.to_string(),
            "must be 1 to 3650 days",
        );
        problems
    }
}
