-- The templates that models are asked with: versions, which never change, and the current one of each name.
CREATE TABLE prompt_version (
    -- First 16 hex digits of the source's SHA-256.
    version    TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    -- Nobody's are those that came with the product.
    by_actor   TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX prompt_version_name ON prompt_version (name, created_at);

-- What came with the product and was not changed has no row.
CREATE TABLE prompt (
    name       TEXT    NOT NULL PRIMARY KEY,
    version    TEXT    NOT NULL REFERENCES prompt_version (version),
    updated_at INTEGER NOT NULL
) STRICT;

-- How a desk speaks.
CREATE TABLE voice (
    name       TEXT    NOT NULL PRIMARY KEY,
    spec       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- The drafts that a version made: `post_version` as the model wrote it.
CREATE TABLE prompt_draft (
    completion   INTEGER NOT NULL PRIMARY KEY,
    -- The version's 64 bits as a number.
    version      INTEGER NOT NULL,
    post         INTEGER NOT NULL REFERENCES post (id),
    post_version INTEGER NOT NULL,
    cost_micros  INTEGER NOT NULL CHECK (cost_micros >= 0)
) STRICT;
CREATE INDEX prompt_draft_version ON prompt_draft (version, completion);
