-- What may be spent on models, what is, and every attempt that cost something.
CREATE TABLE budget (
    id          INTEGER PRIMARY KEY,
    -- What it is for: a kind and a name, as in a ledger entry's places; 'all:' is the whole desk.
    place       TEXT    NOT NULL,
    period      TEXT    NOT NULL CHECK (period IN ('day', 'month', 'ever')),
    hard_micros INTEGER CHECK (hard_micros >= 0),
    soft_micros INTEGER CHECK (soft_micros >= 0),
    created_at  INTEGER NOT NULL,
    CHECK (hard_micros IS NOT NULL OR soft_micros IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX budget_place ON budget (place, period);

-- A budget in one of its periods, which begins at `since`.
CREATE TABLE budget_use (
    budget       INTEGER NOT NULL REFERENCES budget (id),
    since        INTEGER NOT NULL,
    spent_micros INTEGER NOT NULL DEFAULT 0,
    held_micros  INTEGER NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
    PRIMARY KEY (budget, since)
) STRICT;

-- Money put aside for an attempt that is under way. What nobody settles is charged whole when it ends.
CREATE TABLE hold (
    id       INTEGER PRIMARY KEY,
    ends_at  INTEGER NOT NULL,
    micros   INTEGER NOT NULL,
    provider TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    places   TEXT    NOT NULL,
    -- The budgets it lowers, as a list of [budget, since].
    uses     TEXT    NOT NULL
) STRICT;
CREATE INDEX hold_ends ON hold (ends_at);

-- Every attempt.
CREATE TABLE ledger (
    id                INTEGER PRIMARY KEY,
    at                INTEGER NOT NULL,
    provider          TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    outcome           TEXT    NOT NULL,
    places            TEXT    NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    is_estimated      INTEGER NOT NULL CHECK (is_estimated IN (0, 1)),
    micros            INTEGER NOT NULL CHECK (micros >= 0)
) STRICT;

-- The ledger's sums by day (since 1970-01-01, UTC) and place.
CREATE TABLE spending (
    day               INTEGER NOT NULL,
    place             TEXT    NOT NULL,
    calls             INTEGER NOT NULL,
    failures          INTEGER NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    micros            INTEGER NOT NULL,
    PRIMARY KEY (day, place)
) STRICT;
