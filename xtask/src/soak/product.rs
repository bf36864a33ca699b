//! How a soak speaks to the product: the one place that knows its command line and its addresses.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::http;
use crate::run::{self, Owned};

/// The binary and the folder of one trial.
pub struct Product<'a> {
    pub copydesk: &'a Path,
    pub folder: &'a Path,
}

/// A running `copydesk demo`.
pub struct Life {
    process: Owned,
    address: SocketAddr,
}

impl Product<'_> {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(self.copydesk);
        let log: File = OpenOptions::new().create(true).append(true).open(self.log())?;
        command.args(words).arg("--data").arg(self.data()).current_dir(self.folder).stdin(Stdio::null()).stderr(log);
        Ok(command)
    }

    /// Starts the demo on the data of all earlier lives.
    pub fn start(&self) -> Result<Life> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, run::free_port()?));
        let mut command = self.command(&["demo", "--listen", &address.to_string()])?;
        let out = OpenOptions::new().create(true).append(true).open(self.log())?;
        let process = Owned(command.stdout(out).spawn().with_context(|| format!("starting {}", run::shown(&command)))?);
        Ok(Life { process, address })
    }

    /// `demo --once`: what it says on standard output when nothing is left to do.
    pub fn settle(&self, limit: Duration) -> Result<Value> {
        let text = self.finish(self.command(&["demo", "--once"])?, limit, &[0])?;
        serde_json::from_str(&text).with_context(|| format!("demo --once printed {text:?}, which is no JSON"))
    }

    /// `doctor --json`: its problems and warnings.
    pub fn doctor(&self) -> Result<Value> {
        let text = self.finish(self.command(&["doctor", "--json"])?, Duration::from_secs(120), &[0, 1])?;
        serde_json::from_str(&text).with_context(|| format!("doctor --json printed {text:?}, which is no JSON"))
    }

    fn finish(&self, mut command: Command, limit: Duration, expected: &[i32]) -> Result<String> {
        let out = self.folder.join("out");
        let mut process = Owned(
            command
                .stdout(File::create(&out)?)
                .spawn()
                .with_context(|| format!("starting {}", run::shown(&command)))?,
        );
        let Some(status) = run::wait_at_most(&mut process.0, limit)? else {
            bail!("{} did not end within {} s", run::shown(&command), limit.as_secs());
        };
        if !status.code().is_some_and(|code| expected.contains(&code)) {
            bail!("{} ended with {status}", run::shown(&command));
        }
        Ok(std::fs::read_to_string(&out)?)
    }
}

impl Life {
    /// Waits for the first healthy answer; the time it took.
    pub fn wait_until_healthy(&mut self, limit: Duration) -> Result<Duration> {
        let start = Instant::now();
        loop {
            match http::get(self.address, "/api/v3/health", Duration::from_secs(2)) {
                Ok(answer) if answer.status == 200 => return Ok(start.elapsed()),
                answer if start.elapsed() > limit => {
                    let last =
                        answer.map_or_else(|error| error.to_string(), |answer| format!("status {}", answer.status));
                    bail!("no healthy answer within {} s; the last was {last}", limit.as_secs());
                }
                _ => self.live_on(Duration::from_millis(5))?,
            }
        }
    }

    /// Lets it run for `time`; an error when it ends by itself.
    pub fn live_on(&mut self, time: Duration) -> Result<()> {
        match run::wait_at_most(&mut self.process.0, time)? {
            Some(status) => bail!("the demo ended by itself with {status}"),
            None => Ok(()),
        }
    }

    /// Every page that the public site lists, as often as it lists it.
    pub fn pages(&self) -> Result<Vec<String>> {
        let mut waiting = vec!["/sitemap.xml".to_owned()];
        let mut read = BTreeSet::new();
        let mut pages = Vec::new();
        while let Some(map) = waiting.pop() {
            let answer = self.get(&map)?;
            if answer.status != 200 {
                bail!("{map} answers {}", answer.status);
            }
            for path in locations(&answer.body) {
                match path.ends_with(".xml") {
                    true if read.insert(path.clone()) => waiting.push(path),
                    true => {}
                    false => pages.push(path),
                }
            }
        }
        Ok(pages)
    }

    pub fn get(&self, path: &str) -> Result<http::Answer> {
        http::get(self.address, path, Duration::from_secs(10))
    }

    /// `kill -9`, by pid.
    pub fn kill(mut self) -> Result<()> {
        self.process.0.kill()?;
        self.process.0.wait()?;
        Ok(())
    }
}

/// The paths in the `<loc>` elements of a sitemap.
fn locations(xml: &str) -> Vec<String> {
    let addresses = xml.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next());
    addresses.map(path_of).collect()
}

fn path_of(address: &str) -> String {
    let address = address.trim();
    let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |at| &after_scheme[at..]).to_owned()
}

#[cfg(test)]
mod tests;
