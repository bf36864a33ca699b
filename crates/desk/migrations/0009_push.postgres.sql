-- Sources that are pushed to us. Neither the address nor the secrets can be read without the desk's key.
CREATE TABLE hook (
    source        BIGINT PRIMARY KEY REFERENCES source (id),
    address_hash  TEXT COLLATE "C" NOT NULL UNIQUE,
    address       TEXT   NOT NULL,
    secret        TEXT   NOT NULL,
    secret_before TEXT,
    before_until  BIGINT,
    rotated_at    BIGINT NOT NULL
);

-- What has been taken of them, by the sender's own id, so that a repetition is told from something new.
CREATE TABLE hook_taken (
    source BIGINT NOT NULL REFERENCES source (id),
    id     TEXT COLLATE "C" NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX hook_taken_at ON hook_taken (source, at);
