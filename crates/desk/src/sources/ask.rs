//! What we ask a site for a feed.

use connect::{Request, Url};

use super::{Known, login};
use crate::Desk;

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, \
                      application/xml;q=0.9, text/xml;q=0.8, */*;q=0.5";
const URL_BYTES_MAX: usize = 2_000;

/// A request for the feed at `url`, conditional on the validators of the last reading, which go back as they came.
pub(crate) fn request(desk: &Desk, url: &str, etag: Option<&str>, last_modified: Option<&str>) -> Request {
    let limits = connect::Limits { body_max: desk.settings.feed_size_max, ..desk.limits };
    // Thousands of sites are asked, each for one thing: connections that are kept would only lie about.
    let mut request = Request { once: true, ..Request::get("feed", url, limits) };
    for (name, value) in [("accept", Some(ACCEPT)), ("if-none-match", etag), ("if-modified-since", last_modified)] {
        // A validator that is no header value cannot have come from one.
        if let Some(value) = value.and_then(|value| value.parse().ok()) {
            request.headers.insert(name, value);
        }
    }
    request
}

/// The request for the next reading of a source, with what it asks of us.
pub(crate) fn next(desk: &Desk, known: &Known) -> Request {
    let source = &known.source;
    let mut request = request(desk, &source.url, known.etag.as_deref(), known.last_modified.as_deref());
    if let Some(sealed) = &known.login {
        match login::open(&desk.sealer, sealed, source.id, &source.url) {
            Some((name, value)) => drop(request.headers.insert(name, value)),
            None => {
                tracing::warn!(source.id = %source.id, "a stored sign-in does not open with this secret key; set it anew")
            }
        }
    }
    request
}

/// The form in which addresses of feeds are compared; what is wrong with it otherwise.
pub(crate) fn normal(url: &str) -> Result<String, String> {
    let mut parsed = Url::parse(url.trim()).map_err(|error| format!("is no address: {error}"))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("must begin with http or https, not {}", parsed.scheme()));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("must not hold a user or a password".to_owned());
    }
    parsed.set_fragment(None);
    if parsed.as_str().len() > URL_BYTES_MAX {
        return Err(format!("must have at most {URL_BYTES_MAX} bytes"));
    }
    Ok(parsed.into())
}
