use guard::role::Role;
use http::StatusCode;
use store::{Alarm, AlarmKind, Severity};

use super::bench::Bench;
use crate::console::show;

#[tokio::test]
async fn the_database_is_shown_to_everybody_who_is_signed_in() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/console/database", "").await.status, StatusCode::SEE_OTHER);
    let viewer = bench.browser(Role::Viewer).await;
    let page = viewer.get("/console/database").await;
    assert_eq!(page.status, StatusCode::OK);
    page.has("Nothing needs you").has("aria-current=\"page\">Database</a>").has("people.key_add").has("api_key");
    page.has("None since this process was started.");
}

#[tokio::test]
async fn alarms_stand_on_top_and_are_escaped() {
    let bench = Bench::new().await;
    let viewer = bench.browser(Role::Viewer).await;
    // The report that is shown holds them; the page must believe none of their words.
    let mut report = bench.app.desk.store.report().await.unwrap();
    let text = str::to_owned;
    report.alarms = vec![Alarm {
        kind: AlarmKind::OldSnapshot,
        severity: Severity::Error,
        subject: text("session <b>psql</b>"),
        seen: text("it has held a snapshot"),
        limit: text("xmin_alarm_s = 300"),
        remedy: text("end it"),
    }];
    bench.app.database.remember(report).await;
    let page = viewer.get("/console/database").await;
    page.has("notice bad")
        .has("&#60;b&#62;psql")
        .lacks("<b>psql")
        .has("What to do: end it.")
        .lacks("Nothing needs you");
    let (alarm, pools) = (page.text.find("What to do").unwrap(), page.text.find("pools-title").unwrap());
    assert!(alarm < pools);
}

#[test]
fn sizes_have_two_or_three_figures() {
    for (n, shown) in [(0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (157_286_400, "150 MiB")]
    {
        assert_eq!(show::bytes(n), shown);
    }
    assert_eq!(show::bytes(u64::MAX), "16777216 TiB");
}
