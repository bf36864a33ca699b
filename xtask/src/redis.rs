//! A Redis server to throw away: in memory alone, on a free loopback port, ended by its owner.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::need;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

pub struct Redis {
    server: Owned,
    port: u16,
    folder: Scratch,
}

/// Nothing is written down, and nobody else finds it.
const SETTINGS: &[&str] = &["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"];

impl Redis {
    pub fn start() -> Result<Self> {
        let folder = Scratch::new("redis")?;
        let port = run::free_port()?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut redis = Command::new(need::find("redis-server").context("redis-server is not on this machine")?);
        redis.current_dir(folder.path()).stdin(Stdio::null()).args(["--port", &port.to_string()]).args(SETTINGS);
        println!("$ {}", run::shown(&redis));
        let server = redis.stdout(log.try_clone()?).stderr(log).spawn().context("starting redis-server")?;
        let mut redis = Redis { server: Owned(server), port, folder };
        redis.wait_until_ready()?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while ping(self.port).is_err() {
            let ended = self.server.0.try_wait()?;
            if ended.is_some() || start.elapsed() > Duration::from_secs(30) {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                let state = ended.map_or("still starting".to_owned(), |status| status.to_string());
                bail!("redis-server does not answer ({state}):\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn ping(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    if line == "+PONG\r\n" { Ok(()) } else { bail!("it says {line:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_there_until_its_owner_goes() {
        if need::find("redis-server").is_none() {
            eprintln!("skipped: redis-server is not on this machine");
            return;
        }
        let redis = Redis::start().unwrap();
        let (port, folder) = (redis.port, redis.folder.path().to_owned());
        assert!(redis.url().ends_with(&format!(":{port}/0")));
        ping(port).unwrap();
        drop(redis);
        assert!(ping(port).is_err() && !folder.exists());
    }
}
