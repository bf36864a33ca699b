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

CREATE TABLE job_kind (
    code INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- All waiting work: due, scheduled and retrying alike. Only inserted into and deleted from.
CREATE TABLE job (
    queue        INTEGER NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 4),
    run_at       INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    attempt      INTEGER NOT NULL CHECK (attempt >= 0),
    attempts_max INTEGER NOT NULL CHECK (attempts_max BETWEEN 1 AND 1000),
    rescued      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    group_key    TEXT,
    uniq         TEXT,
    parent       INTEGER,
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
    jobs       TEXT    NOT NULL
) STRICT;

-- Members of a lease that are finished while others still run.
CREATE TABLE job_ack (
    lease_id INTEGER NOT NULL,
    job_id   INTEGER NOT NULL,
    PRIMARY KEY (lease_id, job_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE job_done (
    finished_at INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    queue       INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('completed', 'cancelled')),
    attempt     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
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
    created_at   INTEGER NOT NULL,
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

CREATE TABLE job_group (
    group_key TEXT    PRIMARY KEY,
    running   INTEGER NOT NULL CHECK (running >= 0)
) WITHOUT ROWID, STRICT;

-- Jobs that wait for others.
CREATE TABLE job_blocked (
    id        INTEGER PRIMARY KEY,
    pending   INTEGER NOT NULL CHECK (pending >= 0),
    job       TEXT    NOT NULL
) STRICT;

CREATE TABLE node (
    number       INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 1023),
    epoch        INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    info         TEXT    NOT NULL
) STRICT;

CREATE TABLE cron (
    name     TEXT    PRIMARY KEY,
    schedule TEXT    NOT NULL,
    missed   TEXT    NOT NULL CHECK (missed IN ('coalesce', 'catch_up', 'skip')),
    next_at  INTEGER NOT NULL,
    job      TEXT    NOT NULL
) WITHOUT ROWID, STRICT;
