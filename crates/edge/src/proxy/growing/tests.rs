use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;

use super::*;

#[tokio::test]
async fn readers_get_all_whenever_they_come() {
    let body = Growing::new(100);
    let early = body.reader().unwrap();
    assert!(body.push(Bytes::from_static(b"ab")).await);
    let late = body.reader().unwrap();
    let reading = tokio::join!(early.collect(), late.collect(), async {
        body.push(Bytes::from_static(b"cd")).await;
        assert_eq!(body.whole(), None, "it has not ended");
        body.finish(Ok(()));
    });
    assert_eq!(reading.0.unwrap().to_bytes(), "abcd");
    assert_eq!(reading.1.unwrap().to_bytes(), "abcd");
    assert_eq!(body.whole().unwrap(), "abcd");
    assert!(body.ended().await);
}

#[tokio::test]
async fn a_large_body_flows_at_the_pace_of_its_readers() {
    let body = Growing::new(10);
    let mut reader = body.reader().unwrap();
    for _ in 0..WINDOW - 1 {
        assert!(body.push(Bytes::from_static(b"12345678")).await);
    }
    let mut full = std::pin::pin!(body.push(Bytes::from_static(b"12345678")));
    assert!(full.as_mut().now_or_never().is_none(), "the reader is behind");
    reader.frame().await.unwrap().unwrap();
    assert!(full.await);
    assert!(body.reader().is_none(), "the start is gone");
    drop(reader);
    assert!(!body.push(Bytes::from_static(b"1")).await, "nobody is left");
    body.finish(Ok(()));
    assert_eq!(body.whole(), None);
}

#[tokio::test]
async fn a_cut_body_is_an_error_for_all() {
    let body = Growing::new(100);
    let reader = body.reader().unwrap();
    body.push(Bytes::from_static(b"ab")).await;
    body.finish(Err("cut".into()));
    assert!(reader.collect().await.is_err());
    assert!(!body.ended().await);
    assert_eq!(body.whole(), None);
}
