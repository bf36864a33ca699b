//! `cargo xtask bench gateway`: what a call of a model costs through `copydesk gateway`, beside LiteLLM's proxy and Portkey's
//! gateway, before the same simulated provider.
//!
//! All are measured in turns in one run, so that the machine's moods fall on each alike; the direct call is one of them. Time
//! is that of calls at a steady rate, counted from when each was due. Processor time is the whole process's, JSON both ways
//! included.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::install;
use super::server::tree_cpu_seconds;
use crate::args::Args;
use crate::need;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

/// Words of the question, as a draft's is long.
const WORDS: usize = 400;
/// How long a server may take to answer its first call.
const WAKE_MOST: Duration = Duration::from_secs(60);
const PEERS: [&str; 2] = ["litellm", "portkey"];
/// Processor time of one call, in microseconds.
const CPU_MOST_US: f64 = 100.0;
/// What a call may take longer than the direct one at the 99th percentile, in milliseconds.
const ADDED_MOST_MS: f64 = 0.3;
/// What the memory may grow by over all calls, in MiB: an allocator's slack, and no more for more calls.
const GROWTH_MOST_MIB: f64 = 8.0;

struct Plan {
    seconds: u64,
    reps: u32,
    rate: u64,
    connections: u32,
    /// Of the run for memory; 0 leaves it out.
    calls: u64,
    peers: Vec<String>,
}

/// Somebody who answers questions.
struct Server {
    name: &'static str,
    port: u16,
    /// More fields of the request.
    fields: String,
    /// Calls a second that it is asked for; slower peers are not asked for what they cannot do.
    rate: u64,
    /// Portkey 1.15.2 on Node 20 answers 500 to every question for a stream: it writes to headers that may not be changed.
    has_streams: bool,
    process: Owned,
}

impl Server {
    fn id(&self) -> u32 {
        self.process.0.id()
    }
}

/// What one phase gave.
struct Sample {
    server: &'static str,
    is_streamed: bool,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
}

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let plan = Plan {
        seconds: args.option("--seconds", 10)?,
        reps: args.option("--reps", 3)?,
        rate: args.option("--rate", 1_000)?,
        connections: args.option("--connections", 16)?,
        calls: args.option("--calls", 1_000_000)?,
        peers: match args.options("--peers")?.pop() {
            None => PEERS.map(str::to_owned).to_vec(),
            Some(list) => list.split(',').filter(|name| *name != "none").map(str::to_owned).collect(),
        },
    };
    let install = args.flag("--install");
    let json = args.options("--json")?.pop().map(PathBuf::from);
    let binary = args.options("--binary")?.pop().map(PathBuf::from);
    args.finish()?;
    ensure!((1..=600).contains(&plan.seconds), "--seconds must be 1 to 600");
    ensure!((1..=100).contains(&plan.reps), "--reps must be 1 to 100");
    for peer in &plan.peers {
        ensure!(PEERS.contains(&peer.as_str()), "--peers {peer}: the peers are {} or none", PEERS.join(", "));
    }
    need::ensure(&["gateway"], install)?;
    let (ours, load) = (install::product(binary.as_deref())?, install::rust("http", "peer-http")?);
    let scratch = Scratch::new("bench-gateway")?;
    let servers = servers(&plan, &ours, scratch.path())?;

    let mut samples = Vec::new();
    for server in &servers {
        wake(server)?;
        measure(&plan, &load, server, 2, false, scratch.path())?;
    }
    for rep in 1..=plan.reps {
        for is_streamed in [false, true] {
            for server in servers.iter().filter(|server| server.has_streams || !is_streamed) {
                samples.push(measure(&plan, &load, server, plan.seconds, is_streamed, scratch.path())?);
            }
        }
        println!("round {rep} of {}", plan.reps);
    }
    let holds = print(&plan, &servers, &samples);
    let memory = if plan.calls > 0 { memory(&plan, &load, &servers, scratch.path())? } else { Vec::new() };
    let grows = growth(&memory).is_some_and(|growth| growth > GROWTH_MOST_MIB);
    if let Some(file) = json {
        let all: Vec<Value> = samples
            .iter()
            .map(|sample| {
                json!({ "server": sample.server, "is_streamed": sample.is_streamed, "p50_ms": sample.p50_ms,
                    "p99_ms": sample.p99_ms, "cpu_us": sample.cpu_us })
            })
            .collect();
        let document = json!({ "samples": all, "pss_mib": memory });
        fs::write(&file, format!("{document:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(if holds && !grows { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The provider first, ours second.
fn servers(plan: &Plan, ours: &Path, folder: &Path) -> Result<Vec<Server>> {
    let port = run::free_port()?;
    let words = ["simulate", "llm", "--listen", &format!("127.0.0.1:{port}")].map(str::to_owned);
    let provider = Server {
        name: "direct",
        port,
        fields: String::new(),
        rate: plan.rate,
        has_streams: true,
        process: start(Command::new(ours).args(words), port, folder)?,
    };
    let upstream = format!("http://127.0.0.1:{port}/v1");
    let gateway = run::free_port()?;
    let words = ["gateway", "--listen", &format!("127.0.0.1:{gateway}"), "--upstream", &upstream].map(str::to_owned);
    let process = start(Command::new(ours).args(words), gateway, folder)?;
    let ours =
        Server { name: "copydesk", port: gateway, fields: String::new(), rate: plan.rate, has_streams: true, process };
    let mut servers = vec![provider, ours];
    for peer in &plan.peers {
        servers.push(match peer.as_str() {
            "litellm" => litellm(&upstream, folder)?,
            "portkey" => portkey(&upstream, folder)?,
            other => bail!("there is no peer {other}"),
        });
    }
    Ok(servers)
}

/// One worker without a database, as its page for load says.
fn litellm(upstream: &str, folder: &Path) -> Result<Server> {
    let python = install::python("gateway")?;
    let program = python.with_file_name("litellm");
    let (port, file) = (run::free_port()?, folder.join("litellm.yaml"));
    let config = format!(
        "model_list:\n  - model_name: lab\n    litellm_params: {{model: openai/lab, api_base: \"{upstream}\", api_key: sk-none}}\n\
         general_settings: {{master_key: sk-lab, dangerously_permit_weak_or_unset_master_key: true}}\n\
         litellm_settings: {{telemetry: false, set_verbose: false, num_retries: 0}}\n"
    );
    fs::write(&file, config)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(&file).args(["--host", "127.0.0.1", "--port", &port.to_string(), "--num_workers", "1"]);
    for (name, value) in
        [("LITELLM_LOCAL_MODEL_COST_MAP", "True"), ("LITELLM_LOG", "ERROR"), ("LITELLM_TELEMETRY", "False")]
    {
        command.env(name, value);
    }
    let process = start(&mut command, port, folder)?;
    Ok(Server { name: "litellm", port, fields: String::new(), rate: 25, has_streams: true, process })
}

fn portkey(upstream: &str, folder: &Path) -> Result<Server> {
    let words = install::node("gateway-node")?;
    let port = run::free_port()?;
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args([format!("--port={port}"), "--headless".to_owned()]);
    if let Some(home) = words.get(1).and_then(|driver| driver.parent()) {
        command.current_dir(home);
    }
    let process = start(&mut command, port, folder)?;
    let fields = format!("x-portkey-provider: openai\r\nx-portkey-custom-host: {upstream}\r\n");
    Ok(Server { name: "portkey", port, fields, rate: 100, has_streams: false, process })
}

fn start(command: &mut Command, port: u16, folder: &Path) -> Result<Owned> {
    let file = folder.join(format!("{port}.log"));
    let log = fs::File::create(&file)?;
    println!("$ {}", run::shown(command));
    let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
    let mut process = Owned(child.with_context(|| format!("starting {}", run::shown(command)))?);
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = || fs::read_to_string(&file).unwrap_or_default();
        if let Some(status) = process.0.try_wait()? {
            bail!("{} ended with {status}: {}", run::shown(command), said());
        }
        ensure!(began.elapsed() < Duration::from_secs(120), "{} does not listen: {}", run::shown(command), said());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(process)
}

/// One call, which may take its time: some load most of themselves at the first one.
fn wake(server: &Server) -> Result<()> {
    let began = Instant::now();
    loop {
        let said = ask(server).with_context(|| format!("the first call of {}", server.name));
        match said {
            Ok(said) if said.starts_with("HTTP/1.1 200") => return Ok(()),
            said if began.elapsed() > WAKE_MOST => bail!("{} does not answer: {said:?}", server.name),
            _ => std::thread::sleep(Duration::from_millis(500)),
        }
    }
}

/// The first line of an answer.
fn ask(server: &Server) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port))?;
    stream.set_read_timeout(Some(WAKE_MOST))?;
    stream.write_all(request(server, false).as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// The bytes of a request.
fn request(server: &Server, is_streamed: bool) -> String {
    let text = "Write about the harbour plan and its costs. ".repeat(WORDS / 8);
    let body = json!({
        "model": "lab",
        "messages": [{ "role": "system", "content": "You write posts." }, { "role": "user", "content": text }],
        "max_tokens": 500,
        "stream": is_streamed,
    })
    .to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
         Authorization: Bearer sk-lab\r\n{}Content-Length: {}\r\n\r\n{body}",
        server.port,
        server.fields,
        body.len()
    )
}

fn load(load: &Path, server: &Server, words: [&str; 3], is_streamed: bool, folder: &Path) -> Result<Value> {
    let file = folder.join(format!("{}-{is_streamed}.request", server.name));
    fs::write(&file, request(server, is_streamed))?;
    let address = format!("127.0.0.1:{}", server.port);
    let output = Command::new(load).args(["load", &address]).args(words).arg(&file).output()?;
    ensure!(output.status.success(), "the load ended: {}", String::from_utf8_lossy(&output.stderr));
    let line: Value = serde_json::from_slice(&output.stdout).context("reading what the load says")?;
    ensure!(line["faults"] == 0, "{} did not answer all calls well: {line}", server.name);
    Ok(line)
}

fn measure(
    plan: &Plan,
    program: &Path,
    server: &Server,
    seconds: u64,
    is_streamed: bool,
    folder: &Path,
) -> Result<Sample> {
    let before = tree_cpu_seconds(server.id());
    let words = [server.rate.to_string(), plan.connections.to_string(), seconds.to_string()];
    let line = load(program, server, [&words[0], &words[1], &words[2]], is_streamed, folder)?;
    let cpu_s = tree_cpu_seconds(server.id()) - before;
    let number = |key: &str| line[key].as_f64().with_context(|| format!("no {key} in {line}"));
    let requests = number("requests")?;
    ensure!(requests > 0.9 * number("wanted")?, "{} cannot do {} calls a second: {line}", server.name, server.rate);
    Ok(Sample {
        server: server.name,
        is_streamed,
        p50_ms: number("p50_ms")?,
        p99_ms: number("p99_ms")?,
        cpu_us: cpu_s * 1e6 / requests,
    })
}

/// Medians of all rounds; whether ours keeps what is promised.
fn print(plan: &Plan, servers: &[Server], samples: &[Sample]) -> bool {
    let median = |server: &str, is_streamed: bool, of: fn(&Sample) -> f64| {
        let mut all: Vec<f64> =
            samples.iter().filter(|s| s.server == server && s.is_streamed == is_streamed).map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let mut holds = true;
    for is_streamed in [false, true] {
        println!("\n{}, {} connections:", if is_streamed { "streamed" } else { "whole" }, plan.connections);
        println!("| server | calls/s | p50 ms | p99 ms | added p50 | added p99 | processor µs a call | PSS MiB |");
        println!("|---|---|---|---|---|---|---|---|");
        for server in servers.iter().filter(|server| server.has_streams || !is_streamed) {
            let of = |figure| median(server.name, is_streamed, figure);
            let (p50, p99, cpu) = (of(|s| s.p50_ms), of(|s| s.p99_ms), of(|s| s.cpu_us));
            // Beside the direct call of the same rate only; a peer at a lower one is favoured by it.
            let direct = |figure| median("direct", is_streamed, figure);
            let (added_50, added_99) = (p50 - direct(|s| s.p50_ms), p99 - direct(|s| s.p99_ms));
            let pss = pss_mib(server.id());
            println!(
                "| {} | {} | {p50:.3} | {p99:.3} | {added_50:.3} | {added_99:.3} | {cpu:.1} | {pss:.0} |",
                server.name, server.rate
            );
            if server.name == "copydesk" && !is_streamed {
                holds &= cpu <= CPU_MOST_US && added_99 <= ADDED_MOST_MS;
            }
        }
    }
    println!(
        "goals of whole answers: {CPU_MOST_US} µs, added p99 {ADDED_MOST_MS} ms: {}",
        if holds { "kept" } else { "MISSED" }
    );
    holds
}

/// Memory of ours after each tenth of the calls, in MiB.
fn memory(plan: &Plan, program: &Path, servers: &[Server], folder: &Path) -> Result<Vec<f64>> {
    let server = servers.iter().find(|server| server.name == "copydesk").context("ours is measured")?;
    let (mut done, mut told) = (0, Vec::new());
    while done < plan.calls {
        let before = tree_cpu_seconds(server.id());
        let line = load(program, server, ["1000000", "64", "5"], done % 2 == 1, folder)?;
        let requests = line["requests"].as_u64().context("no requests")?;
        done += requests;
        let cpu_us = (tree_cpu_seconds(server.id()) - before) * 1e6 / requests as f64;
        told.push(pss_mib(server.id()));
        println!(
            "{done} calls as fast as they go: {:.1} MiB, {cpu_us:.1} µs, {} a second",
            told[told.len() - 1],
            requests / 5
        );
    }
    if let Some(growth) = growth(&told) {
        let verdict = if growth <= GROWTH_MOST_MIB { "flat" } else { "MISSED" };
        println!("memory from the first part to the last: {growth:+.1} MiB, {verdict}");
    }
    Ok(told)
}

fn growth(told: &[f64]) -> Option<f64> {
    Some(told.last()? - told.first()?)
}

/// Of a process and its children.
fn pss_mib(root: u32) -> f64 {
    let of = |process: u32| {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    let children = fs::read_to_string(format!("/proc/{root}/task/{root}/children")).unwrap_or_default();
    of(root) + children.split_whitespace().filter_map(|child| child.parse().ok()).map(of).sum::<f64>()
}
