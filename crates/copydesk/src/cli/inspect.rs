//! `inspect`.

use clap::Args;

#[derive(Debug, Args)]
pub struct Inspect {
    /// Read {"id", "text"} a line from standard input, and print {"id", "suspicious", "reasons"} a line in the same order: each
    /// reason with its kind, what was found, and its start and end in bytes of the text. A line that is no text ends it with exit
    /// code 2 and the line's number
    #[arg(long, required = true)]
    pub jsonl: bool,
}
