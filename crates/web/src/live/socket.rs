//! `/api/v3/live`: the messages over a WebSocket (RFC 6455), each a JSON text.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use desk::people::Action;
use http::{HeaderMap, header};
use serde_json::{Value as Json, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use super::interest::{self, Followed};
use super::ring::{Reading, Seat};
use super::wish::{Ask, Wish};
use super::{HEARTBEAT, Out, PATIENCE, shut_out};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// A client that has sent nothing for so long, not even a pong, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(65);

pub async fn open(
    caller: Caller,
    State(app): State<App>,
    headers: HeaderMap,
    wish: Wish,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    check_origin(&app, &headers)?;
    let full = || Problem::new(&problem::UNAVAILABLE, "too many live connections are open").retry_after(10);
    let seat = app.live.sit().ok_or_else(full)?;
    // What clients say is short.
    let upgrade =
        upgrade.max_message_size(8 << 10).max_frame_size(8 << 10).write_buffer_size(0).max_write_buffer_size(256 << 10);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, app, caller, wish, seat)))
}

/// A page of another site must not listen with the console's cookie. Programs send no origin; they
/// bring a key.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_ours = match text(header::ORIGIN) {
        None => headers.contains_key(header::AUTHORIZATION),
        Some(origin) => {
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            let is_public = app.settings.public_url.as_deref() == Some(origin);
            is_public || text(header::HOST).is_some_and(|own| own.eq_ignore_ascii_case(host))
        }
    };
    if is_ours { Ok(()) } else { Err(Problem::new(&problem::FORBIDDEN, "the connection comes from another site")) }
}

async fn serve(mut socket: WebSocket, app: App, caller: Caller, wish: Wish, seat: Seat) {
    let _seat = seat;
    let mut stop = app.tasks.stop();
    let (followed, reading) = interest::begin(&app, &wish).await;
    let (code, reason) = tokio::select! {
        () = stop.wait() => (close_code::AWAY, "the server stops"),
        out = shut_out(&app, &caller) => match out {
            Out::Refused => (close_code::POLICY, "signed out"),
            Out::Old => (close_code::AGAIN, "come back"),
        },
        ended = talk(&mut socket, &app, followed, reading) => ended.unwrap_or((close_code::NORMAL, "")),
    };
    let close = Frame::Close(Some(CloseFrame { code, reason: reason.into() }));
    let _ = tokio::time::timeout(PATIENCE, socket.send(close)).await;
}

/// Why the talk ended; `None` when the client is gone or too slow.
async fn talk(
    socket: &mut WebSocket,
    app: &App,
    mut followed: Followed,
    reading: Reading,
) -> Option<(u16, &'static str)> {
    let Reading { missed, counts, position, mut next } = reading;
    let place = position.to_string();
    let hello = if missed.is_some() { "ready" } else { "resync" };
    for message in missed.iter().flatten() {
        send(socket, Frame::text(message.text.as_str())).await?;
    }
    send(socket, Frame::text(json!({ "id": place, "type": hello }).to_string())).await?;
    for mut body in counts {
        body.insert("id".to_owned(), place.as_str().into());
        body.insert("topic".to_owned(), "counts".into());
        send(socket, Frame::text(Json::Object(body).to_string())).await?;
    }
    let mut beat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            message = next.recv() => match message {
                Ok(message) if followed.wish.wants(&message) => send(socket, Frame::text(message.text.as_str())).await?,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    let mark = json!({ "id": app.live.newest().to_string(), "type": "resync" });
                    send(socket, Frame::text(mark.to_string())).await?;
                    return Some((close_code::AGAIN, "too slow"));
                }
                Err(RecvError::Closed) => return None,
            },
            frame = socket.recv() => match frame? {
                Ok(Frame::Close(_)) | Err(_) => return None,
                Ok(Frame::Text(text)) => {
                    heard = Instant::now();
                    let answer = match read(&text, &followed.wish) {
                        Ok(changed) => {
                            // The old one goes only when the new one is there, so that nothing falls between them.
                            followed = interest::follow(app, &changed).await;
                            let id = app.live.begin(&changed).to_string();
                            json!({ "type": "subscribed", "id": id, "topics": changed.topics(), "jobs": changed.jobs, "kinds": changed.kinds })
                        }
                        Err(detail) => json!({ "type": "error", "detail": detail }),
                    };
                    send(socket, Frame::text(answer.to_string())).await?;
                }
                Ok(_) => heard = Instant::now(),
            },
            _ = beat.tick() => {
                if heard.elapsed() > SILENCE_MAX {
                    return Some((close_code::POLICY, "silent"));
                }
                send(socket, Frame::Ping(Default::default())).await?;
            }
        }
    }
}

/// What the client wants from now on.
fn read(text: &str, wish: &Wish) -> Result<Wish, String> {
    let ask: Ask = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match ask {
        Ask::Subscribe(change) => wish.more(&change),
        Ask::Unsubscribe(change) => Ok(wish.less(&change)),
    }
}

async fn send(socket: &mut WebSocket, frame: Frame) -> Option<()> {
    tokio::time::timeout(PATIENCE, socket.send(frame)).await.ok()?.ok()
}
