//! The feed while it is being read, and its last pass: links resolved, HTML sanitised.

use stdx::Timestamp;

use super::extras::Extras;
use crate::model::Warnings;
use crate::tags::Tag;
use crate::xml::Attributes;
use crate::{Enclosure, Feed, Hints, Item, Kind, link, markup};

/// Lists of one item end here.
pub const LIST_MAX: usize = 200;

/// A value and the base it stands under: an index into `Draft::bases` plus one, 0 for none.
pub type Based = (String, usize);

/// Keeps the value of the best rank, the first among equals.
#[derive(Debug)]
pub struct Best<R, T>(Option<(R, T)>);

impl<R, T> Default for Best<R, T> {
    fn default() -> Self {
        Best(None)
    }
}

impl<R: PartialOrd, T> Best<R, T> {
    pub fn offer(&mut self, rank: R, value: T) {
        if self.0.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.0 = Some((rank, value));
        }
    }

    fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum LinkRank {
    /// `link` as text, or an alternate that is a page.
    Page,
    /// An identity that is an address and does not deny it.
    Permalink,
}

/// The address of an entity: the best rank, the last among equals.
#[derive(Debug, Default)]
pub struct Link(Option<(LinkRank, Based)>);

impl Link {
    pub fn offer(&mut self, rank: LinkRank, url: String, base: usize) {
        if !url.is_empty() && self.0.as_ref().is_none_or(|(best, _)| rank <= *best) {
            self.0 = Some((rank, (url, base)));
        }
    }
}

#[derive(Debug, Default)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
}

impl Person {
    pub fn take(&mut self) -> Option<String> {
        let Person { name, email } = std::mem::take(self);
        name.or(email)
    }
}

#[derive(Debug, Default)]
pub struct ItemDraft {
    pub id: Option<String>,
    pub title: Best<(u8, usize), String>,
    pub link: Link,
    pub published_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// `dc:date`, which says not of what.
    pub date: Option<Timestamp>,
    pub summary: Best<(u8, usize), Based>,
    pub content: Best<(u8, usize), Based>,
    pub language: Option<String>,
    pub comments: Option<Based>,
    pub image: Option<Based>,
    pub original_link: Option<Based>,
    pub rights: Option<String>,
    pub extras: Extras,
    authors: Vec<String>,
    contributors: Vec<String>,
    /// Names from podcast vocabularies, which repeat the author.
    more_authors: Vec<String>,
    categories: Vec<String>,
    enclosures: Vec<(Enclosure, usize)>,
    image_width: u32,
}

impl ItemDraft {
    pub fn add_category(&mut self, name: String) {
        if !name.is_empty() && self.categories.len() < LIST_MAX && !self.categories.contains(&name) {
            self.categories.push(name);
        }
    }

    pub fn add_author(&mut self, rank: u8, name: Option<String>) {
        let list = if rank == 0 { &mut self.authors } else { &mut self.more_authors };
        if let Some(name) = name.filter(|n| list.len() < LIST_MAX && !list.contains(n)) {
            list.push(name);
        }
    }

    pub fn add_contributor(&mut self, name: Option<String>) {
        if let Some(name) = name.filter(|n| self.contributors.len() < LIST_MAX && !self.contributors.contains(n)) {
            self.contributors.push(name);
        }
    }

    /// An enclosure, a `media:content`, a thumbnail or a podcast's picture.
    pub fn add_medium(&mut self, tag: Tag, attributes: Attributes<'_>, base: usize) {
        let Some(url) =
            attributes.text("url").or_else(|| attributes.text("href")).or_else(|| attributes.text("resource"))
        else {
            return;
        };
        if matches!(tag, Tag::Thumbnail | Tag::Logo) {
            self.image.get_or_insert((url, base));
            return;
        }
        let media_type = attributes.text("type").map(|t| t.to_ascii_lowercase());
        let medium = attributes.text("medium").map(|m| m.to_ascii_lowercase());
        let is_image =
            medium.as_deref() == Some("image") || media_type.as_deref().is_some_and(|t| t.starts_with("image/"));
        let width = attributes.text("width").and_then(|w| w.parse().ok()).unwrap_or(0);
        if is_image && (self.image.is_none() || width > self.image_width) {
            self.image = Some((url.clone(), base));
            self.image_width = width;
        }
        let length = attributes.text("length").or_else(|| attributes.text("fileSize")).and_then(|l| l.parse().ok());
        if self.enclosures.len() < LIST_MAX && !self.enclosures.iter().any(|(e, _)| e.url == url) {
            self.enclosures.push((Enclosure { url, media_type, length }, base));
        }
    }
}

#[derive(Debug, Default)]
pub struct Draft {
    kind: Option<Kind>,
    version: String,
    pub is_rss: bool,
    pub title: Best<(u8, usize), String>,
    pub link: Link,
    pub self_link: Option<Based>,
    pub hubs: Vec<Based>,
    pub description: Option<String>,
    pub language: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub ttl_minutes: Option<u32>,
    pub period_minutes: Option<u32>,
    pub frequency: Option<u32>,
    pub guid: Option<String>,
    pub rights: Option<String>,
    skip_hours: Vec<u8>,
    skip_days: Vec<u8>,
    pub items: Vec<ItemDraft>,
    /// Every `xml:base` with the one around it (index plus one).
    bases: Vec<(String, usize)>,
    /// Namespaces met before the root was identified.
    old_atom: bool,
    old_rdf: bool,
}

impl Draft {
    /// Notes a namespace that tells versions apart.
    pub fn dialect(&mut self, address: &str) {
        let lower = address.trim().to_ascii_lowercase();
        self.old_rdf |= lower == "http://my.netscape.com/rdf/simple/0.9/";
        self.old_atom |= lower.starts_with("http://purl.org/atom/ns#");
    }

    pub fn add_base(&mut self, own: &str, outer: usize) -> usize {
        // A document may not grow the list without end by repeating itself.
        if let Some((last, around)) = self.bases.last()
            && last == own
            && *around == outer
        {
            return self.bases.len();
        }
        self.bases.push((own.to_string(), outer));
        self.bases.len()
    }

    pub fn identify(&mut self, tag: Tag, name: &str, attributes: Attributes<'_>) -> Kind {
        let version = attributes.text("version");
        let (kind, version) = match tag {
            Tag::Feed => match version.as_deref() {
                Some("0.1" | "0.2" | "0.3") => (Kind::Atom03, version),
                _ if self.old_atom => (Kind::Atom03, version.or(Some("0.3".into()))),
                _ => (Kind::Atom10, version.or(Some("1.0".into()))),
            },
            Tag::Rdf if self.old_rdf => (Kind::Rss09x, Some("0.90".into())),
            Tag::Rdf => (Kind::Rss10, Some("1.0".into())),
            Tag::Channel
                if name.starts_with('C') || attributes.get("base").is_some() || attributes.get("href").is_some() =>
            {
                (Kind::Cdf, version)
            }
            _ if version.as_deref().is_some_and(|v| v.starts_with("0.")) => (Kind::Rss09x, version),
            _ => (Kind::Rss20, version),
        };
        self.is_rss = !matches!(kind, Kind::Atom03 | Kind::Atom10);
        self.version = version.unwrap_or_default();
        self.kind = Some(kind);
        kind
    }

    pub fn add_hour(&mut self, hour: Option<u32>) {
        // 24 is the midnight of RSS 0.91.
        if let Some(hour) = hour.filter(|h| *h <= 24).and_then(|h| u8::try_from(h % 24).ok())
            && !self.skip_hours.contains(&hour)
        {
            self.skip_hours.push(hour);
        }
    }

    pub fn add_day(&mut self, name: &str) {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let day = DAYS.iter().position(|d| name.get(..3).is_some_and(|n| n.eq_ignore_ascii_case(d)));
        if let Some(day) = day.and_then(|d| u8::try_from(d).ok())
            && !self.skip_days.contains(&day)
        {
            self.skip_days.push(day);
        }
    }

    pub fn finish(self, hints: &Hints<'_>, mut warnings: Warnings) -> Feed {
        let bases = Bases { list: &self.bases, hint: hints.url, document: self.document_base(hints) };
        let (mut unsafe_links, sanitize) = (Vec::new(), hints.sanitize);
        let mut resolve = |(url, base): Based| {
            let link = link::resolve(&url, bases.around(base));
            if link.is_none() && unsafe_links.len() < 3 {
                unsafe_links.push(url);
            }
            link
        };
        let html = |(html, base): Based| {
            if !sanitize {
                return Some(html);
            }
            let base = link::resolve_base(bases.around(base));
            Some(markup::sanitize(&html, base.as_ref().map(url::Url::as_str))).filter(|h| !h.trim().is_empty())
        };
        let items = self.items.into_iter().map(|item| item.finish(&mut resolve, &html)).collect();
        let feed = Feed {
            kind: self.kind.unwrap_or(Kind::Rss20),
            version: self.version,
            title: self.title.take(),
            link: self.link.0.and_then(|(_, l)| resolve(l)),
            description: self.description.filter(|d| !d.is_empty()),
            language: self.language,
            updated_at: self.updated_at,
            ttl_minutes: self.ttl_minutes.or_else(|| Some((self.period_minutes? / self.frequency.unwrap_or(1)).max(1))),
            skip_hours: self.skip_hours,
            skip_days: self.skip_days,
            hubs: self.hubs.into_iter().filter_map(&mut resolve).collect(),
            self_link: self.self_link.and_then(&mut resolve),
            guid: self.guid,
            rights: self.rights,
            items,
            warnings: Vec::new(),
        };
        for link in unsafe_links {
            warnings.add("link-refused", link);
        }
        Feed { warnings: warnings.into_vec(), ..feed }
    }

    /// What relative links mean where no `xml:base` says so: the document's own address in Atom, the
    /// site in RSS. Unless it is known where the document came from they stay relative: these two are
    /// what it says of itself, not what its links were written against.
    fn document_base(&self, hints: &Hints<'_>) -> Option<String> {
        let fetched_from = hints.url?;
        let own = self.self_link.as_ref().map(|(url, _)| url.as_str());
        let site = self.link.0.as_ref().map(|(_, (url, _))| url.as_str());
        let candidates = if self.is_rss { [site, own] } else { [own, site] };
        let relative = candidates.into_iter().flatten().next();
        link::resolve_base(relative.into_iter().chain([fetched_from])).map(String::from)
    }
}

struct Bases<'b> {
    list: &'b [(String, usize)],
    hint: Option<&'b str>,
    document: Option<String>,
}

impl Bases<'_> {
    /// The bases around a value, the nearest first.
    fn around(&self, at: usize) -> impl Iterator<Item = &str> {
        let step = |at: &usize| self.list.get(at.checked_sub(1)?).map(|(_, outer)| *outer);
        std::iter::successors(Some(at), step)
            .filter_map(|at| Some(self.list.get(at.checked_sub(1)?)?.0.as_str()))
            .chain(self.document.as_deref())
            .chain(self.hint)
    }
}

impl ItemDraft {
    fn finish(self, resolve: &mut dyn FnMut(Based) -> Option<String>, html: &dyn Fn(Based) -> Option<String>) -> Item {
        // `dc:date` is the date of an item that has no other, otherwise its last change.
        let (published_at, updated_at) = match self.published_at {
            None => (self.date, self.updated_at),
            published => (published, self.updated_at.or(self.date)),
        };
        let enclosures = self.enclosures.into_iter().filter_map(|(e, base)| {
            let url = resolve((e.url, base))?;
            Some(Enclosure { url, ..e })
        });
        let enclosures = enclosures.collect();
        let extras = self.extras.finish(resolve);
        Item {
            id: self.id,
            title: self.title.take(),
            link: self.link.0.and_then(|(_, l)| resolve(l)),
            published_at,
            updated_at,
            authors: if self.authors.is_empty() { self.more_authors } else { self.authors },
            summary_html: self.summary.take().and_then(html),
            content_html: self.content.take().and_then(html),
            categories: self.categories,
            enclosures,
            language: self.language,
            comments: self.comments.and_then(&mut *resolve),
            image: self.image.and_then(&mut *resolve),
            original_link: self.original_link.and_then(&mut *resolve),
            contributors: self.contributors,
            rights: self.rights,
            ..extras
        }
    }
}

/// The name in `mail (name)`, `name <mail>` or a plain name; the address when that is all.
pub fn person_name(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains('@') {
        if let Some((mail, name)) = text.strip_suffix(')').and_then(|t| t.split_once('('))
            && mail.contains('@')
            && !name.trim().is_empty()
        {
            return Some(name.trim().to_string());
        }
        if let Some((name, _)) = text.split_once('<')
            && !name.trim().is_empty()
        {
            return Some(name.trim().trim_matches('"').to_string());
        }
    }
    let text = text.trim_matches(['<', '>', ' ']);
    (!text.is_empty()).then(|| text.to_string())
}

/// `sy:updatePeriod` in minutes.
pub fn period_minutes(name: &str) -> Option<u32> {
    Some(match name.to_ascii_lowercase().as_str() {
        "hourly" => 60,
        "daily" => 1_440,
        "weekly" => 10_080,
        "monthly" => 43_200,
        "yearly" => 525_600,
        _ => return None,
    })
}
