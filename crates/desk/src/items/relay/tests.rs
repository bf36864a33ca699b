use std::sync::{Arc, Mutex};
use std::time::Duration;

use connect::http::HeaderValue;
use connect::simulate::Reply;
use connect::simulate::hub::{Hub, Quirk, Signing, sign};
use connect::websub::SIGNATURE;
use stdx::Timestamp;
use store::params;

use super::*;
use crate::items::tests::{items, source, visit};
use crate::people::Actor;
use crate::sources::subscription::{Subscription, answer, ask_due, show};
use crate::sources::{Change, State, update};
use crate::testing::Bench;
use crate::{Settings, SourceId, portable};

const DAY: Duration = Duration::from_secs(86_400);
/// What a feed names that counts as having a hub with TLS.
const TLS: &[&str] = &["https://hub.example/"];
const LEASE: Duration = Duration::from_secs(10 * 86_400);

/// A newsroom that reads one feed, whose hub stands at the same site.
struct World {
    bench: Bench,
    hub: Arc<Hub>,
    feed: Arc<Mutex<String>>,
    id: SourceId,
}

/// An entry: its id, title and time.
type Entry<'a> = (&'a str, &'a str, Timestamp);

fn rss(hubs: &[&str], own: &str, entries: &[Entry<'_>]) -> String {
    let link = |rel: &str, href: &str| format!("<atom:link rel=\"{rel}\" href=\"{href}\"/>");
    let hubs: String = hubs.iter().map(|hub| link("hub", hub)).collect();
    let items = entries.iter().map(|(id, title, at)| {
        format!(
            "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><link>https://news.example/{id}</link>\
             <pubDate>{}</pubDate><description>{title}, in short.</description></item>",
            at.http_date()
        )
    });
    let items: String = items.collect();
    let own = link("self", own);
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>News</title>{hubs}{own}{items}</channel></rss>"
    )
}

impl World {
    async fn new() -> World {
        World::with(Settings { news_age_max_h: 0, ..Settings::default() }).await
    }

    async fn with(settings: Settings) -> World {
        let bench = Bench::with(settings).await;
        let hub = Arc::new(Hub::new(&bench.site.url("/hub"), LEASE));
        let feed = Arc::new(Mutex::new(String::new()));
        let (clock, served, shown) = (bench.clock.clone(), Arc::clone(&hub), Arc::clone(&feed));
        bench.site.answer_with(move |asked| {
            if asked.path.starts_with("/hub") {
                return served.answer(asked, clock.now());
            }
            let headers = vec![("content-type", "application/rss+xml".to_owned())];
            Reply { status: 200, headers, body: shown.lock().unwrap().clone().into_bytes(), delay: Duration::ZERO }
        });
        let id = source(&bench, "/feed").await.id;
        let world = World { bench, hub, feed, id };
        world.show(&["/hub"], &[]);
        visit(&world.bench, id).await;
        world
    }

    /// With a hub that has been asked, and has been told that we mean it.
    async fn subscribed() -> World {
        let world = World::new().await;
        world.ask(1).await;
        world.verify().await;
        assert_eq!(world.now().await.state, Standing::Active);
        world
    }

    fn topic(&self) -> String {
        self.bench.site.url("/feed")
    }

    /// What the feed shows from now on.
    fn show(&self, hubs: &[&str], entries: &[Entry<'_>]) {
        *self.feed.lock().unwrap() = self.document(hubs, entries);
    }

    fn document(&self, hubs: &[&str], entries: &[Entry<'_>]) -> String {
        let hubs: Vec<String> = hubs
            .iter()
            .map(|hub| if hub.starts_with('/') { self.bench.site.url(hub) } else { (*hub).to_owned() })
            .collect();
        rss(&hubs.iter().map(String::as_str).collect::<Vec<_>>(), &self.topic(), entries)
    }

    async fn now(&self) -> Subscription {
        show(&self.bench.desk, &Actor::system(), self.id).await.unwrap()
    }

    /// Asks the hubs that are to be asked within the next half minute.
    async fn ask(&self, count: usize) {
        self.bench.clock.advance(Duration::from_secs(30));
        assert_eq!(ask_due(&self.bench.desk).await.unwrap(), count);
    }

    /// The hub asks whether we mean it; says whether it believes us.
    async fn verify(&self) -> bool {
        let question = self.hub.question_next().expect("the hub has something to ask");
        match self.answer(&question.url).await {
            Some(body) => self.hub.hear(&question, 200, &body),
            None => self.hub.hear(&question, 404, ""),
        }
    }

    async fn answer(&self, url: &str) -> Option<String> {
        let (address, query) = at(url);
        answer(&self.bench.desk, &address, &query).await.unwrap()
    }

    /// From here on the hub counts as one that was told the secret.
    async fn over_tls(&self) {
        let id = self.id.to_i64();
        let hubs = params![id, r#"["https://hub.example/"]"#];
        self.write(&SET_HUBS, hubs).await;
    }

    async fn write(&self, statement: &'static store::Statement, row: Vec<store::Value>) {
        self.bench
            .desk
            .store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { tx.exec(statement, row).await })
            })
            .await
            .unwrap();
    }

    /// Sends what the hub sends; the signature is made with the real secret.
    async fn deliver(&self, body: &str, signing: Signing) {
        let told = self.hub.tell(&self.topic(), "application/rss+xml", body.as_bytes(), signing, self.bench.now());
        for one in told {
            let (address, _) = at(&one.callback);
            let (_, kept) = subscription::at(&self.bench.desk, &address).await.unwrap().unwrap();
            let mut headers = one.headers;
            if kept.is_signed()
                && let Some(signature) = sign(signing, &kept.secret(&self.bench.desk).unwrap(), &one.body)
            {
                headers.insert(SIGNATURE, HeaderValue::from_str(&signature).unwrap());
            }
            let line = line(&self.bench.desk, &address).await.unwrap().expect("the line is open");
            line.receive(&self.bench.desk, &headers, one.body).await.unwrap();
        }
    }

    async fn titles(&self) -> Vec<String> {
        items(&self.bench, self.id).await.into_iter().map(|item| item.title).collect()
    }

    async fn next_visit(&self) -> Duration {
        let source = sources::get(&mut self.bench.desk.store.read_fresh(), self.id).await.unwrap();
        source.next_poll_at.unwrap().since(self.bench.now())
    }
}

store::sql! {
    SET_HUBS = "test.hubs", "UPDATE subscription SET hubs = $2 WHERE source = $1";
}

/// Address and query of a callback's URL.
fn at(url: &str) -> (String, String) {
    let rest = url.strip_prefix("https://desk.example/hooks/websub/").unwrap();
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    (address.to_owned(), query.to_owned())
}

#[tokio::test]
async fn a_hub_is_asked_believed_and_asked_again_before_its_lease_ends() {
    let world = World::new().await;
    let wanted = world.now().await;
    assert_eq!(
        (wanted.state, wanted.hub, wanted.topic),
        (Standing::Wanted, world.bench.site.url("/hub"), world.topic())
    );
    let usual = world.next_visit().await;
    assert!(usual < DAY / 4, "{usual:?}");
    world.ask(1).await;
    assert_eq!(world.now().await.state, Standing::Asked);
    assert_eq!(world.hub.asked(), [("subscribe".to_owned(), world.topic())]);
    assert!(world.verify().await);
    let active = world.now().await;
    let now = world.bench.now();
    assert_eq!((active.state, active.since, active.expires_at), (Standing::Active, Some(now), Some(now + LEASE)));
    let renewal = active.next_at.unwrap().since(now);
    assert!((LEASE * 3 / 4..LEASE * 6 / 7).contains(&renewal), "{renewal:?}");
    // From now on a visit a day does.
    visit(&world.bench, world.id).await;
    assert!(world.next_visit().await >= DAY / 2, "{:?}", world.next_visit().await);
    world.ask(0).await;
    world.bench.clock.advance(renewal);
    world.ask(1).await;
    assert_eq!(world.now().await.state, Standing::Active, "it goes on while it is asked again");
    assert!(world.verify().await);
    let renewed = world.now().await;
    assert_eq!((renewed.since, renewed.expires_at), (active.since, Some(world.bench.now() + LEASE)));
    assert_eq!(world.hub.holds(&world.topic(), world.bench.now()), 1, "one subscription, renewed");
}

#[tokio::test]
async fn a_hub_may_ask_back_before_it_answers() {
    let world = World::new().await;
    world.bench.clock.advance(Duration::from_secs(30));
    let closed = world.bench.site.gate.write().await;
    let asking = ask_due(&world.bench.desk);
    let answering = async {
        while world.hub.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(world.verify().await);
        let active = world.now().await;
        drop(closed);
        active
    };
    let (asked, active) = tokio::join!(asking, answering);
    assert_eq!(asked.unwrap(), 1);
    assert_eq!(world.now().await, active, "the late answer changes nothing");
    assert_eq!(active.state, Standing::Active);
}

#[tokio::test]
async fn what_is_signed_is_taken_once_and_in_its_order() {
    let world = World::subscribed().await;
    world.over_tls().await;
    let at = world.bench.now();
    let first = world.document(TLS, &[("a", "Ferry sails again", at)]);
    let edited = world.document(TLS, &[("a", "Ferry sails on Monday", at), ("b", "New bus shelters", at)]);
    world.deliver(&first, Signing::Sha256).await;
    world.deliver(&first, Signing::Sha256).await;
    assert_eq!(world.titles().await, ["Ferry sails again"]);
    world.deliver(&edited, Signing::Sha1).await;
    assert_eq!(world.titles().await, ["Ferry sails on Monday", "New bus shelters"]);
    // The first one once more, late: what it says was replaced.
    world.deliver(&first, Signing::Sha256).await;
    assert_eq!(world.titles().await, ["Ferry sails on Monday", "New bus shelters"]);
    assert_eq!((world.now().await.pushes, world.now().await.refused), (4, 0));
    // The daily visit finds what is known already.
    world.show(TLS, &[("a", "Ferry sails on Monday", at), ("b", "New bus shelters", at)]);
    assert_eq!(visit(&world.bench, world.id).await.1, 0);
    assert_eq!(world.titles().await.len(), 2);
}

#[tokio::test]
async fn what_is_not_from_the_hub_changes_nothing_but_a_count() {
    let world = World::subscribed().await;
    world.over_tls().await;
    let usual = world.next_visit().await;
    let body = world.document(TLS, &[("a", "Invented", world.bench.now())]);
    world.deliver(&body, Signing::Wrong).await;
    world.deliver(&body, Signing::Missing).await;
    assert_eq!((world.titles().await.len(), world.now().await.refused, world.now().await.pushes), (0, 2, 0));
    assert_eq!(world.next_visit().await, usual);
    // Signed, but of something else.
    let told = world.hub.tell(&world.topic(), "text/xml", body.as_bytes(), Signing::Missing, world.bench.now());
    let (address, _) = at(&told[0].callback);
    let (_, kept) = subscription::at(&world.bench.desk, &address).await.unwrap().unwrap();
    let mut headers = told[0].headers.clone();
    headers.insert("link", HeaderValue::from_static("<https://news.example/other>; rel=\"self\""));
    let signature = sign(Signing::Sha256, &kept.secret(&world.bench.desk).unwrap(), body.as_bytes()).unwrap();
    headers.insert(SIGNATURE, HeaderValue::from_str(&signature).unwrap());
    let line = line(&world.bench.desk, &address).await.unwrap().unwrap();
    line.receive(&world.bench.desk, &headers, body.into_bytes()).await.unwrap();
    assert_eq!((world.titles().await.len(), world.now().await.refused), (0, 3));
    // Signed, but not to be read: the feed itself is asked.
    world.deliver("<html>Service unavailable", Signing::Sha256).await;
    assert!(world.next_visit().await <= Duration::from_secs(60));
    assert_eq!(world.titles().await.len(), 0);
}

#[tokio::test]
async fn what_comes_without_a_secret_only_makes_us_look() {
    let world = World::subscribed().await;
    let long_ago = world.bench.now();
    visit(&world.bench, world.id).await;
    assert!(world.next_visit().await > Duration::from_secs(60));
    world.deliver(&world.document(&["/hub"], &[("a", "Invented", world.bench.now())]), Signing::Missing).await;
    assert_eq!(world.titles().await.len(), 0);
    let soon = world.next_visit().await;
    assert!(soon <= Duration::from_secs(60), "{soon:?}");
    // What that visit finds has been told of, however old its date is.
    world.show(&["/hub"], &[("a", "True", long_ago + Duration::from_secs(3_600))]);
    world.bench.clock.advance(soon);
    let known = sources::known(&mut world.bench.desk.store.read_fresh(), world.id).await.unwrap().unwrap();
    crate::items::poll::visit(&world.bench.desk, known, None).await.unwrap();
    assert_eq!((world.titles().await, world.now().await.state), (vec!["True".to_owned()], Standing::Active));
}

#[tokio::test]
async fn a_hub_that_falls_silent_is_relied_on_no_more() {
    let world = World::subscribed().await;
    world.over_tls().await;
    visit(&world.bench, world.id).await;
    // Just now: the hub may be about to tell.
    world.show(TLS, &[("a", "Fresh", world.bench.now() + DAY * 40 / 24 - Duration::from_secs(60))]);
    visit(&world.bench, world.id).await;
    assert_eq!((world.titles().await.len(), world.now().await.state), (1, Standing::Active));
    let hour = |n: u64| world.bench.now() + Duration::from_secs(n * 3_600);
    let missed = [hour(1), hour(2), hour(3)];
    world.show(TLS, &[("d", "Three", missed[2]), ("c", "Two", missed[1]), ("b", "One", missed[0])]);
    assert_eq!(visit(&world.bench, world.id).await.1, 3, "nothing is lost");
    let silent = world.now().await;
    let reason = "a visit found 3 entries that the hub had not told of";
    assert_eq!((silent.state, silent.reason.as_deref()), (Standing::Unreliable, Some(reason)));
    assert!(world.next_visit().await < DAY / 2, "{:?}", world.next_visit().await);
    // Its deliveries are taken all the same, and the next renewal gives it another chance.
    world.deliver(&world.document(TLS, &[("e", "Late", missed[0])]), Signing::Sha256).await;
    assert_eq!(world.titles().await.len(), 5);
    world.write(&SET_HUBS, params![world.id.to_i64(), format!("[{:?}]", world.bench.site.url("/hub"))]).await;
    world.bench.clock.advance(LEASE * 8 / 10);
    world.ask(1).await;
    assert!(world.verify().await);
    assert_eq!((world.now().await.state, world.now().await.since), (Standing::Active, Some(world.bench.now())));
}

#[tokio::test]
async fn hubs_are_tried_in_turn_and_then_later() {
    let world = World::new().await;
    world.show(&["/hub/1", "/hub/2"], &[("a", "One", world.bench.now())]);
    visit(&world.bench, world.id).await;
    world.hub.next([Quirk::Refuses(500, "Not today"), Quirk::Refuses(403, "<p>Go away</p>")]);
    world.ask(1).await;
    let first = world.now().await;
    assert_eq!((first.state, first.hub), (Standing::Wanted, world.bench.site.url("/hub/2")));
    assert_eq!(first.reason.as_deref(), Some("the hub answered with status 500: Not today"));
    world.ask(1).await;
    let second = world.now().await;
    assert_eq!(
        (second.hub, second.reason.as_deref()),
        (world.bench.site.url("/hub/1"), Some("the hub answered with status 403"))
    );
    assert_eq!(second.next_at.unwrap().since(world.bench.now()), Duration::from_secs(3_600));
    world.ask(0).await;
    // One accepts and forgets, the next sends us on.
    world.hub.next([Quirk::Forgets, Quirk::Moves(world.bench.site.url("/hub/3"))]);
    world.bench.clock.advance(Duration::from_secs(3_600));
    world.ask(1).await;
    assert_eq!(world.now().await.state, Standing::Asked);
    world.bench.clock.advance(Duration::from_secs(3_600));
    world.ask(1).await;
    assert_eq!(world.now().await.reason.as_deref(), Some("the hub has accepted, but has not asked back"));
    world.ask(1).await;
    assert!(world.verify().await);
    assert_eq!((world.now().await.state, world.now().await.reason), (Standing::Active, None));
    assert_eq!(world.hub.asked().len(), 5, "one of them was sent on");
}

#[tokio::test]
async fn nothing_is_confirmed_that_was_not_asked_for() {
    let world = World::new().await;
    let wanted = world.now().await;
    world.ask(1).await;
    let question = world.hub.question_next().unwrap();
    let other_topic = question.url.replace("%2Ffeed", "%2Fother");
    assert_ne!(other_topic, question.url);
    let (address, query) = at(&question.url);
    let leaving = question.url.replace("hub.mode=subscribe", "hub.mode=unsubscribe");
    for url in
        [other_topic, leaving, question.url.replace(&address, &"A".repeat(43)), question.url.replace("lease", "x")]
    {
        assert_eq!(world.answer(&url).await, None, "{url}");
    }
    assert_eq!(answer(&world.bench.desk, "x", &query).await.unwrap(), None);
    assert!(world.answer(&question.url).await.is_some());
    // A hub may change its mind at any time.
    assert!(world.hub.hear(&question, 200, &world.answer(&question.url).await.unwrap()));
    for url in world.hub.deny(&world.topic(), "too many of you") {
        assert_eq!(world.answer(&url).await.as_deref(), Some(""));
    }
    let denied = world.now().await;
    assert_eq!((denied.state, denied.reason.as_deref()), (Standing::Denied, Some("too many of you")));
    assert_eq!(denied.next_at.unwrap().since(world.bench.now()), 7 * DAY);
    assert!(line(&world.bench.desk, &address).await.unwrap().is_none());
    assert_eq!(wanted.state, Standing::Wanted);
    world.bench.clock.advance(7 * DAY);
    world.ask(1).await;
    assert!(world.verify().await);
}

#[tokio::test]
async fn a_source_that_is_paused_leaves_its_hub_and_comes_back() {
    let world = World::subscribed().await;
    let state = |state| Change { state: Some(state), ..Change::default() };
    let before = world.hub.tell(&world.topic(), "text/xml", b"", Signing::Missing, world.bench.now());
    update(&world.bench.desk, &Actor::system(), world.id, state(State::Paused)).await.unwrap();
    assert_eq!(world.now().await.state, Standing::Leaving);
    world.ask(1).await;
    assert!(world.verify().await);
    assert_eq!((world.now().await.state, world.hub.holds(&world.topic(), world.bench.now())), (Standing::Ended, 0));
    world.ask(0).await;
    update(&world.bench.desk, &Actor::system(), world.id, state(State::Active)).await.unwrap();
    assert_eq!(world.now().await.state, Standing::Wanted);
    world.ask(1).await;
    assert!(world.verify().await);
    let after = world.hub.tell(&world.topic(), "text/xml", b"", Signing::Missing, world.bench.now());
    assert_ne!(before[0].callback, after[0].callback, "an address is good for one subscription");
    assert!(line(&world.bench.desk, &at(&before[0].callback).0).await.unwrap().is_none());
    // A hub that does not let go is left.
    update(&world.bench.desk, &Actor::system(), world.id, state(State::Paused)).await.unwrap();
    world.hub.next(vec![Quirk::Refuses(500, "No"); 2]);
    world.ask(1).await;
    for left in [1, 1, 0] {
        world.bench.clock.advance(Duration::from_secs(3_600));
        world.ask(left).await;
    }
    assert_eq!(world.now().await.state, Standing::Ended);
}

#[tokio::test]
async fn a_feed_that_names_another_hub_is_followed_there_and_one_without_is_let_go() {
    let world = World::subscribed().await;
    let before = world.hub.tell(&world.topic(), "text/xml", b"", Signing::Missing, world.bench.now());
    world.show(&["/hub/new"], &[("a", "One", world.bench.now())]);
    visit(&world.bench, world.id).await;
    let now = world.now().await;
    assert_eq!((now.state, now.hub, now.expires_at), (Standing::Wanted, world.bench.site.url("/hub/new"), None));
    assert!(line(&world.bench.desk, &at(&before[0].callback).0).await.unwrap().is_none());
    world.ask(1).await;
    assert!(world.verify().await);
    world.show(&[], &[("b", "Two", world.bench.now())]);
    visit(&world.bench, world.id).await;
    assert_eq!(world.now().await.reason.as_deref(), Some("the feed names no hub any more"));
    world.ask(1).await;
    assert_eq!(world.hub.asked().last().unwrap().0, "unsubscribe");
    assert!(world.verify().await);
    assert_eq!(world.now().await.state, Standing::Ended);
}

#[tokio::test]
async fn no_hub_is_asked_by_a_desk_that_does_not_want_to() {
    let world = World::with(Settings { websub: false, ..Settings::default() }).await;
    let none = show(&world.bench.desk, &Actor::system(), world.id).await;
    assert!(matches!(none, Err(Error::NotFound { .. })), "{none:?}");
    world.ask(0).await;
    assert_eq!(world.hub.asked(), []);
}

#[tokio::test]
async fn a_hundred_deliveries_at_once_are_each_taken_once() {
    let world = World::subscribed().await;
    world.over_tls().await;
    let at = world.bench.now();
    let deliveries = (0..100).map(|n| {
        let (id, title) = (format!("n{}", n % 50), format!("Bulletin {}", n % 50));
        let body = world.document(TLS, &[(&id, &title, at)]);
        let world = &world;
        async move { world.deliver(&body, Signing::Sha256).await }
    });
    futures_util::future::join_all(deliveries).await;
    assert_eq!((world.titles().await.len(), world.now().await.pushes), (50, 100));
}

#[tokio::test]
async fn neither_address_nor_secret_is_shown() {
    let world = World::subscribed().await;
    let setup = portable::export(&world.bench.desk, &Actor::system()).await.unwrap();
    let told = world.hub.tell(&world.topic(), "text/xml", b"", Signing::Missing, world.bench.now());
    let (address, _) = at(&told[0].callback);
    let (_, kept) = subscription::at(&world.bench.desk, &address).await.unwrap().unwrap();
    let secret = kept.secret(&world.bench.desk).unwrap();
    let shown = [format!("{:?}", world.now().await), format!("{kept:?}"), serde_json::to_string(&setup).unwrap()];
    for (shown, hidden) in shown.iter().flat_map(|shown| [(shown, &address), (shown, &secret)]) {
        assert!(!shown.contains(hidden.as_str()));
    }
}
