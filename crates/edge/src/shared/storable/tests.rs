use stdx::Timestamp;

use super::super::fields::tests::map;
use super::*;

type Lines<'a> = &'a [(&'a str, &'a str)];

fn kept(method: &str, request: Lines, status: u16, answer: Lines) -> Result<(), Refusal> {
    let (request, answer) = (map(request), map(answer));
    let (directives, wishes) = (Directives::of(&answer), Wishes::of(&request));
    let (status, now) = (StatusCode::from_u16(status).unwrap(), Timestamp::from_seconds(1_795_176_000));
    let freshness = Freshness::new(status, &answer, &directives, now, now);
    let exchange = Exchange {
        method: &method.parse().unwrap(),
        request: &request,
        status,
        answer: &answer,
        directives: &directives,
        wishes: &wishes,
        freshness: &freshness,
    };
    if method == "POST" { check_submitted(&exchange, true) } else { check(&exchange) }
}

#[test]
fn what_is_kept() {
    use Refusal::*;
    let a: Lines = &[("authorization", "x")];
    let r: Lines = &[("range", "bytes=0-1")];
    let cc = |text: &'static str| [("cache-control", text)];
    type Verdict = Result<(), Refusal>;
    let table: &[(&str, Lines, u16, Lines, Verdict)] = &[
        ("GET", &[], 200, &cc("max-age=5"), Ok(())),
        ("GET", &[], 299, &cc("max-age=5"), Ok(())),
        ("GET", &[], 599, &cc("max-age=5"), Ok(())),
        ("GET", &[], 200, &cc("max-age=5, no-store"), Err(NoStore)),
        ("GET", &[], 200, &cc("max-age=5, no-store, must-understand"), Ok(())),
        ("GET", &[], 599, &cc("max-age=5, no-store, must-understand"), Err(Status)),
        ("GET", &[], 200, &cc("max-age=5, private"), Err(Private)),
        ("GET", &[], 200, &cc("max-age=5, private=\"set-cookie\""), Ok(())),
        ("GET", &[("cache-control", "no-store")], 200, &cc("max-age=5"), Err(NoStore)),
        ("GET", a, 200, &cc("max-age=5"), Err(Authorized)),
        ("GET", a, 200, &cc("max-age=5, public"), Ok(())),
        ("GET", a, 200, &cc("max-age=5, must-revalidate"), Ok(())),
        ("GET", a, 200, &cc("s-maxage=5"), Ok(())),
        ("GET", a, 200, &cc("max-age=5, proxy-revalidate"), Err(Authorized)),
        ("GET", &[], 200, &[("vary", "a, *"), ("cache-control", "max-age=5")], Err(Varies)),
        ("GET", &[], 200, &[], Err(Useless)),
        ("GET", &[], 200, &[("etag", "\"a\"")], Ok(())),
        ("GET", &[], 200, &cc("no-cache"), Err(Useless)),
        ("GET", &[], 201, &[("last-modified", "Fri, 20 Nov 2020 12:00:00 GMT")], Err(Status)),
        ("GET", &[], 404, &[("last-modified", "Fri, 20 Nov 2020 12:00:00 GMT")], Ok(())),
        ("GET", &[], 304, &cc("max-age=5"), Err(Status)),
        ("GET", &[], 206, &[("cache-control", "max-age=5"), ("content-range", "bytes 0-1/2")], Err(Status)),
        ("GET", r, 206, &[("cache-control", "max-age=5"), ("content-range", "bytes 0-1/2")], Ok(())),
        ("GET", r, 206, &cc("max-age=5"), Err(Status)),
        ("HEAD", &[], 200, &cc("max-age=5"), Err(Method)),
        ("PUT", &[], 200, &cc("max-age=5"), Err(Method)),
        ("POST", &[], 200, &cc("max-age=5"), Ok(())),
        ("POST", &[], 200, &[("last-modified", "Fri, 20 Nov 2020 12:00:00 GMT")], Err(Method)),
        ("POST", &[], 500, &cc("max-age=5"), Err(Method)),
        ("POST", &[], 200, &cc("max-age=5, private"), Err(Private)),
    ];
    for (method, request, status, answer, expected) in table {
        assert_eq!(kept(method, request, *status, answer), *expected, "{method} {request:?} {status} {answer:?}");
    }
}
