//! A Memcached server to throw away: on a free loopback port, as nobody in particular, ended by its owner.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::need;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

pub struct Memcached {
    server: Owned,
    port: u16,
    folder: Scratch,
}

impl Memcached {
    pub fn start() -> Result<Self> {
        let folder = Scratch::new("memcached")?;
        let port = run::free_port()?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut memcached = Command::new(need::find("memcached").context("memcached is not on this machine")?);
        memcached.current_dir(folder.path()).stdin(Stdio::null());
        // No UDP. It refuses to run as root; without root the name says nothing.
        memcached.args(["-p", &port.to_string(), "-l", "127.0.0.1", "-U", "0", "-u", "nobody"]);
        println!("$ {}", run::shown(&memcached));
        let server = memcached.stdout(log.try_clone()?).stderr(log).spawn().context("starting memcached")?;
        let mut memcached = Memcached { server: Owned(server), port, folder };
        memcached.wait_until_ready()?;
        Ok(memcached)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while ask(self.port).is_err() {
            let ended = self.server.0.try_wait()?;
            if ended.is_some() || start.elapsed() > Duration::from_secs(30) {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                let state = ended.map_or("still starting".to_owned(), |status| status.to_string());
                bail!("memcached does not answer ({state}):\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn ask(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"version\r\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    if line.starts_with("VERSION ") { Ok(()) } else { bail!("it says {line:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_there_until_its_owner_goes() {
        if need::find("memcached").is_none() {
            eprintln!("skipped: memcached is not on this machine");
            return;
        }
        let memcached = Memcached::start().unwrap();
        let (port, folder) = (memcached.port, memcached.folder.path().to_owned());
        assert!(memcached.address().ends_with(&format!(":{port}")));
        ask(port).unwrap();
        drop(memcached);
        assert!(ask(port).is_err() && !folder.exists());
    }
}
