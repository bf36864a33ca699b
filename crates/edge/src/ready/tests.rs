use http_body_util::BodyExt;

use super::*;

fn page() -> Ready {
    let html = "<p>a paragraph that is long enough to be worth a coding</p>\n".repeat(60);
    Ready::new(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), html)
        .cache_control(HeaderValue::from_static("public, max-age=300"))
        .last_modified(Timestamp::from_seconds(1_795_000_000))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())).collect()
}

async fn bytes(answer: Response<Body>) -> Bytes {
    answer.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn plain_and_coded() {
    let page = page();
    let plain = page.answer(&Method::GET, &HeaderMap::new());
    assert_eq!(plain.status(), StatusCode::OK);
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    assert_eq!(plain.headers()["cache-control"], "public, max-age=300");
    assert_eq!(plain.headers()["content-length"], page.body().len().to_string().as_str());
    assert_eq!(plain.headers()["etag"], page.etag());
    assert_eq!(&bytes(plain).await, page.body());

    let coded = page.answer(&Method::GET, &headers(&[("accept-encoding", "gzip")]));
    assert_eq!(coded.headers()["content-encoding"], "gzip");
    assert_ne!(coded.headers()["etag"], page.etag());
    let length: usize = coded.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(bytes(coded).await.len(), length);
    assert!(length < page.body().len());
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let page = page();
    for accept in ["identity", "gzip", "br", "zstd"] {
        let first = page.answer(&Method::GET, &headers(&[("accept-encoding", accept)]));
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let again = page.answer(&Method::GET, &headers(&[("accept-encoding", accept), ("if-none-match", &tag)]));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{accept}");
        assert_eq!(again.headers()["etag"], tag.as_str());
        assert_eq!(again.headers()["cache-control"], "public, max-age=300");
        assert!(bytes(again).await.is_empty());
    }
    let since = page.answer(&Method::GET, &headers(&[("if-modified-since", "Thu, 31 Dec 2099 23:59:59 GMT")]));
    assert_eq!(since.status(), StatusCode::NOT_MODIFIED);
    let post = page.answer(&Method::POST, &headers(&[("if-none-match", "*")]));
    assert_eq!(post.status(), StatusCode::OK);
}

#[tokio::test]
async fn head_tells_the_length_only() {
    let page = page();
    let head = page.answer(&Method::HEAD, &HeaderMap::new());
    assert_eq!(head.headers()["content-length"], page.body().len().to_string().as_str());
    assert!(bytes(head).await.is_empty());
}

#[test]
fn an_error_page_has_no_tag_and_a_short_one_no_variants() {
    let short = Ready::new(StatusCode::NOT_FOUND, HeaderValue::from_static("text/plain"), "not here");
    let answer = short.answer(&Method::GET, &headers(&[("accept-encoding", "br"), ("if-none-match", "*")]));
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(!answer.headers().contains_key("etag") && !answer.headers().contains_key("vary"));
    assert!(!answer.headers().contains_key("content-encoding"));
}

#[test]
fn size_counts_the_variants() {
    let before = page().size();
    assert!(page().precompress().size() > before);
}

#[tokio::test]
async fn variants_made_elsewhere_are_sent_as_they_are() {
    let made = Bytes::from_static(b"made by the build");
    let page = page().coded_as(Encoding::Br, Some(made.clone())).coded_as(Encoding::Gzip, None);
    let coded = page.answer(&Method::GET, &headers(&[("accept-encoding", "br")]));
    assert_eq!(coded.headers()["content-encoding"], "br");
    assert_eq!(bytes(coded).await, made);
    let plain = page.answer(&Method::GET, &headers(&[("accept-encoding", "gzip")]));
    assert!(!plain.headers().contains_key("content-encoding"), "the build found that gzip does not pay");
    assert_eq!(&bytes(plain).await, page.body());
}
