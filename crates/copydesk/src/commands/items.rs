//! `item`: what people add.

use anyhow::{Context as _, Result};
use desk::items::{self, Given, NewItem};
use desk::people::Actor;
use desk::pipelines;

use super::keys::told;
use super::{read_input, say, say_json};
use crate::cli::item::{Add, Item};
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Item) -> Result<()> {
    let Item::Add(add) = command;
    let item = given(add)?;
    let process = Process::open(config, Mode::Beside).await?;
    let desk = &process.desk;
    pipelines::ensure_default(desk).await?;
    let source =
        add.source.as_ref().map(|id| id.parse().with_context(|| format!("reading the id {id:?}"))).transpose()?;
    let pipeline = match &add.pipeline {
        Some(name) => Some(pipelines::find(desk, name).await.map_err(told)?.id),
        None => None,
    };
    let (item, is_new) =
        items::create(desk, &Actor::system(), NewItem { item, source, pipeline }).await.map_err(told)?;
    if add.json {
        say_json(&item)?;
    } else {
        let fate = match (is_new, item.copy_of) {
            (true, Some(first)) => format!("is a copy of {first}"),
            (true, None) => "is news".to_owned(),
            (false, _) => format!("was there before; version {}", item.version),
        };
        say(format!("{}  {}  {fate}", item.id, item.title))?;
    }
    process.close_beside().await
}

/// The item as it was said.
fn given(add: &Add) -> Result<Given> {
    let time =
        |text: &String| text.parse().ok().with_context(|| format!("{text:?} is no time such as 2026-11-20T09:00:00Z"));
    let published_at = add.published_at.as_ref().map(time).transpose()?;
    let content = match &add.text {
        Some(file) => {
            Some(String::from_utf8(read_input(file)?).with_context(|| format!("{} is not UTF-8", file.display()))?)
        }
        None => None,
    };
    let is_html = add.text.as_ref().and_then(|file| file.extension()).is_some_and(|end| end == "html" || end == "htm");
    let (html, text) = if is_html { (content, None) } else { (None, content) };
    Ok(Given {
        id: add.id.clone(),
        url: add.url.clone(),
        title: add.title.clone(),
        text,
        html,
        authors: add.author.clone().into_iter().collect(),
        categories: Vec::new(),
        published_at,
        language: None,
    })
}
