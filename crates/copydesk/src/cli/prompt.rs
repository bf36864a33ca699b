//! `prompt`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Prompt {
    /// List the desk's prompts
    List {
        #[arg(long)]
        json: bool,
    },
    /// Print the template of one of the desk's prompts
    Show {
        name: String,
        /// Not the current one
        #[arg(long, value_name = "VERSION")]
        version: Option<String>,
    },
    /// Read a template and say what is wrong with it, line by line; exit 1 when something is
    Check {
        /// - reads standard input
        file: PathBuf,
    },
    /// Print what a model would be told
    Render(Render),
    /// Ask a configured model all cases with each prompt, and compare: form, score, grounding, cost, time
    Eval(Eval),
}

#[derive(Debug, Args)]
pub struct Render {
    /// A template; - reads standard input
    pub file: PathBuf,
    /// Lines of {"id", "sources": [{"title", "text"[, "source"]} or "text", …]}
    #[arg(long, value_name = "CASES")]
    pub sources: PathBuf,
    /// The case to take; otherwise the first one
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    #[command(flatten)]
    pub voice: VoiceArgs,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Eval {
    /// Lines of {"id", "sources": [{"title", "text"[, "source"]} or "text", …]}; - reads standard input
    pub cases: PathBuf,
    /// A file, or the name of one of the desk's prompts; the first one given is what the others are compared with
    #[arg(long = "prompt", value_name = "NAME_OR_FILE", required = true)]
    pub prompts: Vec<String>,
    /// One of the configuration's providers; otherwise its first
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    #[command(flatten)]
    pub voice: VoiceArgs,
    /// Print everything, with the answers, as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct VoiceArgs {
    /// A voice as JSON, as `export` prints it
    #[arg(long, value_name = "FILE")]
    pub voice: Option<PathBuf>,
    /// The kind of the channel that is written for
    #[arg(long, value_name = "KIND", default_value = "")]
    pub channel: String,
}
