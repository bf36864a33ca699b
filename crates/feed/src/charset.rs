//! From bytes to text, whatever the document says about itself.
//!
//! Order: byte order mark; the zero bytes of UTF-16 and UTF-32; valid UTF-8; the XML prolog; the
//! `Content-Type` header; a `meta` element; statistics (chardetng, whose last resort is windows-1252).
//! It never fails: what cannot be decoded becomes U+FFFD and a warning.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_KR, Encoding, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a document its declaration is looked for.
const HEAD: usize = 1024;
/// Statistics need no more than this.
const SAMPLE: usize = 64 * 1024;

#[derive(Debug)]
pub struct Decoded<'a> {
    /// Without a byte order mark and without characters XML forbids.
    pub text: Cow<'a, str>,
    /// The name of the encoding used.
    pub encoding: &'static str,
    /// Code and detail of what was forgiven.
    pub warnings: Vec<(&'static str, String)>,
}

/// Decodes `bytes`; `content_type` is the header, `url` lends the statistics its country.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, url: Option<&str>) -> Decoded<'a> {
    let mut warnings = Vec::new();
    let (text, encoding) = to_text(bytes, content_type, url, &mut warnings);
    Decoded { text: clean(text, &mut warnings), encoding, warnings }
}

/// The encoding a label means in the wild: a superset where one is in use under the older name.
pub fn for_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let found = Encoding::for_label_no_replacement(label.as_bytes()).or_else(|| {
        let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.as_str() {
            "utf8" | "unicode11utf8" | "utf8n" | "utf8mb4" => UTF_8,
            "cp949" | "ms949" | "uhc" | "euckr" => EUC_KR,
            "cp932" | "ms932" | "sjis" | "shiftjis" => SHIFT_JIS,
            "cp936" | "ms936" | "gb2312" | "gbk" | "euccn" | "hzgb2312" => GB18030,
            "iso88591" | "latin1" | "ansi" | "cp1252" | "win1252" => WINDOWS_1252,
            _ => return Encoding::for_label_no_replacement(canonical(&plain)?.as_bytes()),
        })
    })?;
    // A page of its own for private use says nothing about a feed.
    Some(if found.name() == "x-user-defined" { WINDOWS_1252 } else { found })
}

/// `iso885915`, `cp1254`, `koi8r` as the registry writes them.
fn canonical(plain: &str) -> Option<String> {
    if let Some(part) = plain.strip_prefix("iso8859") {
        return Some(format!("iso-8859-{part}"));
    }
    let page = plain.strip_prefix("windows").or_else(|| plain.strip_prefix("cp")).or_else(|| plain.strip_prefix("win"));
    match page {
        Some(page) => Some(format!("windows-{page}")),
        None => matches!(plain, "koi8r" | "koi8u").then(|| format!("koi8-{}", &plain[4..])),
    }
}

fn to_text<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    url: Option<&str>,
    warnings: &mut Vec<(&'static str, String)>,
) -> (Cow<'a, str>, &'static str) {
    if let Some((big, skip)) = utf32(bytes) {
        return (Cow::Owned(decode_utf32(&bytes[skip..], big)), "UTF-32");
    }
    if let Some((encoding, skip)) = Encoding::for_bom(bytes).or_else(|| utf16(bytes).map(|e| (e, 0))) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[skip..]);
        if bad && encoding != UTF_8 {
            warnings.push(("encoding-bad-bytes", format!("bytes that are no {}", encoding.name())));
        }
        // The mark of UTF-8 is often left on text converted to something else.
        if !(bad && encoding == UTF_8) {
            return (text, encoding.name());
        }
    }
    let prolog = prolog_label(bytes);
    let header = content_type.and_then(charset_param);
    // The vectors of encoding_rs: most documents are UTF-8, and the standard library takes longer to say so
    // than all of the reading that follows.
    if let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        // The one encoding in use whose text is also valid ASCII.
        let escaped = [&prolog, &header].into_iter().flatten().any(|l| for_label(l) == Some(ISO_2022_JP));
        if !(escaped && memchr::memchr(0x1b, bytes).is_some()) {
            if let Some(label) = prolog.or(header).filter(|l| !text.is_ascii() && for_label(l) != Some(UTF_8)) {
                warnings.push(("encoding-overridden", format!("declared as {label}, is UTF-8")));
            }
            return (text, UTF_8.name());
        }
    }
    let mut declared_utf8 = prolog.is_none() && header.is_none();
    let mut first = None;
    for label in [prolog, header, meta_label(bytes)].into_iter().flatten() {
        let Some(encoding) = for_label(&label) else {
            warnings.push(("encoding-unknown", format!("no encoding is called {label}")));
            continue;
        };
        // These two were ruled out above.
        if encoding == UTF_8 {
            declared_utf8 = true;
            continue;
        }
        if encoding == UTF_16LE || encoding == UTF_16BE {
            continue;
        }
        let (text, bad) = encoding.decode_without_bom_handling(bytes);
        if !bad {
            return (text, encoding.name());
        }
        first.get_or_insert((text, encoding));
    }
    if declared_utf8 && mostly_utf8(bytes) {
        warnings.push(("encoding-bad-bytes", "bytes that are no UTF-8".into()));
        return (String::from_utf8_lossy(bytes), UTF_8.name());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], bytes.len() <= SAMPLE);
    let domain = url.and_then(country);
    let guess = detector.guess(domain.as_deref().map(str::as_bytes), Utf8Detection::Deny);
    let (text, bad) = guess.decode_without_bom_handling(bytes);
    match first {
        Some((text, encoding)) if bad || encoding == guess => {
            warnings.push(("encoding-bad-bytes", format!("bytes that are no {}", encoding.name())));
            (text, encoding.name())
        }
        _ => {
            warnings.push(("encoding-guessed", format!("read as {}", guess.name())));
            (text, guess.name())
        }
    }
}

/// Whether the bytes are UTF-32, big-endian if so, and the length of the mark.
fn utf32(bytes: &[u8]) -> Option<(bool, usize)> {
    match bytes.get(..4)? {
        [0, 0, 0xfe, 0xff] => Some((true, 4)),
        [0xff, 0xfe, 0, 0] => Some((false, 4)),
        [0, 0, 0, b'<' | b'{'] => Some((true, 0)),
        [b'<' | b'{', 0, 0, 0] => Some((false, 0)),
        _ => None,
    }
}

fn decode_utf32(bytes: &[u8], big: bool) -> String {
    let word = |b: &[u8]| {
        let b = [b[0], b[1], b[2], b[3]];
        if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    };
    bytes.chunks_exact(4).map(|b| char::from_u32(word(b)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// UTF-16 without a mark: a document starts with `<` or `{`, perhaps after blanks.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [0, b'<' | b'{' | b' ' | b'\n' | b'\r', 0, _] => Some(UTF_16BE),
        [b'<' | b'{' | b' ' | b'\n' | b'\r', 0, _, 0] => Some(UTF_16LE),
        _ => None,
    }
}

fn head(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)])
}

/// `encoding="…"` of the XML declaration.
fn prolog_label(bytes: &[u8]) -> Option<String> {
    let head = head(bytes);
    let start = head.find("<?xml")?;
    let declaration = &head[start..];
    let declaration = &declaration[..declaration.find('>').unwrap_or(declaration.len())];
    value_after(declaration, "encoding")
}

fn meta_label(bytes: &[u8]) -> Option<String> {
    let head = head(bytes).to_ascii_lowercase();
    let start = head.find("<meta")?;
    value_after(&head[start..], "charset")
}

fn charset_param(content_type: &str) -> Option<String> {
    value_after(&content_type.to_ascii_lowercase(), "charset")
}

/// The value in `key = "value"`, with or without quotes.
fn value_after(text: &str, key: &str) -> Option<String> {
    let rest = text[text.find(key)? + key.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => rest[1..].split(quote).next()?,
        None => rest.split([' ', ';', '?', '>', '"', '\'']).next()?,
    };
    let value = value.trim();
    (!value.is_empty() && value.len() <= 40).then(|| value.to_string())
}

/// UTF-8 with a few accidents (a cut character, one pasted line) rather than another encoding.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        if chunk.valid().is_ascii() {
            // Nothing to count.
        } else {
            good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        }
        bad += usize::from(!chunk.invalid().is_empty());
    }
    let cut_at_end = std::str::from_utf8(bytes).is_err_and(|e| e.error_len().is_none());
    cut_at_end || good > 2 * bad
}

/// The last label of the host, which tells Turkish from Latin where the bytes do not.
fn country(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let label = url.domain()?.rsplit('.').next()?.to_ascii_lowercase();
    label.bytes().all(|b| b.is_ascii_lowercase()).then_some(label)
}

/// Removes the byte order mark and what XML forbids.
fn clean<'a>(text: Cow<'a, str>, warnings: &mut Vec<(&'static str, String)>) -> Cow<'a, str> {
    let text = match text {
        Cow::Borrowed(t) => Cow::Borrowed(t.strip_prefix('\u{feff}').unwrap_or(t)),
        Cow::Owned(t) => Cow::Owned(t.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(t)),
    };
    if is_clean(text.as_bytes()) {
        return text;
    }
    if text.contains(forbidden) {
        warnings.push(("control-characters", "characters XML forbids were removed".into()));
    }
    // Converters that take windows-1252 for ISO 8859-1 leave quotation marks as control characters.
    let mend = |c: char| if is_c1(c) { crate::markup::character(u32::from(c)).unwrap_or(c) } else { c };
    Cow::Owned(text.chars().filter(|c| !forbidden(*c)).map(mend).collect())
}

/// Whether nothing in it is [`forbidden`] or [`is_c1`]; done over every document, hence by bytes and by
/// blocks, which vectorise.
fn is_clean(text: &[u8]) -> bool {
    let has_control = |block: &[u8]| {
        block.iter().fold(false, |found, b| found | ((*b < 0x20) & (*b != b'\t') & (*b != b'\n') & (*b != b'\r')))
    };
    // 0xc2 leads U+0080 to U+009f, 0xef the last two of the plane.
    let is_lead =
        |at: usize| matches!(text[at..], [0xc2, 0x80..=0x84 | 0x86..=0x9f, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..]);
    !text.chunks(256).any(has_control) && !memchr::memchr2_iter(0xc2, 0xef, text).any(is_lead)
}

fn is_c1(c: char) -> bool {
    // U+0085 is also a line break in its own right.
    ('\u{80}'..='\u{9f}').contains(&c) && c != '\u{85}'
}

fn forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}
