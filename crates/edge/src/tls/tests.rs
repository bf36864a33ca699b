use std::net::SocketAddr;

use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::{Server, body, listen, service_fn};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

fn settings(certificate: &str, key: &str) -> Settings {
    Settings {
        tls_certificate_file: Some(fixture(certificate)),
        tls_key_file: Some(fixture(key)),
        handshake_timeout_s: 1,
        ..Settings::default()
    }
}

fn start(tls: Tls, tasks: &Tasks) -> SocketAddr {
    let service = service_fn(|request| async move { Response::new(body::full(request.uri().path().to_owned())) });
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.address();
    Server::new(service, &settings("one.pem", "one.key")).tls(Some(tls)).start(listener, tasks);
    address
}

/// A caller that trusts the certificate `name` and nothing else.
async fn connect(address: SocketAddr, name: &'static str, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture(&format!("{name}.pem"))).unwrap()).unwrap();
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from(format!("{name}.test")).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

async fn ask(mut stream: TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    // Fails when the connection ends without the word for it.
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn both_protocols_are_spoken() {
    let tasks = Tasks::default();
    let tls = Tls::open(&settings("one.pem", "one.key"), &tasks).unwrap().unwrap();
    let address = start(tls, &tasks);
    let answer = ask(connect(address, "one", b"http/1.1").await.unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("/one"), "{answer}");
    let stream = connect(address, "one", b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tasks.spawn(async move { drop(connection.await) });
    let request = Request::get("https://one.test/two").body(Empty::<bytes::Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "/two");
    drop(sender);
    assert_eq!(tasks.shutdown(Duration::from_secs(3)).await, 0);
}

#[tokio::test]
async fn who_speaks_no_tls_costs_only_a_moment() {
    let tasks = Tasks::default();
    let address = start(Tls::open(&settings("one.pem", "one.key"), &tasks).unwrap().unwrap(), &tasks);
    let talk = |text: &'static [u8]| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    };
    let (plain, silent) = tokio::join!(talk(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), talk(b""));
    assert!(!plain.starts_with(b"HTTP") && silent.is_empty());
    assert!(ask(connect(address, "one", b"http/1.1").await.unwrap()).await.ends_with("/one"));
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let folder = std::env::temp_dir().join(format!("edge-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = Files { certificate: folder.join("a.pem"), key: folder.join("a.key") };
    let put = |name: &str| {
        std::fs::copy(fixture(&format!("{name}.pem")), &files.certificate).unwrap();
        std::fs::copy(fixture(&format!("{name}.key")), &files.key).unwrap();
    };
    put("one");
    let tasks = Tasks::default();
    let look = Duration::from_millis(20);
    let watched = Files { certificate: files.certificate.clone(), key: files.key.clone() };
    let tls = Tls::watch(watched, look, &tasks).unwrap();
    let address = start(tls, &tasks);
    assert!(connect(address, "one", b"http/1.1").await.is_ok());
    std::fs::write(&files.certificate, "no certificate, and of another length").unwrap();
    tokio::time::sleep(look * 6).await;
    assert!(connect(address, "one", b"http/1.1").await.is_ok(), "the old one stays");
    put("two");
    let mut is_new = false;
    for _ in 0..200 {
        is_new = connect(address, "two", b"http/1.1").await.is_ok();
        if is_new {
            break;
        }
        tokio::time::sleep(look).await;
    }
    assert!(is_new);
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let tasks = Tasks::default();
    let told = |certificate: &str, key: &str| Tls::open(&settings(certificate, key), &tasks).unwrap_err().to_string();
    assert!(
        told("none.pem", "one.key").contains("reading the certificate in")
            && told("none.pem", "one.key").contains("none.pem")
    );
    assert!(told("one.key", "one.key").ends_with("one.key holds no certificate"));
    assert!(told("one.pem", "one.pem").contains("reading the key in"));
    assert!(told("one.pem", "two.key").contains("cannot be used together"));
    assert!(Tls::open(&Settings::default(), &tasks).unwrap().is_none());
}
