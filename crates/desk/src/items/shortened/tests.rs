use connect::simulate::Reply;

use super::*;
use crate::items::tests::{items, source, visit};
use crate::testing::{Bench, rss};
use crate::{Settings, sources};

/// A feed whose links lead through a host that only leads elsewhere: the bench's own site.
async fn bench(lead: impl Fn(&str) -> Option<(u16, String)> + Send + Sync + 'static) -> Bench {
    // The site's address is known only when it stands: every loopback address is one that leads elsewhere here.
    let bench =
        Bench::with(Settings { news_age_max_h: 0, link_hosts: vec!["127.0.0.1".into()], ..Settings::default() }).await;
    let own = bench.site.url("");
    bench.site.answer_with(move |asked| {
        let reply = |status, headers, body: &str| Reply {
            status,
            headers,
            body: body.as_bytes().to_vec(),
            delay: Duration::ZERO,
        };
        if asked.path == "/feed" {
            let feed = rss(
                "News",
                &[("1", "First", "/1", "One"), ("2", "Second", "/2", "Two"), ("3", "Third", "/3", "Three")],
            );
            return reply(200, Vec::new(), &feed.replace("https://news.example/", &format!("{own}/s/")));
        }
        match lead(asked.path) {
            Some((status, to)) => reply(status, vec![("location", to)], ""),
            None => reply(404, Vec::new(), ""),
        }
    });
    bench
}

async fn urls(bench: &Bench, id: crate::SourceId) -> Vec<String> {
    items(bench, id).await.into_iter().map(|item| item.url.unwrap_or_default()).collect()
}

#[tokio::test]
async fn an_entry_is_what_its_link_leads_to_and_that_is_asked_once() {
    let bench = bench(|path| {
        Some(match path {
            "/s/1" => (301, "https://paper.example/one?utm_source=feed".to_owned()),
            "/s/2" => (302, "/s/again".to_owned()),
            "/s/again" => (307, "https://www.google.com/url?url=https%3A%2F%2Fpaper.example%2Ftwo".to_owned()),
            _ => return None,
        })
    })
    .await;
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let third = bench.site.url("/s/3");
    let mut found = urls(&bench, id).await;
    found.sort();
    assert_eq!(found, [third.as_str(), "https://paper.example/one", "https://paper.example/two"]);
    let asked = |path: &str| bench.site.heads().iter().filter(|head| head.starts_with(&format!("GET {path} "))).count();
    assert_eq!([asked("/s/1"), asked("/s/2"), asked("/s/again"), asked("/s/3")], [1, 1, 1, 1]);
    // On a later visit only what is not known is asked for.
    sources::known(&mut bench.desk.store.read_fresh(), id).await.unwrap();
    let mut feed = feed::parse(
        b"<rss version='2.0'><channel><item><link>x</link></item></channel></rss>",
        &feed::Hints::default(),
    )
    .unwrap();
    feed.items[0].link = Some(bench.site.url("/s/1"));
    resolve(&bench.desk, &mut feed).await;
    assert_eq!(feed.items[0].original_link.as_deref(), Some("https://paper.example/one?utm_source=feed"));
    assert_eq!(asked("/s/1"), 1);
}

#[tokio::test]
async fn who_leads_inside_in_circles_or_nowhere_is_not_followed() {
    let bench = bench(|path| {
        Some(match path {
            "/s/1" => (302, "http://169.254.169.254/latest/meta-data/".to_owned()),
            "/s/2" => (302, "/s/2".to_owned()),
            "/s/3" => (302, "javascript:alert(1)".to_owned()),
            _ => return None,
        })
    })
    .await;
    let id = source(&bench, "/feed").await.id;
    visit(&bench, id).await;
    let own = [1, 2, 3].map(|n| bench.site.url(&format!("/s/{n}")));
    let mut found = urls(&bench, id).await;
    found.sort();
    assert_eq!(found, own);
}
