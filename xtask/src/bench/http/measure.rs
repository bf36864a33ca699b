//! One server under one load for some seconds.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::server::tree_cpu_seconds;
use super::servers::{Fleet, KEYS, PAGE_BYTES, Server};
use crate::need;
use crate::run::Owned;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Page,
    Small,
    /// A page that the caller has already.
    Known,
}

impl Work {
    pub const ALL: [Work; 3] = [Work::Page, Work::Small, Work::Known];

    pub fn name(self) -> &'static str {
        match self {
            Work::Page => "10 KiB",
            Work::Small => "1 KiB",
            Work::Known => "304",
        }
    }
}

/// As fast as it goes.
pub struct Sample {
    pub server: &'static str,
    pub work: Work,
    pub connections: u32,
    pub rate: f64,
    pub p99_ms: f64,
    /// Processor time of the server for a request, in microseconds.
    pub cpu_us: f64,
    pub rss_mib: f64,
    /// Connections refused or cut, time-outs, and other statuses than wanted. Only another server's are let pass.
    pub errors: f64,
}

/// Pages over TLS and HTTP/2, as fast as it goes.
pub struct Secure {
    pub server: &'static str,
    pub rate: f64,
    pub cpu_us: f64,
}

/// Streams of events, and what happens told to all of them.
pub struct Live {
    pub server: &'static str,
    pub streams: u32,
    pub before_mib: f64,
    pub pss_mib: f64,
    /// From the request that makes it happen.
    pub rounds: Vec<Told>,
    /// Processor time of the server for one telling to all, in milliseconds.
    pub cpu_ms: f64,
}

pub struct Told {
    pub first_ms: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub last_ms: f64,
}

/// At a steady rate.
pub struct Halves {
    pub server: &'static str,
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

pub struct Idle {
    pub server: &'static str,
    pub connections: u32,
    pub before_mib: f64,
    pub pss_mib: f64,
}

pub fn wrk(
    fleet: &Fleet,
    server: &Server,
    work: Work,
    connections: u32,
    seconds: u64,
    folder: &Path,
) -> Result<Sample> {
    let script = folder.join("keys.lua");
    let (place, more) = match work {
        Work::Page => ("p", String::new()),
        Work::Small => ("s", String::new()),
        Work::Known => ("p", format!("[\"If-None-Match\"] = '{}'", fleet.etag)),
    };
    fs::write(&script, lua(place, &more))?;
    let threads = fleet.load_cores.split(',').count();
    let before = tree_cpu_seconds(server.id());
    let output = Command::new("taskset")
        .args(["-c", &fleet.load_cores])
        .arg(need::find("wrk").context("wrk is not on this machine")?)
        .args([format!("-t{threads}"), format!("-c{connections}"), format!("-d{seconds}s"), "-s".to_owned()])
        .arg(&script)
        .arg(format!("http://{}/", server.address()))
        .output()
        .context("starting wrk")?;
    let cpu_s = tree_cpu_seconds(server.id()) - before;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with('{'));
    let line: Value = serde_json::from_str(line.with_context(|| format!("wrk said {text:?}"))?)?;
    let number = |key: &str| line[key].as_f64().with_context(|| format!("no {key} in {line}"));
    let errors = number("errors")?;
    ensure!(errors == 0.0 || !server.is_ours(), "{} had errors: {line}", server.name);
    // Where nothing was answered there is no time for one: not a number, which no median takes for a small one.
    ensure!(number("requests")? > 0.0 || !server.is_ours(), "{} answered nothing", server.name);
    Ok(Sample {
        server: server.name,
        work,
        connections,
        rate: number("rate")?,
        p99_ms: number("p99_ms")?,
        cpu_us: cpu_s * 1e6 / number("requests")?,
        rss_mib: memory_mib(server.id(), "Pss:"),
        errors,
    })
}

/// Asks for all keys in turns; a 304 is no error.
fn lua(place: &str, more: &str) -> String {
    format!(
        "local i = 0\n\
         local fields = {{ [\"Host\"] = 'site.test', {more} }}\n\
         local asked = {{}}\n\
         init = function() for key = 0, {last} do asked[key] = wrk.format('GET', '/{place}/' .. key, fields) end end\n\
         request = function() i = (i * 7919 + 1) % {KEYS}; return asked[i] end\n\
         done = function(summary, latency, requests)\n\
         local e = summary.errors\n\
         io.write(string.format('{{\"rate\":%.0f,\"p99_ms\":%.3f,\"errors\":%d,\"requests\":%d}}\\n', \
         summary.requests / (summary.duration / 1e6), latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout, summary.requests))\n\
         end\n",
        last = KEYS - 1,
    )
}

pub fn half(fleet: &Fleet, server: &Server, rate: f64, seconds: u64) -> Result<Halves> {
    let words = ["load", &server.address(), &format!("{rate:.0}"), "64", &seconds.to_string()].map(str::to_owned);
    let output = Command::new("taskset").args(["-c", &fleet.load_cores]).arg(&fleet.peer).args(words).output()?;
    ensure!(output.status.success(), "the load ended: {}", String::from_utf8_lossy(&output.stderr));
    let line: Value = serde_json::from_slice(&output.stdout).context("reading what the load says")?;
    let number = |key: &str| line[key].as_f64().with_context(|| format!("no {key} in {line}"));
    ensure!(
        number("requests")? > number("wanted")? * 0.95,
        "{} was not asked as often as planned: {line}",
        server.name
    );
    Ok(Halves { server: server.name, rate, p50_ms: number("p50_ms")?, p99_ms: number("p99_ms")? })
}

/// Connections and streams of each at once.
const SECURE: [&str; 2] = ["64", "10"];

pub fn secure(fleet: &Fleet, server: &Server, seconds: u64, folder: &Path) -> Result<Secure> {
    let list = folder.join("addresses");
    let addresses: String = (0..KEYS).map(|key| format!("https://{}/p/{key}\n", server.address())).collect();
    fs::write(&list, addresses)?;
    let [connections, streams] = SECURE;
    let threads = fleet.load_cores.split(',').count().to_string();
    let before = tree_cpu_seconds(server.id());
    let output = Command::new("taskset")
        .args(["-c", &fleet.load_cores])
        .arg(need::find("h2load").context("h2load is not on this machine")?)
        .args(["-t", &threads, "-c", connections, "-m", streams, "-D", &seconds.to_string(), "-i"])
        .arg(&list)
        .output()
        .context("starting h2load")?;
    let cpu_s = tree_cpu_seconds(server.id()) - before;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = |line: &str, word: &str| {
        let line = text.lines().find(|known| known.starts_with(line))?;
        let part = line.split([',', ':']).find(|part| part.trim().ends_with(word))?;
        let number = part.split_once('(').map_or(part.trim(), |(_, bytes)| bytes);
        number.split([')', ' ']).next()?.parse::<f64>().ok()
    };
    let number = |line: &str, word: &str| said(line, word).with_context(|| format!("h2load tells no {word}: {text}"));
    ensure!(text.contains("Application protocol: h2"), "{} does not speak HTTP/2: {text}", server.name);
    let done = number("requests", "succeeded")?;
    ensure!(number("requests", "failed")? == 0.0 && done > 0.0, "{} failed: {text}", server.name);
    // Those that the end of the time has cut off count for nobody.
    ensure!(number("traffic", "data")? >= done * PAGE_BYTES as f64, "{} gives too few bytes: {text}", server.name);
    Ok(Secure { server: server.name, rate: done / seconds as f64, cpu_us: cpu_s * 1e6 / done })
}

/// Holds so many streams and has something told to all of them, again and again.
pub fn live(fleet: &Fleet, server: &Server, key: &str, streams: u32, rounds: u32) -> Result<Live> {
    let before_mib = memory_mib(server.id(), "Pss:");
    let (address, count) = (server.address(), streams.to_string());
    let mut holder = callers(fleet, &["streams", &address, &count, &rounds.to_string(), key])?;
    let mut lines = BufReader::new(holder.0.stdout.take().context("the callers have no output")?).lines();
    let mut next = || -> Result<Value> {
        let line = lines.next().context("the callers have ended")??;
        serde_json::from_str(&line).with_context(|| format!("the callers said {line:?}"))
    };
    let open = next()?;
    ensure!(open["open"] == streams, "only {open} of {streams} streams stand");
    std::thread::sleep(std::time::Duration::from_secs(3));
    let pss_mib = memory_mib(server.id(), "Pss:");
    // What all streams cost without news: rights are looked up again, signs of life are given.
    let quiet = tree_cpu_seconds(server.id());
    std::thread::sleep(std::time::Duration::from_secs(3));
    let begun = tree_cpu_seconds(server.id());
    let quiet_s = (begun - quiet) / 3.0;
    let watch = std::time::Instant::now();
    holder.0.stdin.take().context("the callers have no input")?.write_all(b"\n")?;
    let mut told = Vec::new();
    for _ in 0..rounds {
        let line = next()?;
        ensure!(line["is_whole"] == true && line["closed"] == 0, "not everybody was told: {line}");
        let number = |key: &str| line[key].as_f64().with_context(|| format!("no {key} in {line}"));
        let (first_ms, p50_ms) = (number("first_ms")?, number("p50_ms")?);
        told.push(Told { first_ms, p50_ms, p99_ms: number("p99_ms")?, last_ms: number("last_ms")? });
    }
    let spent = tree_cpu_seconds(server.id()) - begun - quiet_s * watch.elapsed().as_secs_f64();
    let cpu_ms = spent.max(0.0) * 1e3 / f64::from(rounds);
    Ok(Live { server: server.name, streams, before_mib, pss_mib, rounds: told, cpu_ms })
}

/// Memory with so many connections that have been used once and are kept.
pub fn idle(fleet: &Fleet, server: &Server, connections: u32) -> Result<Idle> {
    let before_mib = memory_mib(server.id(), "Pss:");
    let mut holder = callers(fleet, &["idle", &server.address(), &connections.to_string()])?;
    let mut line = String::new();
    BufReader::new(holder.0.stdout.as_mut().context("the callers have no output")?).read_line(&mut line)?;
    let open: Value = serde_json::from_str(&line).with_context(|| format!("the callers said {line:?}"))?;
    ensure!(open["open"] == connections, "only {open} of {connections} connections stand");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let pss_mib = memory_mib(server.id(), "Pss:");
    Ok(Idle { server: server.name, connections, before_mib, pss_mib })
}

/// The load's program, with as many files open as the system lets it.
fn callers(fleet: &Fleet, words: &[&str]) -> Result<Owned> {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n \"$(ulimit -Hn)\"; exec \"$@\"", "sh", "taskset", "-c", &fleet.load_cores])
        .arg(&fleet.peer)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    Ok(Owned(command.spawn().context("starting the callers")?))
}

/// Of a process and its children, in MiB.
fn memory_mib(root: u32, line: &str) -> f64 {
    let of = |process: u32| {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix(line)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    let children = fs::read_to_string(format!("/proc/{root}/task/{root}/children")).unwrap_or_default();
    of(root) + children.split_whitespace().filter_map(|child| child.parse().ok()).map(of).sum::<f64>()
}
