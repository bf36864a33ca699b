use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = files.filter(|p| !p.to_string_lossy().ends_with(".expected.json")).collect();
    files.sort();
    files
}

fn read(text: &str) -> Feed {
    parse(text.as_bytes(), &Hints::default()).unwrap()
}

fn codes(feed: &Feed) -> Vec<&str> {
    feed.warnings.iter().map(|w| w.code).collect()
}

/// The printed shape and beside it what is kept out of it.
fn view(result: &Result<Feed, Error>) -> Value {
    let feed = match result {
        Ok(feed) => feed,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    // Without `..`, so that a new field is thought of here.
    let Feed {
        kind,
        version: _,
        title: _,
        link: _,
        language: _,
        items,
        warnings: _,
        description,
        updated_at,
        ttl_minutes,
        skip_hours,
        skip_days,
        hubs,
        self_link,
        guid,
        rights,
    } = feed;
    let more: Vec<Value> = items.iter().map(view_of_item).collect();
    let mut beside = json!({
        "kind": format!("{kind:?}"), "description": description, "updated_at": updated_at, "ttl_minutes": ttl_minutes,
        "skip_hours": skip_hours, "skip_days": skip_days, "hubs": hubs, "self_link": self_link, "items": more,
    });
    add_what_is_there(&mut beside, json!({ "guid": guid, "rights": rights }));
    json!({ "printed": feed, "beside": beside })
}

fn view_of_item(item: &Item) -> Value {
    let Item {
        id: _,
        title: _,
        link: _,
        published_at: _,
        updated_at: _,
        authors: _,
        summary_html: _,
        content_html: _,
        categories: _,
        enclosures: _,
        language,
        comments,
        image,
        original_link,
        comments_count,
        comments_feed,
        in_reply_to,
        place,
        episode,
        transcripts,
        chapters,
        contributors,
        rights,
    } = item;
    let mut view = json!({ "language": language, "comments": comments, "image": image });
    let episode = episode.as_ref().map(|Episode { duration_s, season, number, kind, explicit }| {
        json!({ "duration_s": duration_s, "season": season, "number": number, "kind": kind, "explicit": explicit })
    });
    let rare = json!({
        "original_link": original_link, "comments_count": comments_count, "comments_feed": comments_feed, "in_reply_to": in_reply_to,
        "place": place, "episode": episode, "transcripts": transcripts, "chapters": chapters, "contributors": contributors,
        "rights": rights,
    });
    add_what_is_there(&mut view, rare);
    view
}

/// Most documents have none of the rare fields: there they would only be noise.
fn add_what_is_there(view: &mut Value, rare: Value) {
    let Value::Object(rare) = rare else { return };
    for (key, value) in rare {
        if !value.is_null() && value != json!([]) {
            view[key] = value;
        }
    }
}

#[test]
fn every_fixture_reads_as_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    let files = fixtures();
    assert!(files.len() >= 40, "only {} fixtures", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().to_string();
        let url = format!("https://news.example/feeds/{name}");
        let hints = Hints { url: Some(&url), ..Hints::default() };
        let got = view(&parse(&fs::read(&file).unwrap(), &hints));
        let expected = file.with_extension("expected.json");
        if update {
            fs::write(&expected, serde_json::to_string_pretty(&got).unwrap() + "\n").unwrap();
            continue;
        }
        let wanted: Value =
            serde_json::from_str(&fs::read_to_string(&expected).unwrap_or_default()).unwrap_or_default();
        if wanted != got {
            wrong.push(format!("{name}\n  wanted {wanted}\n  got    {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ (UPDATE_EXPECT=1 rewrites)\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn prints_exactly_the_promised_fields() {
    let feed = read(
        "<rss version='2.0'><channel><item><title>x</title><enclosure url='https://a.example/'/></item></channel></rss>",
    );
    let printed = serde_json::to_value(&feed).unwrap();
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&printed), "items kind language link title version warnings");
    assert_eq!(
        keys(&printed["items"][0]),
        "authors categories content_html enclosures id link published_at summary_html title updated_at"
    );
    assert_eq!(printed["items"][0]["published_at"], Value::Null);
}

#[test]
fn every_prefix_of_every_fixture_is_read_or_refused() {
    for file in fixtures() {
        let bytes = fs::read(&file).unwrap();
        for end in 0..bytes.len() {
            let _ = parse(&bytes[..end], &Hints { sanitize: false, ..Hints::default() });
        }
    }
}

#[test]
fn a_document_cut_between_items_keeps_the_items_before() {
    let items: String = (0..20).map(|i| format!("<item><guid>g{i}</guid><title>t{i}</title></item>\n")).collect();
    let text = format!("<rss version='2.0'><channel><title>T</title>{items}</channel></rss>");
    for (whole, (at, _)) in text.match_indices("</item>").enumerate() {
        let feed = read(&text[..at + 7]);
        assert_eq!(feed.items.len(), whole + 1);
        assert!(codes(&feed).contains(&"truncated"));
    }
    assert_eq!(codes(&read(&text)), Vec::<&str>::new());
}

#[test]
fn a_million_levels_deep() {
    for open in ["<a>", "<title>", "<item>", "<p><b>"] {
        let text =
            format!("<rss version='2.0'><channel><item><title>Top</title><description>{}", open.repeat(1_000_000));
        let feed = read(&text);
        assert!(!feed.items.is_empty());
        assert!(feed.warnings.len() < 40);
    }
    let balanced = format!(
        "<rss version='2.0'><channel><item><x>{}{}</x><title>After</title></item></channel></rss>",
        "<a>".repeat(1_000_000),
        "</a>".repeat(1_000_000)
    );
    let feed = parse(balanced.as_bytes(), &Hints { sanitize: false, ..Hints::default() }).unwrap();
    assert_eq!(feed.items[0].title.as_deref(), Some("After"));
    assert_eq!(codes(&feed), ["too-deep"; 3]);
    let json = format!("{{\"items\":{}", "[".repeat(1_000_000));
    assert!(parse(json.as_bytes(), &Hints::default()).is_err());
}

#[test]
fn too_many_elements_end_the_reading_not_the_feed() {
    let items = "<item><title>t</title></item>".repeat(60_000);
    let feed = read(&format!("<rss version='2.0'><channel>{items}</channel></rss>"));
    assert!((24_000..26_000).contains(&feed.items.len()), "{}", feed.items.len());
    assert!(codes(&feed).contains(&"too-many-elements"));
}

/// Each of these makes a careless reader search to the end of the document again and again.
#[test]
fn takes_linear_time_on_what_never_ends() {
    let started = std::time::Instant::now();
    for piece in [
        "<",
        "<a",
        "<a ",
        "<a b=\"",
        "<a b='<c d=\"",
        "<!--",
        "<![CDATA[",
        "<?x ",
        "<!DOCTYPE [",
        "&",
        "&a",
        "]]>",
        "</",
        "<!",
        "<a b=<",
        "</x>",
        "<x><![CDATA[",
    ] {
        let text = format!("<rss version='2.0'><channel><item><description>{}", piece.repeat(2_000_000 / piece.len()));
        let _ = parse(text.as_bytes(), &Hints { sanitize: false, ..Hints::default() });
        let _ =
            parse(text.replacen("description", "title", 1).as_bytes(), &Hints { sanitize: false, ..Hints::default() });
        let _ = discover::links(&text, "https://a.example/");
    }
    // Quadratic behaviour would take hours; the margin is for slow machines and unoptimised builds.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn refuses_what_is_no_feed_and_says_what_it_is() {
    let refuse = |bytes: &[u8]| parse(bytes, &Hints::default()).unwrap_err().to_string();
    assert_eq!(parse(b"", &Hints::default()), Err(Error::Empty));
    assert_eq!(parse("\u{feff} \n".as_bytes(), &Hints::default()), Err(Error::Empty));
    assert_eq!(refuse(b"<html><body><rss/></body></html>"), "not a feed: this looks like html");
    assert_eq!(refuse(b"<opml version='2.0'></opml>"), "not a feed: this looks like xml <opml>");
    assert_eq!(refuse(b"hello"), "not a feed: this looks like text");
    assert_eq!(refuse(b"[1,2]"), "not a feed: this looks like json");
    assert_eq!(refuse(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "not a feed: this looks like binary data");
}

#[test]
fn resolves_against_the_hint_only_at_last() {
    let text = "<rss version='2.0'><channel><item><link>/x</link></item></channel></rss>";
    assert_eq!(read(text).items[0].link.as_deref(), Some("/x"));
    let hints = Hints { url: Some("https://h.example/feed"), ..Hints::default() };
    assert_eq!(parse(text.as_bytes(), &hints).unwrap().items[0].link.as_deref(), Some("https://h.example/x"));
}

#[test]
fn a_relative_link_stays_so_where_nobody_says_what_it_is_relative_to() {
    let item = "<item><link>n/1</link><description>&lt;a href='n/2'&gt;x&lt;/a&gt;</description></item>";
    let rss = format!("<rss version='2.0'><channel><link>https://site.example/a/</link>{item}</channel></rss>");
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='self' href='https://site.example/atom'/>
        <entry><link href='n/1'/></entry><entry xml:base='https://base.example/b/'><link href='n/1'/></entry></feed>";
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","home_page_url":"https://site.example/","items":[{"id":"1","url":"n/1"}]}"#;
    let links = |text: &str| read(text).items.into_iter().filter_map(|item| item.link).collect::<Vec<_>>();
    assert_eq!(links(&rss), ["n/1"]);
    assert_eq!(links(atom), ["n/1", "https://base.example/b/n/1"]);
    assert_eq!(links(json), ["n/1"]);
    assert!(read(&rss).items[0].summary_html.as_deref().is_some_and(|html| html.contains("href=\"n/2\"")));

    let hints = Hints { url: Some("https://h.example/feed"), ..Hints::default() };
    let link = parse(rss.as_bytes(), &hints).unwrap().items[0].link.clone();
    assert_eq!(link.as_deref(), Some("https://site.example/a/n/1"));
}

#[test]
fn believes_the_header_after_the_document() {
    let text = |declaration: &str| {
        [declaration.as_bytes(), b"<rss version='2.0'><channel><title>\xfe\xf0\xfd</title></channel></rss>"].concat()
    };
    let title = |bytes: &[u8], header| {
        parse(bytes, &Hints { content_type: Some(header), ..Hints::default() }).unwrap().title.unwrap()
    };
    assert_eq!(title(&text(""), "text/xml; charset=\"iso-8859-9\""), "şğı");
    assert_eq!(title(&text("<?xml version='1.0' encoding='iso-8859-9'?>"), "text/xml; charset=koi8-r"), "şğı");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        fuzz::TARGETS.iter().for_each(|(_, target)| target(&bytes));
    }

    #[test]
    fn any_soup(pieces in prop::collection::vec(prop::sample::select(vec![
        "<rss version='2.0'>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<channel>", "<item>", "</item>", "<entry>", "</entry>",
        "<title>", "</title>", "<title type='xhtml'>", "<div>", "</div>", "<link>", "</link>", "<link href='/x'/>", "<description>",
        "</description>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&eacute;", "&#x", "&", "<", ">", "\"", "'", "=", "ş", "😀", "\0",
        "<content type='base64'>", "<author>", "<name>", "</author>", "<pubDate>", "20 Nov", "<x xml:base='/a/'>", "<!DOCTYPE [", "<?x",
        "{\"items\":[", "{\"id\":", "]}", "1e999", " ", "\n", "</channel>", "</", "/>", "<image>", "<source>", "http://", "//",
    ]), 0..80)) {
        fuzz::TARGETS.iter().for_each(|(_, target)| target(pieces.concat().as_bytes()));
    }

    #[test]
    fn one_line_has_its_words_and_no_other_blanks(text in "[a ç\u{a0}\u{2003}\u{3000}\u{85}\t\r\n]{0,12}") {
        prop_assert_eq!(markup::one_line(&text), text.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn a_written_item_is_read_back(title in "[a-zA-ZşğıİöÜé .,;:?!-]{1,60}", id in "[!-;=-~]{1,40}", seconds in 0i64..4_000_000_000) {
        let date = stdx::Timestamp::from_seconds(seconds);
        let escape = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;");
        let text = format!(
            "<rss version='2.0'><channel><item><title>{}</title><guid isPermaLink='false'>{}</guid><pubDate>{}</pubDate></item></channel></rss>",
            escape(&title), escape(&id), date.http_date(),
        );
        let feed = read(&text);
        prop_assert_eq!(feed.items.len(), 1);
        prop_assert_eq!(feed.items[0].title.clone().unwrap_or_default(), title.split_whitespace().collect::<Vec<_>>().join(" "));
        prop_assert_eq!(feed.items[0].id.as_deref(), Some(id.as_str()));
        prop_assert_eq!(feed.items[0].published_at, Some(date));
    }
}
