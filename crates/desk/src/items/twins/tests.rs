use super::super::tests::{OK, items, source, visit};
use crate::testing::{Bench, rss};

const NOTICE: &str =
    "The line between the harbour and the market is closed until noon. Buses take the way over the hill.";

/// Id, title, text and date of entries without an address.
fn without_address(entries: &[(&str, &str, &str, &str)]) -> String {
    let items = entries.iter().map(|(guid, title, text, date)| {
        format!(
            "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><description>{text}</description>{date}</item>"
        )
    });
    format!("<rss version=\"2.0\"><channel><title>N</title>{}</channel></rss>", items.collect::<String>())
}

const MONDAY: &str = "<pubDate>Mon, 16 Nov 2026 06:00:00 GMT</pubDate>";
const TUESDAY: &str = "<pubDate>Tue, 17 Nov 2026 06:00:00 GMT</pubDate>";

#[tokio::test]
async fn a_changed_id_is_no_news_where_the_entry_has_no_address() {
    let bench = Bench::new().await;
    let other = ("2", "Lift", "The lift is in order again.", "");
    bench.site.answer("/feed", OK, "", without_address(&[("1", "Line 4", NOTICE, ""), other]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 2);
    bench.site.answer("/feed", OK, "", without_address(&[("urn:1", "Line 4", NOTICE, ""), other]));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("1 under a new name")));
    bench.site.answer("/feed", OK, "", without_address(&[("urn:1", "Line 4", "Closed.", ""), other]));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("1 changed")), "the new id is its id from now on");
}

#[tokio::test]
async fn the_same_words_beside_the_old_entry_or_on_another_day_are_news() {
    let bench = Bench::new().await;
    let (monday, again) = (("1", "Line 4", NOTICE, MONDAY), ("2", "Line 4", NOTICE, MONDAY));
    bench.site.answer("/feed", OK, "", without_address(&[monday]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 1);
    bench.site.answer("/feed", OK, "", without_address(&[again, monday]));
    assert_eq!(visit(&bench, id).await.1, 1, "the old one is still there");
    bench.site.answer("/feed", OK, "", without_address(&[("3", "Line 4", NOTICE, TUESDAY)]));
    assert_eq!(visit(&bench, id).await.1, 1, "on Tuesday it was closed again");
    bench.site.answer("/feed", OK, "", without_address(&[("4", "Line 4", NOTICE, TUESDAY)]));
    assert_eq!(visit(&bench, id).await.1, 0);
    assert_eq!(items(&bench, id).await.len(), 3);
}

#[tokio::test]
async fn a_changed_id_at_a_changed_address_is_no_news() {
    let bench = Bench::new().await;
    let other = ("2", "Two", "/2", "Text");
    bench.site.answer("/feed", OK, "", rss("N", &[("1", "Line 4", "/old/4", NOTICE), other]));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 2);
    bench.site.answer("/feed", OK, "", rss("N", &[("urn:1", "Line 4", "/new/4", NOTICE), other]));
    let (seen, new) = visit(&bench, id).await;
    assert_eq!((new, seen.outcome.as_deref()), (0, Some("1 changed, 1 under a new name")));
    assert_eq!(items(&bench, id).await.len(), 2);
}

#[tokio::test]
async fn columns_under_the_same_titles_are_news_each_day() {
    let bench = Bench::new().await;
    let day = |date: &'static str, n: usize| -> Vec<(String, &'static str, String, &'static str)> {
        let columns = ["Morning briefing", "Weather", "Traffic", "Evening briefing"];
        columns
            .iter()
            .map(|column| (format!("{column} {n}"), *column, format!("What {column} says on day {n}."), date))
            .collect()
    };
    let document = |entries: &[(String, &'static str, String, &'static str)]| {
        without_address(
            &entries.iter().map(|(id, title, text, date)| (&**id, *title, &**text, *date)).collect::<Vec<_>>(),
        )
    };
    bench.site.answer("/feed", OK, "", document(&day(MONDAY, 1)));
    let id = source(&bench, "/feed").await.id;
    assert_eq!(visit(&bench, id).await.1, 4);
    bench.site.answer("/feed", OK, "", document(&day(TUESDAY, 2)));
    assert_eq!(visit(&bench, id).await.1, 4);
    bench.site.answer("/feed", OK, "", document(&day("", 3)));
    assert_eq!(visit(&bench, id).await.1, 4, "also without dates");
    assert_eq!(items(&bench, id).await.len(), 12);
}

#[tokio::test]
async fn what_new_software_changes_is_a_version() {
    let bench = Bench::new().await;
    let old = [("1", "Alpha", "/1", "First text"), ("2", "Beta", "/2", "b"), ("3", "Gamma", "/3", "c")];
    bench.site.answer("/feed", OK, "", rss("N", &old));
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let new = [("a", "Alpha", "/1", "Second text"), ("b", "Beta", "/x/2", "b"), ("c", "Gamma", "/3", "c")];
    bench.site.answer("/feed", OK, "", rss("N", &new));
    let (seen, count) = visit(&bench, id).await;
    assert_eq!((count, seen.outcome.as_deref()), (0, Some("1 changed, 3 under a new name")));
    let stored = items(&bench, id).await;
    let of = |title: &str| stored.iter().find(|item| item.title == title).unwrap();
    assert_eq!((of("Alpha").text.as_str(), of("Alpha").version), ("Second text", 2));
    assert_eq!((of("Beta").url.as_deref(), of("Beta").version), (Some("https://news.example/x/2"), 1), "silently");
}
