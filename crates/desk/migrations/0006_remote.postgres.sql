-- How far each remote cache has been told of the log of facts, in each of its lanes, and which process tells it.
CREATE TABLE remote_lane (
    target        TEXT COLLATE "C"    NOT NULL,
    lane          TEXT COLLATE "C"    NOT NULL CHECK (lane IN ('urgent', 'addresses', 'tags')),
    xid           BIGINT NOT NULL,
    pos           BIGINT NOT NULL,
    failing_since BIGINT,
    error         TEXT    NOT NULL,
    holder        BIGINT NOT NULL,
    held_until    BIGINT NOT NULL,
    PRIMARY KEY (target, lane)
);

-- What a remote cache must be told of, in the order of the log.
CREATE INDEX event_live ON event (xid, pos) WHERE kind = 'delivery_live';
CREATE INDEX event_withdrawn ON event (xid, pos) WHERE kind IN ('delivery_withdrawn', 'retracted');
