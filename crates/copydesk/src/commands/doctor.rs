//! `doctor`: tries what can only be tried. Damage is a problem and exit code 1; what may pass is a warning.

use anyhow::Result;
use desk::people::Actor;
use desk::{check, pages, providers, sources};
use serde::Serialize;

use super::{say, say_json};
use crate::config::Config;
use crate::console;
use crate::process::{Mode, Process, is_fresh};

#[derive(Debug, Default, Serialize)]
struct Findings {
    problems: Vec<String>,
    warnings: Vec<String>,
    passed: Vec<String>,
}

/// Gives whether everything is sound.
pub async fn run(config: &Config, json: bool) -> Result<bool> {
    let mut findings = Findings::default();
    disk(config, &mut findings);
    console(config, &mut findings);
    match is_fresh(config).await {
        Ok(false) => {}
        Ok(true) => {
            findings.warnings.push("the database is still empty; the first start makes its tables".to_owned());
            return report(&findings, json);
        }
        Err(error) => {
            findings.problems.push(format!("{error:#}"));
            return report(&findings, json);
        }
    }
    match Process::open(config, Mode::Beside).await {
        Ok(process) => {
            database(&process, &mut findings).await;
            remote(&process, &mut findings).await;
            process.close_beside().await?;
        }
        Err(error) => findings.problems.push(format!("{error:#}")),
    }
    report(&findings, json)
}

fn report(findings: &Findings, json: bool) -> Result<bool> {
    if json {
        say_json(findings)?;
    } else {
        for (mark, lines) in
            [("ok      ", &findings.passed), ("warning ", &findings.warnings), ("PROBLEM ", &findings.problems)]
        {
            for line in lines {
                say(format!("{mark}{line}"))?;
            }
        }
    }
    Ok(findings.problems.is_empty())
}

fn disk(config: &Config, findings: &mut Findings) {
    let folder = &config.data;
    if !folder.exists() {
        findings
            .warnings
            .push(format!("the data folder {} does not exist yet; the first start makes it", folder.display()));
        return;
    }
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    match std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => findings.passed.push(format!("the data folder {} can be written", folder.display())),
        Err(error) => {
            findings.problems.push(format!("the data folder {} cannot be written: {error}", folder.display()))
        }
    }
    match rustix::fs::statvfs(folder) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let line = format!("{} MiB are free where the data is", free >> 20);
            if free < 256 << 20 { findings.warnings.push(line) } else { findings.passed.push(line) }
        }
        Err(error) => findings.warnings.push(format!("the free space of {} is unknown: {error}", folder.display())),
    }
    use std::os::unix::fs::PermissionsExt as _;
    let key = config.secret_key_file.clone().unwrap_or_else(|| folder.join("secret.key"));
    if let Ok(meta) = std::fs::metadata(&key)
        && meta.permissions().mode() & 0o077 != 0
    {
        findings.problems.push(format!("{} can be read by others; chmod 600 it", key.display()));
    }
}

fn console(config: &Config, findings: &mut Findings) {
    match console::load(config.console_dir.as_deref()) {
        Ok(Some(console)) => {
            findings.passed.push(format!("console: {} ({} files)", console.origin().name(), console.count()))
        }
        Ok(None) => findings.passed.push(
            "console: none; this binary was built without it, and the server renders the desk instead".to_owned(),
        ),
        Err(error) => findings.problems.push(format!("{error:#}")),
    }
}

async fn database(process: &Process, findings: &mut Findings) {
    match process.desk.store.check().await {
        Ok(damage) if damage.is_empty() => findings.passed.push("the database is sound".to_owned()),
        Ok(damage) => {
            findings.problems.extend(damage.into_iter().map(|line| format!("the database is damaged: {line}")))
        }
        Err(error) => findings.problems.push(format!("checking the database failed: {:#}", anyhow::Error::from(error))),
    }
    match check::differences(&process.desk).await {
        Ok(found) if found.is_empty() => findings.passed.push("the event log replays to the same posts".to_owned()),
        Ok(found) => findings.problems.extend(found),
        Err(error) => {
            findings.problems.push(format!("replaying the event log failed: {:#}", anyhow::Error::from(error)))
        }
    }
    if let Ok((pages, _)) = pages::summary(&process.desk).await {
        findings.passed.push(format!("the site shows {pages} pages"));
    }
}

async fn remote(process: &Process, findings: &mut Findings) {
    let actor = Actor::system();
    let Ok(all) = sources::list(&process.desk, &actor, None, 200).await else { return };
    let failing: Vec<_> = all.iter().filter(|source| source.failures > 0).collect();
    for source in failing.iter().take(20) {
        findings.warnings.push(format!(
            "source {} fails: {}",
            source.url,
            source.error.as_deref().unwrap_or("no reason is known")
        ));
    }
    if failing.is_empty() {
        findings.passed.push(format!("{} sources, none failing", all.len()));
    }
    for provider in providers::list(&process.desk, &actor).await.unwrap_or_default() {
        if let Err(error) = providers::reach(&process.desk, &provider.name).await {
            findings.warnings.push(format!(
                "provider {} cannot be reached: {:#}",
                provider.name,
                anyhow::Error::from(error)
            ));
        }
    }
}
