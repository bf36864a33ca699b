//! The article behind an address that somebody pastes.

use std::time::Duration;

use connect::{Limits, Request, Response, Url};
use stdx::ByteSize;
use text::html::article;

use super::given::Given;
use crate::{Desk, Error, sources};

const ACCEPT: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1";
/// Larger pages are no articles.
const PAGE_MAX: ByteSize = ByteSize::mib(5);
/// Longest wait for a turn at the site.
const TURN: Duration = Duration::from_secs(30);

/// Reads the page at `url` and takes its article.
///
/// # Errors
/// [`Error::Fetch`], [`Error::Status`]; [`Error::Invalid`] when it is no page or holds no article.
pub(super) async fn article_at(desk: &Desk, url: &str) -> Result<Given, Error> {
    let url = sources::normal(url).map_err(|detail| Error::invalid("/url", detail))?;
    let failed = |source| Error::Fetch { url: url.clone(), source };
    let parsed = desk.client.check(&url).map_err(failed)?;
    let late = |_| failed(connect::Error::Timeout { phase: connect::error::Phase::Connect, after: TURN });
    let turn = tokio::time::timeout(TURN, desk.hosts.enter(&parsed)).await.map_err(late)?;
    let answer = desk.client.send(request(desk, &url)).await.map_err(failed)?;
    drop(turn);
    if !answer.status.is_success() {
        return Err(Error::Status { url, status: answer.status.as_u16() });
    }
    let found = desk.queue.compute(move || look(&answer)).await?;
    found.map_err(|why| Error::invalid("/url", why))
}

fn request(desk: &Desk, url: &str) -> Request {
    let body_max = ByteSize(PAGE_MAX.bytes().min(desk.settings.feed_size_max.bytes()));
    let mut request = Request { once: true, ..Request::get("page", url, Limits { body_max, ..desk.limits }) };
    request.headers.insert("accept", connect::http::HeaderValue::from_static(ACCEPT));
    request
}

/// The article of a page, or why there is none.
fn look(answer: &Response) -> Result<Given, String> {
    let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    let kind = content_type.unwrap_or("text/html").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(kind.as_str(), "text/html" | "application/xhtml+xml") {
        let kind: String = kind.chars().filter(char::is_ascii_graphic).take(60).collect();
        return Err(format!("is no page but {kind}; only HTML is read"));
    }
    let url = &answer.url;
    let page = feed::charset::decode(&answer.body, content_type, Some(url.as_str())).text;
    let found = article(&page, url.as_str()).map_err(|why| format!("no article was found: {why}"))?;
    Ok(Given {
        id: None,
        url: Some(found.canonical.unwrap_or_else(|| own(url))),
        title: Some(found.title),
        text: None,
        html: Some(found.html),
        authors: found.authors,
        categories: Vec::new(),
        published_at: found.published.as_deref().and_then(feed::date::parse),
        language: found.language.filter(|code| text::language::Language::from_code(code).is_some()),
    })
}

fn own(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.into()
}
