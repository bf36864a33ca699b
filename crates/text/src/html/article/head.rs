//! What a page says of itself.

use serde_json::Value as Json;

use crate::html::walk::{after_raw, attributes, tag_name};

/// What is kept of the whole document, whose tags stand anywhere in the wild.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub title: Option<String>,
    pub base: Option<String>,
    pub canonical: Option<String>,
    /// What JSON-LD says.
    pub article: Told,
    lang: Option<String>,
    /// Names in lower case.
    metas: Vec<(String, String)>,
    /// The first `<time datetime>`.
    time: Option<String>,
    is_told: bool,
}

/// An article as schema.org describes it.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub headline: Option<String>,
    pub authors: Vec<String>,
    pub body: Option<String>,
    pub url: Option<String>,
    published: Option<String>,
    language: Option<String>,
}

const METAS_MAX: usize = 200;
const SCRIPTS_MAX: usize = 20;
const SCRIPT_BYTES_MAX: usize = 1 << 20;
/// Objects looked at in one script.
const OBJECTS_MAX: usize = 1_000;

impl Head {
    pub fn read(html: &str) -> Head {
        let mut head = Head::default();
        let (mut rest, mut scripts) = (html, 0);
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            let (name, after) = tag_name(rest);
            let name = name.to_ascii_lowercase();
            let Some((found, inside)) = attributes(after) else { break };
            let get = |name: &str| found.get(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
            rest = inside;
            match name.as_str() {
                "html" if head.lang.is_none() => head.lang = get("lang").or_else(|| get("xml:lang")),
                "base" if head.base.is_none() => head.base = get("href"),
                "link" if head.canonical.is_none() => {
                    let rel = get("rel").unwrap_or_default().to_ascii_lowercase();
                    head.canonical = get("href").filter(|_| rel.split_ascii_whitespace().any(|r| r == "canonical"));
                }
                "meta" if head.metas.len() < METAS_MAX => {
                    let name = ["property", "name", "itemprop", "http-equiv"].into_iter().find_map(get);
                    head.metas.extend(name.zip(get("content")).map(|(name, value)| (name.to_ascii_lowercase(), value)));
                }
                "time" if head.time.is_none() => head.time = get("datetime"),
                "title" | "script" | "style" | "textarea" | "noscript" | "iframe" | "xmp" => {
                    rest = after_raw(&name, inside);
                    let content = &inside[..inside.len() - rest.len()];
                    let content = content.rfind("</").map_or(content, |end| &content[..end]);
                    let kind = get("type").unwrap_or_default().to_ascii_lowercase();
                    if name == "title" && head.title.is_none() {
                        head.title = Some(content.trim().to_owned()).filter(|title| !title.is_empty());
                    }
                    if name == "script" && kind.starts_with("application/ld+json") && scripts < SCRIPTS_MAX {
                        scripts += 1;
                        head.listen(content);
                    }
                }
                _ => {}
            }
        }
        head
    }

    pub fn meta(&self, name: &str) -> Option<&str> {
        self.metas.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// It calls itself one.
    pub fn is_article(&self) -> bool {
        self.is_told || self.meta("og:type").is_some_and(|kind| kind.eq_ignore_ascii_case("article"))
    }

    pub fn published(&self) -> Option<String> {
        const NAMES: [&str; 9] = [
            "article:published_time",
            "datepublished",
            "og:published_time",
            "parsely-pub-date",
            "dc.date.issued",
            "dc.date",
            "publishdate",
            "pubdate",
            "date",
        ];
        let told = self.article.published.as_deref();
        let given = told.or_else(|| NAMES.iter().find_map(|name| self.meta(name))).or(self.time.as_deref());
        given.map(str::to_owned)
    }

    pub fn language(&self) -> Option<String> {
        let given = [
            self.article.language.as_deref(),
            self.lang.as_deref(),
            self.meta("og:locale"),
            self.meta("content-language"),
        ];
        given.into_iter().flatten().map(|language| language.replace('_', "-")).next()
    }

    /// Takes the first article that a script of JSON-LD describes.
    fn listen(&mut self, script: &str) {
        if self.is_told || script.len() > SCRIPT_BYTES_MAX {
            return;
        }
        let script = script.trim().trim_start_matches("<!--").trim_end_matches("-->");
        // Line ends within texts are frequent, and forbidden.
        let script: String = script.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let Ok(root) = serde_json::from_str::<Json>(&script) else { return };
        let mut open = vec![&root];
        let mut seen = 0;
        while let Some(value) = open.pop() {
            seen += 1;
            if seen > OBJECTS_MAX {
                return;
            }
            match value {
                Json::Array(list) => open.extend(list.iter().rev().take(OBJECTS_MAX)),
                Json::Object(object) if is_article(object.get("@type")) => {
                    self.article = told(object);
                    self.is_told = true;
                    return;
                }
                Json::Object(object) => {
                    open.extend(
                        ["mainEntityOfPage", "mainEntity", "@graph"].iter().filter_map(|name| object.get(*name)),
                    );
                }
                _ => {}
            }
        }
    }
}

/// `NewsArticle`, `BlogPosting`, `Report` and their kin.
fn is_article(kind: Option<&Json>) -> bool {
    let fits = |kind: &str| kind.ends_with("Article") || kind.ends_with("Posting") || kind == "Report";
    match kind {
        Some(Json::String(kind)) => fits(kind) && kind != "JobPosting",
        Some(Json::Array(kinds)) => kinds.iter().any(|kind| is_article(Some(kind))),
        _ => false,
    }
}

fn told(object: &serde_json::Map<String, Json>) -> Told {
    let text = |name: &str| object.get(name).and_then(word);
    let mut authors = Vec::new();
    match object.get("author").or_else(|| object.get("creator")) {
        Some(Json::Array(list)) => authors.extend(list.iter().filter_map(word)),
        Some(one) => authors.extend(word(one)),
        None => {}
    }
    Told {
        headline: text("headline").or_else(|| text("name")),
        authors,
        body: text("articleBody"),
        url: text("url").or_else(|| object.get("mainEntityOfPage")?.get("@id")?.as_str().map(str::to_owned)),
        published: text("datePublished").or_else(|| text("dateCreated")),
        language: text("inLanguage"),
    }
}

/// A text, or the name of what stands in its place.
fn word(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Json::Object(object) => word(object.get("name").filter(|name| name.is_string())?),
        _ => None,
    }
}
