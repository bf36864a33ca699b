//! What an answer permits (`Cache-Control` and its targeted forms) and what a request wishes.

use http::header::{self, HeaderMap, HeaderName};

use super::fields::{self, Item};
use super::sfv::{self, Bare, Member};

/// The field that speaks to this cache alone, before any other (RFC 9213 §2.2).
pub const OWN: &str = "copydesk-cache-control";
/// The targeted fields that are obeyed, most specific first.
pub const TARGETED: [&str; 2] = [OWN, "cdn-cache-control"];

/// Longest time that a directive can say, in seconds (RFC 9111 §1.2.2).
pub const SECONDS_MAX: u64 = 1 << 31;

/// What a directive covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Nothing,
    /// Only these fields: `no-cache="set-cookie"`.
    Fields(Vec<HeaderName>),
    Everything,
}

/// What an answer permits. Times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    pub max_age: Option<u64>,
    pub s_maxage: Option<u64>,
    pub no_store: bool,
    pub no_cache: Scope,
    pub private: Scope,
    pub public: bool,
    pub must_revalidate: bool,
    pub proxy_revalidate: bool,
    pub must_understand: bool,
    pub stale_while_revalidate: Option<u64>,
    pub stale_if_error: Option<u64>,
    /// Said by a targeted field: then `Expires` and `Pragma` say nothing (RFC 9213 §2.2).
    pub is_targeted: bool,
}

impl Directives {
    /// The first targeted field that is well-formed and not empty, else `Cache-Control`.
    pub fn of(headers: &HeaderMap) -> Directives {
        TARGETED.iter().find_map(|name| targeted(headers, name)).unwrap_or_else(|| plain(headers))
    }

    /// Whether the answer may never be used without asking first.
    pub fn forbids_reuse(&self) -> bool {
        self.no_cache == Scope::Everything
    }

    /// Whether a shared cache may not use it once stale, whatever else allows that (RFC 9111 §4.2.4).
    pub fn forbids_stale(&self) -> bool {
        self.must_revalidate || self.proxy_revalidate || self.forbids_reuse()
    }

    /// Fields that must not be stored: those that `no-cache` and `private` name.
    pub fn withheld(&self) -> impl Iterator<Item = &HeaderName> {
        [&self.no_cache, &self.private].into_iter().flat_map(|scope| match scope {
            Scope::Fields(names) => names.as_slice(),
            _ => &[],
        })
    }
}

fn plain(headers: &HeaderMap) -> Directives {
    let mut all = Directives::default();
    for item in fields::items(headers, header::CACHE_CONTROL) {
        match item.name.as_str() {
            // The first of two counts, and one that cannot be read makes the answer stale (RFC 9111 §4.2.1).
            "max-age" => set(&mut all.max_age, Some(seconds(&item).unwrap_or(0))),
            "s-maxage" => set(&mut all.s_maxage, Some(seconds(&item).unwrap_or(0))),
            "stale-while-revalidate" => set(&mut all.stale_while_revalidate, seconds(&item)),
            "stale-if-error" => set(&mut all.stale_if_error, seconds(&item)),
            "no-store" => all.no_store = true,
            "no-cache" => widen(&mut all.no_cache, item.value.as_deref()),
            "private" => widen(&mut all.private, item.value.as_deref()),
            "public" => all.public = true,
            "must-revalidate" => all.must_revalidate = true,
            "proxy-revalidate" => all.proxy_revalidate = true,
            "must-understand" => all.must_understand = true,
            _ => {}
        }
    }
    all
}

/// Strict: a field that is malformed anywhere counts as absent.
fn targeted(headers: &HeaderMap, name: &str) -> Option<Directives> {
    let members = sfv::dictionary(&fields::joined(headers, name)?)?;
    if members.is_empty() {
        return None;
    }
    let mut all = Directives { is_targeted: true, ..Directives::default() };
    for (key, member) in members {
        let time = match &member {
            Member::Item(Bare::Integer(n)) => u64::try_from(*n).ok().map(|n| n.min(SECONDS_MAX)),
            _ => None,
        };
        let is_set = member != Member::Item(Bare::Boolean(false));
        let names = match &member {
            Member::Item(Bare::String(text)) => Some(text.as_str()),
            _ => None,
        };
        match key.as_str() {
            // Of the wrong type it says nothing; that the answer is fresh least of all.
            "max-age" => all.max_age = Some(time.unwrap_or(0)),
            "s-maxage" => all.s_maxage = Some(time.unwrap_or(0)),
            "stale-while-revalidate" => all.stale_while_revalidate = time,
            "stale-if-error" => all.stale_if_error = time,
            "no-store" => all.no_store = is_set,
            "no-cache" if is_set => widen(&mut all.no_cache, names),
            "private" if is_set => widen(&mut all.private, names),
            "public" => all.public = is_set,
            "must-revalidate" => all.must_revalidate = is_set,
            "proxy-revalidate" => all.proxy_revalidate = is_set,
            "must-understand" => all.must_understand = is_set,
            _ => {}
        }
    }
    Some(all)
}

fn set(place: &mut Option<u64>, value: Option<u64>) {
    if place.is_none() {
        *place = value;
    }
}

fn widen(scope: &mut Scope, names: Option<&str>) {
    let named: Option<Vec<_>> =
        names.map(|names| fields::split(names).filter_map(|n| HeaderName::from_bytes(n.as_bytes()).ok()).collect());
    match (named.filter(|names| !names.is_empty()), &mut *scope) {
        (None, _) => *scope = Scope::Everything,
        (Some(_), Scope::Everything) => {}
        (Some(names), Scope::Fields(known)) => known.extend(names),
        (Some(names), Scope::Nothing) => *scope = Scope::Fields(names),
    }
}

fn seconds(item: &Item) -> Option<u64> {
    let text = item.value.as_deref().filter(|_| !item.is_malformed)?;
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits that do not fit are a very long time, not a mistake.
    Some(text.parse().unwrap_or(u64::MAX).min(SECONDS_MAX))
}

/// What a request wishes (RFC 9111 §5.2.1). Times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    pub no_cache: bool,
    pub no_store: bool,
    pub only_if_cached: bool,
    pub max_age: Option<u64>,
    /// How stale an answer may be; [`SECONDS_MAX`] for any.
    pub max_stale: Option<u64>,
    pub min_fresh: Option<u64>,
}

impl Wishes {
    pub fn of(headers: &HeaderMap) -> Wishes {
        let mut all = Wishes::default();
        if !headers.contains_key(header::CACHE_CONTROL) {
            all.no_cache = fields::items(headers, header::PRAGMA).iter().any(|item| item.name == "no-cache");
            return all;
        }
        for item in fields::items(headers, header::CACHE_CONTROL) {
            match item.name.as_str() {
                "no-cache" => all.no_cache = true,
                "no-store" => all.no_store = true,
                "only-if-cached" => all.only_if_cached = true,
                "max-age" => set(&mut all.max_age, seconds(&item)),
                "max-stale" if item.value.is_none() => all.max_stale = Some(SECONDS_MAX),
                "max-stale" => set(&mut all.max_stale, seconds(&item)),
                "min-fresh" => set(&mut all.min_fresh, seconds(&item)),
                _ => {}
            }
        }
        all
    }
}

#[cfg(test)]
mod tests;
