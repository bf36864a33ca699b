//! `/api/v3/events`: the messages as Server-Sent Events.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::Action;
use edge::sse::{self, Event};
use serde_json::{Map, Value as Json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::interest;
use super::ring::{Message, Reading};
use super::wish::{Asked, Wish};
use super::{HEARTBEAT, LIFETIME, PATIENCE, shut_out};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// Messages that wait for one client's connection; the last place is for the word that it was too slow.
const WAITING_MAX: usize = 17;

/// Streams what happens as Server-Sent Events. `Last-Event-ID` resumes; an event of type `resync` means that
/// something was missed and everything shown is to be read anew. `/api/v3/live` sends the same over a WebSocket.
#[utoipa::path(get, path = "/events", tag = "live", params(Asked),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub async fn stream(caller: Caller, State(app): State<App>, wish: Wish) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let full = || Problem::new(&problem::UNAVAILABLE, "too many live connections are open").retry_after(10);
    let seat = app.live.sit().ok_or_else(full)?;
    let (followed, reading) = interest::begin(&app, &wish).await;
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let (tasks, mut stop) = (app.tasks.clone(), app.tasks.stop());
    tasks.spawn(async move {
        let _seat = (seat, followed);
        tokio::select! {
            () = stop.wait() => {}
            () = sender.closed() => {}
            () = tokio::time::sleep(LIFETIME) => {}
            () = shut_out(&app, &caller) => {}
            _ = forward(&app, wish, reading, &sender) => {}
        }
    });
    Ok(sse::response(receiver, HEARTBEAT).map(Body::new).into_response())
}

/// Ends when the client is too slow or gone. Who is too slow has the last place in the channel kept for it, so that
/// it learns why when it reads on: it comes back and reads anew.
async fn forward(app: &App, wish: Wish, reading: Reading, sender: &mpsc::Sender<Bytes>) -> Option<()> {
    let last_word = sender.clone().try_reserve_owned().ok()?;
    if relay(app, wish, reading, sender).await == Ended::TooSlow {
        last_word.send(resync(app.live.newest().to_string()));
    }
    None
}

#[derive(PartialEq)]
enum Ended {
    Gone,
    TooSlow,
}

async fn relay(app: &App, wish: Wish, reading: Reading, sender: &mpsc::Sender<Bytes>) -> Ended {
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
        if let Err(ended) = send(sender, event).await {
            return ended;
        }
    }
    loop {
        let sent = match next.recv().await {
            Ok(message) if wish.wants(&message) => send(sender, event(app, &message)).await,
            Ok(_) => Ok(()),
            Err(RecvError::Lagged(_)) => Err(Ended::TooSlow),
            Err(RecvError::Closed) => Err(Ended::Gone),
        };
        if let Err(ended) = sent {
            return ended;
        }
    }
}

async fn send(sender: &mpsc::Sender<Bytes>, event: Bytes) -> Result<(), Ended> {
    match sender.try_send(event) {
        Ok(()) => Ok(()),
        Err(TrySendError::Closed(_)) => Err(Ended::Gone),
        // Boxed, so that a stream that keeps up is small.
        Err(TrySendError::Full(event)) => {
            Box::pin(async {
                let sent = tokio::time::timeout(PATIENCE, sender.send(event)).await;
                sent.map_err(|_| Ended::TooSlow)?.map_err(|_| Ended::Gone)
            })
            .await
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
