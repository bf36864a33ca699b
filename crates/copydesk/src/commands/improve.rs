//! `improve`: a better text from a worse one, by safe edits and by models where there are any.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use desk::improve::{self, Alone, Given, Improved, StepKind, Wanted};
use stdx::{Clock, Rng};
use text::document::Format;

use super::texts::{as_text, language, refused};
use super::{complain, read_input, say_json};
use crate::cli::Improve;
use crate::config::Config;

pub async fn run(config: &Config, args: &Improve) -> Result<()> {
    let is_stdin = args.file.as_os_str() == "-";
    if is_stdin && args.write {
        bail!("standard input cannot be written to; name a file, or leave --write out");
    }
    let bytes = read_input(&args.file)?;
    let given = Given {
        text: as_text(&bytes, &args.file)?.to_owned(),
        title: args.title.clone(),
        language: args.language.as_deref().map(language).transpose()?,
        format: args.format.map_or_else(|| format_of(&args.file), Format::from),
    };
    let wanted = Wanted { targets: targets(&args.targets)?, rounds_max: args.rounds };
    let (clock, rng) = (Clock::system(), Rng::from_os());
    let alone = Alone {
        client: connect::Client::new(&config.connect, clock.clone(), rng.clone()),
        llm: config.llm.clone(),
        clock,
        rng,
        weights: config.score.clone(),
    };
    let before = given.text.clone();
    let improved = improve::alone(alone, given, &wanted).await.map_err(|error| match error {
        desk::Error::Invalid(faults) if faults.iter().any(|fault| fault.pointer == "/text") => {
            let told: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
            refused("The text cannot be improved", &format!("it {}", told.join(", it ")), &args.file).into()
        }
        desk::Error::Invalid(faults) => {
            let told: Vec<String> = faults
                .iter()
                .map(|fault| format!("{}: {}", fault.pointer.trim_start_matches('/'), fault.detail))
                .collect();
            anyhow::anyhow!("{}", told.join("\n"))
        }
        other => other.into(),
    })?;
    tell(&improved)?;
    if args.write && improved.text.body != before {
        replace(&args.file, improved.text.body.as_bytes())?;
    }
    if args.json {
        return say_json(&improved);
    }
    if args.write {
        return Ok(());
    }
    // To the byte: a line break at the end is the text's own.
    match std::io::stdout().lock().write_all(improved.text.body.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("writing to standard output"),
    }
}

fn format_of(file: &Path) -> Format {
    match file.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("md" | "markdown") => Format::Markdown,
        Some("html" | "htm") => Format::Html,
        _ => Format::Plain,
    }
}

fn targets(given: &[String]) -> Result<BTreeMap<String, f64>> {
    let read = |text: &String| {
        let (name, value) = text.split_once('=').with_context(|| format!("{text:?} is no NAME=VALUE"))?;
        let value = value.parse().with_context(|| format!("{value:?} in {text:?} is no number"))?;
        Ok((name.to_owned(), value))
    };
    given.iter().map(read).collect()
}

/// What was done and why, for people, on standard error.
fn tell(improved: &Improved) -> Result<()> {
    for step in &improved.steps {
        let what = match step.kind {
            StepKind::Edits => "safe edits",
            StepKind::Rewrite => "rewrite",
        };
        complain(format!("{what} {}: {}", if step.kept { "kept" } else { "dropped" }, step.reason))?;
        for edit in step.edits.iter().filter(|_| step.kept) {
            let place = if edit.field == "body" { String::new() } else { format!("{} ", edit.field) };
            let line = format!(
                "  {place}{}-{}: {:?} -> {:?}: {}",
                edit.start, edit.end, edit.was, edit.replacement, edit.reason
            );
            complain(line)?;
        }
    }
    for target in &improved.after.targets {
        let value = target.value.map_or_else(|| "cannot be measured here".to_owned(), |value| format!("{value:.3}"));
        complain(format!(
            "target {} {}: {value}, {}",
            target.name,
            target.wanted,
            if target.met { "met" } else { "not met" }
        ))?;
    }
    let (before, after) = (improved.before.score, improved.after.score);
    complain(format!("score {before:.3} -> {after:.3}. {}", improved.note))
}

/// Puts the new content in the file's place in one step, with the same permissions: whoever reads meanwhile sees the
/// old text or the new one.
fn replace(file: &Path, content: &[u8]) -> Result<()> {
    let whole = std::fs::canonicalize(file).with_context(|| format!("finding {}", file.display()))?;
    let name = whole.file_name().context("the file has no name")?.to_string_lossy();
    let draft = whole.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(&draft)?;
        new.write_all(content)?;
        new.set_permissions(std::fs::metadata(&whole)?.permissions())?;
        new.sync_all()?;
        std::fs::rename(&draft, &whole)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&draft))).with_context(|| format!("writing {}", file.display()))
}
