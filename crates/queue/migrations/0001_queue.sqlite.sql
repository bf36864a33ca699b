-- Names are kept once; the hot tables carry their codes, which are hashes of the names.
CREATE TABLE queue_conf (
    code        INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    weight      INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
    concurrency INTEGER NOT NULL DEFAULT 0 CHECK (concurrency >= 0),
    rate        INTEGER NOT NULL DEFAULT 0 CHECK (rate >= 0),
    durability  TEXT    NOT NULL DEFAULT 'durable' CHECK (durability IN ('durable', 'relaxed')),
    paused      INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))
) STRICT;

-- When the next chunk of a queue's rate may be taken.
CREATE TABLE queue_rate (
    queue   INTEGER PRIMARY KEY,
    next_at INTEGER NOT NULL
) STRICT;

-- `durations` counts the runs of a kind by their time, for deadlines and estimates.
CREATE TABLE job_kind (
    code      INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE,
    durations TEXT    NOT NULL DEFAULT '[]'
) STRICT;

-- All waiting work: due, scheduled and retrying alike. Only inserted into and deleted from.
CREATE TABLE job (
    run_at       INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    parent       INTEGER,
    queue        INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 4),
    attempt      INTEGER NOT NULL CHECK (attempt >= 0),
    attempts_max INTEGER NOT NULL CHECK (attempts_max BETWEEN 1 AND 1000),
    rescued      INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    group_key    TEXT,
    uniq         TEXT,
    error        TEXT,
    PRIMARY KEY (queue, priority, run_at, id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX job_id ON job (id);

-- One row for each claimed batch; `jobs` holds the claimed rows, so that a rescue needs nothing else.
CREATE TABLE job_lease (
    lease_id   INTEGER PRIMARY KEY,
    node       INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    deadline   INTEGER NOT NULL,
    id_min     INTEGER NOT NULL,
    id_max     INTEGER NOT NULL,
    jobs       TEXT    NOT NULL
) STRICT;

-- Members of a lease that are finished while others still run.
CREATE TABLE job_ack (
    lease_id INTEGER NOT NULL,
    ack_id   INTEGER NOT NULL,
    ids      TEXT    NOT NULL,
    PRIMARY KEY (lease_id, ack_id)
) WITHOUT ROWID, STRICT;

-- History. Outcome 1 is completed, 2 is cancelled.
CREATE TABLE job_done (
    finished_at INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    queue       INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    outcome     INTEGER NOT NULL CHECK (outcome IN (1, 2)),
    PRIMARY KEY (finished_at, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX job_done_id ON job_done (id);

CREATE TABLE job_result (
    id          INTEGER PRIMARY KEY,
    finished_at INTEGER NOT NULL,
    result      TEXT    NOT NULL
) STRICT;

CREATE INDEX job_result_finished ON job_result (finished_at);

CREATE TABLE job_dead (
    id           INTEGER PRIMARY KEY,
    queue        INTEGER NOT NULL,
    priority     INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    died_at      INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    group_key    TEXT,
    uniq         TEXT,
    parent       INTEGER,
    reason       TEXT    NOT NULL
) STRICT;
CREATE INDEX job_dead_died ON job_dead (died_at, id);

CREATE TABLE job_unique (
    hash   TEXT    PRIMARY KEY,
    job_id INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Jobs of one key that run now, on all nodes together.
CREATE TABLE job_group (
    group_key TEXT    PRIMARY KEY,
    running   INTEGER NOT NULL CHECK (running >= 0)
) WITHOUT ROWID, STRICT;

-- Due jobs whose key has no free place; an ending job of the key brings the first one back.
CREATE TABLE job_parked (
    group_key TEXT    NOT NULL,
    run_at    INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    job       TEXT    NOT NULL,
    PRIMARY KEY (group_key, run_at, id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX job_parked_id ON job_parked (id);

-- Jobs that wait for others, which name them as their parent.
CREATE TABLE job_blocked (
    id        INTEGER PRIMARY KEY,
    pending   INTEGER NOT NULL CHECK (pending >= 0),
    job       TEXT    NOT NULL
) STRICT;

-- How many jobs stand where, kept up with every change; `what` is a state or a sum.
CREATE TABLE job_stat (
    queue    INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    what     INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (queue, priority, kind, what)
) WITHOUT ROWID, STRICT;

-- Changes that are not added up yet, so that concurrent transactions need not wait for one another.
CREATE TABLE job_delta (
    queue    INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    what     INTEGER NOT NULL
) STRICT;

CREATE TABLE node (
    number       INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 1023),
    epoch        INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    info         TEXT    NOT NULL
) STRICT;

-- Who does what only one process may do; `term` grows with each change of hands.
CREATE TABLE leader (
    role   TEXT    PRIMARY KEY,
    holder INTEGER NOT NULL,
    term   INTEGER NOT NULL,
    until  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE cron (
    name     TEXT    PRIMARY KEY,
    schedule TEXT    NOT NULL,
    zone     TEXT    NOT NULL,
    missed   TEXT    NOT NULL CHECK (missed IN ('coalesce', 'catch_up', 'skip')),
    next_at  INTEGER NOT NULL,
    last_at  INTEGER,
    paused   INTEGER NOT NULL CHECK (paused IN (0, 1)),
    kind     TEXT    NOT NULL,
    job      TEXT    NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX cron_next ON cron (next_at);
