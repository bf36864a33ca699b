//! `copydesk edge` before a small site.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::home::{Home, Server, bare, finish};
use crate::http::{self, Answer};
use crate::wait_for;

/// A site whose every answer tells which one it was; it ends with the process.
struct Site {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Site {
    fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                    while lines.by_ref().take_while(|line| !line.is_empty()).count() > 0 {
                        let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                        let body = format!("answer {n}");
                        let answer = format!(
                            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"{n}\"\r\nSurrogate-Key: all\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        if (&stream).write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Site { address, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    http::send(server.address, method, path, headers, body.as_bytes())
        .unwrap_or_else(|error| panic!("{method} {path}: {error}; the log: {}", server.read_log()))
}

#[test]
fn edge_says_what_it_wants() {
    let help = finish(bare(&["edge", "--help"]), b"");
    assert!(
        help.code == 0 && ["--upstream", "--listen", "--admin"].iter().all(|flag| help.out.contains(flag)),
        "{help:?}"
    );
    let home = Home::on_sqlite();
    let none = home.run(&["edge"]);
    assert!(none.code != 0 && none.err.contains("--upstream"), "{none:?}");
    let wrong = home.run(&["edge", "--upstream", "ftp://site.example"]);
    assert!(wrong.code != 0 && wrong.err.contains("ftp://site.example"), "{wrong:?}");
    home.set("proxy.name", "\"not a name\"").set("proxy.failures_max", "0").set("edge.header_count_max", "1");
    let config = home.run(&["edge", "--upstream", "http://127.0.0.1:9"]);
    let told = ["proxy.name", "proxy.failures_max", "edge.header_count_max"].iter().all(|key| config.err.contains(key));
    assert!(config.code != 0 && told, "all mistakes at once: {config:?}");
}

#[test]
fn edge_serves_and_purges() {
    let (home, site) = (Home::on_sqlite(), Site::start());
    home.set("proxy.purge_token", "\"open sesame\"");
    let upstream = format!("http://{}", site.address);
    let command = home.command(&["edge", "--upstream", &upstream, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    let server = Server::start(command, home.folder().join("edge.log"));
    let said = server.line("metrics: http://");
    let admin: SocketAddr = said.split('/').next().and_then(|address| address.parse().ok()).expect("an address");

    let first = ask(&server, "GET", "/a?utm_source=x", &[], "");
    assert_eq!((first.status, first.text().as_str()), (200, "answer 1"));
    assert_eq!(first.header("cache-status"), Some("copydesk; fwd=uri-miss; stored"));
    // It is put away after its last byte.
    let hit = wait_for("a hit", Duration::from_secs(10), || {
        let hit = ask(&server, "GET", "/a", &[], "");
        hit.header("cache-status").is_some_and(|status| status.starts_with("copydesk; hit; ttl=")).then_some(hit)
    });
    assert_eq!(
        (hit.text().as_str(), hit.header("etag"), hit.header("surrogate-key")),
        ("answer 1", Some("\"1\""), None)
    );
    assert!(hit.header("age").is_some() && hit.header("date").is_some() && hit.header("via").is_some(), "{hit:?}");
    let known = ask(&server, "GET", "/a", &[("If-None-Match", "\"1\"")], "");
    assert_eq!((known.status, known.body.len()), (304, 0));
    let part = ask(&server, "GET", "/a", &[("Range", "bytes=0-5")], "");
    assert_eq!((part.status, part.text().as_str(), part.header("content-range")), (206, "answer", Some("bytes 0-5/8")));
    let head = ask(&server, "HEAD", "/a", &[], "");
    assert_eq!((head.status, head.header("content-length")), (200, Some("8")));
    assert_eq!(site.asked(), 1);

    let purge = |token: &str, wish: &str| {
        let bearer = format!("Bearer {token}");
        http::send(admin, "POST", "/.copydesk/purge", &[("Authorization", &bearer)], wish.as_bytes())
            .expect("an answer")
    };
    assert_eq!(purge("wrong", "{\"tag\":\"all\"}").status, 401);
    assert_eq!(purge("open sesame", "{\"tag\":\"all\",\"all\":true}").status, 400);
    assert_eq!(ask(&server, "GET", "/a", &[], "").text(), "answer 1");
    assert_eq!(purge("open sesame", "{\"tag\":\"all\"}").json()["purged"], 1);
    assert_eq!(ask(&server, "GET", "/a", &[], "").text(), "answer 2");

    let figures = wait_for("hits among the figures", Duration::from_secs(10), || {
        let text = http::get(admin, "/.copydesk/metrics").text();
        let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        (of("copydesk_edge_hits_total ") >= Some(4.0)).then_some(text)
    });
    assert!(figures.contains("copydesk_proxy_requests_total{result=\"hit\"}"), "{figures}");
    assert_eq!(server.stop(), 0);
}
