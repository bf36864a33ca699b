//! A forgiving, linear reader of HTML that hands on a balanced tree of known elements.

use std::borrow::Cow;

use super::entity::decode_entities;

/// Elements open at once; a start tag beyond it is passed over, its text is kept.
pub(super) const DEPTH_MAX: usize = 100;

/// Attributes looked at per tag.
const ATTRIBUTES_MAX: usize = 32;

/// Attributes as written: name in lower case, value decoded, the first of a name wins.
pub(super) struct Attributes<'a>(Vec<(String, Cow<'a, str>)>);

impl Attributes<'_> {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| &**value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().enumerate().filter_map(|(i, (name, value))| {
            let first = !self.0[..i].iter().any(|(earlier, _)| earlier == name);
            first.then_some((&**name, &**value))
        })
    }

    /// Whether the author hid the element. Text that no reader of the page sees is a favourite hiding
    /// place for instructions to machines and for keyword stuffing.
    pub fn hides(&self) -> bool {
        self.get("hidden").is_some()
            || self.get("style").is_some_and(|style| {
                let style: String =
                    style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
                style.contains("display:none") || style.contains("visibility:hidden")
            })
    }
}

/// Told of a balanced tree: each accepted `open` of a non-void element is followed by its `close`.
pub(super) trait Visitor {
    /// `false` passes over the tag but not over its content.
    fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) -> bool;
    fn close(&mut self, name: &'static str);
    fn text(&mut self, text: &str);
}

/// Walks `html`. Comments, declarations, scripts, style sheets, form controls, foreign markup and
/// hidden elements are left out with all they contain; unknown tags without their content.
pub(super) fn walk(html: &str, visitor: &mut impl Visitor) {
    let mut walker = Walker { open: Vec::new(), paragraphs: 0, table_parts: 0, skipping_from: None, visitor };
    let mut rest = html;
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            walker.text(rest);
            break;
        };
        walker.text(&rest[..at]);
        rest = &rest[at..];
        let next = rest[1..].chars().next().unwrap_or(' ');
        rest = if next.is_ascii_alphabetic() {
            walker.start_tag(&rest[1..])
        } else if next == '/' {
            walker.end_tag(&rest[2..])
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            // `<!-->` and `<!--->` are complete comments.
            let from = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
            from.unwrap_or_else(|| comment.find("-->").map_or("", |end| &comment[end + 3..]))
        } else if let Some(section) = rest.strip_prefix("<![CDATA[") {
            section
        } else if matches!(next, '!' | '?') {
            rest.find('>').map_or("", |end| &rest[end + 1..])
        } else {
            walker.text("<");
            &rest[1..]
        };
    }
    walker.pop_to(0);
}

struct Walker<'v, V> {
    open: Vec<(&'static str, Kind)>,
    /// How many of them are paragraphs and parts of tables: mostly none, and then nothing is searched.
    paragraphs: usize,
    table_parts: usize,
    /// The number of open elements below the one that is left out with its content.
    skipping_from: Option<usize>,
    visitor: &'v mut V,
}

impl<V: Visitor> Walker<'_, V> {
    fn text(&mut self, raw: &str) {
        if self.skipping_from.is_some() || raw.is_empty() {
            return;
        }
        if !self.is_between_cells() {
            self.visitor.text(&decode_entities(raw));
        } else if !raw.trim().is_empty() {
            self.visitor.text(&decode_entities(raw.trim()));
            self.visitor.text(" ");
        }
    }

    /// Reads a start tag from its name on; what follows it.
    fn start_tag<'a>(&mut self, text: &'a str) -> &'a str {
        let (name, after) = tag_name(text);
        let Some((attributes, rest)) = attributes(after) else { return "" };
        let Some((name, kind)) = element(name) else { return rest };
        if kind == Kind::Raw {
            return after_raw(name, rest);
        }
        if kind == Kind::Table && name != "table" && self.table_parts == 0 {
            return rest;
        }
        let unseen = kind == Kind::Unseen || attributes.hides();
        if self.is_between_cells() && kind != Kind::Table && !unseen {
            return rest;
        }
        if kind == Kind::Void {
            if self.skipping_from.is_none() && !unseen {
                if name == "hr" {
                    self.end_paragraph();
                }
                self.visitor.open(name, &attributes);
            }
            return rest;
        }
        self.make_room(name, kind);
        let starts_skipping = unseen && self.skipping_from.is_none();
        if self.open.len() >= DEPTH_MAX + usize::from(starts_skipping) {
            return rest;
        }
        if starts_skipping {
            self.skipping_from = Some(self.open.len());
        }
        if self.skipping_from.is_some() || self.visitor.open(name, &attributes) {
            self.open.push((name, kind));
            self.paragraphs += usize::from(name == "p");
            self.table_parts += usize::from(kind == Kind::Table);
        }
        rest
    }

    /// Reads an end tag from its name on; what follows it.
    fn end_tag<'a>(&mut self, text: &'a str) -> &'a str {
        let rest = text.find('>').map_or("", |end| &text[end + 1..]);
        let (name, _) = tag_name(text);
        if let Some((name, kind)) = element(name)
            && let Some(at) = self.find(kind != Kind::Table, |open| open == name)
        {
            self.pop_to(at);
        }
        rest
    }

    /// Closes what cannot contain `name`.
    fn make_room(&mut self, name: &'static str, kind: Kind) {
        if matches!(kind, Kind::Block | Kind::Heading | Kind::Item) || name == "table" {
            self.end_paragraph();
        }
        let ended = match name {
            "li" => self.up_to(&["ul", "ol"], &["li"]),
            "dt" | "dd" => self.up_to(&["dl"], &["dt", "dd"]),
            "td" | "th" => self.up_to(&["table"], &["td", "th", "caption"]),
            "tr" => self.up_to(&["table"], &["tr", "caption"]),
            "thead" | "tbody" | "tfoot" | "caption" => {
                self.up_to(&["table"], &["thead", "tbody", "tfoot", "tr", "td", "th", "caption"])
            }
            "table" if self.is_between_cells() => self.find(false, |open| open == "table"),
            "a" => self.find(true, |open| open == "a"),
            _ if kind == Kind::Heading => self.open.iter().rposition(|(_, open)| *open == Kind::Heading),
            _ => None,
        };
        if let Some(at) = ended {
            self.pop_to(at);
        }
    }

    /// In a table and in none of its cells: a parser would move what is not part of a table before it.
    fn is_between_cells(&self) -> bool {
        if self.table_parts == 0 {
            return false;
        }
        let part = self.open.iter().rev().find(|(_, kind)| *kind == Kind::Table);
        part.is_some_and(|(name, _)| !matches!(*name, "td" | "th" | "caption"))
    }

    fn end_paragraph(&mut self) {
        if self.paragraphs > 0
            && let Some(at) = self.find(true, |open| open == "p")
        {
            self.pop_to(at);
        }
    }

    /// The outermost open element of `ended` inside the innermost of `within`.
    fn up_to(&self, within: &[&str], ended: &[&str]) -> Option<usize> {
        let inner = self.open.iter().rposition(|(name, _)| within.contains(name)).map_or(0, |at| at + 1);
        self.open[inner..].iter().position(|(name, _)| ended.contains(name)).map(|at| inner + at)
    }

    /// The innermost open element that fits, not looking out of a table cell when `in_cell`.
    fn find(&self, in_cell: bool, fits: impl Fn(&str) -> bool) -> Option<usize> {
        for (at, (name, _)) in self.open.iter().enumerate().rev() {
            if fits(name) {
                return Some(at);
            }
            if in_cell && matches!(*name, "td" | "th" | "caption" | "table") {
                return None;
            }
        }
        None
    }

    fn pop_to(&mut self, len: usize) {
        while self.open.len() > len {
            let Some((name, kind)) = self.open.pop() else { break };
            self.paragraphs -= usize::from(name == "p");
            self.table_parts -= usize::from(kind == Kind::Table);
            match self.skipping_from {
                None => self.visitor.close(name),
                Some(from) if self.open.len() <= from => self.skipping_from = None,
                Some(_) => {}
            }
        }
    }
}

pub(super) fn tag_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(text.len()))
}

/// The attributes up to the closing `>` and what follows it; `None` when the document ends first.
pub(super) fn attributes(text: &str) -> Option<(Attributes<'_>, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return Some((Attributes(found), after));
        }
        // An equals sign where a name should start is part of the name (HTML standard).
        let first = rest.chars().next()?.len_utf8();
        let end = rest[first..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='))? + first;
        let (name, after) = rest.split_at(end);
        rest = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
            (value, rest) = match after.chars().next()? {
                quote @ ('"' | '\'') => after[1..].split_once(quote)?,
                _ => after.split_at(after.find(|c: char| c.is_ascii_whitespace() || c == '>')?),
            };
        }
        if found.len() < ATTRIBUTES_MAX {
            found.push((name.to_ascii_lowercase(), decode_entities(value)));
        }
    }
}

/// What follows the end tag of a raw text element; nothing when it is never closed.
pub(super) fn after_raw<'a>(name: &str, text: &'a str) -> &'a str {
    let mut from = 0;
    while let Some(at) = text[from..].find("</").map(|at| from + at + 2) {
        let tail = &text[at..];
        let same = tail.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
        if same && !tail[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return tail.find('>').map_or("", |end| &tail[end + 1..]);
        }
        from = at;
    }
    ""
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Inline,
    /// Ends an open paragraph.
    Block,
    Heading,
    /// Part of a list; ends an open paragraph too.
    Item,
    /// Means something inside a table only (but for the table itself).
    Table,
    /// Has no content and no end tag.
    Void,
    /// Its content is not markup, and is left out.
    Raw,
    /// Left out with its content.
    Unseen,
}

fn element(name: &str) -> Option<(&'static str, Kind)> {
    // 16 bytes hold the longest name we know.
    let mut buffer = [0u8; 16];
    let lower = buffer.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let lower = &*lower;
    let at = ELEMENTS.binary_search_by(|(known, _)| known.as_bytes().cmp(lower)).ok()?;
    Some(ELEMENTS[at])
}

/// Sorted by name.
#[rustfmt::skip]
static ELEMENTS: &[(&str, Kind)] = {
    use Kind::*;
    &[
        ("a", Inline), ("abbr", Inline), ("acronym", Inline), ("address", Block), ("applet", Unseen), ("article", Block),
        ("aside", Block), ("audio", Inline), ("b", Inline), ("bdi", Inline), ("bdo", Inline), ("big", Inline),
        ("blockquote", Block), ("br", Void), ("button", Unseen), ("canvas", Unseen), ("caption", Table), ("center", Block),
        ("cite", Inline), ("code", Inline), ("datalist", Unseen), ("dd", Item),
        ("del", Inline), ("details", Block), ("dfn", Inline), ("dialog", Unseen), ("div", Block), ("dl", Block), ("dt", Item),
        ("em", Inline), ("figcaption", Block), ("figure", Block), ("footer", Block), ("h1", Heading), ("h2", Heading),
        ("h3", Heading), ("h4", Heading), ("h5", Heading), ("h6", Heading), ("header", Block), ("hgroup", Block),
        ("hr", Void), ("i", Inline), ("iframe", Raw), ("img", Void), ("ins", Inline), ("kbd", Inline), ("li", Item),
        ("main", Block), ("mark", Inline), ("math", Unseen), ("nav", Block), ("noembed", Raw), ("noframes", Raw),
        ("noscript", Raw), ("object", Unseen), ("ol", Block), ("p", Block), ("picture", Inline), ("plaintext", Raw),
        ("pre", Block), ("q", Inline), ("rp", Inline), ("rt", Inline), ("ruby", Inline), ("s", Inline), ("samp", Inline),
        ("script", Raw), ("section", Block), ("select", Unseen), ("small", Inline), ("source", Void), ("span", Inline),
        ("strike", Inline), ("strong", Inline), ("style", Raw), ("sub", Inline), ("summary", Block), ("sup", Inline),
        ("svg", Unseen), ("table", Table), ("tbody", Table), ("td", Table), ("template", Unseen), ("textarea", Raw),
        ("tfoot", Table), ("th", Table), ("thead", Table), ("time", Inline), ("title", Raw), ("tr", Table), ("tt", Inline),
        ("u", Inline), ("ul", Block), ("var", Inline), ("video", Inline), ("wbr", Void), ("xmp", Raw),
    ]
};

#[cfg(test)]
pub(super) fn elements_are_sorted() -> bool {
    ELEMENTS.is_sorted_by(|a, b| a.0 < b.0)
}
