//! The console's own checks, its build, and the two programs that drive it in a browser.

mod licences;
mod node;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::args::Args;
use crate::scratch::Scratch;
use crate::{need, run};
use node::Node;

/// What a journey drives.
const JOURNEYS: &str = "e2e/run.mjs";
const BENCH: &str = "e2e/bench.mjs";

/// Holds the lock file that the installed packages belong to.
const INSTALLED: &str = "node_modules/.copydesk-lock";

/// Packages, licences, types, tests, build and weight. The text is the sum for the table of steps.
pub fn check(install: bool) -> Result<String> {
    let node = Node::find(install)?;
    let packages = licences::check(&run::root())?;
    install_packages(&node)?;
    for script in ["check", "test"] {
        run::run(node.npm(&folder()).args(["run", script]))?;
    }
    types(&node)?;
    build(&node)?;
    Ok(format!("Node {}, {packages} packages", node.version))
}

/// One journey for each screen, with the product that was built for the tests and the console of step `console`.
pub fn journeys(install: bool, binary: &Path) -> Result<String> {
    let node = Node::find(install)?;
    let dist = folder().join("dist");
    ensure!(dist.join("index.html").is_file(), "there is no console/dist; step console makes it");
    drive(&node, JOURNEYS, binary, &[])?;
    Ok(String::new())
}

/// `cargo xtask bench console`: a fresh build of the console with a release build of the product.
pub fn bench(args: Args) -> Result<ExitCode> {
    let wish = Wish::read(args)?;
    let node = Node::find(wish.install)?;
    let binary = match &wish.binary {
        Some(binary) => binary.canonicalize().with_context(|| format!("--binary {}", binary.display()))?,
        None => {
            // The console is served from its folder: the binary need not hold a second one.
            let mut build = Command::new(run::cargo());
            build.current_dir(run::root()).args(["build", "--release", "--package", "copydesk"]);
            run::run(build.env("CONSOLE_BUILD", "skip"))?;
            run::target().join("release/copydesk")
        }
    };
    install_packages(&node)?;
    build(&node)?;
    drive(&node, BENCH, &binary, &wish.passed_on)?;
    Ok(ExitCode::SUCCESS)
}

/// What `bench console` was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    binary: Option<PathBuf>,
    install: bool,
    /// For the program that measures.
    passed_on: Vec<String>,
}

impl Wish {
    fn read(mut args: Args) -> Result<Wish> {
        let binary = args.options("--binary")?.pop().map(PathBuf::from);
        Ok(Wish { binary, install: args.flag("--install"), passed_on: args.rest() })
    }
}

fn folder() -> PathBuf {
    run::root().join("console")
}

/// Exactly what the lock file says, when it has changed since the last time.
fn install_packages(node: &Node) -> Result<()> {
    let lock = fs::read(folder().join("package-lock.json")).context("reading console/package-lock.json")?;
    if fs::read(folder().join(INSTALLED)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let words = ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run::run(node.npm(&folder()).args(words))?;
    fs::write(folder().join(INSTALLED), lock).context("noting which packages are installed")
}

/// The client's types are those of `docs/openapi.json`.
fn types(node: &Node) -> Result<()> {
    let scratch = Scratch::new("types")?;
    let fresh = scratch.path().join("schema.d.ts");
    let program = folder().join("node_modules/openapi-typescript/bin/cli.js");
    run::run(node.program(&program).current_dir(folder()).arg("../docs/openapi.json").arg("-o").arg(&fresh))?;
    let committed = fs::read(folder().join("src/lib/schema.d.ts")).context("reading console/src/lib/schema.d.ts")?;
    if committed != fs::read(&fresh)? {
        bail!("console/src/lib/schema.d.ts is stale: run `npm run types` in console/");
    }
    Ok(())
}

fn build(node: &Node) -> Result<()> {
    for script in ["build", "sizes"] {
        run::run(node.npm(&folder()).args(["run", script]))?;
    }
    Ok(())
}

fn drive(node: &Node, program: &str, binary: &Path, args: &[String]) -> Result<()> {
    let file = folder().join(program);
    ensure!(file.is_file(), "console/{program} is not there: nothing would be driven");
    let chromium = need::find("chromium").context("chromium is not on this machine")?;
    let artefacts = run::target().join("journeys");
    fs::create_dir_all(&artefacts).with_context(|| format!("creating {}", artefacts.display()))?;
    let told: [(&str, OsString); 4] = [
        ("COPYDESK_BINARY", binary.into()),
        ("COPYDESK_CONSOLE_DIR", folder().join("dist").into()),
        ("COPYDESK_CHROMIUM", chromium.into()),
        ("COPYDESK_ARTEFACTS", artefacts.into()),
    ];
    run::run(node.program(&file).current_dir(run::root()).args(args).envs(told))
}

#[cfg(test)]
mod tests;
