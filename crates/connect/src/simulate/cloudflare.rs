//! A zone at Cloudflare: its purge API with the limits of each plan, and the cache behind it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header;
use serde_json::{Map, Value, json};
use stdx::Timestamp;

use super::held::{Bucket, Found, Held, Meant, Mishap, TAGS_BYTES_MAX, garbage, reply};
use super::{Asked, Reply};
use crate::cdn::Plan;

const KEYS_MAX: usize = 100;

/// One zone and its account.
#[derive(Debug)]
pub struct Zone {
    id: String,
    token: String,
    /// How long a purge takes to take effect.
    delay: Duration,
    /// Operations of one request.
    urls_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    held: Held,
    requests: Bucket,
    urls: Bucket,
    tally: Tally,
}

/// What was asked of the zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub requests: usize,
    /// Of them, those that met a limit of the plan.
    pub limited: usize,
    /// Tags and addresses of those that were done.
    pub keys: usize,
}

impl Zone {
    /// With full buckets.
    pub fn new(id: &str, token: &str, plan: Plan, now: Timestamp) -> Zone {
        let (bucket, per_second, urls, urls_max) = match plan {
            Plan::Free => (25, 5.0 / 60.0, 800, 100),
            Plan::Pro => (25, 5.0, 1_500, 100),
            Plan::Business => (50, 10.0, 1_500, 100),
            Plan::Enterprise => (500, 50.0, 3_000, 500),
        };
        let inner = Inner {
            held: Held::default(),
            requests: Bucket::full(bucket, per_second, now),
            urls: Bucket::full(urls, urls.into(), now),
            tally: Tally::default(),
        };
        Zone { id: id.to_owned(), token: token.to_owned(), delay: Duration::ZERO, urls_max, inner: Mutex::new(inner) }
    }

    pub fn delayed(self, delay: Duration) -> Zone {
        Zone { delay, ..self }
    }

    /// The next purges go wrong, each in its way.
    pub fn next(&self, mishaps: &[Mishap]) {
        self.lock().held.mishaps.extend(mishaps);
    }

    pub fn tally(&self) -> Tally {
        self.lock().tally
    }

    /// Somebody has visited `url`, and the origin answered with `body` and this `Cache-Tag`.
    pub fn keep(&self, url: &str, cache_tag: &str, body: &[u8], now: Timestamp) {
        let read = &cache_tag[..cache_tag.floor_char_boundary(TAGS_BYTES_MAX)];
        let tags: Vec<String> =
            read.split(',').map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty()).collect();
        self.lock().held.keep(url, tags, body, now);
    }

    /// What a visitor of `url` is shown without the origin being asked.
    pub fn visit(&self, url: &str, now: Timestamp) -> Option<Vec<u8>> {
        match self.lock().held.get(url, now) {
            Found::Fresh(body) | Found::Stale(body) => Some(body.to_vec()),
            Found::Missing => None,
        }
    }

    pub fn answer(&self, asked: &Asked<'_>, now: Timestamp) -> Reply {
        let mut inner = self.lock();
        inner.tally.requests += 1;
        let token = asked.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match token {
            None => return error(400, 6003, "Invalid request headers"),
            Some(token) if token != format!("Bearer {}", self.token) => {
                return error(401, 10000, "Authentication error");
            }
            Some(_) => {}
        }
        if asked.path != format!("/zones/{}/purge_cache", self.id) {
            return error(404, 7003, "Could not route to the zone, perhaps your object identifier is invalid?");
        }
        if asked.method != "POST" {
            return error(405, 10405, "Method not allowed for this authentication scheme");
        }
        let (meant, keys) = match self.read(asked.body) {
            Ok(read) => read,
            Err(why) => return error(400, 1012, &why),
        };
        let is_room = match &meant {
            Meant::Urls(_) => inner.urls.take(keys, now),
            _ => inner.requests.take(1, now),
        };
        if !is_room {
            inner.tally.limited += 1;
            return error(429, 971, "Please wait and consider throttling your request speed");
        }
        let mishap = inner.held.mishaps.pop_front();
        match mishap {
            Some(Mishap::FailsBefore) => return error(503, 10001, "Service temporarily unavailable"),
            Some(Mishap::Garbage) => return garbage(),
            Some(Mishap::Limits(wait)) => {
                let mut limited = error(429, 971, "Please wait and consider throttling your request speed");
                limited.headers.extend(wait.map(|s| ("retry-after", s.to_string())));
                return limited;
            }
            Some(Mishap::FailsAfter) | None => {}
        }
        inner.held.purge(meant, false, now + self.delay);
        inner.tally.keys += keys;
        match mishap {
            Some(_) => error(502, 10002, "Bad gateway"),
            None => reply(200, &json!({ "success": true, "errors": [], "messages": [], "result": { "id": self.id } })),
        }
    }

    /// What is meant, and by how many operations; or what is wrong with the body.
    fn read(&self, body: &[u8]) -> Result<(Meant, usize), String> {
        let body: Map<String, Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let mut keys = body.iter();
        let (Some((key, value)), None) = (keys.next(), keys.next()) else {
            return Err("exactly one of files, tags, hosts, prefixes and purge_everything must be given".to_owned());
        };
        if key == "purge_everything" {
            return if value == &json!(true) { Ok((Meant::Everything, 1)) } else { Err("must be true".to_owned()) };
        }
        let list = value.as_array().ok_or_else(|| format!("{key} must be a list"))?;
        let text = |value: &Value| {
            let url = value.as_str().or_else(|| value.get("url")?.as_str()).filter(|text| !text.is_empty());
            url.map(str::to_owned).ok_or_else(|| format!("{key} must hold texts"))
        };
        let texts: Vec<String> = list.iter().map(text).collect::<Result<_, _>>()?;
        let most = if key == "files" { self.urls_max } else { KEYS_MAX };
        if !(1..=most).contains(&texts.len()) {
            return Err(format!("1 to {most} {key} may be purged at once, not {}", texts.len()));
        }
        let n = texts.len();
        match key.as_str() {
            "files" => match texts.iter().find(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
                Some(url) => Err(format!("{url} has no scheme")),
                None => Ok((Meant::Urls(texts), n)),
            },
            "tags" => Ok((Meant::Tags(texts.iter().map(|tag| tag.to_lowercase()).collect()), n)),
            "prefixes" => Ok((Meant::Prefixes(texts), n)),
            "hosts" => Ok((Meant::Prefixes(texts.iter().map(|host| format!("{host}/")).collect()), n)),
            other => Err(format!("{other} is not known")),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn error(status: u16, code: u32, message: &str) -> Reply {
    let errors = json!([{ "code": code, "message": message }]);
    reply(status, &json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + ms)
    }

    fn ask(zone: &Zone, body: &str, now: Timestamp) -> (u16, String) {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, "Bearer t".parse().unwrap())]);
        let asked = Asked { method: "POST", path: "/zones/z/purge_cache", headers: &headers, body: body.as_bytes() };
        let reply = zone.answer(&asked, now);
        (reply.status, String::from_utf8(reply.body).unwrap())
    }

    #[test]
    fn the_token_the_zone_and_the_body_are_judged() {
        let zone = Zone::new("z", "t", Plan::Pro, at(0));
        let (none, wrong) =
            (HeaderMap::new(), HeaderMap::from_iter([(header::AUTHORIZATION, "Bearer x".parse().unwrap())]));
        let asked = |path, headers| zone.answer(&Asked { method: "POST", path, headers, body: b"{}" }, at(0)).status;
        assert_eq!((asked("/zones/z/purge_cache", &none), asked("/zones/z/purge_cache", &wrong)), (400, 401));
        let right = HeaderMap::from_iter([(header::AUTHORIZATION, "Bearer t".parse().unwrap())]);
        assert_eq!(asked("/zones/other/purge_cache", &right), 404);
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"tags":[]}"#,
            r#"{"tags":["a"],"files":["https://h/"]}"#,
            r#"{"files":["h/p"]}"#,
            r#"{"purge_everything":false}"#,
            r#"{"keys":["a"]}"#,
            r#"{"tags":"a"}"#,
            r#"{"tags":[1]}"#,
        ] {
            assert_eq!(ask(&zone, bad, at(0)).0, 400, "{bad}");
        }
        let many = json!({ "tags": vec!["t"; 101] }).to_string();
        assert_eq!(ask(&zone, &many, at(0)).0, 400);
        assert_eq!(zone.tally().keys, 0);
    }

    #[test]
    fn each_way_to_purge_takes_effect_after_the_delay() {
        let zone = Zone::new("z", "t", Plan::Business, at(0)).delayed(Duration::from_secs(2));
        let fill = || {
            for path in ["a", "b", "dir/c"] {
                zone.keep(&format!("https://h/{path}"), &format!("All, {path}"), b"1", at(0));
            }
        };
        let left = |now| {
            ["a", "b", "dir/c"]
                .into_iter()
                .filter(|path| zone.visit(&format!("https://h/{path}"), now).is_some())
                .count()
        };
        for (body, remaining) in [
            (r#"{"tags":["A"]}"#, 2),
            (r#"{"tags":["ALL"]}"#, 0),
            (r#"{"files":["https://h/a",{"url":"https://h/b","headers":{}}]}"#, 1),
            (r#"{"prefixes":["h/dir"]}"#, 2),
            (r#"{"hosts":["h"]}"#, 0),
            (r#"{"hosts":["other"]}"#, 3),
            (r#"{"purge_everything":true}"#, 0),
        ] {
            let start = zone.tally().requests as i64 * 10_000;
            fill();
            assert_eq!(ask(&zone, body, at(start)).0, 200, "{body}");
            assert_eq!(left(at(start + 1_999)), 3, "{body}");
            assert_eq!(left(at(start + 2_000)), remaining, "{body}");
        }
    }

    #[test]
    fn tags_behind_sixteen_kibibytes_are_not_read() {
        let zone = Zone::new("z", "t", Plan::Pro, at(0));
        zone.keep("https://h/", &format!("first,{},last", "x".repeat(TAGS_BYTES_MAX)), b"1", at(0));
        ask(&zone, r#"{"tags":["last"]}"#, at(0));
        assert!(zone.visit("https://h/", at(0)).is_some());
        ask(&zone, r#"{"tags":["first"]}"#, at(0));
        assert!(zone.visit("https://h/", at(0)).is_none());
    }

    #[test]
    fn the_limits_of_the_free_plan() {
        let zone = Zone::new("z", "t", Plan::Free, at(0));
        let tag = |now| ask(&zone, r#"{"tags":["a"]}"#, now).0;
        assert!((0..25).all(|_| tag(at(0)) == 200));
        assert_eq!(tag(at(11_900)), 429);
        assert_eq!((tag(at(12_000)), tag(at(12_000))), (200, 429));
        let urls = json!({ "files": vec!["https://h/"; 100] }).to_string();
        let done = (0..20).filter(|_| ask(&zone, &urls, at(12_000)).0 == 200).count();
        assert_eq!(done, 8, "addresses have a bucket of their own");
        assert_eq!(zone.tally().limited, 2 + 12);
    }

    #[test]
    fn mishaps_come_in_their_order() {
        let zone = Zone::new("z", "t", Plan::Pro, at(0));
        zone.next(&[Mishap::FailsBefore, Mishap::FailsAfter, Mishap::Limits(Some(7)), Mishap::Garbage]);
        zone.keep("https://h/", "a", b"1", at(0));
        assert_eq!(ask(&zone, r#"{"tags":["a"]}"#, at(0)).0, 503);
        assert!(zone.visit("https://h/", at(0)).is_some());
        assert_eq!(ask(&zone, r#"{"tags":["a"]}"#, at(0)).0, 502);
        assert!(zone.visit("https://h/", at(0)).is_none());
        assert_eq!(ask(&zone, r#"{"tags":["a"]}"#, at(0)).0, 429);
        assert!(ask(&zone, r#"{"tags":["a"]}"#, at(0)).1.starts_with("<html>"));
        assert_eq!(ask(&zone, r#"{"tags":["a"]}"#, at(0)).0, 200);
    }
}
