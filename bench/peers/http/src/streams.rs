//! Callers who hold a stream of events each, and one who makes something happen.

use std::cell::RefCell;
use std::error::Error;
use std::io::{BufRead, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::LocalSet;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Streams from one address of this machine: a port each, and the system has about 28,000.
const PER_ADDRESS: usize = 20_000;
/// Streams that are being opened at once.
const OPENING: usize = 32;
const PATIENCE: Duration = Duration::from_secs(30);

/// What has come of the round that is on.
#[derive(Default)]
struct Round {
    mark: String,
    began: Option<Instant>,
    /// Microseconds until each stream had it.
    times: Vec<u32>,
    closed: usize,
    all: Rc<Notify>,
    wanted: usize,
}

/// Opens the streams, says so, waits for a line, then posts so many notes and says how long each took to reach everybody.
pub fn run(address: &str, count: &str, rounds: &str, key: &str) -> Result<()> {
    let (address, count, rounds): (SocketAddr, usize, u32) = (address.parse()?, count.parse()?, rounds.parse()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let round = Rc::new(RefCell::new(Round { wanted: count, ..Round::default() }));
        let request: Rc<str> = format!(
            "GET /api/v3/events?topics=posts HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\r\n"
        )
        .into();
        let room = Rc::new(tokio::sync::Semaphore::new(OPENING));
        let mut opening = tokio::task::JoinSet::new();
        for n in 0..count {
            let (room, request, round) = (Rc::clone(&room), Rc::clone(&request), Rc::clone(&round));
            opening.spawn_local(async move {
                let _permit = room.acquire().await.map_err(std::io::Error::other)?;
                let stream = open(address, n / PER_ADDRESS, &request).await?;
                tokio::task::spawn_local(listen(stream, round));
                std::io::Result::Ok(())
            });
        }
        while let Some(opened) = opening.join_next().await {
            opened??;
        }
        println!("{}", json!({ "open": count }));
        std::io::stdout().flush()?;
        // The streams are read meanwhile: what is said to all at their beginning must not wait for us.
        tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await??;
        let mut poster = TcpStream::connect(address).await?;
        poster.set_nodelay(true)?;
        for n in 0..rounds {
            println!("{}", broadcast(&mut poster, address, key, n, &round).await?);
            std::io::stdout().flush()?;
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
        Ok(())
    })
}

async fn open(address: SocketAddr, place: usize, request: &str) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // A port that is bound is nobody else's: only where the first address has too few.
    if place > 0 {
        socket.bind((Ipv4Addr::new(127, 0, 0, 1 + place as u8), 0).into())?;
    }
    let mut stream = socket.connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let (mut head, mut buffer) = (Vec::new(), [0; 1_024]);
    // The first event says that the stream is under way.
    while memchr::memmem::find(&head, b"event: ready").is_none() {
        let n = stream.read(&mut buffer).await?;
        if n == 0 || (head.len() > 12 && !head.starts_with(b"HTTP/1.1 200")) {
            return Err(std::io::Error::other(String::from_utf8_lossy(&head).into_owned()));
        }
        head.extend_from_slice(&buffer[..n]);
    }
    Ok(stream)
}

async fn listen(mut stream: TcpStream, round: Rc<RefCell<Round>>) {
    let mut buffer = [0; 2_048];
    let mut seen = String::new();
    loop {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => {
                let mut round = round.borrow_mut();
                let Some(began) = round.began else { continue };
                // An event is written at once, and comes whole.
                if seen != round.mark && memchr::memmem::find(&buffer[..n], round.mark.as_bytes()).is_some() {
                    seen.clone_from(&round.mark);
                    round.times.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
                    if round.times.len() == round.wanted {
                        round.all.notify_one();
                    }
                }
            }
            _ => {
                round.borrow_mut().closed += 1;
                return;
            }
        }
    }
}

async fn broadcast(
    poster: &mut TcpStream,
    address: SocketAddr,
    key: &str,
    n: u32,
    round: &RefCell<Round>,
) -> Result<serde_json::Value> {
    let mark = format!("The bridge opens, take {n}.");
    let body = json!({ "title": mark, "body": "It opens in spring." }).to_string();
    let request = format!(
        "POST /api/v3/posts HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let all = {
        let mut round = round.borrow_mut();
        (round.mark, round.began) = (mark, Some(Instant::now()));
        round.times.clear();
        Rc::clone(&round.all)
    };
    poster.write_all(request.as_bytes()).await?;
    let told = tokio::time::timeout(PATIENCE, all.notified()).await;
    let mut answer = vec![0; 64 << 10];
    let n = poster.read(&mut answer).await?;
    if !answer[..n].starts_with(b"HTTP/1.1 201") {
        return Err(String::from_utf8_lossy(&answer[..n]).into_owned().into());
    }
    let mut round = round.borrow_mut();
    round.times.sort_unstable();
    let at = |share: f64| round.times.get((round.times.len() as f64 * share) as usize).map(|us| f64::from(*us) / 1e3);
    let (first, p50, p99, last) = (at(0.0), at(0.5), at(0.99), round.times.last().map(|us| f64::from(*us) / 1e3));
    Ok(json!({ "told": round.times.len(), "is_whole": told.is_ok(), "closed": round.closed,
        "first_ms": first, "p50_ms": p50, "p99_ms": p99, "last_ms": last }))
}
