//! Redis or Valkey: one server, one watched by Sentinels, or a Cluster.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, try_join_all};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo, RedisError, cmd};

use super::{CONNECT_MAX, Doing, Remote};
use crate::error::TierError;

const SENTINEL: &str = "must look like redis+sentinel://user:password@host:26379,host:26379/service/0";
const CLUSTER: &str = "must look like redis+cluster://user:password@host:6379,host:6379";
/// Frees a lock only for the one who holds it.
const UNLOCK: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/// Where the data is.
#[derive(Clone)]
pub(crate) enum Place {
    One(Client),
    Sentinel { sentinels: Vec<String>, service: String, node: SentinelNodeConnectionInfo },
    Cluster(Box<ClusterClient>),
}

pub(super) struct Redis {
    place: Place,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    /// Tells one connection from the next.
    number: u64,
    connection: Option<Connecting>,
}

/// Shared by all who wait for it, and made further by whoever waits: an impatient caller does not end it.
type Connecting = Shared<BoxFuture<'static, Result<Connection, Arc<dyn Error + Send + Sync>>>>;

#[derive(Clone)]
enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Place {
    pub fn parse(url: &str) -> Result<Place, String> {
        if let Some(rest) = url.strip_prefix("redis+sentinel://") {
            return sentinel(rest).ok_or_else(|| SENTINEL.to_owned());
        }
        if let Some(rest) = url.strip_prefix("redis+cluster://") {
            let nodes: Vec<String> = hosts(rest).ok_or(CLUSTER)?;
            // A node that is not there is the rule when a cluster is in trouble.
            let builder = ClusterClientBuilder::new(nodes).connection_timeout(CONNECT_MAX).retries(2);
            let client = builder.build().map_err(|_| CLUSTER)?;
            return Ok(Place::Cluster(Box::new(client)));
        }
        let client = Client::open(url);
        client.map(Place::One).map_err(|_| "must look like redis://user:password@host:6379/0".to_owned())
    }

    async fn connect(self) -> Result<Connection, RedisError> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_MAX)).set_response_timeout(None);
        Ok(match self {
            Place::One(client) => Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?),
            Place::Sentinel { sentinels, service, node } => {
                let mut client = SentinelClient::build(sentinels, service, Some(node), SentinelServerType::Master)?;
                let master = client.async_get_client().await?;
                Connection::One(master.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Place::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        })
    }
}

fn sentinel(rest: &str) -> Option<Place> {
    let (who, rest) = rest.rsplit_once('@').map_or(("", rest), |(who, rest)| (who, rest));
    let (all, path) = rest.split_once('/')?;
    let (service, db) = path.split_once('/').unwrap_or((path, "0"));
    let at = if who.is_empty() { "" } else { "@" };
    // The password is the data server's; Sentinels are asked without one.
    let settings = format!("redis://{who}{at}localhost/{db}").into_connection_info().ok()?.redis_settings().clone();
    let node = SentinelNodeConnectionInfo::default().set_redis_connection_info(settings);
    let sentinels = hosts(all)?;
    (!service.is_empty()).then(|| Place::Sentinel { sentinels, service: service.to_owned(), node })
}

/// One address for each of `user:password@host:port,host:port`.
fn hosts(text: &str) -> Option<Vec<String>> {
    let (who, all) = text.rsplit_once('@').map_or(("", text), |(who, all)| (who, all));
    let at = if who.is_empty() { "" } else { "@" };
    let urls = all.trim_end_matches('/').split(',').map(|host| format!("redis://{who}{at}{host}"));
    let fine = |url: &String| url.as_str().into_connection_info().is_ok();
    let urls: Vec<String> = urls.collect();
    urls.iter().all(fine).then_some(urls)
}

impl Redis {
    pub fn new(place: Place) -> Self {
        Redis { place, slot: Mutex::default() }
    }

    async fn run<T: FromRedisValue>(&self, cmd: &Cmd) -> Result<T, TierError> {
        let (doubt, connecting) = self.connection();
        let connection = connecting.await.map_err(TierError::Remote)?;
        let result = match connection {
            Connection::One(mut one) => ask(cmd, &mut one).await,
            Connection::Cluster(mut cluster) => ask(cmd, &mut cluster).await,
        };
        match result {
            // A full server is a whole one.
            Err(error) if error.code() == Some("OOM") => {
                doubt.removed();
                Err(TierError::Refused(error.to_string()))
            }
            Err(error) => Err(TierError::Remote(Arc::new(error))),
            Ok(value) => {
                doubt.removed();
                Ok(value)
            }
        }
    }

    fn connection(&self) -> (Doubt<'_>, Connecting) {
        let mut slot = self.slot();
        if slot.connection.is_none() {
            let connecting = self.place.clone().connect();
            let connecting = async move {
                let connection = tokio::time::timeout(CONNECT_MAX, connecting).await;
                let error = |error: RedisError| Arc::new(error) as Arc<dyn Error + Send + Sync>;
                connection
                    .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
                    .map_err(error)
            };
            slot.number += 1;
            slot.connection = Some(connecting.boxed().shared());
        }
        let connecting = slot.connection.clone().unwrap_or_else(|| unreachable!("it was just set"));
        let is_up = connecting.peek().is_some_and(Result::is_ok);
        (Doubt { redis: self, number: slot.number, is_up }, connecting)
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get_one(&self, name: &str) -> Result<Option<Vec<u8>>, TierError> {
        self.run(cmd("GET").arg(name)).await
    }
}

async fn ask<T: FromRedisValue>(cmd: &Cmd, connection: &mut impl ConnectionLike) -> Result<T, RedisError> {
    cmd.query_async(connection).await
}

/// A connection that fails, or on which somebody lost patience, is not used again. One that is still being made is
/// not given up for that.
struct Doubt<'a> {
    redis: &'a Redis,
    number: u64,
    is_up: bool,
}

impl Doubt<'_> {
    fn removed(mut self) {
        self.number = 0;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        let mut slot = self.redis.slot();
        if slot.number == self.number {
            let failed = slot.connection.as_ref().and_then(|connecting| connecting.peek()).is_some_and(Result::is_err);
            if self.is_up || failed {
                slot.connection = None;
            }
        }
    }
}

impl Remote for Redis {
    fn get<'a>(&'a self, names: &'a [String]) -> Doing<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            match names {
                [] => Ok(Vec::new()),
                [name] => Ok(vec![self.get_one(name).await?]),
                // The names of a cluster are on many servers.
                names if matches!(self.place, Place::Cluster(_)) => {
                    try_join_all(names.iter().map(|name| self.get_one(name))).await
                }
                names => self.run(cmd("MGET").arg(names)).await,
            }
        })
    }

    fn set<'a>(&'a self, name: &'a str, bytes: &'a [u8], ttl: Duration) -> Doing<'a, ()> {
        Box::pin(async move { self.run(cmd("SET").arg(name).arg(bytes).arg("PX").arg(millis(ttl))).await })
    }

    fn delete<'a>(&'a self, name: &'a str) -> Doing<'a, ()> {
        Box::pin(async move { self.run(cmd("DEL").arg(name)).await })
    }

    fn lock<'a>(&'a self, name: &'a str, token: u64, ttl: Duration) -> Doing<'a, bool> {
        Box::pin(async move {
            let done: Option<String> =
                self.run(cmd("SET").arg(name).arg(token).arg("NX").arg("PX").arg(millis(ttl))).await?;
            Ok(done.is_some())
        })
    }

    fn unlock<'a>(&'a self, name: &'a str, token: u64) -> Doing<'a, ()> {
        Box::pin(async move { self.run(cmd("EVAL").arg(UNLOCK).arg(1).arg(name).arg(token)).await })
    }
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX >> 1).max(1)
}
