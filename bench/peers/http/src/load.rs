//! A steady load, whatever the server does, and callers who only hold their connections.

use std::error::Error;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const KEYS: u64 = 1_000;
/// Requests a second that nobody answers.
const FLAT: f64 = 1e6;

/// `RATE CONNECTIONS SECONDS [FILE]`: so many requests a second over all connections, as fast as they are answered where the
/// rate is beyond reach. With a file all requests are what it holds, else pages are asked for. A request's time counts from
/// when it was due, so that those behind a slow one are slow too; as fast as they go, from when it was sent.
pub fn run(address: &str, words: &[&str]) -> Result<()> {
    let (rate, connections, seconds, file) = match words {
        [rate, connections, seconds] => (rate, connections, seconds, None),
        [rate, connections, seconds, file] => (rate, connections, seconds, Some(*file)),
        _ => return Err("RATE CONNECTIONS SECONDS [FILE]".into()),
    };
    let request: Option<Rc<[u8]>> = file.map(std::fs::read).transpose()?.map(Into::into);
    let (address, rate): (SocketAddr, f64) = (address.parse()?, rate.parse()?);
    let (connections, seconds): (u64, u64) = (connections.parse()?, seconds.parse()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let is_flat = rate >= FLAT;
    let begin = Instant::now() + Duration::from_millis(500);
    let every = Duration::from_secs_f64(connections as f64 / rate);
    let (mut times, faults): (Vec<u32>, u64) = LocalSet::new().block_on(&runtime, async {
        let mut callers = JoinSet::new();
        for n in 0..connections {
            let first = begin + every.mul_f64(n as f64 / connections as f64);
            let request = request.clone();
            callers.spawn_local(async move {
                let mut caller = Caller { seed: n, request, is_flat, ..Caller::default() };
                // What came until a connection broke counts, and the break too.
                let ended = caller.call(address, first, every, begin + Duration::from_secs(seconds)).await;
                (caller.times, caller.faults + u64::from(ended.is_err()))
            });
        }
        let all = callers.join_all().await;
        let faults = all.iter().map(|(_, faults)| faults).sum();
        (all.into_iter().flat_map(|(times, _)| times).collect(), faults)
    });
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).map(|us| f64::from(*us) / 1e3);
    println!(
        "{}",
        json!({ "requests": times.len(), "wanted": rate * seconds as f64, "p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999), "faults": faults })
    );
    Ok(())
}

#[derive(Default)]
struct Caller {
    seed: u64,
    request: Option<Rc<[u8]>>,
    is_flat: bool,
    times: Vec<u32>,
    /// Answers of another status than 200.
    faults: u64,
}

impl Caller {
    async fn call(&mut self, address: SocketAddr, first: Instant, every: Duration, end: Instant) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (mut due, mut key) = (first, self.seed);
        let mut buffer = Vec::with_capacity(32 << 10);
        while due < end {
            tokio::time::sleep_until(due.into()).await;
            if self.is_flat {
                due = Instant::now();
            }
            match &self.request {
                Some(request) => stream.write_all(request).await?,
                None => {
                    key = (key * 7_919 + 1) % KEYS;
                    stream.write_all(format!("GET /p/{key} HTTP/1.1\r\nHost: site.test\r\n\r\n").as_bytes()).await?;
                }
            }
            read_answer(&mut stream, &mut buffer).await?;
            self.faults += u64::from(buffer.get(9..12) != Some(b"200"));
            self.times.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
            due += if self.is_flat { Duration::ZERO } else { every };
        }
        Ok(())
    }
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if whole.is_none()
            && let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
            if head.lines().any(|line| line.starts_with("transfer-encoding:") && line.ends_with("chunked")) {
                // The last chunk; one of these answers holds it nowhere else.
                while !buffer.ends_with(b"0\r\n\r\n") {
                    if stream.read_buf(buffer).await? == 0 {
                        return Err(std::io::ErrorKind::UnexpectedEof.into());
                    }
                }
                return Ok(());
            }
            whole = Some(end + 4 + length.unwrap_or(0));
        }
    }
    Ok(())
}

/// Opens so many connections, asks once on each, says so and holds them until its input ends.
pub fn idle(address: &str, count: &str) -> Result<()> {
    let (address, count): (SocketAddr, usize) = (address.parse()?, count.parse()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let held = runtime.block_on(async {
        let mut held = Vec::with_capacity(count);
        let mut buffer = Vec::new();
        for _ in 0..count {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(b"GET /s/1 HTTP/1.1\r\nHost: site.test\r\n\r\n").await?;
            read_answer(&mut stream, &mut buffer).await?;
            held.push(stream);
        }
        std::io::Result::Ok(held)
    })?;
    println!("{}", json!({ "open": held.len() }));
    std::io::stdout().flush()?;
    let _ = std::io::stdin().lock().read_line(&mut String::new());
    drop(held);
    Ok(())
}
