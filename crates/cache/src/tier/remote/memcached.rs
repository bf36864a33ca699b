//! Memcached by its text protocol (memcached/doc/protocol.txt), over several servers.
//!
//! A client of our own, since five commands are all there is to say: a name belongs to one server by rendezvous
//! hashing, connections are few and bounded, and one on which something went wrong is closed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{CONNECT_MAX, Doing, Remote};
use crate::error::TierError;
use crate::wire::VALUE_MAX;

/// Connections to one server.
const CONNECTIONS_MAX: usize = 16;
const LINE_MAX: u64 = 2_048;
/// A longer time is taken for a date.
const TTL_S_MAX: u64 = 30 * 86_400;

pub(super) struct Memcached {
    servers: Vec<Server>,
}

struct Server {
    address: String,
    seed: u64,
    permits: Semaphore,
    idle: Mutex<Vec<Line>>,
}

type Line = BufReader<TcpStream>;

/// The addresses in `host:port,host:port`; the port may be left out.
pub(super) fn servers(text: &str) -> Result<Vec<String>, String> {
    let remedy = || "must look like memcached://host:11211,host:11211".to_owned();
    let address = |host: &str| {
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let bare = host.ends_with(']') || !host.contains(':');
        match (host.is_empty(), has_port, bare) {
            (false, true, _) => Ok(host.to_owned()),
            (false, false, true) => Ok(format!("{host}:11211")),
            _ => Err(remedy()),
        }
    };
    text.trim_end_matches('/').split(',').map(address).collect()
}

impl Memcached {
    pub fn new(addresses: Vec<String>) -> Self {
        let server = |address: String| Server {
            seed: xxh3_64(address.as_bytes()),
            address,
            permits: Semaphore::new(CONNECTIONS_MAX),
            idle: Mutex::default(),
        };
        Memcached { servers: addresses.into_iter().map(server).collect() }
    }

    /// The one with the highest score (Thaler, Ravishankar 1998): when one goes, only its names move.
    fn server(&self, name: &str) -> usize {
        let score = |server: &Server| xxh3_64_with_seed(name.as_bytes(), server.seed);
        (0..self.servers.len()).max_by_key(|i| score(&self.servers[*i])).unwrap_or(0)
    }

    /// The first line of the answer to a command that has just one.
    async fn say(&self, name: &str, command: &str, data: Option<&[u8]>) -> Result<String, TierError> {
        let mut talk = self.servers[self.server(name)].talk().await?;
        let mut message = Vec::with_capacity(command.len() + data.map_or(0, <[u8]>::len) + 4);
        message.extend(command.as_bytes());
        message.extend(b"\r\n");
        if let Some(data) = data {
            message.extend(data);
            message.extend(b"\r\n");
        }
        talk.write(&message).await?;
        let answer = talk.line().await?;
        if answer.starts_with("SERVER_ERROR") || answer.starts_with("CLIENT_ERROR") || answer == "ERROR" {
            // What follows on this line cannot be known.
            return Err(TierError::Refused(answer));
        }
        talk.done();
        Ok(answer)
    }

    /// `wanted`: places and names, all of the server `which`.
    async fn get_of(
        &self,
        which: usize,
        verb: &str,
        wanted: &[&String],
    ) -> Result<Vec<(String, u64, Vec<u8>)>, TierError> {
        let mut talk = self.servers[which].talk().await?;
        let mut command = verb.to_owned();
        for name in wanted {
            command.push(' ');
            command.push_str(name);
        }
        command.push_str("\r\n");
        talk.write(command.as_bytes()).await?;
        let mut found = Vec::new();
        loop {
            let line = talk.line().await?;
            if line == "END" {
                talk.done();
                return Ok(found);
            }
            let mut words = line.split(' ');
            let (Some("VALUE"), Some(name), Some(_)) = (words.next(), words.next(), words.next()) else {
                return Err(TierError::Protocol(line));
            };
            let len = words.next().and_then(|len| len.parse().ok()).filter(|len| *len <= VALUE_MAX * 2);
            let unique = words.next().and_then(|unique| unique.parse().ok()).unwrap_or(0);
            let Some(len) = len else { return Err(TierError::Protocol(line)) };
            found.push((name.to_owned(), unique, talk.data(len).await?));
            if found.len() > wanted.len() {
                return Err(TierError::Protocol("more values than names".to_owned()));
            }
        }
    }
}

/// One exchange; the connection is kept only if it came to a good end.
struct Talk<'a> {
    server: &'a Server,
    line: Line,
    _permit: tokio::sync::SemaphorePermit<'a>,
}

impl Server {
    async fn talk(&self) -> Result<Talk<'_>, TierError> {
        let closed = |_| TierError::Protocol("closed".to_owned());
        let permit = self.permits.acquire().await.map_err(closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let line = match idle {
            Some(line) => line,
            None => {
                let connecting = tokio::time::timeout(CONNECT_MAX, TcpStream::connect(&self.address));
                let stream = connecting.await.map_err(|_| TierError::Timeout)?.map_err(remote)?;
                stream.set_nodelay(true).map_err(remote)?;
                BufReader::new(stream)
            }
        };
        Ok(Talk { server: self, line, _permit: permit })
    }
}

impl Talk<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), TierError> {
        self.line.get_mut().write_all(bytes).await.map_err(remote)
    }

    async fn line(&mut self) -> Result<String, TierError> {
        let mut line = Vec::new();
        (&mut self.line).take(LINE_MAX).read_until(b'\n', &mut line).await.map_err(remote)?;
        let text = line.strip_suffix(b"\r\n").map(|line| String::from_utf8_lossy(line).into_owned());
        text.ok_or_else(|| TierError::Protocol("a line without an end".to_owned()))
    }

    async fn data(&mut self, len: usize) -> Result<Vec<u8>, TierError> {
        let mut data = vec![0; len + 2];
        self.line.read_exact(&mut data).await.map_err(remote)?;
        if !data.ends_with(b"\r\n") {
            return Err(TierError::Protocol("a value without an end".to_owned()));
        }
        data.truncate(len);
        Ok(data)
    }

    fn done(self) {
        self.server.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.line);
    }
}

impl Remote for Memcached {
    fn get<'a>(&'a self, names: &'a [String]) -> Doing<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            let mut found = vec![None; names.len()];
            for which in 0..self.servers.len() {
                let here: Vec<&String> = names.iter().filter(|name| self.server(name) == which).collect();
                if here.is_empty() {
                    continue;
                }
                for (name, _, value) in self.get_of(which, "get", &here).await? {
                    for place in (0..names.len()).filter(|i| names[*i] == name) {
                        found[place] = Some(value.clone());
                    }
                }
            }
            Ok(found)
        })
    }

    fn set<'a>(&'a self, name: &'a str, bytes: &'a [u8], ttl: Duration) -> Doing<'a, ()> {
        Box::pin(async move {
            let command = format!("set {name} 0 {} {}", seconds(ttl), bytes.len());
            expect(self.say(name, &command, Some(bytes)).await?, &["STORED"])
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> Doing<'a, ()> {
        Box::pin(
            async move { expect(self.say(name, &format!("delete {name}"), None).await?, &["DELETED", "NOT_FOUND"]) },
        )
    }

    fn lock<'a>(&'a self, name: &'a str, token: u64, ttl: Duration) -> Doing<'a, bool> {
        Box::pin(async move {
            let token = token.to_string();
            let command = format!("add {name} 0 {} {}", seconds(ttl), token.len());
            let answer = self.say(name, &command, Some(token.as_bytes())).await?;
            let ours = answer == "STORED";
            expect(answer, &["STORED", "NOT_STORED"]).map(|()| ours)
        })
    }

    fn unlock<'a>(&'a self, name: &'a str, token: u64) -> Doing<'a, ()> {
        Box::pin(async move {
            let owned = name.to_owned();
            let held = self.get_of(self.server(name), "gets", &[&owned]).await?;
            let Some((_, unique, _)) = held.into_iter().find(|(_, _, held)| *held == token.to_string().as_bytes())
            else {
                return Ok(());
            };
            // Replaced by something that is over, if nobody else came meanwhile.
            let answer = self.say(name, &format!("cas {name} 0 -1 0 {unique}"), Some(b"")).await?;
            expect(answer, &["STORED", "EXISTS", "NOT_FOUND"])
        })
    }
}

fn expect(answer: String, good: &[&str]) -> Result<(), TierError> {
    if good.contains(&answer.as_str()) { Ok(()) } else { Err(TierError::Protocol(answer)) }
}

fn remote(error: std::io::Error) -> TierError {
    TierError::Remote(std::sync::Arc::new(error))
}

/// Whole ones, rounded up: the frame itself knows when it ends.
fn seconds(ttl: Duration) -> u64 {
    (ttl.as_secs() + 1).min(TTL_S_MAX)
}
