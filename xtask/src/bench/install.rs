//! The programs: the product's release build, and the peers' drivers in a folder outside of the repository.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Plan;
use super::engine::{Driver, Engine};
use crate::need;
use crate::run;

/// How each driver is started, without the words of the phase.
pub struct Programs(HashMap<&'static str, Vec<PathBuf>>);

impl Programs {
    pub fn install(plan: &Plan) -> Result<Programs> {
        let needs = |driver: fn(Driver) -> bool| plan.engines.iter().any(|engine| driver(engine.driver));
        let mut programs = HashMap::new();
        if needs(|driver| driver == Driver::Ours) {
            programs.insert("ours", vec![product(plan.binary.as_deref())?]);
        }
        if needs(|driver| matches!(driver, Driver::Node(_))) {
            programs.insert("node", node("node")?);
        }
        if needs(|driver| driver == Driver::Apalis) {
            programs.insert("apalis", vec![rust("apalis", "peer-apalis")?]);
        }
        if needs(|driver| driver == Driver::River) {
            programs.insert("river", vec![rust("river", "peer-river-layout")?]);
        }
        Ok(Programs(programs))
    }

    /// The command that drives `engine`.
    pub fn command(&self, engine: &Engine) -> Command {
        let key = match engine.driver {
            Driver::Ours => "ours",
            Driver::Node(_) => "node",
            Driver::Apalis => "apalis",
            Driver::River => "river",
        };
        let parts = self.0.get(key).expect("everything that the plan names was installed");
        let mut command = Command::new(&parts[0]);
        command.args(&parts[1..]);
        match engine.driver {
            Driver::Ours => command.args(["bench", "queue"]),
            Driver::Node(name) => command.args(["--engine", name]),
            Driver::Apalis | Driver::River => &mut command,
        };
        if engine.tuned {
            command.arg("--tuned");
        }
        command
    }
}

/// Where installs are kept for the next run: `COPYDESK_BENCH_CACHE`, or a folder for temporary files.
pub fn cache() -> Result<PathBuf> {
    let folder = std::env::var_os("COPYDESK_BENCH_CACHE")
        .map_or_else(|| std::env::temp_dir().join("copydesk-bench"), PathBuf::from);
    ensure!(!folder.starts_with(run::root()), "COPYDESK_BENCH_CACHE must be outside of the repository");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}

pub fn product(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(binary) = given {
        return binary.canonicalize().with_context(|| format!("--binary {}", binary.display()));
    }
    run::run_cargo(&["build", "--release", "--package", "copydesk"])?;
    Ok(run::target().join("release/copydesk"))
}

/// A small project of its own, by its committed lock file.
pub fn rust(folder: &str, program: &str) -> Result<PathBuf> {
    let target = cache()?.join(format!("target-{folder}"));
    let manifest = run::root().join("bench/peers").join(folder).join("Cargo.toml");
    let mut build = Command::new(run::cargo());
    build.args(["build", "--release", "--quiet", "--locked", "--manifest-path"]).arg(manifest);
    run::run(build.env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release").join(program))
}

/// The Python of an environment with the libraries of `folder` in it, of the versions in its `requirements.txt`.
pub fn python(folder: &str) -> Result<PathBuf> {
    let requirements = run::root().join("bench/peers").join(folder).join("requirements.txt");
    let folder = cache()?.join(folder);
    let wanted = fs::read(&requirements).context("reading the libraries' versions")?;
    let python = folder.join("bin/python");
    if !fs::read(folder.join("installed")).is_ok_and(|installed| installed == wanted) {
        let system = need::find("python3").context("python3 is not on this machine")?;
        run::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder))?;
        run::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements))?;
        fs::write(folder.join("installed"), wanted)?;
    }
    Ok(python)
}

/// Node and the driver of `folder` beside its libraries, of the versions in their manifest; Node itself is one of these.
pub fn node(folder: &str) -> Result<Vec<PathBuf>> {
    let (from, to) = (run::root().join("bench/peers").join(folder), cache()?.join(folder));
    fs::create_dir_all(&to)?;
    let manifest = fs::read(from.join("package.json")).context("reading the drivers' manifest")?;
    let is_installed = fs::read(to.join("installed")).is_ok_and(|installed| installed == manifest);
    for entry in fs::read_dir(&from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    if !is_installed {
        let npm = need::find("npm").context("npm is not on this machine: it installs the drivers' libraries")?;
        // What an interrupted install has left is not trusted.
        let _ = fs::remove_dir_all(to.join("node_modules"));
        let mut install = Command::new(npm);
        install.current_dir(&to).args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]);
        run::run(install.stdout(Stdio::null()))?;
        fs::write(to.join("installed"), manifest)?;
    }
    let modules = to.join("node_modules");
    let program = [modules.join("node/bin/node"), modules.join(".bin/node")].into_iter().find(|file| file.exists());
    Ok(vec![program.context("the package node has brought no program")?, to.join("driver.mjs")])
}
