//! Signing in, users, invitations and preferences over the API.

use guard::role::Role;
use serde_json::{Value as Json, json};

use super::{Answer, Bench, Call};

const PASSWORD: &str = "ferry shafts crack twice";

/// A browser that is signed in.
struct Browser<'a> {
    bench: &'a Bench,
    cookie: String,
    csrf: String,
}

impl<'a> Browser<'a> {
    fn of(bench: &'a Bench, answer: &Answer) -> Browser<'a> {
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("; Path=/; ") && cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
        let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
        Browser { bench, cookie: cookie.split(';').next().unwrap().to_owned(), csrf }
    }

    fn call(&self, method: &str, path: &str) -> Call<'a> {
        self.bench.bare(method, path).header("cookie", &self.cookie)
    }

    async fn send(&self, method: &str, path: &str, body: Json) -> Answer {
        let call =
            self.call(method, path).header("x-csrf-token", &self.csrf).header("content-type", "application/json");
        call.body(body).send().await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }
}

async fn say(bench: &Bench, path: &str, body: Json) -> Answer {
    bench.bare("POST", path).header("content-type", "application/json").body(body).send().await
}

/// Invites somebody and gives the link's token.
async fn invite(bench: &Bench, email: &str, role: &str) -> String {
    let made = bench.call(Role::Admin, "POST", "/api/v3/invitations").header("host", "paper.example");
    let made = made.body(json!({ "email": email, "role": role })).send().await.expect(201).json();
    let (page, token) = made["link"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(page, "http://paper.example/console/invitation");
    token.to_owned()
}

async fn join<'a>(bench: &'a Bench, email: &str, role: &str) -> Browser<'a> {
    let token = invite(bench, email, role).await;
    let given = json!({ "token": token, "name": "Mara Lindqvist", "password": PASSWORD });
    Browser::of(bench, &say(bench, "/api/v3/invitations/accept", given).await.expect(200))
}

#[tokio::test]
async fn an_invitation_leads_to_a_session_and_the_session_tells_who_it_is() {
    let bench = Bench::new().await;
    let token = invite(&bench, "mara@alder.example", "moderator").await;
    let look = say(&bench, "/api/v3/invitations/look", json!({ "token": token })).await.expect(200).json();
    assert_eq!(
        (&look["kind"], &look["email"], &look["role"]),
        (&json!("invitation"), &json!("mara@alder.example"), &json!("moderator"))
    );
    say(&bench, "/api/v3/invitations/look", json!({ "token": "nothing" })).await.expect(404);
    let weak = say(&bench, "/api/v3/invitations/accept", json!({ "token": token, "password": "password1234" }))
        .await
        .expect(422);
    assert_eq!(weak.json()["errors"][0]["pointer"], "/password");
    let given = json!({ "token": token, "name": "Mara Lindqvist", "password": PASSWORD });
    let first = Browser::of(&bench, &say(&bench, "/api/v3/invitations/accept", given).await.expect(200));
    let mine = first.get("/api/v3/session").await.expect(200).json();
    assert_eq!(
        (&mine["kind"], &mine["name"], &mine["email"], &mine["role"], &mine["may"], &mine["time_zone"]),
        (
            &json!("user"),
            &json!("Mara Lindqvist"),
            &json!("mara@alder.example"),
            &json!("moderator"),
            &json!(["read", "write", "judge", "publish"]),
            &json!("UTC")
        )
    );
    assert_eq!(mine["principal"], format!("user:{}", mine["id"].as_str().unwrap()));

    let wrong = [
        json!({ "email": "mara@alder.example", "password": "another one entirely" }),
        json!({ "email": "nobody@alder.example", "password": PASSWORD }),
        json!({ "key": "ck_nothing" }),
    ];
    let mut told = Vec::new();
    for body in wrong {
        let answer = say(&bench, "/api/v3/session", body).await.expect(401);
        assert_eq!(answer.header("set-cookie"), "");
        told.push(answer.json()["detail"].clone());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "nobody learns what was wrong: {told:?}");
    for body in [json!({}), json!({ "email": "a@b.c" }), json!({ "email": "a@b.c", "password": "x", "key": "y" })] {
        say(&bench, "/api/v3/session", body).await.expect(422);
    }

    let entered = bench
        .bare("POST", "/api/v3/session")
        .header("cookie", &first.cookie)
        .header("content-type", "application/json")
        .body(json!({ "email": " MARA@alder.example", "password": PASSWORD }));
    let second = Browser::of(&bench, &entered.send().await.expect(200));
    assert_ne!(first.cookie, second.cookie);
    first.get("/api/v3/session").await.expect(401);
    let third = say(&bench, "/api/v3/session", json!({ "key": bench.key(Role::Viewer) })).await.expect(200);
    assert_eq!(third.json()["kind"], "key");
    let left = second.send("DELETE", "/api/v3/session", json!({})).await.expect(204);
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
    second.get("/api/v3/session").await.expect(401);
    let by_key = bench.call(Role::Author, "GET", "/api/v3/session").send().await.expect(200).json();
    assert_eq!((&by_key["kind"], &by_key["csrf"], &by_key["name"]), (&json!("key"), &Json::Null, &json!("author")));
}

#[tokio::test]
async fn a_cookie_needs_its_token_and_json() {
    let bench = Bench::new().await;
    let browser = join(&bench, "mara@alder.example", "viewer").await;
    let other = join(&bench, "bo@alder.example", "viewer").await;
    let path = "/api/v3/preferences/look";
    let json_type = ("content-type", "application/json");
    let put = |csrf: &str, kind: (&str, &str)| {
        browser
            .call("PUT", path)
            .header("x-csrf-token", csrf)
            .header(kind.0, kind.1)
            .header("content-length", "2")
            .body("{}")
    };
    assert_eq!(browser.call("PUT", path).body("{}").send().await.expect(403).problem(), "csrf");
    assert_eq!(put("x", json_type).send().await.expect(403).problem(), "csrf");
    assert_eq!(put(&other.csrf, json_type).send().await.expect(403).problem(), "csrf");
    assert_eq!(put(&browser.csrf, ("content-type", "text/plain")).send().await.expect(403).problem(), "csrf");
    assert_eq!(put(&browser.csrf, ("accept", "*/*")).send().await.expect(403).problem(), "csrf");
    put(&browser.csrf, json_type).send().await.expect(204);
    browser.call("DELETE", path).header("x-csrf-token", &browser.csrf).send().await.expect(204);
    let foreign = bench.bare("POST", "/api/v3/session").header("content-type", "text/plain");
    foreign.body(json!({ "key": bench.key(Role::Viewer) })).send().await.expect(415);
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down_by_account_and_by_address() {
    let bench = Bench::new().await;
    join(&bench, "mara@alder.example", "viewer").await;
    let try_one = json!({ "email": "mara@alder.example", "password": "a guess of somebody" });
    for _ in 0..10 {
        // From another address each time, as it were: a minute is enough for the address.
        bench.clock.advance(std::time::Duration::from_secs(4));
        say(&bench, "/api/v3/session", try_one.clone()).await.expect(401);
    }
    let limited = say(&bench, "/api/v3/session", try_one).await.expect(429);
    assert!(limited.header("retry-after").parse::<u64>().unwrap() <= 60, "{}", limited.header("retry-after"));
    let right = json!({ "email": "MARA@alder.example", "password": PASSWORD });
    say(&bench, "/api/v3/session", right.clone()).await.expect(429);
    bench.clock.advance(std::time::Duration::from_secs(61));
    say(&bench, "/api/v3/session", right).await.expect(200);
    let mut last = 0;
    for _ in 0..25 {
        last = say(&bench, "/api/v3/invitations/look", json!({ "token": "guess" })).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn administrators_change_people_and_the_last_one_stays() {
    let bench = Bench::new().await;
    let chief = join(&bench, "chief@alder.example", "admin").await;
    let mara = join(&bench, "mara@alder.example", "viewer").await;
    let users = chief.get("/api/v3/users").await.expect(200).json();
    let id = |email: &str| {
        let found = users["data"].as_array().unwrap().iter().find(|user| user["email"] == email).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let own = format!("/api/v3/users/{}", id("chief@alder.example"));
    let hers = format!("/api/v3/users/{}", id("mara@alder.example"));
    for change in [json!({ "role": "editor" }), json!({ "disabled": true })] {
        assert_eq!(chief.send("PATCH", &own, change).await.expect(409).problem(), "last-admin");
    }
    let named = chief.send("PATCH", &hers, json!({ "name": "Mara L." })).await.expect(200).json();
    assert_eq!(named["name"], "Mara L.");
    assert_eq!(mara.get("/api/v3/session").await.expect(200).json()["name"], "Mara L.");
    chief.send("PATCH", &hers, json!({ "role": "author" })).await.expect(200);
    mara.get("/api/v3/session").await.expect(401);

    let link = chief.send("POST", &format!("{hers}/recovery"), json!({})).await.expect(201).json();
    let token = link["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let open = chief.get("/api/v3/invitations").await.expect(200).json();
    assert_eq!(open["data"][0]["kind"], "recovery");
    assert!(!open.to_string().contains(&token), "the link is shown once");
    let back = json!({ "token": token, "password": "another one entirely" });
    let mara = Browser::of(&bench, &say(&bench, "/api/v3/invitations/accept", back).await.expect(200));
    let changed = json!({ "current": "another one entirely", "new": "and yet another one" });
    let newer = Browser::of(&bench, &mara.send("POST", "/api/v3/session/password", changed).await.expect(200));
    mara.get("/api/v3/session").await.expect(401);
    chief.send("PATCH", &hers, json!({ "disabled": true })).await.expect(200);
    newer.get("/api/v3/session").await.expect(401);
    let right = json!({ "email": "mara@alder.example", "password": "and yet another one" });
    say(&bench, "/api/v3/session", right).await.expect(401);
}

#[tokio::test]
async fn a_narrow_key_shows_its_scopes_and_a_look_is_kept() {
    let bench = Bench::new().await;
    let new = json!({ "name": "reader", "role": "editor", "scopes": ["judge", "read"], "expires_in_days": 2 });
    let made = bench.post("/api/v3/keys", new).await.expect(201).json();
    assert_eq!(made["scopes"], json!(["read", "judge"]));
    assert_eq!(made["expires_at"], "2026-11-22T09:00:00Z");
    let beyond = json!({ "name": "r", "role": "viewer", "scopes": ["write"] });
    assert_eq!(bench.post("/api/v3/keys", beyond).await.expect(422).json()["errors"][0]["pointer"], "/scopes");

    let browser = join(&bench, "mara@alder.example", "viewer").await;
    browser.send("PUT", "/api/v3/preferences/look", json!({ "theme": "dark", "language": "tr" })).await.expect(204);
    let session = browser.get("/api/v3/session").await.expect(200).json();
    assert_eq!((&session["theme"], &session["language"]), (&json!("dark"), &json!("tr")));
    assert_eq!(
        browser.get("/api/v3/preferences").await.expect(200).json(),
        json!({ "look": { "theme": "dark", "language": "tr" } })
    );
    browser.send("DELETE", "/api/v3/preferences/look", json!({})).await.expect(204);
    browser.send("DELETE", "/api/v3/preferences/look", json!({})).await.expect(404);
}
