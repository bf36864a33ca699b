//! The command line: what can be asked, in the words of `--help`.

pub mod cache;
pub mod cluster;
pub mod edge;
pub mod export;
pub mod feed;
pub mod gateway;
pub mod ingest;
pub mod inspect;
pub mod item;
pub mod jobs;
pub mod prompt;
pub mod simulate;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

/// Reads feeds, drafts, scores, moderates, publishes and serves: a content desk in one binary.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Where everything is; valid with every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Folder of the embedded database and of the secret key
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Configuration file; without it, ./copydesk.toml when there is one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// PostgreSQL instead of the embedded database: postgres://user@host/database
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything at work: a newsroom of invented outlets, read, drafted, judged and published
    Demo(Demo),
    /// Run the desk: site, console, API and workers
    Serve(Serve),
    /// Cache any site: a proxy in front of its servers
    Edge(edge::Edge),
    /// Ask language models for other tools: one address in front of all providers
    Gateway(gateway::Gateway),
    /// Manage what is read
    #[command(subcommand)]
    Source(Source),
    /// Add items by hand
    #[command(subcommand)]
    Item(item::Item),
    /// Read feeds without a desk
    #[command(subcommand)]
    Feed(feed::Feed),
    /// Put items into stories and find copies, without a desk
    Stories(cluster::Stories),
    /// Compare drafts with their sources: numbers, names, quotations, sentences
    Ground(Ground),
    /// Measure texts: sentiment, readability, keywords, structure and one explained score
    Analyze(Analyze),
    /// Look for what commands a model in texts from outside
    Inspect(inspect::Inspect),
    /// Mend what can be mended safely, and let the configured models rewrite as long as it gets better and stays true
    Improve(Improve),
    /// Look at prompts, try them, and compare their versions
    #[command(subcommand)]
    Prompt(prompt::Prompt),
    /// Manage the people who sign in with a password
    #[command(subcommand)]
    User(User),
    /// Manage the keys of the API and the console
    #[command(subcommand)]
    Key(Key),
    /// Look after background work and its queues
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Look into a running desk's cache, empty it in part, or fill it
    #[command(subcommand)]
    Cache(cache::Cache),
    /// Have jobs come again at their times
    #[command(subcommand)]
    Cron(Cron),
    /// Look at the database: damage, alarms, what it holds, what was slow
    #[command(subcommand)]
    Db(Db),
    /// Bring the database's schema up to date
    Migrate(Migrate),
    /// Try what can only be tried: configuration, database, event log, disk, clock, remote sides
    Doctor(Doctor),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(Config),
    /// Write one archive of everything, from one moment, while the desk runs
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Fill an empty database from an archive; the way from SQLite to PostgreSQL and back
    Restore {
        /// The archive to read
        file: PathBuf,
    },
    /// Print sources, pipelines, prompts, voices and providers as JSON, for version control; or, named, something else
    Export(export::Export),
    /// Bring sources, pipelines, prompts, voices and providers to what a file says; deletes nothing
    Apply {
        /// JSON as `export` prints it; - reads standard input
        file: PathBuf,
    },
    /// Be the other side of a call, for tests and for trying things offline
    #[command(subcommand)]
    Simulate(simulate::Simulate),
    /// Measure this build on this machine
    #[command(subcommand)]
    Bench(Bench),
    /// Parts of `cargo xtask soak`
    #[command(subcommand, hide = true)]
    Soak(Soak),
    /// Print the OpenAPI document
    Openapi,
    /// Print the version
    Version,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Serve the built console from this folder instead of the one in the binary
    #[arg(long, value_name = "DIR")]
    pub console_dir: Option<PathBuf>,
    /// Poll every source once, make no further news, stop when the work is done and print the sums as JSON
    #[arg(long)]
    pub once: bool,
    /// Which news is made
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Serve the built console from this folder instead of the one in the binary
    #[arg(long, value_name = "DIR")]
    pub console_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Source {
    /// Add a feed by its address, a hook that others push to, or a hand by which people add items
    Add {
        /// Of a feed; the others have none
        #[arg(required_unless_present = "kind")]
        url: Option<String>,
        /// Of a hook, the address and the secret are printed this once
        #[arg(long, value_enum, default_value_t)]
        kind: SourceKind,
        /// A name to show; otherwise the feed's own title
        #[arg(long, required_if_eq_any([("kind", "hook"), ("kind", "hand")]))]
        name: Option<String>,
        /// Entries of the first fetch that count as news
        #[arg(long, value_name = "NUMBER")]
        backfill: Option<u32>,
        /// How far it is believed, 0 to 1; otherwise 0.5
        #[arg(long, value_name = "SHARE")]
        trust: Option<f64>,
        #[arg(long)]
        json: bool,
    },
    /// List the sources with their last result
    List {
        #[arg(long)]
        json: bool,
    },
    /// Say how far a source is believed; the policy of a pipeline may ask for more
    Trust {
        id: String,
        /// 0 to 1; without it, back to 0.5
        share: Option<f64>,
        #[arg(long)]
        json: bool,
    },
    /// Read an address without storing anything
    Preview {
        url: String,
        #[arg(long)]
        json: bool,
    },
    /// Show which entries of a source count as news, change it, or try a change on the items that are there
    Rules {
        id: String,
        /// A JSON array of rules, [{"name", "field", "test", "value", "action"}]; - reads standard input
        file: Option<PathBuf>,
        /// Change nothing: say what the rules would make of the newest items
        #[arg(long = "try", requires = "file")]
        trial: bool,
        /// Items that rules are tried on
        #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        items: u32,
        #[arg(long)]
        json: bool,
    },
    /// Add the feeds of an OPML list; a feed in a folder that is called like a pipeline goes there
    Import {
        /// - reads standard input
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// Print all sources as an OPML list
    Export,
    /// Give a hook a new secret, and print it this once; the one before stays good for 24 hours
    Secret {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Poll one source or all of them now
    Fetch {
        /// The source's id; without it, all
        id: Option<String>,
    },
}

/// How items come from a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// It is visited
    #[default]
    Feed,
    /// Others push to it
    Hook,
    /// People add them
    Hand,
}

#[derive(Debug, Args)]
pub struct Ground {
    /// Read {"id", "sources": [texts], "draft"} a line from standard input, and print {"id", "supported", "unsupported", "sentences"} a
    /// line in the same order: what of the draft the sources do not hold, and for each of its sentences the place of the source
    /// that supports it best; start and end in bytes of the draft. A line that is no draft ends it with exit code 2 and its number
    #[arg(long, required = true)]
    pub jsonl: bool,
}

#[derive(Debug, Args)]
pub struct Analyze {
    /// Files; - reads standard input
    #[arg(required_unless_present = "jsonl")]
    pub files: Vec<PathBuf>,
    /// Print one line of JSON a file
    #[arg(long)]
    pub json: bool,
    /// Read lines of {"id", "text"[, "language"]} and print one line of JSON each, in the same order; standard input
    /// when no file is named
    #[arg(long, conflicts_with_all = ["json", "title", "slug", "description", "keyphrase"])]
    pub jsonl: bool,
    /// The headline, which is judged as well
    #[arg(long)]
    pub title: Option<String>,
    /// The last part of the address
    #[arg(long)]
    pub slug: Option<String>,
    /// What search results would show
    #[arg(long)]
    pub description: Option<String>,
    /// What the text should be found by
    #[arg(long)]
    pub keyphrase: Option<String>,
    /// ISO 639-1 code; detected otherwise
    #[arg(long)]
    pub language: Option<String>,
    /// How the text is written; a plain one is analysed as given
    #[arg(long, value_enum, default_value_t = TextFormat::Plain)]
    pub format: TextFormat,
}

#[derive(Debug, Args)]
pub struct Improve {
    /// A file; - reads standard input
    pub file: PathBuf,
    /// Write the result into the file instead of printing it
    #[arg(long)]
    pub write: bool,
    /// Print everything that was tried as JSON
    #[arg(long)]
    pub json: bool,
    /// The headline, which is judged and may be improved as well
    #[arg(long)]
    pub title: Option<String>,
    /// ISO 639-1 code; detected otherwise
    #[arg(long)]
    pub language: Option<String>,
    /// How the text is written; otherwise by the file's name (.md, .html), else plain
    #[arg(long, value_enum)]
    pub format: Option<TextFormat>,
    /// A measure and the value to reach, such as flesch_reading_ease=60; several can be given
    #[arg(long = "target", value_name = "NAME=VALUE")]
    pub targets: Vec<String>,
    /// Rounds of rewriting by the configured models
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=5))]
    pub rounds: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    Plain,
    Markdown,
    Html,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Print a link with which somebody makes their account, once within 7 days
    Invite {
        email: String,
        /// admin, editor, author, moderator or viewer
        #[arg(long, default_value = "editor")]
        role: String,
    },
    /// List the users
    List {
        #[arg(long)]
        json: bool,
    },
    /// Print a link with which a user chooses another password, once within a day
    Recover { email: String },
    /// Shut a user out at once
    Disable { email: String },
    /// Let a user in again
    Enable { email: String },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and show it, this once
    Create {
        /// What the key is for
        #[arg(required_unless_present = "named")]
        name: Option<String>,
        /// The same
        #[arg(long = "name", value_name = "NAME", conflicts_with = "name")]
        named: Option<String>,
        /// admin, editor, author, moderator or viewer
        #[arg(long, default_value = "editor")]
        role: String,
        /// A part of what the role may do, such as "read write"; otherwise all of it
        #[arg(long, value_name = "SCOPES")]
        scopes: Option<String>,
        /// Days until it expires
        #[arg(long, alias = "expires", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: Option<u32>,
    },
    /// List the keys, never the secrets
    List {
        #[arg(long)]
        json: bool,
    },
    /// End a key at once
    Revoke { id: String },
}

#[derive(Debug, Subcommand)]
pub enum Cron {
    /// List the schedules with their next time
    List {
        #[arg(long)]
        json: bool,
    },
    /// Add a schedule: copydesk cron add stories @hourly assign_stories
    Add {
        /// 1 to 64 of a-z, 0-9, _, - and .
        name: String,
        /// "30 6 * * MON-FRI", six fields with seconds first, @daily, "@every 15m"
        schedule: String,
        /// fetch_sources or assign_stories
        kind: String,
        /// What the kind's jobs need
        #[arg(long, value_name = "JSON", default_value = "{}")]
        parameters: String,
        /// A name of the IANA time zone database
        #[arg(long, default_value = "UTC")]
        zone: String,
        /// Times at which nothing ran: coalesce (once), catch_up (each) or skip
        #[arg(long, default_value = "coalesce")]
        missed: String,
        /// Another queue than the kind's own
        #[arg(long)]
        queue: Option<String>,
        /// critical, high, normal or low; otherwise the kind's own
        #[arg(long)]
        priority: Option<String>,
    },
    /// Remove a schedule; jobs that it has enqueued stay
    Remove { name: String },
    /// Stop a schedule until it is resumed
    Pause { name: String },
    /// Let a paused schedule go on with its next time from now
    Resume { name: String },
    /// Enqueue the job of a schedule now, besides its times
    Run { name: String },
    /// Print when a schedule would come, without storing anything
    Next {
        /// As `add` takes it
        schedule: String,
        #[arg(long, default_value = "UTC")]
        zone: String,
        #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        count: u16,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Db {
    /// Check the data and look for what needs somebody; exit 1 when it is damaged or something fails or is about to
    Check {
        #[arg(long)]
        json: bool,
    },
    /// Show sizes, tables with their bloat, indexes of no use, the oldest snapshot
    Report {
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server for its slow statements and their plans
    Slow {
        /// Where the server listens; otherwise as configured
        #[arg(long, value_name = "ADDRESS")]
        address: Option<SocketAddr>,
        /// A file that holds a key; - reads standard input
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Migrate {
    /// Only say what would be done; exit 1 when something would
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Doctor {
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Every value and where it comes from; secrets are masked
    Show,
    /// All mistakes at once; exit 1 when there is one
    Check,
    /// The reference of every key, as Markdown
    Reference,
}

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Posts an hour through the whole line with the embedded generator
    Line {
        /// Stories to bring through
        #[arg(long, default_value_t = 2_000)]
        posts: u32,
        #[arg(long)]
        json: bool,
    },
    /// Jobs a second through the queue, one phase a run, on a place made for it
    Queue(BenchQueue),
    /// A sweep over thousands of sources, and a refresh of ten
    Ingest(ingest::BenchIngest),
    /// How soon a client of a live stream is told, on the same node and (PostgreSQL) on another
    Live(BenchLive),
    /// What it costs to analyse a text, by measure: 500 words and 100,000 words of invented news
    Text(BenchText),
    /// How many items a second find their story, on one core: items of 100 invented words
    Cluster(cluster::BenchCluster),
    /// Fill the empty database that is configured with invented news, to measure on
    #[command(hide = true)]
    Seed(BenchSeed),
}

#[derive(Debug, Args)]
pub struct BenchSeed {
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub posts: u32,
    /// Jobs in every state, those of the posts and sources included
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub jobs: u32,
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub sources: u32,
    /// Stories that come through the whole line; their posts are among the posts
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub stories: u32,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchText {
    /// Measure these instead, one {"id", "text"} a line
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,
    /// Where the results of each of the texts go, one line a text; otherwise standard output
    #[arg(long, value_name = "FILE", requires = "texts")]
    pub results: Option<PathBuf>,
    /// Calls of each measure
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub reps: u32,
    /// Print one JSON line: post and long with best_us and p50_us by measure, draft (of ten sources), posts_per_s_per_core
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchLive {
    /// postgres://user@host/database, or sqlite:FOLDER; without it SQLite in a temporary folder
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Jobs that are enqueued one by one, 20 ms apart
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub events: u32,
    /// Print one JSON line: events, same_node and other_node with p50_ms, p99_ms, max_ms
    #[arg(long)]
    pub json: bool,
}

/// Everything runs through the product's own queue with its default settings; only the number of workers is given.
/// On PostgreSQL the tables stand in a schema of their own, copydesk_bench, so that nothing else in the database is
/// touched; two runs on one database must not overlap.
#[derive(Debug, Args)]
pub struct BenchQueue {
    /// What to measure
    #[arg(long, value_enum)]
    pub phase: Phase,
    /// postgres://user@host/database, or sqlite:FOLDER; without it SQLite in a temporary folder
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub jobs: u64,
    /// Jobs that run at once; for `insert`, enqueues under way
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    pub concurrency: u32,
    /// Print one JSON line: phase, jobs, seconds, jobs_per_s, p50_ms, p99_ms, cpu_client_s
    #[arg(long)]
    pub json: bool,
    /// Jobs of one call and one transaction, where many are enqueued at once
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch_size: u32,
    /// Jobs a second of `steady`
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// How long `steady` lasts
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Queues of `queues`
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub queues: u32,
    /// `latency` and `steady` with the worker in another process (PostgreSQL)
    #[arg(long)]
    pub other_node: bool,
    /// Leave the jobs where they are
    #[arg(long)]
    pub keep: bool,
    /// Take what a run with --keep has left: neither empty nor fill it
    #[arg(long)]
    pub prepared: bool,
    /// Say "ready" and wait for a line on standard input before the clock starts
    #[arg(long, hide = true)]
    pub wait: bool,
    /// The worker of another process's phase
    #[arg(long, hide = true)]
    pub as_worker: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Make the tables and nothing else (with --keep)
    Setup,
    /// Enqueue one by one, each waiting for its own commit; times are those of the calls
    Insert,
    /// Enqueue many in one transaction
    Batch,
    /// Work off a queue that was filled before, until the database knows every job as done
    Drain,
    /// Enqueue one by one, 16 under way, while another process works (PostgreSQL; SQLite: this one); from the call to
    /// the start of the job
    E2e,
    /// One job each 25 ms; from the call to the start of the job
    Latency,
    /// --rate jobs a second for --seconds; from the moment a job was due to be enqueued to its start
    Steady,
    /// Claims with --jobs waiting in 3 and then in --queues queues: processor time and buffers of each
    Queues,
}

#[derive(Debug, Subcommand)]
pub enum Soak {
    /// Add jobs and run them until killed
    Work(SoakWork),
    /// Run what is left and compare the history with the diaries
    Settle {
        /// Folder of the diaries of all workers
        diaries: PathBuf,
        /// Longest time for what is left
        #[arg(long, default_value_t = 120)]
        seconds: u64,
    },
    /// Read a file as everything that the queue reads
    Decode { file: PathBuf },
    /// Hand damaged documents to every reader, in this process
    Fuzz {
        /// Folder with a folder of good documents for each reader
        seeds: PathBuf,
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Visit the sites of a simulated year, and compare the items with what was shown
    Year(SoakYear),
    /// Be one sweep of that year, which is killed in its middle
    Sweep(SoakSweep),
}

#[derive(Debug, Args)]
pub struct SoakSweep {
    /// The time, in microseconds since 1970
    #[arg(long)]
    pub at: i64,
    /// Of the sites
    #[arg(long)]
    pub port: u16,
    #[arg(long)]
    pub sources: u32,
    #[arg(long)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct SoakYear {
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub sources: u32,
    /// Simulated days
    #[arg(long, default_value_t = 365)]
    pub days: u32,
    /// Longest real time; what was simulated until then is compared
    #[arg(long, default_value_t = 3_600)]
    pub seconds: u64,
    /// Sites do so many times as often what they do now and then
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub eventful: u32,
    /// One in so many sweeps ends in its middle
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub killed: u64,
    /// These are processes of their own, killed with signal 9
    #[arg(long)]
    pub processes: bool,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct SoakWork {
    /// File to which every job and every run is appended
    pub diary: PathBuf,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Jobs added a second
    #[arg(long, default_value_t = 100)]
    pub rate: u32,
    /// Die at this run
    #[arg(long)]
    pub die_at_run: Option<u64>,
    /// So long after its work, in microseconds
    #[arg(long, default_value_t = 0)]
    pub die_after_us: u64,
}
