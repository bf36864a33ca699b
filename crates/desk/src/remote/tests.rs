use connect::cdn::Plan;
use connect::simulate::Mishap;
use connect::simulate::cloudflare::Zone;
use connect::simulate::fastly::{Service, Shown};
use stdx::Timestamp;
use stdx::config::Secret;

use super::lane::Next;
use super::*;
use crate::calendar::When;
use crate::events::{self, Event};
use crate::people::Actor;
use crate::testing::Bench;
use crate::{ChannelId, PostId, channels, drafts, moderation, pages, pipelines};

const ZONE: &str = "0123456789abcdef0123456789abcdef";
const SITE: &str = "https://paper.example";

fn cloudflare(bench: &Bench, plan: Plan) -> Target {
    Target {
        name: "cf".to_owned(),
        kind: Some(Kind::Cloudflare),
        zone: ZONE.to_owned(),
        token: Secret::new("t"),
        plan,
        base_url: bench.site.url(""),
        ..Target::default()
    }
}

fn fastly(bench: &Bench) -> Target {
    Target {
        name: "fy".to_owned(),
        kind: Some(Kind::Fastly),
        service: "S".to_owned(),
        token: Secret::new("t"),
        base_url: bench.site.url(""),
        ..Target::default()
    }
}

fn fan(bench: &Bench, target: Target) -> Arc<Fan> {
    let settings = Settings { targets: vec![target], ..Settings::default() };
    assert_eq!(settings.validate("purge"), []);
    Fan::new(&bench.desk, &settings, Some(SITE)).unwrap()
}

/// A zone that answers on the bench's site, with the bench's time.
fn zone(bench: &Bench, plan: Plan) -> Arc<Zone> {
    let zone = Arc::new(Zone::new(ZONE, "t", plan, bench.now()).delayed(Duration::from_millis(150)));
    let (answers, clock) = (Arc::clone(&zone), bench.clock.clone());
    bench.site.answer_with(move |asked| answers.answer(asked, clock.now()));
    zone
}

fn service(bench: &Bench, per_hour: u64) -> Arc<Service> {
    let service = Arc::new(Service::new("S", "t", per_hour, bench.now()));
    let (answers, clock) = (Arc::clone(&service), bench.clock.clone());
    bench.site.answer_with(move |asked| answers.answer(asked, clock.now()));
    service
}

/// The lanes of the fan's one target, as this process holds them.
async fn lanes(fan: &Arc<Fan>) -> Vec<Telling> {
    let sender = &fan.senders[0];
    let marks = log::hold(&fan.desk, sender, fan.holder, LEASE).await.unwrap().expect("nobody else holds it");
    marks.into_iter().map(|(course, mark)| Telling::new(Arc::clone(fan), Arc::clone(sender), course, mark)).collect()
}

/// Until everything has been told; the clock goes as fast as the lanes allow. Gives the time that each of them took.
async fn drain(bench: &Bench, lanes: &mut [Telling]) -> Vec<Duration> {
    let start = bench.now();
    let mut took = vec![Duration::ZERO; lanes.len()];
    loop {
        let mut wait = None;
        for (lane, took) in lanes.iter_mut().zip(&mut took) {
            loop {
                match lane.step().await.unwrap() {
                    Next::Again => *took = bench.now().since(start),
                    Next::After(time) => {
                        wait = Some(wait.map_or(time, |shortest: Duration| shortest.min(time)));
                        break;
                    }
                    Next::Idle => break,
                }
            }
        }
        match wait {
            Some(wait) => bench.clock.advance(wait.max(Duration::from_micros(1))),
            None => break,
        }
    }
    // The purges take effect.
    bench.clock.advance(Duration::from_secs(2));
    took
}

/// What happens to a page, in the log only. Completes when readers of the log see it: on PostgreSQL a transaction
/// of anybody on the server may hide it for a moment.
async fn log_facts(bench: &Bench, facts: Vec<(PostId, u32, Event)>) {
    for chunk in facts.chunks(1_000) {
        let (chunk, now) = (chunk.to_vec(), bench.now());
        let written = bench.desk.store.write(move |tx| {
            let chunk = chunk.clone();
            Box::pin(async move {
                let mut last = None;
                for (post, expected, event) in chunk {
                    last = events::append(tx, post, expected, &[event], "system", now).await?.pop();
                }
                Ok::<_, Error>(last)
            })
        });
        let last = written.await.unwrap().unwrap();
        let before = events::Position { pos: last.pos - 1, ..last };
        for _ in 0..2_000 {
            let mut conn = bench.desk.store.read_fresh();
            let mut seen = log::read(&mut conn, Course::Tags, before).await.unwrap();
            seen.extend(log::read(&mut conn, Course::Urgent, before).await.unwrap());
            if seen.iter().any(|(mark, _)| *mark == last) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn live(slug: &str) -> Event {
    Event::DeliveryLive { channel: channel(), version: 1, remote_id: slug.to_owned() }
}

fn channel() -> ChannelId {
    ChannelId(stdx::Id::from_i64(9).unwrap())
}

fn posts(bench: &Bench, n: usize) -> Vec<(PostId, String)> {
    (0..n).map(|i| (PostId(bench.desk.next_id()), format!("p-{i}"))).collect()
}

fn is_seen(zone: &Zone, path: &str, now: Timestamp) -> bool {
    zone.visit(&format!("{SITE}{path}"), now).is_some()
}

/// The acceptance of the contract: 10,000 changes on the free plan meet no limit, and after the time that the plan's
/// table gives nothing old is left.
#[tokio::test]
async fn ten_thousand_changes_on_the_free_plan() {
    const N: usize = 10_000;
    let bench = Bench::new().await;
    let (zone, fan) = (zone(&bench, Plan::Free), fan(&bench, cloudflare(&bench, Plan::Free)));
    let mut lanes = lanes(&fan).await;
    let posts = posts(&bench, N);
    // Every page, and pages that show another one of them, which only its tag finds.
    let mut known = Vec::new();
    let keep = |path: String, tags: String| {
        zone.keep(&format!("{SITE}{path}"), &tags, b"old", bench.now());
        path
    };
    for (id, slug) in &posts {
        known.push(keep(format!("/{slug}"), format!("site,page:{id}")));
    }
    known.extend(
        ["/", "/feed.xml", "/feed.json", "/archive", "/sitemap.xml"].map(|path| keep(path.into(), "site,pages".into())),
    );
    let mut others: Vec<String> =
        ["/page?after=p-9", "/topic/sea?after=p-9"].map(|path| keep(path.into(), "site,pages".into())).into();
    others
        .extend(posts.iter().step_by(97).map(|(id, slug)| keep(format!("/beside-{slug}"), format!("site,page:{id}"))));
    let untouched = keep("/imprint".into(), "site".into());

    log_facts(&bench, posts.iter().map(|(id, slug)| (*id, 0, live(slug))).collect()).await;
    let took = drain(&bench, &mut lanes).await;

    let now = bench.now();
    assert_eq!(zone.tally().limited, 0, "no 429");
    for path in known.iter().chain(&others) {
        assert!(!is_seen(&zone, path, now), "{path}");
    }
    assert!(is_seen(&zone, &untouched, now), "nobody purged everything");
    assert_eq!(zone.tally().keys, known.len() + N + 1, "each address and each tag once");
    let coalesce = Duration::from_millis(250);
    // 800 addresses a second, of which a fifth stays free.
    let addresses = coalesce + Duration::from_secs_f64(known.len() as f64 / 800.0 / 0.8);
    // 5 requests with 100 tags each a minute.
    let tags = coalesce + Duration::from_secs(12) * (N as u32 + 1).div_ceil(100);
    let [_, took_addresses, took_tags] = took[..] else { panic!("three lanes: {took:?}") };
    assert!(took_addresses <= addresses, "{took_addresses:?} of {addresses:?}");
    assert!(took_tags <= tags, "{took_tags:?} of {tags:?}");
    eprintln!("addresses {took_addresses:?} of {addresses:?}, tags {took_tags:?} of {tags:?}");

    // A restart finds nothing left to do.
    let before = zone.tally();
    bench.clock.advance(LEASE * 2);
    let mut again = self::lanes(&self::fan(&bench, cloudflare(&bench, Plan::Free))).await;
    drain(&bench, &mut again).await;
    assert_eq!(zone.tally(), before);
}

#[tokio::test]
async fn what_is_withdrawn_does_not_wait_for_what_is_published() {
    let bench = Bench::new().await;
    let (zone, fan) = (zone(&bench, Plan::Free), fan(&bench, cloudflare(&bench, Plan::Free)));
    let mut lanes = lanes(&fan).await;
    let posts = posts(&bench, 3_000);
    log_facts(&bench, posts.iter().map(|(id, slug)| (*id, 0, live(slug))).collect()).await;
    bench.clock.advance(Duration::from_secs(1));
    let [urgent, _, tags] = &mut lanes[..] else { panic!("three lanes") };
    // The normal lane takes what it may.
    while tags.step().await.unwrap() == Next::Again {}

    let (gone, slug) = &posts[2_999];
    zone.keep(&format!("{SITE}/{slug}"), "site", b"old", bench.now());
    zone.keep(&format!("{SITE}/beside"), &format!("site,page:{gone}"), b"old", bench.now());
    let facts = [(*gone, 1, Event::Retracted {}), (*gone, 2, Event::DeliveryWithdrawn { channel: channel() })];
    log_facts(&bench, facts.to_vec()).await;
    bench.clock.advance(Duration::from_millis(250));
    let withdrawn_at = bench.now();
    while urgent.step().await.unwrap() == Next::Again {}
    assert_eq!(bench.now(), withdrawn_at, "nothing was waited for");
    bench.clock.advance(Duration::from_millis(150));
    assert!(!is_seen(&zone, &format!("/{slug}"), bench.now()) && !is_seen(&zone, "/beside", bench.now()));
    let waits = matches!(tags.step().await.unwrap(), Next::After(_));
    assert!(waits && zone.tally().limited == 0);
}

/// Killed after the change and before, amid and after its purges: whoever comes next purges.
#[tokio::test]
async fn whoever_dies_leaves_nothing_unpurged() {
    let bench = Bench::new().await;
    let zone = zone(&bench, Plan::Pro);
    let posts = posts(&bench, 250);
    let start = fan(&bench, cloudflare(&bench, Plan::Pro));
    drop(lanes(&start).await);
    for (round, steps) in [0, 1, 2, 3].into_iter().enumerate() {
        for (id, slug) in &posts {
            zone.keep(&format!("{SITE}/{slug}"), &format!("page:{id}"), b"old", bench.now());
        }
        bench.clock.advance(LEASE + Duration::from_secs(60));
        let fan = fan(&bench, cloudflare(&bench, Plan::Pro));
        let mut dying = lanes(&fan).await;
        log_facts(&bench, posts.iter().map(|(id, slug)| (*id, round as u32, live(slug))).collect()).await;
        bench.clock.advance(Duration::from_secs(1));
        for _ in 0..steps {
            assert_eq!(dying[1].step().await.unwrap(), Next::Again, "{steps}");
        }
        drop((dying, fan));

        bench.clock.advance(LEASE + Duration::from_secs(60));
        let mut next = lanes(&self::fan(&bench, cloudflare(&bench, Plan::Pro))).await;
        drain(&bench, &mut next).await;
        let left = posts.iter().filter(|(_, slug)| is_seen(&zone, &format!("/{slug}"), bench.now())).count();
        assert_eq!(left, 0, "after a death behind step {steps}");
    }
    assert_eq!(zone.tally().limited, 0);
}

#[tokio::test]
async fn an_outcome_that_is_not_known_is_repeated() {
    let bench = Bench::new().await;
    let (zone, fan) = (zone(&bench, Plan::Pro), fan(&bench, cloudflare(&bench, Plan::Pro)));
    let mut lanes = lanes(&fan).await;
    let posts = posts(&bench, 150);
    for (id, slug) in &posts {
        zone.keep(&format!("{SITE}/{slug}"), &format!("page:{id}"), b"old", bench.now());
    }
    let mishaps =
        [Mishap::FailsAfter, Mishap::FailsBefore, Mishap::Limits(Some(7)), Mishap::Garbage, Mishap::Limits(None)];
    zone.next(&mishaps);
    log_facts(&bench, posts.iter().map(|(id, slug)| (*id, 0, live(slug))).collect()).await;
    let took = drain(&bench, &mut lanes).await;
    assert!(posts.iter().all(|(_, slug)| !is_seen(&zone, &format!("/{slug}"), bench.now())));
    assert_eq!(zone.tally().requests, 2 + mishaps.len());
    assert!(took[1] >= Duration::from_secs(7), "as it asked for: {took:?}");
    assert_eq!(fan.health().await.unwrap()[0].failing_since, None);
}

/// A target that refuses is asked ever more seldom, is told of by the health, and gets all it has missed in the end.
#[tokio::test]
async fn a_target_that_refuses_gets_it_all_later() {
    let bench = Bench::new().await;
    let zone = zone(&bench, Plan::Pro);
    let wrong = fan(&bench, Target { token: Secret::new("old"), ..cloudflare(&bench, Plan::Pro) });
    let mut lanes = lanes(&wrong).await;
    let posts = posts(&bench, 5);
    for (id, slug) in &posts {
        zone.keep(&format!("{SITE}/{slug}"), &format!("page:{id}"), b"old", bench.now());
    }
    let changed_at = bench.now();
    log_facts(&bench, posts.iter().map(|(id, slug)| (*id, 0, live(slug))).collect()).await;
    let hour = bench.now() + Duration::from_secs(3_600);
    while bench.now() < hour {
        match lanes[1].step().await.unwrap() {
            Next::After(wait) => bench.clock.advance(wait),
            next => assert_eq!(next, Next::Again),
        }
    }
    let asked = zone.tally().requests;
    assert!((20..200).contains(&asked), "{asked} in an hour");
    let health = wrong.health().await.unwrap().remove(0);
    assert!(health.failing_since.is_some_and(|since| since.since(changed_at) < Duration::from_secs(5)), "{health:?}");
    assert!(health.error.contains("the token is wrong") && !health.error.contains("old"), "{health:?}");
    assert_eq!(health.oldest, Some(changed_at));

    let mended = fan(&bench, cloudflare(&bench, Plan::Pro));
    let mut lanes = self::lanes(&mended).await;
    drain(&bench, &mut lanes).await;
    assert!(posts.iter().all(|(_, slug)| !is_seen(&zone, &format!("/{slug}"), bench.now())));
    let well = Health { target: "cf".into(), failing_since: None, error: String::new(), oldest: None };
    assert_eq!(mended.health().await.unwrap(), [well]);
}

#[tokio::test]
async fn edits_are_soft_and_withdrawals_hard() {
    let bench = Bench::new().await;
    let (service, fan) = (service(&bench, 1_000), fan(&bench, fastly(&bench)));
    let mut lanes = lanes(&fan).await;
    let (id, slug) = posts(&bench, 1).remove(0);
    let url = format!("{SITE}/{slug}");
    service.keep(&url, &format!("site page:{id}"), b"old", bench.now());
    log_facts(&bench, vec![(id, 0, live(&slug))]).await;
    drain(&bench, &mut lanes).await;
    assert_eq!(service.visit(&url, bench.now()), Shown::Stale(b"old".to_vec()));
    log_facts(&bench, vec![(id, 1, Event::Retracted {})]).await;
    drain(&bench, &mut lanes).await;
    assert_eq!(service.visit(&url, bench.now()), Shown::Nothing);
}

/// The service says how many it still takes: the normal lane leaves a fifth, the urgent one may have it.
#[tokio::test]
async fn the_service_s_own_count_is_obeyed() {
    let bench = Bench::new().await;
    let (service, fan) = (service(&bench, 20), fan(&bench, fastly(&bench)));
    let mut lanes = lanes(&fan).await;
    let posts = posts(&bench, 256 * 24);
    for (id, slug) in &posts {
        service.keep(&format!("{SITE}/{slug}"), &format!("site page:{id}"), b"old", bench.now());
    }
    log_facts(&bench, posts.iter().map(|(id, slug)| (*id, 0, live(slug))).collect()).await;
    bench.clock.advance(Duration::from_secs(1));
    loop {
        match lanes[1].step().await.unwrap() {
            Next::Again => {}
            Next::After(wait) if wait < Duration::from_secs(60) => bench.clock.advance(wait),
            next => break assert!(matches!(next, Next::After(_)), "until the count begins anew"),
        }
    }
    let (requests, _) = service.tally();
    assert!((16..=18).contains(&requests), "{requests} of 20");
    log_facts(&bench, vec![(posts[0].0, 1, Event::Retracted {})]).await;
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(lanes[0].step().await.unwrap(), Next::Again);
    assert_eq!(service.tally(), (requests + 1, 0));
    drain(&bench, &mut lanes).await;
    let left = posts
        .iter()
        .filter(|(_, slug)| matches!(service.visit(&format!("{SITE}/{slug}"), bench.now()), Shown::Fresh(_)));
    assert_eq!((left.count(), service.tally().1), (0, 0));
}

/// By a process's own tasks: a publication and a withdrawal as people make them.
#[tokio::test]
async fn a_running_desk_tells_its_caches() {
    let bench = Bench::new().await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    channels::ensure_site(&bench.desk).await.unwrap();
    let (zone, fan) = (zone(&bench, Plan::Free), fan(&bench, cloudflare(&bench, Plan::Free)));
    let tasks = Tasks::default();
    fan.start(&tasks);
    // Until the process has taken the target: what happens before is not its to tell.
    while bench.desk.store.read_fresh().all(&log::STATE, store::params!["cf"]).await.unwrap().len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let document = drafts::GivenText {
        title: "Ferry stops for eleven days".into(),
        text:
            "The harbour ferry will stop for eleven days from Monday. Engineers found cracks in two of the four shafts \
               during an inspection. The operator expects the repair to cost 2.4 million crowns."
                .into(),
        url: "https://news.example/ferry".into(),
        source: "Alder Mail".into(),
    };
    let request = drafts::Request { documents: vec![document], ..drafts::Request::default() };
    let post = drafts::generate(&bench.desk, &Actor::system(), &request).await.unwrap();
    if post.approved_version.is_none() {
        moderation::approve(&bench.desk, &Actor::system(), post.id, post.version, When::Soon).await.unwrap();
    }
    let keep = |path: &str, tags: &str| zone.keep(&format!("{SITE}{path}"), tags, b"old", bench.now());
    let purged = async |paths: &[&str]| {
        for _ in 0..2_000 {
            bench.clock.advance(Duration::from_millis(50));
            if paths.iter().all(|path| !is_seen(&zone, path, bench.now())) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{paths:?} are still seen");
    };
    keep("/", "site,pages");
    let job = crate::jobs::PublishPost { post: post.id, version: post.version, due_at: None };
    channels::publish(bench.desk.clone(), bench.context(), job).await.unwrap();
    purged(&["/"]).await;
    let page = pages::newest(&mut bench.desk.store.read_fresh(), 1).await.unwrap().remove(0);
    let path = format!("/{}", page.slug);
    keep(&path, "");
    keep("/beside", &pages::tag(post.id));
    keep("/archive", "site,pages");
    moderation::retract(&bench.desk, &Actor::system(), post.id).await.unwrap();
    purged(&[&path, "/beside", "/archive"]).await;
    assert_eq!(tasks.shutdown(Duration::from_secs(10)).await, 0);
}

#[tokio::test]
async fn one_process_tells_a_target() {
    let bench = Bench::new().await;
    if bench.desk.store.engine() != store::Engine::Postgres {
        eprintln!("skipped: an SQLite folder has one server; needs COPYDESK_TEST_POSTGRES");
        return;
    }
    let (a, b) = (fan(&bench, cloudflare(&bench, Plan::Pro)), fan(&bench, cloudflare(&bench, Plan::Pro)));
    let hold = async |fan: &Arc<Fan>| log::hold(&fan.desk, &fan.senders[0], fan.holder, LEASE).await.unwrap().is_some();
    let renew = async |fan: &Arc<Fan>| log::renew(&fan.desk, "cf", fan.holder, LEASE).await.unwrap();
    assert!(hold(&a).await && !hold(&b).await && renew(&a).await && !renew(&b).await);
    bench.clock.advance(LEASE / 2);
    assert!(renew(&a).await);
    bench.clock.advance(LEASE / 2 + Duration::from_secs(1));
    assert!(!hold(&b).await, "it was renewed");
    bench.clock.advance(LEASE);
    assert!(hold(&b).await && !renew(&a).await && !hold(&a).await);
    log::release(&b.desk, "cf", b.holder).await.unwrap();
    assert!(hold(&a).await);
}
