use std::future::poll_fn;
use std::path::Path;

use bytes::Buf;
use h3::client::SendRequest;
use h3::error::{Code, StreamError};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::{Early, Peer, Ready, Server, body, listen, service_fn};

type Opener = SendRequest<h3_quinn::OpenStreams, Bytes>;

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

fn settings() -> Settings {
    Settings {
        tls_certificate_file: Some(fixture("one.pem")),
        tls_key_file: Some(fixture("one.key")),
        http3: true,
        drain_timeout_s: 2,
        ..Settings::default()
    }
}

fn start(settings: &Settings) -> (SocketAddr, Tasks) {
    let page = Arc::new(Ready::new(StatusCode::OK, "text/html".parse().unwrap(), "page ".repeat(4_000)));
    let service = service_fn(move |request| {
        let page = Arc::clone(&page);
        async move {
            let (head, body) = request.into_parts();
            match head.uri.path() {
                "/page" => page.answer(&head.method, &head.headers),
                "/panic" => panic!("on purpose"),
                "/early" => {
                    let mut fields = HeaderMap::new();
                    fields.insert(header::LINK, "</a.css>; rel=preload".parse().unwrap());
                    head.extensions.get::<Early>().unwrap().send(StatusCode::EARLY_HINTS, fields);
                    Response::new(body::full(head.extensions.get::<Peer>().unwrap().0.ip().to_string()))
                }
                _ => match body.collect().await {
                    Ok(body) => Response::new(body::full(body.to_bytes())),
                    Err(error) => Response::builder().status(400).body(body::full(error.to_string())).unwrap(),
                },
            }
        }
    });
    let tasks = Tasks::default();
    let tls = Tls::open(settings, &tasks).unwrap();
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.address();
    Server::new(service, settings).tls(tls).start(listener, &tasks);
    (address, tasks)
}

struct Caller {
    opener: Opener,
    tasks: Tasks,
    quic: quinn::Connection,
}

/// What trusts the fixture's certificate, and nothing else.
fn trust(protocol: &[u8]) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture("one.pem")).unwrap()).unwrap();
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![protocol.to_vec()];
    tls
}

async fn secure(address: SocketAddr, protocol: &[u8]) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(trust(protocol)));
    connector.connect("one.test".try_into().unwrap(), stream).await.unwrap()
}

async fn connect(address: SocketAddr) -> Caller {
    let tls = trust(b"h3");
    let mut endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap())));
    let quic = endpoint.connect(address, "one.test").unwrap().await.unwrap();
    let (mut driver, opener) = h3::client::new(h3_quinn::Connection::new(quic.clone())).await.unwrap();
    let tasks = Tasks::default();
    tasks.spawn(async move { drop(poll_fn(|cx| driver.poll_close(cx)).await) });
    Caller { opener, tasks, quic }
}

impl Caller {
    async fn ask(
        &mut self,
        request: Request<()>,
        parts: &[&'static str],
    ) -> Result<(Response<()>, Vec<u8>), StreamError> {
        let mut stream = self.opener.send_request(request).await?;
        for part in parts {
            stream.send_data(Bytes::from_static(part.as_bytes())).await?;
        }
        stream.finish().await?;
        let mut head = stream.recv_response().await?;
        while head.status().is_informational() {
            let status = head.status();
            head = stream.recv_response().await?;
            head.headers_mut().insert("x-before", status.as_str().parse().unwrap());
        }
        let mut body = Vec::new();
        while let Some(data) = stream.recv_data().await? {
            body.extend_from_slice(data.chunk());
        }
        Ok((head, body))
    }

    async fn get(&mut self, path: &str, fields: &[(&'static str, &str)]) -> (Response<()>, Vec<u8>) {
        let mut request = Request::get(format!("https://one.test{path}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        self.ask(request.body(()).unwrap(), &[]).await.unwrap()
    }
}

#[tokio::test]
async fn a_page_and_then_304() {
    let (address, tasks) = start(&settings());
    let mut caller = connect(address).await;
    let (head, body) = caller.get("/page", &[]).await;
    assert_eq!((head.status(), body.len()), (StatusCode::OK, 20_000));
    assert_eq!(head.headers()[header::CONTENT_LENGTH], "20000");
    assert!(head.headers().contains_key(header::DATE));
    let etag = head.headers()[header::ETAG].to_str().unwrap().to_owned();
    let (head, body) = caller.get("/page", &[("if-none-match", &etag)]).await;
    assert_eq!((head.status(), body.len()), (StatusCode::NOT_MODIFIED, 0));
    let request = Request::head("https://one.test/page").body(()).unwrap();
    let (head, body) = caller.ask(request, &[]).await.unwrap();
    assert_eq!((&head.headers()[header::CONTENT_LENGTH], body.len()), (&"20000".parse().unwrap(), 0));
    let (head, body) = caller.get("/early", &[]).await;
    assert_eq!((&head.headers()["x-before"], body.as_slice()), (&"103".parse().unwrap(), &b"127.0.0.1"[..]));
    drop(caller.opener);
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
    assert_eq!(caller.tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn bodies_come_and_lengths_must_be_true() {
    let (address, _tasks) = start(&settings());
    let mut caller = connect(address).await;
    let post = |length: Option<&str>| {
        let request = Request::builder().method(Method::POST).uri("https://one.test/echo");
        let request = length.into_iter().fold(request, |request, length| request.header("content-length", length));
        request.body(()).unwrap()
    };
    for (length, parts, wanted) in [
        (None, &["ab", "cde"][..], "abcde"),
        (Some("5"), &["ab", "cde"], "abcde"),
        (None, &[], ""),
        (Some("0"), &[], ""),
    ] {
        let (head, body) = caller.ask(post(length), parts).await.unwrap();
        assert_eq!((head.status().as_u16(), body.as_slice()), (200, wanted.as_bytes()), "{length:?}");
    }
    for (length, parts) in [("4", &["ab", "cde"][..]), ("6", &["ab", "cde"])] {
        let (head, body) = caller.ask(post(Some(length)), parts).await.unwrap();
        assert_eq!(head.status(), 400, "{}", String::from_utf8_lossy(&body));
    }
    for length in ["+5", "5,5", "x", "99999999999999999999"] {
        let error = caller.ask(post(Some(length)), &["abcde"]).await.unwrap_err();
        assert!(matches!(error, StreamError::RemoteTerminate { code: Code::H3_MESSAGE_ERROR, .. }), "{error:?}");
    }
    let (head, _) = caller.get("/panic", &[]).await;
    assert_eq!(head.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(caller.get("/page", &[]).await.0.status(), StatusCode::OK, "the connection is still good");
}

#[tokio::test]
async fn what_is_slow_or_large_is_refused() {
    let (address, _tasks) = start(&Settings {
        header_timeout_s: 1,
        body_timeout_s: 1,
        header_size_max: stdx::ByteSize::kib(8),
        ..settings()
    });
    let mut caller = connect(address).await;
    let large = "a".repeat(20_000);
    let request = Request::get("https://one.test/page").header("x", large).body(()).unwrap();
    // The caller knows our limit by now, and sends no such head.
    let refused = caller.ask(request, &[]).await;
    assert!(!matches!(&refused, Ok((head, _)) if head.status().is_success()), "{refused:?}");
    let request = Request::post("https://one.test/echo").header("content-length", "9").body(()).unwrap();
    let mut caller = connect(address).await;
    let mut stream = caller.opener.send_request(request).await.unwrap();
    stream.send_data(Bytes::from_static(b"half")).await.unwrap();
    assert_eq!(stream.recv_response().await.unwrap().status(), 400);
    // A head that says it is a gigabyte long is not waited for.
    let greedy = connect(address).await;
    let (mut send, _recv) = greedy.quic.open_bi().await.unwrap();
    send.write_all(&[0x01, 0xc0, 0, 0, 0, 0x40, 0, 0, 0, 7]).await.unwrap();
    assert_eq!(send.stopped().await.unwrap(), Some(VarInt::from_u32(0x107)));
    // Who says nothing is not kept.
    let silent = connect(address).await;
    silent.quic.closed().await;
}

#[tokio::test]
async fn callers_of_the_other_protocols_are_told() {
    let (address, _tasks) = start(&settings());
    let (plain, _others) = start(&Settings { http3: false, ..settings() });
    for (address, is_told) in [(address, true), (plain, false)] {
        let line = format!("h3=\":{}\"; ma=86400", address.port());
        let mut stream = secure(address, b"http/1.1").await;
        stream.write_all(b"GET /page HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.contains(&format!("alt-svc: {line}\r\n")), is_told, "{}", &answer[..400]);
        let io = TokioIo::new(secure(address, b"h2").await);
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        let tasks = Tasks::default();
        tasks.spawn(async move { drop(connection.await) });
        let request = Request::get("https://one.test/page").body(http_body_util::Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.headers().get(header::ALT_SVC).is_some_and(|value| value == line.as_str()), is_told);
    }
    assert!(tokio::net::UdpSocket::bind(plain).await.is_ok(), "the port of datagrams is free");
}
