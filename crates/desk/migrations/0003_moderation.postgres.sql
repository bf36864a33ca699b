-- What the two-person rule needs, and what the lists show beside the text.
ALTER TABLE post ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE post ADD COLUMN approvals TEXT NOT NULL DEFAULT '[]';
ALTER TABLE post ADD COLUMN source_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE post ADD COLUMN rating_sum BIGINT NOT NULL DEFAULT 0;
ALTER TABLE post ADD COLUMN rating_count BIGINT NOT NULL DEFAULT 0;

UPDATE post SET
    author = coalesce((SELECT v.by_actor FROM post_version v WHERE v.post = post.id AND v.version = post.version), ''),
    source_names = coalesce((SELECT json_agg(DISTINCT s.value ->> 'name')::text FROM post_version v, jsonb_array_elements(v.sources::jsonb) s(value)
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
CREATE TABLE post_text (
    rowid   BIGINT PRIMARY KEY,
    content TEXT NOT NULL
);
INSERT INTO post_text (rowid, content) SELECT id, lower(title || ' ' || excerpt) FROM post;
CREATE INDEX post_text_words ON post_text USING gin (to_tsvector('simple', content));

-- How far a source is trusted, 0 to 1; the policy of a pipeline may ask for more.
ALTER TABLE source ADD COLUMN trust DOUBLE PRECISION NOT NULL DEFAULT 0.5 CHECK (trust BETWEEN 0 AND 1);

-- A decision knows more words, and says what was checked.
ALTER TABLE review DROP CONSTRAINT review_decision_check;
ALTER TABLE review ADD CONSTRAINT review_decision_check
    CHECK (decision IN ('approved', 'endorsed', 'rejected', 'held', 'withdrawn', 'reopened'));
ALTER TABLE review ADD COLUMN reasons TEXT NOT NULL DEFAULT '[]';

-- Who is looking at a post just now.
CREATE TABLE claim (
    post     BIGINT PRIMARY KEY REFERENCES post (id),
    by_actor TEXT COLLATE "C"    NOT NULL,
    name     TEXT    NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX claim_by ON claim (by_actor, until);

CREATE TABLE rating (
    id       BIGINT PRIMARY KEY,
    post     BIGINT NOT NULL REFERENCES post (id),
    version  BIGINT NOT NULL,
    by_actor TEXT COLLATE "C"    NOT NULL,
    name     TEXT    NOT NULL,
    rating   BIGINT NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment  TEXT    NOT NULL,
    at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX rating_post ON rating (post, version, by_actor);

-- What somebody is typing; no version.
CREATE TABLE working_copy (
    post         BIGINT NOT NULL REFERENCES post (id),
    by_actor     TEXT COLLATE "C"    NOT NULL,
    name         TEXT    NOT NULL,
    base_version BIGINT NOT NULL,
    title        TEXT    NOT NULL,
    excerpt      TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    saved_at     BIGINT NOT NULL,
    PRIMARY KEY (post, by_actor)
);

-- Signed links that let somebody without an account judge one version.
CREATE TABLE review_link (
    id         BIGINT PRIMARY KEY,
    post       BIGINT NOT NULL REFERENCES post (id),
    version    BIGINT NOT NULL,
    reviewer   TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    by_actor   TEXT COLLATE "C"    NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    used_at    BIGINT,
    outcome    TEXT CHECK (outcome IN ('approved', 'endorsed', 'rejected')),
    comment    TEXT
);
CREATE INDEX review_link_post ON review_link (post, id);

-- How far a job over many posts has come, written with what it did.
CREATE TABLE bulk (
    job      BIGINT PRIMARY KEY,
    after    BIGINT NOT NULL,
    seen     BIGINT NOT NULL,
    done     BIGINT NOT NULL,
    -- First of two approvals.
    endorsed BIGINT NOT NULL,
    missed   BIGINT NOT NULL,
    skipped  TEXT   NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX bulk_at ON bulk (at);
