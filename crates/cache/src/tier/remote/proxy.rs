//! A line to a server that a test can disturb.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Between a client and a server: passes on, says nothing, or hangs up.
pub struct Proxy {
    pub port: u16,
    mood: Arc<AtomicU8>,
}

pub const PASS: u8 = 0;
pub const SILENT: u8 = 1;
pub const CUT: u8 = 2;

impl Proxy {
    pub async fn start(server: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, mood) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU8::new(PASS)));
        let seen = Arc::clone(&mood);
        let tasks = stdx::task::Tasks::default();
        let inner = tasks.clone();
        tasks.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if seen.load(Ordering::SeqCst) == CUT {
                    continue;
                }
                let (server, seen) = (server.clone(), Arc::clone(&seen));
                inner.spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else { return };
                    let ((from, to), (back, home)) = (client.into_split(), server.into_split());
                    let mut there = std::pin::pin!(pass(from, home, &seen));
                    let mut here = std::pin::pin!(pass(back, to, &seen));
                    tokio::select! { () = &mut there => {}, () = &mut here => {} }
                });
            }
        });
        Proxy { port, mood }
    }

    pub fn is(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mood: &AtomicU8) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = tokio::time::timeout(Duration::from_millis(5), from.read(&mut buffer)).await;
        match (mood.load(Ordering::SeqCst), read) {
            (CUT, _) | (_, Ok(Ok(0) | Err(_))) => return,
            (PASS, Ok(Ok(len))) if to.write_all(&buffer[..len]).await.is_err() => return,
            _ => {}
        }
    }
}
