-- Drafts of one post from which a person chooses. One that was dropped has a note and no text.
CREATE TABLE post_variant (
    post       INTEGER NOT NULL REFERENCES post (id),
    label      TEXT    NOT NULL CHECK (label IN ('A', 'B', 'C', 'D', 'E')),
    note       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    excerpt    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    sources    TEXT    NOT NULL,
    analysis   TEXT    NOT NULL,
    grounding  TEXT    NOT NULL,
    score      REAL    NOT NULL,
    grounded   INTEGER NOT NULL CHECK (grounded IN (0, 1)),
    completion INTEGER,
    -- The version that it became last.
    version    INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (post, label)
) WITHOUT ROWID, STRICT;
