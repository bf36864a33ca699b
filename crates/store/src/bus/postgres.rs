//! The bus by LISTEN and NOTIFY. Both connections have to reach the server itself: a pooler that lends
//! connections by the transaction swallows a LISTEN.

use std::future::poll_fn;

use futures_util::future::try_join_all;
use sha2::{Digest, Sha256};
use stdx::task::Stop;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Statement};

use super::{ANSWER_MAX, Hub, PING_EVERY, within};
use crate::migration::hex;
use crate::{Error, Settings, postgres};

pub(super) struct Line {
    config: Config,
}

struct Wire<'a> {
    client: &'a Client,
    channel: String,
    notify: Statement,
}

impl Line {
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let mut config = postgres::config(settings)?;
        config.application_name("copydesk bus");
        // A NOTIFY holds a lock of the whole server until its commit is done, which shall not wait for a disk.
        let given = config.get_options().unwrap_or_default();
        config.options(format!("{given} -c synchronous_commit=off"));
        Ok(Line { config })
    }

    /// Hears until the connection breaks.
    pub async fn hear(&self, hub: &Hub) -> Result<(), Error> {
        let (client, mut connection) = self.config.connect(NoTls).await?;
        let driven = async {
            loop {
                match poll_fn(|cx| connection.poll_message(cx)).await {
                    Some(Ok(AsyncMessage::Notification(n))) => hub.receive(n.payload()),
                    Some(Ok(_)) => {}
                    Some(Err(e)) => return Err(Error::from(e)),
                    None => return Err(Error::Closed),
                }
            }
        };
        let minded = async {
            let channel = channel(&client).await?;
            within(ANSWER_MAX, async { Ok(client.batch_execute(&format!("LISTEN {channel}")).await?) }).await?;
            hub.joined();
            loop {
                tokio::time::sleep(PING_EVERY).await;
                ping(&client).await?;
            }
        };
        tokio::select! {
            ended = driven => ended,
            ended = minded => ended,
        }
    }

    /// Speaks until the connection breaks or the process ends.
    pub async fn speak(&self, hub: &Hub, stop: &mut Stop) -> Result<(), Error> {
        let (client, connection) = tokio::select! {
            connected = self.config.connect(NoTls) => connected?,
            () = stop.wait() => return Ok(()),
        };
        let speaking = async {
            let channel = channel(&client).await?;
            let notify = within(ANSWER_MAX, async { Ok(client.prepare("SELECT pg_notify($1, $2)").await?) }).await?;
            super::speak(hub, Wire { client: &client, channel, notify }, stop).await
        };
        tokio::select! {
            ended = speaking => ended,
            ended = connection => Err(ended.err().map_or(Error::Closed, Error::from)),
        }
    }
}

impl super::Wire for Wire<'_> {
    async fn send(&mut self, frames: &[String]) -> Result<(), Error> {
        // Each by itself: one transaction drops payloads that are equal.
        let one = |frame| self.client.execute_raw(&self.notify, [&self.channel, frame]);
        try_join_all(frames.iter().map(one)).await?;
        Ok(())
    }

    async fn ping(&mut self) -> Result<(), Error> {
        ping(self.client).await
    }
}

/// Channels belong to a database already; this keeps the schemas of one apart.
async fn channel(client: &Client) -> Result<String, Error> {
    within(ANSWER_MAX, async {
        let row = client.query_one("SELECT current_schema()::text", &[]).await?;
        let schema: String = row.try_get(0)?;
        Ok(format!("copydesk_{}", &hex(&Sha256::digest(schema.as_bytes()))[..16]))
    })
    .await
}

async fn ping(client: &Client) -> Result<(), Error> {
    within(ANSWER_MAX, async { Ok(client.batch_execute("").await?) }).await
}
