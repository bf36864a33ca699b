//! Items as somebody gives them, without a feed around them: pushed as JSON, written by hand, or taken from a page.

use serde_json::{Map, Value as Json};
use stdx::Timestamp;
use text::html::{escape, sanitize};
use text::language::Language;

use crate::{Fault, sources};

/// One item. What is left open is filled as in a feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// What its giver calls it; the same again is a new version of it.
    pub id: Option<String>,
    pub url: Option<String>,
    pub title: Option<String>,
    /// Plain text, paragraphs parted by empty lines.
    pub text: Option<String>,
    /// In its place; it is sanitised.
    pub html: Option<String>,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    pub published_at: Option<Timestamp>,
    pub language: Option<String>,
}

/// Items of one delivery.
pub(super) const ITEMS_MAX: usize = 1_000;
const ID_BYTES_MAX: usize = 1_000;
const LIST_MAX: usize = 50;

impl Given {
    /// All that is wrong with it; `at` is where it stands, as a JSON pointer.
    pub fn faults(&self, at: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut wrong = |name: &str, detail: &str| faults.push(Fault::new(format!("{at}/{name}"), detail));
        if self.id.as_ref().is_some_and(|id| id.trim().is_empty() || id.len() > ID_BYTES_MAX) {
            wrong("id", "must have 1 to 1000 bytes");
        }
        if let Some(Err(why)) = self.url.as_deref().map(sources::normal) {
            wrong("url", &why);
        }
        if self.text.is_some() && self.html.is_some() {
            wrong("html", "give either text or html");
        }
        let is_empty = |part: &Option<String>| part.as_ref().is_none_or(|part| part.trim().is_empty());
        if [&self.title, &self.text, &self.html].into_iter().all(is_empty) {
            wrong("title", "an item needs a title, a text or both");
        }
        if self.language.as_deref().is_some_and(|code| Language::from_code(code).is_none()) {
            wrong("language", "must be a code such as en or tr");
        }
        for (name, list) in [("authors", &self.authors), ("categories", &self.categories)] {
            if list.len() > LIST_MAX {
                wrong(name, "must have at most 50 entries");
            }
        }
        faults
    }

    fn item(self) -> feed::Item {
        let html = match (self.html, self.text) {
            (Some(html), _) => Some(sanitize(&html, self.url.as_deref())),
            (None, Some(text)) => Some(paragraphs(&text)),
            (None, None) => None,
        };
        feed::Item {
            id: self.id,
            title: self.title.map(|title| title.trim().to_owned()),
            link: self.url,
            published_at: self.published_at,
            authors: self.authors,
            content_html: html,
            categories: self.categories,
            language: self.language,
            ..feed::Item::default()
        }
    }
}

/// Plain text as HTML that shows it.
fn paragraphs(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for part in text.replace("\r\n", "\n").split("\n\n").map(str::trim).filter(|part| !part.is_empty()) {
        let lines: Vec<_> = part.lines().map(|line| escape(line.trim())).collect();
        out.extend(["<p>", &lines.join("<br>"), "</p>"]);
    }
    out
}

/// Items as the feed that they would be. Of several with one id the last counts: it is what its sender says now.
pub(super) fn as_feed(given: Vec<Given>) -> feed::Feed {
    let mut kept: Vec<Given> = Vec::with_capacity(given.len());
    let mut by_id = std::collections::HashMap::new();
    for one in given {
        match one.id.as_ref().map(|id| id.trim_end().to_owned()) {
            Some(id) => match by_id.get(&id) {
                Some(at) => kept[*at] = one,
                None => {
                    by_id.insert(id, kept.len());
                    kept.push(one);
                }
            },
            None => kept.push(one),
        }
    }
    feed::Feed {
        kind: feed::Kind::JsonFeed11,
        version: String::new(),
        title: None,
        link: None,
        language: None,
        items: kept.into_iter().map(Given::item).collect(),
        warnings: Vec::new(),
        description: None,
        updated_at: None,
        ttl_minutes: None,
        skip_hours: Vec::new(),
        skip_days: Vec::new(),
        hubs: Vec::new(),
        self_link: None,
        guid: None,
        rights: None,
    }
}

/// The items of a delivery: one, or `{"items": […]}`, either also as `data` of an event (`{"type", "timestamp", "data"}`). What
/// is not known is passed over, what is known and wrong is told.
///
/// # Errors
/// All that is wrong, with where it stands.
pub(super) fn read(body: &Json) -> Result<Vec<Given>, Vec<Fault>> {
    let mut at = String::new();
    let mut object = as_object(body, &at)?;
    if object.contains_key("type")
        && let Some(data) = object.get("data")
    {
        at.push_str("/data");
        object = as_object(data, &at)?;
    }
    let Some(list) = object.get("items") else { return one(object, &at).map(|one| vec![one]) };
    let Json::Array(list) = list else { return Err(vec![Fault::new(format!("{at}/items"), "must be an array")]) };
    if !(1..=ITEMS_MAX).contains(&list.len()) {
        return Err(vec![Fault::new(format!("{at}/items"), format!("must have 1 to {ITEMS_MAX} items"))]);
    }
    let (mut items, mut faults) = (Vec::with_capacity(list.len()), Vec::new());
    for (i, value) in list.iter().enumerate() {
        let at = format!("{at}/items/{i}");
        match as_object(value, &at).and_then(|object| one(object, &at)) {
            Ok(one) => items.push(one),
            Err(wrong) => faults.extend(wrong),
        }
    }
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

fn as_object<'a>(value: &'a Json, at: &str) -> Result<&'a Map<String, Json>, Vec<Fault>> {
    value.as_object().ok_or_else(|| vec![Fault::new(at, "must be an object")])
}

fn one(object: &Map<String, Json>, at: &str) -> Result<Given, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut text = |name: &str| match object.get(name) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text.clone()),
        // Ids are numbers in many systems.
        Some(Json::Number(number)) if name == "id" => Some(number.to_string()),
        Some(_) => {
            faults.push(Fault::new(format!("{at}/{name}"), "must be a text"));
            None
        }
    };
    let given = Given {
        id: text("id"),
        url: text("url"),
        title: text("title"),
        text: text("text"),
        html: text("html"),
        language: text("language"),
        ..Given::default()
    };
    let date = text("published_at");
    let published_at = date.as_deref().and_then(feed::date::parse);
    if date.is_some() && published_at.is_none() {
        faults.push(Fault::new(format!("{at}/published_at"), "must be a time such as 2026-11-20T09:00:00Z"));
    }
    let mut list = |name: &str| match object.get(name) {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::String(one)) => vec![one.clone()],
        Some(Json::Array(list)) if list.iter().all(Json::is_string) => {
            list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
        }
        Some(_) => {
            faults.push(Fault::new(format!("{at}/{name}"), "must be a text or a list of texts"));
            Vec::new()
        }
    };
    let mut authors = list("author");
    authors.extend(list("authors"));
    let categories = list("categories");
    let given = Given { authors, categories, published_at, ..given };
    faults.extend(given.faults(at));
    if faults.is_empty() { Ok(given) } else { Err(faults) }
}
