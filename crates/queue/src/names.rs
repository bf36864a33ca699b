//! The small codes that stand for queue and kind names, remembered by the process.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use store::{Conn, params};

use crate::sql;

/// One table of names by their codes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_code: RwLock<HashMap<i64, Arc<str>>>,
}

impl Names {
    pub fn known(&self, code: i64) -> Option<Arc<str>> {
        self.by_code.read().unwrap_or_else(PoisonError::into_inner).get(&code).cloned()
    }

    /// The name, or its number in words when another process has added it since.
    pub fn name(&self, code: i64) -> Arc<str> {
        self.known(code).unwrap_or_else(|| format!("#{code}").into())
    }

    pub fn learn(&self, code: i64, name: &str) {
        if self.known(code).is_none() {
            self.by_code.write().unwrap_or_else(PoisonError::into_inner).insert(code, name.into());
        }
    }
}

/// What `queue_conf` says of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueConf {
    pub code: i64,
    pub name: String,
    /// Its share beside other queues of the same priority.
    pub weight: u32,
    /// Jobs of this queue at once in one process; 0 is no limit of its own.
    pub concurrency: u32,
    /// Jobs that may start in a minute, on all processes together; 0 is no limit.
    pub rate: u32,
    pub durability: Durability,
    pub paused: bool,
}

/// What the end of a job is worth when the database's machine dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// An end that was reported is never lost.
    Durable,
    /// The last moment may be lost: those jobs run again. PostgreSQL only.
    Relaxed,
}

impl Durability {
    pub fn name(self) -> &'static str {
        match self {
            Durability::Durable => "durable",
            Durability::Relaxed => "relaxed",
        }
    }
}

pub(crate) async fn load_queues(conn: &mut Conn) -> Result<Vec<QueueConf>, store::Error> {
    let rows = conn.all(&sql::QUEUES, params![]).await?;
    rows.iter()
        .map(|row| {
            Ok(QueueConf {
                code: row.get(0)?,
                name: row.get(1)?,
                weight: row.get(2)?,
                concurrency: row.get(3)?,
                rate: row.get(4)?,
                durability: if row.get::<String>(5)? == "relaxed" { Durability::Relaxed } else { Durability::Durable },
                paused: row.get(6)?,
            })
        })
        .collect()
}

/// Stands for a name for good: its FNV-1a hash in 31 bits, the same on every node and engine, so that
/// two nodes that meet a new kind at the same time need no agreement.
pub(crate) fn code_of(name: &str) -> i64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    ((hash >> 32 ^ hash) & 0x7fff_ffff) as i64
}

/// A key that fits an index whatever was given: a long one is cut and told apart by its hashes.
pub(crate) fn bounded(key: &str) -> std::borrow::Cow<'_, str> {
    const LONGEST: usize = 500;
    if key.len() <= LONGEST {
        return key.into();
    }
    let end = (0..=LONGEST - 100).rev().find(|at| key.is_char_boundary(*at)).unwrap_or_default();
    let backwards: String = key.chars().rev().collect();
    format!("{}…{}-{:x}-{:x}", &key[..end], key.len(), code_of(key), code_of(&backwards)).into()
}
