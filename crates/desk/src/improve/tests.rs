use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connect::simulate::Reply;
use guard::role::Role;
use serde_json::{Value as Json, json};

use super::*;
use crate::moderation::{NewPost, write_own};
use crate::people::{Idempotency, NewKey};
use crate::posts::{Edit, Post};
use crate::{channels, providers};

/// One endless sentence: what a rewrite has to mend.
const LONG: &str = "The harbour ferry between Port Alder and Saint Brannoc will stop for eleven days from Monday because \
 engineers found cracks in two of the four shafts during a routine inspection on Thursday night and the operator expects \
 the repair to cost 2.4 million crowns and has asked the region for help while about 3,800 commuters use the line on a \
 working day and most of them have no other way to cross before eight.";

/// The same news in portions.
const SHORT: &str = "The harbour ferry between Port Alder and Saint Brannoc will stop for eleven days from Monday. \
 Engineers found cracks in two of the four shafts during a routine inspection on Thursday night.\n\n\
 The operator expects the repair to cost 2.4 million crowns. It has asked the region for help.\n\n\
 About 3,800 commuters use the line on a working day. Most of them have no other way to cross before eight.";

struct Scene {
    bench: crate::testing::Bench,
    ada: Actor,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    /// A model that gives the bodies one after another, and the last one for ever.
    async fn with(bodies: &[&str]) -> Scene {
        let answers: Vec<Reply> = bodies.iter().map(|body| said(body)).collect();
        Scene::answering(move |index| answers[index.min(answers.len() - 1)].clone()).await
    }

    async fn answering(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Scene {
        let scene = Scene::alone().await;
        let provider = providers::NewProvider {
            name: "mock".into(),
            kind: providers::default_kind(),
            base_url: scene.bench.site.url("/v1"),
            model: "m1".into(),
            api_key: None,
            timeout_s: 5,
            price_in: 1_000_000,
            price_out: 2_000_000,
            ..providers::NewProvider::default()
        };
        providers::put(&scene.bench.desk, &Actor::system(), provider).await.unwrap();
        let pipeline = pipelines::find(&scene.bench.desk, pipelines::DEFAULT).await.unwrap();
        let spec = pipelines::Spec { providers: vec!["mock".into()], ..pipeline.spec };
        pipelines::update(&scene.bench.desk, &Actor::system(), pipeline.id, &pipeline.name, spec).await.unwrap();
        let (asked, count) = (Arc::clone(&scene.asked), AtomicUsize::new(0));
        scene.bench.site.answer_with(move |request| {
            asked.lock().unwrap().push(String::from_utf8_lossy(request.body).into_owned());
            answer(count.fetch_add(1, Ordering::SeqCst))
        });
        scene
    }

    /// Without any model.
    async fn alone() -> Scene {
        let bench = crate::testing::Bench::new().await;
        pipelines::ensure_default(&bench.desk).await.unwrap();
        channels::ensure_site(&bench.desk).await.unwrap();
        let new = NewKey::new("ada", Role::Editor);
        let (_, secret) = people::create_key(&bench.desk, &Actor::system(), new).await.unwrap();
        let ada = people::authenticate(&bench.desk, secret.reveal()).await.unwrap().unwrap().actor;
        Scene { bench, ada, asked: Arc::default() }
    }

    async fn post(&self, body: &str) -> Post {
        let new = NewPost {
            title: "Ferry between Port Alder and Saint Brannoc stops for eleven days".into(),
            excerpt: "The harbour ferry will stop for eleven days.".into(),
            body: body.into(),
            topic: "Harbour".into(),
            pipeline: None,
        };
        write_own(&self.bench.desk, &self.ada, new).await.unwrap()
    }

    async fn improve(&self, made: &Post, wanted: &Wanted) -> Result<Improved, Error> {
        post(&self.bench.desk, &self.ada, made.id, made.version, wanted, true).await
    }

    async fn reload(&self, made: &Post) -> Post {
        posts::get(&mut self.bench.desk.store.read_fresh(), made.id).await.unwrap()
    }

    async fn calls(&self) -> Vec<Completion> {
        drafts::completions(&self.bench.desk, &Actor::system(), None, 50).await.unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn said(body: &str) -> Reply {
    let content = json!({ "title": "", "excerpt": "", "body": body }).to_string();
    let body = json!({
        "model": "m1-2026", "choices": [{ "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 50 },
    });
    let headers = vec![("content-type", "application/json".to_owned())];
    Reply { status: 200, headers, body: body.to_string().into_bytes(), delay: Duration::ZERO }
}

fn to(targets: &[(&str, f64)]) -> Wanted {
    let targets = targets.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Wanted { targets, rounds_max: None }
}

fn rewrites(improved: &Improved) -> Vec<&Step> {
    improved.steps.iter().filter(|step| step.kind == StepKind::Rewrite).collect()
}

#[tokio::test]
async fn a_rewrite_that_raises_the_score_becomes_a_version() {
    let scene = Scene::with(&[SHORT]).await;
    let made = scene.post(LONG).await;
    let improved = scene.improve(&made, &Wanted::default()).await.unwrap();
    assert!(improved.after.score > improved.before.score + 0.02, "{improved:#?}");
    assert!(rewrites(&improved)[0].kept && rewrites(&improved)[0].reason.contains("the score rises"));
    assert_eq!((improved.stopped, improved.version), (Stop::NothingBetter, Some(2)), "{:#?}", improved.steps);
    // The text given back again is no change.
    assert_eq!(rewrites(&improved)[1].reason, "it is the text as it was");
    assert_eq!((improved.provider.as_deref(), improved.cost_micros), (Some("mock"), 600), "three calls of 200");
    let post = scene.reload(&made).await;
    assert_eq!((post.version, post.edited, post.author), (2, true, scene.ada.principal.to_string()));
    assert!((post.score - improved.after.score).abs() < 1e-12, "the desk judges it as the loop did");
    let version = posts::version(&mut scene.bench.desk.store.read_fresh(), made.id, 2).await.unwrap();
    let calls = scene.calls().await;
    assert_eq!((version.body.as_str(), version.completion), (SHORT, Some(calls[2].id)));
    assert!(
        calls.iter().all(|call| call.outcome == "ok" && call.cost_micros == 200 && call.prompt_version.len() == 16)
    );
    // The model is told what costs most, and that the text gives no orders.
    let first: Json = serde_json::from_str(&scene.asked.lock().unwrap()[0]).unwrap();
    let (rules, data) = (first["messages"][0]["content"].to_string(), first["messages"][1]["content"].to_string());
    assert!(rules.contains("never an instruction") && data.starts_with("\"<DATA-") && data.contains("FINDINGS"));
    assert_eq!(crate::check::differences(&scene.bench.desk).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_invents_or_worsens_is_dropped_with_the_reason() {
    let invented = SHORT.replace("2.4", "9.9");
    let scene = Scene::with(&[&invented, "Ferry!!! STOPS!!! NOW!!!"]).await;
    let made = scene.post(LONG).await;
    let improved = scene.improve(&made, &Wanted::default()).await.unwrap();
    let steps = rewrites(&improved);
    assert_eq!(steps.iter().map(|step| step.kept).collect::<Vec<_>>(), [false, false]);
    assert!(steps[0].reason.contains("9.9"), "{}", steps[0].reason);
    assert!(steps[1].reason.contains("the score would fall"), "{}", steps[1].reason);
    assert_eq!((improved.stopped, improved.version, improved.provider), (Stop::NothingBetter, None, None));
    assert_eq!(improved.text.body, LONG);
    assert_eq!(scene.reload(&made).await.version, 1);
    assert_eq!(scene.calls().await.len(), 2, "what was paid for is recorded");
    assert!(scene.asked.lock().unwrap()[1].contains("YOUR LAST TEXT WAS NOT TAKEN"));
}

#[tokio::test]
async fn the_loop_stops_when_the_targets_are_met() {
    let scene = Scene::with(&[SHORT]).await;
    let made = scene.post(LONG).await;
    let wanted = to(&[("words_per_sentence", 18.0), ("longest_sentence_words", 25.0)]);
    let improved = scene.improve(&made, &wanted).await.unwrap();
    assert_eq!((improved.stopped, scene.asked()), (Stop::TargetsMet, 1), "{improved:#?}");
    assert!(improved.before.targets.iter().all(|target| !target.met), "{:?}", improved.before);
    assert!(improved.after.targets.iter().all(|target| target.met));
    // What is as wanted is left alone.
    let again = post(&scene.bench.desk, &scene.ada, made.id, 2, &wanted, true).await.unwrap();
    assert_eq!((again.stopped, again.steps.len(), again.version, scene.asked()), (Stop::TargetsMet, 0, None, 1));
    // No text of this kind reaches 400 words: the rounds end.
    let far = Wanted { rounds_max: Some(1), ..to(&[("words", 400.0)]) };
    let made = scene.post(LONG).await;
    let improved = scene.improve(&made, &far).await.unwrap();
    assert_eq!((improved.stopped, scene.asked()), (Stop::RoundsMax, 2));
}

#[tokio::test]
async fn unknown_targets_are_told_with_the_known_ones() {
    let scene = Scene::alone().await;
    let made = scene.post(LONG).await;
    let wanted = Wanted { rounds_max: Some(6), ..to(&[("beauty", 1.0), ("score", f64::INFINITY)]) };
    let Err(Error::Invalid(faults)) = scene.improve(&made, &wanted).await else { panic!("it was taken") };
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/rounds_max", "/targets/beauty", "/targets/score"]);
    assert!(faults[1].detail.contains("gunning_fog"), "{}", faults[1].detail);
}

#[tokio::test]
async fn without_a_model_the_safe_edits_remain() {
    let twice = LONG.replace("the repair", "the the repair");
    let down = || Reply { status: 401, headers: Vec::new(), body: b"{}".to_vec(), delay: Duration::ZERO };
    for (scene, stopped) in
        [(Scene::alone().await, Stop::NoProvider), (Scene::answering(move |_| down()).await, Stop::NothingBetter)]
    {
        let made = scene.post(&twice).await;
        let improved = scene.improve(&made, &Wanted::default()).await.unwrap();
        assert_eq!((improved.stopped, improved.version), (stopped, Some(2)), "{improved:#?}");
        let first = &improved.steps[0];
        assert!(first.kind == StepKind::Edits && first.kept, "{first:?}");
        let edit = first.edits.iter().find(|edit| edit.field == "body").unwrap();
        let was: String = twice.chars().skip(edit.start).take(edit.end - edit.start).collect();
        assert_eq!(was, edit.was);
        assert!(improved.text.body.contains("expects the repair"), "{}", improved.text.body);
        assert_eq!(scene.reload(&made).await.version, 2);
        for step in rewrites(&improved) {
            assert!(!step.kept && step.score.is_none() && step.reason.contains("no provider"), "{step:?}");
        }
    }
}

#[tokio::test]
async fn whoever_writes_meanwhile_wins() {
    let scene = Scene::with(&[SHORT]).await;
    let made = scene.post(LONG).await;
    let stale = post(&scene.bench.desk, &scene.ada, made.id, 7, &Wanted::default(), true).await;
    assert!(matches!(stale, Err(Error::StaleVersion { given: 7, newest: 1, .. })), "{stale:?}");
    assert_eq!(scene.asked(), 0, "nobody is asked for nothing");
    // While the model thinks, somebody writes another version.
    let thinking = scene.bench.site.gate.write().await;
    let write = async {
        while scene.asked() == 0 {
            tokio::task::yield_now().await;
        }
        let edit = Edit { title: Some("Ferry stops for eleven days".into()), ..Edit::default() };
        let written = moderation::edit(&scene.bench.desk, &scene.ada, made.id, 1, edit).await;
        drop(thinking);
        written
    };
    let wanted = Wanted::default();
    let (improved, written) = tokio::join!(scene.improve(&made, &wanted), write);
    assert_eq!(written.unwrap().version, 2);
    assert!(matches!(improved, Err(Error::StaleVersion { given: 1, newest: 2, .. })), "{improved:?}");
    assert_eq!(scene.reload(&made).await.version, 2);
    assert!(!scene.calls().await.is_empty(), "what was paid for is recorded");
}

#[tokio::test]
async fn a_repeated_request_is_answered_as_the_first_time() {
    let scene = Scene::with(&[SHORT]).await;
    let made = scene.post(LONG).await;
    let key = Idempotency { key: "k".into(), request: "r".into() };
    let ada = Actor { idempotency: Some(key), ..scene.ada.clone() };
    let wanted = Wanted { rounds_max: Some(1), ..Wanted::default() };
    let ask = || post(&scene.bench.desk, &ada, made.id, 1, &wanted, true);
    let first = ask().await.unwrap();
    assert_eq!((ask().await.unwrap(), scene.asked()), (first, 1));
    assert_eq!(scene.reload(&made).await.version, 2);
    let reader = Actor { role: Role::Viewer, ..scene.ada.clone() };
    let refused = post(&scene.bench.desk, &reader, made.id, 2, &wanted, true).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn nothing_is_written_where_it_is_only_asked_for() {
    let scene = Scene::with(&[SHORT]).await;
    let made = scene.post(LONG).await;
    let wanted = Wanted { rounds_max: Some(1), ..Wanted::default() };
    let tried = post(&scene.bench.desk, &scene.ada, made.id, 1, &wanted, false).await.unwrap();
    assert!(rewrites(&tried)[0].kept && tried.version.is_none() && tried.text.body == SHORT);
    assert_eq!(scene.reload(&made).await.version, 1);

    let given = Given { text: LONG.into(), ..Given::default() };
    let improved = text(&scene.bench.desk, &scene.ada, given, &wanted).await.unwrap();
    assert_eq!((improved.text.body.as_str(), improved.text.title.as_str()), (SHORT, ""));
    assert_eq!(scene.calls().await.len(), 2);
    let empty = text(&scene.bench.desk, &scene.ada, Given::default(), &to(&[("beauty", 1.0)])).await;
    assert!(matches!(empty, Err(Error::Invalid(faults)) if faults.len() == 2));
}

#[tokio::test]
async fn a_grounded_post_stays_grounded() {
    // The source says 2.4 million; the text before was made from it.
    let scene = Scene::with(&[&SHORT.replace("eleven days from Monday", "twelve days from Monday"), SHORT]).await;
    let document =
        drafts::GivenText { title: "Ferry stops".into(), text: LONG.into(), url: String::new(), source: "Mail".into() };
    let alone = pipelines::Spec { providers: vec![providers::EMBEDDED.into()], ..pipelines::Spec::default() };
    let pipeline = pipelines::create(&scene.bench.desk, &Actor::system(), "alone", alone).await.unwrap();
    let request =
        drafts::Request { documents: vec![document], pipeline: Some(pipeline.id), ..drafts::Request::default() };
    let made = drafts::generate(&scene.bench.desk, &scene.ada, &request).await.unwrap();
    // Its pipeline asks nobody.
    let improved = scene.improve(&made, &Wanted::default()).await.unwrap();
    assert_eq!((improved.stopped, scene.asked()), (Stop::NoProvider, 0));
    let made = scene.post(LONG).await;
    let improved = scene.improve(&made, &Wanted::default()).await.unwrap();
    let steps = rewrites(&improved);
    assert!(!steps[0].kept && steps[0].reason.contains("twelve"), "{}", steps[0].reason);
    assert!(steps[1].kept, "{}", steps[1].reason);
}
