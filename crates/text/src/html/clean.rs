//! The sanitiser: our walker writes a small, balanced, resolved document, ammonia judges it again.

use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::escape;
use super::walk::{Attributes, Visitor, walk};

/// What every link of a stranger carries.
const REL: &str = "nofollow noopener";

/// `html` reduced to an allow-list: no scripts, styles, forms, frames, foreign markup, handlers or
/// hidden parts; links to http, https and mailto only, each `rel="nofollow noopener"`; media from http
/// and https only, tracking pixels left out.
///
/// Relative addresses (`href src srcset poster cite`) are resolved against `base`; without a base, or
/// with one that is no http address, they stay as written. Applying it twice changes nothing.
pub fn sanitize(html: &str, base: Option<&str>) -> String {
    let base = base.and_then(|base| Url::parse(base).ok()).filter(|base| matches!(base.scheme(), "http" | "https"));
    let mut draft = Draft { out: String::with_capacity(html.len()), base, pre_opened: false };
    walk(html, &mut draft);
    JUDGE.clean(&draft.out).to_string()
}

struct Draft {
    out: String,
    base: Option<Url>,
    /// Just after `<pre>`, where a parser drops a line end; so do we, or each pass would eat one more.
    pre_opened: bool,
}

impl Visitor for Draft {
    fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) -> bool {
        let kept = self.attributes(name, attributes);
        let has = |wanted: &str| kept.iter().any(|(name, _)| *name == wanted);
        let useful = match name {
            "a" => has("href"),
            "img" => (has("src") || has("srcset")) && !is_pixel(attributes),
            "source" => has("src") || has("srcset"),
            _ => TAGS.contains(&name),
        };
        if !useful {
            return false;
        }
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in kept {
            self.out.extend([" ", name, "=\"", &escape(&value), "\""]);
        }
        if name == "a" {
            self.out.extend([" rel=\"", REL, "\""]);
        }
        self.out.push('>');
        self.pre_opened = name == "pre";
        true
    }

    fn close(&mut self, name: &'static str) {
        self.pre_opened = false;
        self.out.extend(["</", name, ">"]);
    }

    fn text(&mut self, text: &str) {
        let text = if self.pre_opened { text.trim_start_matches(['\n', '\r']) } else { text };
        self.pre_opened &= text.is_empty();
        self.out.push_str(&escape(text));
    }
}

impl Draft {
    fn attributes(&self, tag: &str, attributes: &Attributes<'_>) -> Vec<(&'static str, String)> {
        let mut kept: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in attributes.iter() {
            let Some(name) = allowed(tag, name) else { continue };
            let value = match name {
                "href" => self.address(value, true),
                "src" | "poster" | "cite" => self.address(value, false),
                "srcset" => self.srcset(value),
                "width" | "height" | "colspan" | "rowspan" | "start" => {
                    value.trim().trim_end_matches("px").parse::<u16>().ok().map(|n| n.to_string())
                }
                _ => Some(value.to_owned()),
            };
            kept.extend(value.map(|value| (name, value)));
        }
        // Pages that load their pictures by script keep the address in `data-src`.
        if tag == "img"
            && !kept.iter().any(|(name, _)| *name == "src")
            && let Some(src) = attributes.get("data-src").and_then(|src| self.address(src, false))
        {
            kept.push(("src", src));
        }
        kept
    }

    fn address(&self, value: &str, mail: bool) -> Option<String> {
        let value: String =
            value.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let url = match &self.base {
            Some(base) => base.join(&value).ok()?,
            None => match Url::parse(&value) {
                Ok(url) => url,
                Err(url::ParseError::RelativeUrlWithoutBase) => return (!value.is_empty()).then_some(value),
                Err(_) => return None,
            },
        };
        let allowed = matches!(url.scheme(), "http" | "https") || (mail && url.scheme() == "mailto");
        allowed.then(|| url.into())
    }

    /// Source: HTML standard, "parse a srcset attribute", without its parentheses.
    fn srcset(&self, value: &str) -> Option<String> {
        let mut candidates = Vec::new();
        let mut rest = value;
        while candidates.len() < 16 {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (address, after) = rest.split_at(end);
            if address.is_empty() {
                break;
            }
            let bare = address.trim_end_matches(',');
            let (size, after) = if bare.len() < address.len() { ("", after) } else { split_comma(after) };
            rest = after;
            let size = size.trim();
            let number = size.trim_end_matches(['w', 'x', 'h']);
            if (size.is_empty() || number.parse::<f32>().is_ok())
                && let Some(address) = self.address(bare, false)
            {
                candidates.push(if size.is_empty() { address } else { format!("{address} {size}") });
            }
        }
        (!candidates.is_empty()).then(|| candidates.join(", "))
    }
}

fn split_comma(text: &str) -> (&str, &str) {
    text.split_at(text.find(',').unwrap_or(text.len()))
}

fn is_pixel(attributes: &Attributes<'_>) -> bool {
    let tiny = |name| attributes.get(name).is_some_and(|v| matches!(v.trim().trim_end_matches("px"), "0" | "1"));
    tiny("width") || tiny("height")
}

/// The attribute's name when `tag` may carry it.
fn allowed(tag: &str, name: &str) -> Option<&'static str> {
    let of = |list: &'static [&'static str]| list.iter().find(|known| **known == name).copied();
    let own = ATTRIBUTES.iter().find(|(known, _)| *known == tag).and_then(|(_, list)| of(list));
    own.or_else(|| of(COMMON))
}

const COMMON: &[&str] = &["lang", "dir", "title"];

static ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "hreflang"]),
    ("audio", &["src", "controls"]),
    ("blockquote", &["cite"]),
    ("del", &["cite", "datetime"]),
    ("img", &["src", "srcset", "sizes", "alt", "width", "height"]),
    ("ins", &["cite", "datetime"]),
    ("ol", &["start"]),
    ("q", &["cite"]),
    ("source", &["src", "srcset", "sizes", "type", "media"]),
    ("td", &["colspan", "rowspan"]),
    ("th", &["colspan", "rowspan", "scope"]),
    ("time", &["datetime"]),
    ("video", &["src", "poster", "controls", "width", "height"]),
];

#[rustfmt::skip]
static TAGS: &[&str] = &[
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code",
    "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "picture", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "section", "small", "source", "span", "strong", "sub", "summary", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "video", "wbr",
];

/// The second opinion, from the same lists: an HTML5 parser that knows what a browser would see.
static JUDGE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(["script", "style", "iframe", "svg", "math", "template"].into())
        .generic_attributes(COMMON.iter().copied().collect())
        .tag_attributes(ATTRIBUTES.iter().map(|(tag, list)| (*tag, list.iter().copied().collect())).collect())
        // Set in place, not through `link_rel`, which appends: a second pass would change the order.
        .add_tag_attributes("a", ["rel"])
        .link_rel(None)
        .set_tag_attribute_value("a", "rel", REL)
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(UrlRelative::PassThrough)
        .strip_comments(true);
    builder
});
