//! The line from a source to a page, and what people do to it on the way.

use std::collections::{BTreeMap, BTreeSet};

use queue::State as JobState;
use serde_json::json;

use crate::calendar::When;
use crate::jobs::{AssignStories, DraftStory, FetchSources, PublishPost};
use crate::moderation::{self, Edit};
use crate::people::{self, Actor, Idempotency, NewKey, Principal};
use crate::posts::{self, Filter, Post, State};
use crate::sources::{self, Change, NewSource};
use crate::testing::{Bench, rss};
use crate::{Error, channels, check, drafts, events, items, pages, pipelines, portable, providers, stories};

const FERRY: &str = "The harbour ferry between Port Alder and Saint Brannoc will stop for eleven days from Monday. \
 Engineers found cracks in two of the four shafts during a routine inspection on Thursday night. \
 The operator expects the repair to cost 2.4 million crowns and has asked the region for help. \
 About 3,800 commuters use the line on a working day, and most of them have no other way to cross before eight. \
 Two buses will run around the bay every twenty minutes, the transport office said on Friday. \
 Shop owners at the pier fear for the first weekend of the market season. \
 \"We will refund every monthly ticket without a form,\" said Mara Lindqvist, who runs the ferry company.";

async fn ready() -> Bench {
    let bench = Bench::new().await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    channels::ensure_site(&bench.desk).await.unwrap();
    bench
}

fn ferry() -> drafts::Request {
    let document = drafts::GivenText {
        title: "Ferry to Saint Brannoc stops for eleven days".into(),
        text: FERRY.into(),
        url: "https://news.example/ferry".into(),
        source: "Alder Mail".into(),
    };
    drafts::Request { documents: vec![document], ..drafts::Request::default() }
}

/// A post that a person must decide on.
async fn held(bench: &Bench) -> Post {
    let pipeline = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap();
    let mut spec = pipeline.spec.clone();
    spec.policy.automatic = false;
    pipelines::update(&bench.desk, &Actor::system(), pipeline.id, &pipeline.name, spec).await.unwrap();
    let post = drafts::generate(&bench.desk, &Actor::system(), &ferry()).await.unwrap();
    assert_eq!((post.state, post.version), (State::InReview, 1));
    post
}

async fn publish(bench: &Bench, post: &Post) -> Option<serde_json::Value> {
    let job = PublishPost { post: post.id, version: post.approved_version.unwrap_or(post.version), due_at: None };
    channels::publish(bench.desk.clone(), bench.context(), job).await.unwrap()
}

async fn reload(bench: &Bench, post: &Post) -> Post {
    posts::get(&mut bench.desk.store.read_fresh(), post.id).await.unwrap()
}

#[tokio::test]
async fn a_good_draft_passes_the_policy_and_is_published_once() {
    let bench = ready().await;
    let post = drafts::generate(&bench.desk, &Actor::system(), &ferry()).await.unwrap();
    assert!(post.grounded && post.score > 0.6, "{post:?}");
    let mut spec = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap().spec;
    spec.policy.score_min = post.score;
    let lenient = pipelines::create(&bench.desk, &Actor::system(), "lenient", spec).await.unwrap();
    let request = drafts::Request { pipeline: Some(lenient.id), ..ferry() };
    let post = drafts::generate(&bench.desk, &Actor::system(), &request).await.unwrap();
    assert_eq!(post.state, State::Scheduled, "{}", post.reason);
    assert!(post.reason.contains("everything in it stands in the sources"), "{}", post.reason);
    assert_eq!(bench.waiting("publish_post").await.last().unwrap().state, JobState::Available);

    assert_eq!(publish(&bench, &post).await, Some(json!("published")));
    assert_eq!(publish(&bench, &post).await, Some(json!("nothing to do")), "a second run does nothing");
    let post = reload(&bench, &post).await;
    assert_eq!((post.state, post.published_version), (State::Published, Some(1)));
    let page = pages::by_slug(&bench.desk, &post.slug).await.unwrap().unwrap();
    assert!(page.html.contains("eleven days") && page.sources[0].name == "Alder Mail");
    let found = pages::search(&bench.desk, "FERRY brann", 10).await.unwrap();
    assert_eq!(found.iter().map(|page| page.id).collect::<Vec<_>>(), [post.id]);
    assert!(pages::search(&bench.desk, "\" OR *:* --", 10).await.unwrap().is_empty());
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());

    let log = events::stream(&mut bench.desk.store.read_fresh(), post.id).await.unwrap();
    let kinds: Vec<&str> = log.iter().map(|recorded| recorded.event.kind()).collect();
    let line = [
        "created",
        "version_added",
        "submitted",
        "approved",
        "scheduled",
        "publishing_started",
        "delivery_started",
        "delivery_live",
        "published",
    ];
    assert_eq!(kinds, line);
    let all = drafts::completions(&bench.desk, &Actor::system(), None, 10).await.unwrap();
    assert!(all.iter().all(|c| c.provider == "embedded" && c.outcome == "ok"));
}

#[tokio::test]
async fn an_approval_can_be_undone_until_the_delivery_starts() {
    let bench = ready().await;
    let post = held(&bench).await;
    let approved = moderation::approve(&bench.desk, &Actor::system(), post.id, 1, When::Soon).await.unwrap();
    assert_eq!(approved.state, State::Scheduled);
    assert_eq!(approved.due_at, Some(bench.now() + std::time::Duration::from_secs(10)));
    let undone = moderation::withdraw_approval(&bench.desk, &Actor::system(), post.id).await.unwrap();
    assert_eq!((undone.state, undone.approved_version), (State::InReview, None));
    assert_eq!(
        publish(&bench, &post).await,
        Some(json!("nothing to do")),
        "the job of the approval that was taken back"
    );

    moderation::approve(&bench.desk, &Actor::system(), post.id, 1, When::Soon).await.unwrap();
    publish(&bench, &post).await;
    let late = moderation::withdraw_approval(&bench.desk, &Actor::system(), post.id).await;
    assert!(matches!(late, Err(Error::IllegalMove { state: State::Published, .. })), "{late:?}");

    let gone = moderation::retract(&bench.desk, &Actor::system(), post.id).await.unwrap();
    assert_eq!(gone.state, State::Retracted);
    assert!(pages::by_slug(&bench.desk, &post.slug).await.unwrap().is_none());
    assert!(pages::search(&bench.desk, "ferry", 10).await.unwrap().is_empty());
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_edit_is_a_new_version_by_a_person_and_updates_what_is_published() {
    let bench = ready().await;
    let post = held(&bench).await;
    let actor = Actor::system();
    let edit = |title: &str| Edit { title: Some(title.into()), ..Edit::default() };
    let edited =
        moderation::edit_and_approve(&bench.desk, &actor, post.id, 1, edit("Ferry stops for 11 days"), When::Soon)
            .await
            .unwrap();
    assert_eq!((edited.state, edited.version, edited.edited), (State::Scheduled, 2, true));
    let stale = moderation::edit(&bench.desk, &actor, post.id, 1, edit("late")).await;
    assert!(matches!(stale, Err(Error::StaleVersion { newest: 2, .. })));
    publish(&bench, &edited).await;

    let update = moderation::edit(&bench.desk, &actor, post.id, 2, edit("Ferry back after 11 days")).await.unwrap();
    assert_eq!((update.state, update.version), (State::Published, 3));
    assert_eq!(update.slug, "ferry-stops-for-11-days", "an address follows the title until it is published");
    let page = pages::by_slug(&bench.desk, &update.slug).await.unwrap().unwrap();
    assert_eq!(page.title, "Ferry stops for 11 days", "the site shows what was approved");
    let update = moderation::approve(&bench.desk, &actor, post.id, 3, When::Soon).await.unwrap();
    publish(&bench, &update).await;
    let page = pages::by_slug(&bench.desk, &update.slug).await.unwrap().unwrap();
    assert_eq!((page.title.as_str(), page.version), ("Ferry back after 11 days", 3));
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_rejection_needs_a_reason_and_sends_the_post_back() {
    let bench = ready().await;
    let post = held(&bench).await;
    let empty = moderation::reject(&bench.desk, &Actor::system(), post.id, 1, "  ").await;
    assert!(matches!(empty, Err(Error::Invalid(_))));
    let rejected = moderation::reject(&bench.desk, &Actor::system(), post.id, 1, "too thin").await.unwrap();
    assert_eq!((rejected.state, rejected.reason.as_str()), (State::Rejected, "too thin"));
    let reviews = moderation::reviews(&mut bench.desk.store.read_fresh(), post.id).await.unwrap();
    assert_eq!(reviews.iter().map(|r| r.decision.as_str()).collect::<Vec<_>>(), ["rejected", "held"]);
    let illegal = moderation::approve(&bench.desk, &Actor::system(), post.id, 1, When::Soon).await;
    assert!(matches!(illegal, Err(Error::IllegalMove { state: State::Rejected, .. })));
}

#[tokio::test]
async fn a_repeated_request_is_answered_from_memory_and_a_changed_one_refused() {
    let bench = ready().await;
    let with = |request: &str| Actor {
        idempotency: Some(Idempotency { key: "k1".into(), request: request.into() }),
        ..Actor::system()
    };
    let first = drafts::generate(&bench.desk, &with("a"), &ferry()).await.unwrap();
    let again = drafts::generate(&bench.desk, &with("a"), &ferry()).await.unwrap();
    assert_eq!(first.id, again.id);
    assert!(matches!(drafts::generate(&bench.desk, &with("b"), &ferry()).await, Err(Error::IdempotencyMismatch)));
    assert_eq!(
        posts::list(&bench.desk, &Actor::system(), &Filter { limit: 10, ..Filter::default() }).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn keys_work_until_they_end_and_roles_bind() {
    let bench = ready().await;
    let admin = people::ensure_admin(&bench.desk).await.unwrap().unwrap();
    assert!(people::ensure_admin(&bench.desk).await.unwrap().is_none(), "only the first start makes one");
    let actor = people::authenticate(&bench.desk, admin.reveal()).await.unwrap().unwrap().actor;
    let (viewer_key, viewer) =
        people::create_key(&bench.desk, &actor, NewKey::new("reader", guard::role::Role::Viewer)).await.unwrap();
    let viewer_actor = people::authenticate(&bench.desk, viewer.reveal()).await.unwrap().unwrap().actor;
    let post = held(&bench).await;
    let refused = moderation::approve(&bench.desk, &viewer_actor, post.id, 1, When::Soon).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    assert!(matches!(people::list_keys(&bench.desk, &viewer_actor).await, Err(Error::Forbidden { .. })));

    let session = people::sign_in(&bench.desk, viewer.reveal()).await.unwrap().unwrap().session;
    assert!(people::resume(&bench.desk, session.reveal()).await.unwrap().is_some());
    people::revoke_key(&bench.desk, &actor, viewer_key.id).await.unwrap();
    assert!(people::authenticate(&bench.desk, viewer.reveal()).await.unwrap().is_none());
    assert!(people::resume(&bench.desk, session.reveal()).await.unwrap().is_none(), "sessions end with their key");
    assert!(people::authenticate(&bench.desk, "ck_nonsense").await.unwrap().is_none());

    let day = std::time::Duration::from_secs(86_400);
    let new = NewKey { lasts: Some(day), ..NewKey::new("short", guard::role::Role::Editor) };
    let (_, short) = people::create_key(&bench.desk, &actor, new).await.unwrap();
    bench.clock.advance(2 * day);
    assert!(people::authenticate(&bench.desk, short.reveal()).await.unwrap().is_none());
    assert!(
        people::list_keys(&bench.desk, &actor).await.unwrap().iter().any(|k| Principal::Key(k.id) == actor.principal)
    );
}

/// A provider is asked first, its faults are recorded, and the embedded generator stands behind it.
#[tokio::test]
async fn a_provider_is_asked_and_the_embedded_generator_stands_behind_it() {
    let bench = ready().await;
    let actor = Actor::system();
    let provider = providers::NewProvider {
        name: "mock".into(),
        kind: providers::default_kind(),
        base_url: bench.site.url("/v1"),
        model: "m1".into(),
        api_key: Some(stdx::config::Secret::new("sk-very-secret")),
        timeout_s: 5,
        price_in: 1_000_000,
        price_out: 2_000_000,
        ..providers::NewProvider::default()
    };
    let shown = providers::put(&bench.desk, &actor, provider.clone()).await.unwrap();
    assert!(shown.has_key);
    let mut spec = pipelines::Spec { providers: vec!["mock".into()], ..pipelines::Spec::default() };
    spec.policy.automatic = false;
    let pipeline = pipelines::create(&bench.desk, &actor, "with model", spec).await.unwrap();
    let request = drafts::Request { pipeline: Some(pipeline.id), ..ferry() };

    let draft = json!({ "title": "Ferry line pauses", "excerpt": "Eleven days.", "body": "The ferry will stop for eleven days. It costs 9.9 million crowns." });
    let answer = json!({
        "model": "m1-2026", "choices": [{ "message": { "role": "assistant", "content": draft.to_string() }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 50 },
    });
    bench.site.answer("/v1/chat/completions", "200 OK", "Content-Type: application/json\r\n", answer.to_string());
    let post = drafts::generate(&bench.desk, &actor, &request).await.unwrap();
    assert_eq!(post.title, "Ferry line pauses");
    assert!(!post.grounded, "9.9 million stands in no source");
    let record = &drafts::completions(&bench.desk, &actor, None, 1).await.unwrap()[0];
    assert_eq!((record.provider.as_str(), record.model.as_str(), record.outcome.as_str()), ("mock", "m1-2026", "ok"));
    assert_eq!((record.prompt_tokens, record.completion_tokens, record.cost_micros), (100, 50, 200));
    let asked = bench.site.heads().join("\n");
    assert!(asked.to_lowercase().contains("authorization: bearer sk-very-secret"));

    // Who asks the same at the same time, or later, shares the answer and pays nothing.
    let asked = bench.site.heads().len();
    let (again, once_more) =
        tokio::join!(drafts::generate(&bench.desk, &actor, &request), drafts::generate(&bench.desk, &actor, &request));
    assert_eq!((again.unwrap().title, once_more.unwrap().title), (post.title.clone(), post.title));
    assert_eq!(bench.site.heads().len(), asked);
    let record = &drafts::completions(&bench.desk, &actor, None, 1).await.unwrap()[0];
    assert_eq!((record.outcome.as_str(), record.model.as_str()), ("ok", "m1-2026"));
    assert_eq!((record.attempts, record.prompt_tokens, record.cost_micros), (0, 0, 0));

    // A provider that was changed is asked anew.
    providers::put(&bench.desk, &actor, provider).await.unwrap();
    bench.site.answer("/v1/chat/completions", "401 Unauthorized", "", r#"{"error":{"message":"bad key"}}"#);
    let post = drafts::generate(&bench.desk, &actor, &request).await.unwrap();
    assert!(post.grounded, "the embedded generator cannot invent");
    let records = drafts::completions(&bench.desk, &actor, None, 2).await.unwrap();
    assert_eq!(records[0].provider, "embedded");
    assert_eq!((records[1].provider.as_str(), records[1].outcome.as_str()), ("mock", "rejected"));
    assert!(records[1].error.as_ref().unwrap().contains("401"));
}

#[tokio::test]
async fn a_pipeline_that_names_nobody_asks_the_configuration() {
    let model = |site: &crate::testing::Site| {
        let base_url = site.url("/v1");
        vec![connect::llm::Provider {
            name: "file".into(),
            base_url,
            model: "m".into(),
            ..connect::llm::Provider::default()
        }]
    };
    let bench = Bench::with_models(crate::Settings::default(), model).await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    drafts::generate(&bench.desk, &Actor::system(), &ferry()).await.unwrap();
    let records = drafts::completions(&bench.desk, &Actor::system(), None, 2).await.unwrap();
    let asked: Vec<&str> = records.iter().map(|record| record.provider.as_str()).collect();
    assert_eq!(asked, ["embedded", "file"], "the site has no such path, so the embedded generator answers");

    // It is shown with its health, kept out of what is exported, and changed only in the file.
    let (desk, actor) = (&bench.desk, Actor::system());
    let shown = &providers::list(desk, &actor).await.unwrap()[..];
    let [file] = shown else { panic!("{shown:?}") };
    assert_eq!((file.id, file.created_at, file.is_configured, file.timeout_s), (None, None, true, 60));
    assert_eq!(file.health.as_ref().map(|health| (health.answered, health.failed > 0)), Some((0, true)));
    assert!(portable::export(desk, &actor).await.unwrap().providers.is_empty());
    let kept = providers::delete(desk, &actor, "file").await;
    assert!(matches!(&kept, Err(Error::InUse { by, .. }) if by == "the configuration"), "{kept:?}");

    // One put under its name takes its place, until it is deleted.
    let stored = providers::NewProvider {
        name: "file".into(),
        kind: providers::default_kind(),
        base_url: "https://llm.example/v1".into(),
        model: "other".into(),
        timeout_s: 5,
        ..providers::NewProvider::default()
    };
    providers::put(desk, &actor, stored).await.unwrap();
    let models = async || -> Vec<(String, bool)> {
        let all = providers::list(desk, &actor).await.unwrap();
        all.into_iter().map(|provider| (provider.model, provider.is_configured)).collect()
    };
    assert_eq!(models().await, [("other".to_owned(), false)]);
    providers::delete(desk, &actor, "file").await.unwrap();
    assert_eq!(models().await, [("m".to_owned(), true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_feed_to_a_page_by_the_workers_alone() {
    let bench = ready().await;
    let feed = rss("Alder Mail", &[("g1", "Ferry to Saint Brannoc stops for eleven days", "/ferry", FERRY)]);
    bench.site.answer("/feed", "200 OK", "Content-Type: application/rss+xml\r\n", feed);
    let new = NewSource { url: bench.site.url("/feed"), ..NewSource::default() };
    sources::create(&bench.desk, &Actor::system(), new).await.unwrap();
    let mut spec = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap();
    spec.spec.policy.score_min = 0.3;
    pipelines::update(&bench.desk, &Actor::system(), spec.id, &spec.name, spec.spec.clone()).await.unwrap();

    let tasks = stdx::task::Tasks::default();
    let (mut signals, mut jobs) = (bench.desk.watch(), bench.desk.queue.watch());
    queue::Workers::start(&bench.desk.queue, crate::jobs::handlers(&bench.desk), &tasks);
    tasks.spawn(items::sweep(bench.desk.clone(), tasks.stop()));
    let published = async {
        loop {
            tokio::select! {
                signal = signals.recv() => if let crate::Signal::Post { event, id, .. } = signal.unwrap() && event == "published" { return id },
                // The test owns the clock: the story settles as soon as it is there.
                job = jobs.recv() => if &*job.unwrap().job == "draft_story" { bench.clock.advance(std::time::Duration::from_secs(5)) },
            }
        }
    };
    let id = tokio::time::timeout(std::time::Duration::from_secs(30), published).await.expect("published within 30 s");
    tasks.shutdown(std::time::Duration::from_secs(10)).await;
    let post = posts::get(&mut bench.desk.store.read_fresh(), id).await.unwrap();
    assert_eq!(post.title, "Ferry to Saint Brannoc stops for eleven days");
    assert_eq!(check::differences(&bench.desk).await.unwrap(), Vec::<String>::new());
    // The same story drafted again leaves the published post alone.
    let story = post.story.unwrap();
    drafts::draft_story(bench.desk.clone(), bench.context(), DraftStory { story }).await.unwrap();
    assert_eq!(posts::get(&mut bench.desk.store.read_fresh(), id).await.unwrap(), post);
}

/// A draft from a source that is believed enough is published by the policy; any other waits for a person.
#[tokio::test]
async fn the_policy_asks_how_far_a_source_is_believed() {
    let system = Actor::system();
    let drafted = async |trust: Option<f64>| {
        let bench = ready().await;
        let pipeline = pipelines::find(&bench.desk, pipelines::DEFAULT).await.unwrap();
        let mut spec = pipeline.spec.clone();
        (spec.policy.score_min, spec.policy.trust_min) = (0.3, 0.7);
        pipelines::update(&bench.desk, &system, pipeline.id, &pipeline.name, spec).await.unwrap();
        let feed = rss("Alder Mail", &[("g1", "Ferry to Saint Brannoc stops for eleven days", "/ferry", FERRY)]);
        bench.site.answer("/feed", "200 OK", "Content-Type: application/rss+xml\r\n", feed);
        let new = NewSource { url: bench.site.url("/feed"), ..NewSource::default() };
        let source = sources::create(&bench.desk, &system, new).await.unwrap();
        sources::update(&bench.desk, &system, source.id, Change { trust, ..Change::default() }).await.unwrap();
        let fetch = FetchSources { sources: vec![source.id], age_max_s: 0 };
        items::fetch(bench.desk.clone(), bench.context(), fetch).await.unwrap();
        stories::assign(bench.desk.clone(), bench.context(), AssignStories {}).await.unwrap();
        let filter = items::Filter { source: Some(source.id), ..items::Filter::default() };
        let story = items::list(&bench.desk, &system, filter, None, 1).await.unwrap()[0].story.unwrap();
        drafts::draft_story(bench.desk.clone(), bench.context(), DraftStory { story }).await.unwrap();
        let mut conn = bench.desk.store.read_fresh();
        let id = posts::of_story(&mut conn, story).await.unwrap().unwrap();
        let review = moderation::last_review(&mut conn, id).await.unwrap().unwrap();
        let check = review.reasons.into_iter().find(|check| check.check == "trust").unwrap();
        (posts::get(&mut conn, id).await.unwrap().state, check.passed, check.detail)
    };
    let (state, passed, detail) = drafted(None).await;
    assert_eq!((state, passed, &*detail), (State::InReview, false, "the trust in a source, 0.50, is below 0.70"));
    let (state, passed, detail) = drafted(Some(0.7)).await;
    assert_eq!((state, passed, &*detail), (State::Scheduled, true, "the trust in its sources, 0.70, reaches 0.70"));
}

#[tokio::test]
async fn a_story_that_has_grown_old_is_not_drafted_by_itself() {
    let bench = Bench::with(crate::Settings { news_age_max_h: 48, ..crate::Settings::default() }).await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    let feed = rss("Alder Mail", &[("g1", "Ferry to Saint Brannoc stops for eleven days", "/ferry", FERRY)]);
    bench.site.answer("/feed", "200 OK", "", feed);
    let new = NewSource { url: bench.site.url("/feed"), ..NewSource::default() };
    let source = sources::create(&bench.desk, &Actor::system(), new).await.unwrap();
    let fetch = FetchSources { sources: vec![source.id], age_max_s: 0 };
    items::fetch(bench.desk.clone(), bench.context(), fetch).await.unwrap();
    stories::assign(bench.desk.clone(), bench.context(), AssignStories {}).await.unwrap();
    let story = stories::list(&bench.desk, &Actor::system(), None, 1).await.unwrap()[0].id;
    let draft =
        async || drafts::draft_story(bench.desk.clone(), bench.context(), DraftStory { story }).await.unwrap().unwrap();
    // The item is of an hour before the bench's start.
    bench.clock.advance(std::time::Duration::from_secs(48 * 3_600));
    assert_eq!(draft().await, json!({ "outcome": "not drafted: its newest item is older than 48 hours" }));
    let request = drafts::Request { story: Some(story), ..drafts::Request::default() };
    assert!(drafts::generate(&bench.desk, &Actor::system(), &request).await.is_ok(), "a person may ask for it");
}

#[tokio::test]
async fn every_statement_prepares_and_no_hot_one_scans() {
    let bench = Bench::new().await;
    // Whole-table statements that are meant to be: small tables, checks, counts.
    let whole = [
        "pipelines.",
        "prompts.users",
        "drafts.channel_kinds",
        "providers.",
        "people.",
        "channels.",
        "calendar.channels",
        "money.channels",
        "check.",
        "posts.count",
        "pages.topics",
        "pages.count",
        "pages.search",
        "pages.text",
        "posts.found",
        // They end at 10,001 posts.
        "posts.total",
        "sources.",
        // Once at a start.
        "subscription.rebase",
        // Kept in a memo, one row for each source; or the first row of each table.
        "figures.sources",
        "figures.busiest",
        "figures.steps",
        // Backwards from the newest, and ends after at most 200.
        "figures.latest",
    ];
    for statement in crate::statements() {
        let plan =
            bench.desk.store.prepare(statement).await.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
        let scans = plan.iter().any(|line| {
            line.starts_with("SCAN")
                && !line.contains("USING")
                && !line.contains("json_each")
                && !line.contains("CONSTANT")
                // A row of a virtual table by its id.
                && !line.ends_with("VIRTUAL TABLE INDEX 0:=")
        });
        assert!(!scans || whole.iter().any(|name| statement.name.starts_with(name)), "{}: {plan:?}", statement.name);
    }
}

/// Tables with their columns once all migrations have run. SQLite widens a checked table by writing it anew.
fn schema(text: impl Fn(&store::Migration) -> &'static str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for migration in crate::MIGRATIONS.list {
        let mut made = store::testing::tables(text(migration));
        for line in text(migration).lines() {
            let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
            match words[..] {
                ["CREATE", "TABLE", name, ..] => {
                    all.extend(made.remove_entry(name).map(|(name, columns)| (name, columns.into_iter().collect())));
                }
                ["DROP", "TABLE", name] => assert!(all.remove(name).is_some(), "{line}"),
                ["ALTER", "TABLE", old, "RENAME", "TO", new] => {
                    let columns = all.remove(old).unwrap_or_else(|| panic!("{line}"));
                    assert_eq!(all.insert(new.to_owned(), columns), None, "{line}");
                }
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                    assert!(all.get_mut(name).unwrap_or_else(|| panic!("{line}")).insert(column.to_owned()), "{line}");
                }
                _ => {}
            }
        }
    }
    all
}

#[test]
fn both_engines_have_the_same_tables() {
    let sqlite = schema(|migration| migration.sqlite);
    let mut postgres = schema(|migration| migration.postgres);
    // Virtual tables on SQLite.
    assert!(postgres.remove("page_text").is_some() && postgres.remove("post_text").is_some());
    assert!(sqlite["source"].contains("trust") && sqlite["review"].contains("reasons"), "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}
