//! A server of a few lines that keeps what it was asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

type Answer = Arc<dyn Fn(usize, &str) -> String + Send + Sync>;

pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    dead: watch::Sender<bool>,
}

struct Shared {
    answer: Answer,
    heads: Mutex<Vec<String>>,
    count: AtomicUsize,
    held: watch::Sender<bool>,
    forgets: AtomicBool,
}

impl Origin {
    /// Answers the n-th request, counted from 1, with what `answer` makes of its head: the bytes as they
    /// stand, after which an answer without a length ends the connection.
    #[expect(clippy::disallowed_methods, reason = "the test ends these tasks itself")]
    pub async fn start(answer: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Arc::new(answer),
            heads: Mutex::default(),
            count: AtomicUsize::new(0),
            held: watch::channel(false).0,
            forgets: AtomicBool::new(false),
        });
        let dead = watch::channel(false).0;
        let (serving, death) = (Arc::clone(&shared), dead.subscribe());
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, mut death) = (Arc::clone(&serving), death.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = serve(stream, &shared) => {}
                        _ = death.wait_for(|dead| *dead) => {}
                    }
                });
            }
        });
        Origin { address, shared, accepting, dead }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// The requests' heads, in lower case but for the first line.
    pub fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().unwrap().clone()
    }

    /// Answers nobody until [`Origin::release`].
    pub fn hold(&self) {
        self.shared.held.send_replace(true);
    }

    pub fn release(&self) {
        self.shared.held.send_replace(false);
    }

    pub async fn wait_for(&self, count: usize) {
        while self.count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends every connection and takes no more.
    pub fn die(&self) {
        self.accepting.abort();
        self.dead.send_replace(true);
    }

    /// Ends the connection on which the next request comes, without a word.
    pub fn forget_after_next_request(&self) {
        self.shared.forgets.store(true, Ordering::SeqCst);
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let text = String::from_utf8_lossy(&read[..end]).into_owned();
        let (first, rest) = text.split_once("\r\n").unwrap();
        let head = format!("{first}\n{}", rest.to_ascii_lowercase().replace("\r\n", "\n"));
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        while read.len() < end + length {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        read.drain(..end + length);
        let n = shared.count.fetch_add(1, Ordering::SeqCst) + 1;
        shared.heads.lock().unwrap().push(head.clone());
        if shared.forgets.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let _ = shared.held.subscribe().wait_for(|held| !held).await;
        let answer = (shared.answer)(n, &head);
        stream.write_all(answer.as_bytes()).await?;
        let is_cut = answer.contains("content-length: 99");
        if is_cut || answer.contains("connection: close") {
            return Ok(());
        }
    }
}
