//! Rules about the crates' manifests.

use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use super::files::File;

/// Each crate's layer; an arrow goes to a lower one.
const LAYERS: &[(&str, u8)] = &[
    ("stdx", 0),
    ("learn", 1),
    ("store", 1),
    ("connect", 2),
    ("text", 2),
    ("feed", 2),
    ("queue", 2),
    ("cache", 2),
    ("guard", 2),
    ("observe", 2),
    ("edge", 3),
    ("desk", 4),
    ("web", 5),
    ("copydesk", 6),
];

/// The few arrows within a layer: counters, and the sanitiser.
const SIDEWAYS: &[(&str, &str)] = &[("guard", "cache"), ("feed", "text")];

/// What the chores may use: they must build in seconds.
const XTASK_USES: &[&str] = &["stdx"];

/// Libraries with a home. Everywhere else the home is asked instead.
const OWNERS: &[(&[&str], &[&str])] = &[
    (&["rusqlite", "libsqlite3-sys", "tokio-postgres", "deadpool-postgres"], &["store"]),
    (&["redis"], &["store", "cache"]),
    (&["axum", "axum-core", "utoipa-axum", "utoipa-swagger-ui"], &["web"]),
    (&["anyhow"], &["copydesk", "xtask"]),
    (&["getrandom"], &["stdx"]),
];

pub fn arrows(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let layer = |name: &str| LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer);
    each_dependency(files, |from, to, finding| {
        let Some(below) = layer(to) else { return };
        if from == "xtask" {
            if !XTASK_USES.contains(&to) {
                finding(format!("xtask uses {to}, which would make every chore wait for it to build"));
            }
            return;
        }
        match layer(from) {
            None => finding(format!("crate {from} has no layer; give it one in xtask/src/tidy/tree.rs")),
            Some(above) if below < above || SIDEWAYS.contains(&(from, to)) => {}
            Some(_) => finding(format!("{from} may not use {to}: arrows point down")),
        }
    })
}

pub fn owners(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    each_dependency(files, |from, to, finding| {
        for (libraries, homes) in OWNERS {
            if libraries.contains(&to) && !homes.contains(&from) {
                finding(format!("{to} is named only in {}", homes.join(" and ")));
            }
        }
    })
}

pub fn versions(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let root = files.iter().find(|file| file.path == Path::new("Cargo.toml")).context("there is no Cargo.toml")?;
    let manifest: toml::Table = root.text.parse().context("Cargo.toml")?;
    let shared = manifest.get("workspace").and_then(|w| w.get("dependencies")).and_then(toml::Value::as_table);
    for (name, entry) in shared.into_iter().flatten() {
        if !(entry.is_str() || entry.get("version").is_some() || entry.get("path").is_some()) {
            findings.push(Finding { file: root.path.clone(), line: 0, message: format!("{name} has no version") });
        }
    }
    for (file, manifest) in manifests(files)? {
        for (name, entry) in dependencies(&manifest) {
            if entry.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                let message = format!("{name} says its own version; it belongs into the workspace's Cargo.toml");
                findings.push(Finding { file: file.path.clone(), line: 0, message });
            }
        }
    }
    Ok(findings)
}

/// Calls `judge` with each pair of a crate and what it depends on, by folder and package name.
fn each_dependency(files: &[File], judge: impl Fn(&str, &str, &mut dyn FnMut(String))) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (file, manifest) in manifests(files)? {
        let folder =
            file.path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy()).unwrap_or_default();
        for (name, _) in dependencies(&manifest) {
            judge(&folder, name, &mut |message| findings.push(Finding { file: file.path.clone(), line: 0, message }));
        }
    }
    Ok(findings)
}

/// The manifests of all members.
fn manifests(files: &[File]) -> Result<Vec<(&File, toml::Table)>> {
    // Drivers of other queues are projects of their own, with the libraries that those need.
    let outside = |file: &&File| file.path.starts_with("bench") || file.path == Path::new("Cargo.toml");
    let members = files.iter().filter(|file| file.path.ends_with("Cargo.toml") && !outside(file));
    members.map(|file| Ok((file, file.text.parse().with_context(|| file.path.display().to_string())?))).collect()
}

/// Of every kind and for every platform.
fn dependencies(manifest: &toml::Table) -> Vec<(&str, &toml::Value)> {
    let targets =
        manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten().filter_map(|(_, t)| t.as_table());
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let list = table.get(kind).and_then(toml::Value::as_table).into_iter().flatten();
            found.extend(
                list.map(|(name, entry)| (entry.get("package").and_then(toml::Value::as_str).unwrap_or(name), entry)),
            );
        }
    }
    found
}
