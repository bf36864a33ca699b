//! `copydesk user`: what each command prints, and what that opens and closes on a desk that runs.

use serde_json::{Value as Json, json};

use crate::home::{Home, Server};
use crate::http::{self, Answer};

const PASSWORD: &str = "ferry shafts crack twice";
const OTHER: &str = "quays open late in march";

/// A call of somebody whom the desk does not know.
fn post(server: &Server, path: &str, body: &Json) -> Answer {
    let headers = [("Content-Type", "application/json")];
    let sent = http::send(server.address, "POST", &format!("/api/v3{path}"), &headers, body.to_string().as_bytes());
    sent.unwrap_or_else(|error| panic!("POST {path}: {error}; the log: {}", server.read_log()))
}

fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    post(server, "/session", &json!({ "email": email, "password": password }))
}

/// Uses the link that a command printed.
fn accept(server: &Server, said: &str, password: &str) -> Answer {
    post(server, "/invitations/accept", &json!({ "token": token(said), "password": password }))
}

/// What stands behind `#` in the link on the first line.
fn token(said: &str) -> &str {
    let (place, token) = said.lines().next().and_then(|line| line.split_once('#')).expect("a link has a token");
    assert!(place.starts_with("http://127.0.0.1:") && place.ends_with("/console/invitation"), "{said}");
    token
}

/// Who the cookie of an answer says one is; `None` when the session has ended.
fn session_of(server: &Server, answer: &Answer) -> Option<Json> {
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("it gives a session");
    let shown = http::send(server.address, "GET", "/api/v3/session", &[("Cookie", cookie)], b"").expect("it answers");
    assert!(matches!(shown.status, 200 | 401), "{}", shown.text());
    (shown.status == 200).then(|| shown.json())
}

#[test]
fn people_are_invited_shut_out_and_given_another_password() {
    let home = Home::new();
    let server = home.serve();

    let said = home.ok(&["user", "invite", "Mara@Paper.example", "--role", "moderator"]);
    assert!(said.contains("(for mara@paper.example, moderator; until "), "{said}");
    let looked = post(&server, "/invitations/look", &json!({ "token": token(&said) })).json();
    assert_eq!((&looked["kind"], &looked["email"]), (&json!("invitation"), &json!("mara@paper.example")));
    // Another link for the same address ends the one before.
    let again = home.ok(&["user", "invite", "mara@paper.example", "--role", "moderator"]);
    assert_eq!(accept(&server, &said, PASSWORD).status, 404);
    let entered = accept(&server, &again, PASSWORD);
    let session = session_of(&server, &entered).expect("who accepts is in");
    assert_eq!((&session["email"], &session["role"]), (&json!("mara@paper.example"), &json!("moderator")));
    assert_eq!(accept(&server, &again, OTHER).status, 404, "it works once");

    let known = home.run(&["user", "invite", "mara@paper.example"]);
    assert!(known.code == 1 && known.err.contains("exists already"), "{known:?}");
    let list: Json = serde_json::from_str(&home.ok(&["user", "list", "--json"])).expect("--json prints JSON");
    assert_eq!((list.as_array().map(Vec::len), &list[0]["role"]), (Some(1), &json!("moderator")));
    assert!(!list.to_string().contains("argon2") && list[0]["disabled_at"].is_null(), "{list}");

    home.ok(&["user", "disable", "mara@paper.example"]);
    assert_eq!(session_of(&server, &entered), None, "the session ends at once");
    assert_eq!(sign_in(&server, "mara@paper.example", PASSWORD).status, 401);
    assert!(home.ok(&["user", "list"]).contains("disabled"));
    let refused = home.run(&["user", "recover", "mara@paper.example"]);
    assert!(refused.code == 1 && refused.err.contains("the user is disabled"), "{refused:?}");
    home.ok(&["user", "enable", "mara@paper.example"]);
    let back = sign_in(&server, "mara@paper.example", PASSWORD);
    assert_eq!(back.status, 200, "{}", back.text());

    let said = home.ok(&["user", "recover", "MARA@paper.example"]);
    assert!(said.contains("(for mara@paper.example; until "), "{said}");
    assert!(session_of(&server, &back).is_some(), "nothing changes until the link is used");
    assert_eq!(accept(&server, &said, OTHER).status, 200);
    assert_eq!(session_of(&server, &back), None);
    assert_eq!(sign_in(&server, "mara@paper.example", PASSWORD).status, 401);
    assert_eq!(sign_in(&server, "mara@paper.example", OTHER).status, 200);
    assert_eq!(server.stop(), 0);
    home.is_sound();
}

#[test]
fn mistakes_are_told_and_somebody_can_always_manage_people() {
    let home = Home::new();
    let server = home.serve();
    let link = server.line("set-up link (the first account; works once, for 7 days): ");
    let first = json!({ "token": token(&link), "email": "boss@paper.example", "password": PASSWORD });
    assert_eq!(post(&server, "/invitations/accept", &first).json()["role"], "admin");
    for (words, told) in [
        (&["user", "disable", "boss@paper.example"][..], "last administrator"),
        (&["user", "disable", "nobody@paper.example"], "nobody@paper.example does not exist"),
        (&["user", "recover", "nobody@paper.example"], "nobody@paper.example does not exist"),
        (&["user", "invite", "nobody"], "email must be an e-mail address"),
        (&["user", "invite", "a@paper.example", "--role", "wizard"], "\"wizard\" is no role"),
    ] {
        let output = home.run(words);
        assert!(output.code == 1 && output.err.contains(told) && output.out.is_empty(), "{words:?}: {output:?}");
    }
    assert_eq!(sign_in(&server, "boss@paper.example", PASSWORD).status, 200);
    // With another one who can sign in the first may go.
    let other = home.ok(&["user", "invite", "chief@paper.example", "--role", "admin"]);
    assert_eq!(accept(&server, &other, OTHER).status, 200);
    assert!(home.ok(&["user", "disable", "boss@paper.example"]).contains("boss@paper.example is shut out"));
    // Links name the address that readers use.
    home.set("site.public_url", "\"https://paper.example\"");
    let public = home.ok(&["user", "invite", "nora@paper.example"]);
    assert!(public.starts_with("https://paper.example/console/invitation#"), "{public}");
    assert!(public.contains("(for nora@paper.example, editor; until "), "{public}");
    assert_eq!(server.stop(), 0);
}
