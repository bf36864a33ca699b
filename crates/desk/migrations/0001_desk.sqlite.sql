-- Facts, in order. Never changed, never deleted.
CREATE TABLE event (
    pos      INTEGER PRIMARY KEY,
    xid      INTEGER NOT NULL DEFAULT 0,
    stream   INTEGER NOT NULL,
    version  INTEGER NOT NULL CHECK (version >= 1),
    kind     TEXT    NOT NULL,
    schema_v INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    data     TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_stream ON event (stream, version);

-- Answers to requests that carried an idempotency key.
CREATE TABLE idempotency (
    principal TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    outcome   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) WITHOUT ROWID, STRICT;
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE api_key (
    id           INTEGER PRIMARY KEY,
    hash         TEXT    NOT NULL UNIQUE,
    prefix       TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL CHECK (role IN ('admin', 'editor', 'author', 'moderator', 'viewer')),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;

CREATE TABLE session (
    hash       TEXT    PRIMARY KEY,
    api_key    INTEGER NOT NULL REFERENCES api_key (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE provider (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    kind           TEXT    NOT NULL CHECK (kind IN ('openai')),
    base_url       TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    api_key_sealed TEXT,
    timeout_s      INTEGER NOT NULL CHECK (timeout_s BETWEEN 1 AND 600),
    price_in       INTEGER NOT NULL DEFAULT 0 CHECK (price_in >= 0),
    price_out      INTEGER NOT NULL DEFAULT 0 CHECK (price_out >= 0),
    created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE pipeline (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    spec       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE source (
    id            INTEGER PRIMARY KEY,
    url           TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'muted')),
    pipeline      INTEGER NOT NULL REFERENCES pipeline (id),
    site_url      TEXT,
    language      TEXT,
    interval_s    INTEGER NOT NULL CHECK (interval_s BETWEEN 1 AND 604800),
    backfill      INTEGER NOT NULL CHECK (backfill BETWEEN 0 AND 10000),
    etag          TEXT,
    last_modified TEXT,
    body_hash     TEXT,
    polled_at     INTEGER,
    next_poll_at  INTEGER,
    outcome       TEXT,
    error         TEXT,
    failures      INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    moved_to      TEXT,
    moved_seen    INTEGER NOT NULL DEFAULT 0,
    items         INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX source_state ON source (state, next_poll_at);

CREATE TABLE item (
    id            INTEGER PRIMARY KEY,
    source        INTEGER NOT NULL REFERENCES source (id),
    identity      TEXT    NOT NULL,
    url           TEXT,
    canonical_url TEXT,
    title         TEXT    NOT NULL,
    authors       TEXT    NOT NULL,
    categories    TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    content_html  TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    content_hash  TEXT    NOT NULL,
    published_at  INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    standing      TEXT    NOT NULL CHECK (standing IN ('news', 'seen', 'copy')),
    copy_of       INTEGER,
    story         INTEGER
) STRICT;
CREATE UNIQUE INDEX item_identity ON item (source, identity);
CREATE INDEX item_canonical ON item (canonical_url, id) WHERE canonical_url IS NOT NULL;
CREATE INDEX item_story ON item (story, published_at, id) WHERE story IS NOT NULL;
CREATE INDEX item_source ON item (source, id);
-- What the clustering has not seen yet.
CREATE INDEX item_unassigned ON item (id) WHERE story IS NULL AND standing <> 'seen';

CREATE TABLE story (
    id         INTEGER PRIMARY KEY,
    title      TEXT    NOT NULL,
    pipeline   INTEGER NOT NULL REFERENCES pipeline (id),
    language   TEXT    NOT NULL,
    items      INTEGER NOT NULL,
    sources    INTEGER NOT NULL,
    because    TEXT    NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    post       INTEGER
) STRICT;
CREATE INDEX story_last ON story (last_at, id);

CREATE TABLE post (
    id                INTEGER PRIMARY KEY,
    state             TEXT    NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'scheduled', 'publishing', 'published', 'rejected', 'failed', 'retracted')),
    events            INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    approved_version  INTEGER,
    published_version INTEGER,
    due_at            INTEGER,
    published_at      INTEGER,
    pipeline          INTEGER NOT NULL REFERENCES pipeline (id),
    story             INTEGER,
    title             TEXT    NOT NULL,
    excerpt           TEXT    NOT NULL,
    slug              TEXT    NOT NULL UNIQUE,
    topic             TEXT    NOT NULL,
    language          TEXT    NOT NULL,
    score             REAL    NOT NULL,
    grounded          INTEGER NOT NULL CHECK (grounded IN (0, 1)),
    edited            INTEGER NOT NULL CHECK (edited IN (0, 1)),
    reason            TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX post_state ON post (state, id);
CREATE INDEX post_story ON post (story) WHERE story IS NOT NULL;

CREATE TABLE post_version (
    post       INTEGER NOT NULL REFERENCES post (id),
    version    INTEGER NOT NULL CHECK (version >= 1),
    title      TEXT    NOT NULL,
    excerpt    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    sources    TEXT    NOT NULL,
    analysis   TEXT    NOT NULL,
    grounding  TEXT    NOT NULL,
    score      REAL    NOT NULL,
    grounded   INTEGER NOT NULL CHECK (grounded IN (0, 1)),
    completion INTEGER,
    by_actor   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (post, version)
) WITHOUT ROWID, STRICT;

CREATE TABLE completion (
    id                INTEGER PRIMARY KEY,
    provider          TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    prompt_version    TEXT    NOT NULL,
    story             INTEGER,
    outcome           TEXT    NOT NULL,
    error             TEXT,
    attempts          INTEGER NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost_micros       INTEGER NOT NULL,
    latency_us        INTEGER NOT NULL,
    at                INTEGER NOT NULL
) STRICT;
CREATE INDEX completion_at ON completion (at, id);

CREATE TABLE review (
    id       INTEGER PRIMARY KEY,
    post     INTEGER NOT NULL REFERENCES post (id),
    version  INTEGER NOT NULL,
    decision TEXT    NOT NULL CHECK (decision IN ('approved', 'rejected', 'held', 'withdrawn')),
    by_actor TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX review_post ON review (post, id);

CREATE TABLE channel (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL CHECK (kind IN ('site')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE delivery (
    id         INTEGER PRIMARY KEY,
    post       INTEGER NOT NULL REFERENCES post (id),
    channel    INTEGER NOT NULL REFERENCES channel (id),
    version    INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'sending', 'unknown', 'live', 'failed', 'withdrawn')),
    key        TEXT    NOT NULL,
    remote_id  TEXT,
    error      TEXT,
    attempts   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX delivery_post ON delivery (post, channel);
CREATE INDEX delivery_state ON delivery (state, id);

-- What the public site shows.
CREATE TABLE page (
    id           INTEGER PRIMARY KEY,
    slug         TEXT    NOT NULL UNIQUE,
    version      INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    excerpt      TEXT    NOT NULL,
    html         TEXT    NOT NULL,
    sources      TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    topic_name   TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    words        INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX page_published ON page (published_at, id);
CREATE INDEX page_topic ON page (topic, published_at, id);

-- Full text of the pages, case-folded by the application; not in a backup, rebuilt from `page`.
CREATE VIRTUAL TABLE page_text USING fts5 (content, tokenize = 'unicode61');
