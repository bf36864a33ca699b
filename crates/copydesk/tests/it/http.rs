//! One request over loopback: enough to ask the product and to drive a browser.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value as Json;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// # Panics
    /// When the body is no JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}

/// Longest wait for the next piece of an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one request on a connection of its own. A server that answers before it has read the whole
/// body is heard as well.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut bytes = Vec::new();
    let read = read(&mut stream, &mut bytes, method == "HEAD");
    let answer = parse(&bytes, method == "HEAD");
    match (answer, sent, read) {
        (Some(answer), _, _) => Ok(answer),
        (None, Err(error), _) | (None, _, Err(error)) => Err(error),
        (None, ..) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short")),
    }
}

pub fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, &[], b"").unwrap_or_else(|error| panic!("GET {path}: {error}"))
}

/// Reads until the answer is whole: not everybody closes when asked to.
fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>, is_head: bool) -> io::Result<()> {
    let mut buffer = [0; 16_384];
    loop {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&buffer[..n]);
        let Some((status, headers, rest)) = head(bytes) else { continue };
        let has_no_body = is_head || status == 204 || status == 304;
        let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if has_no_body || length.and_then(|(_, n)| n.parse().ok()).is_some_and(|n: usize| rest.len() >= n) {
            return Ok(());
        }
    }
}

type Head<'a> = (u16, Vec<(String, String)>, &'a [u8]);

fn head(bytes: &[u8]) -> Option<Head<'_>> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Some((status, headers.collect(), &bytes[end + 4..]))
}

fn parse(bytes: &[u8], is_head: bool) -> Option<Answer> {
    let (status, headers, rest) = head(bytes)?;
    let mut answer = Answer { status, headers, body: rest.to_vec() };
    if let Some(length) = answer.header("content-length").and_then(|n| n.parse::<usize>().ok()) {
        if !is_head && rest.len() < length && status != 304 {
            return None;
        }
    } else if answer.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        answer.body = unchunked(rest)?;
    }
    Some(answer)
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
