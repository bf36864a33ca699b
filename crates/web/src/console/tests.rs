pub(crate) mod bench;
mod cron;
mod database;
mod jobs;

use std::time::Duration;

use bench::Bench;
use desk::PostId;
use desk::moderation::{self, Edit};
use desk::people::Actor;
use desk::posts::{self, State};
use guard::role::Role;
use http::StatusCode;
use queue::JobFilter;

use crate::Settings;

async fn post(bench: &Bench, id: PostId) -> posts::Post {
    posts::get(&mut bench.app.desk.store.read_fresh(), id).await.unwrap()
}

#[tokio::test]
async fn a_key_opens_a_session_and_signing_out_ends_it() {
    let bench = Bench::new().await;
    let key = bench.key(Role::Moderator).await;
    let wanted = bench.get("/console/review?post=1", "").await;
    assert_eq!(
        (wanted.status, wanted.location()),
        (StatusCode::SEE_OTHER, "/console/sign-in?next=/console/review%3Fpost%3D1")
    );
    let door = bench.get(wanted.location(), "").await;
    let gate = door.cookies()[0].split(';').next().unwrap().to_owned();
    assert!(door.cookies()[0].contains("HttpOnly; SameSite=Strict"));
    let csrf = door.field("csrf").to_owned();
    assert_eq!(door.field("next"), "/console/review?post=1");

    let wrong = bench.post("/console/sign-in", &gate, &[("csrf", &csrf), ("key", "cd_wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    wrong.has("unknown, expired or revoked").lacks("cd_wrong");
    let planted = bench.post("/console/sign-in", &gate, &[("csrf", "x"), ("key", &key)]).await;
    assert_eq!(planted.status, StatusCode::FORBIDDEN);
    let no_gate = bench.post("/console/sign-in", "", &[("csrf", &csrf), ("key", &key)]).await;
    assert_eq!(no_gate.status, StatusCode::FORBIDDEN);

    let form = [("csrf", csrf.as_str()), ("key", key.as_str()), ("next", "/console/review?post=1")];
    let entered = bench.post("/console/sign-in", &gate, &form).await;
    assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, "/console/review?post=1"));
    let set = entered.cookies().into_iter().find(|c| c.starts_with(crate::auth::COOKIE)).unwrap();
    assert!(
        set.contains("; Path=/; ") && set.contains("HttpOnly; SameSite=Strict") && !set.contains("Secure"),
        "{set}"
    );
    let session = set.split(';').next().unwrap();
    let overview = bench.get("/console", session).await;
    assert_eq!(overview.status, StatusCode::OK);
    overview.has("moderator");
    let left = bench.post("/console/sign-out", session, &[("csrf", overview.field("csrf"))]).await;
    assert_eq!(left.location(), "/console/sign-in");
    assert_eq!(bench.get("/console", session).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_makes_an_account_and_its_password_opens_the_desk() {
    let bench = Bench::new().await;
    let desk = &bench.app.desk;
    let (_, ticket) =
        desk::people::invite(desk, &Actor::system(), "mara@alder.example", Role::Moderator).await.unwrap();
    let page = bench.get("/console/invitation", "").await;
    page.has("data-token");
    let gate = page.cookies()[0].split(';').next().unwrap().to_owned();
    let csrf = page.field("csrf").to_owned();
    // Pasted whole, as somebody without scripts does.
    let link = format!("https://paper.example/console/invitation#{}", ticket.reveal());
    let send = |fields: Vec<(&'static str, String)>| {
        let (bench, gate, csrf) = (&bench, gate.clone(), csrf.clone());
        async move {
            let mut all = vec![("csrf", csrf.as_str())];
            all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
            bench.post("/console/invitation", &gate, &all).await
        }
    };
    let foreign = bench.post("/console/invitation", "", &[("csrf", &csrf), ("token", &link)]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let unknown = send(vec![("token", "nothing".to_owned())]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    unknown.has("Ask for a new one");
    let known = send(vec![("token", link.clone())]).await;
    known.has("mara@alder.example").has("moderator").has("new-password");
    let token = ("token", known.field("token").to_owned());
    assert_eq!(token.1, ticket.reveal());
    let weak = send(vec![token.clone(), ("name", "Mara L.".to_owned()), ("password", "password1234".to_owned())]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    weak.has("guessed first").has("Mara L.").lacks("password1234");
    let password = "ferry shafts crack twice";
    let entered = send(vec![token.clone(), ("name", "Mara L.".to_owned()), ("password", password.to_owned())]).await;
    assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, "/console"));
    let session = |answer: &bench::Answer| {
        let set = answer.cookies().into_iter().find(|c| c.starts_with(crate::auth::COOKIE)).unwrap();
        set.split(';').next().unwrap().to_owned()
    };
    bench.get("/console", &session(&entered)).await.has("Mara L.").has("moderator");
    assert_eq!(send(vec![token]).await.status, StatusCode::NOT_FOUND, "a link works once");

    let door = bench.get("/console/sign-in", "").await;
    door.has("name=\"email\"").has("name=\"key\"").lacks("<details open>");
    let gate = door.cookies()[0].split(';').next().unwrap().to_owned();
    let form = |password: &'static str| {
        [("csrf", door.field("csrf")), ("email", "Mara@alder.example"), ("password", password)]
    };
    let wrong = bench.post("/console/sign-in", &gate, &form("another one entirely")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    wrong.has("the password is wrong").has("Mara@alder.example").lacks("another one entirely");
    let right = bench.post("/console/sign-in", &gate, &form(password)).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/console"));
    bench.get("/console", &session(&right)).await.has("Mara L.");
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_no_address_leads_outside() {
    let bench =
        Bench::with(Settings { public_url: Some("https://paper.example".to_owned()), ..Settings::default() }).await;
    let key = bench.key(Role::Viewer).await;
    for next in ["https://evil.example/", "//evil.example", "/console/\\evil", "/consolevil", "/console/sign-in"] {
        let door = bench.get(&format!("/console/sign-in?next={}", super::show::encode(next)), "").await;
        let gate = door.cookies()[0].split(';').next().unwrap().to_owned();
        let form = [("csrf", door.field("csrf")), ("key", key.as_str()), ("next", next)];
        let entered = bench.post("/console/sign-in", &gate, &form).await;
        assert_eq!(entered.location(), "/console", "{next}");
        assert!(entered.cookies()[0].ends_with("; Secure"));
    }
}

#[tokio::test]
async fn guessing_keys_is_slowed_down() {
    let bench = Bench::new().await;
    let door = bench.get("/console/sign-in", "").await;
    let gate = door.cookies()[0].split(';').next().unwrap().to_owned();
    let form = [("csrf", door.field("csrf")), ("key", "guess")];
    let mut last = StatusCode::OK;
    for _ in 0..25 {
        last = bench.post("/console/sign-in", &gate, &form).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_form_without_the_sessions_token_does_nothing_and_loses_nothing() {
    let bench = Bench::new().await;
    let (mine, other) = (bench.browser(Role::Editor).await, bench.browser(Role::Editor).await);
    let waiting = bench.waiting("Quay opens").await;
    let approval = format!("/console/posts/{}/approval", waiting.id);
    for csrf in ["", "x", other.csrf.as_str()] {
        let refused = bench.post(&approval, &mine.cookie, &[("csrf", csrf), ("version", "1")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    let edit = [("csrf", mine.csrf.as_str()), ("version", "1"), ("title", "T"), ("body", "an hour of work")];
    let ended = bench.post(&format!("/console/posts/{}/versions", waiting.id), "", &edit).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    ended.has("an hour of work");
    assert_eq!(post(&bench, waiting.id).await.state, State::InReview);
}

#[tokio::test]
async fn what_the_role_may_not_do_is_not_shown_and_refused() {
    let bench = Bench::new().await;
    let viewer = bench.browser(Role::Viewer).await;
    let waiting = bench.waiting("Quay opens").await;
    let page = viewer.get("/console/review").await;
    assert_eq!(page.status, StatusCode::OK);
    page.has("Quay opens").lacks("/approval").lacks("/rejection").lacks("edit=1").lacks("/console/keys");
    let base = format!("/console/posts/{}", waiting.id);
    for (path, fields) in [
        ("/approval", vec![("version", "1")]),
        ("/rejection", vec![("version", "1"), ("reason", "no")]),
        ("/versions", vec![("version", "1"), ("title", "T"), ("topic", "T"), ("body", "B")]),
        ("/publication", vec![]),
        ("/retraction", vec![]),
    ] {
        let refused = viewer.post(&format!("{base}{path}"), &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["/console/keys", "/console/sources", "/console/sources/fetch", "/console/sources/preview"] {
        let refused = viewer.post(path, &[("name", "n"), ("role", "admin"), ("url", "https://a.example/feed")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(viewer.get("/console/keys").await.status, StatusCode::FORBIDDEN);
    let now = post(&bench, waiting.id).await;
    assert_eq!((now.state, now.version), (State::InReview, 1));
}

#[tokio::test]
async fn an_approval_moves_on_and_can_be_taken_back() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Moderator).await;
    let (first, second) = (bench.waiting("First thing").await, bench.waiting("Second thing").await);
    let page = browser.get("/console/review").await;
    page.has("<h1 id=\"draft-title\">First thing</h1>").has("Second thing").has("1 of 2");
    page.has("12<span class=\"doubt-word\">number not in the sources</span>").has("not grounded").has("0.61");

    let approved = browser
        .post(
            &format!("/console/posts/{}/approval", first.id),
            &[("version", page.field("version")), ("from", "review")],
        )
        .await;
    let expected = format!("/console/review?post={}&said=approved&of={}", second.id, first.id);
    assert_eq!((approved.status, approved.location()), (StatusCode::SEE_OTHER, expected.as_str()));
    assert_eq!(post(&bench, first.id).await.state, State::Scheduled);
    let next = browser.get(approved.location()).await;
    next.has("<h1 id=\"draft-title\">Second thing</h1>").has("data-undo").has("data-left=\"10000\"").has("First thing");

    bench.clock.advance(Duration::from_secs(11));
    browser.get(approved.location()).await.has("Approved").lacks("data-undo").lacks("data-left");

    let undone = browser.post(&format!("/console/posts/{}/approval/withdrawal", first.id), &[("from", "review")]).await;
    assert_eq!(undone.location(), format!("/console/review?post={0}&said=withdrawn&of={0}", first.id));
    assert_eq!(post(&bench, first.id).await.state, State::InReview);
    browser.get(undone.location()).await.has("taken back");

    // Deciding twice is told, not done.
    let fields = [("version", "1"), ("from", "review")];
    browser.post(&format!("/console/posts/{}/approval", second.id), &fields).await;
    let again = browser.post(&format!("/console/posts/{}/approval", second.id), &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.has("Its state has changed");
}

#[tokio::test]
async fn sending_back_needs_a_reason() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Moderator).await;
    let waiting = bench.waiting("Quay opens").await;
    let rejection = format!("/console/posts/{}/rejection", waiting.id);
    let refused = browser.post(&rejection, &[("version", "1"), ("from", "review"), ("reason", "  ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.has("<details class=\"reject\" open>").has("Say why");
    assert_eq!(post(&bench, waiting.id).await.state, State::InReview);

    let fields = [("version", "1"), ("from", "review"), ("quick", "Already covered"), ("reason", "see Monday")];
    let done = browser.post(&rejection, &fields).await;
    assert_eq!(done.location(), format!("/console/review?said=rejected&of={}", waiting.id));
    let now = post(&bench, waiting.id).await;
    assert_eq!((now.state, now.reason.as_str()), (State::Rejected, "Already covered: see Monday"));
    browser.get(done.location()).await.has("Nothing waits for you");
    browser.get(&format!("/console/posts/{}", waiting.id)).await.has("Already covered: see Monday").has("sent back");
}

#[tokio::test]
async fn edit_and_approve_makes_a_version_by_the_person() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Moderator).await;
    let waiting = bench.waiting("Quay opens").await;
    browser
        .get(&format!("/console/review?post={}&edit=1", waiting.id))
        .await
        .has("Save as version 2")
        .has("It had 12 members.");
    let fields = [
        ("version", "1"),
        ("from", "review"),
        ("then", "approve"),
        ("title", "Quay opens late"),
        ("excerpt", ""),
        ("topic", "Harbour"),
        ("body", "The council met.\r\n\r\nIt had 11 members."),
    ];
    let done = browser.post(&format!("/console/posts/{}/versions", waiting.id), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let now = post(&bench, waiting.id).await;
    assert_eq!((now.version, now.state, now.edited), (2, State::Scheduled, true));
    let version = posts::version(&mut bench.app.desk.store.read_fresh(), waiting.id, 2).await.unwrap();
    assert!(version.by.starts_with("key:"));
    assert_eq!(version.body, "The council met.\n\nIt had 11 members.");
    let page = browser.get(&format!("/console/posts/{}?changes=1", waiting.id)).await;
    page.has("version 2, by you")
        .has("<ins>")
        .has("<details class=\"changes\" id=\"changes\" open>")
        .has("approved by a person");
}

#[tokio::test]
async fn a_stale_version_keeps_the_text_and_shows_the_difference() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Moderator).await;
    let waiting = bench.waiting("Quay opens").await;
    let edit = Edit { body: Some("Somebody else was here.".to_owned()), ..Edit::default() };
    moderation::edit(&bench.app.desk, &Actor::system(), waiting.id, 1, edit).await.unwrap();

    let approved =
        browser.post(&format!("/console/posts/{}/approval", waiting.id), &[("version", "1"), ("from", "review")]).await;
    assert_eq!(approved.status, StatusCode::PRECONDITION_FAILED);
    approved.has("There is a newer version").has("Somebody else was here.");

    let typed = "My <b>own</b> words & more";
    for from in ["review", "post"] {
        let fields = [
            ("version", "1"),
            ("from", from),
            ("title", "My title"),
            ("excerpt", "E"),
            ("topic", "Harbour"),
            ("body", typed),
        ];
        let kept = browser.post(&format!("/console/posts/{}/versions", waiting.id), &fields).await;
        assert_eq!(kept.status, StatusCode::PRECONDITION_FAILED);
        kept.has("value=\"My title\"").has("not saved").has("<del>").lacks("<b>own</b>");
        assert_eq!(kept.field("version"), "2");
    }
    assert_eq!(post(&bench, waiting.id).await.version, 2);
    let empty = [("version", "2"), ("from", "review"), ("title", " "), ("topic", "Harbour"), ("body", typed)];
    let kept = browser.post(&format!("/console/posts/{}/versions", waiting.id), &empty).await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    kept.has("words &#38; more");
}

#[tokio::test]
async fn hostile_text_is_shown_as_text_everywhere() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Admin).await;
    let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";
    let waiting = bench.waiting(hostile).await;
    let edit = Edit {
        body: Some(format!("Body {hostile} [x](javascript:alert(3))")),
        excerpt: Some(hostile.to_owned()),
        ..Edit::default()
    };
    moderation::edit(&bench.app.desk, &Actor::system(), waiting.id, 1, edit).await.unwrap();
    let post = format!("/console/posts/{}", waiting.id);
    for path in [
        "/console",
        "/console/review",
        "/console/review?edit=1",
        "/console/posts",
        &post,
        &format!("{post}?changes=1"),
        &format!("/console/review?said=withdrawn&of={}", waiting.id),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.lacks("<script>alert").lacks("<img src=x").lacks("href=\"javascript:").has("&#60;script&#62;");
    }
    let wrong = browser.post("/console/keys", &[("name", hostile), ("role", "none")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.lacks("<script>alert");
}

#[tokio::test]
async fn every_page_is_there_and_has_no_inline_script_or_style() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Admin).await;
    bench.waiting("Quay opens").await;
    let new = [("url", "https://news.example/feed.xml"), ("name", "Example News")];
    let added = browser.post("/console/sources", &new).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    let source = added.location().split('?').next().unwrap().to_owned();
    let again = browser.post("/console/sources", &new).await;
    assert_eq!(again.location(), source);
    browser.post("/console/sources/fetch", &[]).await;
    let job = bench.app.desk.queue.list(&JobFilter { limit: 1, ..JobFilter::default() }).await.unwrap()[0].id;
    let job = format!("/console/jobs/{job}");
    for path in [
        "/console",
        "/console/review",
        "/console/posts",
        "/console/posts?state=in_review",
        "/console/stories",
        "/console/sources",
        &source,
        "/console/jobs",
        "/console/jobs?state=discarded",
        "/console/jobs?kind=poll_source",
        "/console/jobs?state=pending&queue=media&priority=low",
        "/console/queues",
        &job,
        "/console/keys",
        "/console/help",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.lacks(" style=").lacks("<style").lacks("<script>").lacks(" onclick").lacks("http-equiv");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        for asset in [crate::assets::CONSOLE_CSS.href(), crate::assets::CONSOLE_JS.href()] {
            page.has(asset);
        }
        assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
    }
    for path in [
        "/console/nothing",
        "/console/posts/0",
        "/console/posts/zzz",
        "/console/jobs/0000000000001",
        "/console/stories/0000000000001",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.has("<h1>There is no such thing</h1>");
    }
    let script = bench.get(crate::assets::CONSOLE_JS.href(), "").await;
    assert!(script.status == StatusCode::OK && script.text.len() <= 12 * 1024);
}

#[tokio::test]
async fn sources_and_jobs_are_looked_after() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Editor).await;
    let wrong = browser.post("/console/sources/preview", &[("url", "ftp://news.example/feed")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.has("value=\"ftp://news.example/feed\"");
    let added = browser.post("/console/sources", &[("url", "https://news.example/feed.xml")]).await;
    let source = added.location().split('?').next().unwrap().to_owned();
    browser.post(&format!("{source}/state"), &[("state", "paused")]).await;
    browser.get(&source).await.has("paused").has("Resume");
    browser.post(&format!("{source}/state"), &[("state", "active")]).await;
    browser.get(&source).await.has(">Pause<");
    let fetching = browser.post(&format!("{source}/fetch"), &[]).await;
    assert!(fetching.location().ends_with("said=fetching"));

    let jobs = bench
        .app
        .desk
        .queue
        .list(&JobFilter { kind: Some("fetch_sources".to_owned()), limit: 9, ..JobFilter::default() })
        .await
        .unwrap();
    let job = format!("/console/jobs/{}", jobs[0].id);
    browser.get(&job).await.has("fetch_sources").has("Cancel");
    let viewer = bench.browser(Role::Viewer).await;
    assert_eq!(viewer.post(&format!("{job}/cancellation"), &[]).await.status, StatusCode::FORBIDDEN);
    let cancelled = browser.post(&format!("{job}/cancellation"), &[]).await;
    assert_eq!(cancelled.location(), format!("{job}?said=cancelled"));
    browser.get("/console/jobs?state=cancelled").await.has("fetch_sources");
}

#[tokio::test]
async fn a_key_is_shown_once_and_can_be_revoked() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Admin).await;
    let made = browser.post("/console/keys", &[("name", "Ada"), ("role", "moderator"), ("days", "30")]).await;
    let rest = made.text.split_once("class=\"secret\" readonly value=\"").unwrap().1;
    let key = rest.split('"').next().unwrap().to_owned();
    assert!(desk::people::authenticate(&bench.app.desk, &key).await.unwrap().is_some());
    let list = browser.get("/console/keys").await;
    list.has("Ada").lacks(&key);
    let keys = desk::people::list_keys(&bench.app.desk, &Actor::system()).await.unwrap();
    let id = keys.iter().find(|k| k.name == "Ada").unwrap().id;
    browser.post(&format!("/console/keys/{id}/revocation"), &[]).await;
    assert!(desk::people::authenticate(&bench.app.desk, &key).await.unwrap().is_none());
}

#[tokio::test]
async fn the_look_is_kept_in_the_browser() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Viewer).await;
    let set = browser.post("/console/look", &[("theme", "dark"), ("next", "/console/posts")]).await;
    assert_eq!(set.location(), "/console/posts");
    let dark = bench
        .get("/console/posts", &format!("{}; {}", browser.cookie, set.cookies()[0].split(';').next().unwrap()))
        .await;
    dark.has("<html lang=\"en\" data-theme=\"dark\">");
    let off = browser.post("/console/look", &[("keys", "off")]).await;
    assert!(off.cookies().iter().any(|c| c.starts_with("copydesk_keys=off;")));
}
