//! The `proxy` section: what `copydesk edge` puts in front of a site.

use std::net::SocketAddr;

use http::Uri;
use stdx::ByteSize;
use stdx::config::{Problem, Secret};

use crate::shared::Rule;

stdx::settings! {
    /// A caching proxy in front of one site.
    pub struct Settings {
        /// Addresses of the origin, such as `http://127.0.0.1:8000`; requests are spread over those that work.
        upstreams: Vec<String> = Vec::new(),
        /// The name that the origin is called by; without it, the one that the caller used.
        host: Option<String> = None,
        /// How this cache calls itself in `Via` and `Cache-Status`: letters, digits and hyphens.
        name: String = "copydesk".to_owned(),
        /// Bytes of answers kept in memory.
        memory_size: ByteSize = ByteSize::mib(256),
        /// Largest answer that is kept.
        object_size_max: ByteSize = ByteSize::mib(16),
        /// Largest body of a request.
        request_size_max: ByteSize = ByteSize::mib(64),
        /// Longest path with its query, in bytes; a longer one is answered with 414.
        target_bytes_max: usize = 8_192,
        /// Requests at the origin at once; further ones wait.
        requests_max: usize = 1_024,
        /// Longest time to wait for that, and to connect, in milliseconds.
        connect_timeout_ms: u64 = 5_000,
        /// Longest time to the head of an answer, in milliseconds.
        answer_timeout_ms: u64 = 60_000,
        /// Longest silence within a body, in milliseconds.
        idle_timeout_ms: u64 = 30_000,
        /// How long an unused connection to the origin is kept, in milliseconds. Shorter than the origin's own time.
        keep_alive_ms: u64 = 4_000,
        /// How long a stale answer stands in while the origin fails and the answer itself does not say, in seconds.
        grace_s: u64 = 3_600,
        /// Obey `Cache-Control` of requests. Without it callers cannot make the cache ask the origin.
        obey_requests: bool = true,
        /// Parameters of the query that do not change an answer; `*` stands for anything.
        query_ignored: Vec<String> = vec!["utm_*".to_owned()],
        /// Show callers `Surrogate-Key` and `Cache-Tag`, for another cache in front.
        show_tags: bool = false,
        /// Show the key of each answer in `Cache-Status`.
        show_key: bool = false,
        /// Failures in a row after which an upstream is left alone.
        failures_max: u32 = 3,
        /// How long it is left alone, in milliseconds.
        failure_pause_ms: u64 = 5_000,
        /// Path that is asked of each upstream to see whether it works; without it, only requests show that.
        health_path: Option<String> = None,
        /// Time between two such questions, in milliseconds.
        health_interval_ms: u64 = 2_000,
        /// Who purges says this as bearer token; without it nothing can be purged.
        purge_token: Secret = Secret::default(),
        /// Where purges are taken; without it, at `/.copydesk/purge` of the site.
        admin_listen: Option<SocketAddr> = None,
        /// How the addresses below some paths are kept.
        rules: Vec<Rule> = Vec::new(),
    }
}

impl Settings {
    /// Every mistake, keys prefixed by `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, value: String, remedy: &str| {
            problems.push(Problem::new(format!("{section}.{key}"), value, remedy.to_owned()));
        };
        for upstream in &self.upstreams {
            if parse_upstream(upstream).is_none() {
                wrong("upstreams", format!("{upstream:?}"), UPSTREAM_REMEDY);
            }
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !self.name.starts_with(|c: char| c.is_ascii_alphabetic()) || !self.name.chars().all(is_name) {
            wrong("name", format!("{:?}", self.name), "must be letters, digits and hyphens, a letter first");
        }
        if self.host.as_deref().is_some_and(|host| host.parse::<http::uri::Authority>().is_err()) {
            wrong("host", format!("{:?}", self.host), "must be a host such as \"example.com\"");
        }
        if self.health_path.as_deref().is_some_and(|path| !path.starts_with('/')) {
            wrong("health_path", format!("{:?}", self.health_path), "must start with /");
        }
        let counts = [
            ("target_bytes_max", self.target_bytes_max as u64),
            ("requests_max", self.requests_max as u64),
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("answer_timeout_ms", self.answer_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("health_interval_ms", self.health_interval_ms),
            ("failures_max", u64::from(self.failures_max)),
        ];
        for (key, value) in counts.into_iter().filter(|(_, value)| *value == 0) {
            wrong(key, value.to_string(), "must be 1 or more");
        }
        for (n, rule) in self.rules.iter().enumerate() {
            problems.extend(rule.validate(&format!("{section}.rules[{n}]")));
        }
        problems
    }
}

pub const UPSTREAM_REMEDY: &str = "must be http:// or https:// and a host, such as \"http://127.0.0.1:8000\"";

/// An origin's address: scheme and host only.
pub fn parse_upstream(text: &str) -> Option<Uri> {
    let uri: Uri = text.trim_end_matches('/').parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_bare = uri.path() == "/" && uri.query().is_none();
    let has_host = uri.authority().is_some_and(|a| !a.host().is_empty() && !a.as_str().contains('@'));
    (is_http && is_bare && has_host).then_some(uri)
}
