-- What the two-person rule needs, and what the lists show beside the text.
ALTER TABLE post ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE post ADD COLUMN approvals TEXT NOT NULL DEFAULT '[]';
ALTER TABLE post ADD COLUMN source_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE post ADD COLUMN rating_sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE post ADD COLUMN rating_count INTEGER NOT NULL DEFAULT 0;

UPDATE post SET
    author = coalesce((SELECT v.by_actor FROM post_version v WHERE v.post = post.id AND v.version = post.version), ''),
    source_names = coalesce((SELECT json_group_array(DISTINCT s.value ->> 'name') FROM post_version v, json_each(v.sources) s
        WHERE v.post = post.id AND v.version = post.version), '[]'),
    approvals = coalesce((SELECT '[["' || e.actor || '",null,' || e.at || ']]' FROM event e
        WHERE e.stream = post.id AND e.kind = 'approved' AND NOT EXISTS (
            SELECT 1 FROM event l WHERE l.stream = e.stream AND l.version > e.version
            AND l.kind IN ('version_added', 'approval_withdrawn', 'rejected', 'reopened', 'retracted'))
        ORDER BY e.version DESC LIMIT 1), '[]');

CREATE INDEX post_score ON post (state, score, id);
CREATE INDEX post_updated ON post (state, updated_at, id);
CREATE INDEX post_due ON post (due_at, id) WHERE due_at IS NOT NULL;

-- Full text of titles and excerpts, case-folded by the application; not in a backup, rebuilt from `post`.
CREATE VIRTUAL TABLE post_text USING fts5 (content, tokenize = 'unicode61');
INSERT INTO post_text (rowid, content) SELECT id, lower(title || ' ' || excerpt) FROM post;

-- How far a source is trusted, 0 to 1; the policy of a pipeline may ask for more.
ALTER TABLE source ADD COLUMN trust REAL NOT NULL DEFAULT 0.5 CHECK (trust BETWEEN 0 AND 1);

-- A decision knows more words, and says what was checked.
CREATE TABLE review_next (
    id       INTEGER PRIMARY KEY,
    post     INTEGER NOT NULL REFERENCES post (id),
    version  INTEGER NOT NULL,
    decision TEXT    NOT NULL CHECK (decision IN ('approved', 'endorsed', 'rejected', 'held', 'withdrawn', 'reopened')),
    by_actor TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    reasons  TEXT    NOT NULL DEFAULT '[]'
) STRICT;
INSERT INTO review_next (id, post, version, decision, by_actor, reason, at) SELECT id, post, version, decision, by_actor, reason, at FROM review;
DROP TABLE review;
ALTER TABLE review_next RENAME TO review;
CREATE INDEX review_post ON review (post, id);

-- Who is looking at a post just now.
CREATE TABLE claim (
    post     INTEGER PRIMARY KEY REFERENCES post (id),
    by_actor TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    until    INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_by ON claim (by_actor, until);

CREATE TABLE rating (
    id       INTEGER PRIMARY KEY,
    post     INTEGER NOT NULL REFERENCES post (id),
    version  INTEGER NOT NULL,
    by_actor TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    rating   INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment  TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rating_post ON rating (post, version, by_actor);

-- What somebody is typing; no version.
CREATE TABLE working_copy (
    post         INTEGER NOT NULL REFERENCES post (id),
    by_actor     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    base_version INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    excerpt      TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    saved_at     INTEGER NOT NULL,
    PRIMARY KEY (post, by_actor)
) WITHOUT ROWID, STRICT;

-- Signed links that let somebody without an account judge one version.
CREATE TABLE review_link (
    id         INTEGER PRIMARY KEY,
    post       INTEGER NOT NULL REFERENCES post (id),
    version    INTEGER NOT NULL,
    reviewer   TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    by_actor   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    used_at    INTEGER,
    outcome    TEXT CHECK (outcome IN ('approved', 'endorsed', 'rejected')),
    comment    TEXT
) STRICT;
CREATE INDEX review_link_post ON review_link (post, id);

-- How far a job over many posts has come, written with what it did.
CREATE TABLE bulk (
    job      INTEGER PRIMARY KEY,
    after    INTEGER NOT NULL,
    seen     INTEGER NOT NULL,
    done     INTEGER NOT NULL,
    -- First of two approvals.
    endorsed INTEGER NOT NULL,
    missed   INTEGER NOT NULL,
    skipped  TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX bulk_at ON bulk (at);
