-- Names are kept once; the hot tables carry their codes, which are hashes of the names.
CREATE TABLE queue_conf (
    code        BIGINT PRIMARY KEY,
    name        TEXT    COLLATE "C" NOT NULL UNIQUE,
    weight      BIGINT NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
    concurrency BIGINT NOT NULL DEFAULT 0 CHECK (concurrency >= 0),
    rate        BIGINT NOT NULL DEFAULT 0 CHECK (rate >= 0),
    durability  TEXT    NOT NULL DEFAULT 'durable' CHECK (durability IN ('durable', 'relaxed')),
    paused      BIGINT NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))
);

CREATE TABLE job_kind (
    code BIGINT PRIMARY KEY,
    name TEXT    COLLATE "C" NOT NULL UNIQUE
);

-- All waiting work: due, scheduled and retrying alike. Only inserted into and deleted from.
CREATE TABLE job (
    queue        BIGINT NOT NULL,
    priority     BIGINT NOT NULL CHECK (priority BETWEEN 1 AND 4),
    run_at       BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    attempt      BIGINT NOT NULL CHECK (attempt >= 0),
    attempts_max BIGINT NOT NULL CHECK (attempts_max BETWEEN 1 AND 1000),
    rescued      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    body         TEXT    NOT NULL,
    group_key    TEXT,
    uniq         TEXT,
    parent       BIGINT,
    error        TEXT,
    PRIMARY KEY (queue, priority, run_at, id)
);
CREATE UNIQUE INDEX job_id ON job (id);
ALTER TABLE job SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- One row for each claimed batch; `jobs` holds the claimed rows, so that a rescue needs nothing else.
CREATE TABLE job_lease (
    lease_id   BIGINT PRIMARY KEY,
    node       BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    deadline   BIGINT NOT NULL,
    jobs       TEXT    NOT NULL
);

-- Members of a lease that are finished while others still run.
CREATE TABLE job_ack (
    lease_id BIGINT NOT NULL,
    job_id   BIGINT NOT NULL,
    PRIMARY KEY (lease_id, job_id)
);

CREATE TABLE job_done (
    finished_at BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    queue       BIGINT NOT NULL,
    priority    BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('completed', 'cancelled')),
    attempt     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    PRIMARY KEY (finished_at, id)
) PARTITION BY RANGE (finished_at);
-- Ids are ordered by time, so that a block range index finds one in a partition.
CREATE INDEX job_done_id ON job_done USING brin (id) WITH (pages_per_range = 16);
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
    created_at   BIGINT NOT NULL,
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

CREATE TABLE job_group (
    group_key TEXT COLLATE "C"    PRIMARY KEY,
    running   BIGINT NOT NULL CHECK (running >= 0)
);

-- Jobs that wait for others.
CREATE TABLE job_blocked (
    id        BIGINT PRIMARY KEY,
    pending   BIGINT NOT NULL CHECK (pending >= 0),
    job       TEXT    NOT NULL
);

CREATE TABLE node (
    number       BIGINT PRIMARY KEY CHECK (number BETWEEN 0 AND 1023),
    epoch        BIGINT NOT NULL,
    name         TEXT    NOT NULL,
    started_at   BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    info         TEXT    NOT NULL
);

CREATE TABLE cron (
    name     TEXT COLLATE "C"    PRIMARY KEY,
    schedule TEXT    NOT NULL,
    missed   TEXT    NOT NULL CHECK (missed IN ('coalesce', 'catch_up', 'skip')),
    next_at  BIGINT NOT NULL,
    job      TEXT    NOT NULL
);
