//! The sites of a simulated year on loopback: each has an address of its own in 127.0.0.0/8, where it answers what its state of the moment says.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use stdx::task::Tasks;
use stdx::{Clock, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::oracle::Pending;
use super::pages;
use super::world::{Outage, Site};

/// 127.2.0.0 and on.
const FIRST: u32 = 0x7f02_0000;

pub struct Sites {
    clock: Clock,
    all: Vec<Arc<Mutex<Site>>>,
    port: u16,
    /// Of those that can be called at the moment.
    open: Vec<Option<Tasks>>,
}

impl Sites {
    pub async fn start(count: u32, seed: u64, eventful: u32, clock: &Clock) -> Result<Sites> {
        let site = |number| Arc::new(Mutex::new(Site::new(number, seed, eventful, clock.now())));
        let all: Vec<_> = (0..count).map(site).collect();
        let listener = TcpListener::bind((Ipv4Addr::from(FIRST), 0)).await.context("taking a port")?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let mut sites = Sites { clock: clock.clone(), open: (0..count).map(|_| None).collect(), all, port };
        sites.advance().await?;
        Ok(sites)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, number: u32) -> String {
        format!("http://{}/feed0", address(number, self.port))
    }

    pub fn count(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    pub fn site(&self, number: u32) -> MutexGuard<'_, Site> {
        self.all[number as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everything happen until the clock's time.
    pub async fn advance(&mut self) -> Result<()> {
        for number in 0..self.count() {
            let refuses = {
                let mut site = self.site(number);
                site.advance(self.clock.now());
                site.outage.is_some_and(|(kind, _)| kind == Outage::Refused)
            };
            let at = number as usize;
            match (&self.open[at], refuses) {
                (None, false) => self.open[at] = Some(self.listen(number).await?),
                (Some(tasks), true) => {
                    tasks.shutdown(Duration::ZERO).await;
                    self.open[at] = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn listen(&self, number: u32) -> Result<Tasks> {
        let address = address(number, self.port);
        let listener = TcpListener::bind(address).await.with_context(|| format!("listening at {address}"))?;
        let (tasks, site, clock) = (Tasks::default(), Arc::clone(&self.all[number as usize]), self.clock.clone());
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever calls may hang up at any moment; one at a time is enough.
                let _ = serve(stream, &site, clock.now()).await;
            }
        });
        Ok(tasks)
    }
}

pub fn address(number: u32, port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::from(FIRST + number), port))
}

async fn serve(mut stream: TcpStream, site: &Mutex<Site>, now: Timestamp) -> std::io::Result<()> {
    let (mut got, mut buffer) = (Vec::new(), [0; 2_048]);
    while !got.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => got.extend_from_slice(&buffer[..n]),
        }
    }
    let head = String::from_utf8_lossy(&got).into_owned();
    let answer = answer(&mut site.lock().unwrap_or_else(PoisonError::into_inner), &head, now);
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

fn answer(site: &mut Site, head: &str, now: Timestamp) -> Vec<u8> {
    let moves = head.split(' ').nth(1).and_then(|path| path.strip_prefix("/feed")?.parse::<u32>().ok());
    let dice = site.dice.below(7_200);
    match site.outage.map(|(kind, _)| kind) {
        Some(Outage::Error) => return reply("500 Oops", "", ""),
        Some(Outage::Busy) if dice.is_multiple_of(2) => {
            return reply("503 Busy", &format!("Retry-After: {dice}\r\n"), "");
        }
        Some(Outage::Busy) => {
            let at = (now + Duration::from_secs(dice)).http_date();
            return reply("503 Busy", &format!("Retry-After: {at}\r\n"), "");
        }
        Some(Outage::Missing) => return reply("404 Not Found", "", "<h1>Nothing here</h1>"),
        Some(Outage::Garbage) => {
            let bytes: Vec<u8> = (0..dice / 4).map(|_| site.dice.next_u64().to_le_bytes()[0]).collect();
            return reply("200 OK", "Content-Type: application/rss+xml\r\n", bytes);
        }
        Some(Outage::Login) => {
            let page =
                "<!doctype html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>";
            return reply("200 OK", "Content-Type: text/html\r\n", page);
        }
        Some(Outage::Empty) => return reply("200 OK", "", ""),
        _ => {}
    }
    match moves {
        Some(n) if n == site.moves => {}
        Some(n) if n < site.moves => {
            let status = if site.moved == 301 { "301 Moved Permanently" } else { "308 Permanent Redirect" };
            return reply(status, &format!("Location: /feed{}\r\n", site.moves), "");
        }
        _ => return reply("404 Not Found", "", ""),
    }
    let outage = site.outage.map(|(kind, _)| kind);
    let shown = if outage == Some(Outage::NoEntries) { Vec::new() } else { site.document(now) };
    let mut body = pages::document(site, &shown, now);
    let (tag, has_tag) = (pages::etag(&body), site.habits.etag && outage.is_none());
    if has_tag && head.lines().any(|line| line.to_ascii_lowercase().strip_prefix("if-none-match: ") == Some(&tag)) {
        return reply("304 Not Modified", &format!("ETag: {tag}\r\n"), "");
    }
    let is_cut = matches!(outage, Some(Outage::Cut | Outage::Broken));
    if is_cut {
        let length = 1 + site.dice.below(body.len() as u64) as usize;
        body.truncate(length.min(body.len() - 1));
    }
    site.pending = Some(Pending::of(site, &shown, now, is_cut));
    let tag = if has_tag { format!("ETag: {tag}\r\n") } else { String::new() };
    if outage == Some(Outage::Broken) {
        // The length that it says is not the one that comes.
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n{tag}\r\n", body.len() + 1);
        return [head.as_bytes(), body.as_bytes()].concat();
    }
    reply("200 OK", &tag, body)
}

/// `headers` end with a line break each.
fn reply(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}
