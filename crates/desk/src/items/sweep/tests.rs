use std::collections::HashSet;

use stdx::task::Tasks;

use super::*;
use crate::SourceId;
use crate::people::Actor;
use crate::sources::{NewSource, Source};
use crate::testing::{Bench, rss};

async fn add(bench: &Bench, path: &str) -> SourceId {
    let new = NewSource { url: bench.site.url(path), ..NewSource::default() };
    sources::create(&bench.desk, &Actor::system(), new).await.unwrap().id
}

async fn get(bench: &Bench, id: SourceId) -> Source {
    sources::get(&mut bench.desk.store.read_fresh(), id).await.unwrap()
}

/// One look of the sweep, and the end of the visits it has begun.
async fn look(bench: &Bench) -> bool {
    let (visits, mut rate) = (Tasks::default(), Rate::new(1_000));
    rate.saved = 100.0;
    let more = begin(&bench.desk, &visits, &mut rate, &mut Lanes::new()).await.unwrap();
    while visits.running() > 0 {
        tokio::task::yield_now().await;
    }
    more
}

#[tokio::test]
async fn what_is_due_is_visited_once_and_planned_anew() {
    let bench = Bench::new().await;
    for n in 0..5 {
        bench.site.answer(&format!("/{n}"), "200 OK", "", rss("N", &[("1", "One", "/1", "Text")]));
    }
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(add(&bench, &format!("/{n}")).await);
    }
    // One site, two at a time: the others come a little later, each at a time of its own.
    let mut looks = 0;
    while bench.site.heads().len() < 5 {
        look(&bench).await;
        bench.clock.advance(Duration::from_secs(1));
        looks += 1;
        assert!(looks < 50, "{} visits", bench.site.heads().len());
    }
    for id in &ids {
        let source = get(&bench, *id).await;
        assert_eq!((source.items, source.failures), (1, 0));
        assert!(source.next_poll_at.unwrap() > bench.now() + Duration::from_secs(300));
    }
    look(&bench).await;
    assert_eq!(bench.site.heads().len(), 5, "nothing is due");
    bench.clock.advance(Duration::from_secs(3_600));
    while bench.site.heads().len() < 10 {
        look(&bench).await;
        bench.clock.advance(Duration::from_secs(1));
    }
    let asked: HashSet<String> = bench.site.heads()[5..].iter().map(|head| head[..7].to_owned()).collect();
    assert_eq!(asked.len(), 5, "each of them: {asked:?}");
}

#[tokio::test]
async fn who_claims_has_it_alone_until_the_lease_ends() {
    let bench = Bench::new().await;
    let id = add(&bench, "/feed").await;
    let (now, lease) = (bench.now(), bench.now() + LEASE);
    let first = claim(&bench.desk, vec![id.to_i64()], now, lease).await.unwrap();
    assert_eq!((first.len(), first[0].source.next_poll_at), (1, Some(now)), "as it was before");
    assert!(claim(&bench.desk, vec![id.to_i64()], now, lease).await.unwrap().is_empty(), "somebody else");
    assert!(due(&bench.desk, now, 10).await.unwrap().is_empty());
    // The one who has claimed it is killed: nothing says so, and after the lease it is due as before.
    bench.clock.advance(LEASE + Duration::from_secs(1));
    assert_eq!(due(&bench.desk, bench.now(), 10).await.unwrap().len(), 1);
    let pause = sources::Change { state: Some(sources::State::Paused), ..sources::Change::default() };
    sources::update(&bench.desk, &Actor::system(), id, pause).await.unwrap();
    let again = claim(&bench.desk, vec![id.to_i64()], bench.now(), bench.now() + LEASE).await.unwrap();
    assert!(again.is_empty(), "a paused one is nobody's");
}

#[tokio::test]
async fn those_that_fail_take_a_quarter_of_the_room_and_no_more() {
    let bench = Bench::new().await;
    let mut failing = Vec::new();
    for n in 0..8 {
        failing.push(add(&bench, &format!("/missing/{n}")).await);
    }
    for _ in 0..12 {
        look(&bench).await;
        bench.clock.advance(Duration::from_millis(700));
    }
    assert!(get(&bench, failing[0]).await.failures > 0);
    bench.clock.advance(Duration::from_secs(86_400));
    let mut sound = Vec::new();
    for n in 0..8 {
        sound.push(add(&bench, &format!("/new/{n}")).await.to_i64());
    }
    let due = due(&bench.desk, bench.now(), 8).await.unwrap();
    assert_eq!(due.len(), 8);
    assert_eq!(due.iter().filter(|(id, _)| !sound.contains(id)).count(), 2, "{due:?}");
}

#[tokio::test]
async fn many_of_one_busy_host_each_get_a_time_of_their_own() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(add(&bench, &format!("/{n}")).await.to_i64());
    }
    let (visits, mut lanes) = (Tasks::default(), Lanes::new());
    let url = Url::parse(&bench.site.url("/")).unwrap();
    bench.desk.hosts.push_back(&url, Duration::from_secs(600));
    let known = sources::these(&mut bench.desk.store.read_fresh(), &ids).await.unwrap();
    let times: Vec<Timestamp> =
        known.iter().map(|known| start(&bench.desk, &visits, known, &mut lanes).expect("the host is busy")).collect();
    assert!(times.iter().all(|at| (590..610).contains(&at.since(bench.now()).as_secs())), "{times:?}");
    assert!(times.is_sorted() && bench.site.heads().is_empty());
}

#[test]
fn an_even_number_begins_each_second() {
    let mut rate = Rate::new(200);
    let (mut now, mut begun) = (rate.at, 0);
    for _ in 0..100 {
        let room = rate.room(now);
        assert!(room <= 20, "{room} at once");
        rate.spend(room);
        begun += room;
        now += TICK;
    }
    assert!((980..=1_001).contains(&begun), "{begun} in five seconds");
    now += Duration::from_secs(3_600);
    assert_eq!(rate.room(now), 20, "a long pause saves nothing up");
}

#[tokio::test]
async fn the_sweep_begins_at_once_and_ends_when_it_is_told() {
    let bench = Bench::new().await;
    bench.site.answer("/feed", "200 OK", "", rss("N", &[("1", "One", "/1", "Text")]));
    let tasks = Tasks::default();
    tasks.spawn(sweep(bench.desk.clone(), tasks.stop()));
    let mut signals = bench.desk.watch();
    let id = add(&bench, "/feed").await;
    let told = tokio::time::timeout(Duration::from_secs(10), signals.recv()).await.unwrap().unwrap();
    assert!(matches!(told, crate::Signal::Source { id: of, new_items: 1, .. } if of == id), "{told:?}");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
