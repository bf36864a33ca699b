//! `copydesk item`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Item {
    /// Add an item by hand: written with --title and --text, or the article behind an address
    Add(Box<Add>),
}

#[derive(Debug, Args)]
pub struct Add {
    /// With nothing else: the page is fetched, and its article taken
    #[arg(required_unless_present = "title")]
    pub url: Option<String>,
    #[arg(long, requires = "text")]
    pub title: Option<String>,
    /// A file of plain text, paragraphs parted by empty lines, or of HTML when its name ends with .html; - reads standard input
    #[arg(long, value_name = "FILE", requires = "title")]
    pub text: Option<PathBuf>,
    /// What you call it; the same again is a new version of it
    #[arg(long, requires = "title")]
    pub id: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// As 2026-11-20T09:00:00Z; otherwise what the page says, or now
    #[arg(long, value_name = "TIME")]
    pub published_at: Option<String>,
    /// A source of kind hand; otherwise the pipeline's own
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Name of the pipeline whose own hand takes it; otherwise the default one
    #[arg(long, value_name = "NAME", conflicts_with = "source")]
    pub pipeline: Option<String>,
    #[arg(long)]
    pub json: bool,
}
