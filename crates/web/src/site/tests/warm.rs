//! Answers that are there before anybody asks.

use std::time::{Duration, Instant};

use super::bench::{Bench, draft};
use crate::site::SPACE;
use crate::warm::{Warmed, remember, warm};

/// Hits and loads of the site's answers.
fn counted(bench: &Bench) -> (u64, u64) {
    let spaces = bench.app.desk.cache.stats().spaces;
    let site = spaces.iter().find(|space| space.name == SPACE).unwrap();
    (site.hits, site.loads)
}

#[tokio::test]
async fn the_newest_pages_are_warm_before_anybody_asks_and_again_after_a_purge() {
    let bench = Bench::new().await;
    for title in ["Ferry returns", "Harbour budget passes", "Quay opens"] {
        bench.publish(draft(title, "Harbour")).await;
    }
    assert_eq!(warm(&bench.app).await, Warmed { pages: 8, fresh: 8 }, "five that every site has, and three pages");
    let (_, loads) = counted(&bench);
    for path in ["/", "/feed.xml", "/sitemap.xml", "/ferry-returns", "/harbour-budget-passes", "/quay-opens"] {
        assert_eq!(bench.get(path).await.status, 200, "{path}");
    }
    assert_eq!(counted(&bench), (6, loads), "every one of them was there");

    bench.publish(draft("Lighthouse lit", "Harbour")).await;
    assert!(!bench.app.pages.is_fresh("/ https://paper.example"), "a publication changes the front page");
    assert_eq!(warm(&bench.app).await, Warmed { pages: 9, fresh: 9 });
    let (_, loads) = counted(&bench);
    assert!(bench.get("/").await.text().contains("Lighthouse lit"));
    assert_eq!(bench.get("/lighthouse-lit").await.status, 200);
    assert_eq!(counted(&bench).1, loads);
    // What is warm costs nothing the second time.
    assert_eq!((warm(&bench.app).await.fresh, counted(&bench).1), (9, loads));
}

#[tokio::test]
async fn what_is_read_next_is_learned_and_made_ahead() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    bench.publish(draft("Harbour budget passes", "Harbour")).await;
    for reader in 0..20 {
        let agent = format!("Reader/{reader}");
        for path in ["/ferry-returns", "/harbour-budget-passes"] {
            bench.ask(http::Method::GET, path, &[("user-agent", &agent)]).await;
        }
    }
    let (first, next) = ("/ferry-returns https://paper.example", "/harbour-budget-passes https://paper.example");
    assert_eq!(bench.app.desk.cache.successors(SPACE, first), [(SPACE.to_owned(), next.to_owned())]);
    bench.app.desk.cache.invalidate_all();
    bench.ask(http::Method::GET, "/ferry-returns", &[("user-agent", "Another/1")]).await;
    let began = Instant::now();
    while !bench.app.pages.is_fresh(next) {
        assert!(began.elapsed() < Duration::from_secs(5), "the next page is made ahead");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn what_was_read_most_is_remembered_for_the_next_start() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    for _ in 0..400 {
        bench.get("/ferry-returns").await;
    }
    remember(&bench.app).await;
    let kept = desk::people::setting(&bench.app.desk, "cache.most_read").await.unwrap().unwrap();
    assert_eq!(kept, r#"["/ferry-returns https://paper.example"]"#);
}
