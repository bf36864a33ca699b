//! `gateway`: one address for all language models.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use connect::llm::Dialect;

/// Takes questions as OpenAI's chat completions, streamed and whole, and asks the providers of the section `[llm]` of the
/// configuration, or one that is named here. It needs no database, and so knows no budgets: `serve` answers at the same path
/// with the desk's keys, providers and budgets.
#[derive(Debug, Args)]
pub struct Gateway {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    pub listen: SocketAddr,
    /// Ask this server instead of those of the configuration, such as http://127.0.0.1:11434/v1; callers name its models
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// What the upstream speaks: openai, anthropic, gemini or ollama
    #[arg(long, value_name = "NAME", default_value = "openai", requires = "upstream")]
    pub dialect: Dialect,
    /// The keys that callers must bring, one a line. Without it everybody who reaches the address is let in, and the key they
    /// bring goes to providers that have none of their own
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Also where other machines can reach it, without a --key-file
    #[arg(long)]
    pub anywhere: bool,
    /// Where metrics and the health of the providers are served
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<SocketAddr>,
}
