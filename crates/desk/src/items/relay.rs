//! What hubs (WebSub) bring: a delivery is a visit that we did not have to make.

use connect::Url;
use connect::http::{HeaderMap, header};
use connect::websub::{signed, topic};
use stdx::ByteSize;

use super::push::{Push, ready, tell, write};
use super::save::Way;
use super::shortened;
use crate::sources::subscription::{self, Kept, Standing};
use crate::sources::{self, Known, State};
use crate::{Desk, Error};

/// Larger deliveries are not read; the feed is visited in their place.
pub const DELIVERY_MAX: ByteSize = ByteSize::mib(5);

/// A subscription whose address somebody knows.
pub struct Line {
    known: Known,
    kept: Kept,
}

/// The subscription behind an address; `None` when there is none, or it is over.
pub async fn line(desk: &Desk, address: &str) -> Result<Option<Line>, Error> {
    let found = subscription::at(desk, address).await?;
    let is_open = |kept: &Kept| {
        matches!(kept.state, Standing::Asked | Standing::Active | Standing::Unreliable | Standing::Leaving)
    };
    Ok(found.filter(|(_, kept)| is_open(kept)).map(|(known, kept)| Line { known, kept }))
}

impl Line {
    /// Takes a delivery. Whatever is wrong with it is counted, and is told to nobody: a hub would give up, a stranger would
    /// learn from it. Where it cannot be believed or read, the feed itself is asked soon.
    ///
    /// # Errors
    /// Only when the database fails: the hub may send it again.
    pub async fn receive(self, desk: &Desk, headers: &HeaderMap, body: Vec<u8>) -> Result<(), Error> {
        let outcome = self.take(desk, headers, body).await;
        sources::PUSHES.with(&[outcome.as_ref().copied().unwrap_or("failed")]).inc();
        outcome.map(drop)
    }

    /// A delivery was too large to be read.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn too_large(self, desk: &Desk) -> Result<(), Error> {
        sources::PUSHES.with(&["unreadable"]).inc();
        subscription::nudge(desk, &self.known).await
    }

    async fn take(self, desk: &Desk, headers: &HeaderMap, body: Vec<u8>) -> Result<&'static str, Error> {
        let Line { known, kept } = self;
        if known.source.state != State::Active || kept.state == Standing::Leaving {
            return Ok("paused");
        }
        let own = Url::parse(&kept.topic).ok().and_then(|base| topic(headers, &base));
        if own.is_some_and(|own| own != kept.topic) {
            subscription::refuse(desk, kept.source).await?;
            return Ok("refused");
        }
        if !kept.is_signed() {
            // Whoever listens on the way could have sent it: the feed itself says what is new.
            subscription::nudge(desk, &known).await?;
            return Ok("announced");
        }
        let secret = kept.secret(desk);
        if secret.is_none_or(|secret| signed(headers, &secret, &body).is_none()) {
            subscription::refuse(desk, kept.source).await?;
            return Ok("refused");
        }
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (source, url, now, bytes) = (known.clone(), known.source.url.clone(), desk.now(), body.len());
        let read = desk.queue.compute(move || {
            let content_type = content_type.as_deref();
            let hints = feed::Hints { url: Some(&url), content_type, ..feed::Hints::default() };
            feed::parse(&body, &hints)
        });
        let mut document = None;
        if let Some(mut feed) = read.await.ok().and_then(Result::ok) {
            shortened::resolve(desk, &mut feed).await;
            document = desk.queue.compute(move || ready(feed, &source, now)).await.ok();
        }
        let Some(document) = document.filter(|document| document.hollow.is_none() && !document.truncated) else {
            subscription::nudge(desk, &known).await?;
            return Ok("unreadable");
        };
        let push = std::sync::Arc::new(Push { way: Way::Relayed, known, document, at: now, bytes });
        let inner = desk.clone();
        let written = desk.store.write(move |tx| Box::pin(async move { write(&inner, tx, &push).await })).await?;
        tell(desk, &written).await?;
        Ok("taken")
    }
}

#[cfg(test)]
mod tests;
