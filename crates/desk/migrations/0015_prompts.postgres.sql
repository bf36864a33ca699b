-- The templates that models are asked with: versions, which never change, and the current one of each name.
CREATE TABLE prompt_version (
    -- First 16 hex digits of the source's SHA-256.
    version    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    note       TEXT COLLATE "C" NOT NULL,
    -- Nobody's are those that came with the product.
    by_actor   TEXT COLLATE "C",
    created_at BIGINT  NOT NULL
);
CREATE INDEX prompt_version_name ON prompt_version (name, created_at);

-- What came with the product and was not changed has no row.
CREATE TABLE prompt (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version    TEXT COLLATE "C" NOT NULL REFERENCES prompt_version (version),
    updated_at BIGINT  NOT NULL
);

-- How a desk speaks.
CREATE TABLE voice (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    spec       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL
);

-- The drafts that a version made: `post_version` as the model wrote it.
CREATE TABLE prompt_draft (
    completion   BIGINT  NOT NULL PRIMARY KEY,
    -- The version's 64 bits as a number.
    version      BIGINT  NOT NULL,
    post         BIGINT  NOT NULL REFERENCES post (id),
    post_version BIGINT  NOT NULL,
    cost_micros  BIGINT  NOT NULL CHECK (cost_micros >= 0)
);
CREATE INDEX prompt_draft_version ON prompt_draft (version, completion);
