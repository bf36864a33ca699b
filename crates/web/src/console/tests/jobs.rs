//! Jobs and queues at the desk: filters, dead letters, many at once, settings.

use std::time::Duration;

use guard::role::Role;
use http::StatusCode;
use queue::{Enqueue, Flow, State};

use super::bench::{Answer, Bench};
use crate::api::tests::jobs::{Chore, Errand, leave_dead};

async fn standing(bench: &Bench, state: State) -> u64 {
    bench.app.desk.queue.counts().await.unwrap().get(state)
}

fn rows(page: &Answer) -> usize {
    page.text.matches("data-row>").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_looked_at_and_decided_on() {
    let bench = Bench::new().await;
    let dead = leave_dead(&bench.app.desk.queue).await;
    let browser = bench.browser(Role::Editor).await;
    let all = browser.get("/console/jobs?state=discarded").await;
    all.has("<h1>Dead letters</h1>").has("chore 1 is &#60;hopeless&#62;").has("&#34;n&#34;: 3");
    all.has("Delete 5 dead letters…").has("Try 5 dead letters again");
    assert_eq!(rows(&all), 5);
    let chores = browser.get("/console/jobs?state=discarded&kind=chore").await;
    chores.has("Puts 3 dead letters of kind chore back to work").has("<option value=\"chore\" selected>");
    assert_eq!(rows(&chores), 3);
    let low = browser.get("/console/jobs?state=discarded&queue=media&priority=low").await;
    low.has("2 dead letters in queue media with priority low back");
    assert_eq!(rows(&low), 2);
    browser.get("/console/jobs?state=discarded&queue=tracking").await.has("No such jobs").lacks("class=\"row bulk\"");

    // One is tried again from the list, and one is deleted; both lead back to what was shown.
    let fields = [("from", "list"), ("state", "discarded"), ("kind", "chore")];
    let tried = browser.post(&format!("/console/jobs/{}/retry", dead[0]), &fields).await;
    assert_eq!(tried.location(), "/console/jobs?state=discarded&kind=chore&said=retried");
    let gone = browser.post(&format!("/console/jobs/{}/purge", dead[1]), &fields).await;
    assert_eq!(gone.location(), "/console/jobs?state=discarded&kind=chore&said=purged");
    assert_eq!(rows(&browser.get(gone.location()).await), 1);

    // Many at once: what the filter names, and the page tells how many they were.
    let tried = browser.post("/console/jobs/retry", &[("state", "discarded"), ("kind", "chore")]).await;
    assert_eq!(tried.location(), "/console/jobs?state=discarded&kind=chore&said=retried-all&count=1");
    browser.get(tried.location()).await.has("Due again: 1 job.");
    assert_eq!((standing(&bench, State::Discarded).await, standing(&bench, State::Available).await), (2, 2));
    let purged = browser.post("/console/jobs/purge", &[("state", "discarded")]).await;
    browser.get(purged.location()).await.has("Deleted for good: 2 jobs.");
    let waiting = browser.get("/console/jobs?kind=chore").await;
    waiting.has("Cancel 2 waiting jobs…");
    let cancelled = browser.post("/console/jobs/cancellation", &[("kind", "chore")]).await;
    assert_eq!(cancelled.location(), "/console/jobs?state=&kind=chore&said=cancelled-all&count=2");
    assert_eq!((standing(&bench, State::Discarded).await, standing(&bench, State::Cancelled).await), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_operate_sees_and_does_nothing() {
    let bench = Bench::new().await;
    let dead = leave_dead(&bench.app.desk.queue).await;
    let moderator = bench.browser(Role::Moderator).await;
    let page = moderator.get("/console/jobs?state=discarded").await;
    page.has("hopeless").lacks("method=\"post\" action=\"/console/jobs");
    moderator.get("/console/queues").await.has("<h1>Queues</h1>").lacks("action=\"/console/queues");
    let one = format!("/console/jobs/{}", dead[0]);
    moderator.get(&one).await.has("hopeless").lacks("Try again");
    for path in [
        "/console/jobs/retry",
        "/console/jobs/purge",
        "/console/jobs/cancellation",
        &format!("{one}/retry"),
        &format!("{one}/purge"),
        "/console/queues",
        "/console/queues/media",
        "/console/queues/media/state",
    ] {
        assert_eq!(moderator.post(path, &[("paused", "yes")]).await.status, StatusCode::FORBIDDEN, "{path}");
        let editor = bench.browser(Role::Editor).await;
        let planted = bench.post(path, &editor.cookie, &[("csrf", "x"), ("paused", "yes")]).await;
        assert_eq!(planted.status, StatusCode::FORBIDDEN, "{path} without the token");
    }
    assert_eq!(standing(&bench, State::Discarded).await, 5);
}

#[tokio::test]
async fn a_job_shows_its_time_its_parent_and_its_children() {
    let bench = Bench::new().await;
    let queue = bench.app.desk.queue.clone();
    let browser = bench.browser(Role::Editor).await;
    let flow = Flow::of(&Errand { n: 9 }, Enqueue::default()).unwrap();
    let flow = flow.after(Flow::of(&Chore { n: 1 }, Enqueue::default()).unwrap());
    let store = bench.app.desk.store.clone();
    let root = store.write(move |tx| Box::pin(async move { queue.enqueue_flow(tx, flow).await })).await.unwrap();
    let parent = format!("/console/jobs/{root}");
    let page = browser.get(&parent).await;
    page.has("waits for other jobs")
        .has("1 job</dd>")
        .has("Jobs it waits for")
        .has("chore")
        .has("<h2 id=\"timeline-title\">");
    let child =
        page.text.split("<li><a class=\"title-link\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    browser.get(&child).await.has("Waits for this one").has(&parent).has("The job that waits for it is cancelled too");
    let cancelled = browser.post(&format!("{child}/cancellation"), &[]).await;
    assert_eq!(cancelled.location(), format!("{child}?said=cancelled"));
    browser.get(&parent).await.has("cancelled");
    browser.get("/console/jobs?state=pending").await.has("No such jobs");
}

#[tokio::test]
async fn queues_are_changed_paused_and_added() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Editor).await;
    for n in 0..2 {
        bench.app.desk.queue.enqueue_now(&Errand { n }, Enqueue::default()).await.unwrap();
    }
    bench.clock.advance(Duration::from_secs(90));
    let page = browser.get("/console/queues").await;
    page.has("id=\"queue-default\"").has("id=\"queue-tracking\"").has("90.0 s").has("no limit").has("errand");
    page.has("No jobs are run in this process");
    let fields = [("weight", "7"), ("concurrency", "2"), ("rate", "1200"), ("durability", "relaxed")];
    let changed = browser.post("/console/queues/media", &fields).await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/console/queues?said=queue#queue-media"));
    let media = || bench.app.desk.queue.queues().into_iter().find(|queue| queue.name == "media").unwrap();
    assert_eq!((media().weight, media().concurrency, media().rate, media().paused), (7, 2, 1_200, false));
    assert_eq!(media().durability, queue::Durability::Relaxed);
    browser.get("/console/queues").await.has("1,200").has("relaxed</dd>");

    let paused = browser.post("/console/queues/media/state", &[("paused", "yes")]).await;
    assert_eq!(paused.location(), "/console/queues?said=queue-paused#queue-media");
    assert!(media().paused);
    browser.get("/console/queues").await.has("Resume media");
    browser.post("/console/queues/media/state", &[("paused", "no")]).await;
    assert_eq!((media().paused, media().weight), (false, 7));

    // What cannot be stays in the form, with the reason beside it.
    for (weight, why) in [("0", "1 to 1000"), ("many", "is no whole number")] {
        let refused = browser.post("/console/queues/media", &[("weight", weight), ("rate", "5")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.has(why).has(&format!("value=\"{weight}\"")).has("<details class=\"change\" open>");
    }
    assert_eq!((media().weight, media().rate), (7, 1_200));
    let missing = browser.post("/console/queues/none", &fields).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);

    let added = browser.post("/console/queues", &[("name", "newsletter"), ("weight", "3")]).await;
    assert_eq!(added.location(), "/console/queues?said=queue#queue-newsletter");
    browser.get("/console/queues").await.has("id=\"queue-newsletter\"");
    let again = browser.post("/console/queues", &[("name", "newsletter")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.has("there is a queue newsletter already");
    let hostile = "\"><script>alert(1)</script>";
    let wrong = browser.post("/console/queues", &[("name", hostile)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.lacks("<script>alert");
}

#[tokio::test]
async fn what_a_filter_cannot_be_narrows_nothing_and_injects_nothing() {
    let bench = Bench::new().await;
    let browser = bench.browser(Role::Editor).await;
    bench.app.desk.queue.enqueue_now(&Chore { n: 1 }, Enqueue::default()).await.unwrap();
    let hostile = super::super::show::encode("\"><script>alert(1)</script>");
    for query in ["state=asleep", "priority=soon", "after=x.y", "state=&priority="] {
        assert_eq!(rows(&browser.get(&format!("/console/jobs?{query}")).await), 1, "{query}");
    }
    let page =
        browser.get(&format!("/console/jobs?kind={hostile}&queue={hostile}&said=purged-all&count=nonsense")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.lacks("<script>alert").has("No such jobs").has("Show all").lacks("nonsense");
}
