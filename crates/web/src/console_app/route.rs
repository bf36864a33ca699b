//! The screens' addresses and files, as the build lists them in `routes.json`:
//! `{"/console/posts/:id": ["editor-4f2a91c0.js", "editor-77aa01b2.css"]}`.

use std::collections::BTreeMap;

use super::files::ASSETS;

/// All screens.
#[derive(Debug)]
pub struct Routes(Vec<Route>);

/// One screen.
#[derive(Debug)]
pub struct Route {
    /// Each a word, or `None` for any one.
    segments: Vec<Option<String>>,
    /// The last one may be missing.
    is_open: bool,
    /// Where its files are on this host.
    addresses: Vec<String>,
}

impl Routes {
    pub fn parse(json: &[u8]) -> Result<Routes, String> {
        let listed: BTreeMap<String, Vec<String>> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let mut routes = Vec::new();
        for (pattern, files) in listed {
            // They go into attributes as they are.
            let is_plain = |file: &String| file.bytes().all(|c| c.is_ascii_alphanumeric() || b"/._-~".contains(&c));
            if let Some(file) = files.iter().find(|file| !is_plain(file)) {
                return Err(format!("{file:?} is no name that the bundler gives"));
            }
            let segments: Vec<Option<String>> =
                words(&pattern).map(|word| (!word.starts_with(':')).then(|| word.to_owned())).collect();
            let addresses = files.iter().map(|file| format!("{ASSETS}{file}")).collect();
            routes.push(Route { segments, is_open: pattern.ends_with('?'), addresses });
        }
        // A word is meant before any one.
        routes.sort_by_key(|route| route.segments.iter().filter(|segment| segment.is_none()).count());
        Ok(Routes(routes))
    }

    /// The screen at `path`.
    pub fn find(&self, path: &str) -> Option<&Route> {
        let asked: Vec<&str> = words(path).collect();
        self.0.iter().find(|route| {
            let known = route.segments.len();
            (asked.len() == known || route.is_open && asked.len() + 1 == known)
                && route.segments.iter().zip(&asked).all(|(known, word)| known.as_ref().is_none_or(|k| k == word))
        })
    }
}

impl Route {
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }
}

fn words(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|word| !word.is_empty())
}
