//! Rules about the text of single files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;

use super::Finding;
use super::files::File;

/// Lines of a Rust file; longer ones need a table of contents, and then a folder.
const LINES_MAX: usize = 700;

/// Marks of unfinished or switched-off code. Written in two parts, so that this file does not hold them.
const MARKS: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[ign", "ore"),
];

pub fn unfinished(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let written = |file: &&File| {
        file.path
            .extension()
            .is_some_and(|ext| ["rs", "sql", "html", "css", "js", "toml"].iter().any(|known| ext == *known))
    };
    Ok(files.iter().filter(written).flat_map(|file| hits(file, MARKS)).collect())
}

pub fn length(_: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let long = files.iter().filter(|file| file.is_rust() && file.text.lines().count() > LINES_MAX);
    Ok(long
        .map(|file| {
            let message = format!("{} lines; over {LINES_MAX} it is more than one idea", file.text.lines().count());
            Finding { file: file.path.clone(), line: 0, message }
        })
        .collect())
}

pub fn paths(root: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let mut marks = vec![root.display().to_string()];
    // The folder around the clone counts too, unless its name is one that every machine has.
    let common = [
        Path::new("/"),
        Path::new("/tmp"),
        Path::new("/srv"),
        Path::new("/opt"),
        Path::new("/usr/src"),
        Path::new("/home"),
    ];
    if let Some(around) = root.parent().filter(|around| !common.contains(around)) {
        marks.push(format!("{}/", around.display()));
    }
    marks.extend(std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/.")));
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    Ok(files.iter().flat_map(|file| hits(file, &marks)).collect())
}

/// What CI calls is what the README tells people to type.
pub fn commands(root: &Path, files: &[File]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut wants = |path: &str, text: &str| {
        let holds = files.iter().any(|file| file.path == Path::new(path) && file.text.contains(text));
        if !holds {
            findings.push(Finding { file: path.into(), line: 0, message: format!("does not say {text:?}") });
        }
    };
    wants("README.md", "cargo run --release -- demo");
    wants("README.md", "cargo xtask test");
    wants(".ci/run", "\nexec cargo xtask test --install\n");
    let mode = std::fs::metadata(root.join(".ci/run")).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o111 == 0 {
        findings.push(Finding { file: ".ci/run".into(), line: 0, message: "cannot be executed".to_owned() });
    }
    Ok(findings)
}

fn hits(file: &File, marks: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (n, line) in file.text.lines().enumerate() {
        for mark in marks.iter().filter(|mark| line.contains(**mark)) {
            findings.push(Finding { file: file.path.clone(), line: n + 1, message: format!("holds {mark:?}") });
        }
    }
    findings
}
