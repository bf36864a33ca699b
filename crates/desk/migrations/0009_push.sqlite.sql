-- Sources that are pushed to us. Neither the address nor the secrets can be read without the desk's key.
CREATE TABLE hook (
    source        INTEGER PRIMARY KEY REFERENCES source (id),
    address_hash  TEXT    NOT NULL UNIQUE,
    address       TEXT    NOT NULL,
    secret        TEXT    NOT NULL,
    secret_before TEXT,
    before_until  INTEGER,
    rotated_at    INTEGER NOT NULL
) STRICT;

-- What has been taken of them, by the sender's own id, so that a repetition is told from something new.
CREATE TABLE hook_taken (
    source INTEGER NOT NULL REFERENCES source (id),
    id     TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX hook_taken_at ON hook_taken (source, at);
