//! Jobs and queues: lists, single ones, many at once, settings, numbers.

use std::time::Duration;

use guard::role::Role;
use queue::{Context, Enqueue, Fault, Flow, Handlers, Job, JobId, Priority, Queue, State, Workers};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::task::Tasks;

use super::Bench;

/// Work that cannot be done.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Chore {
    pub n: u32,
}

impl Job for Chore {
    const KIND: &'static str = "chore";
}

/// The same in another queue.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Errand {
    pub n: u32,
}

impl Job for Errand {
    const KIND: &'static str = "errand";
    const QUEUE: &'static str = "media";
    const PRIORITY: Priority = Priority::Low;
}

/// Leaves dead letters: three chores and two errands.
pub(crate) async fn leave_dead(queue: &Queue) -> Vec<JobId> {
    let handlers = Handlers::default()
        .on(|_, job: Chore| async move { Err::<Option<Json>, _>(Fault::GiveUp(format!("chore {} is <hopeless>", job.n))) })
        .on(|_, job: Errand| async move { Err::<Option<Json>, _>(Fault::GiveUp(format!("errand {} got lost", job.n))) });
    let mut signals = queue.watch();
    let tasks = Tasks::default();
    Workers::start(queue, handlers, &tasks);
    let mut ids = Vec::new();
    for n in 1..=3 {
        ids.push(queue.enqueue_now(&Chore { n }, Enqueue::default()).await.unwrap().id());
    }
    for n in 1..=2 {
        ids.push(queue.enqueue_now(&Errand { n }, Enqueue::default()).await.unwrap().id());
    }
    for id in &ids {
        while queue.get(*id).await.unwrap().unwrap().state != State::Discarded {
            let _ =
                tokio::time::timeout(Duration::from_secs(10), signals.recv()).await.expect("the job dies within 10 s");
        }
    }
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
    ids
}

async fn count(bench: &Bench, path: &str) -> usize {
    bench.get(path).await.expect(200).json()["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn jobs_are_listed_counted_and_cancelled() {
    let bench = Bench::new().await;
    for i in 0..5 {
        let new = json!({ "url": format!("https://site{i}.example/feed") });
        let source = bench.post("/api/v3/sources", new).await.expect(201).json();
        bench.post(&format!("/api/v3/sources/{}/fetch", source["id"].as_str().unwrap()), json!({})).await.expect(202);
    }
    bench.post("/api/v3/sources/fetch", json!({})).await.expect(202);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = bench.get(&format!("/api/v3/jobs?limit=4{after}")).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        match page["pagination"]["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (6, &sorted));
    let fetches = bench.get("/api/v3/jobs?kind=fetch_sources&state=available").await.expect(200).json();
    assert_eq!(fetches["data"].as_array().unwrap().len(), 6);
    assert_eq!(bench.get("/api/v3/jobs?state=asleep").await.expect(400).problem(), "malformed");

    let path = format!("/api/v3/jobs/{}", fetches["data"][0]["id"].as_str().unwrap());
    assert_eq!(bench.post(&format!("{path}/retry"), json!({})).await.expect(202).json()["state"], "available");
    bench.delete(&format!("{path}/dead-letter")).await.expect(404);
    assert_eq!(bench.delete(&path).await.expect(202).json()["state"], "cancelled");
    bench.delete(&path).await.expect(404);
    let gone = bench.get("/api/v3/jobs?state=cancelled").await.expect(200).json();
    assert_eq!(gone["data"].as_array().unwrap().len(), 1);

    let queues = bench.get("/api/v3/queues").await.expect(200).json();
    let row = queues["data"].as_array().unwrap().iter().find(|row| row["kind"] == "fetch_sources").unwrap();
    assert_eq!((row["queue"].as_str(), row["priority"].as_str()), (Some("default"), Some("high")));
    assert_eq!((row["counts"]["available"].as_u64(), row["counts"]["cancelled"].as_u64()), (Some(5), Some(1)));
    // A moderator judges posts and leaves the queues alone.
    bench.call(Role::Moderator, "DELETE", &path).send().await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_inspected_retried_and_deleted_one_or_many() {
    let bench = Bench::new().await;
    let dead = leave_dead(&bench.app.desk.queue).await;
    let list = bench.get("/api/v3/jobs?state=discarded&kind=chore&priority=normal").await.expect(200).json();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(list["data"][0]["parameters"], json!({ "n": 3 }));
    assert_eq!(list["data"][0]["error"], "chore 3 is <hopeless>");
    assert_eq!(count(&bench, "/api/v3/jobs?state=discarded&queue=media&priority=low").await, 2);
    assert_eq!(count(&bench, "/api/v3/jobs?state=discarded&queue=media&priority=high").await, 0);
    assert_eq!(count(&bench, "/api/v3/jobs?state=discarded&queue=nothing").await, 0);

    // Nobody does it to everything by mistake.
    for path in ["retry", "purge", "cancel"] {
        let refused = bench.post(&format!("/api/v3/jobs/{path}"), json!({})).await.expect(422);
        assert_eq!((refused.problem().as_str(), &refused.json()["errors"][0]["pointer"]), ("invalid", &json!("/all")));
        let wrong = bench.post(&format!("/api/v3/jobs/{path}"), json!({ "priority": "soon" })).await.expect(422);
        assert_eq!(wrong.json()["errors"][0]["pointer"], "/priority");
        let body = json!({ "all": true });
        bench.call(Role::Moderator, "POST", &format!("/api/v3/jobs/{path}")).body(body).send().await.expect(403);
    }
    let path = format!("/api/v3/jobs/{}", dead[0]);
    let again = bench.post(&format!("{path}/retry"), json!({})).await.expect(202).json();
    assert_eq!((&again["state"], &again["finished_at"]), (&json!("available"), &Json::Null));
    bench.delete(&format!("/api/v3/jobs/{}/dead-letter", dead[1])).await.expect(204);
    bench.get(&format!("/api/v3/jobs/{}", dead[1])).await.expect(404);

    let post = async |path: &str, body: Json| bench.post(path, body).await.expect(200).json();
    assert_eq!(post("/api/v3/jobs/retry", json!({ "kind": "chore" })).await, json!({ "count": 1 }));
    assert_eq!(post("/api/v3/jobs/retry", json!({ "kind": "chore" })).await, json!({ "count": 0 }));
    assert_eq!(
        post("/api/v3/jobs/purge", json!({ "queue": "media", "priority": "high" })).await,
        json!({ "count": 0 })
    );
    assert_eq!(post("/api/v3/jobs/cancel", json!({ "queue": "media" })).await, json!({ "count": 0 }));
    let purge = async |body: Json| {
        let call = bench.call(Role::Admin, "POST", "/api/v3/jobs/purge").header("idempotency-key", "purge");
        call.body(body).send().await
    };
    assert_eq!(purge(json!({ "all": true })).await.expect(200).json(), json!({ "count": 2 }));
    assert_eq!(
        purge(json!({ "all": true })).await.expect(200).json(),
        json!({ "count": 2 }),
        "answered as it was then"
    );
    assert_eq!(purge(json!({ "kind": "chore" })).await.expect(422).problem(), "idempotency-mismatch");
    assert_eq!(count(&bench, "/api/v3/jobs?state=discarded").await, 0);
    assert_eq!(post("/api/v3/jobs/cancel", json!({ "kind": "chore" })).await, json!({ "count": 2 }));
    assert_eq!(count(&bench, "/api/v3/jobs?kind=chore").await, 0);
    assert_eq!(count(&bench, "/api/v3/jobs?state=cancelled&kind=chore").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_tells_its_progress_and_is_asked_to_end() {
    let bench = Bench::new().await;
    let queue = &bench.app.desk.queue;
    let mut signals = queue.watch();
    let handlers = Handlers::default().on(|ctx: Context, _: Chore| async move {
        ctx.progress(3, 10);
        std::future::pending::<()>().await;
        Ok(None)
    });
    let tasks = Tasks::default();
    bench.app.watch_workers(Workers::start(queue, handlers, &tasks));
    let id = queue.enqueue_now(&Chore { n: 1 }, Enqueue::default()).await.unwrap().id();
    let path = format!("/api/v3/jobs/{id}");
    let mut next = async || drop(tokio::time::timeout(Duration::from_secs(10), signals.recv()).await.unwrap());
    while bench.get(&path).await.json()["progress"] != "3/10" {
        next().await;
    }
    let job = bench.get(&path).await.expect(200).json();
    assert_eq!((&job["state"], &job["attempts"], &job["waits_for"]), (&json!("running"), &json!(1), &Json::Null));
    assert!(job["started_at"].is_string());
    assert_eq!(count(&bench, "/api/v3/jobs?state=running&kind=chore&queue=default").await, 1);
    let pools = bench.get("/api/v3/queues").await.expect(200).json()["pools"].clone();
    let normal = pools.as_array().unwrap().iter().find(|pool| pool["priority"] == "normal").unwrap();
    assert_eq!((pools.as_array().map(Vec::len), &normal["running"]), (Some(4), &json!(1)));
    let state = bench.delete(&path).await.expect(202).json()["state"].as_str().unwrap().to_owned();
    assert!(state == "running" || state == "cancelled", "{state}");
    while bench.get(&path).await.json()["state"] != "cancelled" {
        next().await;
    }
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn a_job_tells_whom_it_waits_for() {
    let bench = Bench::new().await;
    let queue = bench.app.desk.queue.clone();
    let flow = Flow::of(&Errand { n: 9 }, Enqueue::default()).unwrap();
    let flow = flow.after(Flow::of(&Chore { n: 1 }, Enqueue::default()).unwrap());
    let flow = flow.after(Flow::of(&Chore { n: 2 }, Enqueue::default()).unwrap());
    let store = bench.app.desk.store.clone();
    let root = store.write(move |tx| Box::pin(async move { queue.enqueue_flow(tx, flow).await })).await.unwrap();
    // As every process does with each heartbeat.
    bench.app.desk.queue.reload().await.unwrap();
    let job = bench.get(&format!("/api/v3/jobs/{root}")).await.expect(200).json();
    assert_eq!((&job["state"], &job["waits_for"]), (&json!("pending"), &json!(2)));
    let pending = bench.get("/api/v3/jobs?state=pending&kind=errand").await.expect(200);
    assert_eq!(pending.json()["data"][0]["id"], json!(root.to_string()), "{}", pending.text);
    let children = bench.get("/api/v3/jobs?kind=chore").await.expect(200).json();
    assert_eq!(children["data"][0]["parent"], json!(root.to_string()));
    // Whoever waits for a job that is cancelled is cancelled with it.
    bench.delete(&format!("/api/v3/jobs/{}", children["data"][0]["id"].as_str().unwrap())).await.expect(202);
    assert_eq!(bench.get(&format!("/api/v3/jobs/{root}")).await.json()["state"], "cancelled");
}

#[tokio::test]
async fn queues_are_made_changed_and_counted() {
    let bench = Bench::new().await;
    let call = |method: &str, path: &str, body: Json| bench.call(Role::Editor, method, path).body(body);
    let made = call("PUT", "/api/v3/queues/newsletter", json!({ "weight": 4, "rate": 600 })).send().await.expect(201);
    assert_eq!(made.header("location"), "/api/v3/queues/newsletter");
    let queue = made.json();
    assert_eq!(
        (&queue["weight"], &queue["rate"], &queue["concurrency"], &queue["durability"], &queue["paused"]),
        (&json!(4), &json!(600), &json!(0), &json!("durable"), &json!(false))
    );
    let path = "/api/v3/queues/newsletter";
    let changed = call("PATCH", path, json!({ "paused": true, "concurrency": 2 })).send().await.expect(200).json();
    assert_eq!((&changed["paused"], &changed["weight"], &changed["concurrency"]), (&json!(true), &json!(4), &json!(2)));
    assert_eq!(bench.get(path).await.expect(200).json(), changed);
    let whole = call("PUT", path, json!({ "durability": "relaxed" })).send().await.expect(200).json();
    assert_eq!(
        (&whole["weight"], &whole["paused"], &whole["durability"]),
        (&json!(1), &json!(false), &json!("relaxed"))
    );

    for (body, pointer) in [
        (json!({ "weight": 0 }), "/weight"),
        (json!({ "rate": 10_000_001 }), "/rate"),
        (json!({ "concurrency": -1 }), "/concurrency"),
        (json!({ "durability": "forever" }), "/durability"),
    ] {
        let refused = call("PATCH", path, body).send().await.expect(422);
        assert_eq!((refused.problem().as_str(), &refused.json()["errors"][0]["pointer"]), ("invalid", &json!(pointer)));
    }
    assert_eq!(call("PUT", "/api/v3/queues/No%20Name", json!({})).send().await.expect(422).problem(), "invalid");
    for name in ["stats", "estimate"] {
        // Another address stands there, so nobody may make such a queue elsewhere.
        call("PUT", &format!("/api/v3/queues/{name}"), json!({})).send().await.expect(405);
        let change = queue::QueueChange::default();
        let refused = bench.app.desk.queue.configure(name, &change).await.unwrap_err().to_string();
        assert!(refused.contains("not stats or estimate"), "{refused}");
    }
    assert_eq!(call("PATCH", "/api/v3/queues/none", json!({})).send().await.expect(404).problem(), "not-found");
    bench.get("/api/v3/queues/none").await.expect(404);
    bench.call(Role::Moderator, "PATCH", path).body(json!({ "paused": true })).send().await.expect(403);

    for n in 0..3 {
        bench.app.desk.queue.enqueue_now(&Errand { n }, Enqueue::default()).await.unwrap();
    }
    bench.clock.advance(Duration::from_secs(30));
    let all = bench.call(Role::Viewer, "GET", "/api/v3/queues").send().await.expect(200).json();
    let names: Vec<&str> =
        all["queues"].as_array().unwrap().iter().map(|queue| queue["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["default", "media", "newsletter", "tracking"]);
    assert_eq!((&all["queues"][1]["counts"]["available"], &all["queues"][1]["oldest_s"]), (&json!(3), &json!(30.0)));
    assert_eq!((&all["pools"], &all["data"][0]["kind"]), (&json!([]), &json!("errand")));
    assert_eq!(count(&bench, "/api/v3/queues/stats?queue=media&kind=errand&priority=low").await, 1);
    assert_eq!(count(&bench, "/api/v3/queues/stats?queue=tracking").await, 0);
    assert_eq!(bench.get("/api/v3/queues/stats?priority=soon").await.expect(400).problem(), "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_takes_several_of_each_and_pages_through_all_of_them() {
    let bench = Bench::new().await;
    leave_dead(&bench.app.desk.queue).await;
    bench.clock.advance(Duration::from_secs(60));
    for n in 4..=6 {
        bench.app.desk.queue.enqueue_now(&Chore { n }, Enqueue::default()).await.unwrap();
        bench.app.desk.queue.enqueue_now(&Errand { n }, Enqueue::default()).await.unwrap();
    }
    for (query, n) in [
        ("state=discarded,available", 11),
        ("state=discarded,available&kind=chore,errand", 11),
        ("state=discarded,available&kind=chore", 6),
        ("state=available&queue=media,default&priority=low", 3),
        ("state=discarded&priority=low,normal,low", 5),
        ("kind=errand,nothing", 3),
    ] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = bench.get(&format!("/api/v3/jobs?limit=2&{query}{after}")).await.expect(200).json();
            seen.extend(page["data"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
            match page["pagination"]["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let unique: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), unique.len()), (n, n), "{query}");
    }
    let all = "available,scheduled,running,retryable,pending,completed,cancelled,discarded";
    let wide = format!("/api/v3/jobs?state={all}&priority=critical,high,normal&kind=a,b,c");
    assert_eq!(bench.get(&wide).await.expect(400).problem(), "malformed");
    assert_eq!(bench.get("/api/v3/jobs?priority=high,urgent").await.expect(400).problem(), "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_and_estimates_come_from_what_has_run() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/api/v3/queues/estimate").await.expect(400).problem(), "malformed");
    let unknown = bench.get("/api/v3/queues/estimate?kind=chore").await.expect(200).json();
    assert_eq!((&unknown["kind"], &unknown["seconds"]), (&json!("chore"), &json!(120.0)));
    leave_dead(&bench.app.desk.queue).await;
    let known = bench.get("/api/v3/queues/estimate?kind=chore").await.expect(200).json();
    assert!(known["seconds"].as_f64().is_some_and(|seconds| seconds < 60.0), "{known}");
    let stats = bench.get("/api/v3/queues/stats?kind=chore").await.expect(200).json();
    let row = &stats["data"][0];
    assert_eq!(
        (&row["failures"], &row["counts"]["discarded"], &row["durations"]["runs"]),
        (&json!(3), &json!(3), &json!(3))
    );
    let times = ["p50_s", "p95_s", "p99_s"].map(|name| row["durations"][name].as_f64().unwrap());
    assert!(times[0] > 0.0 && times.is_sorted(), "{times:?}");
    let metrics = bench.get("/metrics").await.expect(200).text;
    assert!(metrics.contains("copydesk_queue_jobs{"), "{metrics}");
}

#[tokio::test]
async fn a_paused_queue_is_no_fault() {
    let bench = Bench::new().await;
    bench.app.desk.queue.enqueue_now(&Errand { n: 1 }, Enqueue::default()).await.unwrap();
    let health = async || {
        let health = bench.get("/api/v3/health").await.json();
        let all = health["components"].as_array().unwrap().clone();
        all.into_iter().find(|component| component["name"] == "queue").unwrap()
    };
    bench.clock.advance(Duration::from_secs(200));
    assert_eq!(health().await["state"], "degraded");
    bench.call(Role::Editor, "PATCH", "/api/v3/queues/media").body(json!({ "paused": true })).send().await.expect(200);
    bench.clock.advance(Duration::from_secs(10));
    let paused = health().await;
    assert_eq!((&paused["state"], &paused["reason"]), (&json!("ok"), &json!("paused: media")));
}

#[tokio::test]
async fn processes_that_work_are_listed() {
    let bench = Bench::new().await;
    let nodes = bench.call(Role::Viewer, "GET", "/api/v3/nodes").send().await.expect(200).json();
    let node = &nodes["data"][0];
    assert_eq!((&node["number"], &node["clock_skew_us"], &node["running"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(node["heartbeat_at"], "2026-11-20T09:00:00Z");
}
