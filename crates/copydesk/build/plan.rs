//! Where the console comes from, decided from what is known and nothing else: the build and its tests share this file.

use std::path::PathBuf;

/// What the decision depends on.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The documentation is being built, where there is no network.
    pub docs_rs: bool,
    /// `CONSOLE_BUILD`.
    pub wish: Option<String>,
    /// `CONSOLE_DIST`: a build of the console.
    pub given: Option<PathBuf>,
    /// The build that lies in the package, when it does.
    pub packaged: Option<PathBuf>,
    /// The console's sources, when they are here.
    pub sources: Option<PathBuf>,
    /// The release profile; a dev build must never wait for npm.
    pub release: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// No console: the server renders the desk.
    None,
    /// None, and whoever builds should hear why.
    Warn(String),
    /// This folder as it is.
    Folder(PathBuf),
    /// npm shall build it from these sources; `required` makes a failure to get ready an error.
    Build { sources: PathBuf, required: bool },
}

/// # Errors
/// A sentence for whoever builds, when they ask for something that cannot be had.
pub fn decide(at: &Surroundings) -> Result<Plan, String> {
    let required = match at.wish.as_deref() {
        None | Some("" | "auto") => false,
        Some("skip") => return Ok(Plan::None),
        Some("require") => true,
        Some(other) => return Err(format!("CONSOLE_BUILD={other} is unknown: it may be require, skip or auto")),
    };
    if at.docs_rs {
        return Ok(Plan::None);
    }
    if let Some(folder) = at.given.as_ref().or(at.packaged.as_ref()) {
        return Ok(Plan::Folder(folder.clone()));
    }
    match &at.sources {
        Some(sources) if at.release || required => Ok(Plan::Build { sources: sources.clone(), required }),
        None if required => Err("CONSOLE_BUILD=require, but the console's sources are not here".to_owned()),
        None if at.release => Ok(Plan::Warn("the console's sources are not here".to_owned())),
        _ => Ok(Plan::None),
    }
}

/// Whether Node of this version, such as `v20.19.1`, can build the console.
///
/// # Errors
/// What is wrong, as part of a sentence.
pub fn judge_node(version: &str) -> Result<(), String> {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= NODE_MIN => Ok(()),
        (Some(_), Some(_)) => Err(format!("Node {} is older than {}.{}", version.trim(), NODE_MIN.0, NODE_MIN.1)),
        _ => Err(format!("{:?} is no version of Node", version.trim())),
    }
}

/// What Vite 8 asks for.
const NODE_MIN: (u32, u32) = (20, 19);
