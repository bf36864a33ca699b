//! What is measured of each engine.

use super::engine::{Engine, Kind};

pub struct Phase {
    pub name: &'static str,
    /// The drivers' word for it.
    pub word: &'static str,
    pub concurrency: u32,
    jobs: Jobs,
    /// Starts with a full queue.
    pub filled: bool,
    /// More words for the drivers.
    pub words: &'static [&'static str],
    pub by_default: bool,
}

enum Jobs {
    /// One part in so many of the jobs asked for.
    Share(u64),
    /// At most so many, where each takes its time.
    Few(u64),
}

const fn phase(name: &'static str, word: &'static str, concurrency: u32, jobs: Jobs) -> Phase {
    Phase { name, word, concurrency, jobs, filled: false, words: &[], by_default: true }
}

pub const ALL: &[Phase] = &[
    phase("insert-1", "insert", 1, Jobs::Share(20)),
    phase("insert-16", "insert", 16, Jobs::Share(4)),
    phase("batch", "batch", 1, Jobs::Share(1)),
    Phase { filled: true, ..phase("drain-10", "drain", 10, Jobs::Share(1)) },
    Phase { filled: true, ..phase("drain-100", "drain", 100, Jobs::Share(1)) },
    phase("e2e", "e2e", 20, Jobs::Share(4)),
    phase("latency", "latency", 10, Jobs::Few(200)),
    Phase { words: &["--other-node"], ..phase("latency-other", "latency", 10, Jobs::Few(200)) },
    Phase {
        words: &["--rate", "1000", "--seconds", "10", "--other-node"],
        by_default: false,
        ..phase("steady", "steady", 20, Jobs::Few(10_000))
    },
    // A million jobs in ten thousand queues: ours alone, and minutes of filling.
    Phase { words: &["--queues", "10000"], by_default: false, ..phase("queues", "queues", 100, Jobs::Share(1)) },
];

impl Phase {
    pub fn jobs(&self, asked: u64) -> u64 {
        match self.jobs {
            Jobs::Share(part) => (asked / part).max(20),
            Jobs::Few(most) => most.min(asked),
        }
    }

    /// An SQLite folder belongs to one process; very many queues are asked of ours alone.
    pub fn suits(&self, engine: &Engine) -> bool {
        let one_process = engine.server == Kind::Sqlite;
        (self.word != "queues" || engine.is_ours()) && !(one_process && self.name == "latency-other")
    }

    pub fn words_for(&self, engine: &Engine) -> impl Iterator<Item = &'static str> {
        let one_process = engine.server == Kind::Sqlite;
        self.words.iter().copied().filter(move |word| !(one_process && *word == "--other-node"))
    }

    /// Whether the line has the common form.
    pub fn is_plain(&self) -> bool {
        self.word != "queues"
    }
}
