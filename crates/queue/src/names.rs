//! The small codes that stand for queue and kind names, remembered by the process.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use store::{Conn, Tx, params};

use crate::sql;

/// One table of names by their codes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_code: RwLock<HashMap<i64, String>>,
}

impl Names {
    pub fn known(&self, code: i64) -> Option<String> {
        self.by_code.read().unwrap_or_else(PoisonError::into_inner).get(&code).cloned()
    }

    /// The name, or its number in words when another process has added it since.
    pub fn name(&self, code: i64) -> String {
        self.known(code).unwrap_or_else(|| format!("#{code}"))
    }

    pub fn learn(&self, pairs: impl IntoIterator<Item = (i64, String)>) {
        let mut by_code = self.by_code.write().unwrap_or_else(PoisonError::into_inner);
        for (code, name) in pairs {
            by_code.insert(code, name);
        }
    }
}

/// What `queue_conf` says of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueConf {
    pub code: i64,
    pub name: String,
    /// Jobs of this queue at once in one process; 0 is no limit of its own.
    pub concurrency: u32,
    pub paused: bool,
}

pub(crate) async fn load_kinds(conn: &mut Conn) -> Result<Vec<(i64, String)>, store::Error> {
    conn.all(&sql::KINDS, params![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn load_queues(conn: &mut Conn) -> Result<Vec<QueueConf>, store::Error> {
    let rows = conn.all(&sql::QUEUES, params![]).await?;
    rows.iter()
        .map(|row| {
            Ok(QueueConf { code: row.get(0)?, name: row.get(1)?, concurrency: row.get(3)?, paused: row.get(4)? })
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

/// The kind's code; a kind that nobody has used is entered inside the caller's transaction.
pub(crate) async fn kind_code(tx: &mut Tx, names: &Names, kind: &str) -> Result<i64, store::Error> {
    let code = code_of(kind);
    if names.known(code).is_none() {
        // Not remembered here: the transaction may roll back.
        tx.exec(&sql::KIND_ADD, params![code, kind]).await?;
    }
    Ok(code)
}

pub(crate) async fn queue_code(tx: &mut Tx, names: &Names, queue: &str) -> Result<i64, store::Error> {
    let code = code_of(queue);
    if names.known(code).is_none() {
        tx.exec(&sql::QUEUE_ADD, params![code, queue]).await?;
    }
    Ok(code)
}
