//! Which of several answers at one address a request may have (RFC 9111 §4.1).

use http::header::{self, HeaderMap, HeaderName};

use super::fields;

/// What an answer varies by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vary {
    /// `*`: no other request may have it.
    Everything,
    /// These fields of the request; none when there is no `Vary`. Sorted.
    Fields(Vec<HeaderName>),
}

impl Vary {
    pub fn of(answer: &HeaderMap) -> Vary {
        let mut names = Vec::new();
        for line in answer.get_all(header::VARY) {
            let line = String::from_utf8_lossy(line.as_bytes());
            for name in fields::split(&line) {
                match HeaderName::from_bytes(name.as_bytes()) {
                    Ok(name) if name != "*" => names.push(name),
                    // What cannot be a field cannot be compared either.
                    _ => return Vary::Everything,
                }
            }
        }
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        Vary::Fields(names)
    }
}

/// One field of the request that an answer was chosen by, normalised; `None` when it was absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pub name: HeaderName,
    pub value: Option<String>,
}

/// What the request said where `answer` varies; `None` for `Vary: *`.
pub fn selectors(answer: &HeaderMap, request: &HeaderMap) -> Option<Vec<Selector>> {
    let Vary::Fields(names) = Vary::of(answer) else { return None };
    Some(names.into_iter().map(|name| Selector { value: normalised(&name, request, answer), name }).collect())
}

/// Whether `request` may have `answer`, which was chosen by `selectors`.
pub fn matches(selectors: &[Selector], answer: &HeaderMap, request: &HeaderMap) -> bool {
    selectors.iter().all(|selector| {
        selector.value == normalised(&selector.name, request, answer)
            || (selector.name == header::ACCEPT_LANGUAGE && prefers_language_of(answer, request))
    })
}

/// The value of a field in a form that is the same for requests that mean the same. The answer
/// decides how far that may go.
fn normalised(name: &HeaderName, request: &HeaderMap, answer: &HeaderMap) -> Option<String> {
    let text = fields::joined(request, name)?;
    Some(match *name {
        header::ACCEPT_ENCODING if has_common_coding(answer) => encodings(&text),
        header::ACCEPT_LANGUAGE | header::ACCEPT_CHARSET => weighted(&text),
        // No lists: a comma in them is nothing but a comma.
        header::COOKIE | header::USER_AGENT | header::AUTHORIZATION | header::REFERER | header::ORIGIN => {
            text.trim().to_owned()
        }
        _ => fields::split(&text).collect::<Vec<_>>().join(","),
    })
}

/// Codings that this cache tells apart; a request that accepts further ones may have the same answer.
const CODINGS: [&str; 4] = ["br", "gzip", "zstd", "*"];

fn has_common_coding(answer: &HeaderMap) -> bool {
    fields::items(answer, header::CONTENT_ENCODING)
        .iter()
        .all(|coding| CODINGS.contains(&coding.name.as_str()) || coding.name == "identity")
}

/// The accepted ones of the codings that are told apart.
fn encodings(text: &str) -> String {
    let mut all: Vec<String> = fields::split(text)
        .filter_map(|member| {
            let (name, quality) = quality(member);
            let name = if name == "x-gzip" { "gzip".to_owned() } else { name };
            let is_refused = quality == 0;
            match name.as_str() {
                "identity" if is_refused => Some("identity;0".to_owned()),
                known if CODINGS.contains(&known) && is_refused => Some(format!("{known};0")),
                known if CODINGS.contains(&known) => Some(name),
                _ => None,
            }
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all.join(",")
}

/// Members in lower case with their weights, in one order: without weights the order means nothing.
fn weighted(text: &str) -> String {
    let mut all: Vec<(String, u32)> = fields::split(text).map(quality).collect();
    all.sort_unstable();
    all.dedup();
    all.iter().map(|(name, quality)| format!("{name};{quality}")).collect::<Vec<_>>().join(",")
}

/// A member's name in lower case and its weight in thousandths; an unreadable weight counts as 1.
fn quality(member: &str) -> (String, u32) {
    let mut parts = member.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let thousandths = weight.and_then(|w| w.parse::<f32>().ok()).filter(|w| (0.0..=1.0).contains(w));
    (name, thousandths.map_or(1_000, |w| (w * 1_000.0).round() as u32))
}

/// Whether the one language that the request likes best is the one that the answer is written in.
fn prefers_language_of(answer: &HeaderMap, request: &HeaderMap) -> bool {
    let Some(wishes) = fields::joined(request, header::ACCEPT_LANGUAGE) else { return false };
    let mut wishes: Vec<(String, u32)> = fields::split(&wishes).map(quality).collect();
    wishes.sort_by_key(|wish| std::cmp::Reverse(wish.1));
    let best = match wishes.as_slice() {
        [best] => best,
        [best, second, ..] if best.1 > second.1 => best,
        _ => return false,
    };
    let written = fields::items(answer, header::CONTENT_LANGUAGE);
    best.1 > 0 && matches!(written.as_slice(), [one] if one.name == best.0)
}

#[cfg(test)]
mod tests;
