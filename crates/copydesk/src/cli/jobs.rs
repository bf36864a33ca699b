//! `jobs`: background work and its queues.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List jobs, newest first: what waits or runs, or what is in one state
    List {
        #[arg(long, value_parser = STATES)]
        state: Option<String>,
        #[command(flatten)]
        which: Which,
        /// How many to show
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
        #[arg(long)]
        json: bool,
    },
    /// Show one job with its parameters, result and error
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Put dead letters back to work, or make waiting jobs due now
    Retry(Bulk),
    /// Cancel jobs: waiting ones are removed, running ones asked to end; with filters, all that wait
    Cancel {
        /// The jobs' ids; without them, every waiting job that the filters name
        ids: Vec<String>,
        #[command(flatten)]
        which: Which,
        /// Every waiting job, when no filter is given
        #[arg(long)]
        all: bool,
        #[arg(long)]
        json: bool,
    },
    /// Delete dead letters for good
    Purge(Bulk),
    /// Count jobs by queue, priority and kind, with how long they run
    Stats {
        #[command(flatten)]
        which: Which,
        #[arg(long)]
        json: bool,
    },
    /// List the queues with their settings and numbers
    Queues {
        #[arg(long)]
        json: bool,
    },
    /// List the processes that work, with their clocks
    Nodes {
        #[arg(long)]
        json: bool,
    },
    /// Estimate when a job of a kind that is enqueued now would be done
    Estimate {
        kind: String,
        #[arg(long)]
        json: bool,
    },
    /// Start nothing more of a queue
    Pause {
        queue: String,
        #[arg(long)]
        json: bool,
    },
    /// Let a paused queue go on
    Resume {
        queue: String,
        #[arg(long)]
        json: bool,
    },
    /// Change what a queue may do
    Set(Set),
}

const STATES: [&str; 8] =
    ["available", "scheduled", "running", "retryable", "pending", "completed", "cancelled", "discarded"];

/// Which jobs; every filter that is given must fit.
#[derive(Clone, Debug, Default, Args)]
pub struct Which {
    #[arg(long)]
    pub kind: Option<String>,
    #[arg(long)]
    pub queue: Option<String>,
    #[arg(long, value_parser = ["critical", "high", "normal", "low"])]
    pub priority: Option<String>,
}

#[derive(Debug, Args)]
pub struct Bulk {
    /// The jobs' ids; without them, every dead letter that the filters name
    pub ids: Vec<String>,
    /// Say that dead letters are meant; filters alone mean the same
    #[arg(long, conflicts_with = "ids")]
    pub dead: bool,
    #[command(flatten)]
    pub which: Which,
    /// Every dead letter, when no filter is given
    #[arg(long)]
    pub all: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Set {
    pub queue: String,
    /// Share beside other queues of the same priority, 1 to 1000
    #[arg(long, value_name = "NUMBER")]
    pub weight: Option<u32>,
    /// Jobs at once in one process; 0 is no limit
    #[arg(long, value_name = "NUMBER")]
    pub concurrency: Option<u32>,
    /// Starts in a minute, on all processes together; 0 is no limit
    #[arg(long, value_name = "NUMBER")]
    pub rate: Option<u32>,
    /// What the end of a job is worth when the database's machine dies; relaxed ones may run again
    #[arg(long)]
    pub durability: Option<Durability>,
    /// Make the queue when there is none of that name
    #[arg(long)]
    pub create: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Durability {
    Durable,
    Relaxed,
}
