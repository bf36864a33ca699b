//! `cache`: what a running desk keeps.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Cache {
    /// Show tiers, spaces and the keys that are asked for most
    Stats {
        #[command(flatten)]
        server: Server,
        #[arg(long)]
        json: bool,
    },
    /// Show what is kept in memory under a key
    Get {
        /// Such as site
        space: String,
        key: String,
        #[command(flatten)]
        server: Server,
        #[arg(long)]
        json: bool,
    },
    /// Forget what is kept, in every process and tier
    Purge(Purge),
    /// Make the site's most read and newest pages before anybody asks
    Warm {
        #[command(flatten)]
        server: Server,
        #[arg(long)]
        json: bool,
    },
}

/// Which desk is asked, and as whom.
#[derive(Debug, Args)]
pub struct Server {
    /// Address of the desk; otherwise the one it listens on by the configuration
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// An API key that may operate; otherwise one that lasts for this command is made in the database
    #[arg(id = "api_key", long = "key", value_name = "KEY")]
    pub key: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("aim").required(true)))]
pub struct Purge {
    /// One key of a space
    #[arg(long, num_args = 2, value_names = ["SPACE", "KEY"], group = "aim")]
    pub entry: Option<Vec<String>>,
    /// Everything under a tag, such as page:0M7K2Q9XA4D0G
    #[arg(long, group = "aim")]
    pub tag: Option<String>,
    /// Everything whose key matches, such as site:/topic/*
    #[arg(long, group = "aim")]
    pub pattern: Option<String>,
    /// Everything
    #[arg(long, group = "aim")]
    pub all: bool,
    /// Serve what is meant while a newer one is made
    #[arg(long)]
    pub soft: bool,
    /// Tell the caches in front of the site too, `[[purge.targets]]`; for a tag, or all
    #[arg(long, conflicts_with_all = ["entry", "pattern"])]
    pub remote: bool,
    /// Only tell what would be touched
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub server: Server,
    #[arg(long)]
    pub json: bool,
}
