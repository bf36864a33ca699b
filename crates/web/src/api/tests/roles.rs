//! Who may do what: every route of the document against one table, for every way to come in.
//!
//! A route that is missing in the table fails the test by its name; so does an entry without a route.

use desk::people::{self, Acceptance, Actor, NewKey, Opened};
use guard::role::{Role, Scope, Scopes};
use guard::token::Session;

use super::rules::{Route, body, routes};
use super::{Answer, Bench, Call};

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Needs {
    /// Nothing: it is for those who are not known yet, too.
    Nothing,
    /// To be known, whatever one may do.
    Name,
    /// To have a password.
    Password,
    /// The right to do it.
    Right(Scope),
}

use Needs::{Name, Nothing, Password, Right};
use Scope::{Admin, Configure, Judge, Operate, Publish, Read, Write};

#[rustfmt::skip]
const TABLE: &[(&str, &str, Needs)] = &[
    ("GET", "/health", Nothing),
    ("POST", "/session", Nothing),
    ("POST", "/invitations/look", Nothing),
    ("POST", "/invitations/accept", Nothing),

    ("GET", "/session", Name),
    ("DELETE", "/session", Name),
    ("POST", "/session/password", Password),
    ("GET", "/preferences", Name),
    ("PUT", "/preferences/{name}", Name),
    ("DELETE", "/preferences/{name}", Name),

    ("GET", "/users", Right(Admin)),
    ("PATCH", "/users/{id}", Right(Admin)),
    ("POST", "/users/{id}/recovery", Right(Admin)),
    ("GET", "/invitations", Right(Admin)),
    ("POST", "/invitations", Right(Admin)),
    ("DELETE", "/invitations/{id}", Right(Admin)),
    ("GET", "/keys", Right(Admin)),
    ("POST", "/keys", Right(Admin)),
    ("DELETE", "/keys/{id}", Right(Admin)),
    ("GET", "/settings", Right(Admin)),

    ("GET", "/sources", Right(Read)),
    ("GET", "/sources/{id}", Right(Read)),
    ("POST", "/sources", Right(Configure)),
    ("PATCH", "/sources/{id}", Right(Configure)),
    ("POST", "/sources/preview", Right(Configure)),
    ("GET", "/sources/opml", Right(Read)),
    ("POST", "/sources/opml", Right(Configure)),
    ("POST", "/sources/rules/trial", Right(Read)),
    ("POST", "/sources/fetch", Right(Operate)),
    ("POST", "/sources/{id}/fetch", Right(Operate)),
    ("GET", "/sources/{id}/visits", Right(Read)),
    ("DELETE", "/sources/{id}/move", Right(Configure)),
    ("GET", "/sources/{id}/hook", Right(Configure)),
    ("GET", "/sources/{id}/subscription", Right(Read)),
    ("POST", "/sources/{id}/hook/secret", Right(Configure)),
    ("GET", "/items", Right(Read)),
    ("POST", "/items", Right(Write)),
    ("GET", "/items/{id}", Right(Read)),
    ("GET", "/items/{id}/versions", Right(Read)),
    ("GET", "/stories", Right(Read)),
    ("GET", "/stories/{id}", Right(Read)),
    ("POST", "/stories/{id}/merge", Right(Write)),
    ("POST", "/stories/{id}/split", Right(Write)),
    ("GET", "/pipelines", Right(Read)),
    ("GET", "/pipelines/{id}", Right(Read)),
    ("POST", "/pipelines", Right(Configure)),
    ("PUT", "/pipelines/{id}", Right(Configure)),
    ("GET", "/budgets", Right(Read)),
    ("PUT", "/budgets", Right(Configure)),
    ("DELETE", "/budgets/{id}", Right(Configure)),
    ("GET", "/ledger", Right(Read)),
    ("GET", "/spending", Right(Read)),
    ("GET", "/prompts", Right(Read)),
    ("POST", "/prompts/preview", Right(Read)),
    ("GET", "/prompts/{name}", Right(Read)),
    ("PUT", "/prompts/{name}", Right(Configure)),
    ("DELETE", "/prompts/{name}", Right(Configure)),
    ("GET", "/prompts/{name}/versions", Right(Read)),
    ("GET", "/prompts/{name}/versions/{version}", Right(Read)),
    ("POST", "/prompts/{name}/versions/{version}/restore", Right(Configure)),
    ("GET", "/voices", Right(Read)),
    ("PUT", "/voices/{name}", Right(Configure)),
    ("DELETE", "/voices/{name}", Right(Configure)),
    ("GET", "/providers", Right(Read)),
    ("PUT", "/providers/{name}", Right(Configure)),
    ("DELETE", "/providers/{name}", Right(Configure)),
    ("GET", "/channels", Right(Read)),
    ("GET", "/topics", Right(Read)),

    ("GET", "/posts", Right(Read)),
    ("POST", "/posts", Right(Write)),
    ("GET", "/posts/{id}", Right(Read)),
    ("PATCH", "/posts/{id}", Right(Write)),
    ("GET", "/posts/{id}/events", Right(Read)),
    ("GET", "/posts/{id}/versions", Right(Read)),
    ("GET", "/posts/{id}/versions/{version}", Right(Read)),
    ("GET", "/posts/{id}/versions/{version}/changes", Right(Read)),
    ("POST", "/posts/{id}/versions/{version}/restoration", Right(Write)),
    ("GET", "/posts/{id}/working-copy", Right(Read)),
    ("PUT", "/posts/{id}/working-copy", Right(Write)),
    ("DELETE", "/posts/{id}/working-copy", Right(Write)),
    ("GET", "/moderation", Right(Read)),
    ("POST", "/posts/bulk", Right(Judge)),
    ("POST", "/posts/{id}/approval", Right(Judge)),
    ("DELETE", "/posts/{id}/approval", Right(Judge)),
    ("POST", "/posts/{id}/rejection", Right(Judge)),
    ("POST", "/posts/{id}/reopening", Right(Judge)),
    ("POST", "/posts/{id}/claim", Right(Judge)),
    ("DELETE", "/posts/{id}/claim", Right(Judge)),
    ("GET", "/posts/{id}/ratings", Right(Read)),
    ("POST", "/posts/{id}/rating", Right(Judge)),
    ("GET", "/posts/{id}/variants", Right(Read)),
    ("POST", "/posts/{id}/variants/{label}/choice", Right(Judge)),
    ("GET", "/posts/{id}/review-links", Right(Judge)),
    ("POST", "/posts/{id}/review-links", Right(Judge)),
    ("DELETE", "/review-links/{id}", Right(Judge)),
    ("POST", "/posts/{id}/publication", Right(Publish)),
    ("DELETE", "/posts/{id}/publication", Right(Publish)),
    ("POST", "/posts/{id}/schedule", Right(Publish)),
    ("GET", "/calendar", Right(Read)),
    ("GET", "/calendar/next-slot", Right(Read)),
    ("GET", "/calendar/settings", Right(Configure)),
    ("PUT", "/calendar/settings", Right(Configure)),
    ("POST", "/generate-post", Right(Write)),
    ("POST", "/generate-batch", Right(Write)),
    ("GET", "/completions", Right(Read)),
    ("GET", "/fine-tuning", Right(Configure)),
    ("POST", "/analyze", Right(Read)),
    ("POST", "/improve", Right(Write)),
    ("POST", "/posts/{id}/improve", Right(Write)),
    ("GET", "/feedback", Right(Read)),
    ("POST", "/render", Right(Read)),

    ("GET", "/jobs", Right(Read)),
    ("GET", "/jobs/{id}", Right(Read)),
    ("POST", "/jobs/{id}/retry", Right(Operate)),
    ("DELETE", "/jobs/{id}", Right(Operate)),
    ("DELETE", "/jobs/{id}/dead-letter", Right(Operate)),
    ("POST", "/jobs/retry", Right(Operate)),
    ("POST", "/jobs/cancel", Right(Operate)),
    ("POST", "/jobs/purge", Right(Operate)),
    ("GET", "/queues", Right(Read)),
    ("GET", "/queues/estimate", Right(Read)),
    ("GET", "/queues/stats", Right(Read)),
    ("GET", "/queues/{name}", Right(Read)),
    ("PUT", "/queues/{name}", Right(Operate)),
    ("PATCH", "/queues/{name}", Right(Operate)),
    ("GET", "/nodes", Right(Read)),
    ("GET", "/cron", Right(Read)),
    ("GET", "/cron-times", Right(Read)),
    ("GET", "/cron/{name}", Right(Read)),
    ("POST", "/cron", Right(Admin)),
    ("PUT", "/cron/{name}", Right(Admin)),
    ("PATCH", "/cron/{name}", Right(Admin)),
    ("DELETE", "/cron/{name}", Right(Admin)),
    ("POST", "/cron/{name}/run", Right(Admin)),

    ("GET", "/dashboard", Right(Read)),
    ("GET", "/traffic", Right(Read)),
    ("GET", "/metrics", Right(Read)),
    ("GET", "/cache/stats", Right(Read)),
    ("GET", "/cache/entries", Right(Operate)),
    ("POST", "/cache/purge", Right(Operate)),
    ("POST", "/cache/warm", Right(Operate)),
    ("GET", "/database", Right(Read)),
    ("GET", "/events", Right(Read)),
];

impl Needs {
    fn of(route: &Route) -> Option<Needs> {
        let path = route.path.trim_start_matches("/api/v3");
        TABLE.iter().find(|(method, known, _)| *method == route.method && *known == path).map(|entry| entry.2)
    }

    fn allows(self, scopes: Scopes, has_password: bool) -> bool {
        match self {
            Nothing | Name => true,
            Password => has_password,
            Right(scope) => scopes.has(scope),
        }
    }
}

/// A way to come in.
enum Way {
    Nobody,
    User(Role, Session),
    /// An administrator's cookie without the token that belongs to it.
    Forged(Session),
    /// An administrator's key with a part of the scopes.
    Key(Scopes, String),
}

impl Way {
    fn call<'a>(&self, bench: &'a Bench, route: &Route) -> Call<'a> {
        let mut address = route.address();
        // A query that must be there.
        match route.path.trim_start_matches("/api/v3") {
            "/calendar" => address.push_str("?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z"),
            "/cache/entries" => address.push_str("?space=site&key=/"),
            "/cron-times" => address.push_str("?schedule=@daily"),
            "/queues/estimate" => address.push_str("?kind=fetch_sources"),
            _ => {}
        }
        let sent = body(route).to_string().replace("https://news.example/feed.xml", &bench.feed);
        let call = bench.bare(&route.method, &address).header("content-type", "application/json").body(sent);
        let cookie = |session: &Session| format!("{}={}", crate::auth::COOKIE, session.reveal());
        match self {
            Way::Nobody => call,
            Way::User(_, session) => call.header("cookie", &cookie(session)).header("x-csrf-token", &session.csrf()),
            Way::Forged(session) => call.header("cookie", &cookie(session)),
            Way::Key(_, key) => call.header("authorization", &format!("Bearer {key}")),
        }
    }

    fn name(&self) -> String {
        match self {
            Way::Nobody => "nobody".to_owned(),
            Way::User(role, _) => format!("the {role}"),
            Way::Forged(_) => "a cookie without its token".to_owned(),
            Way::Key(scopes, _) => format!("a key that may {scopes}"),
        }
    }

    /// The problem that is to be answered; `None` when the route is to do its work.
    fn refusal(&self, route: &Route, needs: Needs) -> Option<(u16, &'static str)> {
        let is_allowed = match self {
            _ if needs == Nothing => true,
            Way::Nobody => return Some((401, "unauthenticated")),
            Way::Forged(_) if route.method != "GET" => return Some((403, "csrf")),
            Way::Forged(_) => needs.allows(Scopes::ALL, true),
            Way::User(role, _) => needs.allows(role.scopes(), true),
            Way::Key(scopes, _) => needs.allows(*scopes, false),
        };
        (!is_allowed).then_some((403, "forbidden"))
    }
}

async fn user(bench: &Bench, role: Role) -> Opened {
    let desk = &bench.app.desk;
    let email = format!("{role}@paper.example");
    let (_, ticket) = people::invite(desk, &Actor::system(), &email, role).await.unwrap();
    let given = Acceptance { name: None, email: None, password: "ferry shafts crack twice".to_owned() };
    people::accept(desk, ticket.reveal(), given, "").await.unwrap()
}

/// What was wrong with the answer, if anything.
async fn judge(bench: &Bench, way: &Way, route: &Route, needs: Needs) -> Option<String> {
    let wanted = way.refusal(route, needs);
    let said = format!("{} {} by {}", route.method, route.path, way.name());
    let response = way.call(bench, route).open().await;
    let status = response.status().as_u16();
    if response.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return wanted.map(|wanted| format!("{said}: a stream instead of {wanted:?}"));
    }
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, 16 << 20).await.unwrap();
    let answer = Answer { status, headers: parts.headers, text: String::from_utf8_lossy(&text).into_owned() };
    match wanted {
        Some((status, problem)) if answer.status == status && answer.problem() == problem => None,
        // A wrong key is not let in, whoever sends it.
        None if route.path.ends_with("/session") && route.method == "POST" && answer.status == 401 => None,
        None if !matches!(answer.status, 401 | 403 | 405 | 429 | 500..) => None,
        _ => Some(format!("{said}: wanted {wanted:?}, got {} {:.200}", answer.status, answer.text)),
    }
}

#[tokio::test]
async fn every_route_asks_for_the_right_it_is_meant_to() {
    let bench = Bench::new().await;
    let all = routes();
    let missing: Vec<String> = all
        .iter()
        .filter(|route| Needs::of(route).is_none())
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert!(missing.is_empty(), "say in TABLE what these routes ask of their caller: {missing:#?}");
    let is_known = |(method, path, _): &&(&str, &str, Needs)| {
        all.iter().any(|r| r.method == *method && r.path == format!("/api/v3{path}"))
    };
    let stale: Vec<_> = TABLE.iter().filter(|entry| !is_known(entry)).collect();
    assert!(stale.is_empty(), "TABLE names routes that the document has not: {stale:?}");

    let mut ways = vec![Way::Nobody];
    for role in Role::ALL {
        ways.push(Way::User(role, user(&bench, role).await.session));
    }
    let admin = people::sign_in(&bench.app.desk, bench.key(Role::Admin)).await.unwrap().unwrap();
    ways.push(Way::Forged(admin.session));
    for scope in Scope::ALL {
        // Whoever makes a reader must be one.
        let scopes = if scope == Admin { Scopes::from_iter([Read, Admin]) } else { Scopes::only(scope) };
        let new = NewKey { scopes: Some(scopes), ..NewKey::new(scope.name(), Role::Admin) };
        let (_, secret) = people::create_key(&bench.app.desk, &Actor::system(), new).await.unwrap();
        ways.push(Way::Key(scopes, secret.reveal().to_owned()));
    }
    let mut wrong = Vec::new();
    for route in &all {
        // Limits are another matter: each route is tried in a minute of its own.
        bench.clock.advance(std::time::Duration::from_secs(61));
        let Some(needs) = Needs::of(route) else { continue };
        for way in &mut ways {
            wrong.extend(judge(&bench, way, route, needs).await);
            if let (Way::User(role, session), "DELETE", "/api/v3/session") =
                (way, route.method.as_str(), route.path.as_str())
            {
                let email = format!("{role}@paper.example");
                let again = people::sign_in_with_password(&bench.app.desk, &email, "ferry shafts crack twice").await;
                *session = again.unwrap().unwrap().session;
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers were others:\n{}", wrong.len(), wrong.join("\n"));
}
