//! `site:/a/*`: which keys of which space a purge means.

/// A space, or any, and a text with `*` for any run of characters, also an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// `None` is every space.
    space: Option<Box<str>>,
    /// What must follow one another, with anything between two of them.
    parts: Box<[Box<str>]>,
}

impl Pattern {
    /// What stands before the first `:` names the space (`*`: all of them); without a `:` every space is meant.
    pub fn parse(text: &str) -> Pattern {
        let (space, glob) = text.split_once(':').map_or((None, text), |(space, glob)| (Some(space), glob));
        let space = space.filter(|name| *name != "*").map(Box::from);
        Pattern { space, parts: glob.split('*').map(Box::from).collect() }
    }

    pub fn matches(&self, space: &str, key: &str) -> bool {
        if self.space.as_deref().is_some_and(|wanted| wanted != space) {
            return false;
        }
        let [first, middle @ .., last] = &*self.parts else {
            return self.parts.first().is_some_and(|whole| **whole == *key);
        };
        let Some(mut rest) = key.strip_prefix(&**first) else { return false };
        for part in middle {
            let Some(at) = rest.find(&**part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(&**last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run() {
        for (pattern, space, key, wanted) in [
            ("site:/a/*", "site", "/a/b", true),
            ("site:/a/*", "site", "/a/", true),
            ("site:/a/*", "site", "/ab", false),
            ("site:/a/*", "api", "/a/b", false),
            ("*:/a/*", "api", "/a/b", true),
            ("/a/*", "api", "/a/b", true),
            ("site:*", "site", "", true),
            ("site:/a/*.html", "site", "/a/x.html", true),
            ("site:/a/*.html", "site", "/a/x.htm", false),
            ("site:*a*a", "site", "a", false),
            ("site:*a*a", "site", "aa", true),
            ("site:/exact", "site", "/exact", true),
            ("site:/exact", "site", "/exact/", false),
            ("site:a*b*c*d", "site", "a1b2c3d", true),
            ("site:a*b*c*d", "site", "a1c2b3d", false),
        ] {
            assert_eq!(Pattern::parse(pattern).matches(space, key), wanted, "{pattern} {space} {key}");
        }
    }
}
