//! An XML document becomes a [`Feed`]: one pass over the tokens with a stack of open elements.

mod capture;
mod draft;
mod extras;

use std::borrow::Cow;

use crate::model::Warnings;
use crate::tags::{self, Extra, Namespace, Tag};
use crate::xml::{Attributes, Reader, Token, local, unescape};
use crate::{Error, Feed, Hints, Kind, date, link, markup};
use capture::{Capture, Form};
use draft::{Draft, ItemDraft, LinkRank, Person};

/// Elements deeper than this are passed over, their text is kept.
const DEPTH_MAX: usize = 100;
/// Elements of the feed itself; markup inside the text of an item does not count.
const ELEMENTS_MAX: usize = 50_000;
/// A feed starts within so many elements.
const ROOT_WITHIN: usize = 50;

/// Reads a document that is not JSON.
pub fn parse(text: &str, hints: &Hints<'_>, warnings: Warnings) -> Result<Feed, Error> {
    let mut builder = Builder::new(text, warnings);
    builder.run()?;
    Ok(builder.draft.finish(hints, builder.warnings))
}

/// Whose properties the elements here are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Outside,
    Feed,
    Item,
    /// An image: its address counts, its title does not.
    Image,
    Person,
    Aside,
}

struct Frame<'a> {
    /// As written, with prefix.
    name: &'a str,
    tag: Tag,
    /// Of this element's children.
    context: Context,
    /// How many namespace bindings were there before this element.
    bindings: usize,
    /// The `xml:base` in force: an index into `Draft::bases` plus one, 0 for none.
    base: usize,
}

struct Builder<'a> {
    reader: Reader<'a>,
    stack: Vec<Frame<'a>>,
    /// Open elements below `DEPTH_MAX`.
    deeper: usize,
    bindings: Vec<(&'a str, Namespace)>,
    captures: Vec<Capture<'a>>,
    elements: usize,
    /// What the document is, once its root is met.
    kind: Option<Kind>,
    /// The first element, to tell what it is when it is no feed.
    first: Option<&'a str>,
    html: bool,
    item: Option<ItemDraft>,
    person: Person,
    draft: Draft,
    warnings: Warnings,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, warnings: Warnings) -> Self {
        Builder {
            reader: Reader::new(text),
            stack: Vec::with_capacity(16),
            deeper: 0,
            bindings: Vec::new(),
            captures: Vec::new(),
            elements: 0,
            kind: None,
            first: None,
            html: false,
            item: None,
            person: Person::default(),
            draft: Draft::default(),
            warnings,
        }
    }

    fn run(&mut self) -> Result<(), Error> {
        while let Some(token) = self.reader.next(self.stack.last().map(|f| f.name)) {
            match token {
                Token::Start { name, attributes, empty } => {
                    self.start(name, attributes, empty);
                    if self.elements > ELEMENTS_MAX {
                        self.warnings.add("too-many-elements", format!("read up to element {ELEMENTS_MAX}"));
                        break;
                    }
                    if self.kind.is_none() && (self.html || self.elements > ROOT_WITHIN) {
                        break;
                    }
                }
                Token::End { name } => self.end(name),
                Token::Text(text) => self.text(text),
                Token::Cdata(text) => self.cdata(text),
                Token::Doctype(text) => {
                    self.html |= self.kind.is_none()
                        && text.trim_start().get(..4).is_some_and(|t| t.eq_ignore_ascii_case("html"));
                }
            }
        }
        if self.kind.is_none() {
            return Err(Error::NotAFeed { found: self.found() });
        }
        if self.reader.cdata_unclosed {
            self.warnings.add("cdata-unclosed", "a CDATA section never ends");
        }
        if !self.stack.is_empty() || self.reader.cut {
            self.warnings.add("truncated", "the document ends early");
            // A cut address or identity is a wrong one; cut prose is still prose.
            self.captures.retain(|c| c.form != Form::Text);
        }
        while !self.stack.is_empty() {
            self.close();
        }
        Ok(())
    }

    /// What the document looks like, for people.
    fn found(&self) -> String {
        match self.first {
            _ if self.html => "html".into(),
            Some(name) => format!("xml <{}>", name.chars().take(40).collect::<String>()),
            None => "text".into(),
        }
    }

    fn context(&self) -> Context {
        self.stack.last().map_or(Context::Outside, |f| f.context)
    }

    fn start(&mut self, name: &'a str, attributes: Attributes<'a>, empty: bool) {
        let in_markup = self.captures.last().is_some_and(|c| c.form != Form::Text);
        if in_markup && self.leaves_title(name) {
            self.close_text();
        } else if in_markup && !self.leaves_markup(name) {
            return self.start_markup(name, attributes, empty);
        }
        if self.first.is_none() {
            self.first = Some(name);
            self.note_leading_text();
        }
        if self.stack.len() >= DEPTH_MAX {
            self.deeper += usize::from(!empty);
            return self.warnings.add("too-deep", format!("elements below depth {DEPTH_MAX} were passed over"));
        }
        self.elements += 1;
        let bindings = self.bindings.len();
        let (base, language) = self.xml_attributes(attributes);
        let tag = self.tag(name);
        let tag = match tag {
            // An item inside an item: the end tag of the outer one is missing.
            Tag::Item if self.item.is_some() && self.context() != Context::Aside => {
                self.close_item();
                Tag::Item
            }
            tag => tag,
        };
        let mut frame = Frame { name, tag, context: self.context(), bindings, base };
        self.open(&mut frame, attributes, language);
        self.stack.push(frame);
        if empty {
            self.close();
        }
    }

    /// An item begins inside text: somebody forgot an end tag.
    fn leaves_markup(&self, name: &str) -> bool {
        let is_item =
            matches!(name.len(), 4 | 5) && (name.eq_ignore_ascii_case("item") || name.eq_ignore_ascii_case("entry"));
        is_item && self.captures.last().is_some_and(|c| c.form != Form::Xml)
    }

    /// A neighbour of the title begins inside it: the title's end tag is missing.
    fn leaves_title(&self, name: &str) -> bool {
        const NEIGHBOURS: [&str; 7] =
            ["link", "guid", "pubDate", "description", "published", "updated", "content:encoded"];
        let frame = self.captures.last().and_then(|c| self.stack.get(c.depth - 1));
        frame.is_some_and(|f| matches!(f.tag, Tag::Title(_))) && NEIGHBOURS.iter().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// Closes the innermost text and what is open inside it.
    fn close_text(&mut self) {
        let Some(depth) = self.captures.last().map(|c| c.depth) else { return };
        self.warnings.add("tag-mismatch", format!("<{}> is never closed", self.stack[depth - 1].name));
        self.deeper = 0;
        while self.stack.len() >= depth {
            self.close();
        }
    }

    fn start_markup(&mut self, name: &'a str, attributes: Attributes<'a>, empty: bool) {
        let name_here = local(name);
        let void = markup::is_void(name_here);
        if self.stack.len() >= DEPTH_MAX {
            self.deeper += usize::from(!empty && !void);
            return self.warnings.add("too-deep", format!("elements below depth {DEPTH_MAX} were passed over"));
        }
        let (context, base, depth) = match self.stack.last() {
            Some(top) => (top.context, top.base, self.stack.len()),
            None => return,
        };
        if let Some(capture) = self.captures.last_mut() {
            capture.open_tag(name_here, attributes, empty || void, depth);
        }
        if !void {
            self.stack.push(Frame { name, tag: Tag::Markup, context, bindings: self.bindings.len(), base });
            if empty {
                self.close();
            }
        }
    }

    fn end(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let at = self.stack.iter().rposition(|f| f.name == name || f.name.eq_ignore_ascii_case(name));
        let Some(at) = at else {
            let in_markup = self.captures.last().is_some_and(|c| c.form != Form::Text);
            if !(in_markup && markup::is_void(local(name))) {
                self.warnings.add("tag-mismatch", format!("</{name}> closes nothing"));
            }
            return;
        };
        if at + 1 < self.stack.len() {
            let open = self.stack[self.stack.len() - 1].name;
            self.warnings.add("tag-mismatch", format!("<{open}> is closed by </{name}>"));
        }
        while self.stack.len() > at {
            self.close();
        }
    }

    fn text(&mut self, text: &'a str) {
        let depth = self.stack.len();
        let Some(capture) = self.captures.last_mut() else { return };
        if capture.form != Form::Text || capture.depth == depth {
            capture.push_text(text, depth);
        }
    }

    fn cdata(&mut self, text: &'a str) {
        let depth = self.stack.len();
        let Some(capture) = self.captures.last_mut() else { return };
        if capture.form != Form::Text || capture.depth == depth {
            capture.push_cdata(text, depth);
        }
    }

    fn close_item(&mut self) {
        let Some(at) = self.stack.iter().rposition(|f| f.tag == Tag::Item) else { return };
        self.warnings.add("tag-mismatch", "an item begins inside an item");
        self.deeper = 0;
        while self.stack.len() > at {
            self.close();
        }
    }

    /// Declares namespaces and returns the base and the language this element sets.
    fn xml_attributes(&mut self, attributes: Attributes<'a>) -> (usize, Option<String>) {
        let mut base = self.stack.last().map_or(0, |f| f.base);
        let mut language = None;
        if memchr::memmem::find(attributes.0.as_bytes(), b"xml").is_none() {
            return (base, language);
        }
        for (key, value) in attributes.iter() {
            if let Some(rest) = key.strip_prefix("xmlns") {
                let prefix = rest.strip_prefix(':').unwrap_or("");
                let address = unescape(value);
                self.draft.dialect(&address);
                let namespace = tags::by_address(&address).unwrap_or_else(|| tags::by_prefix(prefix));
                self.bindings.push((prefix, namespace));
            } else if key.eq_ignore_ascii_case("xml:base") {
                let own = unescape(value);
                base = self.draft.add_base(own.trim(), base);
            } else if key.eq_ignore_ascii_case("xml:lang") {
                language = Some(unescape(value).trim().to_string()).filter(|l| !l.is_empty());
            }
        }
        (base, language)
    }

    fn tag(&self, name: &str) -> Tag {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.iter().rev().find(|(p, _)| *p == prefix).map(|(_, n)| *n);
        let namespace = bound.unwrap_or_else(|| tags::by_prefix(prefix));
        tags::lookup(namespace, local)
    }

    /// What an element means at its start; sets the context of its children.
    fn open(&mut self, frame: &mut Frame<'a>, attributes: Attributes<'a>, language: Option<String>) {
        let context = frame.context;
        match frame.tag {
            Tag::Rss | Tag::Feed | Tag::Rdf | Tag::Channel => self.open_root(frame, attributes, language),
            Tag::Html => self.html |= self.kind.is_none(),
            _ if self.kind.is_none() => {}
            Tag::Item if context == Context::Aside => {}
            Tag::Item => {
                frame.context = Context::Item;
                let mut item = ItemDraft::default();
                item.id = attributes.text("about");
                item.language = language;
                if let Some(href) = attributes.text("href") {
                    item.link.offer(LinkRank::Page, href, frame.base);
                }
                item.updated_at = attributes.text("lastmod").and_then(|d| date::parse(&d));
                self.item = Some(item);
            }
            _ if context == Context::Aside => {}
            Tag::Image => frame.context = Context::Image,
            Tag::Aside => frame.context = Context::Aside,
            Tag::Author | Tag::Contributor => {
                frame.context = Context::Person;
                self.person = Person::default();
                self.capture(Form::Text, attributes, frame.base);
            }
            // The title of a site's logo is not the feed's.
            Tag::Title(_) | Tag::Summary(_) | Tag::Content | Tag::Subtitle | Tag::Rights
                if context != Context::Image =>
            {
                let form = Form::of(frame.tag, attributes, self.kind);
                self.capture(form, attributes, frame.base);
            }
            Tag::Link => self.open_link(context, attributes, frame.base),
            Tag::Category => {
                self.capture(Form::Text, attributes, frame.base);
                let name =
                    attributes.text("label").or_else(|| attributes.text("term")).or_else(|| attributes.text("text"));
                if let (Some(item), Some(name)) = (&mut self.item, name) {
                    item.add_category(name);
                }
            }
            Tag::Enclosure | Tag::Medium | Tag::Thumbnail | Tag::Logo => {
                if let Some(item) = &mut self.item {
                    item.add_medium(frame.tag, attributes, frame.base);
                }
            }
            Tag::Extra(extra) => {
                if let Some(item) = &mut self.item {
                    item.extras.open(extra, attributes, frame.base);
                }
                self.capture(Form::Text, attributes, frame.base);
            }
            Tag::Id
            | Tag::OriginalLink
            | Tag::Published
            | Tag::Updated
            | Tag::Date
            | Tag::Keywords
            | Tag::Creator(_)
            | Tag::Name
            | Tag::Email
            | Tag::Url
            | Tag::Language
            | Tag::Comments
            | Tag::Ttl
            | Tag::Hour
            | Tag::Day
            | Tag::UpdatePeriod
            | Tag::UpdateFrequency => self.capture(Form::Text, attributes, frame.base),
            Tag::Title(_) | Tag::Summary(_) | Tag::Content | Tag::Subtitle | Tag::Rights => {}
            Tag::Markup | Tag::Unknown => {}
        }
    }

    fn open_root(&mut self, frame: &mut Frame<'a>, attributes: Attributes<'a>, language: Option<String>) {
        if matches!(frame.tag, Tag::Feed | Tag::Channel | Tag::Rdf) && self.item.is_none() {
            frame.context = Context::Feed;
        }
        if frame.tag == Tag::Channel && self.item.is_none() {
            if let Some(href) = attributes.text("href") {
                self.draft.link.offer(LinkRank::Page, href, frame.base);
            }
            if let Some(date) = attributes.text("lastmod").and_then(|d| date::parse(&d)) {
                self.draft.updated_at = Some(date);
            }
        }
        if self.draft.language.is_none() {
            self.draft.language = language;
        }
        if self.kind.is_none() {
            let kind = self.draft.identify(frame.tag, local(frame.name), attributes);
            self.kind = Some(kind);
        }
    }

    fn open_link(&mut self, context: Context, attributes: Attributes<'a>, base: usize) {
        let Some(href) = attributes.text("href") else {
            return self.capture(Form::Text, attributes, base);
        };
        let rel = attributes.text("rel").unwrap_or_else(|| "alternate".into()).to_ascii_lowercase();
        let rel = rel.rsplit('/').next().unwrap_or_default();
        let media_type = attributes.text("type");
        let is_page =
            matches!(media_type.as_deref(), None | Some("text/html" | "html" | "application/xhtml+xml" | "xhtml"));
        match (context, rel) {
            (Context::Item, _) => {
                let Some(item) = &mut self.item else { return };
                match rel {
                    "alternate" if is_page => item.link.offer(LinkRank::Page, href, base),
                    "enclosure" => item.add_medium(Tag::Enclosure, attributes, base),
                    // By RFC 4685 §4 a feed unless it says otherwise.
                    "replies" if is_page && media_type.is_some() => item.comments = Some((href, base)),
                    "replies" => item.extras.add_replies(href, attributes, base),
                    _ => {}
                }
            }
            (Context::Feed, "alternate") if is_page => self.draft.link.offer(LinkRank::Page, href, base),
            (Context::Feed, "self") => {
                self.draft.self_link.get_or_insert((href, base));
            }
            (Context::Feed, "hub") if self.draft.hubs.len() < 10 => self.draft.hubs.push((href, base)),
            _ => {}
        }
    }

    fn capture(&mut self, form: Form, attributes: Attributes<'a>, base: usize) {
        let permanent = attributes.get("ispermalink").is_none_or(|v| v.trim().eq_ignore_ascii_case("true"));
        self.captures.push(Capture::new(form, self.stack.len() + 1, base, permanent));
    }

    /// Closes the innermost element.
    fn close(&mut self) {
        let depth = self.stack.len();
        let Some(frame) = self.stack.pop() else { return };
        self.bindings.truncate(frame.bindings);
        if frame.tag == Tag::Markup {
            if let Some(capture) = self.captures.last_mut() {
                capture.close_tag(local(frame.name), depth - 1);
            }
            return;
        }
        let capture = self.captures.pop_if(|c| c.depth == depth);
        if let Some(capture) = capture {
            self.apply(frame.tag, capture);
        }
        if frame.tag == Tag::Item
            && frame.context == Context::Item
            && let Some(item) = self.item.take()
        {
            self.draft.items.push(item);
        }
    }

    /// What an element means once its text is known.
    fn apply(&mut self, tag: Tag, capture: Capture<'a>) {
        // The element itself is closed: this is where it stands.
        let context = self.context();
        let depth = self.stack.len();
        match context {
            Context::Item => self.apply_item(tag, capture, depth),
            Context::Feed | Context::Outside => self.apply_feed(tag, capture),
            Context::Person => match tag {
                Tag::Name => self.person.name = capture.line(),
                Tag::Email => self.person.email = capture.line(),
                _ => {}
            },
            Context::Image => {
                if tag == Tag::Url
                    && let (Some(item), Some(url)) = (&mut self.item, capture.line())
                {
                    item.image.get_or_insert((url, capture.base));
                }
            }
            Context::Aside => {}
        }
    }

    fn apply_item(&mut self, tag: Tag, capture: Capture<'a>, depth: usize) {
        let Some(item) = &mut self.item else { return };
        let base = capture.base;
        match tag {
            Tag::Title(rank) => {
                if let Some(title) = capture.title(&mut self.warnings) {
                    item.title.offer((rank, depth), title);
                }
            }
            Tag::Summary(rank) => {
                if let Some(html) = capture.html(&mut self.warnings) {
                    item.summary.offer((rank, depth), (html, base));
                }
            }
            Tag::Content => {
                if let Some(html) = capture.html(&mut self.warnings) {
                    item.content.offer((0, depth), (html, base));
                }
            }
            Tag::Link => item.link.offer(LinkRank::Page, address(&capture), base),
            Tag::OriginalLink => {
                if let Some(url) = capture.line() {
                    item.original_link = Some((url, base));
                }
            }
            Tag::Id => {
                let id = capture.value().into_owned();
                if capture.permanent && link::is_absolute(&id) {
                    item.link.offer(LinkRank::Permalink, id.clone(), base);
                }
                if !id.is_empty() {
                    item.id = Some(id);
                }
            }
            Tag::Published => item.published_at = read_date(&capture, &mut self.warnings).or(item.published_at),
            Tag::Updated => item.updated_at = read_date(&capture, &mut self.warnings).or(item.updated_at),
            Tag::Date => item.date = read_date(&capture, &mut self.warnings).or(item.date),
            Tag::Category => {
                if let Some(name) = capture.line() {
                    item.add_category(name);
                }
            }
            Tag::Keywords => capture.value().split(',').for_each(|k| item.add_category(markup::one_line(k))),
            Tag::Author => {
                let name = self.person.take().or_else(|| draft::person_name(&capture.line()?));
                item.add_author(0, name);
            }
            Tag::Creator(rank) => item.add_author(rank, capture.line().and_then(|n| draft::person_name(&n))),
            Tag::Contributor => {
                let name = self.person.take().or_else(|| draft::person_name(&capture.line()?));
                item.add_contributor(name);
            }
            Tag::Rights => item.rights = capture.title(&mut self.warnings).or(item.rights.take()),
            Tag::Extra(extra) => item.extras.apply(extra, &capture),
            Tag::Language => item.language = capture.line().or(item.language.take()),
            Tag::Comments => {
                if let Some(url) = capture.line() {
                    item.comments = Some((url, base));
                }
            }
            Tag::Thumbnail => {
                if let Some(url) = capture.line() {
                    item.image.get_or_insert((url, base));
                }
            }
            _ => {}
        }
    }

    fn apply_feed(&mut self, tag: Tag, capture: Capture<'a>) {
        let draft = &mut self.draft;
        let number = || capture.value().parse::<u32>().ok();
        match tag {
            Tag::Title(rank) => {
                if let Some(title) = capture.title(&mut self.warnings) {
                    draft.title.offer((rank, 0), title);
                }
            }
            Tag::Summary(_) | Tag::Subtitle => {
                if let Some(html) = capture.html(&mut self.warnings) {
                    draft.description.get_or_insert_with(|| markup::plain(&html, markup::Tags::All));
                }
            }
            Tag::Link => draft.link.offer(LinkRank::Page, address(&capture), capture.base),
            Tag::Rights => draft.rights = capture.title(&mut self.warnings).or(draft.rights.take()),
            Tag::Extra(Extra::Guid) => draft.guid = capture.line().or(draft.guid.take()),
            Tag::Updated => draft.updated_at = read_date(&capture, &mut self.warnings).or(draft.updated_at),
            Tag::Published | Tag::Date => {
                let date = read_date(&capture, &mut self.warnings);
                draft.updated_at = draft.updated_at.or(date);
            }
            Tag::Language => draft.language = capture.line().or(draft.language.take()),
            Tag::Ttl => draft.ttl_minutes = number(),
            Tag::Hour => draft.add_hour(number()),
            Tag::Day => draft.add_day(&capture.value()),
            Tag::UpdatePeriod => draft.period_minutes = draft::period_minutes(&capture.value()),
            Tag::UpdateFrequency => draft.frequency = number().filter(|n| *n > 0),
            _ => {}
        }
    }

    fn note_leading_text(&mut self) {
        if self.captures.is_empty() && !self.reader.starts_with_markup() {
            self.warnings.add("leading-text", "text before the document was skipped");
        }
    }
}

/// The address in an element. Many feeds escape its `&` twice, and none means `&amp;` in one.
fn address(capture: &Capture<'_>) -> String {
    capture.value().replace("&amp;", "&")
}

/// The date in an element; text that is none is said.
fn read_date(capture: &Capture<'_>, warnings: &mut Warnings) -> Option<stdx::Timestamp> {
    let text: Cow<'_, str> = capture.value();
    if text.is_empty() {
        return None;
    }
    let date = date::parse(&text);
    if date.is_none() {
        warnings.add("date-unreadable", text);
    }
    date
}
