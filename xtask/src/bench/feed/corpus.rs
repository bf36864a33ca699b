//! Every reader on feedparser's own tests, beside what feedparser reads.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Program, Programs, READERS, answer, driver, list};
use crate::run;

/// Longest time for one file.
const LIMIT: Duration = Duration::from_secs(10);

/// What `compare.py` says, ours first.
pub fn compare(programs: &Programs, corpus: &Path, scratch: &Path) -> Result<Value> {
    let mut files = Vec::new();
    documents(&unpacked(corpus, scratch)?, &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "{} has no .xml or .json", corpus.display());
    let list = list(&files, scratch, "corpus.txt")?;

    let results = |name: &str| scratch.join(format!("{name}.jsonl"));
    ours(&programs.ours, &files, &results("copydesk"))?;
    let mut compared = Command::new(&programs.python);
    compared.arg(driver("compare.py")).arg(results("feedparser")).arg(named("copydesk", &results("copydesk")));
    for reader in READERS.iter().filter(|reader| reader.program != Program::Ours) {
        // What feedparser does with HTML is no matter of titles, links and dates.
        if reader.program == Program::Python("feedparser-plain") {
            continue;
        }
        let mut command = programs.command(reader.program);
        command.arg("parse").arg(&list);
        fs::write(results(reader.name), answer(command)?)?;
        if !reader.sanitizes {
            compared.arg(named(reader.name, &results(reader.name)));
        }
    }
    serde_json::from_slice(&answer(compared)?).context("what the comparison says")
}

fn named(name: &str, file: &Path) -> String {
    format!("{name}={}", file.display())
}

/// The folder with the files: a bare git is unpacked.
fn unpacked(corpus: &Path, scratch: &Path) -> Result<PathBuf> {
    if !corpus.join("objects").is_dir() {
        return Ok(corpus.to_owned());
    }
    let (archive, folder) = (scratch.join("corpus.tar"), scratch.join("corpus"));
    fs::create_dir_all(&folder)?;
    let mut git = Command::new("git");
    git.arg("--git-dir").arg(corpus).args(["archive", "--output"]).arg(&archive).args(["HEAD", "tests"]);
    run::run(&mut git)?;
    run::run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&folder))?;
    Ok(folder)
}

fn documents(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            documents(&path, into)?;
        } else if path.extension().is_some_and(|kind| kind == "xml" || kind == "json") {
            into.push(path);
        }
    }
    Ok(())
}

/// Ours by its command line, a process a file: a crash is of one file and cannot be overlooked.
fn ours(program: &Path, files: &[PathBuf], results: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(results)?);
    let printed = results.with_extension("printed");
    for file in files {
        let mut command = Command::new(program);
        command.args(["feed", "parse", "--json"]).arg(file);
        command.stdin(Stdio::null()).stdout(File::create(&printed)?).stderr(Stdio::null());
        let mut child = run::Owned(command.spawn().with_context(|| format!("starting {}", run::shown(&command)))?);
        let status = run::wait_at_most(&mut child.0, LIMIT)?;
        writeln!(out, "{}", said(file, status, &fs::read(&printed)?))?;
    }
    Ok(out.flush()?)
}

/// The line of one file, from how the program ended and what it printed.
pub fn said(file: &Path, status: Option<ExitStatus>, printed: &[u8]) -> Value {
    let file = file.display().to_string();
    let error = |error: &str| json!({ "file": file, "error": error });
    match status {
        None => return error("crash: it takes too long"),
        // A panic ends with 101.
        Some(status) if status.signal().is_some() || status.code() == Some(101) => return error("crash"),
        Some(status) if !status.success() => return error("not a feed"),
        Some(_) => {}
    }
    let Ok(feed) = serde_json::from_slice::<Value>(printed) else { return error("crash: no JSON") };
    let entries = feed["items"].as_array().into_iter().flatten().map(|item| {
        let date = if item["published_at"].is_null() { &item["updated_at"] } else { &item["published_at"] };
        json!({ "title": item["title"], "link": item["link"], "date": date })
    });
    json!({ "file": file, "entries": entries.collect::<Vec<_>>() })
}
