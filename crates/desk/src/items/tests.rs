use std::time::Duration;

use super::*;
use crate::jobs::FetchSources;
use crate::sources::{self, Change, NewSource, Source, State};
use crate::testing::{Bench, rss};

pub(super) const OK: &str = "200 OK";

pub(super) async fn source(bench: &Bench, path: &str) -> Source {
    let new = NewSource { url: bench.site.url(path), ..NewSource::default() };
    sources::create(&bench.desk, &Actor::system(), new).await.unwrap()
}

async fn again(bench: &Bench, id: SourceId) -> Source {
    sources::get(&mut bench.desk.store.read_fresh(), id).await.unwrap()
}

/// Visits it, once it is due; gives the source as it is then and the number of new items.
pub(super) async fn visit(bench: &Bench, id: SourceId) -> (Source, u32) {
    visit_after(bench, id, 40).await
}

async fn visit_after(bench: &Bench, id: SourceId, hours: u64) -> (Source, u32) {
    bench.clock.advance(Duration::from_secs(hours * 3_600));
    let known = sources::known(&mut bench.desk.store.read_fresh(), id).await.unwrap().unwrap();
    let report = poll::visit(&bench.desk, known, None).await.unwrap();
    (again(bench, id).await, report.new_items)
}

pub(super) async fn items(bench: &Bench, source: SourceId) -> Vec<Item> {
    let filter = Filter { source: Some(source), story: None };
    let mut items = list(&bench.desk, &Actor::system(), filter, None, 200).await.unwrap();
    items.reverse();
    items
}

#[tokio::test]
async fn a_visit_reads_stores_and_plans_the_next_one() {
    let bench = Bench::new().await;
    bench.site.answer(
        "/feed",
        OK,
        "ETag: W/\"a b\"\r\nLast-Modified: yesterday, they say\r\n",
        rss(
            "The News",
            &[("1", "First title", "/1?utm_source=feed", "First text"), ("2", "Second title", "/2", "Second text")],
        ),
    );
    let id = source(&bench, "/feed").await.id;
    let known = sources::known(&mut bench.desk.store.read_fresh(), id).await.unwrap().unwrap();
    let wait = poll::visit(&bench.desk, known, None).await.unwrap().next.unwrap().since(bench.now());
    assert!((450..=900).contains(&wait.as_secs()), "the first ones are spread: {wait:?}");
    let seen = again(&bench, id).await;
    assert_eq!((seen.name.as_str(), seen.items, seen.outcome.as_deref()), ("The News", 2, Some("2 new")));
    assert_eq!(seen.next_poll_at, Some(bench.now() + wait));
    let stored = items(&bench, id).await;
    assert_eq!(
        stored[1].url.as_deref(),
        Some("https://news.example/1"),
        "ids rise with time: the upper entry is newer"
    );
    assert_eq!(
        (stored[0].title.as_str(), stored[0].text.as_str(), stored[0].language.as_str()),
        ("Second title", "Second text", "en")
    );
    assert_eq!((stored[0].standing, stored[0].published_at), (Standing::News, "2026-11-20T08:00:00Z".parse().unwrap()));
    assert_eq!(bench.waiting("assign_stories").await.len(), 1);

    // The validators go back byte by byte, and 304 changes nothing.
    bench.site.answer("/feed", "304 Not Modified", "", "");
    let (seen, new) = visit(&bench, id).await;
    let head = bench.site.heads().pop().unwrap();
    assert!(
        head.contains("if-none-match: W/\"a b\"\r\n") && head.contains("if-modified-since: yesterday, they say\r\n"),
        "{head}"
    );
    assert_eq!((new, seen.outcome.as_deref(), seen.failures), (0, Some("unchanged"), 0));
}

#[tokio::test]
async fn an_entry_is_stored_once_and_its_changes_are_versions() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text")]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 1);
    // Another body with the same entries is no news; neither is an entry that left and came back.
    bench.site.answer("/feed", OK, "", rss("Renamed", &[("1", "One", "/1", "Text")]));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("unchanged")));
    bench.site.answer("/feed", OK, "", rss("N", &[("2", "Two", "/2", "Text")]));
    assert_eq!(visit(&bench, id).await.1, 1);
    bench.site.answer(
        "/feed",
        OK,
        "",
        rss("N", &[("1", "One, corrected", "/moved", "Text"), ("2", "Two", "/2", "Text")]),
    );
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.items, seen.outcome.as_deref()), (0, 2, Some("1 changed")));
    let stored = items(&bench, id).await;
    assert_eq!((stored[0].title.as_str(), stored[0].version, stored[1].version), ("One, corrected", 2, 1));
}

#[tokio::test]
async fn a_first_fetch_brings_ten_news_and_the_archive() {
    let bench = Bench::new().await;
    let names: Vec<(String, String)> = (0..25).map(|i| (format!("g{i}"), format!("/{i}"))).collect();
    let entries: Vec<(&str, &str, &str, &str)> =
        names.iter().map(|(g, link)| (g.as_str(), g.as_str(), link.as_str(), "Text")).collect();
    bench.site.answer("/feed", OK, "", rss("N", &entries[1..]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 24);
    let stored = items(&bench, id).await;
    let news: Vec<&str> = stored.iter().filter(|i| i.standing == Standing::News).map(|i| i.title.as_str()).collect();
    assert_eq!(news, ["g10", "g9", "g8", "g7", "g6", "g5", "g4", "g3", "g2", "g1"]);
    // Later everything unknown is news, however old it says to be.
    bench.site.answer("/feed", OK, "", rss("N", &entries));
    assert_eq!(visit(&bench, id).await.1, 1);
    assert_eq!(items(&bench, id).await.last().unwrap().standing, Standing::News);
}

#[tokio::test]
async fn one_guid_for_several_entries_is_told_apart_by_address() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("same", "A", "/a", "Text of a")]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 1);
    let both = [("same", "B", "/b", "Text of b"), ("same", "A", "/a", "Text of a"), ("same", "A", "/a", "Text of a")];
    bench.site.answer("/feed", OK, "", rss("N", &both));
    assert_eq!(visit(&bench, id).await.1, 1, "the one that was there before is known, an exact repetition dropped");
    bench.site.answer("/feed", OK, "", rss("N", &both[..1]));
    assert_eq!(visit(&bench, id).await.1, 0);
    assert_eq!(items(&bench, id).await.iter().map(|i| i.title.as_str()).collect::<Vec<_>>(), ["A", "B"]);
}

#[tokio::test]
async fn a_site_with_new_software_repeats_nothing() {
    let bench = Bench::new().await;
    let old =
        [("1", "Alpha", "/1", "a"), ("2", "Beta", "/2", "b"), ("3", "Gamma", "/3", "c"), ("4", "Delta", "/4", "d")];
    bench.site.answer("/feed", OK, "", rss("N", &old));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let new = [
        ("e", "Epsilon", "/x/5", "e"),
        ("a", "Alpha", "/x/1", "a"),
        ("b", "Beta", "/2", "b"),
        ("c", "Gamma", "/x/3", "c"),
        ("d", "Delta", "/x/4", "d"),
    ];
    bench.site.answer("/feed", OK, "", rss("N", &new));
    let (seen, count) = visit(&bench, id).await;
    assert_eq!((count, seen.outcome.as_deref()), (1, Some("1 new, 4 under a new name")));
    bench.site.answer("/feed", OK, "", rss("Again", &new));
    assert_eq!(visit(&bench, id).await.1, 0);
}

#[tokio::test]
async fn the_same_page_from_another_source_is_a_copy() {
    let bench = Bench::new().await;
    bench.site.answer(
        "/one",
        OK,
        "",
        rss("One", &[("1", "Title", "/story?utm_medium=rss", "Text"), ("h", "Front", "/", "Home")]),
    );
    bench.site.answer(
        "/two",
        OK,
        "",
        rss("Two", &[("x", "Other title", "/story#top", "Other"), ("h", "Front page", "/", "House")]),
    );
    let (one, two) = (source(&bench, "/one").await.id, source(&bench, "/two").await.id);
    visit(&bench, one).await;
    let (seen, _) = visit(&bench, two).await;
    assert_eq!(seen.outcome.as_deref(), Some("1 new, 1 known from elsewhere"));
    let original = items(&bench, one).await.into_iter().find(|i| i.title == "Title").unwrap().id;
    let stored = items(&bench, two).await;
    let copies: Vec<_> =
        stored.iter().filter(|i| i.standing == Standing::Copy).map(|i| (i.title.as_str(), i.copy_of)).collect();
    assert_eq!(copies, [("Other title", Some(original))], "a link to the front page tells nothing");
}

#[tokio::test]
async fn gaps_are_filled() {
    let bench = Bench::new().await;
    let json = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [
        {"id": "https://news.example/by-id", "content_html": "<p>Only a text, which is long enough to be cut somewhere behind the one hundredth of its characters, is it not?</p>"},
        {"id": 2, "title": "From the future", "content_text": "Zero \u0000 byte", "date_published": "2031-01-01T00:00:00Z"},
        {"id": 3, "title": "Ancient", "content_text": "x", "date_published": "0001-01-01T00:00:00Z", "attachments": [{"url": "https://news.example/a.mp3", "mime_type": "audio/mpeg"}]}]}"#;
    bench.site.answer("/feed", OK, "", json);
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let stored = items(&bench, id).await;
    let by = |part: &str| stored.iter().find(|i| i.title.starts_with(part)).unwrap();
    assert_eq!(
        by("Only").title,
        "Only a text, which is long enough to be cut somewhere behind the one hundredth of its characters…"
    );
    assert_eq!(by("Only").url.as_deref(), Some("https://news.example/by-id"));
    assert_eq!(by("From").published_at, bench.now());
    assert_eq!(by("Ancient").published_at, bench.now());
    assert_eq!(by("Ancient").url.as_deref(), Some("https://news.example/a.mp3"));
}

#[tokio::test]
async fn failures_are_told_and_make_us_patient() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", "<html><body>We are closed</body></html>");
    let id = source(&bench, "/feed").await.id;
    let (seen, _) = visit(&bench, id).await;
    assert_eq!((seen.error.as_deref(), seen.failures), (Some("not a feed: this looks like html"), 1));
    assert_eq!((seen.outcome.as_deref(), seen.failing_since), (Some("failed"), Some(bench.now())));
    bench.site.answer("/feed", "500 Oops", "", "");
    let (seen, _) = visit(&bench, id).await;
    assert_eq!((seen.error.as_deref(), seen.failures), (Some("the site has a problem of its own (500)"), 2));
    let wait = seen.next_poll_at.unwrap().since(bench.now()).as_secs();
    assert!((3_240..=3_960).contains(&wait), "four times the interval: {wait}");
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text")]));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.failures, seen.error, seen.failing_since), (1, 0, None, None));
    bench.site.answer("/feed", "503 Busy", "Retry-After: 7200\r\n", "");
    let (seen, _) = visit(&bench, id).await;
    assert_eq!(seen.next_poll_at.unwrap().since(bench.now()), Duration::from_secs(7_200));
}

#[tokio::test]
async fn what_is_gone_is_muted_and_endless_failure_paused() {
    let bench = Bench::new().await;
    bench.site.answer("/gone", "410 Gone", "", "");
    let id = source(&bench, "/gone").await.id;
    let (seen, _) = visit(&bench, id).await;
    assert_eq!((seen.state, seen.next_poll_at), (State::Muted, None));
    assert!(seen.error.unwrap().contains("gone for good (410)"));
    let id = source(&bench, "/missing").await.id;
    for _ in 0..9 {
        visit(&bench, id).await;
    }
    let (seen, _) = visit(&bench, id).await;
    assert_eq!(seen.state, State::Paused);
    assert!(seen.error.unwrap().ends_with("paused after 14 days of failures"));
}

#[tokio::test]
async fn a_permanent_move_is_believed_the_third_time_and_can_be_taken_back() {
    let bench = Bench::new().await;
    let feed = rss("N", &[("1", "One", "/1", "Text")]);
    bench.site.answer("/new", OK, "", &feed);
    bench.site.answer("/old", "301 Moved Permanently", "Location: /new\r\n", "");
    let id = source(&bench, "/old").await.id;
    for hours in [1, 1, 1, 20] {
        assert_eq!(visit_after(&bench, id, hours).await.0.url, bench.site.url("/old"), "not within a day");
    }
    let (moved, _) = visit_after(&bench, id, 2).await;
    assert_eq!((moved.url.as_str(), moved.url_before), (&*bench.site.url("/new"), Some(bench.site.url("/old"))));
    assert_eq!(moved.moved_at, Some(bench.now()));
    assert!(visit(&bench, id).await.0.url_before.is_some(), "a visit at the new address leaves the way back open");

    let desk = &bench.desk;
    let taken = source(&bench, "/old").await;
    assert!(matches!(sources::move_back(desk, &Actor::system(), id).await, Err(Error::Exists { .. })));
    bench.site.answer("/elsewhere", OK, "", &feed);
    bench.site.answer("/old", "301 Moved Permanently", "Location: /elsewhere\r\n", "");
    for _ in 0..3 {
        visit(&bench, taken.id).await;
    }
    bench.site.answer("/old", "301 Moved Permanently", "Location: /new\r\n", "");
    let back = sources::move_back(desk, &Actor::system(), id).await.unwrap();
    assert_eq!((back.url, back.url_before, back.next_poll_at), (bench.site.url("/old"), None, Some(bench.now())));
    assert!(matches!(sources::move_back(desk, &Actor::system(), id).await, Err(Error::NotFound { .. })));
    for _ in 0..4 {
        assert_eq!(visit(&bench, id).await.0.url, bench.site.url("/old"), "what was refused is not done again");
    }

    // A temporary one never is, nor one to an address that is a source already.
    bench.site.answer("/temporary", "302 Found", "Location: /else\r\n", "");
    bench.site.answer("/else", OK, "", &feed);
    bench.site.answer("/taken", "308 Permanent Redirect", "Location: /elsewhere\r\n", "");
    let (temporary, taken) = (source(&bench, "/temporary").await.id, source(&bench, "/taken").await.id);
    for _ in 0..4 {
        visit(&bench, temporary).await;
        visit(&bench, taken).await;
    }
    assert_eq!(again(&bench, temporary).await.url, bench.site.url("/temporary"));
    assert_eq!(again(&bench, taken).await.url, bench.site.url("/taken"));
}

#[tokio::test]
async fn a_fetch_reports_every_source_and_fails_for_none() {
    let bench = Bench::new().await;
    bench.site.answer("/good", OK, "", rss("N", &[("1", "One", "/1", "Text")]));
    bench.site.answer("/inward", "302 Found", "Location: http://127.0.0.1:9/\r\n", "");
    bench.site.answer("/loop", "302 Found", "Location: /loop\r\n", "");
    let mut sources = Vec::new();
    for path in ["/good", "/inward", "/loop"] {
        sources.push(source(&bench, path).await.id);
    }
    let stranger = SourceId(bench.desk.next_id());
    let job = FetchSources { sources: [sources.clone(), vec![stranger]].concat(), age_max_s: 0 };
    for new_items in [1, 0] {
        let report = fetch(bench.desk.clone(), bench.context(), job.clone()).await.unwrap().unwrap();
        assert_eq!(
            (&report["sources"], &report["succeeded"], &report["new_items"]),
            (&4.into(), &1.into(), &new_items.into())
        );
        let failed = report["failed"].as_array().unwrap();
        let reason =
            |id: SourceId| failed.iter().find(|f| f["source"] == id.to_string()).unwrap()["reason"].as_str().unwrap();
        assert!(
            reason(sources[1]).contains("127.0.0.1:9") && reason(sources[1]).contains("refused"),
            "{}",
            reason(sources[1])
        );
        assert!(reason(sources[2]).contains("circle"), "{}", reason(sources[2]));
        assert!(reason(stranger).contains("does not exist"));
    }
}

#[tokio::test]
async fn a_poll_does_not_wait_for_the_clustering_that_has_begun() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text")]));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let (tasks, started) = (stdx::task::Tasks::default(), std::sync::Arc::new(tokio::sync::Notify::new()));
    let begins = started.clone();
    // It holds its place for good, as one does that was claimed while every worker polls.
    let handlers = queue::Handlers::default().on(move |_, _: crate::jobs::AssignStories| {
        begins.notify_one();
        std::future::pending()
    });
    queue::Workers::start(&bench.desk.queue, handlers, &tasks);
    started.notified().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text"), ("2", "Two", "/2", "Text")]));
    // No time passes: a job that has run for hours would be taken for lost.
    let known = sources::known(&mut bench.desk.store.read_fresh(), id).await.unwrap().unwrap();
    let report = tokio::time::timeout(Duration::from_secs(5), poll::visit(&bench.desk, known, None)).await;
    assert_eq!(report.expect("it ends while the other runs").unwrap().new_items, 1);
    let states: Vec<_> = bench.waiting("assign_stories").await.into_iter().map(|job| job.state).collect();
    assert!(states.len() == 2 && states.contains(&queue::State::Running), "another one takes what is new: {states:?}");
    tasks.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn what_was_just_read_does_for_a_fetch_unless_the_source_was_changed() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text")]));
    let id = source(&bench, "/feed").await.id;
    let asked = || bench.site.heads().len();
    let run = async |age_max_s| {
        let job = FetchSources { sources: vec![id], age_max_s };
        let report = fetch(bench.desk.clone(), bench.context(), job).await.unwrap().unwrap();
        (report["succeeded"].as_u64().unwrap(), report["cached"].as_u64().unwrap())
    };
    assert_eq!((run(1_800).await, asked()), ((1, 0), 1));
    assert_eq!((run(1_800).await, asked()), ((1, 1), 1), "nobody is asked twice in half an hour");
    assert_eq!((run(0).await, asked()), ((1, 0), 2), "unless somebody wants it");
    let change = Change { interval_s: Some(600), ..Change::default() };
    sources::update(&bench.desk, &Actor::system(), id, change).await.unwrap();
    assert_eq!((run(1_800).await, asked()), ((1, 0), 3), "a changed source is another one");
    bench.clock.advance(Duration::from_secs(1_801));
    assert_eq!((run(1_800).await, asked()), ((1, 0), 4), "and half an hour is half an hour");
}

const STORY: &str = "The council has approved the new bridge over the harbour. Work begins in March and takes two years. \
                     The mayor said that the ferry stays until the bridge is open.";

/// Title and text of entries that say nothing else of themselves.
fn anonymous(entries: &[(&str, &str)]) -> String {
    let items = entries
        .iter()
        .map(|(title, text)| format!("<item><title>{title}</title><description>{text}</description></item>"));
    format!("<rss version=\"2.0\"><channel><title>N</title>{}</channel></rss>", items.collect::<String>())
}

#[tokio::test]
async fn one_changed_id_is_no_news() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "Bridge", "/bridge", STORY), ("2", "Two", "/2", "Text")]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 2);
    bench.site.answer(
        "/feed",
        OK,
        "",
        rss("N", &[("https://n/1", "Bridge", "/bridge", STORY), ("2", "Two", "/2", "Text")]),
    );
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("1 under a new name")));
    // Edited in the same breath, which is a version and no news either.
    let edited = format!("{STORY} Two lanes are for cyclists.");
    bench.site.answer(
        "/feed",
        OK,
        "",
        rss("N", &[("third", "The bridge", "/bridge", &edited), ("2", "Two", "/2", "Text")]),
    );
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("1 changed, 1 under a new name")));
    let stored = items(&bench, id).await;
    let bridge = stored.iter().find(|item| item.title == "The bridge").unwrap();
    assert_eq!((stored.len(), bridge.version, bridge.text.as_str()), (2, 2, edited.as_str()));
}

#[tokio::test]
async fn a_page_with_something_else_each_day_has_an_item_each_day() {
    let bench = Bench::new().await;
    let days = [
        ("Menu for Monday", "Lentil soup with bread, trout from the lake with potatoes, and an apple cake with cream."),
        ("Menu for Tuesday", "Onion tart, roast chicken with rice and beans, and three kinds of sorbet with biscuits."),
    ];
    bench.site.answer("/feed", OK, "", rss("N", &[("mon", days[0].0, "/menu", days[0].1)]));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    bench.site.answer("/feed", OK, "", rss("N", &[("tue", days[1].0, "/menu", days[1].1)]));
    assert_eq!(visit(&bench, id).await.1, 1);
    // Both in one document are two entries, whatever they have in common.
    bench.site.answer("/feed", OK, "", rss("N", &[("a", "Same", "/a", STORY), ("b", "Same", "/b", STORY)]));
    assert_eq!(visit(&bench, id).await.1, 2);
}

#[tokio::test]
async fn an_edited_entry_without_id_and_address_is_the_same_item() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", anonymous(&[("Bridge", STORY), ("Ferry", "The ferry is late today.")]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 2);
    let edited = STORY.replace("two years", "three years");
    bench.site.answer("/feed", OK, "", anonymous(&[("New bridge", &edited), ("Ferry", "The ferry is late today.")]));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("1 changed, 1 under a new name")));
    // Short ones say too little to be taken for each other.
    bench.site.answer("/feed", OK, "", anonymous(&[("New bridge", &edited), ("Ferry", "The ferry is early today.")]));
    assert_eq!(visit(&bench, id).await.1, 1);
    assert_eq!(items(&bench, id).await.len(), 3);
}

/// A report of an archive, unlike the others in its title and most of its words.
fn report(i: usize) -> (String, String) {
    let words =
        ["harbour", "council", "ferry", "bridge", "market", "school", "winter", "tower", "garden", "mill", "quay"];
    let said: Vec<&str> = (0..24).map(|at| words[(i * (at + 3) + at * at) % words.len()]).collect();
    let text = format!("Report {i} of ward {} says {} and ends with {}.", i * 7, said.join(" "), i * 13);
    (format!("Report {i}"), text)
}

fn corrected((title, text): (String, String)) -> (String, String) {
    (format!("{title}, corrected"), format!("{text} The ward was another one."))
}

fn anonymous_of(entries: &[(String, String)]) -> String {
    anonymous(&entries.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect::<Vec<_>>())
}

#[tokio::test]
async fn an_edited_entry_of_an_archive_is_the_same_item() {
    let bench = Bench::new().await;
    let old: Vec<(String, String)> = (0..200).map(report).collect();
    bench.site.answer("/feed", OK, "", anonymous_of(&old));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let stored = items(&bench, id).await.len();
    // The window is short again; one from each end of the archive comes back, corrected.
    let shown = [old[0].clone(), corrected(report(3)), corrected(report(196))];
    bench.site.answer("/feed", OK, "", anonymous_of(&shown));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("2 changed, 2 under a new name")));
    assert_eq!(items(&bench, id).await.len(), stored);
}

#[tokio::test]
async fn an_entry_that_is_edited_while_an_archive_comes_is_the_same_item() {
    let bench = Bench::new().await;
    let old: Vec<(String, String)> = (0..8).map(report).collect();
    bench.site.answer("/feed", OK, "", anonymous_of(&old));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let mut shown: Vec<(String, String)> = (100..250).map(report).collect();
    shown.extend(old[1..].iter().cloned());
    shown.push(corrected(report(0)));
    bench.site.answer("/feed", OK, "", anonymous_of(&shown));
    let (seen, _) = visit(&bench, id).await;
    let outcome = seen.outcome.unwrap_or_default();
    assert!(outcome.contains("1 changed, 1 under a new name"), "{outcome}");
    assert_eq!(items(&bench, id).await.len(), 8 + 150);
}

#[tokio::test]
async fn what_a_source_changes_is_kept_aside() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "Version 1", "/1", "Text 1")]));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    for n in 2..=25 {
        bench.site.answer("/feed", OK, "", rss("N", &[("1", &format!("Version {n}"), "/1", &format!("Text {n}"))]));
        assert_eq!(visit(&bench, id).await.0.outcome.as_deref(), Some("1 changed"));
    }
    let item = items(&bench, id).await.remove(0);
    assert_eq!((item.title.as_str(), item.version), ("Version 25", 25));
    let former = versions(&bench.desk, &Actor::system(), item.id).await.unwrap();
    assert_eq!(former.len(), 20, "the last twenty");
    assert_eq!((former[0].version, former[0].title.as_str(), former[0].text.as_str()), (24, "Version 24", "Text 24"));
    assert_eq!((former[19].version, former[0].replaced_at), (5, bench.now()));
    let stranger = ItemId(bench.desk.next_id());
    assert!(matches!(versions(&bench.desk, &Actor::system(), stranger).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_is_old_at_first_sight_is_no_news() {
    let settings = crate::Settings { news_age_max_h: 48, ..crate::Settings::default() };
    let bench = Bench::with(settings).await;
    let entries: Vec<String> = (0..12).map(|n| format!("g{n}")).collect();
    let rows = |from: usize| -> Vec<(&str, &str, &str, &str)> {
        entries[from..].iter().map(|g| (g.as_str(), g.as_str(), "/", "Text")).collect()
    };
    // They are of eight o'clock; a first visit takes ten of them for news, however old.
    bench.site.answer("/feed", OK, "", rss("N", &rows(1)));
    let id = source(&bench, "/feed").await.id;
    visit_after(&bench, id, 100).await;
    let stored = items(&bench, id).await;
    assert_eq!(stored.iter().filter(|item| item.standing == Standing::News).count(), 10);
    assert_eq!(stored.iter().find(|item| item.standing == Standing::Seen).unwrap().why.as_deref(), Some("archive"));
    bench.site.answer("/feed", OK, "", rss("N", &rows(0)));
    let (seen, new) = visit_after(&bench, id, 1).await;
    assert_eq!((new, seen.outcome.as_deref()), (1, Some("1 too old to be news")));
    let late = items(&bench, id).await.into_iter().find(|item| item.title == "g0").unwrap();
    assert_eq!((late.standing, late.why.as_deref()), (Standing::Seen, Some("stale")));
}

#[tokio::test]
async fn a_link_through_a_redirector_is_the_page_behind_it() {
    let bench = Bench::new().await;
    let link =
        "https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://other.example/story%3Futm_source%3Dx&amp;ct=ga";
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text")]).replace("https://news.example/1", link));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    assert_eq!(items(&bench, id).await[0].url.as_deref(), Some("https://other.example/story"));
}

#[tokio::test]
async fn the_last_visits_are_told() {
    let bench = Bench::new().await;
    let feed = rss("N", &[("1", "One", "/1", "Text")]);
    bench.site.answer("/feed", OK, "", &feed);
    let id = source(&bench, "/feed").await.id;
    for _ in 0..2 {
        visit(&bench, id).await;
    }
    bench.site.answer("/feed", "500 Oops", "", "");
    for _ in 0..58 {
        visit_after(&bench, id, 1).await;
    }
    let told = sources::visits(&bench.desk, &Actor::system(), id).await.unwrap();
    assert_eq!(told.len(), 20);
    assert_eq!((told[0].at, told[0].outcome), (bench.now(), sources::Outcome::Failed));
    assert_eq!(told[0].detail, "the site has a problem of its own (500)");
    let count = bench.desk.store.read_fresh().one(&COUNT_VISITS, params![id.to_i64()]).await.unwrap();
    assert_eq!(count.get::<i64>(0).unwrap(), 50, "no more are kept");
    bench.site.answer("/feed", OK, "", &feed);
    visit(&bench, id).await;
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "One", "/1", "Text"), ("2", "Two", "/2", "Text")]));
    visit(&bench, id).await;
    let told = sources::visits(&bench.desk, &Actor::system(), id).await.unwrap();
    let found: Vec<_> = told[..2].iter().map(|v| (v.outcome, v.new_items, v.ms.is_some(), v.bytes > 100)).collect();
    assert_eq!(found, [(sources::Outcome::Read, 1, true, true), (sources::Outcome::Unchanged, 0, true, true)]);
}

store::sql! {
    COUNT_VISITS = "items.test.visits", "SELECT count(*) FROM visit WHERE source = $1";
}

#[tokio::test]
async fn a_source_has_its_own_pace_unless_somebody_sets_one() {
    let bench = Bench::new().await;
    let dated = |hours: &[u32]| {
        let item = |h: &u32| {
            format!(
                "<item><guid isPermaLink=\"false\">{h}</guid><title>T{h}</title><pubDate>{} Nov 2026 {:02}:30:00 GMT</pubDate></item>",
                18 + h / 24,
                h % 24
            )
        };
        format!(
            "<rss version=\"2.0\"><channel><title>N</title>{}</channel></rss>",
            hours.iter().map(item).collect::<String>()
        )
    };
    // An entry every two hours, the last one half an hour ago; the site says that all stays fresh for a day.
    let fresh = "Cache-Control: max-age=86400\r\n";
    bench.site.answer("/feed", OK, fresh, dated(&[56, 54, 52, 50, 48, 46, 44, 42, 40, 38]));
    let id = source(&bench, "/feed").await.id;
    let (seen, _) = visit_after(&bench, id, 0).await;
    assert_eq!((seen.adaptive, seen.rhythm_s, seen.window_s), (true, Some(3_600), Some(20 * 3_600)));
    let wait = seen.next_poll_at.unwrap().since(bench.now()).as_secs();
    assert!(wait <= 24_000, "a third of what the feed reaches back, whatever the site says: {wait}");
    bench.site.answer("/feed", "304 Not Modified", "", "");
    let (seen, _) = visit_after(&bench, id, 1).await;
    assert_eq!((seen.rhythm_s, seen.window_s), (Some(5_400), Some(20 * 3_600)));
    let change = Change { interval_s: Some(700), ..Change::default() };
    let set = sources::update(&bench.desk, &Actor::system(), id, change).await.unwrap();
    assert_eq!((set.adaptive, set.interval_s), (false, 700));
    let (seen, _) = visit_after(&bench, id, 0).await;
    let wait = seen.next_poll_at.unwrap().since(bench.now()).as_secs();
    assert!((630..=770).contains(&wait), "{wait}");
    let change = Change { adaptive: Some(true), ..Change::default() };
    assert!(sources::update(&bench.desk, &Actor::system(), id, change).await.unwrap().adaptive);
}

#[tokio::test]
async fn entries_that_all_lead_to_one_page_stay_apart_whatever_their_order() {
    let bench = Bench::new().await;
    let without = |entries: &[(&str, &str, &str, &str)]| {
        entries.iter().fold(rss("N", entries), |feed, (guid, ..)| {
            feed.replace(&format!("<guid isPermaLink=\"false\">{guid}</guid>"), "")
                .replace(&format!("<guid>{guid}</guid>"), "")
        })
    };
    let [a, b, c] =
        [("ga", "A", "/live", "Text of a"), ("gb", "B", "/live", "Text of b"), ("gc", "C", "/live", "Text of c")];
    assert!(!without(&[a]).contains("guid"));
    bench.site.answer("/feed", OK, "", without(&[a, b]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 2);
    bench.site.answer("/feed", OK, "", without(&[b, c]));
    assert_eq!(visit(&bench, id).await.1, 1);
    let mut titles: Vec<String> = items(&bench, id).await.into_iter().map(|item| item.title).collect();
    titles.sort();
    assert_eq!(titles, ["A", "B", "C"]);
}

#[tokio::test]
async fn half_an_entry_does_not_take_the_place_of_the_whole() {
    let bench = Bench::new().await;
    let whole = rss("N", &[("1", "One", "/1", "Text of one"), ("2", "Two", "/2", "All of the text of two")]);
    bench.site.answer("/feed", OK, "ETag: \"a\"\r\n", &whole);
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 2);
    let cut = whole.find("the text of two").unwrap();
    bench.site.answer("/feed", OK, "ETag: \"b\"\r\n", &whole[..cut]);
    visit(&bench, id).await;
    assert!(items(&bench, id).await.iter().any(|item| item.text == "All of the text of two"));
    visit(&bench, id).await;
    assert!(!bench.site.heads().pop().unwrap().contains("if-none-match"), "what we have is not what that names");
}
