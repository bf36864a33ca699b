//! Node in a version that can build the console: the machine's, or one beside our other downloads.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{need, run};

/// What Vite 8 asks for; `crates/copydesk/build/plan.rs` says the same.
const MIN: (u32, u32) = (20, 19);
/// The package that holds the program, as the registry of npm names it.
const PACKAGE: &str = "node@22";

pub struct Node {
    program: PathBuf,
    npm: PathBuf,
    pub version: String,
}

impl Node {
    /// The machine's own, else the one that an earlier call has installed, else a new one when that is wanted.
    pub fn find(install: bool) -> Result<Node> {
        let npm = need::find("npm");
        let own = need::find("node");
        let kept = kept();
        let mut found = Vec::new();
        for program in own.into_iter().chain(kept.iter().map(|folder| program(folder))) {
            let Some(version) = version(&program) else { continue };
            match &npm {
                Some(npm) if is_young(&version) => return Ok(Node { program, npm: npm.clone(), version }),
                Some(_) => found.push(format!("{} is {version}", program.display())),
                None => found.push("npm is not there".to_owned()),
            }
        }
        let Some((npm, folder)) = npm.zip(kept).filter(|_| install) else {
            let found = if found.is_empty() { "none is there".to_owned() } else { found.join(", ") };
            bail!(
                "the console needs Node {}.{} or later and npm: {found}; give --install, or install them yourself",
                MIN.0,
                MIN.1
            );
        };
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let mut command = Command::new(&npm);
        command.current_dir(&folder).stdout(Stdio::null());
        run::run(command.args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", ".", PACKAGE]))?;
        let program = program(&folder);
        let version = version(&program).with_context(|| format!("{PACKAGE} has brought no program"))?;
        Ok(Node { program, npm, version })
    }

    /// `node FILE`
    pub fn program(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(file).env("PATH", self.path());
        command
    }

    /// npm in `folder`; it and its scripts find this Node first.
    pub fn npm(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.npm);
        command.current_dir(folder).env("PATH", self.path()).env("npm_config_update_notifier", "false");
        command
    }

    fn path(&self) -> OsString {
        let own = self.program.parent().map(Path::to_owned);
        let others = std::env::var_os("PATH").unwrap_or_default();
        // A folder with a colon in its name cannot be on any path.
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&others))).unwrap_or(others)
    }
}

/// Where an own Node is kept for the next run; nowhere when the folder for temporary files is in the repository.
fn kept() -> Option<PathBuf> {
    let folder = std::env::temp_dir().join("copydesk-node22");
    (!folder.starts_with(run::root())).then_some(folder)
}

fn program(folder: &Path) -> PathBuf {
    let modules = folder.join("node_modules");
    let places = [modules.join("node/bin/node"), modules.join(".bin/node")];
    places.iter().find(|file| file.exists()).unwrap_or(&places[0]).clone()
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().trim_start_matches('v').to_owned())
}

fn is_young(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    numbers.next().zip(numbers.next()).is_some_and(|version| version >= MIN)
}

#[cfg(test)]
mod tests {
    use super::is_young;

    #[test]
    fn the_version_is_compared_by_number() {
        for (version, young) in
            [("20.19.0", true), ("20.9.0", false), ("22.0.0", true), ("18.20.4", false), ("", false), ("x.y", false)]
        {
            assert_eq!(is_young(version), young, "{version}");
        }
    }
}
