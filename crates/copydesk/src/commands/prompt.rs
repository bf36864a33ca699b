//! `prompt`: templates looked at, checked, filled in, and their versions compared on cases.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use desk::drafts::GivenText;
use desk::drafts::eval::{self, Bench, Case, Report};
use desk::drafts::{preview, used};
use desk::people::Actor;
use desk::prompts::{self, Template, Voice};
use serde::Deserialize;
use stdx::{Clock, Rng};

use super::table::Table;
use super::{read_input, say, say_json};
use crate::cli::prompt::{Eval, Prompt, Render, VoiceArgs};
use crate::config::Config;
use crate::process::{Mode, Process};

/// Cases of one evaluation at most.
const CASES_MAX: usize = 10_000;

pub async fn run(config: &Config, command: &Prompt) -> Result<()> {
    match command {
        Prompt::List { json } => list(config, *json).await,
        Prompt::Show { name, version } => show(config, name, version.as_deref()).await,
        Prompt::Eval(args) => evaluate(config, args).await,
        Prompt::Check { file } => check(file),
        Prompt::Render(args) => render(args),
    }
}

async fn list(config: &Config, json: bool) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let listed = used::list(&process.desk, &Actor::system()).await?;
    let mut table = Table::new(&["NAME", "KIND", "LANGUAGE", "ORIGIN", "VERSION", "DRAFTS", "ACCEPTED", "EDITED"]);
    for (prompt, figures) in listed {
        let (template, figures) = (prompt.template, figures.unwrap_or_default());
        if json {
            say_json(&serde_json::json!({
                "name": template.name, "kind": template.kind.name(), "language": template.language,
                "description": template.description, "origin": prompt.origin, "version": template.version(),
                "versions": prompt.versions, "figures": figures,
            }))?;
        }
        table.row([
            template.name.clone(),
            template.kind.name().to_owned(),
            template.language.clone(),
            prompt.origin.name().to_owned(),
            template.version(),
            figures.drafts.to_string(),
            share(figures.acceptance_rate),
            share(figures.edit_distance),
        ]);
    }
    if !json {
        say(table.to_string())?;
    }
    process.close_beside().await
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.0} %", value * 100.0))
}

async fn show(config: &Config, name: &str, version: Option<&str>) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let mut conn = process.desk.store.read_fresh();
    let source = match version {
        Some(version) => prompts::version(&mut conn, name, version).await?.source,
        None => prompts::current(&mut conn, name).await?.source,
    };
    drop(conn);
    say(source.trim_end())?;
    process.close_beside().await
}

pub fn check(file: &Path) -> Result<()> {
    let template = template_of(file)?;
    say(format!("{}: {} {}, version {}", file.display(), template.kind.name(), template.name, template.version()))
}

pub fn render(args: &Render) -> Result<()> {
    let cases = cases_of(&args.sources)?;
    let case = match &args.case {
        Some(id) => cases.iter().find(|case| case.id == *id).with_context(|| format!("there is no case {id:?}"))?,
        None => cases.first().context("there is no case")?,
    };
    let template = template_of(&args.file)?;
    let voice = voice_of(&args.voice)?;
    let shown = preview::alone(&template.source, voice.as_ref(), &args.voice.channel, &case.sources, &Rng::from_os());
    let shown = shown.map_err(told)?;
    if args.json {
        return say_json(&shown);
    }
    if let Some(fault) = shown.faults.first() {
        bail!("{}: {fault}", args.file.display());
    }
    for message in &shown.messages {
        say(format!("--- {}\n{}\n", message.role, message.text))?;
    }
    say(format!("version {}, about {} tokens", shown.version, shown.tokens_estimated))
}

async fn evaluate(config: &Config, args: &Eval) -> Result<()> {
    let cases = cases_of(&args.cases)?;
    let provider = match &args.provider {
        Some(name) => config.llm.providers.iter().find(|provider| provider.name == *name),
        None => config.llm.providers.first(),
    };
    let provider = provider.cloned().with_context(|| match &args.provider {
        Some(name) => format!("the configuration has no provider {name:?}"),
        None => "the configuration has no provider; see [llm]".to_owned(),
    })?;
    let mut templates = Vec::new();
    for named in &args.prompts {
        templates.push(match Path::new(named) {
            file if file.is_file() || named.contains(['/', '.']) => template_of(file)?,
            _ => of_desk(config, named).await?,
        });
    }
    let (clock, rng) = (Clock::system(), Rng::from_os());
    let bench = Bench {
        client: connect::Client::new(&config.connect, clock.clone(), rng.clone()),
        llm: config.llm.clone(),
        provider,
        clock,
        rng,
        weights: config.score.clone(),
        voice: voice_of(&args.voice)?,
        channel: args.voice.channel.clone(),
    };
    let reports = eval::run(&bench, &templates, &cases).await.map_err(told)?;
    if args.json { say_json(&reports) } else { say(compared(&reports)) }
}

async fn of_desk(config: &Config, name: &str) -> Result<Template> {
    let process = Process::open(config, Mode::Beside).await?;
    let template = prompts::current(&mut process.desk.store.read_fresh(), name).await;
    process.close_beside().await?;
    template.with_context(|| format!("there is neither a file nor a prompt {name:?}"))
}

/// The versions side by side, and what got worse.
fn compared(reports: &[Report]) -> String {
    let head = [
        "PROMPT",
        "VERSION",
        "CASES",
        "RIGHT FORM",
        "SCORE",
        "GROUNDED",
        "UNSUPPORTED",
        "COST $",
        "TOKENS",
        "MEAN MS",
        "WORSE",
    ];
    let mut table = Table::new(&head);
    for report in reports {
        table.row([
            report.prompt.clone(),
            report.version.clone(),
            report.cases.to_string(),
            report.right_form.to_string(),
            report.score_mean.map_or_else(|| "–".to_owned(), |score| format!("{score:.3}")),
            share(Some(report.grounded_share)),
            report.unsupported.to_string(),
            format!("{:.6}", report.cost_micros as f64 / 1e6),
            (report.prompt_tokens + report.completion_tokens).to_string(),
            format!("{:.0}", report.latency_ms_mean),
            report.worse.len().to_string(),
        ]);
    }
    let mut told = table.to_string();
    for report in reports {
        for worse in &report.worse {
            told.push_str(&format!("\nworse with {} {}: {}: {}", report.prompt, report.version, worse.id, worse.why));
        }
        for failed in report.results.iter().filter(|result| result.outcome != "ok") {
            let why = failed.error.as_deref().unwrap_or_default();
            told.push_str(&format!(
                "\nno draft with {} {}: {}: {}: {why}",
                report.prompt, report.version, failed.id, failed.outcome
            ));
        }
    }
    told
}

fn template_of(file: &Path) -> Result<Template> {
    let bytes = read_input(file)?;
    let source = std::str::from_utf8(&bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
    Template::read(source).map_err(|faults| {
        let told: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
        anyhow::anyhow!("{}", told.join("\n"))
    })
}

fn voice_of(args: &VoiceArgs) -> Result<Option<Voice>> {
    let Some(file) = &args.voice else { return Ok(None) };
    let voice =
        serde_json::from_slice(&read_input(file)?).with_context(|| format!("reading {} as a voice", file.display()))?;
    Ok(Some(voice))
}

/// An error of the desk with each of its faults.
fn told(error: desk::Error) -> anyhow::Error {
    match error {
        desk::Error::Invalid(faults) => {
            let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
            anyhow::anyhow!("{}", told.join("\n"))
        }
        other => other.into(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: serde_json::Value,
    sources: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Text(String),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    url: String,
}

fn cases_of(file: &Path) -> Result<Vec<Case>> {
    let bytes = read_input(file)?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
    let cases = read_cases(text).with_context(|| format!("reading {}", file.display()))?;
    ensure!(!cases.is_empty(), "{} holds no case", file.display());
    ensure!(cases.len() <= CASES_MAX, "{} holds more than {CASES_MAX} cases", file.display());
    Ok(cases)
}

fn read_cases(text: &str) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let read: Line = serde_json::from_str(line).with_context(|| {
            format!("line {}: a line is {{\"id\", \"sources\": [{{\"title\", \"text\"}} or \"text\", …]}}", n + 1)
        })?;
        let id = read.id.as_str().map_or_else(|| read.id.to_string(), str::to_owned);
        ensure!(!read.sources.is_empty(), "line {}: case {id:?} has no source", n + 1);
        ensure!(cases.iter().all(|case| case.id != id), "line {}: there are two cases {id:?}", n + 1);
        let sources = read.sources.into_iter().map(|source| match source {
            Source::Text(text) => {
                given(Whole { title: String::new(), text, source: String::new(), url: String::new() })
            }
            Source::Whole(whole) => given(whole),
        });
        cases.push(Case { id, sources: sources.collect() });
    }
    Ok(cases)
}

/// A text without a title is called by its beginning.
fn given(whole: Whole) -> GivenText {
    let Whole { title, text, source, url } = whole;
    let title = if title.trim().is_empty() { text::summary::excerpt(&text, 80) } else { title };
    GivenText { title, text, url, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_read_in_both_forms() {
        let lines = "{\"id\":1,\"sources\":[\"The ferry stops.\"]}\n\n\
                     {\"id\":\"b\",\"sources\":[{\"title\":\"T\",\"text\":\"X\",\"source\":\"Mail\"}]}";
        let cases = read_cases(lines).unwrap();
        assert_eq!((cases[0].id.as_str(), cases[0].sources[0].title.as_str()), ("1", "The ferry stops."));
        assert_eq!((cases[1].sources[0].title.as_str(), cases[1].sources[0].source.as_str()), ("T", "Mail"));
        for (bad, wanted) in [
            ("{\"id\":1}", "line 1"),
            ("\n{\"id\":1,\"sources\":[]}", "line 2: case \"1\" has no source"),
            ("{\"id\":1,\"sources\":[\"a\"]}\n{\"id\":1,\"sources\":[\"a\"]}", "line 2: there are two cases"),
            ("{\"id\":1,\"sources\":[{\"titel\":\"T\",\"text\":\"X\"}]}", "line 1"),
        ] {
            let error = format!("{:#}", read_cases(bad).unwrap_err());
            assert!(error.contains(wanted), "{bad}: {error}");
        }
    }
}
