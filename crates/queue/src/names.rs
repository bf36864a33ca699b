//! The small codes that stand for queue and kind names, remembered by the process.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use store::{Conn, Tx, params};

use crate::sql;

/// One table of names: code to name and back.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_name: RwLock<HashMap<String, i64>>,
    by_code: RwLock<HashMap<i64, String>>,
}

impl Names {
    pub fn code(&self, name: &str) -> Option<i64> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    pub fn known(&self, code: i64) -> Option<String> {
        self.by_code.read().unwrap_or_else(PoisonError::into_inner).get(&code).cloned()
    }

    /// The name, or its number in words when another process has added it since.
    pub fn name(&self, code: i64) -> String {
        self.known(code).unwrap_or_else(|| format!("#{code}"))
    }

    pub fn learn(&self, pairs: impl IntoIterator<Item = (i64, String)>) {
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let mut by_code = self.by_code.write().unwrap_or_else(PoisonError::into_inner);
        for (code, name) in pairs {
            by_name.insert(name.clone(), code);
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
        .map(|row| Ok(QueueConf { code: row.get(0)?, name: row.get(1)?, concurrency: row.get(3)?, paused: row.get(4)? }))
        .collect()
}

/// The kind's code, made inside the caller's transaction when nobody has used the kind before.
pub(crate) async fn kind_code(tx: &mut Tx, names: &Names, kind: &str) -> Result<i64, store::Error> {
    if let Some(code) = names.code(kind) {
        return Ok(code);
    }
    tx.exec(&sql::KIND_ADD, params![kind, kind]).await?;
    let known = load_kinds(tx).await?;
    // Not remembered here: the transaction may roll back and the code be given to another kind.
    known.into_iter().find(|(_, name)| name == kind).map(|(code, _)| code).ok_or(store::Error::NoRow { statement: "queue.names" })
}

pub(crate) async fn queue_code(tx: &mut Tx, names: &Names, queue: &str) -> Result<i64, store::Error> {
    if let Some(code) = names.code(queue) {
        return Ok(code);
    }
    tx.exec(&sql::QUEUE_ADD, params![queue, queue]).await?;
    let known = load_queues(tx).await?;
    known.into_iter().find(|conf| conf.name == queue).map(|conf| conf.code).ok_or(store::Error::NoRow { statement: "queue.names" })
}
