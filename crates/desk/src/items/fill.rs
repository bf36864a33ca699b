//! What a feed leaves open is filled here: titles, links, dates, languages.

use std::collections::HashSet;
use std::time::Duration;

use stdx::Timestamp;
use text::language::Language;

use super::identity::{Keys, Marks, content_hash, keys};
use super::redirect::unwrapped;

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub keys: Keys,
    pub url: Option<String>,
    /// The form in which addresses of different sources meet; `None` when the address names more than this entry.
    pub canonical_url: Option<String>,
    pub title: String,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    pub language: String,
    pub content_html: String,
    pub text: String,
    pub content_hash: String,
    pub published_at: Timestamp,
    /// Why a rule of its source does not let it be news.
    pub ruled_out: Option<String>,
    /// The document ends in it: better than nothing, but not than what is there already.
    pub is_cut_off: bool,
}

/// A feed made ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub title: Option<String>,
    pub site_url: Option<String>,
    pub language: Option<String>,
    /// In the order of the feed.
    pub entries: Vec<Entry>,
    /// What the reader forgave.
    pub warnings: usize,
    /// Why nothing could be read of it, when a limit or the document's early end is the reason.
    pub hollow: Option<&'static str>,
    /// It ends too early, so that the site's word that nothing has changed would not say that we know all of it.
    pub truncated: bool,
    pub ttl: Option<Duration>,
    pub skip_hours: Vec<u8>,
    pub skip_days: Vec<u8>,
    /// The hub that tells of it, as far as the document itself says.
    pub hubs: Vec<String>,
    pub own: Option<String>,
}

/// More entries are not taken from one document.
const ENTRIES_MAX: usize = 10_000;
const TITLE_CHARS: usize = 300;
/// A title that is made from the text.
const TITLE_MADE_CHARS: usize = 100;
const HTML_BYTES: usize = 1 << 20;
const LIST_MAX: usize = 50;
const NAME_CHARS: usize = 200;
/// A date further ahead is a mistake.
const AHEAD_MAX: Duration = Duration::from_secs(600);

pub(crate) fn document(mut feed: feed::Feed, now: Timestamp) -> Document {
    feed.items.truncate(ENTRIES_MAX);
    let hollow = hollow(&feed);
    let truncated = feed.warnings.iter().any(|warning| warning.code == "truncated");
    // Half an entry that does not even say which it is comes whole another time, and must not be news twice.
    let mut is_cut_off = truncated;
    if truncated && feed.items.last().is_some_and(|item| item.id.is_none()) {
        feed.items.pop();
        is_cut_off = false;
    }
    let site_url = feed.link.as_deref().and_then(canonical);
    let drafts: Vec<(Option<String>, Entry)> =
        feed.items.iter().map(|item| entry(item, &feed, site_url.as_deref(), now)).collect();
    let keys = {
        let marks: Vec<Marks<'_>> = drafts
            .iter()
            .map(|(guid, e)| Marks {
                guid: guid.as_deref(),
                canonical_url: e.canonical_url.as_deref(),
                title: &e.title,
                text: &e.text,
            })
            .collect();
        keys(&marks)
    };
    let keyed = drafts.into_iter().zip(keys);
    let mut entries: Vec<Entry> = keyed.filter_map(|((_, entry), keys)| Some(Entry { keys: keys?, ..entry })).collect();
    let shared = shared_urls(&entries);
    for entry in &mut entries {
        // Entries that all lead to one page are not told apart by it.
        if entry.canonical_url.as_ref().is_some_and(|url| shared.contains(url)) {
            entry.canonical_url = None;
        }
        entry.content_hash = content_hash(entry);
    }
    if let Some(last) = entries.last_mut() {
        last.is_cut_off = is_cut_off;
    }
    Document {
        entries,
        title: feed.title.as_deref().map(|title| line(title, TITLE_CHARS)).filter(|title| !title.is_empty()),
        site_url: feed.link.as_deref().and_then(http_url),
        language: feed.language.as_deref().map(|language| line(language, 35)),
        warnings: feed.warnings.len(),
        hollow,
        truncated,
        ttl: feed.ttl_minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes))),
        skip_hours: feed.skip_hours,
        skip_days: feed.skip_days,
        hubs: feed.hubs,
        own: feed.self_link,
    }
}

/// An empty feed is no failure; one that is empty since it was cut off or built to be endless is.
fn hollow(feed: &feed::Feed) -> Option<&'static str> {
    let has = |code: &str| feed.items.is_empty() && feed.warnings.iter().any(|warning| warning.code == code);
    if has("too-deep") {
        return Some("no entry could be read: its elements are nested beyond the depth that is read");
    }
    if has("too-many-elements") {
        return Some("no entry could be read: it has more elements than are read");
    }
    has("truncated").then_some("no entry could be read: the document ends too early")
}

/// Addresses that several entries have.
fn shared_urls(entries: &[Entry]) -> HashSet<String> {
    let mut seen = HashSet::new();
    entries.iter().filter_map(|entry| entry.canonical_url.as_ref()).filter(|url| !seen.insert(*url)).cloned().collect()
}

/// An entry without its keys, and its guid.
fn entry(item: &feed::Item, feed: &feed::Feed, site: Option<&str>, now: Timestamp) -> (Option<String>, Entry) {
    let guid = item.id.as_deref().map(str::trim_end).filter(|id| !id.is_empty());
    let content = [&item.content_html, &item.summary_html].into_iter().flatten().find(|html| !html.trim().is_empty());
    let content_html = clean(&bounded(content.map_or("", String::as_str)));
    let text = plain(&text::html::to_text(&content_html));
    // The link before a counter of clicks replaced it, the link, a guid that is an address, the enclosure: these name the entry.
    let enclosure = item.enclosures.first().map(|e| e.url.as_str());
    let given = [item.original_link.as_deref(), item.link.as_deref(), guid, enclosure];
    let own = given.into_iter().flatten().find_map(http_url);
    let own = own.map(|url| unwrapped(&url).unwrap_or(url));
    let canonical_url =
        own.as_deref().and_then(canonical).filter(|url| Some(url.as_str()) != site && !is_front_page(url));
    let entry = Entry {
        keys: Keys { plain: String::new(), precise: String::new(), repeated: false, anonymous: false },
        // The site's own address at least says where the entry comes from.
        url: own.as_deref().and_then(canonical).or_else(|| site.map(str::to_owned)),
        canonical_url,
        title: title(item, &text, own.as_deref()),
        authors: names(&item.authors),
        categories: names(&item.categories),
        language: language(item, feed, &text),
        text,
        content_html,
        content_hash: String::new(),
        published_at: date(item, now),
        ruled_out: None,
        is_cut_off: false,
    };
    (guid.map(clean), entry)
}

fn title(item: &feed::Item, text: &str, url: Option<&str>) -> String {
    let given = line(item.title.as_deref().unwrap_or_default(), TITLE_CHARS);
    if !given.is_empty() {
        return given;
    }
    let start = line(text, TITLE_MADE_CHARS);
    if !start.is_empty() {
        return start;
    }
    url.map_or_else(|| "Untitled".to_owned(), |url| line(url, TITLE_CHARS))
}

/// The date it says, if that can be true: not before 1970 and not in the future.
fn date(item: &feed::Item, now: Timestamp) -> Timestamp {
    let given = item.published_at.or(item.updated_at);
    given.filter(|at| *at > Timestamp::EPOCH && *at <= now + AHEAD_MAX).unwrap_or(now)
}

/// What the text is in; the feed's word counts where the text is too short to tell, since many feeds
/// declare the language of the software that wrote them.
fn language(item: &feed::Item, feed: &feed::Feed, text: &str) -> String {
    const ENOUGH_CHARS: usize = 40;
    let declared = item.language.as_deref().or(feed.language.as_deref()).and_then(Language::from_code);
    let sample = format!("{}. {text}", item.title.as_deref().unwrap_or_default());
    let sample = &sample[..sample.floor_char_boundary(4_096)];
    let detected = || text::language::detect(&text::token::Tokens::of(sample));
    let language = match declared {
        Some(language) if sample.chars().count() < ENOUGH_CHARS => language,
        Some(language) => match detected() {
            Language::Undetermined => language,
            found => found,
        },
        None => detected(),
    };
    language.code().to_owned()
}

fn http_url(url: &str) -> Option<String> {
    let url = url.trim();
    canonical(url).is_some().then(|| clean(url))
}

fn canonical(url: &str) -> Option<String> {
    text::link::canonical_url(url)
}

fn is_front_page(url: &str) -> bool {
    connect::Url::parse(url).is_ok_and(|url| url.path() == "/" && url.query().is_none())
}

fn names(given: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in given.iter().map(|name| line(name, NAME_CHARS)).filter(|name| !name.is_empty()) {
        if names.len() < LIST_MAX && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// HTML of a bearable length; what is cut off is closed again.
fn bounded(html: &str) -> String {
    if html.len() <= HTML_BYTES {
        return html.to_owned();
    }
    text::html::sanitize(&html[..html.floor_char_boundary(HTML_BYTES)], None)
}

/// One line without surplus blanks, cut at a word when it is longer than `chars`.
fn line(text: &str, chars: usize) -> String {
    let text = plain(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = text.char_indices().nth(chars) else { return text };
    let cut = &text[..end];
    let cut = cut.rfind(' ').filter(|at| *at > end / 2).map_or(cut, |at| &cut[..at]);
    format!("{}…", cut.trim_end_matches([' ', ',', ';', ':', '.']))
}

/// Without zero bytes, which no database can hold.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// Without what a reader does not see: control characters and marks that turn or hide text.
fn plain(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200B}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
    };
    text.chars().filter(|c| !hidden(*c)).collect()
}
