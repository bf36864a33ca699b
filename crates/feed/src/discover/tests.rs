use super::*;

#[test]
fn reads_the_alternates_of_a_page() {
    let html = r#"<!doctype html><html><head><base href="https://cdn.example/sub/">
        <title>a <link rel=alternate type=application/rss+xml href=/no></title>
        <script>"<link rel=alternate type='application/rss+xml' href='/no'>"</script>
        <link rel="alternate" type="application/rss+xml" title="News &amp; more" href="feed.xml">
        <LINK REL="home alternate" TYPE="application/atom+xml; charset=utf-8" HREF="//b.example/atom">
        <link rel=alternate type=application/feed+json href=/feed.json>
        <link rel="alternate" type="application/rss+xml" href="feed.xml">
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1">
        <link rel="stylesheet" href="x.css"><link rel="alternate" hreflang="de" href="/de">
        <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">"#;
    let found = |url: &str, title: Option<&str>, kind| Found { url: url.into(), title: title.map(Into::into), kind };
    assert_eq!(
        links(html, "https://a.example/page"),
        [
            found("https://cdn.example/sub/feed.xml", Some("News & more"), FoundKind::Rss),
            found("https://b.example/atom", None, FoundKind::Atom),
            found("https://cdn.example/feed.json", None, FoundKind::Json),
        ]
    );
    assert!(links("no html", "nonsense").is_empty());
}

#[test]
fn guesses_where_feeds_are() {
    let list = well_known("https://a.example/blog/");
    assert_eq!(list[0], "https://a.example/blog/feed");
    assert!(list.contains(&"https://a.example/index.xml".into()));
    assert!(list.contains(&"https://a.example/?feed=rss2".into()));
    assert_eq!(well_known("https://a.example").len(), 9);
    let first = |page| well_known(page).into_iter().next();
    assert_eq!(
        first("https://www.youtube.com/channel/UC1/videos").as_deref(),
        Some("https://www.youtube.com/feeds/videos.xml?channel_id=UC1")
    );
    assert_eq!(first("https://github.com/o/n").as_deref(), Some("https://github.com/o/n/releases.atom"));
    assert_eq!(first("https://www.reddit.com/r/news/top").as_deref(), Some("https://www.reddit.com/r/news/.rss"));
    assert_eq!(first("https://social.example/@ada").as_deref(), Some("https://social.example/@ada.rss"));
    assert!(well_known("file:///etc/passwd").is_empty());
}

#[test]
fn finds_links_that_look_like_feeds() {
    let html = r#"<a href="/news/">News</a> <a href="/rss">RSS</a> <a href=/rss>again</a><script>"<a href=/feed.xml>"</script>
        <A HREF="https://b.example/all.RDF?x=1">all</A> <a href="?feed=atom">Atom</a> <a href="mailto:feed@a.example">mail</a>
        <a href="/feedback">say</a> <a href="/x/feed.json#top">JSON</a> <a>none</a>"#;
    assert_eq!(
        anchors(html, "https://a.example/page"),
        [
            "https://a.example/rss",
            "https://b.example/all.RDF?x=1",
            "https://a.example/page?feed=atom",
            "https://a.example/x/feed.json#top"
        ]
    );
}
