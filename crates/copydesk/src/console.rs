//! The built console: what the binary's build has embedded, or the folder that the configuration names.

use std::path::Path;

use anyhow::{Context as _, Result};
use web::console_app::{Built, Console};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/console.rs"));
}

/// The console that is served; `None` when the server renders the desk.
///
/// # Errors
/// When a folder was named that holds no build of the console.
pub fn load(folder: Option<&Path>) -> Result<Option<Console>> {
    if let Some(folder) = folder {
        let read = Console::read(folder);
        return read.map(Some).with_context(|| format!("reading the console from {}", folder.display()));
    }
    let files: &'static [Built] = embedded::FILES;
    if files.is_empty() {
        return Ok(None);
    }
    Console::embedded(files).map(Some).context("reading the console that is part of this binary")
}

#[cfg(test)]
mod tests;
