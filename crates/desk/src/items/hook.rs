//! Deliveries to hooks.

use connect::http::{HeaderMap, header};
use connect::webhook::{Key, Refusal, Stamp};
use serde_json::Value as Json;
use stdx::ByteSize;

use super::given::{as_feed, read};
use super::push::{Push, Pushed, is_new, ready, tell, write};
use super::save::Way;
use crate::sources::{self, Known, State, hook};
use crate::{Desk, Error, Fault};

/// Larger bodies are not read.
pub const BODY_MAX: ByteSize = ByteSize::mib(1);

/// A hook whose address somebody knows.
pub struct Door {
    known: Known,
    keys: Vec<Key>,
}

/// What was made of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    Taken {
        /// In a few words.
        outcome: String,
        new_items: u32,
    },
    /// Its id has been taken before; nothing has changed.
    Repeated,
}

/// Why a delivery was not taken.
#[derive(Debug)]
pub enum Refused {
    /// It is not signed as it should be.
    Signature(Refusal),
    /// Somebody has paused the source; later it may be taken.
    Paused,
    /// It is of a type that is not read here.
    MediaType,
    Unreadable(Vec<Fault>),
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Failed(error)
    }
}

/// The hook behind an address; `None` when there is none, so that nothing of a body needs to be read.
pub async fn door(desk: &Desk, address: &str) -> Result<Option<Door>, Error> {
    Ok(hook::at(desk, address).await?.map(|(known, keys)| Door { known, keys }))
}

impl Door {
    /// Takes a delivery: who sent it is told by its signature over the bytes as they came. One with an id that was taken
    /// before is a repetition, also when both come at the same time.
    ///
    /// # Errors
    /// [`Refused`]; what was refused may be sent again under the same id.
    pub async fn receive(self, desk: &Desk, headers: &HeaderMap, body: Vec<u8>) -> Result<Received, Refused> {
        let received = self.take(desk, headers, body).await;
        let outcome = match &received {
            Ok(Received::Taken { .. }) => "taken",
            Ok(Received::Repeated) => "repeated",
            Err(Refused::Signature(_)) => "refused",
            Err(Refused::MediaType | Refused::Unreadable(_)) => "unreadable",
            Err(Refused::Paused) => "paused",
            Err(Refused::Failed(_)) => "failed",
        };
        sources::PUSHES.with(&[outcome]).inc();
        received
    }

    async fn take(self, desk: &Desk, headers: &HeaderMap, body: Vec<u8>) -> Result<Received, Refused> {
        let now = desk.now();
        let stamp = Stamp::read(headers).map_err(Refused::Signature)?;
        stamp.check(&body, &self.keys, now).map_err(Refused::Signature)?;
        if self.known.source.state != State::Active {
            return Err(Refused::Paused);
        }
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (known, bytes) = (self.known.clone(), body.len());
        let read = desk.queue.compute(move || {
            let (way, feed) = understood(content_type.as_deref(), &body)?;
            Ok::<_, Refused>((way, ready(feed, &known, now)))
        });
        let (way, document) = read.await.map_err(|error| Refused::Failed(error.into()))??;
        // A site is forgiven half a document; a sender can send the whole one again.
        let why = document.hollow.or(document.truncated.then_some("the document ends too early"));
        if let Some(why) = why {
            return Err(unreadable(why.to_owned()));
        }
        let push = std::sync::Arc::new(Push { way, known: self.known, document, at: now, bytes });
        let (d, id) = (desk.clone(), stamp.id.to_owned());
        let written = desk.store.write(move |tx| {
            Box::pin(async move {
                if !is_new(tx, push.known.source.id, &id, now).await? {
                    return Ok::<_, Error>(None);
                }
                write(&d, tx, &push).await.map(Some)
            })
        });
        let Some(pushed) = written.await? else { return Ok(Received::Repeated) };
        tell(desk, &pushed).await?;
        let Pushed { outcome, new_items, .. } = pushed;
        Ok(Received::Taken { outcome, new_items })
    }
}

/// What a body says, by its type.
fn understood(content_type: Option<&str>, body: &[u8]) -> Result<(Way, feed::Feed), Refused> {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/rss+xml"
        | "application/atom+xml"
        | "application/rdf+xml"
        | "application/xml"
        | "text/xml"
        | "application/feed+json" => document(content_type, body),
        "application/json" => {
            let json: Json = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
            // Feeds in JSON are mostly sent without their own type.
            let version = json.get("version").and_then(Json::as_str).unwrap_or_default();
            if version.starts_with("https://jsonfeed.org/version/") {
                return document(content_type, body);
            }
            Ok((Way::Named, as_feed(read(&json).map_err(Refused::Unreadable)?)))
        }
        _ => Err(Refused::MediaType),
    }
}

fn document(content_type: Option<&str>, body: &[u8]) -> Result<(Way, feed::Feed), Refused> {
    let hints = feed::Hints { content_type, ..feed::Hints::default() };
    let feed = feed::parse(body, &hints).map_err(|error| unreadable(crate::error::sentence(&error)))?;
    Ok((Way::Pushed, feed))
}

fn unreadable(detail: String) -> Refused {
    Refused::Unreadable(vec![Fault::new("", detail)])
}

#[cfg(test)]
mod tests;
