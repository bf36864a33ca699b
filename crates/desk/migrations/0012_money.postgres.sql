-- What may be spent on models, what is, and every attempt that cost something.
CREATE TABLE budget (
    id          BIGINT PRIMARY KEY,
    -- What it is for: a kind and a name, as in a ledger entry's places; 'all:' is the whole desk.
    place       TEXT COLLATE "C" NOT NULL,
    period      TEXT COLLATE "C" NOT NULL CHECK (period IN ('day', 'month', 'ever')),
    hard_micros BIGINT CHECK (hard_micros >= 0),
    soft_micros BIGINT CHECK (soft_micros >= 0),
    created_at  BIGINT NOT NULL,
    CHECK (hard_micros IS NOT NULL OR soft_micros IS NOT NULL)
);
CREATE UNIQUE INDEX budget_place ON budget (place, period);

-- A budget in one of its periods, which begins at `since`.
CREATE TABLE budget_use (
    budget       BIGINT NOT NULL REFERENCES budget (id),
    since        BIGINT NOT NULL,
    spent_micros BIGINT NOT NULL DEFAULT 0,
    held_micros  BIGINT NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
    PRIMARY KEY (budget, since)
);

-- Money put aside for an attempt that is under way. What nobody settles is charged whole when it ends.
CREATE TABLE hold (
    id       BIGINT PRIMARY KEY,
    ends_at  BIGINT NOT NULL,
    micros   BIGINT NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    model    TEXT COLLATE "C" NOT NULL,
    places   TEXT COLLATE "C" NOT NULL,
    -- The budgets it lowers, as a list of [budget, since].
    uses     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX hold_ends ON hold (ends_at);

-- Every attempt.
CREATE TABLE ledger (
    id                BIGINT PRIMARY KEY,
    at                BIGINT NOT NULL,
    provider          TEXT COLLATE "C" NOT NULL,
    model             TEXT COLLATE "C" NOT NULL,
    outcome           TEXT COLLATE "C" NOT NULL,
    places            TEXT COLLATE "C" NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    is_estimated      BIGINT NOT NULL CHECK (is_estimated IN (0, 1)),
    micros            BIGINT NOT NULL CHECK (micros >= 0)
);

-- The ledger's sums by day (since 1970-01-01, UTC) and place.
CREATE TABLE spending (
    day               BIGINT NOT NULL,
    place             TEXT COLLATE "C" NOT NULL,
    calls             BIGINT NOT NULL,
    failures          BIGINT NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    micros            BIGINT NOT NULL,
    PRIMARY KEY (day, place)
);
