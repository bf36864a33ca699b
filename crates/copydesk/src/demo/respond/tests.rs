use super::*;
use crate::demo::outlets::Format;

const BASE: &str = "http://127.0.77.1:4080";

fn newsroom() -> Newsroom {
    Newsroom::new(1, Timestamp::from_seconds(1_795_000_000))
}

fn with_tag(tag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
    headers
}

fn get(newsroom: &Newsroom, outlet: usize, headers: &HeaderMap) -> Reply {
    respond(newsroom, outlet, BASE, OUTLETS[outlet].feed_path, headers)
}

fn value<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
}

fn outlet_with(habit: Habit) -> usize {
    OUTLETS.iter().position(|o| o.habit == habit).unwrap()
}

#[test]
fn enough_to_read_at_the_start_for_any_seed() {
    for seed in 0..20 {
        let newsroom = Newsroom::new(seed, newsroom().started);
        let counts: Vec<usize> = (0..OUTLETS.len()).map(|o| newsroom.items(o).len()).collect();
        let whole: usize = (0..OUTLETS.len()).filter(|o| OUTLETS[*o].habit != Habit::Broken).map(|o| counts[o]).sum();
        assert!(whole >= 40, "{counts:?}");
        assert!(counts.iter().all(|n| *n >= 1 && *n <= FEED_ITEMS), "{counts:?}");
    }
}

#[test]
fn a_change_is_told_and_no_change_is_304() {
    let mut newsroom = newsroom();
    let first = get(&newsroom, 0, &HeaderMap::new());
    assert_eq!((first.status, &first), (200, &get(&newsroom, 0, &HeaderMap::new())));
    let tag = value(&first, "etag").unwrap();
    assert_eq!(get(&newsroom, 0, &with_tag(tag)).status, 304);
    newsroom.published += 20;
    assert_eq!(get(&newsroom, 0, &with_tag(tag)).status, 200);
}

#[test]
fn one_is_stuck() {
    let (mut newsroom, outlet) = (newsroom(), outlet_with(Habit::Stuck));
    assert_eq!(get(&newsroom, outlet, &HeaderMap::new()).status, 200);
    newsroom.published += 1000;
    let reply = get(&newsroom, outlet, &with_tag("\"whatever\""));
    assert_eq!((reply.status, value(&reply, "etag")), (304, Some("\"whatever\"")));
}

#[test]
fn one_is_broken_in_two_ways() {
    let (mut newsroom, outlet) = (newsroom(), outlet_with(Habit::Broken));
    let page = get(&newsroom, outlet, &HeaderMap::new());
    assert_eq!(page.status, 500);
    assert!(page.body.starts_with(b"<!doctype html>"));
    newsroom.published += 1;
    let cut = get(&newsroom, outlet, &HeaderMap::new());
    assert_eq!(cut.status, 200);
    assert!(cut.body.starts_with(b"<?xml") && !cut.body.ends_with(b"</rss>\n"));
}

#[test]
fn one_is_slow_and_one_is_compressed() {
    let newsroom = newsroom();
    assert_eq!(get(&newsroom, outlet_with(Habit::Slow), &HeaderMap::new()).delay, Duration::from_secs(2));
    let coded = get(&newsroom, outlet_with(Habit::Gzip), &HeaderMap::new());
    assert_eq!(value(&coded, "content-encoding"), Some("gzip"));
    assert_eq!(coded.body[..2], [0x1f, 0x8b]);
}

#[test]
fn dates_rise_with_the_index_and_are_never_ahead() {
    let mut newsroom = newsroom();
    for index in 1..200 {
        assert!(newsroom.happened_at(index) > newsroom.happened_at(index - 1));
    }
    assert_eq!(newsroom.happened_at(newsroom.published), newsroom.started);
    newsroom.published += 50;
    let now = newsroom.happened_at(newsroom.published);
    for outlet in 0..OUTLETS.len() {
        assert!(newsroom.items(outlet).iter().all(|i| i.published_at <= now));
    }
}

#[test]
fn pages() {
    let newsroom = newsroom();
    for outlet in 0..OUTLETS.len() {
        let front = respond(&newsroom, outlet, BASE, "/", &HeaderMap::new());
        assert!(front.status == 200 && String::from_utf8(front.body).unwrap().contains("rel=\"alternate\""));
        for item in newsroom.items(outlet) {
            assert!(item.path.is_ascii(), "{}", item.path);
            let page = respond(&newsroom, outlet, BASE, &format!("{}?utm_source=rss", item.path), &HeaderMap::new());
            assert_eq!(page.status, 200, "{}", item.path);
        }
    }
    for missing in ["/nothing", "/news/1", "/news/999999-x.html", "/news/0-wrong.html", "/news/x-y.html"] {
        assert_eq!(respond(&newsroom, 0, BASE, missing, &HeaderMap::new()).status, 404, "{missing}");
    }
}

/// What our own parser reads from every outlet at the start.
#[test]
fn the_parser_reads_every_outlet() {
    let mut newsroom = newsroom();
    newsroom.published += 1;
    for (outlet, who) in OUTLETS.iter().enumerate() {
        let reply = get(&newsroom, outlet, &HeaderMap::new());
        let mut plain = Vec::new();
        if who.habit == Habit::Gzip {
            // The items decide what is compressed, so they are rendered once more instead of unpacked.
            plain = render::feed(who, &newsroom.items(outlet), BASE);
        } else {
            plain.extend(&reply.body);
        }
        let hints = feed::Hints { url: Some(BASE), content_type: value(&reply, "content-type"), sanitize: true };
        let parsed = feed::parse(&plain, &hints).unwrap();
        let items = newsroom.items(outlet);
        if who.habit == Habit::Broken {
            assert!(!parsed.items.is_empty() && !parsed.warnings.is_empty(), "{}", who.name);
            continue;
        }
        assert_eq!(parsed.items.len(), items.len(), "{}", who.name);
        for (read, item) in parsed.items.iter().zip(&items) {
            let title = read.title.as_deref().unwrap();
            assert!(title.contains(&item.title), "{}: {title}", who.name);
            assert!(!title.contains(['<', '>']) && !title.contains("&amp;"), "{}: {title}", who.name);
            assert!(read.link.as_deref().unwrap().starts_with(&format!("{BASE}{}", item.path)), "{}", who.name);
            let text = read.content_html.as_deref().or(read.summary_html.as_deref()).unwrap();
            assert!(
                text.contains(item.paragraphs.last().unwrap().split(['“', '„', '”', '&']).next().unwrap()),
                "{text}"
            );
            assert!(!text.contains("<script"), "{text}");
            match who.format {
                Format::Rss091 => assert_eq!(read.published_at, None),
                Format::Rss20Messy => {
                    let off = read.published_at.unwrap().since(item.published_at).as_secs();
                    assert!(off < 60, "{off} {:?} {:?}", read.published_at, item.published_at);
                }
                _ => assert_eq!(
                    read.published_at.map(|t| t.seconds()),
                    Some(item.published_at.seconds()),
                    "{}",
                    who.name
                ),
            }
        }
    }
}
