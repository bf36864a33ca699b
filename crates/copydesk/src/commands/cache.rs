//! `cache`: asks a running desk by its API, with a key of its own that ends with the command.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use connect::Request;
use desk::people::{self, Actor, NewKey};
use guard::Role;
use http::Method;
use serde_json::{Value as Json, json};

use super::table::Table;
use super::{say, say_json};
use crate::cli::cache::{Cache, Purge, Server};
use crate::config::Config;
use crate::process::{Mode, Process};

/// How long a key lasts that a command makes for itself, should it die before it takes it back.
const KEY_LASTS: Duration = Duration::from_secs(300);

pub async fn run(config: &Config, command: &Cache) -> Result<()> {
    match command {
        Cache::Stats { server, json } => stats(&ask(config, server, Method::GET, "/cache/stats", None).await?, *json),
        Cache::Get { space, key, server, json } => {
            let mut query = url_query();
            query.append_pair("space", space).append_pair("key", key);
            let path = format!("/cache/entries?{}", query.finish());
            entry(&ask(config, server, Method::GET, &path, None).await?, *json)
        }
        Cache::Purge(purge) => {
            let answer = ask(config, &purge.server, Method::POST, "/cache/purge", Some(body(purge))).await?;
            purged(&answer, purge.json)
        }
        Cache::Warm { server, json } => {
            let answer = ask(config, server, Method::POST, "/cache/warm", Some(json!({}))).await?;
            if *json {
                return say_json(&answer);
            }
            say(format!("{} of {} pages are kept now", answer["fresh"], answer["pages"]))
        }
    }
}

fn url_query() -> url::form_urlencoded::Serializer<'static, String> {
    url::form_urlencoded::Serializer::new(String::new())
}

fn body(purge: &Purge) -> Json {
    let mut body = json!({ "soft": purge.soft, "dry_run": purge.dry_run, "all": purge.all, "remote": purge.remote });
    if let Some([space, key]) = purge.entry.as_deref() {
        (body["space"], body["key"]) = (space.as_str().into(), key.as_str().into());
    }
    for (name, value) in [("tag", &purge.tag), ("pattern", &purge.pattern)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    body
}

fn stats(answer: &Json, as_json: bool) -> Result<()> {
    if as_json {
        return say_json(answer);
    }
    let percent = |ratio: &Json| ratio.as_f64().map_or_else(|| "–".to_owned(), |r| format!("{:.1} %", r * 100.0));
    let ms = |s: &Json| s.as_f64().map_or_else(|| "–".to_owned(), |s| format!("{:.3} ms", s * 1_000.0));
    let plain = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let mut table = Table::new(&["TIER", "ENTRIES", "BYTES", "HITS", "MISSES", "RATIO", "P50", "P99", "ERRORS"]);
    for tier in rows("tiers") {
        let cell = |name: &str| plain(&tier[name]);
        let (ratio, p50, p99) = (percent(&tier["hit_ratio"]), ms(&tier["p50_s"]), ms(&tier["p99_s"]));
        let [name, entries, bytes] = ["name", "entries", "bytes"].map(cell);
        table.row([name, entries, bytes, cell("hits"), cell("misses"), ratio, p50, p99, cell("errors")]);
    }
    say(format!("{table}\n"))?;
    let mut table = Table::new(&[
        "SPACE", "TTL", "ENTRIES", "BYTES", "HITS", "MISSES", "RATIO", "LOADS", "STALE", "SHARED", "EVICTED",
    ]);
    for space in rows("spaces") {
        let cell = |name: &str| plain(&space[name]);
        let [name, entries, bytes, hits, misses] = ["name", "entries", "bytes", "hits", "misses"].map(cell);
        let [loads, stale, shared, evicted] = ["loads", "stale_served", "stampedes_avoided", "evictions"].map(cell);
        let (ttl, ratio) = (format!("{} s", cell("ttl_seconds")), percent(&space["hit_ratio"]));
        table.row([name, ttl, entries, bytes, hits, misses, ratio, loads, stale, shared, evicted]);
    }
    say(table.to_string())?;
    for (title, name) in [("most asked for", "top_keys"), ("most asked for in vain", "top_missed")] {
        let keys = rows(name);
        if !keys.is_empty() {
            say(format!("\n{title} (about, by sampling)"))?;
        }
        for counted in keys.iter().take(10) {
            say(format!("{:>10}  {}  {}", plain(&counted["count"]), plain(&counted["space"]), plain(&counted["key"])))?;
        }
    }
    Ok(())
}

fn entry(answer: &Json, as_json: bool) -> Result<()> {
    if as_json {
        return say_json(answer);
    }
    for name in ["space", "key", "phase", "bytes", "tags", "stored_at", "fresh_until", "stale_until", "grace_until"] {
        let value = answer[name].as_str().map_or_else(|| answer[name].to_string(), str::to_owned);
        say(format!("{name:<12} {value}"))?;
    }
    Ok(())
}

fn purged(answer: &Json, as_json: bool) -> Result<()> {
    if as_json {
        return say_json(answer);
    }
    let verb = if answer["dry_run"] == true { "would be forgotten" } else { "forgotten" };
    say(format!("{} entries {verb}", answer["entries"]))?;
    for kept in answer["sample"].as_array().into_iter().flatten() {
        say(format!("  {}  {}", kept["space"].as_str().unwrap_or_default(), kept["key"].as_str().unwrap_or_default()))?;
    }
    for target in answer["remote"].as_array().into_iter().flatten() {
        let said = target["error"].as_str().map_or_else(|| "told".to_owned(), |error| format!("failed: {error}"));
        say(format!("{}  {said}", target["name"].as_str().unwrap_or_default()))?;
    }
    Ok(())
}

/// The running desk's answer to one call of its API.
async fn ask(config: &Config, server: &Server, method: Method, path: &str, body: Option<Json>) -> Result<Json> {
    let Some(key) = &server.key else {
        let process = Process::open(config, Mode::Beside).await?;
        let (desk, system) = (&process.desk, Actor::system());
        let scopes = Some("read operate".parse().context("the scopes of a command's key")?);
        let new = NewKey { name: "copydesk cache".to_owned(), role: Role::Admin, scopes, lasts: Some(KEY_LASTS) };
        let (made, secret) = people::create_key(desk, &system, new).await?;
        let answer = call(config, server, secret.reveal(), method, path, body).await;
        people::revoke_key(desk, &system, made.id).await?;
        process.close_beside().await?;
        return answer;
    };
    call(config, server, key, method, path, body).await
}

async fn call(
    config: &Config,
    server: &Server,
    key: &str,
    method: Method,
    path: &str,
    body: Option<Json>,
) -> Result<Json> {
    let base = match &server.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            ensure!(
                config.listen.port() != 0,
                "say with --url where the desk listens: its port is chosen by the system"
            );
            let mut address = config.listen;
            if address.ip().is_unspecified() {
                address.set_ip(if address.is_ipv4() {
                    [127, 0, 0, 1].into()
                } else {
                    std::net::Ipv6Addr::LOCALHOST.into()
                });
            }
            format!("http://{address}")
        }
    };
    let url = url::Url::parse(&base).with_context(|| format!("reading the address {base:?}"))?;
    let host = url.host_str().with_context(|| format!("the address {base:?} has no host"))?;
    // The person has named it; nothing else is reached.
    let allow = vec![format!("{host}:{}", url.port_or_known_default().unwrap_or(80))];
    let settings = connect::Settings { allow, ..config.connect.clone() };
    let client = connect::Client::new(&settings, stdx::Clock::system(), stdx::Rng::from_os());
    let mut request = Request::get("cli", format!("{base}/api/v3{path}"), settings.limits());
    request.method = method;
    request.headers.insert(http::header::AUTHORIZATION, format!("Bearer {key}").parse().context("reading the key")?);
    if let Some(body) = body {
        request.headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        request.body = body.to_string().into();
    }
    let answer = client.send(request).await.with_context(|| format!("asking the desk at {base}; does it run?"))?;
    let said: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    if !answer.status.is_success() {
        bail!("{} ({})", said["detail"].as_str().unwrap_or("the desk refused"), answer.status.as_u16());
    }
    Ok(said)
}
