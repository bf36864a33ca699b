//! `/api/v3/events`: the messages as Server-Sent Events.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::Action;
use edge::sse::{self, Event, Speaker};
use serde_json::{Map, Value as Json};
use tokio::sync::broadcast::error::RecvError;

use super::interest;
use super::ring::{Message, Reading};
use super::wish::{Asked, Wish};
use super::{HEARTBEAT, shut_out};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// Streams what happens as Server-Sent Events. `Last-Event-ID` resumes; an event of type `resync` means that
/// something was missed and everything shown is to be read anew. `/api/v3/live` sends the same over a WebSocket.
#[utoipa::path(get, path = "/events", tag = "live", params(Asked),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub async fn stream(caller: Caller, State(app): State<App>, wish: Wish) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let full = || Problem::new(&problem::UNAVAILABLE, "too many live connections are open").retry_after(10);
    let seat = app.live.sit().ok_or_else(full)?;
    let (followed, reading) = interest::begin(&app, &wish).await;
    let mut stop = app.tasks.stop();
    // Asked by the connection itself: a stream has no task and no queue of its own.
    let events = sse::spoken(move |speaker| async move {
        let _seat = seat;
        tokio::select! {
            () = stop.wait() => {}
            _ = shut_out(&app, &caller) => {}
            () = forward(&app, &followed.wish, reading, &speaker) => {}
        }
    });
    Ok(sse::response(events, HEARTBEAT).map(Body::new).into_response())
}

/// Ends when the client is too slow: it learns that when it reads on, comes back and reads anew.
async fn forward(app: &App, wish: &Wish, reading: Reading, speaker: &Speaker) {
    let Reading { missed, counts, position, mut next } = reading;
    let place = position.to_string();
    let first = match missed {
        None => vec![resync(place.clone())],
        Some(missed) => {
            // The last says where the client stands, so that it can resume before anything has happened.
            let hello = named(&place, "ready", Map::new());
            missed.iter().map(|message| event(app, message)).chain([hello]).collect()
        }
    };
    for event in first.into_iter().chain(counts.into_iter().map(|body| named(&place, "counts", body))) {
        speaker.say(event).await;
    }
    loop {
        match next.recv().await {
            Ok(message) if wish.wants(&message) => speaker.say(event(app, &message)).await,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return speaker.say(resync(app.live.newest().to_string())).await,
            Err(RecvError::Closed) => return,
        }
    }
}

fn event(app: &App, message: &Message) -> Bytes {
    let make = || {
        let kind = if message.is_resync { "resync" } else { message.topic.name() };
        let id = app.live.place_of(message).to_string();
        Event { id: Some(id), event: Some(kind.to_owned()), data: message.text.clone() }.to_bytes()
    };
    message.event.get_or_init(make).clone()
}

fn resync(id: String) -> Bytes {
    named(&id, "resync", Map::new())
}

/// An event that is this client's alone.
fn named(id: &str, kind: &str, mut body: Map<String, Json>) -> Bytes {
    body.insert("id".to_owned(), id.into());
    body.insert("type".to_owned(), kind.into());
    Event { id: Some(id.to_owned()), event: Some(kind.to_owned()), data: Json::Object(body).to_string() }.to_bytes()
}
