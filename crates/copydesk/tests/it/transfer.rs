//! Backup and restore: everything, from one engine to the other and back.

use std::path::Path;

use serde_json::Value as Json;

use crate::feeds::Feeds;
use crate::home::Home;

/// The rows of an archive in an order of their own. What only tells about its making is left out: the head with
/// the engine and the time, the foot with the check sum, and the registration of the moment's process.
fn rows(archive: &Path) -> Vec<String> {
    let bytes = std::fs::read(archive).expect("the archive is there");
    let text = zstd::decode_all(&bytes[..]).expect("an archive is compressed with zstd");
    let text = String::from_utf8(text).expect("an archive is text");
    let lines: Vec<&str> = text.lines().collect();
    let mut table = String::new();
    let mut rows = Vec::new();
    for line in &lines[1..lines.len() - 1] {
        match serde_json::from_str::<Json>(line).expect("every line is JSON") {
            Json::Object(head) => table = format!("{} {}", head["table"], head["columns"]),
            _ => rows.push(format!("{table} {line}")),
        }
    }
    rows.sort();
    rows
}

/// A desk with something of everything: sources, items, stories, posts in several states, keys, jobs.
fn lived_in(feeds: &Feeds) -> Home {
    let home = Home::new();
    home.allow(&[feeds.address]).set("desk.undo_ms", "3600000").set("desk.draft_delay_ms", "0");
    home
}

fn populate(home: &Home, feeds: &Feeds, server: &crate::home::Server) {
    let gazette = include_str!("scenarios/feeds/gazette.xml").replace("@feeds", &format!("http://{}", feeds.address));
    feeds.document("/gazette.xml", "application/rss+xml", gazette);
    let key = home.admin();
    let post = |path: &str, body: &str, status: u16| -> Json {
        let answer = server.send("POST", path, key, body.as_bytes());
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        answer.json()
    };
    post("/api/v3/sources", &format!("{{\"url\": \"{}\"}}", feeds.url("/gazette.xml")), 201);
    post("/api/v3/pipelines", r#"{"name": "quick", "words_max": 80}"#, 201);
    server.send(
        "PUT",
        "/api/v3/providers/local",
        key,
        br#"{"base_url": "http://example.org/v1", "model": "m", "api_key": "sk-sealed"}"#,
    );
    for title in ["Çay and “quotes” \u{1F6F6}", "Tabs\tand\nlines", "A third note"] {
        let body = serde_json::json!({ "title": title, "body": format!("{title}: a body\n\nwith two paragraphs.") })
            .to_string();
        let id = post("/api/v3/posts", &body, 201)["id"].as_str().expect("a post has an id").to_owned();
        if title.starts_with('A') {
            post(&format!("/api/v3/posts/{id}/approval"), r#"{"version": 1}"#, 201);
        }
    }
    server.wait("/api/v3/posts", key, |page| {
        let posts = page["data"].as_array().map_or(0, Vec::len);
        posts == 5 && page["data"].as_array().is_some_and(|posts| posts.iter().any(|post| post["state"] == "published"))
    });
    server.wait("/api/v3/jobs", key, |page| {
        page["data"].as_array().is_some_and(|jobs| jobs.iter().all(|job| job["state"] == "scheduled"))
    });
}

#[test]
fn a_backup_taken_while_serving_restores_everything() {
    let feeds = Feeds::start();
    let home = lived_in(&feeds);
    let server = home.serve();
    populate(&home, &feeds, &server);
    let archive = home.folder().join("one.archive");
    let name = archive.display().to_string();
    let said = home.ok(&["backup", &name]);
    assert!(said.contains(" rows in "), "{said}");
    let refused = home.run(&["backup", &name]);
    assert!(refused.code == 1 && refused.err.contains("exists"), "{refused:?}");
    let page = server.read("/api/v3/posts?state=published", home.admin());
    let slug = page["data"][0]["slug"].as_str().expect("a post has a slug").to_owned();
    let (exported, posts) = (home.ok(&["export"]), server.read("/api/v3/posts", home.admin()));
    assert_eq!(server.stop(), 0);

    // To the other engine where there is one, and from there to a third desk.
    let second = if home.is_postgres() { Home::on_sqlite() } else { Home::new() };
    let third = Home::new();
    let fourth = Home::on_sqlite();
    let mut from = name;
    for (n, next) in [&second, &third, &fourth].into_iter().enumerate() {
        // The secrets are sealed with the key beside the data, which an archive does not hold.
        next.set("desk.undo_ms", "3600000");
        let said = next.ok(&["restore", &from]);
        assert!(said.contains("rows restored"), "{said}");
        let copy = next.folder().join("copy.archive");
        next.ok(&["backup", &copy.display().to_string()]);
        let (wanted, got) = (rows(&archive), rows(&copy));
        let missing: Vec<&String> = wanted.iter().filter(|row| !got.contains(row)).collect();
        let added: Vec<&String> = got.iter().filter(|row| !wanted.contains(row)).collect();
        assert!(missing.is_empty() && added.is_empty(), "copy {n}: missing {missing:#?}\nadded {added:#?}");
        assert_eq!(next.ok(&["export"]), exported);
        next.is_sound();
        from = copy.display().to_string();
    }
    // The keys work, the site shows the page, the search finds it, and the work goes on.
    let server = fourth.serve_again();
    assert_eq!(server.read("/api/v3/posts", home.admin()), posts);
    let word = posts["data"][0]["title"].as_str().and_then(|title| title.split(' ').max_by_key(|word| word.len()));
    let word = word.expect("a title has words").trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let found = server.read(&format!("/api/v3/posts?q={word}"), home.admin());
    let ids = |page: &serde_json::Value| -> Vec<String> {
        page["data"].as_array().into_iter().flatten().map(|post| post["id"].to_string()).collect()
    };
    assert!(ids(&found).contains(&posts["data"][0]["id"].to_string()), "{word} is not found: {found}");
    assert_eq!(crate::http::get(server.address, &format!("/{slug}")).status, 200);
    let found = crate::http::get(server.address, "/search?q=swing").text();
    assert!(found.contains(&slug), "{found}");
    let jobs = server.read("/api/v3/jobs?kind=publish_post", home.admin());
    assert_eq!(jobs["data"].as_array().map(Vec::len), Some(1), "{jobs}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn what_is_no_archive_is_refused_and_changes_nothing() {
    let home = Home::new();
    assert_eq!(home.serve().stop(), 0);
    let whole = home.folder().join("whole.archive");
    home.ok(&["backup", &whole.display().to_string()]);
    let bytes = std::fs::read(&whole).expect("the archive is there");
    let mut turned = bytes.clone();
    let middle = turned.len() / 2;
    turned[middle] ^= 0x55;
    let cases = [
        ("missing.archive", None),
        ("empty.archive", Some(Vec::new())),
        ("text.archive", Some(b"I am no archive".to_vec())),
        ("cut.archive", Some(bytes[..bytes.len() * 2 / 3].to_vec())),
        ("turned.archive", Some(turned)),
    ];
    for (name, content) in cases {
        let next = Home::new();
        let path =
            content.map_or_else(|| next.folder().join(name).display().to_string(), |content| next.file(name, content));
        let refused = next.run(&["restore", &path]);
        assert_eq!(refused.code, 1, "{name}: {refused:?}");
        assert!(refused.err.contains(name) && !refused.err.contains("panicked"), "{name}: {refused:?}");
        next.ok(&["migrate"]);
        assert_eq!(next.ok(&["key", "list", "--json"]).trim(), "[]", "{name} left something behind");
    }
    let again = home.run(&["restore", &whole.display().to_string()]);
    assert_eq!(again.code, 1, "a desk that is not empty must not be overwritten: {again:?}");
    assert!(again.err.contains("empty") || again.err.contains("not be overwritten"), "{again:?}");
}
