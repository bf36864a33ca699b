use std::time::Duration;

use stdx::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_outlet_has_an_address_and_tells_what_is_new() {
    let tasks = Tasks::default();
    let newsroom = Newsroom::new(1, Timestamp::from_seconds(1_795_000_000));
    let (publish, follow) = watch::channel(newsroom);
    let served = serve_outlets(&follow, 42_801, &tasks).unwrap();
    assert_eq!(served.len(), OUTLETS.len());
    assert!(served.iter().all(|s| s.address.port() == served[0].address.port()));
    let first = get(served[0].address, "/feed.xml").await;
    assert!(first.starts_with("HTTP/1.1 200") && first.contains("http://127.0.77.1:"), "{first}");
    publish.send_replace(Newsroom { published: newsroom.published + 20, ..newsroom });
    assert_ne!(get(served[0].address, "/feed.xml").await, first);

    // A second demo on the same machine moves to the next port.
    let again = serve_outlets(&follow, served[0].address.port(), &tasks).unwrap();
    assert!(again[0].address.port() > served[0].address.port());
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
