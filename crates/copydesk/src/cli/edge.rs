//! `edge`: a caching proxy.

use std::net::SocketAddr;

use clap::Args;

/// What is not said here stands in the sections `[proxy]` and `[edge]` of the configuration.
#[derive(Debug, Args)]
pub struct Edge {
    /// A server of the site, such as http://127.0.0.1:8000; once for each of them
    #[arg(long = "upstream", value_name = "URL")]
    pub upstreams: Vec<String>,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Where purges, health and metrics are served; otherwise purges are taken at the site itself
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<SocketAddr>,
}
