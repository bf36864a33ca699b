//! Under which name an answer is kept: rules by path, and parameters of the query that mean nothing.

use http::header::{self, HeaderMap};
use stdx::config::Problem;

use super::{fields, sfv};

stdx::settings! {
    /// How the addresses below one path are kept.
    pub struct Rule {
        /// Path that the rule is for; `*` stands for anything, such as `/blog/*`. The first rule that fits counts.
        path: String = String::new(),
        /// How long answers are fresh, in seconds, whatever they say; `no-store`, `private` and cookies still count.
        ttl_s: Option<u64> = None,
        /// The only parameters of the query that matter; without it, all that are not ignored.
        query: Option<Vec<String>> = None,
        /// Fields of the request that tell answers apart.
        headers: Vec<String> = Vec::new(),
        /// Cookies of the request that tell answers apart.
        cookies: Vec<String> = Vec::new(),
        /// Keep nothing here.
        bypass: bool = false,
    }
}

impl Rule {
    /// Every mistake, keys prefixed by `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.path.starts_with(['/', '*']) {
            let remedy = "must start with / or *, such as \"/blog/*\"".to_owned();
            problems.push(Problem::new(format!("{section}.path"), format!("{:?}", self.path), remedy));
        }
        for name in &self.headers {
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                let remedy = "must be names of header fields".to_owned();
                problems.push(Problem::new(format!("{section}.headers"), format!("{name:?}"), remedy));
            }
        }
        problems
    }
}

/// The name of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `host/path?query`, without what means nothing: what a purge names.
    pub address: String,
    /// What the rule takes from the request's fields.
    pub extra: String,
}

/// Makes keys.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    rules: Vec<Rule>,
    /// Parameters without meaning, `*` for anything.
    ignored: Vec<String>,
}

impl Keys {
    pub fn new(rules: &[Rule], ignored: &[String]) -> Self {
        Keys { rules: rules.to_vec(), ignored: ignored.to_vec() }
    }

    /// The first rule for a path.
    pub fn rule(&self, path: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| glob(&rule.path, path))
    }

    /// The key of a request for `path_and_query` on `host`. `search` is what answers at this path have
    /// said about their parameters.
    pub fn key(&self, host: &str, path_and_query: &str, request: &HeaderMap, search: Option<&NoVarySearch>) -> Key {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let rule = self.rule(path);
        let mut address = String::with_capacity(host.len() + path_and_query.len());
        address.push_str(&host.to_ascii_lowercase());
        address.push_str(path);
        let matters = |name: &str| {
            let only = rule.and_then(|rule| rule.query.as_ref());
            only.is_none_or(|only| only.iter().any(|known| known == name))
                && !self.ignored.iter().any(|pattern| glob(pattern, name))
                && search.is_none_or(|search| search.matters(name))
        };
        let mut kept: Vec<&str> =
            query.split('&').filter(|pair| matters(pair.split('=').next().unwrap_or_default())).collect();
        if search.is_some_and(|search| search.any_order) {
            kept.sort_by_key(|pair| pair.split('=').next());
        }
        if kept.iter().any(|pair| !pair.is_empty()) {
            address.push('?');
            address.push_str(&kept.join("&"));
        }
        Key { address, extra: rule.map(|rule| extra(rule, request)).unwrap_or_default() }
    }
}

fn extra(rule: &Rule, request: &HeaderMap) -> String {
    let mut text = String::new();
    for name in &rule.headers {
        let value = fields::joined(request, name.as_str()).unwrap_or_default();
        text.push_str(&format!("{name}={}\n", value.trim()));
    }
    if !rule.cookies.is_empty() {
        // One line in HTTP/1.1, any number in HTTP/2; no list either way.
        let lines = request.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies: Vec<_> = lines.flat_map(|line| line.split(';')).filter_map(|c| c.trim().split_once('=')).collect();
        for name in &rule.cookies {
            let value = cookies.iter().find(|(known, _)| known == name).map_or("", |(_, value)| *value);
            text.push_str(&format!("{name}={value}\n"));
        }
    }
    text
}

/// What `No-Vary-Search` says of the query: which parameters do not change the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoVarySearch {
    any_order: bool,
    params: Params,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Params {
    #[default]
    AllMatter,
    /// All but these matter.
    Without(Vec<String>),
    /// Only these matter.
    Only(Vec<String>),
}

impl NoVarySearch {
    /// `None` when the answer says nothing, or nothing that can be read.
    pub fn of(answer: &HeaderMap) -> Option<NoVarySearch> {
        let members = sfv::dictionary(&fields::joined(answer, "no-vary-search")?)?;
        let get = |key: &str| members.iter().find(|(known, _)| known == key).map(|(_, member)| member);
        let flag = |key: &str| match get(key) {
            None => Some(false),
            Some(sfv::Member::Item(sfv::Bare::Boolean(value))) => Some(*value),
            Some(_) => None,
        };
        let params = match (get("params"), get("except")) {
            (Some(sfv::Member::Inner(names)), None) => Params::Without(strings(names)?),
            (Some(sfv::Member::Item(sfv::Bare::Boolean(true))), None) => Params::Only(Vec::new()),
            (Some(sfv::Member::Item(sfv::Bare::Boolean(true))), Some(sfv::Member::Inner(names))) => {
                Params::Only(strings(names)?)
            }
            (None | Some(sfv::Member::Item(sfv::Bare::Boolean(false))), None) => Params::AllMatter,
            _ => return None,
        };
        let all = NoVarySearch { any_order: flag("key-order")?, params };
        (all != NoVarySearch::default()).then_some(all)
    }

    fn matters(&self, name: &str) -> bool {
        match &self.params {
            Params::AllMatter => true,
            Params::Without(names) => !names.iter().any(|known| known == name),
            Params::Only(names) => names.iter().any(|known| known == name),
        }
    }
}

fn strings(items: &[sfv::Bare]) -> Option<Vec<String>> {
    let one = |item: &sfv::Bare| match item {
        sfv::Bare::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(one).collect()
}

/// Whether `text` is of the form of `pattern`, in which `*` stands for anything. Takes no more steps
/// than the two lengths multiplied.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), text.as_bytes());
    let (mut i, mut j) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while j < t.len() {
        if i < p.len() && p[i] == b'*' {
            star = Some((i, j));
            i += 1;
        } else if i < p.len() && p[i] == t[j] {
            i += 1;
            j += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            i = at + 1;
            j = from + 1;
        } else {
            return false;
        }
    }
    p[i..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests;
