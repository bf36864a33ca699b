//! Values as people read them.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use askama::filters::HtmlSafe;
use desk::people::{Actor, Principal};
use desk::posts;
use stdx::Timestamp;

/// Markup that is not escaped again: made here from numbers and own words, or by the sanitiser.
#[derive(Clone, Debug, Default)]
pub struct Html(String);

impl HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Html {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For the modules that put own markup around escaped or sanitised pieces.
    pub(super) fn trusted(html: String) -> Html {
        Html(html)
    }
}

/// `text` for a place between tags or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A value for a query, percent-encoded (RFC 3986).
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(byte.into()),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// A moment, by its distance from `now`; the exact time stands in the title, in UTC.
pub fn when(at: Timestamp, now: Timestamp) -> Html {
    let (distance, ahead) = if at > now { (at.since(now), true) } else { (now.since(at), false) };
    let words = match (span(distance), ahead) {
        (None, _) => "now".to_owned(),
        (Some(span), true) => format!("in {span}"),
        (Some(span), false) => format!("{span} ago"),
    };
    Html(format!("<time datetime=\"{at}\" title=\"{}\">{words}</time>", utc(at)))
}

/// [`when`], or a dash.
pub fn when_some(at: Option<Timestamp>, now: Timestamp) -> Html {
    at.map_or_else(|| Html("–".to_owned()), |at| when(at, now))
}

/// `2026-11-20 09:00:05 UTC`
pub fn utc(at: Timestamp) -> String {
    let c = at.civil();
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", c.year, c.month, c.day, c.hour, c.minute, c.second)
}

fn span(time: Duration) -> Option<String> {
    let s = time.as_secs();
    match s {
        0..=1 => None,
        2..=59 => Some(format!("{s} s")),
        60..=5_999 => Some(format!("{} min", s / 60)),
        6_000..=172_799 => Some(format!("{} h", s / 3_600)),
        _ => Some(format!("{} days", s / 86_400)),
    }
}

/// A stretch of time such as `40 ms` or `3.2 s`.
pub fn lasting(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => format!("{:.0} µs", s * 1_000_000.0),
        s if s < 1.0 => format!("{:.0} ms", s * 1_000.0),
        s if s < 100.0 => format!("{s:.1} s"),
        s if s < 6_000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

/// A share from 0 to 1 as a bar; the number itself must stand beside it.
pub fn bar(share: f64) -> Html {
    let width = (share.clamp(0.0, 1.0) * 100.0).round();
    Html(format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"bar-back\" width=\"100\" height=\"4\"/><rect class=\"bar-fill\" width=\"{width}\" height=\"4\"/></svg>"
    ))
}

/// A post's state in words, with a mark of its own.
pub fn state(state: posts::State) -> Html {
    use posts::State as S;
    let (mark, tone, word) = match state {
        S::Draft => ("○", "quiet", "draft"),
        S::InReview => ("◐", "warn", "in review"),
        S::Approved => ("✓", "accent", "approved"),
        S::Scheduled => ("◷", "accent", "scheduled"),
        S::Publishing => ("▸", "accent", "publishing"),
        S::Published => ("●", "ok", "published"),
        S::Rejected => ("✕", "bad", "rejected"),
        S::Failed => ("!", "bad", "failed"),
        S::Retracted => ("↶", "quiet", "retracted"),
    };
    badge(mark, tone, word)
}

/// A word with a mark, so that its colour says nothing alone. All three are ours.
pub fn badge(mark: &'static str, tone: &'static str, word: &str) -> Html {
    Html(format!("<span class=\"badge {tone}\"><span aria-hidden=\"true\">{mark}</span> {}</span>", escape(word)))
}

/// An address that may stand in a link; anything but http and https is shown as text only.
pub fn link(url: &str) -> Option<String> {
    (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
}

/// Who did something; `names` as [`posts::names`] gives them.
pub fn who(by: &str, own: &Actor, names: &BTreeMap<String, String>) -> String {
    if by == Principal::System.to_string() {
        return "the desk".to_owned();
    }
    if by == own.principal.to_string() {
        return "you".to_owned();
    }
    match names.get(by) {
        Some(name) if name != by => name.clone(),
        _ => by.replacen(':', " ", 1),
    }
}

/// A size such as `812 B` or `4.2 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut size = n as f64 / 1024.0;
    if size < 1.0 {
        return format!("{n} B");
    }
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if size < 100.0 { format!("{size:.1} {}", UNITS[unit]) } else { format!("{size:.0} {}", UNITS[unit]) }
}

/// `1 source`, `2 sources`
pub fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(n)) }
}

/// `12,345`
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// At most `max` characters, cut at a word.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let cut: String = text.chars().take(max).collect();
    let end = cut.rfind(char::is_whitespace).filter(|end| *end > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end())
}
