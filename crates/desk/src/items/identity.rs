//! Which entry is which: guid, then address, then content; never the date.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::fill::Entry;

/// The names under which an entry may be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    /// By its own id alone.
    pub plain: String,
    /// By id and address, for feeds that give one id to several entries.
    pub precise: String,
    /// The document repeats the id, so that only the precise key tells its bearers apart.
    pub repeated: bool,
    /// The entry has neither id nor an address of its own, so that its content is its name.
    pub anonymous: bool,
}

impl Keys {
    /// The key under which a new entry is stored.
    pub fn own(&self) -> &str {
        if self.repeated { &self.precise } else { &self.plain }
    }
}

/// What an entry is told apart by, as it stands in the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks<'a> {
    pub guid: Option<&'a str>,
    pub canonical_url: Option<&'a str>,
    pub title: &'a str,
    pub text: &'a str,
}

/// The keys of all entries of one document; `None` for one that repeats another in everything.
pub(crate) fn keys(document: &[Marks<'_>]) -> Vec<Option<Keys>> {
    let plain: Vec<String> = document.iter().map(Marks::plain).collect();
    let mut bearers: HashMap<&str, usize> = HashMap::new();
    for key in &plain {
        *bearers.entry(key).or_default() += 1;
    }
    // Those that share id and address are told apart by content alone, the first one too: which is first changes.
    let mut alike: HashMap<(&str, &str), usize> = HashMap::new();
    let mut taken = HashSet::new();
    for (marks, plain) in document.iter().zip(&plain) {
        if taken.insert(marks.whole(plain)) {
            *alike.entry((plain, marks.canonical_url.unwrap_or_default())).or_default() += 1;
        }
    }
    taken.clear();
    let mut key = |(marks, plain): (&Marks<'_>, &String)| {
        let repeated = bearers[plain.as_str()] > 1;
        let url = marks.canonical_url.unwrap_or_default();
        let mut precise = digest(&["id and url", plain, url]);
        let is_alike = repeated && alike[&(plain.as_str(), url)] > 1;
        if repeated {
            // Not by position, as others do: the next entry above would move every key.
            let whole = marks.whole(plain);
            if !taken.insert(whole.clone()) {
                return None;
            }
            if is_alike {
                precise = whole;
            }
        }
        let anonymous = marks.guid.is_none() && (marks.canonical_url.is_none() || is_alike);
        Some(Keys { plain: plain.clone(), precise, repeated, anonymous })
    };
    document.iter().zip(&plain).map(&mut key).collect()
}

impl Marks<'_> {
    fn whole(&self, plain: &str) -> String {
        digest(&["id, url and content", plain, self.canonical_url.unwrap_or_default(), self.title, self.text])
    }

    fn plain(&self) -> String {
        match (self.guid, self.canonical_url) {
            (Some(guid), _) => digest(&["guid", guid.trim_end()]),
            (None, Some(url)) => digest(&["url", url]),
            (None, None) => digest(&["content", self.title, self.text]),
        }
    }
}

/// What changes when an entry changes.
pub(crate) fn content_hash(entry: &Entry) -> String {
    digest(&[&entry.title, &entry.content_html, entry.url.as_deref().unwrap_or_default()])
}

/// SHA-256 over the parts and their lengths, in hexadecimal.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

pub(crate) fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).map(char::from).collect()
}
