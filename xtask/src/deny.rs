//! Licences, bans and sources of everything in the lock file, against `deny.toml`.
//!
//! Read from `cargo metadata`, since a tool that must be compiled first would cost CI more than the
//! answer is worth. Known vulnerabilities are not looked up here: they need a database from outside.

pub mod licence;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run;

/// Checks all dependencies; returns how many there are.
pub fn check(root: &Path) -> Result<usize> {
    let rules = Rules::parse(&std::fs::read_to_string(root.join("deny.toml")).context("reading deny.toml")?)?;
    let mut command = Command::new(run::cargo());
    command.current_dir(root).args(["metadata", "--format-version", "1", "--locked"]).stderr(Stdio::inherit());
    println!("$ {}", run::shown(&command));
    let output = command.output().context("starting cargo")?;
    if !output.status.success() {
        bail!("cargo metadata ended with {}", output.status);
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("reading what cargo metadata printed")?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let nodes = metadata["resolve"]["nodes"].as_array().context("cargo metadata resolves nothing")?;
    let problems = rules.check(packages, nodes);
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} dependencies are not accepted", problems.len());
    }
    Ok(packages.len())
}

/// What `deny.toml` accepts of every package.
pub fn accepted_licences(root: &Path) -> Result<Vec<String>> {
    Ok(Rules::parse(&std::fs::read_to_string(root.join("deny.toml")).context("reading deny.toml")?)?.allow)
}

struct Rules {
    allow: Vec<String>,
    /// Further licences of single packages.
    exceptions: BTreeMap<String, Vec<String>>,
    bans: BTreeMap<String, Ban>,
}

struct Ban {
    reason: String,
    /// Packages through which it may still come in.
    wrappers: Vec<String>,
}

impl Rules {
    fn parse(text: &str) -> Result<Rules> {
        let file: toml::Table = text.parse().context("deny.toml")?;
        let licences = file.get("licenses").context("deny.toml has no [licenses]")?;
        let bans = file.get("bans").context("deny.toml has no [bans]")?;
        for key in ["unknown-registry", "unknown-git"] {
            if file.get("sources").and_then(|s| s.get(key)).and_then(toml::Value::as_str) != Some("deny") {
                bail!("deny.toml: sources.{key} is \"deny\" here, and nothing else is checked");
            }
        }
        let entries = |table: &toml::Value, key: &str| {
            table.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default()
        };
        let mut exceptions = BTreeMap::new();
        for entry in entries(licences, "exceptions") {
            exceptions.insert(name(&entry)?, texts(entry.get("allow")));
        }
        let mut banned = BTreeMap::new();
        for entry in entries(bans, "deny") {
            let reason = entry.get("reason").and_then(toml::Value::as_str).context("a ban needs a reason")?.to_owned();
            banned.insert(name(&entry)?, Ban { reason, wrappers: texts(entry.get("wrappers")) });
        }
        Ok(Rules { allow: texts(licences.get("allow")), exceptions, bans: banned })
    }

    fn check(&self, packages: &[Value], nodes: &[Value]) -> Vec<String> {
        let mut problems = Vec::new();
        for package in packages {
            let name = package["name"].as_str().unwrap_or_default();
            let shown = format!("{name} {}", package["version"].as_str().unwrap_or_default());
            problems.extend(self.licence(name, &package["license"]).map(|p| format!("{shown}: {p}")));
            problems.extend(source(&package["source"]).map(|p| format!("{shown}: {p}")));
            for dependency in package["dependencies"].as_array().into_iter().flatten() {
                if !dependency["registry"].is_null() {
                    problems.push(format!(
                        "{shown}: takes {} from a registry other than the default one",
                        dependency["name"]
                    ));
                }
            }
            if let Some(ban) = self.bans.get(name) {
                let through: Vec<&str> =
                    users(nodes, &package["id"]).filter(|user| !ban.wrappers.iter().any(|w| w == user)).collect();
                if !through.is_empty() {
                    problems.push(format!("{shown}: banned ({}); needed by {}", ban.reason, through.join(", ")));
                }
            }
        }
        problems
    }

    fn licence(&self, name: &str, licence: &Value) -> Option<String> {
        let Some(text) = licence.as_str() else { return Some("states no licence".to_owned()) };
        let own = self.exceptions.get(name).map(Vec::as_slice).unwrap_or_default();
        let accepted = |id: &str| self.allow.iter().chain(own).any(|known| known == id);
        match licence::is_accepted(text, &accepted) {
            Ok(true) => None,
            Ok(false) => Some(format!("licence {text} is not in deny.toml")),
            Err(problem) => Some(format!("licence {text:?} cannot be read: {problem}")),
        }
    }
}

/// Our own packages have no source; all others come from the default registry.
fn source(source: &Value) -> Option<String> {
    let from = source.as_str()?;
    (!from.starts_with("registry+")).then(|| format!("comes from {from}, not from the default registry"))
}

/// Names of the packages that are built with `id`, as cargo resolved it.
fn users<'a>(nodes: &'a [Value], id: &'a Value) -> impl Iterator<Item = &'a str> {
    let needs = move |node: &Value| node["deps"].as_array().into_iter().flatten().any(|d| &d["pkg"] == id);
    nodes.iter().filter(move |node| needs(node)).filter_map(|node| node["id"].as_str()).map(name_in)
}

/// The name in a package id such as `…#serde@1.0.229` or `path+file:///…/crates/desk#0.1.0`.
fn name_in(id: &str) -> &str {
    let (place, package) = id.rsplit_once('#').unwrap_or(("", id));
    match package.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap_or(package),
    }
}

fn name(entry: &toml::Value) -> Result<String> {
    Ok(entry.get("crate").and_then(toml::Value::as_str).context("deny.toml: an entry names no crate")?.to_owned())
}

fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let list = value.and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests;
