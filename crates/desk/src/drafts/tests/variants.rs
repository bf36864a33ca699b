//! Several drafts of one post, with a model and without.

use super::*;
use crate::posts::variants;

/// What a model with another answer for each angle makes of the ferry: B its own, C nothing of the form, D the same as A.
fn many_sided(bench: &Bench) -> Arc<Mutex<Vec<Json>>> {
    let asked: Arc<Mutex<Vec<Json>>> = Arc::default();
    let seen = Arc::clone(&asked);
    bench.site.answer_with(move |question| {
        let said: Json = serde_json::from_slice(question.body).unwrap();
        let system = said["messages"][0]["content"].as_str().unwrap().to_owned();
        seen.lock().unwrap().push(said);
        let text = if system.contains("those whom it touches most") {
            draft("About 3,800 commuters use the line on a working day, and two buses will run around the bay.")
        } else if system.contains("the figure or the fact") {
            "It is a fine day.".to_owned()
        } else {
            draft("The ferry will stop for eleven days from Monday. The repair costs 2.4 million crowns.")
        };
        let body = json!({
            "model": "m", "usage": { "prompt_tokens": 100, "completion_tokens": 50 },
            "choices": [{ "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        });
        let headers = vec![("content-type", "application/json".to_owned())];
        Reply { status: 200, headers, body: body.to_string().into_bytes(), delay: std::time::Duration::ZERO }
    });
    asked
}

#[tokio::test]
async fn of_several_variants_a_person_chooses_one() {
    let (bench, _) = bench(&[""]).await;
    let asked = many_sided(&bench);
    let (desk, actor) = (&bench.desk, Actor::system());
    let wanted = drafts::Request { variants: Some(4), ..request(FERRY) };
    let post = drafts::generate(desk, &actor, &wanted).await.unwrap();
    assert_eq!((post.state, post.version), (State::InReview, 1), "{}", post.reason);
    let check = judged(&bench, post.id).await.into_iter().find(|check| check.check == "variants").unwrap();
    assert_eq!(
        (check.passed, check.detail.as_str()),
        (false, "a person chooses among the variants A, B, C; D: it says the same as A")
    );
    let list = async || variants::variants(&mut desk.store.read_fresh(), post.id).await.unwrap();
    let all = list().await;
    let told: Vec<(&str, Option<u32>, bool)> =
        all.iter().map(|one| (one.label.as_str(), one.version, one.body.is_empty())).collect();
    assert_eq!(told, [("A", Some(1), false), ("B", None, false), ("C", None, false), ("D", None, true)]);
    assert!(all[1].body.starts_with("About 3,800") && all[1].grounded);
    // Each is an attempt of its own: A, B, D answered at once, C not even when asked again, and then without a model.
    assert_eq!(asked.lock().unwrap().len(), 5);
    let records = drafts::completions(desk, &actor, None, 20).await.unwrap();
    let spent: u64 = records.iter().map(|record| record.cost_micros).sum();
    assert_eq!((records.len(), spent), (5, 5 * 150));
    let ledger = money::entries(desk, &actor, None, 20).await.unwrap();
    assert_eq!(ledger.iter().map(|entry| entry.micros).sum::<u64>(), spent);
    let suffixes: Vec<&str> = ["", ".B", ".C", ".D"]
        .into_iter()
        .filter(|end| {
            records
                .iter()
                .any(|record| record.prompt_version.len() == 25 + end.len() && record.prompt_version.ends_with(end))
        })
        .collect();
    assert_eq!(suffixes.len(), 4, "{records:?}");
    drafts::generate(desk, &actor, &wanted).await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), 7, "who asks the same gets the same of each, but for what failed");

    let choose = async |version: u32, label: &str| moderation::choose(desk, &actor, post.id, version, label).await;
    assert!(matches!(choose(1, "D").await, Err(crate::Error::Invalid(_))), "it was dropped");
    assert!(matches!(choose(1, "E").await, Err(crate::Error::NotFound { .. })));
    let viewer = Actor { role: guard::role::Role::Viewer, ..Actor::system() };
    let refused = moderation::choose(desk, &viewer, post.id, 1, "B").await;
    assert!(matches!(refused, Err(crate::Error::Forbidden { .. })));
    let chosen = choose(1, "B").await.unwrap();
    assert_eq!((chosen.version, chosen.state, chosen.edited), (2, State::InReview, false));
    let version = posts::version(&mut desk.store.read_fresh(), post.id, 2).await.unwrap();
    assert_eq!((&version.body, version.completion), (&all[1].body, all[1].completion));
    assert!(version.lifts.is_some() && version.sources[0].name == "Alder Mail");
    assert_eq!(choose(2, "B").await.unwrap().version, 2, "it is the text already");
    assert!(matches!(choose(1, "A").await, Err(crate::Error::StaleVersion { .. })));
    assert_eq!(choose(2, "A").await.unwrap().version, 3);
    assert_eq!(choose(3, "B").await.unwrap().version, 4);
    assert_eq!(list().await[1].version, Some(4));

    moderation::approve(desk, &actor, post.id, 4, crate::calendar::When::Soon).await.unwrap();
    for _ in 0..2 {
        let job = crate::jobs::PublishPost { post: post.id, version: 4, due_at: None };
        channels::publish(desk.clone(), bench.context(), job).await.unwrap();
    }
    let log = events::stream(&mut desk.store.read_fresh(), post.id).await.unwrap();
    assert_eq!(log.iter().filter(|recorded| recorded.event.kind() == "published").count(), 1);
    let figures = drafts::used::versions(desk, &actor, "news-post-en").await.unwrap()[0].1;
    assert_eq!((figures.accepted, figures.edit_distance), (1, Some(0.0)), "B is published as it was written");
}

#[tokio::test]
async fn variants_without_a_model_differ_or_are_dropped_with_a_note() {
    let (bench, _) = bench(&[]).await;
    let (desk, actor) = (&bench.desk, Actor::system());
    let mut pipeline = pipelines::find(desk, pipelines::DEFAULT).await.unwrap();
    pipeline.spec.variants = 6;
    let (id, name) = (pipeline.id, pipeline.name.clone());
    let refused = pipelines::update(desk, &actor, id, &name, pipeline.spec.clone()).await;
    assert!(matches!(refused, Err(crate::Error::Invalid(faults)) if faults[0].pointer == "/variants"));
    pipeline.spec.variants = 3;
    pipelines::update(desk, &actor, id, &name, pipeline.spec).await.unwrap();
    let of = async |request: &drafts::Request| {
        let post = drafts::generate(desk, &actor, request).await.unwrap();
        let all = variants::variants(&mut desk.store.read_fresh(), post.id).await.unwrap();
        (post, all.into_iter().map(|one| (one.note, one.title, one.body)).collect::<Vec<_>>())
    };
    let mut several = request(FERRY);
    several.documents.push(drafts::GivenText {
        title: "Two buses replace the ferry to Saint Brannoc".into(),
        text: "Shop owners at the pier fear for the market. Tickets stay valid on the buses. The operator asked the region for help.".into(),
        url: String::new(),
        source: "Bay Post".into(),
    });
    let (post, all) = of(&several).await;
    assert_eq!((post.state, all.len()), (State::InReview, 3));
    assert!(all.iter().all(|(note, _, body)| note.is_empty() && !body.is_empty()), "{all:?}");
    assert!(all[0].2 != all[1].2 && all[1].2 != all[2].2);
    assert_eq!(of(&several).await.1, all);
    let (post, all) = of(&request("The harbour ferry of Port Alder will stop for eleven days from Monday on.")).await;
    assert_eq!(
        all.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(),
        ["", "it says the same as A", "it says the same as A"]
    );
    let check = judged(&bench, post.id).await.into_iter().find(|check| check.check == "variants").unwrap();
    assert!(check.passed && check.detail.starts_with("only one of the variants is left"), "{check:?}");
    let one = drafts::Request { variants: Some(1), ..request(FERRY) };
    assert!(of(&one).await.1.is_empty(), "a request says it for itself");
    let wrong = drafts::Request { variants: Some(0), ..request(FERRY) };
    assert!(matches!(drafts::generate(desk, &actor, &wrong).await, Err(crate::Error::Invalid(_))));
}
