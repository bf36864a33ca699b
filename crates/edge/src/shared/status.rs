//! `Cache-Status` (RFC 9211): what this cache did with a request.

use http::header::{HeaderMap, HeaderName};

use super::{fields, sfv};

const NAME: HeaderName = HeaderName::from_static("cache-status");

/// Why a request was forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// The cache is not to be used here.
    Bypass,
    Method,
    UriMiss,
    VaryMiss,
    /// The request itself asked for that.
    Request,
    Stale,
    Partial,
}

impl Forward {
    pub fn name(self) -> &'static str {
        match self {
            Forward::Bypass => "bypass",
            Forward::Method => "method",
            Forward::UriMiss => "uri-miss",
            Forward::VaryMiss => "vary-miss",
            Forward::Request => "request",
            Forward::Stale => "stale",
            Forward::Partial => "partial",
        }
    }
}

/// One member of the field, for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub is_hit: bool,
    pub forward: Option<Forward>,
    /// The status that the next server gave, when it is not the one that is passed on.
    pub forward_status: Option<u16>,
    /// Whether the request waited for another one's answer.
    pub is_collapsed: bool,
    pub is_stored: bool,
    /// Seconds that the answer stays fresh; negative when it is stale.
    pub ttl_s: Option<i64>,
    pub key: Option<String>,
    pub detail: Option<&'static str>,
}

impl Report {
    pub fn forwarded(why: Forward) -> Self {
        Report { forward: Some(why), ..Report::default() }
    }

    /// The member, under the cache's name.
    pub fn member(&self, cache: &str) -> String {
        let mut text = cache.to_owned();
        if self.is_hit {
            text.push_str("; hit");
        }
        if let Some(why) = self.forward.filter(|_| !self.is_hit) {
            text.push_str("; fwd=");
            text.push_str(why.name());
        }
        if let Some(status) = self.forward_status {
            text.push_str(&format!("; fwd-status={status}"));
        }
        if let Some(ttl) = self.ttl_s {
            text.push_str(&format!("; ttl={ttl}"));
        }
        if self.is_stored {
            text.push_str("; stored");
        }
        if self.is_collapsed {
            text.push_str("; collapsed");
        }
        if let Some(key) = &self.key {
            text.push_str("; key=");
            text.push_str(&sfv::quoted(key));
        }
        if let Some(detail) = self.detail {
            text.push_str("; detail=");
            text.push_str(detail);
        }
        text
    }

    /// Appends the member after those of caches nearer to the origin.
    pub fn append(&self, cache: &str, headers: &mut HeaderMap) {
        fields::append(headers, NAME, &self.member(cache));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_structured() {
        let hit = Report { is_hit: true, ttl_s: Some(-3), forward: Some(Forward::Stale), ..Report::default() };
        assert_eq!(hit.member("edge"), "edge; hit; ttl=-3");
        let miss = Report {
            is_stored: true,
            is_collapsed: true,
            forward_status: Some(304),
            key: Some("a\"b".into()),
            detail: Some("x"),
            ..Report::forwarded(Forward::UriMiss)
        };
        let text = miss.member("edge");
        assert_eq!(text, "edge; fwd=uri-miss; fwd-status=304; stored; collapsed; key=\"a\\\"b\"; detail=x");
        assert!(sfv::list(&text).is_some());
    }
}
