use std::time::Duration;

use queue::Fault;
use store::params;

use super::*;
use crate::items::{self, Filter, Item, Standing};
use crate::jobs::AssignStories;
use crate::sources::{self, NewSource};
use crate::testing::{Bench, rss};
use crate::{ItemId, SourceId};

type Entry = (&'static str, &'static str, &'static str, &'static str);

const FERRY: [Entry; 2] = [
    (
        "f1",
        "Ferry to Karaada runs aground with 214 people aboard",
        "/f1",
        "A ferry with 214 people aboard ran aground off Karaada on Thursday evening, the coast guard said. All passengers of the \
      Deniz Yıldızı were brought to safety by midnight. Captain Selim Oran told reporters that the rudder had failed shortly before \
      the harbour. Two people were treated for bruises in the hospital of Bodrum.",
    ),
    (
        "f2",
        "Passengers rescued after Deniz Yıldızı grounding near Karaada",
        "/f2",
        "Rescue boats have taken all 214 passengers off the Deniz Yıldızı, which had struck a sandbank near Karaada. The coast guard \
      ended its operation at midnight. The operator blamed a broken rudder; captain Selim Oran will be questioned on Friday in Bodrum.",
    ),
];

const BRIDGE: Entry = (
    "b1",
    "Ferry company orders two electric ships for Bergen route",
    "/b1",
    "The Norwegian operator Fjordlink has ordered two electric ships worth 38 million euros for its route between Bergen and Stavanger, \
     the company said on Thursday. The first one is to sail in 2028. Each ship takes 300 passengers and 90 cars.",
);

const BUDGET: [Entry; 2] = [
    (
        "c1",
        "Council of Lindau adopts budget of 45 million euros",
        "/c1",
        "The town council of Lindau adopted a budget of 45 million euros on Wednesday. Mayor Claudia Reiter spoke of hard choices. Most of \
      the money goes to schools and to the repair of the old pier. Three councillors voted against it.",
    ),
    (
        "c2",
        "Council of Kempten adopts budget of 112 million euros",
        "/c2",
        "The town council of Kempten adopted a budget of 112 million euros on Tuesday. Mayor Thomas Huber spoke of a solid plan. Most of the \
      money goes to roads and to a new swimming hall. Five councillors voted against it.",
    ),
];

/// Adds a source with these entries and reads it.
async fn read_in(bench: &Bench, path: &str, entries: &[Entry]) -> SourceId {
    read_after(bench, Duration::from_secs(3_600), path, entries).await
}

async fn read_after(bench: &Bench, time: Duration, path: &str, entries: &[Entry]) -> SourceId {
    bench.site.answer(path, "200 OK", "", rss(path, entries));
    let new = NewSource { url: bench.site.url(path), ..NewSource::default() };
    let id = match sources::create(&bench.desk, &Actor::system(), new).await {
        Ok(source) => source.id,
        Err(Error::Exists { id, .. }) => id.parse().unwrap(),
        Err(error) => panic!("{error}"),
    };
    bench.clock.advance(time);
    let job = crate::jobs::FetchSources { sources: vec![id], age_max_s: 0 };
    let report = items::fetch(bench.desk.clone(), bench.context(), job).await.unwrap().unwrap();
    assert_eq!(report["succeeded"], 1, "{report}");
    id
}

async fn assigned(bench: &Bench) -> serde_json::Value {
    assign(bench.desk.clone(), bench.context(), AssignStories {}).await.unwrap().unwrap()
}

async fn all_items(bench: &Bench) -> Vec<Item> {
    items::list(&bench.desk, &Actor::system(), Filter::default(), None, 200).await.unwrap()
}

async fn stories(bench: &Bench) -> Vec<Story> {
    let mut stories = list(&bench.desk, &Actor::system(), None, 200).await.unwrap();
    stories.reverse();
    stories
}

/// Which story each guid's title is in, by the story's title.
async fn groups(bench: &Bench) -> Vec<Vec<String>> {
    let mut groups = Vec::new();
    for story in stories(bench).await {
        let members = members(&mut bench.desk.store.read_fresh(), story.id).await.unwrap();
        let mut titles: Vec<String> = members.into_iter().map(|m| m.title).collect();
        titles.sort();
        groups.push(titles);
    }
    groups.sort();
    groups
}

fn titles(entries: &[&[Entry]]) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> =
        entries.iter().map(|group| group.iter().map(|e| e.1.to_owned()).collect()).collect();
    groups.iter_mut().for_each(|group: &mut Vec<String>| group.sort());
    groups.sort();
    groups
}

#[tokio::test]
async fn reports_of_one_event_meet_and_like_phrasing_does_not_suffice() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0], BRIDGE, BUDGET[0]]).await;
    read_in(&bench, "/two", &[FERRY[1], BUDGET[1]]).await;
    assert_eq!(assigned(&bench).await, serde_json::json!({ "items": 5, "stories": 4 }));
    assert_eq!(groups(&bench).await, titles(&[&FERRY, &[BRIDGE], &BUDGET[..1], &BUDGET[1..]]));
    let ferry = stories(&bench).await.into_iter().find(|s| s.items == 2).unwrap();
    assert_eq!((ferry.sources, ferry.language.as_str(), ferry.post), (2, "en", None));
    assert!(ferry.because.starts_with("2 reports share ") && ferry.because.contains("Karaada"), "{}", ferry.because);
    let lone = stories(&bench).await.into_iter().find(|s| s.items == 1).unwrap();
    assert_eq!(lone.because, "one report so far");
    let drafts = bench.waiting("draft_story").await;
    assert_eq!(drafts.len(), 4);
    assert!(drafts.iter().all(|job| job.run_at == Some(bench.now() + Duration::from_secs(1))));

    // Nothing is left to do, so doing it again changes nothing.
    let before = (stories(&bench).await, all_items(&bench).await);
    assert_eq!(assigned(&bench).await, serde_json::json!({ "items": 0, "stories": 0 }));
    assert_eq!((stories(&bench).await, all_items(&bench).await), before);
    assert_eq!(bench.waiting("draft_story").await.len(), 4);
}

#[tokio::test]
async fn a_restart_between_two_reports_makes_no_difference() {
    for restart in [false, true] {
        let bench = Bench::new().await;
        read_in(&bench, "/one", &[FERRY[0], BRIDGE, BUDGET[0]]).await;
        assigned(&bench).await;
        if restart {
            *bench.desk.stories.lock().await = Index::default();
        }
        read_in(&bench, "/two", &[FERRY[1], BUDGET[1]]).await;
        assigned(&bench).await;
        assert_eq!(
            groups(&bench).await,
            titles(&[&FERRY, &[BRIDGE], &BUDGET[..1], &BUDGET[1..]]),
            "restart: {restart}"
        );
        assert_eq!(stories(&bench).await.iter().map(|s| s.items).sum::<u32>(), 5);
    }
}

#[tokio::test]
async fn copies_are_recognised_and_teasers_are_not_the_end() {
    let bench = Bench::new().await;
    let (title, text) = (FERRY[0].1, FERRY[0].3);
    read_in(&bench, "/agency", &[FERRY[0]]).await;
    assigned(&bench).await;
    let boiler: &'static str =
        Box::leak(format!("{text} Follow our channel for more news from the coast.").into_boxed_str());
    let full: &'static str = Box::leak(format!("{text} {}", BRIDGE.3.repeat(2)).into_boxed_str());
    read_in(&bench, "/copyist", &[("x", "Ferry accident near Bodrum", "/x", boiler)]).await;
    read_in(&bench, "/longer", &[("y", "All safe after ferry accident: the full report", "/y", full)]).await;
    assigned(&bench).await;
    let (stories, items) = (stories(&bench).await, all_items(&bench).await);
    assert_eq!((stories.len(), stories[0].items, stories[0].sources), (1, 3, 3));
    let by = |start: &str| items.iter().find(|i| i.title.starts_with(start)).unwrap();
    assert_eq!((by("Ferry accident").standing, by("Ferry accident").copy_of), (Standing::Copy, Some(by(title).id)));
    assert_eq!((by("All safe").standing, by("All safe").copy_of), (Standing::News, None));
    let members = members(&mut bench.desk.store.read_fresh(), stories[0].id).await.unwrap();
    assert_eq!(members.iter().filter(|m| m.is_copy).count(), 1);
}

#[tokio::test]
async fn short_lines_under_different_headlines_are_no_copies() {
    let bench = Bench::new().await;
    let entries = [
        ("1", "Rust compiler learns to explain lifetimes with pictures", "/1", "Comments"),
        ("2", "A museum of forgotten keyboards opens in Trondheim", "/2", "Comments"),
        ("3", "Why the Danube turned green after the storm", "/3", "Comments"),
    ];
    read_in(&bench, "/one", &entries).await;
    assigned(&bench).await;
    assert_eq!(stories(&bench).await.len(), 3);
    assert!(all_items(&bench).await.iter().all(|item| item.standing == Standing::News));
}

#[tokio::test]
async fn a_copy_by_address_joins_its_original_even_after_the_window() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0]]).await;
    assigned(&bench).await;
    bench.clock.advance(Duration::from_secs(30 * 86_400));
    read_in(&bench, "/two", &[("z", "Worth reading again", "/f1?utm_source=mail", "From our archive")]).await;
    let drafts = bench.waiting("draft_story").await.len();
    assigned(&bench).await;
    let stories = stories(&bench).await;
    assert_eq!((stories.len(), stories[0].items), (1, 2));
    assert_eq!(bench.waiting("draft_story").await.len(), drafts, "a copy alone asks for no new draft");
}

#[tokio::test]
async fn far_apart_in_time_is_another_story() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0]]).await;
    read_in(&bench, "/two", &[FERRY[1]]).await;
    let second = all_items(&bench).await.into_iter().find(|i| i.title == FERRY[1].1).unwrap().id;
    let week_ago = "2026-11-13T08:00:00Z".parse::<Timestamp>().unwrap();
    set_date(&bench, second, week_ago).await;
    assigned(&bench).await;
    assert_eq!(groups(&bench).await, titles(&[&FERRY[..1], &FERRY[1..]]));
}

#[tokio::test]
async fn a_story_that_grows_while_it_is_drafted_is_drafted_again() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0]]).await;
    assigned(&bench).await;
    // The draft is under way: claimed by a worker that never ends.
    let tasks = stdx::task::Tasks::default();
    let (started, gate) =
        (std::sync::Arc::new(tokio::sync::Notify::new()), std::sync::Arc::new(tokio::sync::Notify::new()));
    let (s, g) = (started.clone(), gate.clone());
    let handlers = queue::Handlers::default()
        .on(move |_, _: crate::jobs::DraftStory| {
            let (started, gate) = (s.clone(), g.clone());
            async move {
                started.notify_one();
                gate.notified().await;
                Ok(None)
            }
        })
        .on(|_, _: AssignStories| async { Ok(None) });
    bench.clock.advance(Duration::from_secs(2));
    queue::Workers::start(&bench.desk.queue, handlers, &tasks);
    started.notified().await;
    // A draft that has been under way for an hour would be taken for lost.
    read_after(&bench, Duration::from_secs(1), "/two", &[FERRY[1]]).await;
    let result = assign(bench.desk.clone(), bench.context(), AssignStories {}).await;
    assert!(matches!(result, Err(Fault::Snooze(_))), "{result:?}");
    assert_eq!(bench.desk.stories.lock().await.late.len(), 1);
    let mut signals = bench.desk.queue.watch();
    gate.notify_one();
    while !matches!(signals.recv().await.unwrap(), queue::Signal { kind: queue::SignalKind::Completed, job, .. } if &*job == "draft_story")
    {
    }
    assert_eq!(assigned(&bench).await, serde_json::json!({ "items": 0, "stories": 0 }));
    started.notified().await;
    gate.notify_one();
    tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_post_is_remembered() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0]]).await;
    assigned(&bench).await;
    let (story, post) = (stories(&bench).await[0].id, PostId(bench.desk.next_id()));
    bench.desk.store.write(move |tx| Box::pin(async move { set_post(tx, story, post).await })).await.unwrap();
    assert_eq!(get(&mut bench.desk.store.read_fresh(), story).await.unwrap().post, Some(post));
    let stranger = StoryId(bench.desk.next_id());
    assert!(matches!(get(&mut bench.desk.store.read_fresh(), stranger).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_appeared_first_is_the_original_even_when_it_is_found_last() {
    let bench = Bench::new().await;
    let copy: &'static str = Box::leak(format!("{} Follow our channel.", FERRY[0].3).into_boxed_str());
    read_in(&bench, "/copyist", &[("x", "Ferry accident near Bodrum", "/x", copy)]).await;
    assigned(&bench).await;
    read_in(&bench, "/agency", &[FERRY[0]]).await;
    let found = |title: &'static str| {
        let bench = &bench;
        async move { all_items(bench).await.into_iter().find(|item| item.title == title).unwrap() }
    };
    let (copy, agency) = (found("Ferry accident near Bodrum").await, found(FERRY[0].1).await);
    set_date(&bench, agency.id, copy.published_at - Duration::from_secs(600)).await;
    assigned(&bench).await;
    let (copy, agency) = (found("Ferry accident near Bodrum").await, found(FERRY[0].1).await);
    assert_eq!((agency.standing, agency.copy_of), (Standing::News, None));
    assert_eq!((copy.standing, copy.copy_of), (Standing::Copy, Some(agency.id)));
    assert_eq!((copy.story, stories(&bench).await.len()), (agency.story, 1));
    assert!(agency.because.iter().any(|shared| shared.contains("Karaada")), "{:?}", agency.because);
    assert_eq!(copy.because, Vec::<String>::new());
}

/// The story that holds the item of this title.
async fn story_of(bench: &Bench, title: &str) -> Story {
    let item = all_items(bench).await.into_iter().find(|item| item.title == title).unwrap();
    get(&mut bench.desk.store.read_fresh(), item.story.unwrap()).await.unwrap()
}

#[tokio::test]
async fn people_put_stories_together_and_later_items_follow() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0], BRIDGE, BUDGET[0]]).await;
    assigned(&bench).await;
    let (ferry, bridge) = (story_of(&bench, FERRY[0].1).await, story_of(&bench, BRIDGE.1).await);
    let merged = merge(&bench.desk, &Actor::system(), ferry.id, bridge.id).await.unwrap();
    assert_eq!((merged.id, merged.items, merged.merged_into), (ferry.id, 2, None));
    assert_eq!(groups(&bench).await, titles(&[&[FERRY[0], BRIDGE], &BUDGET[..1]]));
    let gone = get(&mut bench.desk.store.read_fresh(), bridge.id).await.unwrap();
    assert_eq!((gone.items, gone.merged_into), (0, Some(ferry.id)));
    assert!(stories(&bench).await.iter().all(|story| story.id != bridge.id));

    // An item that tells the same as one of them joins both; so it does after a restart.
    for (path, restart) in [("/two", false), ("/three", true)] {
        if restart {
            *bench.desk.stories.lock().await = Index::default();
        }
        read_in(&bench, path, &[FERRY[1]]).await;
        assigned(&bench).await;
        assert_eq!(story_of(&bench, FERRY[1].1).await.id, ferry.id);
    }
    let again = merge(&bench.desk, &Actor::system(), ferry.id, bridge.id).await.unwrap_err();
    assert!(matches!(&again, Error::Invalid(faults) if faults[0].pointer == "/story"), "{again:?}");
    let itself = merge(&bench.desk, &Actor::system(), ferry.id, ferry.id).await.unwrap_err();
    assert!(matches!(itself, Error::Invalid(_)));
    let nobody = StoryId(bench.desk.next_id());
    let unknown = merge(&bench.desk, &Actor::system(), ferry.id, nobody).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }));
}

#[tokio::test]
async fn the_story_that_has_a_post_stays() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0], BRIDGE]).await;
    assigned(&bench).await;
    let (ferry, bridge) = (story_of(&bench, FERRY[0].1).await, story_of(&bench, BRIDGE.1).await);
    let post = PostId(bench.desk.next_id());
    bench.desk.store.write(move |tx| Box::pin(async move { set_post(tx, bridge.id, post).await })).await.unwrap();
    let merged = merge(&bench.desk, &Actor::system(), ferry.id, bridge.id).await.unwrap();
    assert_eq!((merged.id, merged.post, merged.title), (bridge.id, Some(post), story_of(&bench, BRIDGE.1).await.title));
}

#[tokio::test]
async fn people_take_stories_apart_and_copies_follow_their_original() {
    let bench = Bench::new().await;
    let copy: &'static str = Box::leak(format!("{} Follow our channel.", FERRY[1].3).into_boxed_str());
    read_in(&bench, "/one", &[FERRY[0]]).await;
    read_in(&bench, "/two", &[FERRY[1]]).await;
    read_in(&bench, "/copyist", &[("x", FERRY[1].1, "/x", copy)]).await;
    assigned(&bench).await;
    let story = story_of(&bench, FERRY[0].1).await;
    assert_eq!(story.items, 3);
    let by_path = |path: &'static str| {
        let bench = &bench;
        async move {
            let items = all_items(bench).await;
            items.into_iter().find(|i| i.url.as_deref().is_some_and(|url| url.ends_with(path))).unwrap()
        }
    };
    let second = by_path("/f2").await;
    let whole = split(&bench.desk, &Actor::system(), story.id, &[second.id, by_path("/f1").await.id]).await;
    assert!(matches!(&whole, Err(Error::Invalid(faults)) if faults[0].pointer == "/items"), "{whole:?}");
    assert_eq!(story_of(&bench, FERRY[0].1).await.items, 3, "nothing has been moved");

    let new = split(&bench.desk, &Actor::system(), story.id, &[second.id]).await.unwrap();
    assert_eq!((new.items, new.title.as_str()), (2, FERRY[1].1));
    assert_eq!(by_path("/x").await.copy_of, Some(second.id));
    assert_eq!(get(&mut bench.desk.store.read_fresh(), story.id).await.unwrap().items, 1);
    // Only the copy: it tells by itself then, and a text like it is a copy of it or of its original.
    let copy = split(&bench.desk, &Actor::system(), new.id, &[by_path("/x").await.id]).await.unwrap();
    let item = by_path("/x").await;
    assert_eq!((item.standing, item.copy_of, item.story), (Standing::News, None, Some(copy.id)));
    let stranger = split(&bench.desk, &Actor::system(), new.id, &[item.id]).await.unwrap_err();
    assert!(matches!(&stranger, Error::Invalid(faults) if faults[0].pointer == "/items/0"), "{stranger:?}");

    // It stays so whatever comes, also after a restart.
    *bench.desk.stories.lock().await = Index::default();
    read_in(&bench, "/late", &[("late", FERRY[0].1, "/late", FERRY[0].3)]).await;
    assigned(&bench).await;
    let late = by_path("/late").await;
    assert_eq!((late.copy_of, late.story), (Some(by_path("/f1").await.id), Some(story.id)));
    assert_eq!([by_path("/f2").await.story, by_path("/x").await.story], [Some(new.id), Some(copy.id)]);
    // And taking it back is possible.
    let back = merge(&bench.desk, &Actor::system(), story.id, new.id).await.unwrap();
    assert_eq!(back.items, 3);
}

#[tokio::test]
async fn an_assignment_that_people_overtake_begins_anew() {
    let bench = Bench::new().await;
    read_in(&bench, "/one", &[FERRY[0], BRIDGE]).await;
    assigned(&bench).await;
    let (ferry, bridge) = (story_of(&bench, FERRY[0].1).await, story_of(&bench, BRIDGE.1).await);
    merge(&bench.desk, &Actor::system(), bridge.id, ferry.id).await.unwrap();
    // The index still says that the ferry has a story of its own; its turn is over.
    read_in(&bench, "/two", &[FERRY[1]]).await;
    assigned(&bench).await;
    assert_eq!(story_of(&bench, FERRY[1].1).await.id, bridge.id);
    assert_eq!(get(&mut bench.desk.store.read_fresh(), ferry.id).await.unwrap().items, 0);
}

store::sql! {
    SET_DATE = "stories.test.set_date", "UPDATE item SET published_at = $2 WHERE id = $1";
}

async fn set_date(bench: &Bench, id: ItemId, at: Timestamp) {
    let write =
        bench.desk.store.write(move |tx| Box::pin(async move { tx.exec(&SET_DATE, params![id.to_i64(), at]).await }));
    assert_eq!(write.await.unwrap(), 1);
}
