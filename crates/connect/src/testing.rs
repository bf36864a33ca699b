//! A server whose answers are written byte by byte, for tests over real sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use stdx::task::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server does after it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Send(Bytes),
    Wait(Duration),
    /// Sends this again and again, with a pause between.
    Forever(Bytes, Duration),
    /// Says nothing more and keeps the connection.
    Hang,
    /// Takes the next request of the connection.
    Again,
}

/// A request as the server saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Request line and headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

pub(crate) struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: Tasks,
}

impl Server {
    /// Each connection serves one request and is closed. `answer` gets the number of the request.
    pub(crate) async fn start(answer: impl Fn(usize, &Seen) -> Vec<Act> + Send + Sync + 'static) -> Server {
        Server::start_at("127.0.0.1:0", answer).await
    }

    pub(crate) async fn start_at(
        at: &str,
        answer: impl Fn(usize, &Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, seen, tasks) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())), Tasks::default());
        let (counter, log, inner, answer) =
            (Arc::clone(&connections), Arc::clone(&seen), tasks.clone(), Arc::new(answer));
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                inner.spawn(async move {
                    // The client may hang up at any moment; that is its right.
                    let _ = serve(stream, &log, &*answer).await;
                });
            }
        });
        Server { address, connections, seen, _tasks: tasks }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Seen>>,
    answer: &(dyn Fn(usize, &Seen) -> Vec<Act> + Send + Sync),
) -> std::io::Result<()> {
    loop {
        if !serve_one(&mut stream, log, answer).await? {
            return stream.shutdown().await;
        }
    }
}

/// Whether the connection is kept for another one.
async fn serve_one(
    stream: &mut TcpStream,
    log: &Mutex<Vec<Seen>>,
    answer: &(dyn Fn(usize, &Seen) -> Vec<Act> + Send + Sync),
) -> std::io::Result<bool> {
    let (mut got, mut buffer) = (Vec::new(), vec![0; 8_192]);
    let seen = loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(false);
        }
        got.extend_from_slice(&buffer[..n]);
        let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let seen = Seen { head: String::from_utf8_lossy(&got[..end]).into_owned(), body: got[end + 4..].to_vec() };
        if seen.body.len() >= seen.header("content-length").map_or(0, |n| n.parse().unwrap()) {
            break seen;
        }
    };
    let acts = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        answer(log.len() - 1, &seen)
    };
    for act in acts {
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await?,
            Act::Wait(time) => tokio::time::sleep(time).await,
            Act::Hang => std::future::pending().await,
            Act::Again => return Ok(true),
            Act::Forever(bytes, pause) => loop {
                stream.write_all(&bytes).await?;
                // Even a sleep of nothing lasts until the timer's next tick.
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            },
        }
    }
    Ok(false)
}

/// An answer with a right `Content-Length`; each header ends with a line break.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    vec![Act::Send([head.as_bytes(), body].concat().into())]
}

pub(crate) fn redirect(status: &str, to: &str) -> Vec<Act> {
    answer(status, &format!("Location: {to}\r\n"), "moved")
}
