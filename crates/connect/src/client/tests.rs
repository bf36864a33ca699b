use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::*;
use crate::resolve::Resolving;
use crate::testing::{Act, Server, answer, redirect};

mod hostile;

/// Gives the prepared answers one after the other, the last one for ever, and counts the questions.
struct Names {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let read = |list: &&[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Names { answers: Mutex::new(answers.iter().map(read).collect()), asked: Mutex::default() })
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

struct Shared(Arc<Names>);

impl Resolve for Shared {
    fn resolve(&self, host: &str) -> Resolving {
        self.0.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.0.answers.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move { next.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name")) })
    }
}

fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(5),
        first_byte_timeout: Duration::from_secs(20),
        stall_timeout: Duration::from_secs(20),
        total_timeout: Duration::from_secs(20),
        body_max: ByteSize::kib(64),
        redirects_max: 5,
    }
}

fn client_with(allow: &[String], names: &Arc<Names>) -> Client {
    let settings =
        Settings { allow: allow.to_vec(), contact: "https://desk.example/about".into(), ..Settings::default() };
    let resolver = Arc::new(Shared(Arc::clone(names)));
    Client::with_resolver(&settings, Clock::system(), Rng::seeded(1), resolver)
}

fn client_for(server: &Server) -> Client {
    client(&[server])
}

/// A client that may call `servers`, and knows no names.
fn client(servers: &[&Server]) -> Client {
    client_with(&servers.iter().map(|s| s.address.to_string()).collect::<Vec<_>>(), &Names::new(&[]))
}

async fn get(client: &Client, url: &str) -> Result<Response, Error> {
    client.send(Request::get("test", url, limits())).await
}

#[tokio::test]
async fn a_plain_call() {
    let server = Server::start(|_, _| answer("200 OK", "ETag: W/\"1\"\r\nSet-Cookie: a=b\r\n", "hello")).await;
    let client = client(&[&server]);
    for _ in 0..2 {
        let answer = get(&client, &server.url("/a?b=c#d")).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..], answer.received, answer.ratio()),
            (200, &b"hello"[..], 5, 1)
        );
        assert_eq!((answer.url.as_str(), answer.hops.len()), (server.url("/a?b=c").as_str(), 0));
        assert_eq!(answer.headers["etag"], "W/\"1\"");
    }
    for seen in server.seen() {
        assert_eq!(seen.path(), "/a?b=c");
        assert_eq!(
            seen.header("user-agent"),
            Some(concat!("Copydesk/", env!("CARGO_PKG_VERSION"), " (+https://desk.example/about)"))
        );
        assert_eq!(seen.header("accept-encoding"), Some("br, zstd, gzip"));
        assert_eq!(seen.header("host"), Some(server.address.to_string().as_str()));
        assert_eq!(seen.header("cookie"), None);
    }
    let own = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    let headers = HeaderMap::from_iter([
        own(header::USER_AGENT, "mine"),
        own(header::HOST, "evil.example"),
        own(header::CONTENT_LENGTH, "7"),
    ]);
    client.send(Request { headers, ..Request::get("test", server.url("/"), limits()) }).await.unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!((seen.header("user-agent"), seen.header("content-length")), (Some("mine"), None));
    assert_ne!(seen.header("host"), Some("evil.example"));
    assert!(REQUESTS.with(&["test", "2xx"]).get() >= 3);
}

#[tokio::test]
async fn redirects_are_followed_and_remembered() {
    let server = Server::start(|_, seen| match seen.path() {
        "/1" => redirect("301 Moved", "/2"),
        "/2" => redirect("308 Moved", "../3#part"),
        "/3" => redirect("303 See", "?q=ü"),
        _ => answer("200 OK", "", &seen.head),
    })
    .await;
    let client = client(&[&server]);
    let post = |path: &str| {
        let mut request = Request::get("test", server.url(path), limits());
        (request.method, request.body) = (Method::POST, Bytes::from_static(b"question"));
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        request
    };
    let got = client.send(post("/2")).await.unwrap();
    let hops: Vec<_> =
        got.hops.iter().map(|h| (h.status.as_u16(), h.from.path(), h.to.path(), h.is_permanent())).collect();
    assert_eq!(hops, [(308, "/2", "/3", true), (303, "/3", "/3", false)]);
    assert_eq!(got.url.as_str(), server.url("/3?q=%C3%BC"));
    let seen = server.seen();
    let lines: Vec<_> = seen.iter().map(|s| s.head.lines().next().unwrap()).collect();
    assert_eq!(lines, ["POST /2 HTTP/1.1", "POST /3 HTTP/1.1", "GET /3?q=%C3%BC HTTP/1.1"]);
    assert_eq!((seen[1].body.as_slice(), seen[2].body.as_slice()), (&b"question"[..], &b""[..]));
    assert_eq!((seen[1].header("content-type"), seen[2].header("content-type")), (Some("text/plain"), None));
    client.send(post("/1")).await.unwrap();
    assert!(server.seen()[4].head.starts_with("GET /2 "), "301 turns a POST into a GET");

    let mut request = Request::get("test", server.url("/1"), limits());
    request.limits.redirects_max = 0;
    let got = client.send(request).await.unwrap();
    assert_eq!((got.status.as_u16(), &got.body[..], got.hops.len()), (301, &b"moved"[..], 0));
}

#[tokio::test]
async fn secrets_stay_with_the_site_they_were_for() {
    let other = Server::start(|_, _| answer("200 OK", "", "")).await;
    let to = other.url("/elsewhere");
    let server =
        Server::start(
            move |_, seen| if seen.path() == "/" { redirect("307 Moved", "/here") } else { redirect("307 Moved", &to) },
        )
        .await;
    let mut request = Request::get("test", server.url("/"), limits());
    for name in ["authorization", "cookie", "x-api-key", "x-own-secret", "x-other"] {
        let mut value = HeaderValue::from_static("s3cret");
        value.set_sensitive(name == "x-own-secret");
        request.headers.insert(HeaderName::from_static(name), value);
    }
    client(&[&server, &other]).send(request).await.unwrap();
    assert_eq!(server.seen()[1].head.matches("s3cret").count(), 5);
    assert_eq!(other.seen()[0].head.matches("s3cret").count(), 1, "{}", other.seen()[0].head);
}

#[tokio::test]
async fn redirects_that_lead_nowhere() {
    let inside = Server::start(|_, _| answer("200 OK", "", "secret")).await;
    let goal = inside.address;
    let server = Server::start(move |_, seen| match seen.path() {
        "/private" => redirect("302 Found", &format!("http://{goal}/")),
        "/decimal" => redirect("302 Found", &format!("http://2130706433:{}/", goal.port())),
        "/name" => redirect("302 Found", "http://inside.example/"),
        "/file" => redirect("302 Found", "file:///etc/passwd"),
        "/user" => redirect("302 Found", "http://admin:admin@example.org/"),
        "/bad" => redirect("302 Found", "http://exa mple.org/?token=1"),
        "/self" => redirect("302 Found", "/self#again"),
        "/ping" => redirect("302 Found", "/pong"),
        "/pong" => redirect("302 Found", "/ping"),
        "/none" => answer("302 Found", "", "no location"),
        "/choices" => redirect("300 Choices", "/ping"),
        path => redirect("302 Found", &format!("{path}x")),
    })
    .await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let client = client_with(&[server.address.to_string()], &names);
    let fails = async |path: &str| get(&client, &server.url(path)).await.unwrap_err();
    for path in ["/private", "/decimal", "/name"] {
        let error = fails(path).await;
        assert!(matches!(error, Error::Refused { why: Why::NotPublic, .. }), "{path}: {error}");
    }
    assert_eq!(inside.connections(), 0);
    assert_eq!(
        fails("/name").await.to_string(),
        "inside.example (127.0.0.1:80) is refused because the address is not on the public internet and not listed in connect.allow"
    );
    assert!(matches!(fails("/file").await, Error::Refused { why: Why::Scheme, .. }));
    assert!(matches!(fails("/user").await, Error::Refused { why: Why::UserInfo, .. }));
    assert!(!fails("/user").await.to_string().contains("admin"));
    assert!(matches!(fails("/bad").await, Error::BadUrl { .. }) && !fails("/bad").await.to_string().contains("token"));
    assert!(matches!(fails("/self").await, Error::Redirects { why: RedirectFault::Loop, .. }));
    assert!(matches!(fails("/ping").await, Error::Redirects { why: RedirectFault::Loop, .. }));
    assert_eq!(fails("/a").await.to_string(), format!("the redirects from {} are more than 5", server.url("/a")));
    for path in ["/none", "/choices"] {
        assert!(get(&client, &server.url(path)).await.unwrap().status.is_redirection());
    }
    let down = client.target(&Url::parse("https://example.org/").unwrap(), "http://example.org/x").unwrap_err();
    assert_eq!(down.to_string(), "a redirect leads from https to the unprotected http://example.org/x");
}

#[tokio::test]
async fn names_that_change_their_mind_do_not_get_in() {
    // The listed address stands for a public one: the sandbox of a test has no other.
    let outside = Server::start(|_, _| answer("200 OK", "", "public")).await;
    let port = outside.address.port();
    let inside = Server::start_at(&format!("127.0.0.2:{port}"), |_, _| answer("200 OK", "", "secret")).await;
    let names = Names::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let client = client_with(&[outside.address.to_string()], &names);
    let url = format!("http://rebind.example:{port}/");
    assert_eq!(get(&client, &url).await.unwrap().body, "public");
    assert_eq!(names.asked(), 1, "what was checked is what was called");
    let error = get(&client, &url).await.unwrap_err();
    assert!(matches!(error, Error::Refused { why: Why::NotPublic, .. }), "{error}");
    assert_eq!((names.asked(), inside.connections()), (2, 0));

    // One inside address among others refuses the name; the order does not matter.
    for mixed in [
        &["127.0.0.1", "10.0.0.1"][..],
        &["169.254.169.254", "127.0.0.1"],
        &["::ffff:10.0.0.1"],
        &["127.0.0.1", "fd00::1"],
    ] {
        let client = client_with(&[outside.address.to_string()], &Names::new(&[mixed]));
        let error = get(&client, &url).await.unwrap_err();
        assert!(matches!(error, Error::Refused { why: Why::NotPublic, .. }), "{mixed:?}: {error}");
    }
    assert_eq!(outside.connections(), 1);

    let unknown = client_with(&[], &Names::new(&[]));
    let error = get(&unknown, "http://nowhere.example/").await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.is_transient()),
        ("the name nowhere.example could not be looked up", true)
    );
    assert!(matches!(
        get(&client_with(&[], &Names::new(&[&[]])), "http://empty.example/").await,
        Err(Error::Dns { .. })
    ));
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_is_dead() {
    let server = Server::start(|_, _| answer("200 OK", "", "alive")).await;
    let port = server.address.port();
    let names = Names::new(&[&["127.0.0.9", "127.0.0.1"]]);
    let client = client_with(&[format!("127.0.0.9:{port}"), format!("127.0.0.1:{port}")], &names);
    assert_eq!(get(&client, &format!("http://two.example:{port}/")).await.unwrap().body, "alive");
    let dead = client_with(&[format!("127.0.0.9:{port}")], &Names::new(&[&["127.0.0.9"]]));
    let error = get(&dead, &format!("http://dead.example:{port}/")).await.unwrap_err();
    assert_eq!(error.to_string(), "no connection to dead.example could be made");
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    io::Write::write_all(&mut encoder, plain).unwrap();
    encoder.finish().unwrap()
}

fn raw(head: &str, body: &[u8]) -> Act {
    Act::Send([head.as_bytes(), body].concat().into())
}

#[tokio::test]
async fn bodies_that_lie_or_never_end() {
    const OPEN: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const GZIP: &str = "Content-Encoding: gzip\r\n";
    let server = Server::start(|_, seen| {
        let chunk = Bytes::from(vec![b'x'; 8_192]);
        let zip = gzip(b"some text that is long enough to be cut in the middle");
        match seen.path() {
            "/gzip" => answer("200 OK", GZIP, gzip(&[b'y'; 60_000])),
            "/bomb" => answer("200 OK", GZIP, gzip(&vec![0; 30_000_000])),
            "/bomb-endless" => vec![
                Act::Send(format!("HTTP/1.1 200 OK\r\n{GZIP}\r\n").into()),
                Act::Forever(gzip(&[0; 30_000]).into(), Duration::ZERO),
            ],
            "/cut-gzip" => answer("200 OK", GZIP, &zip[..zip.len() - 9]),
            "/not-gzip" => answer("200 OK", GZIP, "plain after all"),
            "/odd-coding" => answer("200 OK", "Content-Encoding: rot13\r\n", "cynva"),
            "/endless" => vec![raw(OPEN, b""), Act::Forever(chunk, Duration::ZERO)],
            "/endless-chunks" => {
                vec![raw(CHUNKED, b""), Act::Forever(Bytes::from_static(b"4\r\nabcd\r\n"), Duration::ZERO)]
            }
            "/drip" => vec![raw(OPEN, b""), Act::Forever(Bytes::from_static(b"."), Duration::from_millis(20))],
            "/drip-head" => vec![
                Act::Send("HTTP/1.1 200 OK\r\n".into()),
                Act::Forever(Bytes::from_static(b"X-A: b\r\n"), Duration::from_millis(20)),
            ],
            "/stall" => vec![raw(OPEN, b"abc"), Act::Hang],
            "/silent" => vec![Act::Hang],
            "/short" => vec![raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"ten bytes.")],
            "/long" => vec![raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"ten bytes.")],
            "/huge" => vec![raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x"), Act::Hang],
            "/two-lengths" => vec![raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", b"abcd")],
            "/cut-chunk" => vec![raw(CHUNKED, b"ff\r\nabc")],
            "/no-http" => vec![Act::Send("220 mail.example ESMTP\r\n".into())],
            "/hang-up" => vec![],
            "/big-head" => vec![
                Act::Send("HTTP/1.1 200 OK\r\n".into()),
                Act::Forever(Bytes::from(format!("X-A: {}\r\n", "b".repeat(4_000))), Duration::ZERO),
            ],
            "/many-headers" => answer("200 OK", &"X-A: b\r\n".repeat(5_000), "x"),
            "/no-body" => vec![Act::Send(format!("HTTP/1.1 304 Not Modified\r\n{GZIP}ETag: \"1\"\r\n\r\n").into())],
            other => panic!("{other}"),
        }
    })
    .await;
    let client = client(&[&server]);
    let call = async |path: &str| {
        let mut request = Request::get("test", server.url(path), limits());
        if matches!(path, "/drip" | "/drip-head" | "/stall" | "/silent") {
            request.limits.first_byte_timeout = Duration::from_millis(800);
            request.limits.total_timeout = Duration::from_millis(1_200);
        }
        client.send(request).await
    };
    let kind = async |path: &str| call(path).await.map_or_else(|e| e.kind(), |_| "ok");

    let zipped = call("/gzip").await.unwrap();
    assert_eq!(
        (zipped.body.len(), zipped.headers.get("content-encoding"), zipped.headers.get("content-length")),
        (60_000, None, None)
    );
    assert!(zipped.ratio() > 100 && zipped.received < 600);
    for path in ["/bomb", "/bomb-endless"] {
        let error = call(path).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: ByteSize(65_536), ratio: Some(_) }), "{error:?}");
    }
    for path in ["/endless", "/endless-chunks", "/huge"] {
        let error = call(path).await.unwrap_err();
        assert_eq!(error.to_string(), "the body is larger than the limit of 64KiB", "{path}");
    }
    for path in ["/cut-gzip", "/not-gzip", "/odd-coding"] {
        assert_eq!(kind(path).await, "decompress", "{path}");
    }
    for path in ["/drip", "/stall"] {
        assert_eq!(
            call(path).await.unwrap_err().to_string(),
            "the call took longer than 1.2 s while reading the body",
            "{path}"
        );
    }
    // One that goes on, however slowly, does not stall; one that is silent does.
    for (path, ends) in
        [("/drip", "1.2 s while reading the body"), ("/stall", "0.4 s while waiting for the rest of the body")]
    {
        let mut request = Request::get("test", server.url(path), limits());
        request.limits.stall_timeout = Duration::from_millis(400);
        request.limits.total_timeout = Duration::from_millis(1_200);
        let error = client.send(request).await.unwrap_err().to_string();
        assert_eq!(error, format!("the call took longer than {ends}"), "{path}");
    }
    for path in ["/silent", "/drip-head"] {
        assert_eq!(
            call(path).await.unwrap_err().to_string(),
            "the call took longer than 0.8 s while waiting for the answer",
            "{path}"
        );
    }
    for path in ["/short", "/two-lengths", "/cut-chunk", "/no-http", "/hang-up", "/big-head", "/many-headers"] {
        assert_eq!(kind(path).await, "protocol", "{path}");
    }
    assert_eq!(call("/short").await.unwrap_err().to_string(), "the exchange with 127.0.0.1 broke off");
    assert_eq!(call("/long").await.unwrap().body, "ten");
    let unchanged = call("/no-body").await.unwrap();
    assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
}

#[tokio::test]
async fn a_name_that_is_never_found_ends_by_its_time() {
    struct Never;
    impl Resolve for Never {
        fn resolve(&self, _: &str) -> Resolving {
            Box::pin(std::future::pending())
        }
    }
    let client = Client::with_resolver(&Settings::default(), Clock::system(), Rng::seeded(1), Arc::new(Never));
    let mut request = Request::get("test", "http://slow.example/", limits());
    request.limits.connect_timeout = Duration::from_millis(50);
    assert_eq!(
        client.send(request.clone()).await.unwrap_err().to_string(),
        "the call took longer than 0.05 s while connecting"
    );
    (request.limits.connect_timeout, request.limits.total_timeout) =
        (Duration::from_secs(5), Duration::from_millis(60));
    assert_eq!(
        client.send(request).await.unwrap_err().to_string(),
        "the call took longer than 0.06 s while connecting"
    );
}

/// A TLS server for `secure.example` that answers with the version of HTTP it was asked in.
async fn secure_server(protocol: &'static str) -> (std::net::SocketAddr, stdx::task::Tasks) {
    let certificate = CertificateDer::from(&include_bytes!("testdata/certificate.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("testdata/key.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    config.alpn_protocols = vec![protocol.into()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, tasks) = (listener.local_addr().unwrap(), stdx::task::Tasks::default());
    let inner = tasks.clone();
    tasks.spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            inner.spawn(async move {
                // A client that does not trust us hangs up here.
                let Ok(tls) = acceptor.accept(tcp).await else { return };
                let answer = hyper::service::service_fn(async |request: http::Request<Incoming>| {
                    let body = format!("{:?} {}", request.version(), request.uri().path());
                    Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(Bytes::from(body))))
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(hyper_util::rt::TokioIo::new(tls), answer).await;
            });
        }
    });
    (address, tasks)
}

fn secure_client(address: std::net::SocketAddr, roots: RootCertStore) -> Client {
    let settings = Settings { allow: vec![address.to_string()], ..Settings::default() };
    let resolver = Arc::new(Shared(Names::new(&[&["127.0.0.1"]])));
    Client::build(&settings, Clock::system(), Rng::seeded(1), resolver, roots)
}

fn test_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(&include_bytes!("testdata/authority.der")[..])).unwrap();
    roots
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_over_tls() {
    for (protocol, version) in [("h2", "HTTP/2.0"), ("http/1.1", "HTTP/1.1")] {
        let (address, _tasks) = secure_server(protocol).await;
        let client = secure_client(address, test_roots());
        for host in ["secure.example", "secure.example."] {
            for path in ["/1", "/2"] {
                let url = format!("https://{host}:{}{path}", address.port());
                assert_eq!(get(&client, &url).await.unwrap().body, format!("{version} {path}"));
            }
        }
    }
}

#[tokio::test]
async fn only_trusted_certificates_for_the_right_name_are_accepted() {
    let (address, _tasks) = secure_server("http/1.1").await;
    let url = |host: &str| format!("https://{host}:{}/", address.port());
    let client = secure_client(address, test_roots());
    for wrong in ["other.example", "127.0.0.1"] {
        let error = get(&client, &url(wrong)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("no secure connection to {wrong} could be agreed on"));
    }
    let public = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let error = get(&secure_client(address, public), &url("secure.example")).await.unwrap_err();
    assert_eq!(error.kind(), "tls");
    let plain = Server::start(|_, _| vec![Act::Send("220 mail.example ESMTP\r\n\r\n\r\n".into())]).await;
    let error = get(&client_for(&plain), &format!("https://{}/", plain.address)).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. } | Error::Timeout { phase: Phase::Connect, .. }), "{error}");
}

#[tokio::test]
async fn a_call_can_be_made_from_any_task() {
    fn is_send(_: &(impl Send + 'static)) {}
    let client = client_with(&[], &Names::new(&[]));
    let call = async move { client.send(Request::get("test", "http://127.0.0.1/", limits())).await };
    is_send(&call);
    assert!(call.await.is_err());
}

#[tokio::test]
async fn a_call_made_once_leaves_no_connection_behind() {
    let kept = Bytes::from_static(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let server = Server::start(move |_, _| vec![Act::Send(kept.clone()), Act::Again]).await;
    let client = client(&[&server]);
    for _ in 0..3 {
        get(&client, &server.url("/")).await.unwrap();
    }
    assert_eq!(server.connections(), 1, "an ordinary call uses the connection again");
    for _ in 0..3 {
        client.send(Request { once: true, ..Request::get("test", server.url("/"), limits()) }).await.unwrap();
    }
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn so_many_large_bodies_are_in_memory_and_no_more() {
    let server = Server::start(|_, _| answer("200 OK", "", "x".repeat(SMALL + (64 << 10)))).await;
    let client = client(&[&server]);
    let large = || {
        let mut request = Request::get("test", server.url("/"), limits());
        request.limits.body_max = ByteSize::mib(1);
        client.send(request)
    };
    let mut held = Vec::new();
    for _ in 0..LARGE_MAX {
        held.push(large().await.unwrap());
    }
    let mut fifth = pin!(large());
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut fifth).await.is_err(), "it waits");
    assert!(get(&client, &server.url("/")).await.is_err(), "over its own limit of 64 KiB, without waiting");
    let kept = held.pop().unwrap().body.slice(..1);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut fifth).await.is_err(), "a part of it is kept");
    drop(kept);
    assert_eq!(fifth.await.unwrap().body.len(), SMALL + (64 << 10));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_found_is_not_looked_for_again_at_once() {
    let names = Names::new(&[]);
    let client = client_with(&[], &names);
    for _ in 0..5 {
        assert!(matches!(get(&client, "http://gone.example/").await, Err(Error::Dns { .. })));
    }
    assert_eq!(names.asked(), 1);
    assert!(get(&client, "http://other.example/").await.is_err());
    tokio::time::advance(Duration::from_secs(31)).await;
    assert!(get(&client, "http://gone.example/").await.is_err());
    assert_eq!(names.asked(), 3);
}
