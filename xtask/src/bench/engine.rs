//! Whom the queue is held beside, and by which program each is driven.

pub struct Engine {
    pub name: &'static str,
    pub driver: Driver,
    pub server: Kind,
    /// In the batched form of its own documentation.
    pub tuned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// `copydesk bench queue` itself.
    Ours,
    /// `bench/peers/node`, by the name it knows the engine under.
    Node(&'static str),
    /// `bench/peers/apalis`.
    Apalis,
    /// `bench/peers/river`.
    River,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    Redis,
    Sqlite,
}

const fn engine(name: &'static str, driver: Driver, server: Kind, tuned: bool) -> Engine {
    Engine { name, driver, server, tuned }
}

pub const ALL: &[Engine] = &[
    engine("ours", Driver::Ours, Kind::Postgres, false),
    engine("graphile", Driver::Node("graphile"), Kind::Postgres, false),
    engine("graphile-tuned", Driver::Node("graphile"), Kind::Postgres, true),
    engine("pgboss", Driver::Node("pgboss"), Kind::Postgres, false),
    engine("pgboss-tuned", Driver::Node("pgboss"), Kind::Postgres, true),
    engine("apalis", Driver::Apalis, Kind::Postgres, false),
    engine("apalis-tuned", Driver::Apalis, Kind::Postgres, true),
    engine("bullmq-pg", Driver::Node("bullmq"), Kind::Postgres, false),
    engine("bullmq", Driver::Node("bullmq"), Kind::Redis, false),
    engine("ours-sqlite", Driver::Ours, Kind::Sqlite, false),
    engine("river-sqlite", Driver::River, Kind::Sqlite, false),
];

impl Engine {
    pub fn is_ours(&self) -> bool {
        self.driver == Driver::Ours
    }
}
