//! `stories` and `bench cluster`.

use clap::Args;

#[derive(Debug, Args)]
pub struct Stories {
    /// Read {"id", "title", "text", "published_at"} a line in the order of their times from standard input, and print {"id",
    /// "story", "copy_of"} a line in the same order: the id of the story's first item, and of the item that it copies or null.
    /// A line that is no item ends it with exit code 2 and the line's number
    #[arg(long, required = true)]
    pub jsonl: bool,
    /// Items further apart are never one story
    #[arg(long, value_name = "HOURS", default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..=8_760))]
    pub window_h: u32,
}

#[derive(Debug, Args)]
pub struct BenchCluster {
    /// Items that are timed
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub items: u32,
    /// Items that are in memory all the while
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub live: u32,
    /// Print one JSON line: items_per_s, us_per_item, memory_bytes and what was compared
    #[arg(long)]
    pub json: bool,
}
