//! A look at an address before it becomes a source; nothing is stored.

use std::time::Duration;

use serde::Serialize;
use stdx::Timestamp;

use connect::http::header::{HeaderName, HeaderValue};

use super::{Login, ask, login};
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
    /// The feeds of a page.
    pub found: Vec<Candidate>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub title: Option<String>,
    pub url: Option<String>,
    pub published_at: Option<Timestamp>,
    /// The first 200 characters of its text.
    pub excerpt: String,
}

/// A feed that belongs to a page, with a look inside.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    pub url: String,
    pub title: Option<String>,
    pub found: FoundBy,
    /// As [`Preview::kind`].
    pub kind: Option<&'static str>,
    pub entries: usize,
    pub newest_at: Option<Timestamp>,
    /// The first five.
    pub items: Vec<Sample>,
    /// Why it could not be read, or was not.
    pub problem: Option<String>,
}

/// How a page's feed was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// The page names it in its head.
    Named,
    /// A link of the page looks like one, and it is one.
    Linked,
    /// It stands where feeds usually are.
    Guessed,
}

impl FoundBy {
    pub fn name(self) -> &'static str {
        match self {
            FoundBy::Named => "named",
            FoundBy::Linked => "linked",
            FoundBy::Guessed => "guessed",
        }
    }
}

const SAMPLES: usize = 5;
const EXCERPT_CHARS: usize = 200;
/// Longest wait for a turn at the site.
const TURN: Duration = Duration::from_secs(30);

/// A look around takes no longer.
const AROUND: Duration = Duration::from_secs(10);
/// Addresses of each kind that are looked at.
const NAMED_MAX: usize = 8;
const LINKED_MAX: usize = 5;
const GUESSED_MAX: usize = 12;
/// So many feeds are enough to stop looking for more.
const ENOUGH: usize = 3;

/// What stands at `url`. Of a page that is no feed, the feeds it names are looked at; when it names none, those that its
/// links look like, and then the usual addresses. `login` is told to the scheme, host and port of `url` alone.
///
/// # Errors
/// [`Error::Fetch`], [`Error::Status`]; [`Error::Feed`] when it is no feed and has none; [`Error::Invalid`] for an address
/// or a sign-in that cannot be.
pub async fn preview(desk: &Desk, actor: &Actor, url: &str, login: Option<&Login>) -> Result<Preview, Error> {
    actor.may(Action::Configure)?;
    let url = ask::normal(url).map_err(|detail| Error::invalid("/url", detail))?;
    let pass = login.map(|login| Pass::new(login, &url)).transpose()?;
    let looker = Looker { desk, pass };
    match looker.visit(&url).await? {
        Seen::Feed(preview) => Ok(*preview),
        Seen::Page { final_url, text, source } => {
            let found = looker.around(&text, &final_url).await;
            if found.is_empty() {
                Err(Error::Feed { url, source })
            } else {
                Ok(Preview { found, ..empty(url, final_url) })
            }
        }
    }
}

/// What an address answers with.
enum Seen {
    Feed(Box<Preview>),
    /// Something else, and why it is no feed.
    Page {
        final_url: String,
        text: String,
        source: feed::Error,
    },
}

/// What a site wants to see before it gives its feed.
struct Pass {
    header: (HeaderName, HeaderValue),
    origin: String,
}

impl Pass {
    fn new(given: &Login, url: &str) -> Result<Pass, Error> {
        Ok(Pass { header: given.header().map_err(|fault| Error::Invalid(vec![fault]))?, origin: login::origin(url) })
    }
}

/// Looks at addresses for somebody.
struct Looker<'a> {
    desk: &'a Desk,
    pass: Option<Pass>,
}

impl Looker<'_> {
    async fn visit(&self, url: &str) -> Result<Seen, Error> {
        let url = url.to_owned();
        let failed = |source| Error::Fetch { url: url.clone(), source };
        let late = |_| failed(connect::Error::Timeout { phase: connect::error::Phase::Connect, after: TURN });
        let parsed = connect::Url::parse(&url).map_err(|error| Error::invalid("/url", error.to_string()))?;
        let desk = self.desk;
        let mut request = ask::request(desk, &url, None, None);
        if let Some(Pass { header: (name, value), .. }) =
            self.pass.as_ref().filter(|pass| pass.origin == login::origin(&url))
        {
            request.headers.insert(name, value.clone());
        }
        let turn = tokio::time::timeout(TURN, desk.hosts.enter(&parsed)).await.map_err(late)?;
        let answer = desk.client.send(request).await.map_err(failed)?;
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

    /// The feeds of a page.
    async fn around(&self, page: &str, base: &str) -> Vec<Candidate> {
        let end = tokio::time::Instant::now() + AROUND;
        let mut found: Vec<Candidate> = Vec::new();
        for (index, link) in feed::discover::links(page, base).into_iter().enumerate() {
            let seen =
                if index < NAMED_MAX { self.candidate(&link.url, end).await } else { Err("not looked at".to_owned()) };
            let seen =
                seen.unwrap_or_else(|problem| Candidate { problem: Some(problem), ..unseen(link.url, FoundBy::Named) });
            found.push(Candidate { title: link.title.or(seen.title), found: FoundBy::Named, ..seen });
        }
        if !found.is_empty() {
            return found;
        }
        let linked = feed::discover::anchors(page, base).into_iter().take(LINKED_MAX).map(|url| (url, FoundBy::Linked));
        let guessed = feed::discover::well_known(base).into_iter().take(GUESSED_MAX).map(|url| (url, FoundBy::Guessed));
        for (url, by) in linked.chain(guessed) {
            // What links lead to is better than what is guessed.
            if found.len() >= ENOUGH || by == FoundBy::Guessed && found.iter().any(|one| one.found == FoundBy::Linked) {
                break;
            }
            if let Ok(seen) = self.candidate(&url, end).await
                && !found.iter().any(|known| known.url == seen.url)
            {
                found.push(Candidate { found: by, ..seen });
            }
        }
        found
    }

    /// A look at what may be a feed, or why there is nothing to see.
    async fn candidate(&self, url: &str, end: tokio::time::Instant) -> Result<Candidate, String> {
        let url = ask::normal(url)?;
        let seen = tokio::time::timeout_at(end, self.visit(&url)).await.map_err(|_| "it was too slow".to_owned())?;
        match seen {
            Ok(Seen::Feed(feed)) => Ok(Candidate {
                title: feed.title,
                kind: feed.kind,
                entries: feed.entries,
                newest_at: feed.newest_at,
                items: feed.items,
                // What redirects lead to is one feed, whichever way one came.
                ..unseen(feed.final_url, FoundBy::Guessed)
            }),
            Ok(Seen::Page { source, .. }) => Err(source.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn look(url: String, answer: &connect::Response) -> Result<Seen, Error> {
    let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    let final_url = answer.url.to_string();
    let hints = feed::Hints { url: Some(&final_url), content_type, ..feed::Hints::default() };
    match feed::parse(&answer.body, &hints) {
        Ok(feed) => Ok(Seen::Feed(Box::new(of_feed(url, final_url, feed)))),
        Err(source @ feed::Error::NotAFeed { .. }) => {
            let text = feed::charset::decode(&answer.body, content_type, Some(&final_url)).text;
            Ok(Seen::Page { text: text.to_string(), final_url, source })
        }
        Err(source) => Err(Error::Feed { url, source }),
    }
}

fn unseen(url: String, found: FoundBy) -> Candidate {
    Candidate { url, title: None, found, kind: None, entries: 0, newest_at: None, items: Vec::new(), problem: None }
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
