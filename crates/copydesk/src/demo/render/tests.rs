use super::*;
use crate::demo::outlets::OUTLETS;
use crate::demo::respond::Newsroom;

fn rendered(outlet: usize) -> (Vec<Item>, Vec<u8>) {
    let items = Newsroom::new(1, Timestamp::from_seconds(1_795_000_000)).items(outlet);
    let bytes = feed(&OUTLETS[outlet], &items, "http://127.0.77.1:4080");
    (items, bytes)
}

#[test]
fn each_feed_begins_as_its_format_and_encoding_say() {
    for (outlet, begin) in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"",
        "<?xml version=\"1.0\" encoding=\"windows-1254\"?>\n<rss version=\"2.0\"",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<rss version=\"0.91\"",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed version=\"0.3\"",
        "{",
        "{",
        "\n\n<?xml version=\"1.0\"?>\n<rss version=\"2.0\"",
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(rendered(outlet).1.starts_with(begin.as_bytes()), "{}", OUTLETS[outlet].name);
    }
}

#[test]
fn turkish_letters_are_single_bytes_and_json_is_json() {
    let (items, bytes) = rendered(1);
    assert!(std::str::from_utf8(&bytes).is_err(), "windows-1254 is no UTF-8");
    let text = items.iter().flat_map(|i| i.paragraphs.iter()).any(|p| p.contains('ı'));
    assert!(text && bytes.contains(&0xFD));
    for (outlet, version) in [(6, "https://jsonfeed.org/version/1.1"), (7, "https://jsonfeed.org/version/1")] {
        let (items, bytes) = rendered(outlet);
        let feed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(feed["version"], version);
        assert_eq!(feed["items"].as_array().unwrap().len(), items.len());
        assert_eq!(feed["items"][0]["title"], items[0].title.as_str());
    }
}

#[test]
fn a_page_leads_to_the_feed() {
    let (items, _) = rendered(0);
    let page = article(&OUTLETS[0], &items[0], "http://127.0.77.1:4080");
    assert!(page.contains(
        "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"Harbour Gazette\" href=\"/feed.xml\">"
    ));
    assert!(page.contains(&escape(&items[0].paragraphs[1])));
}
