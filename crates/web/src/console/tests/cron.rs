use guard::role::Role;
use http::StatusCode;

use super::bench::Bench;

#[tokio::test]
async fn an_administrator_keeps_schedules() {
    let bench = Bench::new().await;
    let admin = bench.browser(Role::Admin).await;
    admin.get("/console/cron").await.has("Nothing is scheduled").has("Add a schedule");
    let form = [
        ("name", "stories"),
        ("schedule", "30 6 * * *"),
        ("zone", "Europe/Berlin"),
        ("missed", "catch_up"),
        ("kind", "assign_stories"),
        ("parameters", "{}"),
    ];
    let mut wrong = form;
    wrong[1].1 = "30 <6> * * *";
    let refused = admin.post("/console/cron", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // What was typed is not lost, and not believed.
    refused.has("Something is missing or wrong").has("value=\"Europe/Berlin\"").lacks("30 <6>");
    wrong[1].1 = "@daily";
    wrong[5].1 = "{";
    admin.post("/console/cron", &wrong).await.has("the parameters are no JSON");

    assert_eq!(admin.post("/console/cron", &form).await.location(), "/console/cron?said=scheduled");
    admin.get("/console/cron?said=scheduled").await.has("The schedule is added.").has("30 6 * * *").has("goes on");
    let at = |what: &str| format!("/console/cron/stories/{what}");
    assert_eq!(admin.post(&at("state"), &[("state", "paused")]).await.location(), "/console/cron?said=rests");
    admin.get("/console/cron").await.has("paused").has("Resume");
    let run = admin.post(&at("run"), &[]).await;
    admin.get(run.location()).await.has("assign_stories");
    assert_eq!(admin.post(&at("state"), &[("state", "active")]).await.location(), "/console/cron?said=goes-on");
    assert_eq!(admin.post(&at("removal"), &[]).await.location(), "/console/cron?said=unscheduled");
    assert_eq!(admin.post(&at("removal"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn others_look_at_schedules() {
    let bench = Bench::new().await;
    let editor = bench.browser(Role::Editor).await;
    editor.get("/console/cron").await.lacks("Add a schedule");
    let refused = editor.post("/console/cron", &[("name", "a")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(editor.post("/console/cron/a/run", &[]).await.status, StatusCode::FORBIDDEN);
}
