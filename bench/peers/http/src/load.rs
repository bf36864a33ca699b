//! A steady load, whatever the server does, and callers who only hold their connections.

use std::error::Error;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const KEYS: u64 = 1_000;

/// `RATE CONNECTIONS SECONDS`: so many requests a second over all connections. A request's time counts from when it was
/// due, so that those behind a slow one are slow too.
pub fn run(address: &str, words: &[&str]) -> Result<()> {
    let [rate, connections, seconds] = words else { return Err("RATE CONNECTIONS SECONDS".into()) };
    let (address, rate): (SocketAddr, f64) = (address.parse()?, rate.parse()?);
    let (connections, seconds): (u64, u64) = (connections.parse()?, seconds.parse()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let begin = Instant::now() + Duration::from_millis(500);
    let every = Duration::from_secs_f64(connections as f64 / rate);
    let mut times: Vec<u32> = LocalSet::new().block_on(&runtime, async {
        let mut callers = JoinSet::new();
        for n in 0..connections {
            let first = begin + every.mul_f64(n as f64 / connections as f64);
            callers.spawn_local(async move {
                call(address, n, first, every, begin + Duration::from_secs(seconds)).await.unwrap_or_default()
            });
        }
        callers.join_all().await.concat()
    });
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).map(|us| f64::from(*us) / 1e3);
    println!(
        "{}",
        json!({ "requests": times.len(), "wanted": rate * seconds as f64, "p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999) })
    );
    Ok(())
}

async fn call(
    address: SocketAddr,
    seed: u64,
    first: Instant,
    every: Duration,
    end: Instant,
) -> std::io::Result<Vec<u32>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut times, mut due, mut key) = (Vec::new(), first, seed);
    let mut buffer = Vec::with_capacity(32 << 10);
    while due < end {
        tokio::time::sleep_until(due.into()).await;
        key = (key * 7_919 + 1) % KEYS;
        stream.write_all(format!("GET /p/{key} HTTP/1.1\r\nHost: site.test\r\n\r\n").as_bytes()).await?;
        read_answer(&mut stream, &mut buffer).await?;
        times.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
        due += every;
    }
    Ok(times)
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
