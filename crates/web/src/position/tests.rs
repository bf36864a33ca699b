use guard::role::Role;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use stdx::Clock;
use store::testing::Place;
use store::{Store, Token};

use super::carried;
use crate::api::tests::{Bench, MIGRATIONS};

/// A desk on PostgreSQL with a "replica" that is left out, since it is the primary itself: positions are told,
/// and every read goes to the primary.
async fn bench() -> Option<Bench> {
    let place = Place::new().await;
    let url = place.settings().url.clone()?;
    let settings = store::Settings { replicas: Some(url), ..place.settings().clone() };
    let store = Store::open(place.folder(), &settings, MIGRATIONS, Clock::system()).await.unwrap();
    Some(Bench::on(store, place).await)
}

#[tokio::test]
async fn an_answer_to_a_write_carries_a_position_that_grows() {
    let Some(bench) = bench().await else { return };
    let add = async |name: &str| {
        let body = json!({ "url": format!("https://{name}.example/feed") });
        let answer = bench.post("/api/v3/sources", body).await.expect(201);
        u64::from_str_radix(answer.header("copydesk-position"), 16).unwrap()
    };
    let (one, two) = (add("a").await, add("b").await);
    assert!(two > one && one > 0, "{one} {two}");
    assert_eq!(bench.get("/api/v3/sources").await.expect(200).header("copydesk-position"), "", "nothing was written");

    // Another process has come further: its position is kept, also where nothing came of the request.
    let far = format!("{:x}", two + (1 << 40));
    let refused = bench.call(Role::Admin, "POST", "/api/v3/sources").header("copydesk-position", &far);
    assert_eq!(refused.body("{}").send().await.expect(422).header("copydesk-position"), far);
    let read = bench.call(Role::Admin, "GET", "/api/v3/sources").header("copydesk-position", &far).send().await;
    assert_eq!(read.expect(200).json()["data"].as_array().unwrap().len(), 2);
    // It is that caller's alone.
    assert!(bench.app.desk.store.position().unwrap() != far.parse::<Token>().unwrap());

    let wrong = bench.call(Role::Admin, "GET", "/api/v3/sources").header("copydesk-position", "0xff").send().await;
    assert_eq!(wrong.expect(400).problem(), "malformed");
    let wrong = bench.call(Role::Admin, "GET", "/api/v3/sources").header("cookie", "copydesk_position=zz").send().await;
    wrong.expect(200);
}

#[tokio::test]
async fn a_browser_carries_it_in_a_cookie() {
    let Some(bench) = bench().await else { return };
    let refused =
        bench.bare("POST", "/console/sign-in").header("cookie", "copydesk_position=ffffffffff00").send().await;
    assert_eq!(refused.header("copydesk-position"), "");
    let cookies: Vec<&str> = refused.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    let expected = "copydesk_position=ffffffffff00; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict";
    assert!(cookies.contains(&expected), "{cookies:?}");
    let door = bench.bare("GET", "/console/sign-in").send().await.expect(200);
    assert!(door.headers.get_all("set-cookie").iter().all(|v| !v.to_str().unwrap().contains("position")));
}

#[tokio::test]
async fn without_replicas_nothing_is_carried() {
    let bench = Bench::new().await;
    let call = bench.call(Role::Admin, "POST", "/api/v3/sources").header("copydesk-position", "no position");
    let answer = call.body(json!({ "url": "https://a.example/feed" })).send().await.expect(201);
    assert_eq!(answer.header("copydesk-position"), "");
    let console = bench.bare("POST", "/console/sign-in").send().await;
    assert!(console.headers.get_all("set-cookie").iter().all(|v| !v.to_str().unwrap().contains("position")));
}

#[test]
fn the_header_goes_before_the_cookie() {
    let headers = |header: Option<&'static str>, cookie: &'static str| {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(super::HEADER, HeaderValue::from_static(header));
        }
        headers.insert("cookie", HeaderValue::from_static(cookie));
        carried(&headers).map_err(|problem| problem.detail().to_owned())
    };
    let token = |text: &str| Some(text.parse::<Token>().unwrap());
    assert_eq!(headers(Some(" 1f "), "copydesk_position=2"), Ok(token("1f")));
    assert_eq!(headers(None, "a=b; copydesk_position=2"), Ok(token("2")));
    assert_eq!(headers(None, "copydesk_position=<script>"), Ok(None));
    assert_eq!(headers(None, "a=b"), Ok(None));
    for wrong in ["", "-1", "11112222333344445"] {
        assert!(headers(Some(wrong), "copydesk_position=2").is_err(), "{wrong}");
    }
}
