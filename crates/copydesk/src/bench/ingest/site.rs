//! Thousands of sites on loopback, in a process of their own: each is an address in 127.0.0.0/8 with one feed, and answers as its
//! number says. Whoever comes without a validator gets the whole feed, whoever brings one meets the site's habit.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use stdx::task::Tasks;
use stdx::{Clock, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::commands::say;

/// Entries of a feed.
const ENTRIES: u64 = 20;
/// Of them new on a second visit.
pub const FRESH: u64 = 2;
const SLOW: Duration = Duration::from_secs(2);

/// What a site does when somebody comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// 304.
    Unchanged,
    Changes,
    /// 304, after two seconds.
    Slow,
    Errs,
    /// Takes the question and never answers.
    Silent,
    /// Ends in the middle of the body.
    Breaks,
}

impl Habit {
    /// In every hundred 70, 20, 5, 3, 1 and 1, mixed.
    pub fn of(number: u32) -> Habit {
        // 37 has no divisor in common with 100.
        match number * 37 % 100 {
            0..70 => Habit::Unchanged,
            70..90 => Habit::Changes,
            90..95 => Habit::Slow,
            95..98 => Habit::Errs,
            98 => Habit::Silent,
            _ => Habit::Breaks,
        }
    }
}

/// The other process, ended when this is dropped.
pub struct Sites {
    child: Child,
    port: u16,
}

impl Sites {
    pub fn start() -> Result<Sites> {
        let program = std::env::current_exe().context("finding this program")?;
        let mut child = Command::new(program)
            .args(["bench", "ingest", "--serve"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the sites")?;
        let mut line = String::new();
        let out = child.stdout.take().context("the sites' output")?;
        BufReader::new(out).read_line(&mut line).context("asking the sites for their port")?;
        let port = line.trim().parse().with_context(|| format!("the sites said {line:?}"))?;
        Ok(Sites { child, port })
    }

    /// 127.1.0.0 and on.
    pub fn address(&self, number: u32) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::from(FIRST + number), self.port))
    }

    pub fn feed(&self, number: u32) -> String {
        format!("http://{}/feed.xml", self.address(number))
    }

    /// A feed that has something new for everybody who comes.
    pub fn busy(&self, number: u32) -> String {
        format!("http://{}{BUSY}", self.address(number))
    }
}

impl Drop for Sites {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const FIRST: u32 = 0x7f01_0000;
const BUSY: &str = "/busy.xml";

/// Serves until standard input ends.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.context("taking a port")?;
    say(listener.local_addr()?.port().to_string())?;
    let (tasks, began) = (Tasks::default(), Clock::system().now());
    // The end of whoever started this is the end of this.
    let mut end = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    loop {
        let (stream, _) = tokio::select! {
            call = listener.accept() => call.context("taking a call")?,
            _ = &mut end => return Ok(()),
        };
        tasks.spawn(async move {
            // Whoever calls may hang up at any moment.
            let _ = answer(stream, began).await;
        });
    }
}

async fn answer(mut stream: TcpStream, began: Timestamp) -> std::io::Result<()> {
    let (mut got, mut buffer) = (Vec::new(), [0; 2_048]);
    while !got.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => got.extend_from_slice(&buffer[..n]),
        }
    }
    let number = match stream.local_addr()?.ip() {
        IpAddr::V4(ip) => u32::from(ip).wrapping_sub(FIRST),
        IpAddr::V6(_) => 0,
    };
    let head = String::from_utf8_lossy(&got).to_ascii_lowercase();
    let known =
        head.lines().find_map(|line| line.strip_prefix("if-none-match: \"")?.trim_end_matches('"').parse().ok());
    let is_busy = head.starts_with(&format!("get {BUSY}"));
    let habit = if known.is_some() && !is_busy { Habit::of(number) } else { Habit::Changes };
    let full = |upto: u64| {
        let body = feed(number, upto, began);
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"{upto}\"\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let reply = match habit {
        Habit::Changes => full(known.map_or(ENTRIES, |upto: u64| upto + FRESH)),
        Habit::Unchanged => "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
        Habit::Slow => {
            tokio::time::sleep(SLOW).await;
            "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned()
        }
        Habit::Errs => {
            let status = ["500 Internal Server Error", "404 Not Found", "503 Service Unavailable"][number as usize % 3];
            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
        }
        Habit::Silent => return std::future::pending().await,
        Habit::Breaks => {
            let whole = full(ENTRIES);
            whole[..whole.len() / 2].to_owned()
        }
    };
    stream.write_all(reply.as_bytes()).await?;
    stream.shutdown().await
}

/// The entries up to number `upto`, three hours apart, the newest first; about a kilobyte of text each.
fn feed(number: u32, upto: u64, began: Timestamp) -> String {
    const TEXT: &str = "The council has heard the report on the harbour and will decide in spring; until then the ferry keeps \
                        its timetable, said the office, and asked for patience. ";
    let entries = (upto - ENTRIES + 1..=upto).rev().map(|n| {
        let at = (began - Duration::from_secs(3 * 3_600 * (upto + 1 - n))).http_date();
        let text: String = (0..6).map(|part| format!("<p>{TEXT} Note {n}.{part} of site {number}.</p>")).collect();
        let text = text.replace('<', "&lt;").replace('>', "&gt;");
        format!(
            "<item><guid isPermaLink=\"false\">{number}-{n}</guid><title>Report {n} of site {number}</title>\
             <link>https://site{number}.example/{n}</link><pubDate>{at}</pubDate><description>{text}</description></item>"
        )
    });
    let entries: String = entries.collect();
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Site {number}</title>{entries}</channel></rss>"
    )
}
