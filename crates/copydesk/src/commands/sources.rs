//! `source`: what is read.

use anyhow::{Context as _, Result};
use desk::people::Actor;
use desk::sources::{self, Change, NewSource};

use super::keys::told;
use super::{say, say_json};
use crate::cli::Source;
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Source) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let (desk, actor) = (&process.desk, Actor::system());
    match command {
        Source::Add { url, name, backfill, trust, json } => {
            desk::pipelines::ensure_default(desk).await?;
            let (url, name) = (url.clone(), name.clone());
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
            let preview = sources::preview(desk, &actor, url).await.with_context(|| format!("reading {url}"))?;
            if *json {
                say_json(&preview)?;
            } else {
                say(serde_json::to_string_pretty(&preview)?)?;
            }
        }
        Source::Fetch { id } => {
            let id = id.as_ref().map(|id| id.parse().with_context(|| format!("reading the id {id:?}"))).transpose()?;
            let (job, estimate) = sources::fetch(desk, &actor, id.map(|id| vec![id]), 0).await?;
            say(format!("job {job} is accepted; likely done by {estimate} when the desk runs"))?;
        }
    }
    process.close_beside().await
}
