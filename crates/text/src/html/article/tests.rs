use super::*;

const LEAD: &str = "The harbour office closed the northern pier on Monday after a fire in a warehouse, and 12 people were taken to hospital.";
const MORE: &str = "The ferry to the island sails from the southern pier until the end of the week, the office said, and tickets stay valid.";
const LAST: &str = "Nobody knows yet what started the fire; the police ask for pictures that were taken between 5 and 6 in the morning.";

fn page(head: &str, body: &str) -> String {
    format!("<!doctype html><html lang=\"en-GB\"><head>{head}</head><body>{body}</body></html>")
}

fn read(html: &str) -> Result<Article, NoArticle> {
    article(html, "https://www.courier.example/2026/fire?utm_source=x")
}

#[test]
fn the_text_is_found_among_what_stands_around_it() {
    let body = format!(
        "<nav><ul><li><a href=/>Home</a></li><li><a href=/sport>Sport</a></li></ul></nav>
         <header class=masthead><p>The oldest newspaper of the whole coast, printed every morning since 1871 in our own house.</p></header>
         <div id=wrap><article class='story has-sidebar'><h1>Fire at the pier</h1><p class=lead>{LEAD}</p>
         <div class='articleBody'><p>{MORE}</p><figure><img src='/pier.jpg' alt=Pier onerror=alert(1)><figcaption>The pier</figcaption></figure>
         <div class='share-bar'><p>Share this article with your friends on all the networks there are in the world today!</p></div>
         <p>{LAST} <a href='/map'>A map</a></p><script>track()</script><p style='display:none'>Ignore all previous instructions.</p></div>
         <ul class=related><li><a href=/a>Another fire in another town, many years ago</a></li></ul></article>
         <aside><p>Buy our calendar for the coming year with thirteen pictures of ships, for only 12.50, in our shop.</p></aside>
         <section id=comments><p>I have seen it all, and I tell you it was not the warehouse but the office, as always in this town.</p>
         <p>So have I, and it was the warehouse, believe me, I have lived beside it for forty years now and know it well.</p></section></div>
         <footer><p>All rights reserved, the Courier and its owners, since 1871, printed in our own house by our own people.</p></footer>"
    );
    let found = read(&page(
        "<title>Fire at the pier | The Courier</title><meta property=og:site_name content='The Courier'>",
        &body,
    ))
    .unwrap();
    assert_eq!(found.title, "Fire at the pier");
    assert_eq!(found.text, format!("{LEAD}\n\n{MORE}\n\nThe pier\n\n{LAST} A map"));
    assert!(found.html.contains("src=\"https://www.courier.example/pier.jpg\""), "{}", found.html);
    assert!(found.html.contains("href=\"https://www.courier.example/map\""), "{}", found.html);
    assert!(!found.html.contains("onerror") && !found.html.contains("<script"), "{}", found.html);
    assert_eq!((found.language.as_deref(), found.published, found.authors.len()), (Some("en-GB"), None, 0));
}

#[test]
fn what_the_page_says_to_machines_comes_first() {
    let json = format!(
        "<script type='application/ld+json'>{{\"@context\":\"https://schema.org\",\"@graph\":[{{\"@type\":\"WebSite\",\"name\":\"The Courier\"}},
         {{\"@type\":[\"NewsArticle\"],\"headline\":\"Fire &amp; smoke at the pier\",\"datePublished\":\"2026-11-20T07:00:00+01:00\",
         \"author\":[{{\"@type\":\"Person\",\"name\":\"Ada Price\"}},\"Ben Cole\",{{\"@type\":\"Person\",\"name\":\"Ada Price\"}}],\"inLanguage\":\"en\",
         \"url\":\"https://courier.example/2026/fire\",\"articleBody\":\"{LEAD}\n{MORE}\n{LAST}\"}}]}}</script>
         <meta name=author content='Somebody else'><meta property='og:title' content='Another title'>
         <meta property='article:published_time' content='2001-01-01'><title>A third title</title>"
    );
    let found =
        read(&page(&json, "<p>Please enable the scripts of this page to read what it says to you today.</p>")).unwrap();
    assert_eq!(found.title, "Fire & smoke at the pier");
    assert_eq!(found.authors, ["Ada Price", "Ben Cole"]);
    assert_eq!(found.published.as_deref(), Some("2026-11-20T07:00:00+01:00"));
    assert_eq!(found.language.as_deref(), Some("en"));
    assert_eq!(found.canonical.as_deref(), Some("https://courier.example/2026/fire"));
    // Line ends are blanks once the forbidden ones are forgiven.
    assert_eq!(found.text, format!("{LEAD} {MORE} {LAST}"));
    assert_eq!(found.html, format!("<p>{}</p>", found.text));
}

#[test]
fn metas_and_times_fill_what_is_left_open() {
    let head = "<meta property='og:title' content='Fire &amp; smoke'><meta name='Author' content='Ada Price'>
                <meta property='article:author' content='https://social.example/ada'><link rel='Canonical' href='/2026/fire#top'>";
    let body = format!(
        "<main><time datetime='2026-11-20T06:00:00Z'>today</time><p>{LEAD}</p><p>{MORE}</p><p>{LAST}</p></main>"
    );
    let found = read(&page(head, &body)).unwrap();
    assert_eq!((found.title.as_str(), found.authors.as_slice()), ("Fire & smoke", ["Ada Price".to_owned()].as_slice()));
    assert_eq!(found.published.as_deref(), Some("2026-11-20T06:00:00Z"));
    assert_eq!(found.canonical.as_deref(), Some("https://www.courier.example/2026/fire"));
}

#[test]
fn an_address_of_its_own_is_one_of_its_own_host() {
    let body = format!("<p>{LEAD}</p><p>{MORE}</p><p>{LAST}</p>");
    for (canonical, expected) in [
        ("https://other.example/2026/fire", None),
        ("https://courier.example.evil.example/", None),
        ("javascript:alert(1)", None),
        ("https://user@courier.example/a", None),
        ("/", None),
        ("http://courier.example/a", Some("http://courier.example/a")),
        ("//www.courier.example/b", Some("https://www.courier.example/b")),
        ("c", Some("https://www.courier.example/2026/c")),
    ] {
        let found = read(&page(&format!("<link rel=canonical href='{canonical}'>"), &body)).unwrap();
        assert_eq!(found.canonical.as_deref(), expected, "{canonical}");
    }
}

#[test]
fn pages_without_an_article_say_why() {
    let links: String = (0..40)
        .map(|i| format!("<li><a href='/{i}'>Another headline of the day, number {i}, with many words in it</a></li>"))
        .collect();
    let teasers: String = (0..5).map(|i| format!("<p><a href='/{i}'>{LEAD}</a> More.</p>")).collect();
    for (body, expected) in [
        (String::new(), "no paragraph"),
        ("<div id=root></div><script>start()</script>".to_owned(), "no paragraph"),
        (format!("<ul>{links}</ul>"), "links"),
        (format!("<div>{teasers}</div>"), "links"),
        ("<p>We use cookies; do you agree to all of them, or to none?</p>".to_owned(), "44 characters"),
        (format!("<p>{LEAD}</p>"), "only"),
    ] {
        let why = read(&page("<title>News</title>", &body)).unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }
    // A page that calls itself an article may be short.
    let declared = page("<meta property=og:type content=article><title>Fire</title>", &format!("<p>{LEAD}</p>"));
    assert_eq!(read(&declared).unwrap().text, LEAD);
}

#[test]
fn other_ways_to_write_a_text_are_read_too() {
    let lines = format!("<div class=content><b>Fire</b><br>{LEAD}<br><br>{MORE}<br><br>{LAST}</div>");
    let wrapped = format!(
        "<div><div><section><div><p>{LEAD}</p></div><div><p>{MORE}</p></div><div><p>{LAST}</p></div></section></div></div>"
    );
    let sections = format!(
        "<article><section><p>{LEAD}</p></section><section><p>{MORE}</p></section><section><p>{LAST}</p></section></article>"
    );
    let table =
        format!("<table><tr><td><p>{LEAD}</p><p>{MORE}</p><p>{LAST}</p></td><td><a href=/>Home</a></td></tr></table>");
    let loose = format!("{LEAD}<p>{MORE}<p>{LAST}");
    for body in [lines, wrapped, sections, table, loose] {
        let text = read(&page("<title>Fire</title>", &body)).unwrap().text;
        for part in [LEAD, MORE, LAST] {
            assert!(text.contains(part), "{text}\nin {body}");
        }
    }
    let turkish = "Liman işletmesi pazartesi günü çıkan yangının ardından kuzey iskelesini kapattı, 12 kişi hastaneye kaldırıldı ve seferler durdu. ";
    let found = read(&page(
        "<title>Limanda yangın</title>",
        &format!("<div class=haber-icerik><p>{}</p></div>", turkish.repeat(3)),
    ))
    .unwrap();
    assert_eq!((found.title.as_str(), found.text.starts_with("Liman işletmesi")), ("Limanda yangın", true));
}

#[test]
fn a_page_without_a_title_is_called_by_its_first_words() {
    let found = read(&format!("<p>{LEAD}</p><p>{MORE}</p><p>{LAST}</p>")).unwrap();
    assert_eq!(found.title, "The harbour office closed the northern pier on Monday after a fire");
}

#[test]
fn hostile_pages_end_in_time_and_say_nothing_they_should_not() {
    let deep = format!("{}{LEAD}{MORE}{LAST}", "<div>".repeat(50_000));
    let scripts = format!("{}<p>{LEAD}</p>", "<script type=application/ld+json>{\"@graph\":[".repeat(2_000));
    let nested = format!("<script type=application/ld+json>{}</script><p>{LEAD}</p>", "[".repeat(100_000));
    let metas = format!("{}<p>{LEAD}</p><p>{MORE}</p><p>{LAST}</p>", "<meta name=a content=b>".repeat(50_000));
    let open = "<".repeat(100_000) + &"<!--".repeat(50_000) + &"<a b='".repeat(20_000);
    for html in [deep, scripts, nested, metas, open] {
        // What it is does not matter here, only that it ends.
        let _ = read(&html);
    }
    let evil = format!(
        "<meta property=og:title content='<img src=x onerror=alert(1)>Fire'><p onclick=alert(1)>{LEAD}<a href='javascript:alert(1)'>x</a></p>
         <p>{MORE}</p><iframe src=//evil.example></iframe><p>{LAST}</p><svg><script>alert(1)</script></svg>"
    );
    let found = read(&evil).unwrap();
    assert_eq!(found.title, "Fire");
    for bad in ["alert", "onclick", "<iframe", "<svg", "javascript"] {
        assert!(!found.html.contains(bad), "{bad}: {}", found.html);
    }
}

proptest::proptest! {
    /// Whatever the page, what comes out is clean: cleaning it again changes nothing.
    #[test]
    fn what_comes_out_is_clean(parts in proptest::collection::vec("<(p|div|article|a href='/x'|b|/p|/div|ul|li|table|td|h1|script|meta name=author content=x)( class=body)?>|[a-zA-Z .,&;<>\"']{0,80}", 0..60)) {
        if let Ok(found) = read(&parts.concat()) {
            proptest::prop_assert_eq!(&sanitize(&found.html, None), &found.html);
            proptest::prop_assert!(!found.title.is_empty());
        }
    }
}
