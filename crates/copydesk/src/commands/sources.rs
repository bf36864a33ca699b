//! `source`: what is read.

use anyhow::{Context as _, Result};
use desk::drafts::lab;
use desk::people::Actor;
use desk::sources::rules::Rule;
use desk::sources::{self, Change, Kind, NewOther, NewSource, hook};
use stdx::config::Secret;

use super::keys::told;
use super::users::origin;
use super::{read_input, say, say_json};
use crate::cli::{Source, SourceKind};
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Source) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let (desk, actor) = (&process.desk, Actor::system());
    match command {
        Source::Add { url, kind: kind @ (SourceKind::Hook | SourceKind::Hand), name, backfill, trust, json } => {
            anyhow::ensure!(
                url.is_none() && backfill.is_none(),
                "only a feed has an address and a backfill: it alone is visited"
            );
            desk::pipelines::ensure_default(desk).await?;
            let kind = if *kind == SourceKind::Hook { Kind::Hook } else { Kind::Hand };
            let name = name.clone().unwrap_or_default();
            let new = NewOther { kind, name, trust: *trust, ..NewOther::default() };
            let made = sources::create_other(desk, &actor, new).await.map_err(told)?;
            let door = made.hook.map(|door| (url_of(config, &door.path()), door.secret()));
            say_made(&made.source, door, *json)?;
        }
        Source::Add { url, name, backfill, trust, json, .. } => {
            desk::pipelines::ensure_default(desk).await?;
            let (url, name) = (url.clone().unwrap_or_default(), name.clone());
            let adding = format!("adding {url}");
            let new = NewSource { url, name, backfill: *backfill, trust: *trust, ..NewSource::default() };
            let source = sources::create(desk, &actor, new).await.map_err(told).context(adding)?;
            if *json {
                say_json(&source)?;
            } else {
                say(format!("{}  {}  is polled as soon as the desk runs", source.id, source.url))?;
            }
        }
        Source::List { json } => {
            let mut after = None;
            let mut all = Vec::new();
            loop {
                let page = sources::list(desk, &actor, after, 200).await?;
                after = page.last().map(|source| source.id);
                let last = page.len() < 200;
                all.extend(page);
                if last {
                    break;
                }
            }
            if *json {
                say_json(&all)?;
            } else {
                for source in all {
                    let outcome = source.error.as_deref().or(source.outcome.as_deref()).unwrap_or("not polled yet");
                    say(format!(
                        "{}  {:<7} {:>5} items  trust {:.2}  {}  {}  {outcome}",
                        source.id,
                        source.state.name(),
                        source.items,
                        source.trust,
                        source.name,
                        source.url
                    ))?;
                }
            }
        }
        Source::Trust { id, share, json } => {
            let id = id.parse().with_context(|| format!("reading the id {id:?}"))?;
            let change = Change { trust: Some(share.unwrap_or(sources::TRUST)), ..Change::default() };
            let source = sources::update(desk, &actor, id, change).await.map_err(told)?;
            if *json {
                say_json(&source)?;
            } else {
                say(format!("{} is believed to {:.2}", source.name, source.trust))?;
            }
        }
        Source::Preview { url, json } => {
            let preview = sources::preview(desk, &actor, url, None).await.with_context(|| format!("reading {url}"))?;
            if *json {
                say_json(&preview)?;
            } else {
                say(serde_json::to_string_pretty(&preview)?)?;
            }
        }
        Source::Rules { id, file: None, .. } => {
            let id = id.parse().with_context(|| format!("reading the id {id:?}"))?;
            let source = sources::get(&mut desk.store.read(), id).await.map_err(told)?;
            say(serde_json::to_string_pretty(&source.rules)?)?;
        }
        Source::Rules { id, file: Some(file), trial, items, json } => {
            let id = id.parse().with_context(|| format!("reading the id {id:?}"))?;
            let rules: Vec<Rule> = serde_json::from_slice(&read_input(file)?)
                .with_context(|| format!("{} holds no rules", file.display()))?;
            if *trial {
                let outcome =
                    lab::try_rules(desk, &actor, lab::Scope::Source(id), &rules, *items).await.map_err(told)?;
                if *json { say_json(&outcome)? } else { say(trial_told(&rules, &outcome))? }
            } else {
                let change = Change { rules: Some(rules), ..Change::default() };
                let source = sources::update(desk, &actor, id, change).await.map_err(told)?;
                if *json {
                    say_json(&source)?;
                } else {
                    say(format!(
                        "{} rules of {} hold for what it brings from now on",
                        source.rules.len(),
                        source.name
                    ))?;
                }
            }
        }
        Source::Import { file, json } => {
            let list = read_input(file)?;
            let import = sources::opml::import(desk, &actor, &list, None).await.map_err(told)?;
            if *json {
                say_json(&import)?;
            } else {
                for line in &import.lines {
                    if let Some(problem) = &line.problem {
                        say(format!("{} is refused: {problem}", line.url))?;
                    }
                }
                for warning in &import.warnings {
                    say(format!("left out: {}", warning.detail))?;
                }
                say(format!("{} added, {} known, {} refused", import.added, import.known, import.refused))?;
            }
        }
        Source::Secret { id, json } => {
            let id = id.parse().with_context(|| format!("reading the id {id:?}"))?;
            let (hook, secret) = hook::rotate(desk, &actor, id).await.map_err(told)?;
            let source = sources::get(&mut desk.store.read_fresh(), id).await.map_err(told)?;
            let url = hook.path.map_or_else(String::new, |path| url_of(config, &path));
            say_made(&source, Some((url, secret)), *json)?;
        }
        Source::Export => say(sources::opml::export(desk, &actor).await?.trim_end())?,
        Source::Fetch { id } => {
            let id = id.as_ref().map(|id| id.parse().with_context(|| format!("reading the id {id:?}"))).transpose()?;
            let (job, estimate) = sources::fetch(desk, &actor, id.map(|id| vec![id]), 0).await?;
            say(format!("job {job} is accepted; likely done by {estimate} when the desk runs"))?;
        }
    }
    process.close_beside().await
}

/// A path under the desk's public address, or the one it listens at.
fn url_of(config: &Config, path: &str) -> String {
    format!("{}{path}", origin(config, config.listen))
}

/// Tells of a source that is not visited; of a hook where and with what to push, this once.
fn say_made(source: &sources::Source, door: Option<(String, Secret)>, json: bool) -> Result<()> {
    let Some((url, secret)) = door else {
        return if json {
            say_json(source)
        } else {
            say(format!("{}  {}  takes items by hand", source.id, source.name))
        };
    };
    if json {
        let mut shown = serde_json::to_value(source)?;
        shown["hook"] = serde_json::json!({ "url": url, "secret": secret.reveal() });
        return say_json(&shown);
    }
    say(format!("{}  {}  takes what is pushed to", source.id, source.name))?;
    say(format!("url     {url}"))?;
    say(format!("secret  {}", secret.reveal()))?;
    say("The secret is not shown again; `copydesk source secret ID` makes a new one.")
}

/// The outcome of a trial in lines.
fn trial_told(rules: &[Rule], outcome: &lab::Trial) -> String {
    let lab::Trial { items, passed, duplicates, not_kept, stories, .. } = outcome;
    let mut lines = vec![format!("{items} items: {passed} pass ({stories} stories), {duplicates} are duplicates")];
    let dropped = rules.iter().zip(&outcome.dropped).filter(|(_, count)| **count > 0);
    lines.extend(dropped.map(|(rule, count)| format!("{count} dropped by {}", rule.name.trim())));
    if *not_kept > 0 {
        lines.push(format!("{not_kept} kept by no rule"));
    }
    lines.extend(outcome.shown.iter().take(20).map(|tried| format!("  {:<9}  {}", tried.fate, tried.title)));
    lines.join("\n")
}
