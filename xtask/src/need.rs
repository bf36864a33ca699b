//! The programs that the tests drive and that cargo cannot build: found, or installed from Debian.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;

/// A program, the step that needs it and the Debian package that has it.
pub struct Need {
    pub program: &'static str,
    pub package: &'static str,
    pub step: &'static str,
}

pub const NEEDS: &[Need] = &[
    Need { program: "initdb", package: "postgresql", step: "postgres" },
    Need { program: "postgres", package: "postgresql", step: "postgres" },
    Need { program: "pg_isready", package: "postgresql", step: "postgres" },
    Need { program: "pg_ctl", package: "postgresql", step: "postgres" },
    Need { program: "redis-server", package: "redis-server", step: "postgres" },
    Need { program: "memcached", package: "memcached", step: "postgres" },
    Need { program: "chromium", package: "chromium", step: "browser" },
    Need { program: "chromedriver", package: "chromium-driver", step: "browser" },
    Need { program: "node", package: "nodejs", step: "console" },
    Need { program: "npm", package: "npm", step: "console" },
    Need { program: "node", package: "nodejs", step: "journeys" },
    Need { program: "npm", package: "npm", step: "journeys" },
    Need { program: "chromium", package: "chromium", step: "journeys" },
    Need { program: "node", package: "nodejs", step: "conformance" },
    Need { program: "npm", package: "npm", step: "conformance" },
    // Of no step: `cargo xtask bench http`.
    Need { program: "nginx", package: "nginx", step: "http" },
    Need { program: "varnishd", package: "varnish", step: "http" },
    Need { program: "wrk", package: "wrk", step: "http" },
    Need { program: "python3", package: "python3-venv", step: "text" },
    Need { program: "python3", package: "python3-venv", step: "feed" },
    Need { program: "npm", package: "npm", step: "feed" },
    Need { program: "python3", package: "python3-venv", step: "gateway" },
    Need { program: "npm", package: "npm", step: "gateway" },
    Need { program: "h2load", package: "nghttp2-client", step: "http" },
];

/// Makes sure that every program of `steps` is here, or says which are not.
pub fn ensure(steps: &[&str], install: bool) -> Result<()> {
    let mut absent = missing(steps);
    if !absent.is_empty() && install {
        install_packages(&absent.iter().map(|need| need.package).collect())?;
        absent = missing(steps);
    }
    if absent.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = absent
        .iter()
        .map(|n| format!("  {:<14} Debian package {:<16} for step {}", n.program, n.package, n.step))
        .collect();
    let packages: BTreeSet<&str> = absent.iter().map(|need| need.package).collect();
    let packages = packages.into_iter().collect::<Vec<_>>().join(" ");
    bail!(
        "these programs are not on this machine:\n{}\nrun `cargo xtask test --install` as root, or install {packages} yourself, \
         or name single steps with --only",
        lines.join("\n")
    )
}

fn missing(steps: &[&str]) -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| steps.contains(&need.step) && find(need.program).is_none()).collect()
}

/// Where `program` is: on the path, or where Debian hides the servers of PostgreSQL, newest first.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(postgres_folders(Path::new("/usr/lib/postgresql")));
    folders.into_iter().map(|folder| folder.join(program)).find(|file| is_program(file))
}

fn postgres_folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> =
        entries.filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path().join("bin")))).collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, folder)| folder).collect()
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

fn install_packages(packages: &BTreeSet<&str>) -> Result<()> {
    if !is_root() {
        bail!(
            "--install needs root; as root: apt-get install {}",
            packages.iter().copied().collect::<Vec<_>>().join(" ")
        );
    }
    let _policy = NoServices::new()?;
    // Our servers are thrown away after the run: a default cluster would only take a port and memory.
    let conf = Path::new("/etc/postgresql-common/createcluster.conf");
    if packages.contains("postgresql") && !conf.exists() {
        fs::create_dir_all("/etc/postgresql-common")?;
        fs::write(conf, "create_main_cluster = false\n").context("asking for no default cluster")?;
    }
    run::run(apt().args(["update", "-q"]))?;
    run::run(
        apt()
            .args(["install", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"])
            .args(packages),
    )
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").env("UCF_FORCE_CONFFOLD", "1");
    command
}

/// Tells the package manager to start no service, as long as it lives.
struct NoServices {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoServices {
    fn new() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(NoServices { ours: false });
        }
        fs::write(POLICY, "#!/bin/sh\nexit 101\n").context("denying the start of services")?;
        fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755))?;
        Ok(NoServices { ours: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}
