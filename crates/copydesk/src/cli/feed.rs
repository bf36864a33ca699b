//! `feed`: the reader of feeds, without a desk.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// How fast feeds are read: one thread, files in memory, the median of whole passes; prints files, bytes and median_s as JSON
    Bench(Bench),
}

/// Documents that are refused count as read.
#[derive(Debug, Args)]
pub struct Bench {
    /// A file with the path of a feed on each line; - reads standard input
    pub list: PathBuf,
    /// Passes over all of them
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub reps: u32,
    /// With the sanitiser, as the desk reads; without it, as readers do that leave HTML as it is
    #[arg(long)]
    pub sanitize: bool,
}
