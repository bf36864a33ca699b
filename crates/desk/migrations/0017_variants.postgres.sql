-- Drafts of one post from which a person chooses. One that was dropped has a note and no text.
CREATE TABLE post_variant (
    post       BIGINT  NOT NULL REFERENCES post (id),
    label      TEXT COLLATE "C" NOT NULL CHECK (label IN ('A', 'B', 'C', 'D', 'E')),
    note       TEXT COLLATE "C" NOT NULL,
    title      TEXT COLLATE "C" NOT NULL,
    excerpt    TEXT COLLATE "C" NOT NULL,
    body       TEXT COLLATE "C" NOT NULL,
    topic      TEXT COLLATE "C" NOT NULL,
    language   TEXT COLLATE "C" NOT NULL,
    sources    TEXT COLLATE "C" NOT NULL,
    analysis   TEXT COLLATE "C" NOT NULL,
    grounding  TEXT COLLATE "C" NOT NULL,
    score      DOUBLE PRECISION NOT NULL,
    grounded   BIGINT  NOT NULL CHECK (grounded IN (0, 1)),
    completion BIGINT,
    -- The version that it became last.
    version    BIGINT,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (post, label)
);
