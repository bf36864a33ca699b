use stdx::config::Problem;

stdx::settings! {
    /// How the desk works: polling, drafting, undo.
    pub struct Settings {
        /// Time between two polls of a source that says nothing about it, in seconds.
        poll_interval_s: u32 = 900,
        /// Shortest time between two polls of a source, whatever it says, in seconds.
        poll_interval_min_s: u32 = 300,
        /// Longest time between two polls of a source, in seconds.
        poll_interval_max_s: u32 = 86_400,
        /// Most sources visited at the same time; a quarter of the places is for those that failed last time.
        poll_parallel_max: u32 = 256,
        /// Most visits that the clock begins in a second, however many are due after a stop.
        poll_rate_max: u32 = 200,
        /// Largest feed that is read, after decompression.
        feed_size_max: stdx::ByteSize = stdx::ByteSize::mib(15),
        /// How long a reading of a source does for whoever wants all sources fetched and says nothing of it, in seconds.
        fetch_ttl_s: u32 = 1_800,
        /// Entries of a first fetch that count as news; the rest is stored as seen.
        backfill: u32 = 10,
        /// An item that was published longer ago when it is first seen is stored as seen, and a story whose newest item is
        /// older is not drafted, in hours; 0: age does not matter.
        news_age_max_h: u32 = 48,
        /// More hosts, with their port where it is not the usual one, whose addresses only lead to another one, as those of `bit.ly`
        /// do: links of entries that stand there are followed to what they lead to.
        link_hosts: Vec<String> = Vec::new(),
        /// Whether hubs (WebSub) are asked to tell of new entries, if `site.public_url` says where they reach us.
        websub: bool = true,
        /// Wait before a new story is drafted, so that other sources can join it, in milliseconds.
        draft_delay_ms: u64 = 20_000,
        /// Entries of one batch that are drafted at the same time.
        batch_parallel_max: u32 = 50,
        /// How long each call of a model stays in the ledger, in days; 0: for good. The sums of the days stay in any case.
        ledger_days: u32 = 730,
        /// Items that are this much apart never share a story, in hours.
        story_window_h: u32 = 72,
        /// How long an approval can be taken back before it is published, in milliseconds.
        undo_ms: u64 = 10_000,
        /// How long a session of the console lasts without a new sign-in, in hours.
        session_h: u32 = 12,
    }
}

impl Settings {
    /// Every value that cannot work, with its remedy.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut within = |key: &str, value: u64, low: u64, high: u64| {
            if !(low..=high).contains(&value) {
                problems.push(Problem::new(format!("{section}.{key}"), value, format!("must be {low} to {high}")));
            }
        };
        within("poll_interval_min_s", self.poll_interval_min_s.into(), 1, 86_400);
        within("poll_interval_max_s", self.poll_interval_max_s.into(), 60, 604_800);
        within("poll_interval_s", self.poll_interval_s.into(), 1, 604_800);
        within("poll_parallel_max", self.poll_parallel_max.into(), 4, 4_096);
        within("poll_rate_max", self.poll_rate_max.into(), 1, 10_000);
        within("news_age_max_h", self.news_age_max_h.into(), 0, 24 * 365);
        within("feed_size_max", self.feed_size_max.bytes(), 1_024, 1 << 30);
        within("fetch_ttl_s", self.fetch_ttl_s.into(), 0, 86_400);
        within("backfill", self.backfill.into(), 0, 10_000);
        within("draft_delay_ms", self.draft_delay_ms, 0, 3_600_000);
        within("batch_parallel_max", self.batch_parallel_max.into(), 1, 1_000);
        within("ledger_days", self.ledger_days.into(), 0, 36_500);
        within("story_window_h", self.story_window_h.into(), 1, 24 * 60);
        within("undo_ms", self.undo_ms, 0, 3_600_000);
        within("session_h", self.session_h.into(), 1, 24 * 90);
        if self.poll_interval_min_s > self.poll_interval_max_s {
            problems.push(Problem::new(
                format!("{section}.poll_interval_min_s"),
                self.poll_interval_min_s,
                format!("must not be above {section}.poll_interval_max_s, which is {}", self.poll_interval_max_s),
            ));
        }
        problems
    }
}
