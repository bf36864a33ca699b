//! The front on HTTP/2 and HTTP/3: the same look, and its answer as a head of fields.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};

use crate::h1::{Front, Head, Hit};
use crate::{Body, body};

/// Fields of a request that is looked at; one with more goes to the service.
const FIELDS_MAX: usize = 64;

/// The answer to a request without a body, when it is at hand.
pub fn look<B>(front: &Arc<dyn Front>, now_s: i64, request: &Request<B>) -> Option<Response<Body>> {
    let mut room = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let all = request.headers();
    if all.len() > FIELDS_MAX {
        return None;
    }
    for (place, (name, value)) in room.iter_mut().zip(all) {
        *place = httparse::Header { name: name.as_str(), value: value.as_bytes() };
    }
    let uri = request.uri();
    let named = all.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(|authority| authority.as_str()).or(named)?;
    let target = uri.path_and_query()?.as_str();
    let hit = front.look(&Head::of(request.method().as_str(), target, host, &room[..all.len()]))?;
    answer(hit, now_s)
}

/// Heads that a thread has read and keeps: about 3 MiB at most.
const HEADS_MAX: usize = 1_024;

/// A head that was written for HTTP/1.1, read again.
#[derive(Clone)]
struct Fields {
    status: StatusCode,
    headers: HeaderMap,
}

/// By the place of the bytes, which stay where they are as long as they are kept here.
type Heads = HashMap<(usize, usize), (Bytes, Fields), foldhash::fast::RandomState>;

thread_local! {
    static HEADS: RefCell<Heads> = RefCell::default();
}

/// The fields of `head`: the same head is read once, as long as it is asked for now and then.
fn fields(head: &Bytes) -> Option<Fields> {
    let place = (head.as_ptr() as usize, head.len());
    HEADS.with_borrow_mut(|heads| {
        if let Some((_, fields)) = heads.get(&place) {
            return Some(fields.clone());
        }
        let fields = read(head)?;
        if heads.len() >= HEADS_MAX {
            heads.clear();
        }
        heads.insert(place, (head.clone(), fields.clone()));
        Some(fields)
    })
}

/// The values stay in `head`.
fn read(head: &Bytes) -> Option<Fields> {
    let mut room = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let end = head.iter().position(|byte| *byte == b'\n')? + 1;
    let status = StatusCode::from_bytes(head.get(9..12)?).ok()?;
    // The empty line is not there: what stands before the first partial one is all of it.
    let whole = [&head[end..], b"\r\n"].concat();
    let Ok(httparse::Status::Complete((_, fields))) = httparse::parse_headers(&whole, &mut room) else { return None };
    let start = whole.as_ptr() as usize;
    // Room for what each answer adds.
    let mut headers = HeaderMap::with_capacity(fields.len() + 4);
    for field in fields.iter() {
        let at = end + (field.value.as_ptr() as usize - start);
        let value = if field.value.is_empty() { Bytes::new() } else { head.slice(at..at + field.value.len()) };
        headers
            .append(HeaderName::from_bytes(field.name.as_bytes()).ok()?, HeaderValue::from_maybe_shared(value).ok()?);
    }
    Some(Fields { status, headers })
}

fn answer(hit: Hit, now_s: i64) -> Option<Response<Body>> {
    let Fields { status, mut headers } = fields(&hit.head)?;
    if let Some(born) = hit.born_s {
        headers.insert(header::AGE, HeaderValue::from(now_s.saturating_sub(born).max(0)));
    }
    if !hit.cache_status.is_empty() {
        let left = hit.fresh_until_s.map_or_else(String::new, |until| until.saturating_sub(now_s).to_string());
        let label = str::from_utf8(&hit.cache_status).ok()?;
        headers.append(HeaderName::from_static("cache-status"), HeaderValue::try_from(format!("{label}{left}")).ok()?);
    }
    if let Some(us) = hit.took_us {
        let ms = f64::from(us) / 1_000.0;
        let (whole, part) = (format!("{ms:.3}ms"), format!("app;dur={ms:.3}"));
        headers.insert(HeaderName::from_static("x-response-time"), HeaderValue::try_from(whole).ok()?);
        headers.insert(HeaderName::from_static("server-timing"), HeaderValue::try_from(part).ok()?);
    }
    let mut answer = Response::new(if hit.body.is_empty() { body::empty() } else { body::full(hit.body) });
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_the_same_answer() {
        let hit = Hit {
            head: Bytes::from_static(b"HTTP/1.1 404 Not Found\r\na: 1\r\na: 2\r\nb: \r\ncache-status: far\r\n"),
            body: Bytes::from_static(b"x"),
            born_s: Some(90),
            fresh_until_s: Some(95),
            cache_status: Bytes::from_static(b"near; hit; ttl="),
            has_date: false,
            took_us: None,
        };
        // The second is made from the fields of the first.
        let [_, answer] = [hit.clone(), hit].map(|hit| answer(hit, 100).unwrap());
        let all = |name| -> Vec<&str> { answer.headers().get_all(name).iter().map(|v| v.to_str().unwrap()).collect() };
        assert_eq!(answer.status(), 404);
        assert_eq!((all("a"), all("b"), all("age")), (vec!["1", "2"], vec![""], vec!["10"]));
        assert_eq!(all("cache-status"), ["far", "near; hit; ttl=-5"]);
    }

    #[test]
    fn more_heads_than_are_kept_stay_apart() {
        let hits: Vec<Hit> = (0..HEADS_MAX + 10)
            .map(|n| Hit { head: format!("HTTP/1.1 200 OK\r\nn: {n}\r\n").into(), ..Hit::default() })
            .collect();
        for _ in 0..2 {
            for (n, hit) in hits.iter().enumerate() {
                let answer = answer(hit.clone(), 100).unwrap();
                assert_eq!(answer.headers()["n"], n.to_string().as_str());
            }
        }
        assert!(HEADS.with_borrow(HashMap::len) <= HEADS_MAX);
    }
}
