//! The block of a page that has most paragraphs and fewest links.

use std::collections::HashSet;

use super::weight;
use crate::html::escape;
use crate::html::walk::{Attributes, Visitor, walk};

/// The block, with all of the page that it is part of.
pub(super) struct Block {
    page: Page,
    /// `None` when there is no paragraph at all.
    at: Option<usize>,
    /// The only heading of the first level, if there is one.
    pub headline: Option<String>,
}

#[derive(Default)]
struct Page {
    /// Parents stand before their children; the first one is the page.
    nodes: Vec<Node>,
    open: Vec<usize>,
}

#[derive(Default)]
struct Node {
    name: &'static str,
    parent: usize,
    /// As they are written out again: with a blank before each.
    attributes: String,
    parts: Vec<Part>,
    hint: Hint,
    /// Characters, blanks aside, of all text in it.
    chars: usize,
    /// Those of its text that leads elsewhere.
    linked: usize,
    /// Those in no block of its own within it.
    own: usize,
    score: f64,
}

enum Part {
    Text(String),
    Node(usize),
}

/// What class and id say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hint {
    #[default]
    Nothing,
    /// Such a part is often what we look for.
    Content,
    /// Such a part stands around it.
    Around,
}

/// Pages with more are cut off there.
const NODES_MAX: usize = 200_000;
/// Shorter ones are captions, dates and buttons.
const PARAGRAPH_MIN: usize = 25;
/// Characters for which a paragraph counts one more, and the most it counts.
const PARAGRAPH_STEP: f64 = 80.0;
const PARAGRAPH_MOST: f64 = 6.0;
/// How much of a paragraph counts for what it stands in, from the inside out.
const SHARES: [f64; 4] = [1.0, 0.5, 0.35, 0.25];
/// Longer text beside a block belongs to it: a lead, or a second column.
const BESIDE_MIN: usize = 80;
const CLIMB_MAX: usize = 3;

#[rustfmt::skip]
const CONTENT: &[&str] = &["article", "articlebody", "body", "content", "entry", "main", "text", "haber", "icerik"];
#[rustfmt::skip]
const AROUND: &[&str] = &[
    "ad", "ads", "advert", "advertisement", "banner", "breadcrumb", "breadcrumbs", "comment", "comments", "consent", "cookie", "cookies",
    "disqus", "footer", "masthead", "menu", "modal", "nav", "navbar", "navigation", "newsletter", "pager", "pagination", "paywall", "popup",
    "promo", "recommended", "recommendations", "related", "share", "sharing", "sidebar", "social", "sponsor", "sponsored", "subscribe", "tags",
    "teaser", "teasers", "toolbar", "trending", "widget", "yorum", "yorumlar",
];

pub(super) fn densest(html: &str) -> Block {
    let mut page = Page::default();
    page.nodes.push(Node { name: "", ..Node::default() });
    page.open.push(0);
    walk(html, &mut page);
    page.count();
    page.judge();
    let mut at = None;
    let mut best = 0.0;
    for (i, node) in page.nodes.iter().enumerate() {
        let score = node.score * (1.0 - node.link_share()) * node.worth();
        if score > best {
            (at, best) = (Some(i), score);
        }
    }
    let at = at.map(|at| page.widened(at));
    let mut heads = page.nodes.iter().filter(|node| node.name == "h1" && node.chars > 0);
    let headline = heads.next().filter(|_| heads.next().is_none()).map(|node| page.text(node));
    Block { page, at, headline }
}

impl Block {
    /// Its HTML without what stands around the text and without a heading that says `title` again; not sanitised.
    pub fn html(&self, title: &str) -> String {
        let mut out = String::new();
        if let Some(at) = self.at {
            self.page.write(at, at, &fold(title), &mut out);
        }
        out
    }

    /// Whether most of it leads elsewhere.
    pub fn is_links(&self) -> bool {
        self.page.nodes[self.at.unwrap_or_default()].link_share() > 0.5
    }
}

impl Node {
    fn link_share(&self) -> f64 {
        self.linked as f64 / self.chars.max(1) as f64
    }

    fn worth(&self) -> f64 {
        let by_name = match self.name {
            "article" | "main" => 1.5,
            "nav" | "aside" | "footer" | "header" => 0.1,
            _ => 1.0,
        };
        by_name
            * match self.hint {
                Hint::Nothing => 1.0,
                Hint::Content => 1.25,
                Hint::Around => 0.3,
            }
    }

    fn is_paragraph(&self) -> bool {
        matches!(self.name, "p" | "pre")
    }

    fn is_inline(&self) -> bool {
        #[rustfmt::skip]
        let inline = matches!(self.name,
            "a" | "abbr" | "acronym" | "audio" | "b" | "bdi" | "bdo" | "big" | "br" | "cite" | "code" | "del" | "dfn" | "em" | "i" | "img" | "ins"
            | "kbd" | "mark" | "picture" | "q" | "rp" | "rt" | "ruby" | "s" | "samp" | "small" | "source" | "span" | "strike" | "strong" | "sub"
            | "sup" | "time" | "tt" | "u" | "var" | "video" | "wbr");
        inline
    }
}

impl Page {
    /// Adds up texts from the inside out.
    fn count(&mut self) {
        for i in (0..self.nodes.len()).rev() {
            let direct: usize =
                self.nodes[i].parts.iter().map(|part| if let Part::Text(text) = part { weight(text) } else { 0 }).sum();
            let node = &mut self.nodes[i];
            node.chars += direct;
            node.own += direct;
            if node.name == "a" {
                node.linked = node.chars;
            }
            let (chars, linked, own, parent, inline) =
                (node.chars, node.linked, node.own, node.parent, node.is_inline());
            if i > 0 {
                let parent = &mut self.nodes[parent];
                parent.chars += chars;
                parent.linked += linked;
                parent.own += if inline { own } else { 0 };
            }
        }
    }

    /// What each paragraph is worth to what it stands in.
    fn judge(&mut self) {
        for i in 1..self.nodes.len() {
            let node = &self.nodes[i];
            if node.own < PARAGRAPH_MIN
                || node.is_inline()
                || matches!(node.name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
            {
                continue;
            }
            let points = (1.0 + node.own as f64 / PARAGRAPH_STEP).min(PARAGRAPH_MOST) * (1.0 - node.link_share());
            // A text without paragraphs, its lines broken by hand, counts for itself.
            let mut at = if node.is_paragraph() || matches!(node.name, "li" | "blockquote") { node.parent } else { i };
            for share in SHARES {
                self.nodes[at].score += points * share;
                if at == 0 {
                    break;
                }
                at = self.nodes[at].parent;
            }
        }
        // Loose text of the page itself.
        if self.nodes[0].own >= PARAGRAPH_MIN {
            self.nodes[0].score += 1.0 + self.nodes[0].own as f64 / PARAGRAPH_STEP;
        }
    }

    /// The block with what belongs to it: a lead above it, a second part below.
    fn widened(&self, mut at: usize) -> usize {
        for _ in 0..CLIMB_MAX {
            let (inner, parent) = (&self.nodes[at], self.nodes[at].parent);
            let outer = &self.nodes[parent];
            if at == 0
                || parent == 0
                || matches!(inner.name, "article" | "main")
                || outer.link_share() > 0.3
                || outer.hint == Hint::Around
            {
                break;
            }
            let beside = outer.parts.iter().any(|part| match part {
                Part::Node(other) if *other != at => {
                    let other = &self.nodes[*other];
                    other.chars >= BESIDE_MIN && other.link_share() < 0.2 && other.worth() >= 1.0
                }
                _ => false,
            });
            if !beside || outer.chars > inner.chars * 2 {
                break;
            }
            at = parent;
        }
        at
    }

    fn write(&self, at: usize, whole: usize, title: &str, out: &mut String) {
        let node = &self.nodes[at];
        if at != whole && self.is_around(at, whole, title) {
            return;
        }
        let is_written = at != 0 && at != whole;
        if is_written {
            out.extend(["<", node.name, &node.attributes, ">"]);
        }
        for part in &node.parts {
            match part {
                Part::Text(text) => out.push_str(&escape(text)),
                Part::Node(inner) => self.write(*inner, whole, title, out),
            }
        }
        if is_written && !is_void(node.name) {
            out.extend(["</", node.name, ">"]);
        }
    }

    /// Whether a part of the block is not part of its text.
    fn is_around(&self, at: usize, whole: usize, title: &str) -> bool {
        let (node, block) = (&self.nodes[at], &self.nodes[whole]);
        let is_small = node.chars * 3 < block.chars;
        match node.name {
            "nav" | "aside" | "footer" => is_small,
            "h1" | "h2" => !title.is_empty() && fold(&self.text(node)) == *title,
            "div" | "section" | "ul" | "ol" | "p" | "dl" | "table" | "header" | "figure" | "details" => {
                is_small
                    && (node.hint == Hint::Around || (node.chars > 0 && node.link_share() > 0.7 && node.name != "p"))
            }
            _ => false,
        }
    }

    fn text(&self, node: &Node) -> String {
        let mut out = String::new();
        self.gather(node, &mut out);
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn gather(&self, node: &Node, out: &mut String) {
        for part in &node.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Node(inner) => self.gather(&self.nodes[*inner], out),
            }
        }
    }
}

impl Visitor for Page {
    fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) -> bool {
        if self.nodes.len() >= NODES_MAX {
            return false;
        }
        let (id, parent) = (self.nodes.len(), self.open.last().copied().unwrap_or_default());
        let mut written = String::new();
        let mut words = HashSet::new();
        for (name, value) in attributes.iter() {
            match name {
                "class" | "id" | "role" | "itemprop" => words.extend(words_of(value)),
                "style" => {}
                // The sanitiser judges them; a name of odd characters would be another one when it is written out.
                _ if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') => {
                    written.extend([" ", name, "=\"", &escape(value), "\""]);
                }
                _ => {}
            }
        }
        let says = |list: &[&str]| list.iter().any(|word| words.contains(*word));
        let hint = match () {
            () if says(AROUND) && !matches!(name, "article" | "main") => Hint::Around,
            () if says(CONTENT) => Hint::Content,
            () => Hint::Nothing,
        };
        self.nodes.push(Node { name, parent, attributes: written, hint, ..Node::default() });
        self.nodes[parent].parts.push(Part::Node(id));
        if !is_void(name) {
            self.open.push(id);
        }
        true
    }

    fn close(&mut self, _: &'static str) {
        self.open.pop();
    }

    fn text(&mut self, text: &str) {
        let at = self.open.last().copied().unwrap_or_default();
        self.nodes[at].parts.push(Part::Text(text.to_owned()));
    }
}

fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "source" | "wbr")
}

/// The words of a class or an id, in lower case: `articleBody__text-wide` says `article`, `body`, `text`, `wide` and `articlebody`.
///
/// `has-sidebar` says what stands beside the part, and is passed over.
fn words_of(value: &str) -> impl Iterator<Item = String> {
    let beside = |name: &&str| !["has-", "with-", "no-", "without-"].iter().any(|start| name.starts_with(start));
    let runs = value.split_whitespace().filter(beside).flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
    runs.filter(|run| !run.is_empty()).take(20).flat_map(|run| {
        let mut words = vec![run.to_lowercase()];
        let mut start = 0;
        for (at, c) in run.char_indices() {
            if c.is_uppercase() && at > start && !run[start..at].ends_with(char::is_uppercase) {
                words.push(run[start..at].to_lowercase());
                start = at;
            }
        }
        if start > 0 {
            words.push(run[start..].to_lowercase());
        }
        words
    })
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
