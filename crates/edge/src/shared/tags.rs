//! The names by which answers are purged together: `Surrogate-Key`, `Cache-Tag`, `Cache-Groups`.

use http::header::HeaderMap;

use super::{fields, invalidate};

/// Most tags of one answer; further ones are dropped.
pub const TAGS_MAX: usize = 256;
const TAG_BYTES_MAX: usize = 256;

/// Fields that speak to this cache alone and are not shown to callers.
pub const PRIVATE: [&str; 3] = ["surrogate-key", "cache-tag", super::directives::OWN];

/// The tags of an answer, sorted. A cache group is a tag of its host alone (RFC 9875 §2): see [`group`].
pub fn of(host: &str, answer: &HeaderMap) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(keys) = fields::joined(answer, "surrogate-key") {
        // Lines are joined by a comma, which no key may hold.
        all.extend(keys.split([' ', '\t', ',']).filter(|key| !key.is_empty()).map(str::to_owned));
    }
    if let Some(tags) = fields::joined(answer, "cache-tag") {
        all.extend(tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned));
    }
    all.extend(invalidate::strings(answer, "cache-groups").iter().map(|name| group(host, name)));
    all.retain(|tag| tag.len() <= TAG_BYTES_MAX);
    all.truncate(TAGS_MAX);
    all.sort_unstable();
    all.dedup();
    all
}

/// The tag of a cache group. No other tag can be it: those hold no line break.
pub fn group(host: &str, name: &str) -> String {
    format!("{host}\n{name}")
}

#[cfg(test)]
mod tests {
    use super::super::fields::tests::map;
    use super::*;

    #[test]
    fn three_fields_name_tags() {
        let answer = map(&[
            ("surrogate-key", "a  b"),
            ("surrogate-key", "c"),
            ("cache-tag", "b, d e ,"),
            ("cache-groups", "\"g\", \"h\""),
        ]);
        assert_eq!(of("x.org", &answer), ["a", "b", "c", "d e", "x.org\ng", "x.org\nh"]);
        assert!(of("x.org", &map(&[("cache-groups", "g h")])).is_empty());
        let long = "x".repeat(300);
        assert!(of("x.org", &map(&[("cache-tag", &long)])).is_empty());
    }
}
