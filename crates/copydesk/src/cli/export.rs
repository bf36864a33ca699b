//! `export`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use stdx::Timestamp;

#[derive(Debug, Args)]
pub struct Export {
    #[command(subcommand)]
    pub what: Option<What>,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// Print approved posts as examples for fine-tuning, {"messages": [system, user, assistant]} a line: the prompt of the draft with its
    /// sources, and the text that was approved, in the form that the prompt asks for. What was left out is told on standard error
    Finetune(Finetune),
}

#[derive(Debug, Args)]
pub struct Finetune {
    /// Only posts of this pipeline
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Only posts that are live on this channel
    #[arg(long, value_name = "NAME")]
    pub channel: Option<String>,
    /// Only posts in this language (ISO 639-1 code)
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// Only posts made from then on, such as 2026-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<Timestamp>,
    /// Share of a text's sentences, 0 to 1, in which nothing is that its sources do not hold; 1 takes grounded posts alone
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    pub grounding_min: f64,
    /// So many stories of a hundred, by their hash, go into the file for validation
    #[arg(long, value_name = "PERCENT", requires = "validation_file", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub validation: Option<u32>,
    /// The file for validation; it must not exist
    #[arg(long, value_name = "FILE", requires = "validation")]
    pub validation_file: Option<PathBuf>,
}
