//! What goes on in this process, once a second, while somebody watches it.

use std::time::Duration;

use serde_json::json;

use super::feed::members;
use super::ring::Topic;
use crate::App;
use crate::figures::{Look, Moment};

const EVERY: Duration = Duration::from_secs(1);

/// Tells the traffic to those who watch it.
pub async fn tell(app: App) {
    let mut stop = app.tasks.stop();
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = app.live.traffic_due.notified() => {}
        }
        let mut before = Look::take(&app).await;
        while app.live.lock().interests.has_watchers() {
            if !stop.sleep(EVERY).await {
                return;
            }
            let look = Look::take(&app).await;
            let mut body = members(json!(Moment::between(&before, &look)));
            body.insert("type".to_owned(), "traffic".into());
            body.insert("at".to_owned(), app.desk.now().to_string().into());
            app.live.publish(Topic::Traffic, None, body);
            before = look;
        }
    }
}
