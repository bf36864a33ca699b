//! JSON Feed 1.0 and 1.1 (jsonfeed.org), read field by field: a wrong type costs the field, not the feed.

use serde_json::{Map, Value};
use stdx::Timestamp;

use crate::model::Warnings;
use crate::{Enclosure, Error, Feed, Hints, Item, JsonError, Kind, date, link, markup};

type Object = Map<String, Value>;

/// Items beyond this are left out, as in XML.
const ITEMS_MAX: usize = 50_000;
const LIST_MAX: usize = 200;

pub fn parse(text: &str, hints: &Hints<'_>, mut warnings: Warnings) -> Result<Feed, Error> {
    let Value::Object(root) = read(text, &mut warnings)? else {
        return Err(Error::NotAFeed { found: "json".into() });
    };
    let version = root.get("version").and_then(Value::as_str).unwrap_or_default();
    let declared = version.split_once("jsonfeed.org/version/").map(|(_, v)| v.trim_matches('/').to_string());
    if declared.is_none() && !root.get("items").is_some_and(Value::is_array) {
        return Err(Error::NotAFeed { found: "json".into() });
    }
    let version = declared.unwrap_or_default();
    let home = string(&root, "home_page_url");
    let own = string(&root, "feed_url");
    // As in XML: where the document came from must be known.
    let bases: Vec<&str> = match hints.url {
        Some(url) => own.as_deref().into_iter().chain(home.as_deref()).chain([url]).collect(),
        None => Vec::new(),
    };
    let mut reader = ItemReader { bases: &bases, sanitize: hints.sanitize, warnings: &mut warnings };
    let items = objects(&root, "items").take(ITEMS_MAX).map(|item| reader.item(item)).collect();
    let hubs =
        objects(&root, "hubs").take(10).filter_map(|hub| link::resolve(&string(hub, "url")?, bases.iter().copied()));
    Ok(Feed {
        kind: if version == "1" || version == "1.0" { Kind::JsonFeed1 } else { Kind::JsonFeed11 },
        version,
        title: line(&root, "title"),
        link: home.as_deref().and_then(|l| link::resolve(l, bases.iter().copied())),
        description: line(&root, "description"),
        language: string(&root, "language"),
        updated_at: None,
        ttl_minutes: None,
        skip_hours: Vec::new(),
        skip_days: Vec::new(),
        hubs: hubs.collect(),
        self_link: own.as_deref().and_then(|l| link::resolve(l, bases.iter().copied())),
        guid: None,
        rights: None,
        items,
        warnings: warnings.into_vec(),
    })
}

/// The document; one that stops early is closed after the last complete value.
fn read(text: &str, warnings: &mut Warnings) -> Result<Value, Error> {
    let error = match serde_json::Deserializer::from_str(text).into_iter().next() {
        Some(Ok(value)) => return Ok(value),
        Some(Err(error)) => error,
        None => return Err(Error::Empty),
    };
    let looks_like_feed = text.contains("jsonfeed.org") || text.contains("\"items\"");
    if !looks_like_feed {
        return Err(Error::NotAFeed { found: "broken json".into() });
    }
    let closed = if error.is_eof() { closed(text) } else { None };
    match closed.and_then(|c| serde_json::from_str(&c).ok()) {
        Some(value) => {
            warnings.add("truncated", "the document ends early");
            Ok(value)
        }
        None => Err(JsonError(error.to_string()).into()),
    }
}

/// `text` up to its last complete object or array, with what is still open there closed.
fn closed(text: &str) -> Option<String> {
    let mut open: Vec<u8> = Vec::new();
    let mut keep: Option<(usize, Vec<u8>)> = None;
    let (mut in_string, mut escaped) = (false, false);
    for (i, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                open.pop()?;
                // Deeper than serde_json reads; copying the stack here must stay cheap.
                if open.len() > 128 {
                    return None;
                }
                match &mut keep {
                    Some((end, stack)) => {
                        *end = i + 1;
                        stack.clone_from(&open);
                    }
                    None => keep = Some((i + 1, open.clone())),
                }
            }
            _ => {}
        }
    }
    let (end, stack) = keep?;
    let mut out = text[..end].to_string();
    out.extend(stack.iter().rev().map(|b| char::from(*b)));
    Some(out)
}

struct ItemReader<'r> {
    bases: &'r [&'r str],
    sanitize: bool,
    warnings: &'r mut Warnings,
}

impl ItemReader<'_> {
    fn item(&mut self, item: &Object) -> Item {
        let html = string(item, "content_html");
        let content = html.or_else(|| string(item, "content_text").map(|t| markup::escape(&t).into_owned()));
        let summary = string(item, "summary").map(|t| markup::escape(&t).into_owned());
        let mut authors: Vec<String> = objects(item, "authors").take(LIST_MAX).filter_map(author).collect();
        if authors.is_empty() {
            authors.extend(item.get("author").and_then(Value::as_object).and_then(author));
        }
        let enclosures = objects(item, "attachments").take(LIST_MAX).filter_map(|a| {
            Some(Enclosure {
                url: self.link(&string(a, "url")?)?,
                media_type: string(a, "mime_type"),
                length: a.get("size_in_bytes").and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok())),
            })
        });
        let tags = item.get("tags").and_then(Value::as_array).into_iter().flatten();
        let image = string(item, "image").or_else(|| string(item, "banner_image"));
        Item {
            id: item.get("id").and_then(identity),
            title: line(item, "title"),
            link: string(item, "url").and_then(|l| self.link(&l)),
            authors,
            enclosures: enclosures.collect(),
            categories: tags
                .filter_map(Value::as_str)
                .map(markup::one_line)
                .filter(|t| !t.is_empty())
                .take(LIST_MAX)
                .collect(),
            language: string(item, "language"),
            image: image.and_then(|l| self.link(&l)),
            content_html: content.and_then(|h| self.html(h)),
            summary_html: summary.and_then(|h| self.html(h)),
            published_at: self.date(item, "date_published"),
            updated_at: self.date(item, "date_modified"),
            ..Item::default()
        }
    }

    fn link(&self, raw: &str) -> Option<String> {
        link::resolve(raw, self.bases.iter().copied())
    }

    fn html(&self, html: String) -> Option<String> {
        if !self.sanitize {
            return Some(html);
        }
        let base = link::resolve_base(self.bases.iter().copied());
        Some(markup::sanitize(&html, base.as_ref().map(url::Url::as_str))).filter(|h| !h.trim().is_empty())
    }

    fn date(&mut self, item: &Object, key: &str) -> Option<Timestamp> {
        let text = item.get(key).and_then(identity)?;
        let date = date::parse(&text);
        if date.is_none() {
            self.warnings.add("date-unreadable", text);
        }
        date
    }
}

fn string(object: &Object, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(|s| s.trim().to_string()).filter(|s| !s.is_empty())
}

fn line(object: &Object, key: &str) -> Option<String> {
    let line = markup::one_line(object.get(key)?.as_str()?);
    (!line.is_empty()).then_some(line)
}

/// Text, or a number in the form it was written.
fn identity(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_string()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn author(person: &Object) -> Option<String> {
    line(person, "name").or_else(|| string(person, "url"))
}

fn objects<'o>(object: &'o Object, key: &str) -> impl Iterator<Item = &'o Object> {
    object.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
