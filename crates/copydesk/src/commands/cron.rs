//! `cron`: jobs that come again at their times.

use anyhow::{Context as _, Result};
use desk::jobs;
use queue::{Schedule, Work};
use stdx::Clock;

use super::{say, say_json};
use crate::cli::Cron;
use crate::config::Config;
use crate::process::{Mode, Process};

/// Prints when a schedule comes; needs no desk.
pub fn next(schedule: &str, zone: &str, count: usize, json: bool) -> Result<()> {
    let schedule = Schedule::parse(schedule, zone)?;
    let times = schedule.upcoming(Clock::system().now(), count);
    anyhow::ensure!(!times.is_empty(), "it never comes");
    if json {
        return say_json(&times);
    }
    for at in times {
        say(format!("{at}  {}", schedule.local(at)))?;
    }
    Ok(())
}

pub async fn run(config: &Config, command: &Cron) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let queue = &process.desk.queue;
    match command {
        Cron::Next { .. } => {}
        Cron::List { json } => {
            let all = queue.schedules().await?;
            if *json {
                say_json(&all)?;
            } else {
                for entry in all {
                    let next = match (&entry.problem, entry.next.first()) {
                        (Some(problem), _) => problem.clone(),
                        (None, Some(at)) => format!("next {at}"),
                        (None, None) => "paused".to_owned(),
                    };
                    say(format!(
                        "{}  {}  {}  {}  {}  {next}",
                        entry.name,
                        entry.schedule,
                        entry.zone,
                        entry.missed.name(),
                        entry.kind
                    ))?;
                }
            }
        }
        Cron::Add { name, schedule, kind, parameters, zone, missed, queue: into, priority } => {
            let parameters = serde_json::from_str(parameters).context("reading --parameters as JSON")?;
            let mut work: Work = jobs::scheduled(kind, parameters)?;
            if let Some(into) = into {
                work = work.with_queue(into);
            }
            if let Some(priority) = priority {
                let known = queue::Priority::ALL.into_iter().find(|known| known.name() == priority);
                work = work.with_priority(
                    known
                        .with_context(|| format!("{priority:?} is no priority; give critical, high, normal or low"))?,
                );
            }
            let cron =
                queue::Cron { zone: zone.clone(), missed: missed.parse()?, ..queue::Cron::new(name, schedule, work) };
            queue.schedule(&cron).await?;
            let entry = queue.schedule_named(name).await?;
            let next = entry.next.first().map(ToString::to_string).unwrap_or_default();
            say(format!("{name} comes next at {next}, when the desk runs"))?;
        }
        Cron::Remove { name } => {
            queue.unschedule(name).await?;
            say(format!("{name} is removed"))?;
        }
        Cron::Pause { name } => {
            queue.pause(name).await?;
            say(format!("{name} rests until it is resumed"))?;
        }
        Cron::Resume { name } => {
            queue.resume(name).await?;
            let entry = queue.schedule_named(name).await?;
            let next = entry.next.first().map(ToString::to_string).unwrap_or_default();
            say(format!("{name} comes next at {next}"))?;
        }
        Cron::Run { name } => {
            let job = queue.run_now(name).await?;
            let words = if matches!(job, queue::Enqueued::New(_)) { "is enqueued" } else { "stands already" };
            say(format!("job {} {words}", job.id()))?;
        }
    }
    process.close_beside().await
}
