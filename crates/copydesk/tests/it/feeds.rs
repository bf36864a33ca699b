//! The outside as the tests script it: a server whose every answer is given in advance.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as the server saw it, and what it answered.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub status: u16,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Answers one request; gives the status it sent.
pub type Script = Arc<dyn Fn(&Seen, &mut TcpStream) -> io::Result<u16> + Send + Sync>;

/// A server on a loopback port of its own; it ends with the test's process.
pub struct Feeds {
    pub address: SocketAddr,
    scripts: Arc<Mutex<HashMap<String, Script>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Feeds {
    pub fn start() -> Feeds {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (scripts, seen) = (Arc::<Mutex<HashMap<String, Script>>>::default(), Arc::<Mutex<Vec<Seen>>>::default());
        let (known, log) = (Arc::clone(&scripts), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (known, log) = (Arc::clone(&known), Arc::clone(&log));
                // A caller that hangs up is in its right.
                std::thread::spawn(move || serve(stream, &known, &log));
            }
        });
        Feeds { address, scripts, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn answer(&self, path: &str, script: Script) {
        self.scripts.lock().expect("no script panics").insert(path.to_owned(), script);
    }

    /// Answers with a document and its entity tag, and with 304 to whoever shows the tag.
    pub fn document(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) {
        self.answer(path, document(content_type, body.into()));
    }

    /// Requests for `path` so far.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.seen.lock().expect("no script panics");
        seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }
}

fn serve(mut stream: TcpStream, scripts: &Mutex<HashMap<String, Script>>, log: &Mutex<Vec<Seen>>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut seen = read(&mut stream)?;
    let path = seen.path.split('?').next().unwrap_or_default().to_owned();
    let script = scripts.lock().expect("no script panics").get(&path).cloned();
    // Counted before it is answered: who has the answer finds the request in the log.
    let place = {
        let mut log = log.lock().expect("no script panics");
        log.push(seen.clone());
        log.len() - 1
    };
    let answered = match script {
        Some(script) => script(&seen, &mut stream),
        None => send(&mut stream, 404, &[], b"there is nothing here"),
    };
    seen.status = answered?;
    log.lock().expect("no script panics")[place].status = seen.status;
    stream.shutdown(std::net::Shutdown::Both)
}

fn read(stream: &mut TcpStream) -> io::Result<Seen> {
    let (mut got, mut buffer) = (Vec::new(), [0; 8_192]);
    loop {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        got.extend_from_slice(&buffer[..n]);
        let Some(end) = got.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&got[..end]).into_owned();
        let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let seen = Seen {
            path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
            headers: fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(),
            body: got[end + 4..].to_vec(),
            status: 0,
        };
        let length = seen.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
        if seen.body.len() >= length {
            return Ok(seen);
        }
    }
}

/// One whole answer.
pub fn send(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &[u8]) -> io::Result<u16> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    Ok(status)
}

pub fn document(content_type: &str, body: Vec<u8>) -> Script {
    let content_type = content_type.to_owned();
    Arc::new(move |seen, stream| {
        let tag =
            format!("\"{:x}-{}\"", body.iter().fold(0u64, |sum, b| sum.wrapping_mul(31) + u64::from(*b)), body.len());
        if seen.header("if-none-match") == Some(&tag) {
            return send(stream, 304, &[("ETag", &tag)], b"");
        }
        send(stream, 200, &[("Content-Type", &content_type), ("ETag", &tag)], &body)
    })
}

pub fn status(status: u16, content_type: &str, body: Vec<u8>) -> Script {
    let content_type = content_type.to_owned();
    Arc::new(move |_, stream| send(stream, status, &[("Content-Type", &content_type)], &body))
}

pub fn redirect(to: String) -> Script {
    Arc::new(move |_, stream| send(stream, 302, &[("Location", &to)], b""))
}
