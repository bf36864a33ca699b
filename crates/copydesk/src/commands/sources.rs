//! `source`: what is read.

use anyhow::{Context as _, Result};
use desk::people::Actor;
use desk::sources::{self, NewSource};

use super::{say, say_json};
use crate::cli::Source;
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Source) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let (desk, actor) = (&process.desk, Actor::system());
    match command {
        Source::Add { url, name, backfill, json } => {
            desk::pipelines::ensure_default(desk).await?;
            let new = NewSource { url: url.clone(), name: name.clone(), backfill: *backfill, ..NewSource::default() };
            let source = sources::create(desk, &actor, new).await.with_context(|| format!("adding {url}"))?;
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
                        "{}  {:<7} {:>5} items  {}  {}  {outcome}",
                        source.id,
                        source.state.name(),
                        source.items,
                        source.name,
                        source.url
                    ))?;
                }
            }
        }
        Source::Preview { url, json } => {
            let preview = sources::preview(desk, &actor, url).await.with_context(|| format!("reading {url}"))?;
            if *json {
                say_json(&preview)?;
            } else {
                say(serde_json::to_string_pretty(&preview)?)?;
            }
        }
        Source::Fetch { id } => {
            let id = id.as_ref().map(|id| id.parse().with_context(|| format!("reading the id {id:?}"))).transpose()?;
            let (job, estimate) = sources::fetch(desk, &actor, id.map(|id| vec![id])).await?;
            say(format!("job {job} is accepted; likely done by {estimate} when the desk runs"))?;
        }
    }
    process.close_beside().await
}
