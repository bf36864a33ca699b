//! `bench ingest`.

use clap::Args;

/// Thousands of sources that answer as sites do: 70 % have nothing new, 20 % have, 5 % are slow (2 s), 3 % answer with an error, 1 % never
/// answer, 1 % break off. They stand in another process, each on an address of its own, and the limits of the product hold.
/// What they bring is stored and not worked on: no worker runs while the sweep is measured.
#[derive(Debug, Args)]
pub struct BenchIngest {
    /// Sources of the sweep
    #[arg(long, value_name = "NUMBER", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..=60_000))]
    pub sources: u32,
    /// Print one JSON line: sources, seconds, sound_s, cpu_s, pss_bytes, outcomes, new_items, lost, doubled, refresh
    #[arg(long)]
    pub json: bool,
    /// Be the sites: says the port, ends with standard input
    #[arg(long, hide = true)]
    pub serve: bool,
}
