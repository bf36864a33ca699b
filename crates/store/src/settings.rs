//! Where the data is and how long the database may take.

use serde::{Deserialize, Serialize};
use stdx::config::{Problem, Secret};

/// When SQLite tells the disk to write: at each commit, or at each checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// A commit survives the loss of power.
    Full,
    /// A commit survives the end of the process; the loss of power may undo the last ones.
    Normal,
}

stdx::settings! {
    /// The database.
    pub struct Settings {
        /// Address of a PostgreSQL database, `postgres://user:password@host:port/name`. Without it, SQLite in the data folder.
        url: Option<Secret> = None,
        /// Address of a Redis or Valkey server, `redis://user:password@host:port/0`, that carries short messages between the processes. Without it, PostgreSQL does. Unused with SQLite.
        bus_url: Option<Secret> = None,
        /// Addresses of streaming replicas that answer reads, written like `url` and separated by blanks or lines; each leads to one server, not to a balancer (PostgreSQL).
        replicas: Option<Secret> = None,
        /// A replica that has lagged for longer is left out until it has caught up, in milliseconds.
        replica_lag_ms: u64 = 5_000,
        /// Most connections for writing (PostgreSQL).
        write_pool: u32 = 10,
        /// Most connections for reading, to the primary and to each replica (PostgreSQL).
        read_pool: u32 = 5,
        /// Longest wait for a connection, in seconds.
        connect_timeout_s: u64 = 10,
        /// A connection that was idle for longer is closed, in seconds (PostgreSQL).
        idle_timeout_s: u64 = 300,
        /// Longest time for one statement, in seconds.
        statement_timeout_s: u64 = 30,
        /// A statement that takes longer is logged by its name with its plan, in milliseconds; 0 logs none.
        slow_ms: u64 = 200,
        /// A snapshot that is held for longer raises an alarm, since dead rows pile up behind it, in seconds (PostgreSQL).
        xmin_alarm_s: u64 = 300,
        /// `full`: a commit survives the loss of power; `normal`: faster, the last commits may be lost then (SQLite).
        synchronous: Synchronous = Synchronous::Full,
    }
}

impl Settings {
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut between = |key: &str, value: u64, low: u64, high: u64| {
            if value < low || value > high {
                problems.push(Problem::new(format!("{section}.{key}"), value, format!("must be {low} to {high}")));
            }
        };
        between("write_pool", self.write_pool.into(), 1, 1_000);
        between("read_pool", self.read_pool.into(), 1, 1_000);
        between("connect_timeout_s", self.connect_timeout_s, 1, 600);
        between("idle_timeout_s", self.idle_timeout_s, 1, 86_400);
        between("statement_timeout_s", self.statement_timeout_s, 1, 86_400);
        between("replica_lag_ms", self.replica_lag_ms, 100, 86_400_000);
        between("xmin_alarm_s", self.xmin_alarm_s, 1, 86_400);
        between("slow_ms", self.slow_ms, 0, 86_400_000);
        if let Some(url) = &self.url
            && let Err(reason) = crate::postgres::parse(url)
        {
            problems.push(Problem::new(format!("{section}.url"), "***", reason));
        }
        if let Some(urls) = &self.replicas
            && let Err(reason) = crate::postgres::parse_replicas(urls, self)
        {
            problems.push(Problem::new(format!("{section}.replicas"), "***", reason));
        }
        if let Some(url) = &self.bus_url
            && let Err(reason) = crate::bus::parse_redis(url)
        {
            problems.push(Problem::new(format!("{section}.bus_url"), "***", reason));
        }
        problems
    }
}
