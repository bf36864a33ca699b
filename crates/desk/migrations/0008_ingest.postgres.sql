-- Sources: what they are, their own pace, what they ask of us, and where they were before a move.
ALTER TABLE source ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'feed' CHECK (kind IN ('feed', 'hook', 'hand'));
ALTER TABLE source ADD COLUMN adaptive BIGINT NOT NULL DEFAULT 1 CHECK (adaptive IN (0, 1));
ALTER TABLE source ADD COLUMN rhythm_s BIGINT CHECK (rhythm_s > 0);
ALTER TABLE source ADD COLUMN window_s BIGINT CHECK (window_s > 0);
ALTER TABLE source ADD COLUMN login TEXT COLLATE "C";
ALTER TABLE source ADD COLUMN moved_at BIGINT;
ALTER TABLE source ADD COLUMN url_before TEXT COLLATE "C";
ALTER TABLE source ADD COLUMN rules TEXT NOT NULL DEFAULT '[]';
ALTER TABLE source ADD COLUMN folder TEXT COLLATE "C";
-- Somebody has chosen what is not the usual quarter of an hour.
UPDATE source SET adaptive = 0 WHERE interval_s <> 900;
UPDATE source SET next_poll_at = created_at WHERE state = 'active' AND next_poll_at IS NULL;

-- Why an item is not news.
ALTER TABLE item ADD COLUMN why TEXT COLLATE "C";
CREATE INDEX item_address ON item (source, canonical_url) WHERE canonical_url IS NOT NULL;

-- What an item said before its source changed it.
CREATE TABLE item_version (
    item         BIGINT NOT NULL REFERENCES item (id),
    version      BIGINT NOT NULL CHECK (version >= 1),
    title        TEXT    NOT NULL,
    content_html TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    replaced_at  BIGINT NOT NULL,
    PRIMARY KEY (item, version)
);

-- The last visits of each source.
CREATE TABLE visit (
    source  BIGINT NOT NULL REFERENCES source (id),
    at      BIGINT NOT NULL,
    outcome TEXT COLLATE "C"    NOT NULL CHECK (outcome IN ('read', 'unchanged', 'failed')),
    detail  TEXT    NOT NULL,
    ms      BIGINT,
    bytes   BIGINT NOT NULL,
    fresh   BIGINT NOT NULL,
    PRIMARY KEY (source, at)
);

-- What an item shared with its story when it joined, as a list.
ALTER TABLE item ADD COLUMN because TEXT;
-- Where the items of a story went that people have merged with another.
ALTER TABLE story ADD COLUMN merged_into BIGINT;

-- What people say about two items: that they tell of one event, or of two.
CREATE TABLE story_bond (
    a        BIGINT NOT NULL REFERENCES item (id),
    b        BIGINT NOT NULL REFERENCES item (id),
    together INTEGER NOT NULL CHECK (together IN (0, 1)),
    by_actor TEXT  NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (a, b)
);
CREATE INDEX story_bond_at ON story_bond (at);
