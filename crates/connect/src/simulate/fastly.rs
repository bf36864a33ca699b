//! A service at Fastly: its purge API with its count of what is left, and the cache behind it.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use stdx::Timestamp;

use super::held::{Found, Held, Meant, Mishap, TAGS_BYTES_MAX, garbage, reply};
use super::{Asked, Reply};

const KEYS_MAX: usize = 256;
const KEY_BYTES_MAX: usize = 1_024;

/// One service.
#[derive(Debug)]
pub struct Service {
    id: String,
    token: String,
    /// Whether the token may purge all.
    may_all: bool,
    /// Purges of an hour.
    per_hour: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    held: Held,
    remaining: u64,
    resets_at: Timestamp,
    requests: usize,
    limited: usize,
}

/// What a visitor is shown without the origin being waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Fresh(Vec<u8>),
    /// Softly purged.
    Stale(Vec<u8>),
    Nothing,
}

impl Service {
    /// `token` may purge by key and address only (the scope `purge_select`).
    pub fn new(id: &str, token: &str, per_hour: u64, now: Timestamp) -> Service {
        let inner =
            Inner { held: Held::default(), remaining: per_hour, resets_at: now + HOUR, requests: 0, limited: 0 };
        Service { id: id.to_owned(), token: token.to_owned(), may_all: false, per_hour, inner: Mutex::new(inner) }
    }

    /// The token has the scope `purge_all` too.
    pub fn with_purge_all(self) -> Service {
        Service { may_all: true, ..self }
    }

    pub fn next(&self, mishaps: &[Mishap]) {
        self.lock().held.mishaps.extend(mishaps);
    }

    /// Requests so far, and those among them that met the limit.
    pub fn tally(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.requests, inner.limited)
    }

    /// Somebody has visited `url`, and the origin answered with `body` and this `Surrogate-Key`.
    pub fn keep(&self, url: &str, surrogate_key: &str, body: &[u8], now: Timestamp) {
        let read = &surrogate_key[..surrogate_key.floor_char_boundary(TAGS_BYTES_MAX)];
        let keys = read.split(' ').filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
        self.lock().held.keep(bare(url), keys.map(str::to_owned).collect(), body, now);
    }

    pub fn visit(&self, url: &str, now: Timestamp) -> Shown {
        match self.lock().held.get(bare(url), now) {
            Found::Fresh(body) => Shown::Fresh(body.to_vec()),
            Found::Stale(body) => Shown::Stale(body.to_vec()),
            Found::Missing => Shown::Nothing,
        }
    }

    pub fn answer(&self, asked: &Asked<'_>, now: Timestamp) -> Reply {
        let mut inner = self.lock();
        inner.requests += 1;
        let mut answer = self.judge(&mut inner, asked, now);
        let headers = [
            ("fastly-ratelimit-remaining", inner.remaining.to_string()),
            ("fastly-ratelimit-reset", (inner.resets_at.micros() / 1_000_000).to_string()),
        ];
        answer.headers.extend(headers);
        answer
    }

    fn judge(&self, inner: &mut Inner, asked: &Asked<'_>, now: Timestamp) -> Reply {
        let header = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
        if header("fastly-key") != Some(self.token.as_str()) {
            return error(401, "Provided credentials are missing or invalid");
        }
        let (meant, answer) = match self.read(asked, header("surrogate-key")) {
            Ok(read) => read,
            Err(refused) => return refused,
        };
        if asked.method != "POST" {
            return error(405, "Method not allowed");
        }
        if inner.resets_at <= now {
            (inner.remaining, inner.resets_at) = (self.per_hour, now + HOUR);
        }
        if inner.remaining == 0 {
            inner.limited += 1;
            return error(429, "Rate limit exceeded");
        }
        inner.remaining -= 1;
        let mishap = inner.held.mishaps.pop_front();
        match mishap {
            Some(Mishap::FailsBefore) => return error(503, "Service unavailable"),
            Some(Mishap::Garbage) => return garbage(),
            Some(Mishap::Limits(wait)) => {
                let mut limited = error(429, "Rate limit exceeded");
                limited.headers.extend(wait.map(|s| ("retry-after", s.to_string())));
                return limited;
            }
            Some(Mishap::FailsAfter) | None => {}
        }
        let soft = header("fastly-soft-purge") == Some("1") && !matches!(meant, Meant::Everything);
        inner.held.purge(meant, soft, now);
        match mishap {
            Some(_) => error(502, "Bad gateway"),
            None => reply(200, &answer),
        }
    }

    fn read(&self, asked: &Asked<'_>, header: Option<&str>) -> Result<(Meant, Value), Reply> {
        let ok = |id: &str| json!({ "status": "ok", "id": id });
        if let Some(url) = asked.path.strip_prefix("/purge/") {
            return Ok((Meant::Urls(vec![url.to_owned()]), ok("url")));
        }
        let own = asked.path.strip_prefix("/service/").and_then(|rest| rest.strip_prefix(self.id.as_str()));
        match own {
            Some("/purge_all") if self.may_all => Ok((Meant::Everything, json!({ "status": "ok" }))),
            Some("/purge_all") => Err(error(403, "You are not authorized to perform this action")),
            Some("/purge") => {
                let keys: Vec<String> = match header {
                    Some(keys) => keys.split(' ').filter(|key| !key.is_empty()).map(str::to_owned).collect(),
                    None => listed(asked.body).ok_or_else(|| error(400, "surrogate_keys must be a list of texts"))?,
                };
                if !(1..=KEYS_MAX).contains(&keys.len()) {
                    return Err(error(400, "between 1 and 256 surrogate keys may be purged at once"));
                }
                let ids: Map<String, Value> = keys.iter().map(|key| (key.clone(), json!("id"))).collect();
                Ok((Meant::Tags(keys.into_iter().collect()), ids.into()))
            }
            Some(rest) => match rest.strip_prefix("/purge/") {
                Some(key) if !key.is_empty() => Ok((Meant::Tags([key.to_owned()].into()), ok("key"))),
                _ => Err(error(404, "Record not found")),
            },
            None => Err(error(404, "Record not found")),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Without its scheme, as the API names addresses.
fn bare(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, bare)| bare)
}

fn listed(body: &[u8]) -> Option<Vec<String>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("surrogate_keys")?.as_array()?.iter().map(|key| key.as_str().map(str::to_owned)).collect()
}

fn error(status: u16, message: &str) -> Reply {
    reply(status, &json!({ "msg": message, "detail": null }))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + s)
    }

    fn ask(service: &Service, path: &str, extra: &[(&'static str, &str)], body: &str, now: Timestamp) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert("fastly-key", "t".parse().unwrap());
        extra.iter().for_each(|(name, value)| drop(headers.insert(*name, value.parse().unwrap())));
        service.answer(&Asked { method: "POST", path, headers: &headers, body: body.as_bytes() }, now)
    }

    #[test]
    fn keys_by_header_by_body_and_one_by_one() {
        let service = Service::new("s", "t", 100, at(0));
        let fill = || {
            service.keep("https://h/a", "a all", b"1", at(0));
            service.keep("https://h/b", "b all", b"2", at(0));
        };
        let left = || ["a", "b"].map(|path| service.visit(&format!("https://h/{path}"), at(0)) != Shown::Nothing);
        let many = json!({ "surrogate_keys": ["a", "b"] }).to_string();
        for (path, header, body, expected) in [
            ("/service/s/purge", Some("a"), "", [false, true]),
            ("/service/s/purge", None, many.as_str(), [false, false]),
            ("/service/s/purge/all", None, "", [false, false]),
            ("/purge/h/b", None, "", [true, false]),
        ] {
            fill();
            let header: Vec<_> = header.map(|keys| ("surrogate-key", keys)).into_iter().collect();
            assert_eq!(ask(&service, path, &header, body, at(0)).status, 200, "{path}");
            assert_eq!(left(), expected, "{path}");
        }
        let long = json!({ "surrogate_keys": vec!["k"; 257] }).to_string();
        assert_eq!(ask(&service, "/service/s/purge", &[], &long, at(0)).status, 400);
        assert_eq!(ask(&service, "/service/other/purge", &[], &many, at(0)).status, 404);
        assert_eq!(ask(&service, "/service/s/purge_all", &[], "", at(0)).status, 403);
        assert_eq!(ask(&service, "/service/s/purge", &[("fastly-key", "x")], &many, at(0)).status, 401);
    }

    #[test]
    fn soft_is_stale_and_all_is_never_soft() {
        let service = Service::new("s", "t", 100, at(0)).with_purge_all();
        service.keep("https://h/a", "a", b"1", at(0));
        let soft = [("fastly-soft-purge", "1")];
        ask(&service, "/service/s/purge/a", &soft, "", at(0));
        assert_eq!(service.visit("https://h/a", at(0)), Shown::Stale(b"1".to_vec()));
        ask(&service, "/service/s/purge_all", &soft, "", at(0));
        assert_eq!(service.visit("https://h/a", at(0)), Shown::Nothing);
    }

    #[test]
    fn the_count_goes_down_and_comes_back() {
        let service = Service::new("s", "t", 2, at(0));
        let header = |reply: &Reply, name: &str| {
            reply.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()).unwrap()
        };
        let mut last = 0;
        for expected in [(200, "1"), (200, "0"), (429, "0")] {
            let reply = ask(&service, "/service/s/purge/a", &[], "", at(5));
            assert_eq!((reply.status, header(&reply, "fastly-ratelimit-remaining").as_str()), expected);
            last = header(&reply, "fastly-ratelimit-reset").parse().unwrap();
        }
        assert_eq!(Timestamp::from_seconds(last), at(3_600));
        assert_eq!(ask(&service, "/service/s/purge/a", &[], "", at(3_600)).status, 200);
        assert_eq!(service.tally(), (4, 1));
    }
}
