//! What a change is called in remote caches.

use std::collections::HashSet;

use stdx::Timestamp;

use crate::PostId;
use crate::pages::{self, TAG_LISTS};

/// Tag of every answer of the site, for an operator who wants all of it gone.
pub const TAG_SITE: &str = "site";

/// A page that appeared, changed or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub post: PostId,
    /// Every slug under which it was published.
    pub slugs: Vec<String>,
    /// Slug of its topic; empty when it has none.
    pub topic: String,
    pub at: Timestamp,
}

/// Each tag once: first the lists, which most readers see, then the pages in the order of their changes.
pub(super) fn tags(changes: &[Change]) -> Vec<String> {
    let own = changes.iter().map(|change| pages::tag(change.post));
    each_once(std::iter::once(TAG_LISTS.to_owned()).chain(own))
}

/// Each address once, in the same order.
pub(super) fn urls(origin: &str, changes: &[Change]) -> Vec<String> {
    let own = changes.iter().flat_map(|change| change.slugs.iter().map(|slug| format!("/{slug}")));
    let topics =
        changes.iter().filter(|change| !change.topic.is_empty()).map(|change| format!("/topic/{}", change.topic));
    let lists = LISTS.iter().map(|path| (*path).to_owned());
    each_once(lists.chain(topics).chain(own).map(|path| format!("{origin}{path}")))
}

/// Where the site shows a page first: its own address and the beginnings of the lists it stands in. It may stand on
/// others, which only their tags find.
pub fn addresses(slug: &str, topic: &str) -> Vec<String> {
    let change = Change {
        post: PostId(stdx::Id::lower_bound(Timestamp::EPOCH)),
        slugs: vec![slug.to_owned()],
        topic: topic.to_owned(),
        at: Timestamp::EPOCH,
    };
    urls("", &[change])
}

const LISTS: [&str; 5] = ["/", "/feed.xml", "/feed.json", "/archive", "/sitemap.xml"];

fn each_once(keys: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    keys.filter(|key| seen.insert(key.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_named_once() {
        let change = |id: i64, slugs: &[&str], topic: &str| Change {
            post: PostId(stdx::Id::from_i64(id).unwrap()),
            slugs: slugs.iter().map(|slug| (*slug).to_owned()).collect(),
            topic: topic.to_owned(),
            at: Timestamp::EPOCH,
        };
        let changes = [
            change(1, &["a"], "sea"),
            change(2, &["b", "b-old"], "sea"),
            change(1, &["a"], "sea"),
            change(3, &["c"], ""),
        ];
        let own: Vec<String> = [1, 2, 3].map(|id| pages::tag(PostId(stdx::Id::from_i64(id).unwrap()))).into();
        assert_eq!(tags(&changes), [&[TAG_LISTS.to_owned()], own.as_slice()].concat());
        let paths: Vec<String> =
            urls("https://h", &changes).iter().map(|url| url.strip_prefix("https://h").unwrap().to_owned()).collect();
        let lists = ["/", "/feed.xml", "/feed.json", "/archive", "/sitemap.xml", "/topic/sea"];
        assert_eq!(paths, [&lists[..], &["/a", "/b", "/b-old", "/c"]].concat());
        assert_eq!(addresses("a", "")[5..], ["/a"]);
    }
}
