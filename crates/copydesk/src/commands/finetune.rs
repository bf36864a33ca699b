//! `export finetune`: approved posts as examples for training a model.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::{Context as _, Result, bail};
use desk::people::Actor;
use desk::tuning::{self, Asked, Counts, Part};
use desk::{ChannelId, Desk, PipelineId, channels, pipelines};

use super::{complain, say};
use crate::cli::export::Finetune;
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, args: &Finetune) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let counts = write(&process.desk, args).await;
    process.close_beside().await?;
    tell(counts?)
}

async fn write(desk: &Desk, args: &Finetune) -> Result<Counts> {
    let asked = Asked {
        pipeline: pipeline(desk, args.pipeline.as_deref()).await?,
        channel: channel(desk, args.channel.as_deref()).await?,
        language: args.language.clone(),
        since: args.since,
        grounding_min: args.grounding_min,
        validation_percent: args.validation.unwrap_or_default(),
    };
    let mut export = tuning::export(desk, &Actor::system(), asked).await?;
    let mut held = match &args.validation_file {
        None => None,
        Some(file) => {
            let made = File::create_new(file).with_context(|| format!("creating {}", file.display()))?;
            Some((BufWriter::new(made), file))
        }
    };
    while let Some(example) = export.next().await? {
        match (&mut held, example.part) {
            (Some((out, file)), Part::Validation) => {
                writeln!(out, "{}", example.json).with_context(|| format!("writing {}", file.display()))?;
            }
            _ => say(&example.json)?,
        }
    }
    if let Some((mut out, file)) = held {
        out.flush().with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(export.counts())
}

async fn pipeline(desk: &Desk, name: Option<&str>) -> Result<Option<PipelineId>> {
    let Some(name) = name else { return Ok(None) };
    Ok(Some(pipelines::find(desk, name).await?.id))
}

async fn channel(desk: &Desk, name: Option<&str>) -> Result<Option<ChannelId>> {
    let Some(name) = name else { return Ok(None) };
    let known = channels::list(&mut desk.store.read()).await?;
    match known.iter().find(|channel| channel.name == name) {
        Some(channel) => Ok(Some(channel.id)),
        None => bail!("channel {name} does not exist"),
    }
}

fn tell(counts: Counts) -> Result<()> {
    let Counts { train, validation, not_grounded, suspicious, without_sources, other_form, changed_prompt } = counts;
    complain(format!("{train} examples for training, {validation} for validation"))?;
    let left_out = [
        (not_grounded, "left out: they say what their sources do not"),
        (suspicious, "left out: a source speaks to a model"),
        (without_sources, "left out: their sources are not kept"),
        (other_form, "left out: they have not the form that their prompt asks for"),
        (changed_prompt, "taken with today's voice and rules, which have changed since"),
    ];
    for (count, why) in left_out.into_iter().filter(|(count, _)| *count > 0) {
        complain(format!("{count} {why}"))?;
    }
    Ok(())
}
