//! The article of a page: what a reader came for, without what stands around it.
//!
//! What the page says of itself comes first (schema.org in JSON-LD, Open Graph, `meta`), and where it says nothing, what its
//! markup shows: the block with most paragraphs and fewest links. One pass for the head, one for the body, no look-ups.

mod block;
mod head;

use std::fmt;

use url::Url;

use super::{decode_entities, escape, sanitize, strip_tags, to_text};
use head::Head;

/// What was found on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Plain text, never empty.
    pub title: String,
    /// Sanitised; links are absolute.
    pub html: String,
    /// The same as plain text.
    pub text: String,
    pub authors: Vec<String>,
    /// When it was published, as the page writes it.
    pub published: Option<String>,
    /// As the page declares it, such as `en` or `tr-TR`.
    pub language: Option<String>,
    /// What the page calls its own address, if that is one of its own host.
    pub canonical: Option<String>,
}

/// Why a page has no article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoArticle {
    /// There is no paragraph of text; pages that are made by a script in the browser look so.
    NoText,
    /// Its longest part has only so many characters: a notice, a question for consent, a list of teasers.
    Short { chars: usize },
    /// Its longest part is mostly links.
    Links,
}

impl fmt::Display for NoArticle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoArticle::NoText => {
                f.write_str("the page has no paragraph of text; it may be made by a script in the browser")
            }
            NoArticle::Short { chars } => write!(f, "the longest text of the page has only {chars} characters"),
            NoArticle::Links => f.write_str("the page is mostly links, as an overview is"),
        }
    }
}

impl std::error::Error for NoArticle {}

/// Characters, blanks aside, that a text must have; fewer are enough where the page calls itself an article.
const CHARS_MIN: usize = 250;
const CHARS_MIN_DECLARED: usize = 80;
const AUTHORS_MAX: usize = 20;

/// The article of `html`, which came from `url`.
///
/// # Errors
/// [`NoArticle`], which says what stands there instead.
pub fn article(html: &str, url: &str) -> Result<Article, NoArticle> {
    let head = Head::read(html);
    let page = Url::parse(url).ok();
    let base = match (&page, head.base.as_deref()) {
        (Some(page), Some(base)) => page.join(base).ok().or_else(|| Some(page.clone())),
        (None, Some(base)) => Url::parse(base).ok(),
        (page, None) => page.clone(),
    };
    let found = block::densest(html);
    let title = title(&head, found.headline.as_deref());
    let clean = sanitize(&found.html(&title), base.as_ref().map(Url::as_str));
    let (mut text, mut clean) = (to_text(&clean), clean);
    let told = head.article.body.as_deref().map(paragraphs).unwrap_or_default();
    let told_text = to_text(&told);
    // Some pages show the beginning and say the rest only to machines.
    let is_told = weight(&told_text) * 2 > weight(&text) * 3;
    if is_told {
        (text, clean) = (told_text, told);
    }
    let chars = weight(&text);
    let least = if head.is_article() { CHARS_MIN_DECLARED } else { CHARS_MIN };
    if !is_told && found.is_links() {
        return Err(NoArticle::Links);
    }
    if chars == 0 {
        return Err(NoArticle::NoText);
    }
    if chars < least {
        return Err(NoArticle::Short { chars });
    }
    let title = if title.is_empty() { beginning(&text) } else { title };
    Ok(Article {
        title,
        html: clean,
        text,
        authors: authors(&head),
        published: head.published(),
        language: head.language(),
        canonical: page.and_then(|page| canonical(&head, &page, base.as_ref())),
    })
}

/// Characters of a text, blanks aside.
fn weight(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

fn title(head: &Head, headline: Option<&str>) -> String {
    let given = [head.article.headline.as_deref(), head.meta("og:title"), head.meta("twitter:title"), headline];
    let one = given.into_iter().flatten().map(strip_tags).find(|title| !title.is_empty());
    one.unwrap_or_else(|| {
        let whole = strip_tags(head.title.as_deref().unwrap_or_default());
        without_site(&whole, head.meta("og:site_name").unwrap_or_default()).to_owned()
    })
}

/// `Fire in the harbour | The Courier` without the name of the site.
fn without_site<'a>(title: &'a str, site: &str) -> &'a str {
    let cut = [" | ", " - ", " – ", " — ", " · ", " » "].into_iter().find_map(|mark| {
        let (before, after) = title.rsplit_once(mark)?;
        (!site.is_empty() && after.trim().to_lowercase() == site.trim().to_lowercase()).then_some(before)
    });
    cut.unwrap_or(title).trim()
}

/// The first words of a text, for an article without a title.
fn beginning(text: &str) -> String {
    let line = text.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    line.chars().take(100).collect()
}

fn authors(head: &Head) -> Vec<String> {
    let metas = ["author", "article:author", "parsely-author", "dc.creator", "dcterms.creator"];
    let mut names: Vec<String> = Vec::new();
    let told = head.article.authors.iter().map(String::as_str);
    // The article's own word, else the first element that names somebody.
    let given: Vec<&str> = match told.clone().next() {
        Some(_) => told.collect(),
        None => metas.into_iter().filter_map(|name| head.meta(name)).take(1).collect(),
    };
    for name in given.into_iter().map(strip_tags) {
        // A profile's address is no name.
        if !name.is_empty() && !name.contains("://") && names.len() < AUTHORS_MAX && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The page's own address. One of another host would let any page take another's place.
fn canonical(head: &Head, page: &Url, base: Option<&Url>) -> Option<String> {
    let host = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    let given = [head.canonical.as_deref(), head.meta("og:url"), head.article.url.as_deref()];
    let own = given.into_iter().flatten().find_map(|given| {
        let mut url = base.unwrap_or(page).join(given.trim()).ok()?;
        url.set_fragment(None);
        let is_own = matches!(url.scheme(), "http" | "https") && host(&url) == host(page);
        // Sites that name their front page on every page mean nothing by it.
        (is_own && url.username().is_empty() && (url.path() != "/" || page.path() == "/")).then_some(url)
    });
    own.map(String::from)
}

/// A text that the page says to machines, as HTML.
fn paragraphs(body: &str) -> String {
    if body.contains("<p") || body.contains("<br") {
        return sanitize(body, None);
    }
    let body = decode_entities(body);
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("<p>{}</p>", escape(line))).collect()
}

#[cfg(test)]
mod tests;
