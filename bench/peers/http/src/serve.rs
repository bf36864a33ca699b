//! Two servers that know three answers by heart: as bytes in a loop that hardly looks at the request, and by hyper.

use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Clone, Copy)]
pub enum Kind {
    Raw,
    Hyper,
}

/// Whole answers as they stand on the wire: to `/p/…`, to `/s/…`, and to whoever has it already.
struct Answers {
    bytes: [Bytes; 3],
    parsed: [(StatusCode, HeaderMap, Bytes); 3],
}

pub fn run(address: &str, files: [&str; 3], kind: Kind) -> Result<()> {
    let address: SocketAddr = address.parse()?;
    let bytes: Vec<Bytes> =
        files.iter().map(|file| std::fs::read(file).map(Bytes::from)).collect::<std::result::Result<_, _>>()?;
    let parsed: Vec<_> = bytes.iter().map(parse).collect::<Result<_>>()?;
    let answers = Answers {
        bytes: bytes.try_into().map_err(|_| "three files")?,
        parsed: parsed.try_into().map_err(|_| "three files")?,
    };
    let answers = Arc::new(answers);
    let threads = std::thread::available_parallelism()?.get();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || work(address, &answers, kind).map_err(|error| error.to_string()))
        })
        .collect();
    for worker in workers {
        worker.join().map_err(|_| "a thread has panicked")??;
    }
    Ok(())
}

fn work(address: SocketAddr, answers: &Arc<Answers>, kind: Kind) -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = listen(address)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answers = Arc::clone(answers);
            match kind {
                Kind::Raw => drop(tokio::task::spawn_local(async move { drop(raw(stream, &answers).await) })),
                Kind::Hyper => drop(tokio::task::spawn_local(hyper(stream, answers))),
            }
        }
    })
}

/// Answers every GET with a stream and every POST with an event to all streams, written in a loop by one thread: what a
/// broadcast takes when a server thinks nothing.
pub fn fan(address: &str) -> Result<()> {
    let address: SocketAddr = address.parse()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = listen(address)?;
        let streams: Rc<RefCell<Vec<TcpStream>>> = Rc::default();
        loop {
            let (mut stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let mut buffer = vec![0; 8 << 10];
            let n = stream.read(&mut buffer).await?;
            if buffer[..n].starts_with(b"GET ") {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: ready\ndata: {}\n\n";
                stream.write_all(head.as_bytes()).await?;
                streams.borrow_mut().push(stream);
                continue;
            }
            let streams = Rc::clone(&streams);
            tokio::task::spawn_local(async move { drop(tell(stream, buffer, n, &streams).await) });
        }
    })
}

async fn tell(
    mut poster: TcpStream,
    mut buffer: Vec<u8>,
    first: usize,
    streams: &RefCell<Vec<TcpStream>>,
) -> std::io::Result<()> {
    let mut n = first;
    while n > 0 {
        let body = memchr::memmem::find(&buffer[..n], b"\r\n\r\n").map_or(n, |at| at + 4);
        let event = [b"event: posts\ndata: ", &buffer[body..n], b"\n\n"].concat();
        streams.borrow().iter().for_each(|stream| drop(stream.try_write(&event)));
        poster.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").await?;
        n = poster.read(&mut buffer).await?;
    }
    Ok(())
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(4_096)
}

/// Requests come whole: the load sends each at once.
async fn raw(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    let mut buffer = vec![0; 8 << 10];
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        let has = memchr::memmem::find(&buffer[..n], b"If-None-Match").is_some();
        let which = if has { 2 } else { usize::from(buffer[5] == b's') };
        stream.write_all(&answers.bytes[which]).await?;
    }
}

async fn hyper(stream: TcpStream, answers: Arc<Answers>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let has = request.headers().contains_key(header::IF_NONE_MATCH);
        let which = if has { 2 } else { usize::from(request.uri().path().starts_with("/s/")) };
        let (status, headers, body) = &answers.parsed[which];
        let mut answer = Response::new(Full::new(body.clone()));
        *answer.status_mut() = *status;
        *answer.headers_mut() = headers.clone();
        async move { Ok::<_, Infallible>(answer) }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn parse(bytes: &Bytes) -> Result<(StatusCode, HeaderMap, Bytes)> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").ok_or("no head")?;
    let mut lines = std::str::from_utf8(&bytes[..end])?.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no status")?.parse()?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.append(http::HeaderName::from_bytes(name.as_bytes())?, value.parse()?);
    }
    Ok((status, headers, bytes.slice(end + 4..)))
}
