//! Building the console with npm, in a copy outside of the source tree.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::plan;

/// Why there is no build.
pub enum Failed {
    /// The machine is not ready for it: no Node, no network.
    Unready(String),
    /// The sources do not build.
    Broken(String),
}

/// What npm and the build make, and what a build has no use for.
const SKIP: &[&str] = &["node_modules", "dist", "e2e"];
/// Holds the lock file that the installed packages belong to.
const INSTALLED: &str = "node_modules/.copydesk-lock";

/// Builds `sources` in `place`, which keeps the installed packages for the next time. Gives the finished folder.
pub fn build(sources: &Path, tokens: &Path, place: &Path) -> Result<PathBuf, Failed> {
    let unready = |error: io::Error| Failed::Unready(format!("{} cannot be filled: {error}", place.display()));
    let version = output(Command::new("node").arg("--version")).map_err(Failed::Unready)?;
    plan::judge_node(&version).map_err(Failed::Unready)?;
    mirror(sources, place, SKIP).map_err(unready)?;
    let lock = fs::read(place.join("package-lock.json")).map_err(unready)?;
    if !fs::read(place.join(INSTALLED)).is_ok_and(|installed| installed == lock) {
        // Everything is a development dependency, which NODE_ENV=production would leave out.
        let words = ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        output(npm().current_dir(place).args(words)).map_err(Failed::Unready)?;
        fs::create_dir_all(place.join("node_modules")).map_err(unready)?;
        fs::write(place.join(INSTALLED), lock).map_err(unready)?;
    }
    let mut build = npm();
    build.current_dir(place).args(["run", "build"]).env("CONSOLE_TOKENS", tokens);
    output(&mut build).map_err(Failed::Broken)?;
    Ok(place.join("dist"))
}

/// Every file and folder that a build reads.
pub fn watched(sources: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    // Not the folder itself: what others write beside the sources is none of ours.
    for name in names(sources, SKIP)? {
        found.push(sources.join(name));
    }
    Ok(found)
}

/// Makes `to` hold what `from` holds, but for `skip` at the top on either side. Files that are the same are not
/// touched.
fn mirror(from: &Path, to: &Path, skip: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let wanted = names(from, skip)?;
    for gone in names(to, skip)?.difference(&wanted) {
        let path = to.join(gone);
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    for name in wanted {
        let (source, copy) = (from.join(&name), to.join(&name));
        if source.is_dir() {
            mirror(&source, &copy, &[])?;
            continue;
        }
        let content = fs::read(&source)?;
        if !fs::read(&copy).is_ok_and(|known| known == content) {
            fs::write(&copy, content)?;
        }
    }
    Ok(())
}

fn names(folder: &Path, skip: &[&str]) -> io::Result<BTreeSet<OsString>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !skip.iter().any(|skipped| name == *skipped) {
            names.insert(name);
        }
    }
    Ok(names)
}

fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.env("npm_config_update_notifier", "false");
    npm
}

/// What a command prints; when it fails, what it did and the end of what it said.
fn output(command: &mut Command) -> Result<String, String> {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let shown = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let output = command.output().map_err(|error| format!("`{shown}` does not start: {error}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(out.into_owned());
    }
    let said: Vec<&str> = out.lines().chain(err.lines()).filter(|line| !line.trim().is_empty()).collect();
    let end = said[said.len().saturating_sub(20)..].join("\n");
    Err(format!("`{shown}` ended with {}:\n{end}", output.status))
}
