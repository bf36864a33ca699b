//! The bus by the pub/sub of Redis or Valkey.

use std::sync::Arc;

use futures_util::StreamExt;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use sha2::{Digest, Sha256};
use stdx::config::Secret;
use stdx::task::Stop;
use tokio::sync::OnceCell;

use super::{ANSWER_MAX, Hub, PING_EVERY, within};
use crate::migration::hex;
use crate::{Error, Store};

pub(super) struct Line {
    client: Client,
    store: Store,
    /// Known once the database has answered.
    channel: OnceCell<String>,
}

struct Wire<'a> {
    connection: MultiplexedConnection,
    channel: &'a str,
}

/// The address as the driver understands it, or why it cannot be used.
pub(crate) fn parse(url: &Secret) -> Result<Client, String> {
    Client::open(url.reveal()).map_err(|e| format!("must look like redis://user:password@host:port/0: {}", cause(&e)))
}

impl Line {
    pub fn new(url: &Secret, store: Store) -> Result<Self, Error> {
        let client = parse(url).map_err(|reason| Error::Settings(format!("bus_url {reason}")))?;
        Ok(Line { client, store, channel: OnceCell::new() })
    }

    /// Hears until the connection breaks.
    pub async fn hear(&self, hub: &Hub) -> Result<(), Error> {
        let channel = self.channel().await?;
        let connect = async {
            let mut pubsub = self.client.get_async_pubsub().await?;
            pubsub.subscribe(channel).await?;
            Ok(pubsub)
        };
        let (mut sink, mut stream) = within(ANSWER_MAX, connect).await?.split();
        hub.joined();
        let heard = async {
            while let Some(message) = stream.next().await {
                // What is no text is not ours.
                if let Ok(text) = std::str::from_utf8(message.get_payload_bytes()) {
                    hub.receive(text);
                }
            }
            Err(Error::Closed)
        };
        let minded = async {
            loop {
                tokio::time::sleep(PING_EVERY).await;
                within(ANSWER_MAX, async { Ok(sink.ping::<redis::Value>().await?) }).await?;
            }
        };
        tokio::select! {
            ended = heard => ended,
            ended = minded => ended,
        }
    }

    /// Speaks until the connection breaks or the process ends.
    pub async fn speak(&self, hub: &Hub, stop: &mut Stop) -> Result<(), Error> {
        let connect = async {
            let channel = self.channel().await?;
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(ANSWER_MAX))
                .set_response_timeout(Some(ANSWER_MAX));
            let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
            Ok::<_, Error>(Wire { connection, channel })
        };
        let wire = tokio::select! {
            wire = connect => wire?,
            () = stop.wait() => return Ok(()),
        };
        super::speak(hub, wire, stop).await
    }

    /// A name that only this database has: one server may carry the bus of several.
    async fn channel(&self) -> Result<&str, Error> {
        let ask = async || {
            let mut reader = self.store.read();
            let whole = "SELECT system_identifier::text || ' ' || (SELECT oid FROM pg_database WHERE datname = current_database()) \
                || ' ' || current_schema() FROM pg_control_system()";
            let rows = match reader.text_rows(whole, Vec::new()).await {
                // Not everybody may ask for the server's number.
                Err(Error::ReadOnly(_)) => {
                    let part = "SELECT oid::text || ' ' || datname || ' ' || current_schema() FROM pg_database \
                        WHERE datname = current_database()";
                    reader.text_rows(part, Vec::new()).await?
                }
                rows => rows?,
            };
            let identity: String = rows.first().ok_or(Error::NoRow { statement: "bus" })?.get(0)?;
            Ok::<_, Error>(format!("copydesk:{}", &hex(&Sha256::digest(identity.as_bytes()))[..32]))
        };
        self.channel.get_or_try_init(ask).await.map(String::as_str)
    }
}

impl super::Wire for Wire<'_> {
    async fn send(&mut self, frames: &[String]) -> Result<(), Error> {
        let mut pipe = redis::pipe();
        for frame in frames {
            pipe.cmd("PUBLISH").arg(self.channel).arg(frame).ignore();
        }
        Ok(pipe.query_async::<()>(&mut self.connection).await?)
    }

    async fn ping(&mut self) -> Result<(), Error> {
        Ok(redis::cmd("PING").exec_async(&mut self.connection).await?)
    }
}

impl From<RedisError> for Error {
    fn from(e: RedisError) -> Self {
        if e.is_timeout() { Error::Timeout } else { Error::Unavailable(Arc::new(e)) }
    }
}

/// Without the address, which may hold a password.
fn cause(e: &RedisError) -> String {
    e.detail().map_or_else(|| e.category().to_owned(), str::to_owned)
}
