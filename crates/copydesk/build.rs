//! Puts the console into the binary: a build that is given or packaged, else one that npm makes in `OUT_DIR`,
//! else none. Nothing is written into the source tree. See `docs/console.md`, "How it is built".

#[path = "build/npm.rs"]
mod npm;
#[path = "build/plan.rs"]
mod plan;
#[path = "build/table.rs"]
mod table;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use npm::Failed;
use plan::{Plan, Surroundings};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    for name in ["CONSOLE_BUILD", "CONSOLE_DIST", "DOCS_RS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    for file in ["build.rs", "build"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = folder_of("OUT_DIR")?;
    let package = folder_of("CARGO_MANIFEST_DIR")?;
    let dist = match plan::decide(&surroundings(&package))? {
        Plan::None => None,
        Plan::Warn(reason) => without(&reason),
        Plan::Folder(folder) => {
            println!("cargo::rerun-if-changed={}", folder.display());
            if !folder.join("index.html").is_file() {
                return Err(format!("{} is no build of the console: it has no index.html", folder.display()));
            }
            Some(folder)
        }
        Plan::Build { sources, required } => built(&sources, &package, &out, required)?,
    };
    table::write(dist.as_deref(), &out).map_err(|error| format!("embedding the console: {error}"))
}

fn surroundings(package: &Path) -> Surroundings {
    let sources = package.join("../../console");
    // Only packaging puts it there; `console/dist` may be what somebody tried last week.
    let packaged = package.join("console-dist");
    Surroundings {
        docs_rs: env::var_os("DOCS_RS").is_some(),
        wish: env::var("CONSOLE_BUILD").ok(),
        given: env::var_os("CONSOLE_DIST").filter(|path| !path.is_empty()).map(PathBuf::from),
        packaged: packaged.is_dir().then_some(packaged),
        sources: sources.join("package-lock.json").is_file().then_some(sources),
        release: env::var("PROFILE").is_ok_and(|profile| profile == "release"),
    }
}

fn built(sources: &Path, package: &Path, out: &Path, required: bool) -> Result<Option<PathBuf>, String> {
    // Node may be installed later.
    println!("cargo::rerun-if-env-changed=PATH");
    let tokens = package.join("../web/assets/tokens.css");
    let watched = npm::watched(sources).map_err(|error| format!("reading {}: {error}", sources.display()))?;
    for path in watched.iter().chain([&tokens]) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    match npm::build(sources, &tokens, &out.join("console")) {
        Ok(folder) => Ok(Some(folder)),
        Err(Failed::Unready(reason)) if !required => Ok(without(&reason)),
        Err(Failed::Unready(reason)) => Err(format!("CONSOLE_BUILD=require, but {reason}")),
        Err(Failed::Broken(reason)) => Err(format!("the console does not build: {reason}")),
    }
}

/// One line for whoever builds.
fn without(reason: &str) -> Option<PathBuf> {
    let reason = reason.lines().next().unwrap_or_default();
    println!(
        "cargo::warning=the web console is left out, and the server renders the desk instead: {}; with Node 20.19 or \
         later, CONSOLE_BUILD=require builds it (docs/console.md)",
        reason.trim_end_matches(':')
    );
    None
}

fn folder_of(name: &str) -> Result<PathBuf, String> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("cargo does not say {name}"))
}
