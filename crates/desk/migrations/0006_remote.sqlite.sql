-- How far each remote cache has been told of the log of facts, in each of its lanes, and which process tells it.
CREATE TABLE remote_lane (
    target        TEXT    NOT NULL,
    lane          TEXT    NOT NULL CHECK (lane IN ('urgent', 'addresses', 'tags')),
    xid           INTEGER NOT NULL,
    pos           INTEGER NOT NULL,
    failing_since INTEGER,
    error         TEXT    NOT NULL,
    holder        INTEGER NOT NULL,
    held_until    INTEGER NOT NULL,
    PRIMARY KEY (target, lane)
) WITHOUT ROWID, STRICT;

-- What a remote cache must be told of, in the order of the log.
CREATE INDEX event_live ON event (xid, pos) WHERE kind = 'delivery_live';
CREATE INDEX event_withdrawn ON event (xid, pos) WHERE kind IN ('delivery_withdrawn', 'retracted');
