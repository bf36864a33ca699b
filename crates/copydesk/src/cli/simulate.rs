//! `simulate`: the other sides of our calls.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Simulate {
    /// Be a provider of language models that does what a script says, until stopped
    Llm(Llm),
}

/// Speaks OpenAI's chat completions, Anthropic's messages, Gemini's generateContent and Ollama's chat, streamed and whole.
/// Answers are sentences taken from the question; a word counts as a token.
#[derive(Debug, Args)]
pub struct Llm {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:11435")]
    pub listen: SocketAddr,
    /// Also where other machines can reach it
    #[arg(long)]
    pub anywhere: bool,
    /// One step a line, what follows # is a comment; each request takes the next one and the last one stays. The steps: ok,
    /// 429:SECONDS, 401, 500, slow:MILLISECONDS, drip:MILLISECONDS, cut-after:FRAMES, error-after:FRAMES, truncated, garbage,
    /// refusal, invented, obey, wrong-usage, cut, empty, error. Without a script all is well
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Draw each request's step from the script by these dice, instead of taking them in order
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
}
