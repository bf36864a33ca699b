//! A look at an address before it becomes a source; nothing is stored.

use std::time::Duration;

use serde::Serialize;
use stdx::Timestamp;

use super::ask;
use crate::people::{Action, Actor};
use crate::{Desk, Error};

/// What stands at an address: a feed, or a page that names feeds.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub url: String,
    /// Where redirects led.
    pub final_url: String,
    /// `rss`, `atom`, `json` or `cdf`; `None` for a page.
    pub kind: Option<&'static str>,
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub language: Option<String>,
    /// How many entries the feed has.
    pub entries: usize,
    pub newest_at: Option<Timestamp>,
    /// The first five.
    pub items: Vec<Sample>,
    /// What the reader forgave.
    pub warnings: Vec<feed::Warning>,
    /// The feeds that a page names.
    pub found: Vec<FeedLink>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub title: Option<String>,
    pub url: Option<String>,
    pub published_at: Option<Timestamp>,
    /// The first 200 characters of its text.
    pub excerpt: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct FeedLink {
    pub url: String,
    pub title: Option<String>,
}

const SAMPLES: usize = 5;
const EXCERPT_CHARS: usize = 200;
/// Longest wait for a turn at the site.
const TURN: Duration = Duration::from_secs(30);

/// # Errors
/// [`Error::Fetch`], [`Error::Status`]; [`Error::Feed`] when it is neither a feed nor names one.
pub async fn preview(desk: &Desk, actor: &Actor, url: &str) -> Result<Preview, Error> {
    actor.may(Action::Configure)?;
    let url = ask::normal(url).map_err(|detail| Error::invalid("/url", detail))?;
    let failed = |source| Error::Fetch { url: url.clone(), source };
    let late = |_| failed(connect::Error::Timeout { phase: connect::error::Phase::Connect, after: TURN });
    let parsed = connect::Url::parse(&url).map_err(|error| Error::invalid("/url", error.to_string()))?;
    let turn = tokio::time::timeout(TURN, desk.hosts.enter(&parsed)).await.map_err(late)?;
    let answer = desk.client.send(ask::request(desk, &url, None, None)).await.map_err(failed)?;
    drop(turn);
    if !answer.status.is_success() {
        return Err(Error::Status { url, status: answer.status.as_u16() });
    }
    let kept = url.clone();
    let looked = tokio::task::spawn_blocking(move || look(url, &answer)).await;
    looked.unwrap_or_else(|_| {
        Err(Error::Feed { url: kept, source: feed::Error::NotAFeed { found: "something unreadable".to_owned() } })
    })
}

fn look(url: String, answer: &connect::Response) -> Result<Preview, Error> {
    let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    let final_url = answer.url.to_string();
    let hints = feed::Hints { url: Some(&final_url), content_type, ..feed::Hints::default() };
    match feed::parse(&answer.body, &hints) {
        Ok(feed) => Ok(of_feed(url, final_url, feed)),
        Err(source @ feed::Error::NotAFeed { .. }) => {
            let page = feed::charset::decode(&answer.body, content_type, Some(&final_url));
            let found = feed::discover::links(&page.text, &final_url);
            if found.is_empty() {
                return Err(Error::Feed { url, source });
            }
            let found = found.into_iter().map(|link| FeedLink { url: link.url, title: link.title }).collect();
            Ok(Preview { found, ..empty(url, final_url) })
        }
        Err(source) => Err(Error::Feed { url, source }),
    }
}

fn empty(url: String, final_url: String) -> Preview {
    Preview {
        url,
        final_url,
        kind: None,
        title: None,
        site_url: None,
        language: None,
        entries: 0,
        newest_at: None,
        items: Vec::new(),
        warnings: Vec::new(),
        found: Vec::new(),
    }
}

fn of_feed(url: String, final_url: String, feed: feed::Feed) -> Preview {
    Preview {
        kind: Some(feed.kind.family()),
        title: feed.title,
        site_url: feed.link,
        language: feed.language,
        entries: feed.items.len(),
        newest_at: feed.items.iter().filter_map(|item| item.published_at.or(item.updated_at)).max(),
        items: feed.items.iter().take(SAMPLES).map(sample).collect(),
        warnings: feed.warnings,
        ..empty(url, final_url)
    }
}

fn sample(item: &feed::Item) -> Sample {
    let html = item.summary_html.as_deref().or(item.content_html.as_deref()).unwrap_or_default();
    Sample {
        title: item.title.clone(),
        url: item.link.clone(),
        published_at: item.published_at.or(item.updated_at),
        excerpt: text::html::to_text(html).chars().take(EXCERPT_CHARS).collect(),
    }
}
