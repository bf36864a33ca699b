//! The `purge` section: which remote caches are told of changes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use stdx::config::{Problem, Secret};
use url::Url;

use super::{Budget, cloudflare, edge, fastly};

stdx::settings! {
    /// Remote caches that are told what has changed. Without a target nobody is told.
    pub struct Settings {
        /// The caches in front of the site.
        targets: Vec<Target> = Vec::new(),
        /// How long changes are collected before they are told, in milliseconds.
        coalesce_ms: u64 = 250,
    }
}

stdx::settings! {
    /// One remote cache.
    pub struct Target {
        /// How the cache is called here, such as `cloudflare`; what it has been told is remembered under it.
        name: String = String::new(),
        /// Whose cache it is: `cloudflare`, `fastly`, or `edge` for a `copydesk edge`.
        kind: Option<Kind> = None,
        /// Cloudflare's identifier of the zone, 32 hexadecimal digits.
        zone: String = String::new(),
        /// Fastly's identifier of the service.
        service: String = String::new(),
        /// Token that may purge, and better nothing else.
        token: Secret = Secret::default(),
        /// Environment variable that holds the token; for where neither `token` nor `token_file` will do.
        token_env: String = String::new(),
        /// Cloudflare's plan, which sets the limits: `free`, `pro`, `business` or `enterprise`.
        plan: Plan = Plan::Free,
        /// Address of the API; needed for `edge`: where it takes purges, such as `http://10.0.0.7:8081`.
        base_url: String = String::new(),
        /// Keep what was edited as stale answers until the new one is there, where the cache can; what is withdrawn
        /// is always removed.
        soft: bool = true,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Cloudflare,
    Fastly,
    Edge,
}

/// What an account at Cloudflare has booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    Free,
    Pro,
    Business,
    Enterprise,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Cloudflare => "cloudflare",
            Kind::Fastly => "fastly",
            Kind::Edge => "edge",
        }
    }

    /// Most tags of one purge.
    pub fn tags_max(self) -> usize {
        match self {
            Kind::Cloudflare => cloudflare::KEYS_MAX,
            Kind::Fastly => fastly::KEYS_MAX,
            Kind::Edge => edge::KEYS_MAX,
        }
    }

    /// Most addresses of one purge.
    pub fn urls_max(self) -> usize {
        match self {
            Kind::Cloudflare => cloudflare::KEYS_MAX,
            Kind::Fastly => 1,
            Kind::Edge => edge::KEYS_MAX,
        }
    }
}

impl Plan {
    /// Requests by tag at once, and the time for one more to come back; addresses in a second.
    fn limits(self) -> (u32, Duration, u32) {
        match self {
            Plan::Free => (25, Duration::from_secs(12), 800),
            Plan::Pro => (25, Duration::from_millis(200), 1_500),
            Plan::Business => (50, Duration::from_millis(100), 1_500),
            Plan::Enterprise => (500, Duration::from_millis(20), 3_000),
        }
    }
}

impl Target {
    /// The token, wherever it stands; empty when nowhere.
    pub fn secret(&self) -> Secret {
        match std::env::var(&self.token_env) {
            Ok(token) if !self.token_env.is_empty() => Secret::new(token.trim()),
            _ => self.token.clone(),
        }
    }

    /// The API's address without a slash at its end.
    pub(super) fn base<'a>(&'a self, usual: &'a str) -> &'a str {
        let own = if self.base_url.is_empty() { usual } else { &self.base_url };
        own.trim_end_matches('/')
    }

    /// Whether purges by tag are so few here that what is known by its address is better purged by that.
    pub fn is_short_of_tags(&self) -> bool {
        self.kind == Some(Kind::Cloudflare) && self.plan == Plan::Free
    }

    /// How many requests with tags may be made. Source for Fastly: none but its answers, so that it is asked
    /// gently until it has told.
    pub fn tag_budget(&self, now: Timestamp) -> Budget {
        match self.kind {
            Some(Kind::Cloudflare) => {
                let (burst, period, _) = self.plan.limits();
                Budget::new(burst, period, now)
            }
            Some(Kind::Fastly) => Budget::new(10, Duration::from_millis(100), now),
            Some(Kind::Edge) | None => Budget::new(1_000, Duration::from_millis(1), now),
        }
    }

    /// How many addresses may be purged: four fifths of the rate, a fifth of it at once, so that no second sees
    /// more than the table allows however it is cut.
    pub fn url_budget(&self, now: Timestamp) -> Budget {
        let (_, _, rate) = self.plan.limits();
        match self.kind {
            Some(Kind::Cloudflare) => Budget::new(rate / 5, Duration::from_secs(5) / (rate * 4), now),
            _ => self.tag_budget(now),
        }
    }

    fn validate(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, value: &dyn std::fmt::Display, remedy: &str| {
            problems.push(Problem::new(format!("{path}.{key}"), value, remedy));
        };
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        if !(1..=40).contains(&self.name.len()) || !self.name.bytes().all(plain) {
            wrong("name", &self.name, "must be 1 to 40 letters, digits, dots, dashes or underscores");
        }
        let Some(kind) = self.kind else {
            wrong("kind", &"", "must be \"cloudflare\", \"fastly\" or \"edge\"");
            return problems;
        };
        match kind {
            Kind::Cloudflare if self.zone.len() != 32 || !self.zone.bytes().all(|c| c.is_ascii_hexdigit()) => {
                wrong(
                    "zone",
                    &self.zone,
                    "must be the zone's identifier, 32 hexadecimal digits; the zone's overview shows it",
                );
            }
            Kind::Fastly | Kind::Edge if !self.zone.is_empty() => {
                wrong("zone", &self.zone, "is for cloudflare only; remove the line");
            }
            _ => {}
        }
        match kind {
            Kind::Fastly
                if !(1..=64).contains(&self.service.len())
                    || !self.service.bytes().all(|c| c.is_ascii_alphanumeric()) =>
            {
                wrong("service", &self.service, "must be the service's identifier, letters and digits");
            }
            Kind::Cloudflare | Kind::Edge if !self.service.is_empty() => {
                wrong("service", &self.service, "is for fastly only; remove the line");
            }
            _ => {}
        }
        let has_token = !self.token.reveal().is_empty();
        if has_token && !self.token_env.is_empty() {
            wrong("token_env", &self.token_env, "is one token too many: token or token_file gives one too");
        } else if self.token_env.starts_with("COPYDESK_") {
            wrong("token_env", &self.token_env, "must not begin with COPYDESK_, which is for settings");
        } else if !self.token_env.is_empty() && std::env::var(&self.token_env).is_err() {
            wrong("token_env", &self.token_env, "is not set in the environment");
        } else if self.secret().reveal().is_empty() {
            wrong("token", &"", "must be given: token, token_file or token_env");
        }
        if !self.secret().reveal().bytes().all(|c| c.is_ascii_graphic()) {
            wrong("token", &"***", "must not hold blanks, line breaks or other than ASCII characters");
        }
        match Url::parse(&self.base_url) {
            Err(_) if self.base_url.is_empty() && kind != Kind::Edge => {}
            Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
                wrong("base_url", &self.base_url, "must begin with https:// or http://");
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                wrong("base_url", &"(not shown)", "must not hold a user or a password; use token");
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                wrong("base_url", &self.base_url, "must end before any ? or #");
            }
            // A token in the clear is only acceptable where the settings name the address by number.
            Ok(url) if url.scheme() == "http" && url.domain().is_some() => {
                wrong("base_url", &self.base_url, "must be https, because the token would be sent in the clear");
            }
            Ok(_) => {}
            Err(_) => wrong("base_url", &self.base_url, "must be the address at which the edge takes purges"),
        }
        problems
    }
}

impl Settings {
    /// All mistakes in this section, whose keys begin with `section`.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (i, target) in self.targets.iter().enumerate() {
            let path = format!("{section}.targets[{i}]");
            problems.extend(target.validate(&path));
            if self.targets[..i].iter().any(|other| other.name == target.name) {
                problems.push(Problem::new(format!("{path}.name"), &target.name, "must differ from those before it"));
            }
        }
        if self.targets.len() > TARGETS_MAX {
            let remedy = format!("must be at most {TARGETS_MAX} tables");
            problems.push(Problem::new(format!("{section}.targets"), self.targets.len(), remedy));
        }
        if !(1..=10_000).contains(&self.coalesce_ms) {
            let remedy = "must be 1 to 10000 milliseconds";
            problems.push(Problem::new(format!("{section}.coalesce_ms"), self.coalesce_ms, remedy));
        }
        problems
    }
}

const TARGETS_MAX: usize = 32;
