-- What caches must forget, in the order in which all of them learn of it. Old rows go, the newest always stays, so that
-- no position is given twice.
CREATE TABLE purge (
    pos  INTEGER PRIMARY KEY,
    xid  INTEGER NOT NULL DEFAULT 0,
    at   INTEGER NOT NULL,
    body TEXT    NOT NULL
) STRICT;
CREATE INDEX purge_at ON purge (at);

-- Which log this is: one row with a random number. A restored database has another one.
CREATE TABLE purge_log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  INTEGER NOT NULL
) STRICT;
