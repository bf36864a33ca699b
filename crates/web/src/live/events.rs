//! `/api/v3/events`: the messages as Server-Sent Events.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::Action;
use edge::sse::{self, Event};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::ring::{Message, Reading};
use super::wish::{Asked, Wish};
use super::{HEARTBEAT, LIFETIME, PATIENCE};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// Messages that wait for one client's connection.
const WAITING_MAX: usize = 16;

/// Streams what happens as Server-Sent Events. `Last-Event-ID` resumes; an event of type `resync` means that
/// something was missed and everything shown is to be read anew. `/api/v3/live` sends the same over a WebSocket.
#[utoipa::path(get, path = "/events", tag = "live", params(Asked),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub async fn stream(caller: Caller, State(app): State<App>, wish: Wish) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let full = || Problem::new(&problem::UNAVAILABLE, "too many live connections are open").retry_after(10);
    let seat = app.live.sit().ok_or_else(full)?;
    let reading = app.live.read(wish.last.as_deref(), wish.wants_jobs());
    if wish.wants_counts() {
        app.live.ask_for_counts();
    }
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let (tasks, mut stop) = (app.tasks.clone(), app.tasks.stop());
    tasks.spawn(async move {
        let _seat = seat;
        tokio::select! {
            () = stop.wait() => {}
            () = sender.closed() => {}
            () = tokio::time::sleep(LIFETIME) => {}
            _ = forward(&app, wish, reading, &sender) => {}
        }
    });
    Ok(sse::response(receiver, HEARTBEAT).map(Body::new).into_response())
}

/// Ends when the client is too slow or gone.
async fn forward(app: &App, wish: Wish, reading: Reading, sender: &mpsc::Sender<Event>) -> Option<()> {
    let Reading { missed, position, mut next } = reading;
    match missed {
        None => send(sender, resync(position.to_string())).await?,
        Some(missed) => {
            // Says where the client stands, so that it can resume before anything has happened.
            for message in missed.iter().filter(|message| wish.wants(message)) {
                send(sender, event(app, message)).await?;
            }
            let hello = serde_json::json!({ "id": position.to_string(), "type": "ready" });
            send(
                sender,
                Event { id: Some(position.to_string()), event: Some("ready".to_owned()), data: hello.to_string() },
            )
            .await?;
        }
    }
    loop {
        match next.recv().await {
            Ok(message) if wish.wants(&message) => send(sender, event(app, &message)).await?,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => {
                // It was told as much as it took; it comes back and reads anew.
                send(sender, resync(app.live.newest().to_string())).await?;
                return None;
            }
            Err(RecvError::Closed) => return None,
        }
    }
}

async fn send(sender: &mpsc::Sender<Event>, event: Event) -> Option<()> {
    tokio::time::timeout(PATIENCE, sender.send(event)).await.ok()?.ok()
}

fn event(app: &App, message: &Message) -> Event {
    let kind = if message.is_resync { "resync" } else { message.topic.name() };
    Event { id: Some(app.live.place_of(message).to_string()), event: Some(kind.to_owned()), data: message.text.clone() }
}

fn resync(id: String) -> Event {
    let data = serde_json::json!({ "id": id, "type": "resync" }).to_string();
    Event { id: Some(id), event: Some("resync".to_owned()), data }
}
