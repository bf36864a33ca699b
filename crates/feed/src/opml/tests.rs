use proptest::prelude::*;

use super::*;

fn feed(folders: &[&str], title: Option<&str>, url: &str) -> Outline {
    Outline {
        folders: folders.iter().map(|&folder| folder.to_owned()).collect(),
        title: title.map(str::to_owned),
        xml_url: url.to_owned(),
        html_url: None,
    }
}

#[test]
fn reads_what_readers_write() {
    let text = r#"<?xml version="1.0" encoding="iso-8859-1"?><opml version="1.1"><head><title>My  feeds</title><ownerName>x</ownerName></head><body>
<outline text="Coast &amp; sea" title="Coast &amp; sea">
  <outline TYPE="rss" TEXT="Courier" XMLURL="https://courier.example/feed?a=1&amp;b=2" htmlUrl="https://courier.example/"/>
  <outline text="Deep"><outline text="Caf&#233;" title="Café noir" xmlUrl="https://cafe.example/atom"></outline></outline>
</outline>
<outline type="rss" text="https://bare.example/rss" url="https://bare.example/rss"/>
<outline text="Courier again" xmlUrl="https://courier.example/feed?a=1&amp;b=2"/>
<outline text="A page" type="link" url="https://page.example/"/>
<outline text="Empty folder"></outline>
</body></opml>"#;
    // One byte a letter, as declared.
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let list = parse(&bytes).unwrap();
    assert_eq!(list.title.as_deref(), Some("My feeds"));
    let courier = feed(&["Coast & sea"], Some("Courier"), "https://courier.example/feed?a=1&b=2");
    assert_eq!(
        list.outlines,
        [
            Outline { html_url: Some("https://courier.example/".into()), ..courier },
            feed(&["Coast & sea", "Deep"], Some("Café noir"), "https://cafe.example/atom"),
            feed(&[], None, "https://bare.example/rss"),
        ]
    );
    let warnings: Vec<String> = list.warnings.iter().map(|w| format!("{} {}", w.code, w.detail)).collect();
    assert_eq!(
        warnings,
        [
            "repeated line 7: https://courier.example/feed?a=1&b=2",
            "no-address line 8: A page",
            "no-address line 9: Empty folder"
        ]
    );
}

#[test]
fn what_is_broken_costs_no_more_than_itself() {
    let list =
        parse(b"<opml><body><outline text=a><outline xmlUrl=https://a.example/1></body><outline text='b' xmlUrl='https://b.exam")
            .unwrap();
    assert_eq!(list.outlines, [feed(&["a"], None, "https://a.example/1")]);
    assert_eq!(list.warnings.last().map(|w| w.code), Some("truncated"));

    let deep = format!("<opml>{}<outline xmlUrl='https://d.example/'/>", "<outline text='x'>".repeat(200_000));
    assert_eq!(parse(deep.as_bytes()).unwrap().outlines[0].folders.len(), DEPTH_MAX);
    let long: String = (0..OUTLINES_MAX + 5).map(|n| format!("<outline xmlUrl='https://l.example/{n}'/>\n")).collect();
    let list = parse(format!("<opml>{long}").as_bytes()).unwrap();
    assert_eq!((list.outlines.len(), list.warnings[0].code), (OUTLINES_MAX, "too-many"));
}

#[test]
fn refuses_what_is_no_list() {
    let refuse = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
    assert_eq!(refuse(b" "), "the document is empty");
    assert_eq!(refuse(b"hello"), "not an opml list: this looks like text");
    assert_eq!(refuse(b"<rss><outline xmlUrl='x'/></rss>"), "not an opml list: this looks like xml <rss>");
}

#[test]
fn neighbours_share_their_folder() {
    let text =
        write("T", &[feed(&["a"], None, "https://1.example/"), feed(&["a", "b"], Some("x < y"), "https://2.example/")]);
    assert_eq!(text.matches("text=\"a\"").count(), 1);
    assert!(text.contains("title=\"x &lt; y\""), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_written_is_read_back(
        title in "[a-zA-Zşğ<>&\"'/=]{1,12}( [a-zİ😀&;#]{1,8})?",
        rows in prop::collection::vec((
            prop::collection::vec("[a-c<>&\"']{1,2}", 0..4),
            prop::option::of("[a-zA-Zşğ<>&\"'=/]{1,12}( [a-zé&;#]{1,8})?"),
            prop::option::of("https://[a-z]{1,8}\\.example/[!-~]{0,12}"),
        ), 0..30),
    ) {
        let outlines: Vec<Outline> = rows.into_iter().enumerate().map(|(n, (folders, title, html_url))| Outline {
            folders, title, html_url, xml_url: format!("https://feeds.example/?a={n}&b=\"<'>"),
        }).collect();
        let list = parse(write(&title, &outlines).as_bytes()).unwrap();
        prop_assert_eq!(list, List { title: Some(title), outlines, warnings: Vec::new() });
    }
}
