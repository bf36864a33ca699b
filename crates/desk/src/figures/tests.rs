use super::*;
use crate::jobs::PublishPost;
use crate::sources::NewSource;
use crate::testing::Bench;
use crate::{channels, drafts, moderation, pipelines};

const TEXT: &str = "The harbour ferry between Port Alder and Saint Brannoc will stop for eleven days from Monday. \
 Engineers found cracks in two of the four shafts during a routine inspection on Thursday night. \
 About 3,800 commuters use the line on a working day, and most of them have no other way to cross before eight.";

#[tokio::test]
async fn figures_follow_the_line_from_a_source_to_a_page() {
    let bench = Bench::new().await;
    let (desk, system) = (&bench.desk, Actor::system());
    pipelines::ensure_default(desk).await.unwrap();
    channels::ensure_site(desk).await.unwrap();
    assert_eq!(checklist(desk).await.unwrap(), Checklist::default());
    assert_eq!(sources(desk).await.unwrap(), Sources::default());
    let waiting_since = async || moderation::waiting_since(desk).await.unwrap();
    assert_eq!((waiting_since().await, published_today(desk).await.unwrap()), (None, 0));

    let new = NewSource { url: "https://news.example/feed".into(), ..NewSource::default() };
    crate::sources::create(desk, &system, new).await.unwrap();
    let pipeline = pipelines::find(desk, pipelines::DEFAULT).await.unwrap();
    let mut spec = pipeline.spec.clone();
    spec.policy.automatic = false;
    pipelines::update(desk, &system, pipeline.id, &pipeline.name, spec).await.unwrap();
    let document = drafts::GivenText {
        title: "Ferry stops for eleven days".into(),
        text: TEXT.into(),
        url: "https://news.example/ferry".into(),
        source: "Alder Mail".into(),
    };
    let request = drafts::Request { documents: vec![document], ..drafts::Request::default() };
    let post = drafts::generate(desk, &system, &request).await.unwrap();
    assert_eq!(waiting_since().await, Some(bench.now()));
    let done = Checklist { source: true, draft: true, ..Checklist::default() };
    assert_eq!(checklist(desk).await.unwrap(), done);

    let post = moderation::approve(desk, &system, post.id, 1, calendar::When::Soon).await.unwrap();
    assert_eq!(checklist(desk).await.unwrap(), Checklist { approval: true, ..done });
    let job = PublishPost { post: post.id, version: 1, due_at: None };
    bench.clock.advance(Duration::from_secs(60));
    channels::publish(desk.clone(), bench.context(), job).await.unwrap();
    assert_eq!(checklist(desk).await.unwrap(), Checklist { approval: true, publication: true, ..done });
    assert_eq!((waiting_since().await, failed_at(desk).await.unwrap()), (None, None));
    assert_eq!(published_today(desk).await.unwrap(), 1);

    let lately = latest(desk, &system, 3).await.unwrap();
    assert_eq!((lately.len(), lately[0].what.as_str(), lately[0].post), (3, "published", post.id));
    assert_eq!((lately[0].name.as_deref(), lately[0].title.as_str()), (Some("system"), post.title.as_str()));
    bench.clock.advance(Duration::from_secs(86_400));
    let week: Vec<(String, u64, u64)> =
        days(desk, 3).await.unwrap().into_iter().map(|day| (day.date, day.drafted, day.published)).collect();
    let day = |date: &str, n: u64| (date.to_owned(), n, n);
    assert_eq!(week, [day("2026-11-19", 0), day("2026-11-20", 1), day("2026-11-21", 0)]);
    assert_eq!(published_today(desk).await.unwrap(), 0, "that was yesterday");
    assert_eq!(busiest(desk).await.unwrap(), []);
    let known = sources(desk).await.unwrap();
    assert_eq!((known.all, known.active, known.failing, known.failing_since), (1, 1, 0, None));
}
