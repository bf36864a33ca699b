//! Everything about HTML, and the one door to the sanitiser.

use std::borrow::Cow;

/// The allow-list of `text::html`, with relative addresses resolved against `base`.
pub fn sanitize(html: &str, base: Option<&str>) -> String {
    text::html::sanitize(html, base)
}

/// `&eacute;` to `é`; what is no entity stays.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    text::html::decode_entities(text)
}

/// Plain text as HTML.
pub fn escape(text: &str) -> Cow<'_, str> {
    text::html::escape(text)
}

/// Which `<…>` are taken for tags.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    /// Declared HTML: every tag.
    All,
    /// Text that may be HTML: only elements HTML has, so that `Vec<String>` survives.
    Known,
}

/// One line of plain text from HTML.
pub fn plain(html: &str, tags: Tags) -> String {
    let stripped = strip(html, tags);
    one_line(&decode_entities(&stripped))
}

/// Runs of blanks become one space.
pub fn one_line(text: &str) -> String {
    if is_one_line(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether [`one_line`] would change nothing, as with most titles. Of the blanks beyond ASCII only the
/// first byte is looked at: text that has one is read letter by letter.
fn is_one_line(text: &str) -> bool {
    let mut after_blank = true;
    for b in text.bytes() {
        match b {
            b' ' if after_blank => return false,
            b'\t'..=b'\r' | 0xc2 | 0xe1..=0xe3 => return false,
            b => after_blank = b == b' ',
        }
    }
    !after_blank || text.is_empty()
}

/// Whether text of undeclared type is HTML: a closing tag or an entity, and no element HTML lacks.
pub fn looks_like_html(text: &str) -> bool {
    let mut evidence = false;
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let closing = rest[at..].starts_with("</");
        let name = tag_name(&rest[at + 1 + usize::from(closing)..]);
        if !name.is_empty() {
            if !is_html_element(name) {
                return false;
            }
            evidence |= closing || matches!(name.to_ascii_lowercase().as_str(), "br" | "img" | "hr" | "p");
        }
        rest = &rest[at + 1..];
    }
    evidence || text.split('&').skip(1).any(starts_with_entity)
}

fn starts_with_entity(after: &str) -> bool {
    let end = after.bytes().take(32).position(|b| b == b';').unwrap_or(0);
    let name = after[..end].strip_prefix('#').unwrap_or(&after[..end]);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn tag_name(text: &str) -> &str {
    let end = text.bytes().take(16).take_while(u8::is_ascii_alphanumeric).count();
    if text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) { &text[..end] } else { "" }
}

fn strip(html: &str, tags: Tags) -> Cow<'_, str> {
    if memchr::memchr(b'<', html.as_bytes()).is_none() {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let closing = rest.starts_with("</");
        let name = tag_name(&rest[1 + usize::from(closing)..]);
        let is_tag = match tags {
            _ if rest.starts_with("<!--") => true,
            Tags::All => !name.is_empty() || rest.starts_with("<!"),
            Tags::Known => is_html_element(name),
        };
        // Looked for only behind a tag: a search per `<` of `<<<<…` would be quadratic.
        let end = match is_tag {
            false => None,
            true if rest.starts_with("<!--") => rest.find("-->").map(|e| e + 2),
            true => rest.find('>'),
        };
        match end {
            // What stands in these is no text.
            Some(end) if !closing && ["script", "style"].iter().any(|n| name.eq_ignore_ascii_case(n)) => {
                rest = after_raw(&rest[end + 1..], name);
            }
            Some(end) => {
                if breaks_line(name) {
                    out.push(' ');
                }
                rest = &rest[end + 1..];
            }
            None if is_tag => break,
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    // A last tag that never ends is text again.
    out.push_str(rest);
    Cow::Owned(out)
}

/// What follows `</name` of an element whose content is not markup; nothing when it never closes.
fn after_raw<'t>(text: &'t str, name: &str) -> &'t str {
    let starts = memchr::memmem::find_iter(text.as_bytes(), b"</");
    let mut ends = starts.filter(|at| {
        text.as_bytes()[at + 2..].get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    });
    ends.next().map_or("", |at| &text[at..])
}

fn breaks_line(name: &str) -> bool {
    ["br", "p", "div", "li", "ul", "ol", "hr", "h1", "h2", "h3", "h4", "tr", "td"]
        .iter()
        .any(|n| name.eq_ignore_ascii_case(n))
}

/// Elements that never have content and may be left open.
pub fn is_void(name: &str) -> bool {
    const VOID: [&str; 14] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
    VOID.iter().any(|v| v.eq_ignore_ascii_case(name))
}

/// Elements HTML has or had; sorted.
const ELEMENTS: [&str; 112] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "main",
    "map",
    "mark",
    "meta",
    "meter",
    "nav",
    "noscript",
    "object",
    "ol",
    "option",
    "p",
    "param",
    "picture",
    "pre",
    "q",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
    "link",
    "rp",
    "rt",
];

fn is_html_element(name: &str) -> bool {
    !name.is_empty() && name.len() <= 10 && ELEMENTS.iter().any(|e| e.eq_ignore_ascii_case(name))
}

/// Undoes UTF-8 that was read as windows-1252 and written as UTF-8 again (`Ã¼` for `ü`): only when the
/// whole text makes the round trip and gets shorter.
pub fn repair_double_encoding(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    // What is not ASCII must begin with the two bytes of a character: a look at the first such place
    // settles nearly every text without reading the rest.
    let first = text.bytes().position(|b| !b.is_ascii())?;
    let mut signs = text[first..].chars().map(windows_1252);
    let starts_character = matches!(signs.next()??, 0xc2..=0xf4) && matches!(signs.next()??, 0x80..=0xbf);
    if !starts_character
        || !text.contains(['\u{c2}', '\u{c3}', '\u{c4}', '\u{c5}', '\u{e2}', '\u{d0}', '\u{d1}', '\u{ce}'])
    {
        return None;
    }
    let bytes = text.chars().map(windows_1252).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()
}

/// The byte that stands for `c` in windows-1252, or in ISO 8859-1 where that has none.
fn windows_1252(c: char) -> Option<u8> {
    match u32::from(c) {
        n @ 0..=0xff => Some(n as u8),
        _ => WINDOWS_1252_HIGH.iter().find(|(_, high)| *high == c).map(|(byte, _)| *byte),
    }
}

/// What windows-1252 has at 0x80 to 0x9f, where ISO 8859-1 has control characters.
const WINDOWS_1252_HIGH: [(u8, char); 27] = [
    (0x80, '€'),
    (0x82, '‚'),
    (0x83, 'ƒ'),
    (0x84, '„'),
    (0x85, '…'),
    (0x86, '†'),
    (0x87, '‡'),
    (0x88, 'ˆ'),
    (0x89, '‰'),
    (0x8a, 'Š'),
    (0x8b, '‹'),
    (0x8c, 'Œ'),
    (0x8e, 'Ž'),
    (0x91, '‘'),
    (0x92, '’'),
    (0x93, '“'),
    (0x94, '”'),
    (0x95, '•'),
    (0x96, '–'),
    (0x97, '—'),
    (0x98, '˜'),
    (0x99, '™'),
    (0x9a, 'š'),
    (0x9b, '›'),
    (0x9c, 'œ'),
    (0x9e, 'ž'),
    (0x9f, 'Ÿ'),
];

/// The character a numeric reference means: 128 to 159 as windows-1252, as every browser reads them.
pub fn character(code: u32) -> Option<char> {
    if let 0x80..=0x9f = code
        && let Some((_, c)) = WINDOWS_1252_HIGH.iter().find(|(byte, _)| u32::from(*byte) == code)
    {
        return Some(*c);
    }
    char::from_u32(code).filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
}
