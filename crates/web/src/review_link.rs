//! `/review/{token}`: the page on which somebody without an account judges one version, by a signed link. It needs no
//! script and reads well on a telephone.
//!
//! Invariants: nobody keeps or indexes it; what opens it is the token in its path alone, so that the form carries
//! nothing else; sending the form twice decides once.

use askama::Template;
use axum::Form;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use desk::moderation::link::{self, Sheet, Standing, Verdict};
use guard::headers::{Csp, PRIVATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::App;
use crate::assets::REVIEW_LINK_CSS;
use crate::auth::Address;
use crate::problem::{self, Problem};

mod words;

use words::Words;

/// The address of the page.
pub fn routes() -> Router<App> {
    Router::new().route("/review/{token}", get(show).post(decide))
}

#[derive(Template)]
#[template(path = "review_link.html")]
struct Page {
    words: &'static Words,
    site: String,
    css: &'static str,
    title: String,
    /// What is to be said in place of, or above, the text.
    said: Option<Said>,
    text: Option<Text>,
}

struct Said {
    heading: &'static str,
    detail: String,
    is_wrong: bool,
}

/// The version that is to be judged.
struct Text {
    excerpt: String,
    /// Sanitised.
    html: String,
    language: String,
    sources: Vec<Source>,
    /// In hundredths.
    score: u32,
    reviewer: String,
    note: String,
    /// Until when it can be used, in UTC.
    until: String,
    comment: String,
}

struct Source {
    name: String,
    title: String,
    href: Option<String>,
}

/// The form.
#[derive(Deserialize)]
struct Decision {
    decision: String,
    #[serde(default)]
    comment: String,
}

async fn show(State(app): State<App>, Path(token): Path<String>, address: Address, headers: HeaderMap) -> Response {
    let words = Words::of(&headers);
    if let Some(refused) = too_many(&app, words, &address) {
        return refused;
    }
    match link::open(&app.desk, &token).await {
        Ok(Some(sheet)) => draw(&app, words, sheet, String::new(), false),
        Ok(None) => unknown(&app, words, &address),
        Err(error) => failed(&app, words, &Problem::from(error)),
    }
}

async fn decide(
    State(app): State<App>,
    Path(token): Path<String>,
    address: Address,
    headers: HeaderMap,
    form: Result<Form<Decision>, FormRejection>,
) -> Response {
    let words = Words::of(&headers);
    if let Some(refused) = too_many(&app, words, &address) {
        return refused;
    }
    let malformed = || failed(&app, words, &Problem::new(&problem::MALFORMED, "the form cannot be read"));
    let Ok(Form(Decision { decision, comment })) = form else { return malformed() };
    // Browsers end the lines of a text area with CRLF.
    let comment = comment.replace("\r\n", "\n");
    let verdict = match decision.as_str() {
        "approve" => Verdict::Approve { comment: comment.clone() },
        "return" => Verdict::SendBack { comment: comment.clone() },
        _ => return malformed(),
    };
    match link::decide(&app.desk, &token, verdict).await {
        Ok(Some(sheet)) => draw(&app, words, sheet, comment, false),
        Ok(None) => unknown(&app, words, &address),
        Err(desk::Error::Invalid(_)) => match link::open(&app.desk, &token).await {
            Ok(Some(sheet)) => draw(&app, words, sheet, comment, true),
            Ok(None) => unknown(&app, words, &address),
            Err(error) => failed(&app, words, &Problem::from(error)),
        },
        Err(error) => failed(&app, words, &Problem::from(error)),
    }
}

/// The page for where the link stands; `lacks_comment`: what was typed cannot be taken as it is.
fn draw(app: &App, words: &'static Words, sheet: Sheet, comment: String, lacks_comment: bool) -> Response {
    let Sheet { link, standing, post: _, text } = sheet;
    let plain = |heading, detail: &str| Some(Said { heading, detail: detail.to_owned(), is_wrong: true });
    let (status, said) = match &standing {
        Standing::Open if lacks_comment => {
            (StatusCode::UNPROCESSABLE_ENTITY, plain(words.comment_needed, words.comment_needed_text))
        }
        Standing::Open => (StatusCode::OK, None),
        Standing::Used => {
            let (heading, detail) = match link.outcome.as_deref() {
                Some("rejected") => (words.sent_back, words.sent_back_text),
                Some("endorsed") => (words.approved, words.endorsed_text),
                _ => (words.approved, words.approved_text),
            };
            (StatusCode::OK, Some(Said { heading, detail: detail.to_owned(), is_wrong: false }))
        }
        Standing::Expired => (StatusCode::GONE, plain(words.expired, words.ask_again)),
        Standing::Revoked => (StatusCode::GONE, plain(words.revoked, words.ask_again)),
        Standing::Newer => (StatusCode::CONFLICT, plain(words.newer, words.newer_text)),
        Standing::Settled => (StatusCode::CONFLICT, plain(words.settled, words.settled_text)),
        Standing::Refused => (StatusCode::CONFLICT, plain(words.refused, words.refused_text)),
    };
    // Whoever may no longer decide sees no text any more: the link has lost its purpose.
    let shown = (standing == Standing::Open).then(|| Text {
        excerpt: text.excerpt,
        html: text::markdown::to_html(&text.body),
        language: text.analysis["language"].as_str().unwrap_or("en").to_owned(),
        sources: text
            .sources
            .into_iter()
            .map(|source| Source {
                href: (source.url.starts_with("https://") || source.url.starts_with("http://")).then_some(source.url),
                name: source.name,
                title: source.title,
            })
            .collect(),
        score: (text.score * 100.0).round() as u32,
        reviewer: link.reviewer,
        note: link.note,
        until: until(link.expires_at),
        comment,
    });
    let title = if shown.is_some() { text.title } else { words.review.to_owned() };
    page(app, words, status, title, said, shown)
}

fn until(at: stdx::Timestamp) -> String {
    let c = at.civil();
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", c.year, c.month, c.day, c.hour, c.minute)
}

/// A token that nobody signed. Guessing on is made slow.
fn unknown(app: &App, words: &'static Words, address: &Address) -> Response {
    app.sign_in_limit.check(address.0, app.desk.now());
    let said = Said { heading: words.unknown, detail: words.unknown_text.to_owned(), is_wrong: true };
    page(app, words, StatusCode::NOT_FOUND, words.review.to_owned(), Some(said), None)
}

fn too_many(app: &App, words: &'static Words, address: &Address) -> Option<Response> {
    let verdict = app.review_limit.check(address.0, app.desk.now());
    if verdict.allowed {
        return None;
    }
    let said = Said { heading: words.too_many, detail: words.too_many_text.to_owned(), is_wrong: true };
    let mut response = page(app, words, StatusCode::TOO_MANY_REQUESTS, words.review.to_owned(), Some(said), None);
    let wait = verdict.retry_after.as_secs().max(1);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    Some(response)
}

fn failed(app: &App, words: &'static Words, problem: &Problem) -> Response {
    let said = Said { heading: words.broken, detail: words.broken_text.to_owned(), is_wrong: true };
    problem.log();
    page(app, words, problem.status(), words.review.to_owned(), Some(said), None)
}

fn page(
    app: &App,
    words: &'static Words,
    status: StatusCode,
    title: String,
    said: Option<Said>,
    text: Option<Text>,
) -> Response {
    let page = Page { words, site: app.settings.name.clone(), css: REVIEW_LINK_CSS.href(), title, said, text };
    let html = page.render().unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a review link's page could not be drawn");
        words.broken.to_owned()
    });
    let mut response = Response::new(html.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(words.code));
    for (name, value) in PRIVATE {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&Csp::site().to_string()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
