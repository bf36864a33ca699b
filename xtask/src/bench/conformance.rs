//! `cargo xtask bench conformance`: the public HTTP caching suite against `copydesk edge`.
//!
//! The suite is http-tests/cache-tests, of one of two layouts: its repository, or the npm package
//! `http-cache-tests`, an older cut that is installed when no folder is named. Nothing in the proxy knows
//! of it. Passing is no certificate of conformance, says the suite; failing is a fault all the same.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::install;
use crate::args::Args;
use crate::need;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

const PACKAGE: &str = "http-cache-tests@0.4.5";
/// All tests take a minute: they wait for things to become stale.
const SUITE_TIME: Duration = Duration::from_secs(300);
const START_TIME: Duration = Duration::from_secs(20);

/// Tests that are not passed, and why not. Any other that fails is a fault.
const EXCUSED: &[(&str, &str)] = &[
    ("conditional-lm-fresh-no-lm", "RFC 9111 §4.3.2 compares with Date, which is newer here"),
    ("partial-store-partial-reuse-partial-absent", "its 206 has fewer bytes than Content-Range says"),
    ("partial-store-partial-reuse-partial-suffix", "its 206 has fewer bytes than Content-Range says"),
    ("partial-store-partial-complete", "parts without a strong validator cannot be combined (RFC 9111 §3.4)"),
];

/// Required tests of the package that the repository has since turned into their opposite, or mended.
const OUTDATED: &[(&str, &str)] = &[
    ("age-parse-nonnumeric", AGE),
    ("age-parse-negative", AGE),
    ("age-parse-float", AGE),
    ("age-parse-prefix-twoline", AGE),
    ("age-parse-dup-0", AGE),
    ("age-parse-dup-0-twoline", AGE),
    ("age-parse-dup-old", AGE),
    ("age-parse-parameter", AGE),
    ("age-parse-numeric-parameter", AGE),
    ("stale-close-must-revalidate", CLOSE),
    ("stale-close-proxy-revalidate", CLOSE),
    ("stale-close-no-cache", CLOSE),
    ("stale-close-s-maxage=2", CLOSE),
    ("304-etag-update-response-Content-MD5", FIELDS),
    ("304-etag-update-response-ETag", FIELDS),
];
const AGE: &str = "newer: an Age that cannot be read is ignored, and of several the first counts";
const CLOSE: &str = "newer: an error of the proxy has no request count";
const FIELDS: &str = "newer: a 304 updates this field";

/// One test as the suite judges it.
struct Test {
    id: String,
    kind: String,
    passed: bool,
    why: String,
}

pub fn run(mut args: Args) -> Result<ExitCode> {
    let suite = args.options("--suite")?.pop().map(PathBuf::from);
    let binary = args.options("--binary")?.pop().map(PathBuf::from);
    let json = args.options("--json")?.pop().map(PathBuf::from);
    args.finish()?;
    let node = need::find("node").context("node is not on this machine: the suite is made for it")?;
    let binary = match binary {
        Some(binary) => binary.canonicalize().with_context(|| format!("--binary {}", binary.display()))?,
        None => {
            run::run_cargo(&["build", "--package", "copydesk"])?;
            run::target().join("debug/copydesk")
        }
    };
    let suite = match suite {
        Some(folder) => folder.canonicalize().with_context(|| format!("--suite {}", folder.display()))?,
        None => package()?,
    };
    let tests = measure(&node, &suite, &binary, json.as_deref())?;
    Ok(if report(&tests, is_package(&suite)) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A step of CI: the package's tests; what was passed, or an error.
pub fn check(binary: &Path) -> Result<String> {
    let node = need::find("node").context("node is not on this machine: the suite is made for it")?;
    let suite = package()?;
    let tests = measure(&node, &suite, binary, None)?;
    ensure!(report(&tests, is_package(&suite)), "the proxy has failed tests that it passed before");
    let passed = tests.iter().filter(|test| test.passed && test.kind != "check").count();
    Ok(format!("{passed} tests"))
}

/// The repository keeps its engine in a folder of its own.
fn is_package(suite: &Path) -> bool {
    !suite.join("test-engine").is_dir()
}

fn measure(node: &Path, suite: &Path, binary: &Path, json: Option<&Path>) -> Result<Vec<Test>> {
    let engine = if is_package(suite) { suite.to_owned() } else { suite.join("test-engine") };
    ensure!(engine.join("cli.mjs").is_file(), "{} holds no suite: it has no cli.mjs", suite.display());
    // Without it four tests fail for the lack of it, one of them a required one.
    let has_client = is_package(suite) || suite.join("node_modules/undici").is_dir();
    ensure!(has_client, "{} lacks its libraries: run `npm install --omit=dev` there", suite.display());

    let scratch = Scratch::new("conformance")?;
    let results = results(node, &engine, binary, scratch.path())?;
    if let Some(json) = json {
        fs::copy(&results, json).with_context(|| format!("writing {}", json.display()))?;
    }
    judge(node, suite, &results, scratch.path())
}

/// The npm package, in the folder for installs that outlive the run.
fn package() -> Result<PathBuf> {
    let folder = install::cache()?.join("conformance");
    let suite = folder.join("node_modules/http-cache-tests");
    if fs::read_to_string(folder.join("installed")).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(suite);
    }
    let npm = need::find("npm").context("npm is not on this machine: it installs the suite")?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    let mut command = Command::new(npm);
    command.current_dir(&folder).args(["install", "--omit=dev", "--no-package-lock", "--no-audit", "--no-fund"]);
    run::run(command.args(["--loglevel=error", PACKAGE]).stdout(Stdio::null()))?;
    fs::write(folder.join("installed"), PACKAGE)?;
    Ok(suite)
}

/// Runs origin, proxy and client; gives the file that the client wrote.
fn results(node: &Path, engine: &Path, binary: &Path, scratch: &Path) -> Result<PathBuf> {
    let (origin_port, port) = (run::free_port()?, run::free_port()?);
    let log = |name: &str| File::create(scratch.join(name)).context("creating a log");
    let mut origin = Command::new(node);
    origin
        .current_dir(engine.parent().filter(|_| engine.ends_with("test-engine")).unwrap_or(engine))
        .arg(engine.join("server/server.mjs"))
        .env("npm_config_protocol", "http")
        .env("npm_config_port", origin_port.to_string())
        .env("npm_config_pidfile", scratch.join("origin.pid"));
    let _origin = start(&mut origin, origin_port, log("origin.log")?)?;

    let mut edge = Command::new(binary);
    edge.current_dir(scratch)
        .args(["edge", "--upstream", &format!("http://127.0.0.1:{origin_port}"), "--listen"])
        .arg(format!("127.0.0.1:{port}"));
    let mut edge = start(&mut edge, port, log("edge.log")?)?;

    println!("the suite runs for about a minute");
    let file = scratch.join("results.json");
    let mut client = Command::new(node);
    client
        .current_dir(engine)
        .args(["--no-warnings", "cli.mjs"])
        .env("npm_package_config_id", "")
        .env("npm_config_base", format!("http://127.0.0.1:{port}"))
        .stdout(File::create(&file)?)
        .stderr(log("client.log")?);
    let mut client = Owned(client.spawn().context("starting the suite")?);
    match run::wait_at_most(&mut client.0, SUITE_TIME)? {
        Some(status) if status.success() => {}
        Some(status) => bail!("the suite ended with {status}: {}", tail(&scratch.join("client.log"))),
        None => bail!("the suite has not ended within {} s", SUITE_TIME.as_secs()),
    }
    if let Some(status) = edge.0.try_wait()? {
        bail!("the proxy has ended with {status}: {}", tail(&scratch.join("edge.log")));
    }
    Ok(file)
}

/// Starts a server and waits until it listens.
fn start(command: &mut Command, port: u16, log: File) -> Result<Owned> {
    let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
    let mut child = Owned(child.with_context(|| format!("starting {}", run::shown(command)))?);
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = child.0.try_wait()? {
            bail!("{} ended with {status}", run::shown(command));
        }
        ensure!(started.elapsed() < START_TIME, "{} does not listen", run::shown(command));
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(child)
}

fn tail(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// Lets the suite judge its own results: it knows which tests depend on others.
fn judge(node: &Path, suite: &Path, results: &Path, scratch: &Path) -> Result<Vec<Test>> {
    let script = scratch.join("score.mjs");
    fs::write(&script, include_str!("conformance/score.mjs"))?;
    let output = Command::new(node).arg(&script).arg(suite).arg(results).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the results could not be judged");
    parse(&output.stdout)
}

fn parse(judged: &[u8]) -> Result<Vec<Test>> {
    let judged: Vec<Value> = serde_json::from_slice(judged).context("reading the judged results")?;
    let test = |value: &Value| {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Test { id: text("id")?, kind: text("kind")?, passed: value["passed"].as_bool()?, why: text("why")? })
    };
    judged.iter().map(|value| test(value).with_context(|| format!("{value} is no judged test"))).collect()
}

/// Prints the sums and what failed; whether nothing failed that should not.
fn report(tests: &[Test], is_package: bool) -> bool {
    for kind in ["required", "optimal", "check"] {
        let all: Vec<_> = tests.iter().filter(|test| test.kind == kind).collect();
        let passed = all.iter().filter(|test| test.passed).count();
        let note = if kind == "check" { "  (a survey, nothing to pass)" } else { "" };
        println!("{kind:<9} {passed:>3} of {:>3}{note}", all.len());
    }
    let faults = faults(tests, is_package);
    for test in tests.iter().filter(|test| !test.passed && test.kind != "check") {
        match excuse(&test.id, is_package) {
            Some(why) => println!("  not passed  {:<9} {}: {why}", test.kind, test.id),
            None => println!("  FAILED      {:<9} {}: {}", test.kind, test.id, test.why),
        }
    }
    faults.is_empty()
}

/// What must not fail and did. No result at all is a fault too.
fn faults(tests: &[Test], is_package: bool) -> Vec<&str> {
    if tests.is_empty() {
        return vec!["no test ran"];
    }
    let failed = tests.iter().filter(|test| !test.passed && test.kind != "check");
    failed.map(|test| test.id.as_str()).filter(|id| excuse(id, is_package).is_none()).collect()
}

fn excuse(id: &str, is_package: bool) -> Option<&'static str> {
    let outdated: &[_] = if is_package { OUTDATED } else { &[] };
    EXCUSED.iter().chain(outdated).find(|(known, _)| *known == id).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests;
