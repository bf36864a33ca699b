//! The command line: what can be asked, in the words of `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Manage what is read
    #[command(subcommand)]
    Source(Source),
    /// Read feeds without a desk
    #[command(subcommand)]
    Feed(Feed),
    /// Measure texts: sentiment, readability, keywords, structure and one explained score
    Analyze(Analyze),
    /// Manage the keys of the API and the console
    #[command(subcommand)]
    Key(Key),
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
    /// Print sources, pipelines and providers as JSON, for version control
    Export,
    /// Bring sources, pipelines and providers to what a file says; deletes nothing
    Apply {
        /// JSON as `export` prints it; - reads standard input
        file: PathBuf,
    },
    /// Measure this build on this machine
    #[command(subcommand)]
    Bench(Bench),
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
}

#[derive(Debug, Subcommand)]
pub enum Source {
    /// Add a source by its address
    Add {
        url: String,
        /// A name to show; otherwise the feed's own title
        #[arg(long)]
        name: Option<String>,
        /// Entries of the first fetch that count as news
        #[arg(long, value_name = "NUMBER")]
        backfill: Option<u32>,
        #[arg(long)]
        json: bool,
    },
    /// List the sources with their last result
    List {
        #[arg(long)]
        json: bool,
    },
    /// Read an address without storing anything
    Preview {
        url: String,
        #[arg(long)]
        json: bool,
    },
    /// Poll one source or all of them now
    Fetch {
        /// The source's id; without it, all
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Feed {
    /// Parse a feed and print what it says
    Parse {
        /// A file; - reads standard input
        file: PathBuf,
        /// Address of the document, to resolve relative links
        #[arg(long, value_name = "BASE")]
        url: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Analyze {
    /// Files; - reads standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[arg(long)]
    pub json: bool,
    #[arg(long)]
    pub title: Option<String>,
    #[arg(long)]
    pub keyphrase: Option<String>,
    /// ISO 639-1 code; detected otherwise
    #[arg(long)]
    pub language: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and show it, this once
    Create {
        /// What the key is for
        name: String,
        /// admin, editor, author, moderator or viewer
        #[arg(long, default_value = "editor")]
        role: String,
        /// Days until it expires
        #[arg(long, value_name = "DAYS")]
        expires: Option<u32>,
    },
    /// List the keys, never the secrets
    List {
        #[arg(long)]
        json: bool,
    },
    /// End a key at once
    Revoke { id: String },
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
}
