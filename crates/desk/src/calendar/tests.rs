pub(crate) mod weeks;

use std::time::Duration;

use futures_util::future::join_all;
use queue::SignalKind;
use serde_json::{Value as Json, json};
use stdx::task::Tasks;
use store::{Engine, Statement};

use super::*;
use crate::moderation::{self, NewPost};
use crate::testing::Bench;
use crate::{channels, check, drafts, events, pages, pipelines};

/// 2026-11-20 is a Friday, and 09:00 UTC is 10:00 in Berlin.
async fn ready(settings: Json) -> Bench {
    let bench = Bench::new().await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    channels::ensure_site(&bench.desk).await.unwrap();
    let settings = serde_json::from_value(settings).unwrap();
    change_settings(&bench.desk, &Actor::system(), settings).await.unwrap();
    bench
}

fn every_day() -> Json {
    json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
}

/// Noon and six in Berlin, and quiet nights.
fn berlin() -> Json {
    json!({
        "zone": "Europe/Berlin",
        "channels": { "site": {
            "slots": [{ "days": every_day(), "time": "12:00" }, { "days": every_day(), "time": "18:00" }], "spacing_min": 30,
        } },
        "blackouts": [{ "name": "Night", "days": every_day(), "from": "22:00", "to": "06:00" }],
    })
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn on(text: &str) -> When {
    When::At { due_at: at(text), force: false }
}

const NEXT: When = When::Next { channel: None };

async fn written(bench: &Bench, title: &str) -> Post {
    let new = NewPost {
        title: title.to_owned(),
        excerpt: String::new(),
        body: "The harbour office opens a second quay in March.".to_owned(),
        topic: "News".to_owned(),
        pipeline: None,
    };
    moderation::write_own(&bench.desk, &Actor::system(), new).await.unwrap()
}

async fn approved(bench: &Bench, title: &str, when: When) -> Post {
    let post = written(bench, title).await;
    moderation::approve(&bench.desk, &Actor::system(), post.id, 1, when).await.unwrap()
}

async fn moved(bench: &Bench, post: &Post, when: When) -> Result<Post, Error> {
    schedule(&bench.desk, &Actor::system(), post.id, when).await
}

async fn reload(bench: &Bench, post: &Post) -> Post {
    posts::get(&mut bench.desk.store.read_fresh(), post.id).await.unwrap()
}

fn due_of(post: &Post) -> String {
    post.due_at.map_or("no time".to_owned(), |at| at.to_string())
}

#[tokio::test]
async fn a_post_takes_the_next_free_slot_and_leaves_it_again() {
    let bench = ready(berlin()).await;
    let first = approved(&bench, "first", NEXT).await;
    assert_eq!(due_of(&first), "2026-11-20T11:00:00Z");
    assert_eq!(due_of(&moved(&bench, &first, NEXT).await.unwrap()), "2026-11-20T11:00:00Z", "its own slot is free");
    // Nearer than half an hour to six.
    approved(&bench, "second", on("2026-11-20T17:29:00Z")).await;
    let third = approved(&bench, "third", NEXT).await;
    assert_eq!(due_of(&third), "2026-11-21T11:00:00Z");
    moved(&bench, &first, on("2026-11-20T12:00:00Z")).await.unwrap();
    assert_eq!(due_of(&approved(&bench, "fourth", NEXT).await), "2026-11-20T11:00:00Z");
    let next = next_slot(&bench.desk, &Actor::system(), Some("site"), Some(at("2026-11-21T11:00:00Z"))).await.unwrap();
    assert_eq!(next, at("2026-11-21T17:00:00Z"));
    let nowhere = next_slot(&bench.desk, &Actor::system(), Some("radio"), None).await;
    assert!(matches!(nowhere, Err(Error::Invalid(_))), "{nowhere:?}");
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_has_just_been_published_takes_the_slot_after_it() {
    let mut settings = berlin();
    settings["channels"]["site"]["spacing_min"] = json!(150);
    let bench = ready(settings).await;
    let post = approved(&bench, "first", When::Soon).await;
    run_due(&bench).await;
    assert_eq!(reload(&bench, &post).await.published_at, Some(at("2026-11-20T09:00:10Z")));
    assert_eq!(due_of(&approved(&bench, "second", NEXT).await), "2026-11-20T17:00:00Z");
}

static MANY_WENT_OUT: Statement = Statement::shared(
    "test.many_went_out",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     INSERT INTO post (id, state, events, version, pipeline, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, published_at)
     SELECT p.id + n.i, p.state, p.events, p.version, p.pipeline, p.title, p.excerpt, p.slug || n.i, p.topic, p.language, p.score, p.grounded, p.edited,
     p.reason, p.created_at, p.updated_at, CAST($2 AS BIGINT) + n.i FROM post p, n WHERE p.id = $1",
);

#[tokio::test]
async fn of_very_many_that_went_out_the_last_one_takes_its_slot() {
    let mut settings = berlin();
    settings["channels"]["site"]["spacing_min"] = json!(180);
    let bench = ready(settings).await;
    let last = approved(&bench, "last", When::Soon).await;
    run_due(&bench).await;
    let (id, early) = (last.id.to_i64(), at("2026-11-20T07:00:00Z"));
    let many =
        bench.desk.store.write(move |tx| Box::pin(async move { tx.exec(&MANY_WENT_OUT, params![id, early]).await }));
    assert_eq!(many.await.unwrap(), 1_000);
    assert_eq!(due_of(&approved(&bench, "next", NEXT).await), "2026-11-20T17:00:00Z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_who_ask_at_once_get_different_slots() {
    let bench = ready(berlin()).await;
    let mut posts = Vec::new();
    for number in 0..8 {
        posts.push(written(&bench, &format!("post {number}")).await);
    }
    let someone = Actor::system();
    let approve = |post: &Post| {
        let (desk, someone, id) = (bench.desk.clone(), someone.clone(), post.id);
        async move { moderation::approve(&desk, &someone, id, 1, NEXT).await }
    };
    let taken = join_all(posts.iter().map(approve)).await;
    let mut taken: Vec<String> = taken.into_iter().map(|post| due_of(&post.unwrap())).collect();
    taken.sort();
    let days = ["20", "21", "22", "23"].map(|day| ["11", "17"].map(|hour| format!("2026-11-{day}T{hour}:00:00Z")));
    assert_eq!(taken, days.concat());

    // The same for posts that have a time: all of them ask for the next slot but their own.
    let to_noon = |post: &Post| {
        let (desk, someone, id) = (bench.desk.clone(), someone.clone(), post.id);
        async move { schedule(&desk, &someone, id, NEXT).await }
    };
    let again = join_all(posts.iter().map(to_noon)).await;
    let mut again: Vec<String> = again.into_iter().map(|post| due_of(&post.unwrap())).collect();
    again.sort();
    again.dedup();
    assert_eq!(again.len(), 8);
}

#[tokio::test]
async fn blackouts_hold_back_what_nobody_insists_on() {
    let bench = ready(berlin()).await;
    let night = on("2026-11-20T23:00:00Z");
    let post = written(&bench, "late").await;
    let refused = moderation::approve(&bench.desk, &Actor::system(), post.id, 1, night.clone()).await;
    let Err(Error::Blackout { name, next_free, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((name.as_str(), next_free), ("Night", at("2026-11-21T05:00:00Z")));
    assert_eq!(reload(&bench, &post).await.state, posts::State::InReview);
    let post = approved(&bench, "later", on("2026-11-20T20:59:59Z")).await;
    assert!(matches!(moved(&bench, &post, night).await, Err(Error::Blackout { .. })));
    let force = When::At { due_at: at("2026-11-20T23:00:00Z"), force: true };
    assert_eq!(due_of(&moved(&bench, &post, force).await.unwrap()), "2026-11-20T23:00:00Z");

    // At 23:00 in Berlin: what a policy approves waits, and says why; so does what a person gives no time.
    bench.clock.advance(Duration::from_secs(13 * 3_600));
    let mut pipeline = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap();
    (pipeline.spec.policy.score_min, pipeline.spec.policy.automatic) = (0.0, true);
    pipelines::update(&bench.desk, &Actor::system(), pipeline.id, &pipeline.name, pipeline.spec).await.unwrap();
    let text = "The harbour ferry will stop for eleven days from Monday. Engineers found cracks in two of the four shafts on \
                Thursday night. The operator expects the repair to cost 2.4 million crowns.";
    let document = drafts::GivenText {
        title: "Ferry stops for eleven days".into(),
        text: text.into(),
        url: "https://news.example/ferry".into(),
        source: "Alder Mail".into(),
    };
    let request = drafts::Request { documents: vec![document], ..drafts::Request::default() };
    let automatic = drafts::generate(&bench.desk, &Actor::system(), &request).await.unwrap();
    assert_eq!((automatic.state, due_of(&automatic).as_str()), (posts::State::Scheduled, "2026-11-21T05:00:00Z"));
    let waits = "it waits until 2026-11-21 06:00 Europe/Berlin, as nothing is published in \"Night\"";
    assert!(automatic.reason.ends_with(waits), "{}", automatic.reason);
    let by_hand = approved(&bench, "by hand", When::Soon).await;
    assert_eq!(due_of(&by_hand), "2026-11-21T05:00:00Z");
    // Whoever says "now" means it.
    let now = moderation::publish_now(&bench.desk, &Actor::system(), by_hand.id).await.unwrap();
    assert_eq!(due_of(&now), "2026-11-20T22:00:10Z");
    let back = moved(&bench, &now, on("2026-11-21T05:00:00Z")).await.unwrap();
    assert_eq!(due_of(&back), "2026-11-21T05:00:00Z", "the undo");
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn times_that_cannot_be_are_refused_and_so_are_posts_that_cannot_move() {
    let bench = ready(berlin()).await;
    let draft = written(&bench, "not approved").await;
    assert!(matches!(moved(&bench, &draft, NEXT).await, Err(Error::IllegalMove { .. })));
    let post = approved(&bench, "approved", NEXT).await;
    for wrong in ["2026-11-20T08:59:59Z", "2040-01-01T12:00:00Z"] {
        assert!(matches!(moved(&bench, &post, on(wrong)).await, Err(Error::Invalid(_))), "{wrong}");
    }
    let settings = Settings { zone: "Europe/Berlin".into(), ..Settings::default() };
    change_settings(&bench.desk, &Actor::system(), settings).await.unwrap();
    assert!(matches!(moved(&bench, &post, NEXT).await, Err(Error::Invalid(_))), "there are no slots");
    moderation::publish_now(&bench.desk, &Actor::system(), post.id).await.unwrap();
    run_due(&bench).await;
    let late = moved(&bench, &post, on("2026-11-21T12:00:00Z")).await;
    assert!(matches!(late, Err(Error::IllegalMove { state: posts::State::Published, .. })), "{late:?}");
}

/// Moves the clock behind all jobs that wait and runs each of them twice, in the order of their times, as when the
/// process dies before it can say that a job is done.
async fn run_due(bench: &Bench) -> Vec<String> {
    let mut outcomes = Vec::new();
    for job in bench.waiting("publish_post").await {
        bench.clock.advance(job.run_at.map_or(Duration::ZERO, |at| at.since(bench.now())));
        let work: PublishPost = serde_json::from_value(job.parameters.unwrap()).unwrap();
        for _ in 0..2 {
            let outcome = channels::publish(bench.desk.clone(), bench.context(), work.clone()).await.unwrap();
            outcomes.push(format!("{} {}", bench.now(), outcome.unwrap().as_str().unwrap()));
        }
    }
    outcomes
}

#[tokio::test]
async fn a_moved_post_is_published_once_at_its_last_time() {
    for (times, last) in [
        (["2026-11-20T12:00:00Z", "2026-11-20T15:00:00Z"], "2026-11-20T15:00:00Z"),
        (["2026-11-20T15:00:00Z", "2026-11-20T12:00:00Z"], "2026-11-20T12:00:00Z"),
    ] {
        let bench = ready(berlin()).await;
        let post = approved(&bench, "moved", on("2026-11-20T13:00:00Z")).await;
        for time in times {
            moved(&bench, &post, on(time)).await.unwrap();
        }
        // There and back: two jobs are for the same time.
        moved(&bench, &post, on("2026-11-20T13:00:00Z")).await.unwrap();
        moved(&bench, &post, on(last)).await.unwrap();
        let outcomes = run_due(&bench).await;
        let published: Vec<&String> = outcomes.iter().filter(|outcome| outcome.ends_with(" published")).collect();
        assert_eq!(published, [&format!("{last} published")], "{outcomes:?}");
        let post = reload(&bench, &post).await;
        assert_eq!((post.published_at, post.due_at), (Some(at(last)), None));
        let log = events::stream(&mut bench.desk.store.read_fresh(), post.id).await.unwrap();
        assert_eq!(log.iter().filter(|recorded| recorded.event.kind() == "published").count(), 1);
        assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_job_for_an_older_time_does_nothing_in_the_midst_of_a_publication() {
    let bench = ready(berlin()).await;
    let post = approved(&bench, "moved", on("2026-11-20T13:00:00Z")).await;
    moved(&bench, &post, on("2026-11-20T12:00:00Z")).await.unwrap();
    // The process died between arming and sending.
    let (d, id) = (bench.desk.clone(), post.id);
    let start = Command::StartPublishing { version: 1 };
    let armed = bench
        .desk
        .store
        .write(move |tx| Box::pin(async move { posts::execute(&d, tx, &Actor::system(), id, start).await }));
    assert_eq!(armed.await.unwrap().state, posts::State::Publishing);
    let run = async |due: &str| {
        let job = PublishPost { post: post.id, version: 1, due_at: Some(at(due)) };
        channels::publish(bench.desk.clone(), bench.context(), job).await.unwrap().unwrap()
    };
    assert_eq!(run("2026-11-20T13:00:00Z").await, json!("nothing to do"));
    assert_eq!(run("2026-11-20T12:00:00Z").await, json!("published"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_publish_a_moved_post_once() {
    let bench = ready(berlin()).await;
    let post = approved(&bench, "moved", on("2026-11-20T13:00:00Z")).await;
    for time in ["2026-11-20T16:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T14:00:00Z"] {
        moved(&bench, &post, on(time)).await.unwrap();
    }
    let (tasks, mut jobs) = (Tasks::default(), bench.desk.queue.watch());
    queue::Workers::start(&bench.desk.queue, crate::jobs::handlers(&bench.desk), &tasks);
    // Noon, one, two and four: a job ends at each, and only the one of two o'clock publishes.
    for (hours, published) in
        [(3, None), (1, None), (1, Some("2026-11-20T14:00:00Z")), (2, Some("2026-11-20T14:00:00Z"))]
    {
        bench.clock.advance(Duration::from_secs(hours * 3_600));
        let ended = async {
            loop {
                let signal = jobs.recv().await.unwrap();
                if &*signal.job == "publish_post" && signal.kind == SignalKind::Completed {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), ended).await.expect("a job ends within 30 s");
        assert_eq!(reload(&bench, &post).await.published_at, published.map(at), "at {}", bench.now());
    }
    tasks.shutdown(Duration::from_secs(10)).await;
    let log = events::stream(&mut bench.desk.store.read_fresh(), post.id).await.unwrap();
    assert_eq!(log.iter().filter(|recorded| recorded.event.kind() == "published").count(), 1);
}

#[tokio::test]
async fn an_update_of_a_published_post_has_a_time_of_its_own() {
    let bench = ready(berlin()).await;
    let post = approved(&bench, "first title", When::Soon).await;
    run_due(&bench).await;
    let edit = moderation::Edit { title: Some("second title".into()), ..moderation::Edit::default() };
    moderation::edit(&bench.desk, &Actor::system(), post.id, 1, edit).await.unwrap();
    let update = moderation::approve(&bench.desk, &Actor::system(), post.id, 2, NEXT).await.unwrap();
    assert_eq!((update.state, due_of(&update).as_str()), (posts::State::Published, "2026-11-20T11:00:00Z"));
    moved(&bench, &post, on("2026-11-20T15:00:00Z")).await.unwrap();
    let shown =
        view(&bench.desk, &Actor::system(), at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z")).await.unwrap();
    let entries: Vec<_> = shown.entries.iter().map(|entry| (entry.at.to_string(), entry.fixed)).collect();
    assert_eq!(entries, [("2026-11-20T09:00:10Z".to_owned(), true), ("2026-11-20T15:00:00Z".to_owned(), false)]);
    let outcomes = run_due(&bench).await;
    assert!(outcomes.contains(&"2026-11-20T15:00:00Z published".to_owned()), "{outcomes:?}");
    let title = async || pages::by_slug(&bench.desk, &post.slug).await.unwrap().unwrap().title;
    assert_eq!(title().await, "second title");
    let post = reload(&bench, &post).await;
    assert_eq!((post.due_at, post.published_version), (None, Some(2)));
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_calendar_shows_what_is_due_what_went_out_and_what_has_no_time() {
    let bench = ready(berlin()).await;
    let out = approved(&bench, "out", When::Soon).await;
    run_due(&bench).await;
    let noon = approved(&bench, "noon", NEXT).await;
    approved(&bench, "next week", on("2026-11-28T12:00:00Z")).await;
    let waiting = written(&bench, "waiting").await;
    let (from, to) = (at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"));
    let shown = view(&bench.desk, &Actor::system(), from, to).await.unwrap();
    assert_eq!((shown.zone.as_str(), shown.is_whole), ("Europe/Berlin", true));
    let entries: Vec<_> = shown.entries.iter().map(|entry| (entry.post, entry.at.to_string(), entry.fixed)).collect();
    let expected =
        [(out.id, "2026-11-20T09:00:10Z".to_owned(), true), (noon.id, "2026-11-20T11:00:00Z".to_owned(), false)];
    assert_eq!(entries, expected);
    assert!(shown.entries.iter().all(|entry| entry.channels == ["site"]), "{:?}", shown.entries);
    let slots: Vec<_> = shown.slots.iter().map(|slot| (slot.at.to_string(), slot.post)).collect();
    assert_eq!(slots, [("2026-11-20T11:00:00Z".to_owned(), Some(noon.id)), ("2026-11-20T17:00:00Z".to_owned(), None)]);
    let nights: Vec<_> = shown.blackouts.iter().map(|span| (span.from.to_string(), span.to.to_string())).collect();
    let two = [
        ("2026-11-19T21:00:00Z".to_owned(), "2026-11-20T05:00:00Z".to_owned()),
        ("2026-11-20T21:00:00Z".to_owned(), "2026-11-21T05:00:00Z".to_owned()),
    ];
    assert_eq!(nights, two);
    assert_eq!(shown.unscheduled.iter().map(|brief| brief.post).collect::<Vec<_>>(), [waiting.id]);
    for (from, to) in [(from, from), (to, from), (from, from + Duration::from_secs(62 * 86_400 + 1))] {
        assert!(matches!(view(&bench.desk, &Actor::system(), from, to).await, Err(Error::Invalid(_))), "{from} {to}");
    }
}

#[tokio::test]
async fn a_channel_that_is_not_there_has_no_slots() {
    let bench = ready(berlin()).await;
    let mut wrong = berlin();
    wrong["channels"]["radio"] = wrong["channels"]["site"].take();
    wrong["channels"]["site"] = json!({});
    let refused = change_settings(&bench.desk, &Actor::system(), serde_json::from_value(wrong).unwrap()).await;
    let Err(Error::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/channels/radio"]);
    let kept = read_settings(&bench.desk, &Actor::system()).await.unwrap();
    assert_eq!(serde_json::to_value(kept).unwrap(), berlin());
}

store::sql! {
    MANY = "test.many",
        "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO post (id, state, events, version, pipeline, title, excerpt, slug, topic, language, score, grounded, edited, reason, created_at, updated_at, due_at, published_at)
         SELECT 1000 + i, CASE WHEN i % 2 = 0 THEN 'scheduled' ELSE 'published' END, 2, 1, $1, 't', '', 's' || i, 'News', 'en', 0.5, $2, $2, '', i, i,
         CASE WHEN i % 2 = 0 THEN $3 + i * 60000000 END, CASE WHEN i % 2 = 1 THEN $3 - i * 60000000 END FROM n";
    ANALYZE = "test.analyze", "ANALYZE";
}

/// On 20,000 posts: the calendar reads by index, whatever the planner knows of the numbers.
#[tokio::test]
async fn the_calendar_is_read_by_index() {
    let bench = ready(berlin()).await;
    let pipeline = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap().id.to_i64();
    let now = bench.now();
    bench
        .desk
        .store
        .write(move |tx| Box::pin(async move { tx.exec(&MANY, params![pipeline, false, now]).await }))
        .await
        .unwrap();
    bench.desk.store.write(move |tx| Box::pin(async move { tx.exec(&ANALYZE, params![]).await })).await.unwrap();
    for (statement, index) in [
        (&SCHEDULED, "post_due"),
        (&PUBLISHED, "post_published"),
        (&TAKEN_DUE, "post_due"),
        (&LAST_PUBLISHED, "post_published"),
        (&UNDERWAY, "post_updated"),
    ] {
        let plan = bench.desk.store.prepare(statement).await.unwrap().join("\n");
        let sorts = bench.desk.store.engine() == Engine::Sqlite && plan.contains("TEMP B-TREE");
        assert!(plan.contains(index) && !sorts && !plan.contains("Seq Scan"), "{}: {plan}", statement.name);
    }
    // Every minute of the next two weeks is taken.
    let noon = next_slot(&bench.desk, &Actor::system(), None, None).await.unwrap();
    assert_eq!(noon, at("2026-12-04T11:00:00Z"));
}
