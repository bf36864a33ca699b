//! Moderation with more than one person, and what goes wrong between them.

use std::time::Duration;

use guard::role::Role;
use queue::{Context, JobId};
use stdx::Id;

use super::bulk::{self, Deed, Wanted};
use super::link::{self, NewLink, Standing, Verdict};
use super::*;
use crate::calendar::When;
use crate::jobs::BulkDecision;
use crate::people;
use crate::pipelines;
use crate::posts::{Claimed, Cursor, Filter, Post, Sort};
use crate::testing::Bench;

async fn ready() -> Bench {
    let bench = Bench::new().await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    crate::channels::ensure_site(&bench.desk).await.unwrap();
    bench
}

async fn person(bench: &Bench, name: &str) -> Actor {
    key_of(bench, &Actor::system(), name, Role::Editor).await
}

/// Who comes with a key that `maker` made.
async fn key_of(bench: &Bench, maker: &Actor, name: &str, role: Role) -> Actor {
    let (_, secret) = people::create_key(&bench.desk, maker, people::NewKey::new(name, role)).await.unwrap();
    people::authenticate(&bench.desk, secret.reveal()).await.unwrap().unwrap().actor
}

async fn two_people(bench: &Bench) {
    let pipeline = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap();
    let mut spec = pipeline.spec;
    spec.policy.two_people = true;
    pipelines::update(&bench.desk, &Actor::system(), pipeline.id, &pipeline.name, spec).await.unwrap();
}

async fn post(bench: &Bench, by: &Actor, title: &str) -> Post {
    let new = NewPost {
        title: title.into(),
        excerpt: String::new(),
        body: "The quay opens in March.".into(),
        topic: "Harbour".into(),
        pipeline: None,
    };
    write_own(&bench.desk, by, new).await.unwrap()
}

async fn reload(bench: &Bench, id: PostId) -> Post {
    posts::get(&mut bench.desk.store.read_fresh(), id).await.unwrap()
}

async fn sound(bench: &Bench) {
    assert_eq!(crate::check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn two_people_must_approve_where_the_pipeline_says_so() {
    let bench = ready().await;
    two_people(&bench).await;
    let (author, ada, bo) = (person(&bench, "author").await, person(&bench, "ada").await, person(&bench, "bo").await);
    let made = post(&bench, &author, "A quay").await;
    assert_eq!(made.approvals_needed, 2);
    let own = approve(&bench.desk, &author, made.id, 1, When::Soon).await;
    assert!(matches!(own, Err(Error::IllegalMove { .. })), "{own:?}");
    let first = approve(&bench.desk, &ada, made.id, 1, When::Soon).await.unwrap();
    assert_eq!((first.state, first.approvals[0].name.as_str()), (State::InReview, "ada"));
    assert!(matches!(approve(&bench.desk, &ada, made.id, 1, When::Soon).await, Err(Error::IllegalMove { .. })));
    // A guest of ada's link may be ada.
    let new = NewLink { reviewer: "guest".into(), note: String::new(), expires_in_h: 1 };
    let by_ada = link::create(&bench.desk, &ada, made.id, new.clone()).await.unwrap().token(&bench.desk);
    let sheet = link::decide(&bench.desk, &by_ada, Verdict::Approve { comment: String::new() }).await.unwrap().unwrap();
    assert_eq!(sheet.standing, Standing::Refused);
    let second = approve(&bench.desk, &bo, made.id, 1, When::Soon).await.unwrap();
    assert_eq!((second.state, second.approvals.len()), (State::Scheduled, 2));
    // The second one's undo leaves the first one's word; a guest of bo's link is the second person then.
    withdraw_approval(&bench.desk, &bo, made.id).await.unwrap();
    let by_bo = link::create(&bench.desk, &bo, made.id, new).await.unwrap().token(&bench.desk);
    let sheet = link::decide(&bench.desk, &by_bo, Verdict::Approve { comment: "fine".into() }).await.unwrap().unwrap();
    assert_eq!((sheet.standing, sheet.post.state), (Standing::Used, State::Scheduled));
    assert_eq!(sheet.post.approvals[1].name, "guest");
    let words: Vec<_> =
        reviews(&mut bench.desk.store.read_fresh(), made.id).await.unwrap().into_iter().map(|r| r.decision).collect();
    assert_eq!(words, ["approved", "withdrawn", "approved", "endorsed"]);
    sound(&bench).await;
}

#[tokio::test]
async fn nobody_is_two_people_by_their_own_keys() {
    let bench = ready().await;
    two_people(&bench).await;
    let (_, ticket) = people::invite(&bench.desk, &Actor::system(), "ada@example.org", Role::Admin).await.unwrap();
    let given = people::Acceptance { name: None, email: None, password: "quays open in March".into() };
    let user = people::accept(&bench.desk, ticket.reveal(), given, "").await.unwrap().identity.actor;
    let bo = person(&bench, "bo").await;
    let root = key_of(&bench, &Actor::system(), "root", Role::Admin).await;
    for (me, title) in [(user, "A quay"), (root, "A ferry")] {
        let mine = key_of(&bench, &me, "mine", Role::Admin).await;
        let childs = key_of(&bench, &mine, "made by mine", Role::Editor).await;
        let refused = async |who: &Actor, post: &Post| {
            let done = approve(&bench.desk, who, post.id, 1, When::Soon).await;
            assert!(matches!(done, Err(Error::IllegalMove { .. })), "{who:?} of {title}: {done:?}");
        };
        // Neither a second word for one's own first, nor a word for one's own text.
        for first in [&me, &mine, &childs] {
            let text = post(&bench, &Actor::system(), title).await;
            approve(&bench.desk, first, text.id, 1, When::Soon).await.unwrap();
            let own = post(&bench, first, title).await;
            for other in [&me, &mine, &childs] {
                refused(other, &text).await;
                refused(other, &own).await;
            }
            let by_me = NewLink { reviewer: "guest".into(), note: String::new(), expires_in_h: 1 };
            let by_me = link::create(&bench.desk, &childs, text.id, by_me).await.unwrap().token(&bench.desk);
            let sheet = link::decide(&bench.desk, &by_me, Verdict::Approve { comment: String::new() }).await.unwrap();
            assert_eq!(sheet.unwrap().standing, Standing::Refused);
            assert_eq!(approve(&bench.desk, &bo, text.id, 1, When::Soon).await.unwrap().state, State::Scheduled);
            // Who edits their own text by another key is still its author.
            let edit = Edit { title: Some("Another head".into()), ..Edit::default() };
            let edited = edit_and_approve(&bench.desk, &mine, own.id, 1, edit, When::Soon).await;
            assert!(matches!(edited, Err(Error::IllegalMove { .. })), "{edited:?}");
        }
    }
    sound(&bench).await;
}

#[tokio::test]
async fn first_approvals_of_many_are_not_told_as_done() {
    let bench = ready().await;
    two_people(&bench).await;
    let (author, ada, bo) = (person(&bench, "author").await, person(&bench, "ada").await, person(&bench, "bo").await);
    let made = [post(&bench, &author, "A quay").await, post(&bench, &author, "A ferry").await];
    approve(&bench.desk, &bo, made[0].id, 1, When::Soon).await.unwrap();
    let ids = made.iter().map(|post| post.id).collect();
    let wanted = Wanted { deed: Deed::Approve, ids: Some(ids), filter: None, reason: String::new() };
    bulk::start(&bench.desk, &ada, wanted).await.unwrap();
    let done = bulk::run(bench.desk.clone(), context(&bench, 77), job(&bench).await).await.unwrap().unwrap();
    assert_eq!((&done["done"], &done["endorsed"], &done["skipped_count"]), (&1.into(), &1.into(), &0.into()), "{done}");
    assert_eq!(reload(&bench, made[1].id).await.state, State::InReview);
}

#[tokio::test]
async fn an_edit_makes_nobody_a_judge_of_their_own_text() {
    let bench = ready().await;
    two_people(&bench).await;
    let (author, ada, bo) = (person(&bench, "author").await, person(&bench, "ada").await, person(&bench, "bo").await);
    let made = post(&bench, &author, "A quay").await;
    let edited = async |by: &Actor, version| {
        let edit = Edit { title: Some(format!("Quay {version}")), ..Edit::default() };
        edit_and_approve(&bench.desk, by, made.id, version, edit, When::Soon).await
    };
    let own = edited(&author, 1).await;
    assert!(matches!(own, Err(Error::IllegalMove { .. })), "{own:?}");
    assert_eq!(reload(&bench, made.id).await.version, 1, "nothing was written");
    for version in [1, 2] {
        let first = edited(&ada, version).await.unwrap();
        assert_eq!((first.state, first.approvals.len(), first.version), (State::InReview, 1, version + 1));
    }
    assert!(matches!(approve(&bench.desk, &ada, made.id, 3, When::Soon).await, Err(Error::IllegalMove { .. })));
    assert_eq!(approve(&bench.desk, &bo, made.id, 3, When::Soon).await.unwrap().state, State::Scheduled);
    sound(&bench).await;
}

#[tokio::test]
async fn of_two_moderators_at_once_one_decides() {
    let bench = ready().await;
    let (ada, bo) = (person(&bench, "ada").await, person(&bench, "bo").await);
    for n in 0..8 {
        let made = post(&bench, &Actor::system(), &format!("Quay {n}")).await;
        let (yes, no) = tokio::join!(
            approve(&bench.desk, &ada, made.id, 1, When::Soon),
            reject(&bench.desk, &bo, made.id, 1, "too thin")
        );
        assert!(yes.is_ok() != no.is_ok(), "{yes:?} {no:?}");
    }
    sound(&bench).await;
}

#[tokio::test]
async fn a_claim_keeps_others_away_until_it_lapses() {
    let bench = ready().await;
    let (ada, bo) = (person(&bench, "ada").await, person(&bench, "bo").await);
    let made = post(&bench, &ada, "A quay").await;
    let mut told = bench.desk.watch();
    claim::take(&bench.desk, &ada, made.id, false).await.unwrap();
    assert!(matches!(told.recv().await.unwrap(), crate::Signal::Post { event, .. } if event == "claimed"));
    let refused = claim::take(&bench.desk, &bo, made.id, false).await;
    assert!(matches!(&refused, Err(Error::Claimed { name, .. }) if name == "ada"), "{refused:?}");
    let mine = Filter { claimed: Some(Claimed::Me), limit: 9, ..Filter::default() };
    let free = Filter { claimed: Some(Claimed::None), limit: 9, ..Filter::default() };
    assert_eq!(posts::list(&bench.desk, &ada, &mine).await.unwrap().len(), 1);
    assert_eq!(posts::list(&bench.desk, &bo, &mine).await.unwrap().len(), 0);
    assert_eq!(posts::list(&bench.desk, &bo, &free).await.unwrap().len(), 0);
    bench.clock.advance(Duration::from_secs(590));
    claim::take(&bench.desk, &ada, made.id, false).await.unwrap();
    bench.clock.advance(Duration::from_secs(590));
    assert!(claim::take(&bench.desk, &bo, made.id, false).await.is_err(), "it was renewed");
    let over = claim::take(&bench.desk, &bo, made.id, true).await.unwrap();
    assert_eq!(over.claim.unwrap().name, "bo");
    bench.clock.advance(Duration::from_secs(601));
    assert_eq!(posts::list(&bench.desk, &ada, &free).await.unwrap().len(), 1, "it has lapsed");
    claim::take(&bench.desk, &ada, made.id, false).await.unwrap();
    claim::release(&bench.desk, &bo, made.id).await.unwrap();
    assert!(reload(&bench, made.id).await.claim.is_some(), "only one's own is given up");
    approve(&bench.desk, &bo, made.id, 1, When::Soon).await.unwrap();
    assert!(reload(&bench, made.id).await.claim.is_none());
}

#[tokio::test]
async fn a_link_decides_once_and_only_what_it_is_for() {
    let bench = ready().await;
    let ada = person(&bench, "ada").await;
    let new = |hours| NewLink { reviewer: "Guest".into(), note: "please".into(), expires_in_h: hours };
    let yes = || Verdict::Approve { comment: String::new() };
    let standing = async |token: &str| link::open(&bench.desk, token).await.unwrap().map(|sheet| sheet.standing);

    let made = post(&bench, &ada, "A quay").await;
    let first = link::create(&bench.desk, &ada, made.id, new(1)).await.unwrap();
    let token = first.token(&bench.desk);
    assert_eq!(standing(&token).await, Some(Standing::Open));
    for place in [0, 9, 20, 63] {
        let mut wrong = token.clone().into_bytes();
        wrong[place] = if wrong[place] == b'A' { b'B' } else { b'A' };
        let wrong = String::from_utf8(wrong).unwrap();
        assert!(link::decide(&bench.desk, &wrong, yes()).await.unwrap().is_none(), "{place}");
    }
    let silent = link::decide(&bench.desk, &token, Verdict::SendBack { comment: " ".into() }).await;
    assert!(matches!(silent, Err(Error::Invalid(_))));
    let back = || Verdict::SendBack { comment: "not yet".into() };
    for _ in 0..2 {
        let sheet = link::decide(&bench.desk, &token, back()).await.unwrap().unwrap();
        assert_eq!((sheet.standing, sheet.link.outcome.as_deref()), (Standing::Used, Some("rejected")));
    }
    let post_now = reload(&bench, made.id).await;
    assert_eq!((post_now.state, post_now.reason.as_str()), (State::Rejected, "not yet"));

    let made = post(&bench, &ada, "Another quay").await;
    let (late, gone, old) = (
        link::create(&bench.desk, &ada, made.id, new(1)).await.unwrap(),
        link::create(&bench.desk, &ada, made.id, new(2)).await.unwrap(),
        link::create(&bench.desk, &ada, made.id, new(3)).await.unwrap(),
    );
    link::revoke(&bench.desk, &ada, gone.id).await.unwrap();
    bench.clock.advance(Duration::from_secs(3_601));
    for (link, wanted) in [(&late, Standing::Expired), (&gone, Standing::Revoked)] {
        let sheet = link::decide(&bench.desk, &link.token(&bench.desk), yes()).await.unwrap().unwrap();
        assert_eq!(sheet.standing, wanted);
    }
    let change = Edit { title: Some("Another quay opens".into()), ..Edit::default() };
    edit(&bench.desk, &ada, made.id, 1, change).await.unwrap();
    let sheet = link::decide(&bench.desk, &old.token(&bench.desk), yes()).await.unwrap().unwrap();
    assert_eq!((sheet.standing, sheet.post.state), (Standing::Newer, State::InReview));
    let fresh = link::create(&bench.desk, &ada, made.id, new(3)).await.unwrap();
    approve(&bench.desk, &ada, made.id, 2, When::Soon).await.unwrap();
    assert_eq!(standing(&fresh.token(&bench.desk)).await, Some(Standing::Settled));
    sound(&bench).await;
}

#[tokio::test]
async fn a_rejection_can_be_undone_for_a_while_and_versions_restored() {
    let bench = ready().await;
    let ada = person(&bench, "ada").await;
    let made = post(&bench, &ada, "A quay").await;
    reject(&bench.desk, &ada, made.id, 1, "thin").await.unwrap();
    assert_eq!(reopen(&bench.desk, &ada, made.id).await.unwrap().state, State::InReview);
    reject(&bench.desk, &ada, made.id, 1, "thin").await.unwrap();
    // Asked for at the last moment, and a moment on its way.
    bench.clock.advance(Duration::from_secs(11));
    assert_eq!(reopen(&bench.desk, &ada, made.id).await.unwrap().state, State::InReview);
    reject(&bench.desk, &ada, made.id, 1, "thin").await.unwrap();
    bench.clock.advance(Duration::from_secs(13));
    assert_eq!(reopen(&bench.desk, &ada, made.id).await.unwrap().state, State::Draft);

    let change = Edit { title: Some("Quay opens".into()), ..Edit::default() };
    edit(&bench.desk, &ada, made.id, 1, change).await.unwrap();
    assert!(matches!(restore(&bench.desk, &ada, made.id, 1, 1).await, Err(Error::StaleVersion { newest: 2, .. })));
    let back = restore(&bench.desk, &ada, made.id, 2, 1).await.unwrap();
    assert_eq!((back.version, back.title.as_str()), (3, "A quay"));
    sound(&bench).await;
}

#[tokio::test]
async fn a_working_copy_survives_a_newer_version() {
    let bench = ready().await;
    let (ada, bo) = (person(&bench, "ada").await, person(&bench, "bo").await);
    let made = post(&bench, &ada, "A quay").await;
    let text = copy::Text {
        base_version: 1,
        title: "A quay,".into(),
        excerpt: String::new(),
        body: "half a sen".into(),
        topic: "Harbour".into(),
    };
    copy::put(&bench.desk, &ada, made.id, text.clone()).await.unwrap();
    edit(&bench.desk, &bo, made.id, 1, Edit { title: Some("Bo's".into()), ..Edit::default() }).await.unwrap();
    let kept = copy::get(&bench.desk, &ada, made.id).await.unwrap();
    assert_eq!((kept.own.unwrap().text, kept.newest_version), (text.clone(), 2));
    let other = copy::get(&bench.desk, &bo, made.id).await.unwrap();
    assert_eq!((other.own, other.others[0].name.as_str()), (None, "ada"));
    let long = copy::Text { body: "a".repeat(copy::BYTES_MAX), ..text };
    assert!(matches!(copy::put(&bench.desk, &ada, made.id, long).await, Err(Error::Invalid(_))));
    copy::discard(&bench.desk, &ada, made.id).await.unwrap();
    assert_eq!(copy::get(&bench.desk, &ada, made.id).await.unwrap().own, None);
    rating::rate(&bench.desk, &ada, made.id, 2, 5, "").await.unwrap();
    rating::rate(&bench.desk, &ada, made.id, 2, 4, "").await.unwrap();
    let rated = rating::rate(&bench.desk, &bo, made.id, 1, 1, "no").await.unwrap();
    assert_eq!(rated.rating.map(|r| (r.mean, r.count)), Some((2.5, 2)));
}

async fn many(bench: &Bench, by: &Actor, count: usize) -> Vec<PostId> {
    let pipeline = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap().id;
    let text = crate::analysis::Text { title: "Quay", excerpt: "", body: "It opens.", topic: "News", language: None };
    let draft = crate::analysis::judge(&bench.desk.weights, text, &[], Vec::new(), None, true);
    let mut ids = Vec::new();
    while ids.len() < count {
        let (d, by, draft) = (bench.desk.clone(), by.clone(), draft.clone());
        let made = bench.desk.store.write(move |tx| {
            Box::pin(async move {
                let mut ids = Vec::new();
                for n in 0..100 {
                    let draft = posts::Draft { title: format!("Quay {n}"), ..draft.clone() };
                    let id = posts::create(&d, tx, &by, pipeline, None, &draft).await?;
                    posts::execute(&d, tx, &by, id, posts::Command::Submit).await?;
                    ids.push(id);
                }
                Ok::<_, Error>(ids)
            })
        });
        ids.extend(made.await.unwrap());
    }
    ids.truncate(count);
    ids
}

fn context(bench: &Bench, id: i64) -> Context {
    Context { id: JobId(Id::from_i64(id).unwrap()), ..bench.context() }
}

async fn job(bench: &Bench) -> BulkDecision {
    let waiting = bench.waiting("bulk_decision").await;
    let last = waiting.iter().max_by_key(|job| job.id).unwrap();
    serde_json::from_value(last.parameters.clone().unwrap()).unwrap()
}

/// A thousand, of which three cannot be decided; killed in the middle and taken up again.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_decision_survives_a_kill_and_does_nothing_twice() {
    let bench = ready().await;
    let (ada, bo) = (person(&bench, "ada").await, person(&bench, "bo").await);
    let ids = many(&bench, &bo, 1_000).await;
    for id in &ids[400..403] {
        reject(&bench.desk, &bo, *id, 1, "no").await.unwrap();
    }
    bench.clock.advance(Duration::from_secs(1));
    let wanted = Wanted { deed: Deed::Approve, ids: Some(ids.clone()), filter: None, reason: String::new() };
    bulk::start(&bench.desk, &ada, wanted).await.unwrap();
    let (work, mut told) = (job(&bench).await, bench.desk.watch());
    tokio::select! {
        first = told.recv() => assert!(first.is_ok()),
        done = bulk::run(bench.desk.clone(), context(&bench, 77), work.clone()) => panic!("{done:?} before a word of it"),
    }
    let done = bulk::run(bench.desk.clone(), context(&bench, 77), work.clone()).await.unwrap().unwrap();
    assert_eq!((done["done"].as_u64(), done["skipped_count"].as_u64()), (Some(997), Some(3)), "{done}");
    assert!(done["skipped"][0]["reason"].as_str().unwrap().contains("rejected"), "{done}");
    // Once more does nothing more.
    assert_eq!(bulk::run(bench.desk.clone(), context(&bench, 77), work).await.unwrap().unwrap(), done);
    let log = crate::events::stream(&mut bench.desk.store.read_fresh(), ids[0]).await.unwrap();
    assert_eq!(log.iter().filter(|recorded| recorded.event.kind() == "approved").count(), 1);

    // The undo, by a filter this time.
    let filter = Filter { states: vec![State::Scheduled], ..Filter::default() };
    let wanted = Wanted { deed: Deed::Withdraw, ids: None, filter: Some(filter), reason: String::new() };
    assert_eq!(bulk::count(&bench.desk, &ada, wanted.clone()).await.unwrap().count, 997);
    bulk::start(&bench.desk, &ada, wanted).await.unwrap();
    let work = job(&bench).await;
    let done = bulk::run(bench.desk.clone(), context(&bench, 78), work.clone()).await.unwrap().unwrap();
    assert_eq!(done["done"], 997);

    // Whoever has lost the right does nothing.
    let key = people::list_keys(&bench.desk, &Actor::system()).await.unwrap();
    let key = key.iter().find(|key| key.name == "ada").unwrap().id;
    people::revoke_key(&bench.desk, &Actor::system(), key).await.unwrap();
    let refused = bulk::run(bench.desk.clone(), context(&bench, 79), work).await;
    assert!(matches!(refused, Err(queue::Fault::GiveUp(_))), "{refused:?}");
    sound(&bench).await;
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let bench = ready().await;
    let ada = person(&bench, "ada").await;
    let mut ids = Vec::new();
    for title in ["İzmir opens a quay", "Ferry stops", "A second quay"] {
        bench.clock.advance(Duration::from_secs(60));
        ids.push(post(&bench, &ada, title).await.id);
    }
    reject(&bench.desk, &ada, ids[1], 1, "no").await.unwrap();
    let list = async |filter: Filter| {
        let rows = posts::list(&bench.desk, &ada, &Filter { limit: 9, ..filter.clone() }).await.unwrap();
        let total = posts::total(&bench.desk, &ada, &filter).await.unwrap();
        let expected = if filter.sort == Sort::Due { rows.len() as u64 } else { total.count };
        assert_eq!((rows.len() as u64, total.is_estimate), (expected, false));
        rows.into_iter().map(|post| ids.iter().position(|id| *id == post.id).unwrap()).collect::<Vec<_>>()
    };
    let any = Filter::default;
    assert_eq!(list(any()).await, [2, 1, 0]);
    assert_eq!(list(Filter { sort: Sort::Oldest, ..any() }).await, [0, 1, 2]);
    assert_eq!(list(Filter { sort: Sort::Updated, ..any() }).await, [2, 1, 0]);
    assert_eq!(list(Filter { sort: Sort::Due, ..any() }).await, [0; 0]);
    assert_eq!(list(Filter { states: vec![State::InReview], ..any() }).await, [2, 0]);
    assert_eq!(list(Filter { query: Some("IZMIR qu".into()), ..any() }).await, [0]);
    assert_eq!(list(Filter { query: Some("quay".into()), sort: Sort::Oldest, ..any() }).await, [0, 2]);
    for sort in [Sort::Newest, Sort::Score, Sort::ScoreDown, Sort::Updated] {
        assert_eq!(list(Filter { query: Some("quay".into()), sort, ..any() }).await.len(), 2, "{sort:?}");
    }
    assert_eq!(list(Filter { query: Some("\" OR *:&".into()), ..any() }).await, [0; 0]);
    assert_eq!(list(Filter { topic: Some("Harbour".into()), edited: Some(true), ..any() }).await, [2, 1, 0]);
    assert_eq!(list(Filter { topic: Some("Sport".into()), ..any() }).await, [0; 0]);
    assert_eq!(list(Filter { score_min: Some(0.99), ..any() }).await, [0; 0]);
    assert_eq!(list(Filter { to: Some(bench.now()), ..any() }).await, [1, 0]);

    for sort in [Sort::Newest, Sort::Oldest, Sort::Score, Sort::ScoreDown, Sort::Updated] {
        let whole = list(Filter { sort, ..any() }).await;
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let filter = Filter { sort, after, limit: 1, ..any() };
            let page = posts::list(&bench.desk, &ada, &filter).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Cursor::of(last, sort).to_string().parse().unwrap());
            paged.push(ids.iter().position(|id| *id == last.id).unwrap());
        }
        assert_eq!(paged, whole, "{sort:?}");
    }
    assert_eq!(measure(&bench.desk).await.unwrap().posts, 2);
}

/// The lists run along their indexes on both engines.
#[tokio::test]
async fn lists_are_read_along_an_index() {
    let bench = Bench::new().await;
    let ordered = [
        ("posts.list", "post_pkey"),
        ("posts.list_oldest", "post_pkey"),
        ("posts.list_state", "post_state"),
        ("posts.list_state_oldest", "post_state"),
        ("posts.list_state_score", "post_score"),
        ("posts.list_state_score_down", "post_score"),
        ("posts.list_state_updated", "post_updated"),
        ("posts.list_due", "post_due"),
        ("posts.total_state", "post_state"),
        ("moderation.waiting_oldest", "post_updated"),
    ];
    for (name, index) in ordered {
        let statement = crate::statements().into_iter().find(|statement| statement.name == name).unwrap();
        let plan = bench.desk.store.prepare(statement).await.unwrap().join("\n");
        let on_sqlite = index.replace("post_pkey", "INTEGER PRIMARY KEY");
        assert!(plan.contains(index) || plan.contains(&on_sqlite), "{name}: {plan}");
        let sorts = plan.contains("USE TEMP B-TREE")
            || plan.lines().any(|line| line.trim().trim_start_matches("-> ").starts_with("Sort "));
        assert!(!sorts, "{name}: {plan}");
    }
}

#[test]
fn a_policy_says_what_it_looked_at() {
    let policy = pipelines::Policy {
        trust_min: 0.6,
        engagement_min: 0.7,
        topics_held: vec!["Siyaset".into()],
        ..pipelines::Policy::default()
    };
    let good = Facts { score: 0.9, grounded: true, trust: Some(0.7), engagement: None, topic: "Spor" };
    let (passes, checks) = judge(&policy, &good);
    assert!(passes && checks.len() == 5, "{checks:?}");
    let failed = |facts: Facts<'_>, name: &str| {
        let (passes, checks) = judge(&policy, &facts);
        let failed: Vec<&str> = checks.iter().filter(|c| !c.passed).map(|c| c.check.as_str()).collect();
        assert_eq!((passes, failed), (false, vec![name]));
    };
    failed(Facts { score: 0.5, ..good.clone() }, "score");
    failed(Facts { grounded: false, ..good.clone() }, "grounded");
    failed(Facts { trust: Some(0.5), ..good.clone() }, "trust");
    failed(Facts { trust: None, ..good.clone() }, "trust");
    failed(Facts { engagement: Some(0.1), ..good.clone() }, "engagement");
    failed(Facts { topic: "SİYASET", ..good.clone() }, "topic");
    let (passes, checks) = judge(&pipelines::Policy { two_people: true, ..policy.clone() }, &good);
    assert!(!passes);
    assert_eq!(policy::sentence(passes, &checks), "two people must approve it");
}
