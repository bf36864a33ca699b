-- Names are kept once; the hot tables carry their codes, which are hashes of the names.
CREATE TABLE queue_conf (
    code        BIGINT PRIMARY KEY,
    name        TEXT COLLATE "C"    NOT NULL UNIQUE,
    weight      BIGINT NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
    concurrency BIGINT NOT NULL DEFAULT 0 CHECK (concurrency >= 0),
    rate        BIGINT NOT NULL DEFAULT 0 CHECK (rate >= 0),
    durability  TEXT    NOT NULL DEFAULT 'durable' CHECK (durability IN ('durable', 'relaxed')),
    paused      BIGINT NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))
);

-- When the next chunk of a queue's rate may be taken.
CREATE TABLE queue_rate (
    queue   BIGINT PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- `durations` counts the runs of a kind by their time, for deadlines and estimates.
CREATE TABLE job_kind (
    code      BIGINT PRIMARY KEY,
    name      TEXT COLLATE "C"    NOT NULL UNIQUE,
    durations TEXT    NOT NULL DEFAULT '[]'
);

-- All waiting work: due, scheduled and retrying alike. Only inserted into and deleted from.
CREATE TABLE job (
    run_at       BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    parent       BIGINT,
    queue        INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    priority     SMALLINT NOT NULL CHECK (priority BETWEEN 1 AND 4),
    attempt      SMALLINT NOT NULL CHECK (attempt >= 0),
    attempts_max SMALLINT NOT NULL CHECK (attempts_max BETWEEN 1 AND 1000),
    rescued      SMALLINT NOT NULL,
    body         TEXT    NOT NULL,
    group_key    TEXT,
    uniq         TEXT,
    error        TEXT,
    PRIMARY KEY (queue, priority, run_at, id)
);
CREATE UNIQUE INDEX job_id ON job (id);
ALTER TABLE job SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_cost_delay = 0);

-- One row for each claimed batch; `jobs` holds the claimed rows, so that a rescue needs nothing else.
CREATE TABLE job_lease (
    lease_id   BIGINT PRIMARY KEY,
    node       BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    deadline   BIGINT NOT NULL,
    id_min     BIGINT NOT NULL,
    id_max     BIGINT NOT NULL,
    jobs       TEXT    NOT NULL
);

-- Members of a lease that are finished while others still run.
CREATE TABLE job_ack (
    lease_id BIGINT NOT NULL,
    ack_id   BIGINT NOT NULL,
    ids      TEXT    NOT NULL,
    PRIMARY KEY (lease_id, ack_id)
);

-- History. Outcome 1 is completed, 2 is cancelled.
CREATE TABLE job_done (
    finished_at BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    queue       INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    priority    SMALLINT NOT NULL,
    attempt     SMALLINT NOT NULL,
    outcome     SMALLINT NOT NULL CHECK (outcome IN (1, 2))
) PARTITION BY RANGE (finished_at);
-- Both columns grow with time, so that block ranges find a job or a span in a partition, at no cost of an insert.
CREATE INDEX job_done_id ON job_done USING brin (id) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX job_done_finished ON job_done USING brin (finished_at) WITH (pages_per_range = 16, autosummarize = on);
-- What no day partition takes is kept here.
CREATE TABLE job_done_rest PARTITION OF job_done DEFAULT;

CREATE TABLE job_result (
    id          BIGINT PRIMARY KEY,
    finished_at BIGINT NOT NULL,
    result      TEXT    NOT NULL
);

CREATE INDEX job_result_finished ON job_result (finished_at);

CREATE TABLE job_dead (
    id           BIGINT PRIMARY KEY,
    queue        BIGINT NOT NULL,
    priority     BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    attempt      BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    died_at      BIGINT NOT NULL,
    body         TEXT    NOT NULL,
    group_key    TEXT,
    uniq         TEXT,
    parent       BIGINT,
    reason       TEXT    NOT NULL
);
CREATE INDEX job_dead_died ON job_dead (died_at, id);

CREATE TABLE job_unique (
    hash   TEXT COLLATE "C"    PRIMARY KEY,
    job_id BIGINT NOT NULL
);

-- Jobs of one key that run now, on all nodes together.
CREATE TABLE job_group (
    group_key TEXT COLLATE "C"    PRIMARY KEY,
    running   BIGINT NOT NULL CHECK (running >= 0)
);

-- Due jobs whose key has no free place; an ending job of the key brings the first one back.
CREATE TABLE job_parked (
    group_key TEXT COLLATE "C"    NOT NULL,
    run_at    BIGINT NOT NULL,
    id        BIGINT NOT NULL,
    job       TEXT    NOT NULL,
    PRIMARY KEY (group_key, run_at, id)
);
CREATE UNIQUE INDEX job_parked_id ON job_parked (id);

-- Jobs that wait for others, which name them as their parent.
CREATE TABLE job_blocked (
    id        BIGINT PRIMARY KEY,
    pending   BIGINT NOT NULL CHECK (pending >= 0),
    job       TEXT    NOT NULL
);

-- How many jobs stand where, kept up with every change; `what` is a state or a sum.
CREATE TABLE job_stat (
    queue    INTEGER NOT NULL,
    priority SMALLINT NOT NULL,
    kind     INTEGER NOT NULL,
    what     SMALLINT NOT NULL,
    n        BIGINT NOT NULL,
    PRIMARY KEY (queue, priority, kind, what)
);

-- Changes that are not added up yet, so that concurrent transactions need not wait for one another.
CREATE TABLE job_delta (
    queue    INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    n        BIGINT NOT NULL,
    priority SMALLINT NOT NULL,
    what     SMALLINT NOT NULL
);

ALTER TABLE job_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE job_lease SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE node (
    number       BIGINT PRIMARY KEY CHECK (number BETWEEN 0 AND 1023),
    epoch        BIGINT NOT NULL,
    name         TEXT    NOT NULL,
    started_at   BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    info         TEXT    NOT NULL
);

-- Who does what only one process may do; `term` grows with each change of hands.
CREATE TABLE leader (
    role   TEXT COLLATE "C"    PRIMARY KEY,
    holder BIGINT NOT NULL,
    term   BIGINT NOT NULL,
    until  BIGINT NOT NULL
);

CREATE TABLE cron (
    name     TEXT COLLATE "C"    PRIMARY KEY,
    schedule TEXT    NOT NULL,
    zone     TEXT    NOT NULL,
    missed   TEXT    NOT NULL CHECK (missed IN ('coalesce', 'catch_up', 'skip')),
    next_at  BIGINT NOT NULL,
    last_at  BIGINT,
    paused   BIGINT NOT NULL CHECK (paused IN (0, 1)),
    kind     TEXT    NOT NULL,
    job      TEXT    NOT NULL
);
CREATE INDEX cron_next ON cron (next_at);
