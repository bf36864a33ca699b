//! The one dev build that all steps share, and its test binaries.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{need, run};

pub struct Suite {
    tests: Vec<TestBinary>,
    /// The product, built beside its tests with the same features.
    pub copydesk: PathBuf,
}

struct TestBinary {
    package: String,
    folder: PathBuf,
    /// Of the library, the binary, or one integration test.
    target: String,
    file: PathBuf,
}

impl Suite {
    /// Builds every test and the product in one go. A second `cargo build` with fewer packages would
    /// choose other features and compile half the dependencies again.
    pub fn build() -> Result<Suite> {
        Suite::built(false)
    }

    /// The same, by the compiler that `cargo clippy` has check our own crates: what is checked need not be compiled once
    /// more, and any warning fails the build.
    pub fn build_linted() -> Result<Suite> {
        Suite::built(true)
    }

    fn built(lints: bool) -> Result<Suite> {
        let mut command = Command::new(run::cargo());
        command.current_dir(run::root()).stdout(Stdio::piped());
        command.args([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--examples",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ]);
        if lints {
            let driver = need::find("clippy-driver").context("clippy-driver is not on this machine")?;
            command
                .env("RUSTC_WORKSPACE_WRAPPER", driver)
                .env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
        }
        println!("$ {}", run::shown(&command));
        let mut child = command.spawn().context("starting cargo")?;
        let out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut suite = Suite { tests: Vec::new(), copydesk: PathBuf::new() };
        for line in out.lines() {
            if let Ok(message) = serde_json::from_str::<Value>(&line?) {
                suite.learn(&message);
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("the build ended with {status}");
        }
        if suite.copydesk.as_os_str().is_empty() {
            // Without an integration test cargo has no reason to link the product itself.
            bail!("the build made no copydesk; crates/copydesk/tests/it is what asks for it");
        }
        suite.tests.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
        Ok(suite)
    }

    fn learn(&mut self, message: &Value) {
        if message["reason"] != "compiler-artifact" {
            return;
        }
        let (Some(file), Some(manifest)) = (message["executable"].as_str(), message["manifest_path"].as_str()) else {
            return;
        };
        let folder = Path::new(manifest).parent().expect("a manifest is in a folder").to_owned();
        let package = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let target = message["target"]["name"].as_str().unwrap_or_default().to_owned();
        if message["profile"]["test"] == true {
            self.tests.push(TestBinary { package, folder, target, file: file.into() });
        } else if target == "copydesk" {
            self.copydesk = file.into();
        }
    }

    /// Runs the test binaries of `packages` (all when empty), narrowed by the names that hold `filter`.
    /// Every binary runs, also after a failure. Returns how many tests passed.
    pub fn run(&self, packages: &[&str], filter: Option<&str>, env: &BTreeMap<&str, String>) -> Result<u64> {
        let chosen: Vec<&TestBinary> =
            self.tests.iter().filter(|t| packages.is_empty() || packages.contains(&t.package.as_str())).collect();
        let mut passed = 0;
        let mut failed = Vec::new();
        for test in chosen {
            println!("\n{} ({})", test.package, test.target);
            let mut command = Command::new(&test.file);
            command
                .current_dir(&test.folder)
                .env("CARGO_MANIFEST_DIR", &test.folder)
                .args(filter)
                .stdout(Stdio::piped());
            // What the caller's shell happens to say must not choose the servers or the browser.
            for name in [
                "COPYDESK_TEST_POSTGRES",
                "COPYDESK_TEST_REDIS",
                "COPYDESK_TEST_REDIS_SERVER",
                "COPYDESK_TEST_MEMCACHED",
                "COPYDESK_TEST_MEMCACHED_SERVER",
                "COPYDESK_TEST_CHROMEDRIVER",
                "COPYDESK_TEST_CHROMIUM",
            ] {
                command.env_remove(name);
            }
            let (ok, count) = stream(command.envs(env))?;
            passed += count;
            if !ok {
                failed.push(format!("{} ({})", test.package, test.target));
            }
        }
        if !failed.is_empty() {
            bail!("tests failed in {}", failed.join(", "));
        }
        if passed == 0 {
            bail!("no test ran: a step that tests nothing proves nothing");
        }
        Ok(passed)
    }
}

/// Runs a test binary with its output on the terminal, and counts the tests that passed.
fn stream(command: &mut Command) -> Result<(bool, u64)> {
    let mut child = command.spawn().with_context(|| format!("starting {}", run::shown(command)))?;
    let mut out = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut line = Vec::new();
    let mut passed = 0;
    while out.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        passed += passed_of(&String::from_utf8_lossy(&line)).unwrap_or(0);
        line.clear();
    }
    Ok((child.wait()?.success(), passed))
}

/// The count in `test result: ok. 12 passed; 0 failed; …`.
fn passed_of(line: &str) -> Option<u64> {
    line.strip_prefix("test result: ")?.split_once(". ")?.1.split_once(" passed")?.0.parse().ok()
}

#[cfg(test)]
mod tests;
