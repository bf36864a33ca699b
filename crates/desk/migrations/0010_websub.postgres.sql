-- What hubs were asked to tell us of, and how that went. Neither the address nor the secret can be read without the desk's key.
CREATE TABLE subscription (
    source       BIGINT  PRIMARY KEY REFERENCES source (id),
    -- Those the feed names, as a list, and which of them is asked.
    hubs         TEXT    NOT NULL,
    hub          BIGINT  NOT NULL DEFAULT 0 CHECK (hub >= 0),
    topic        TEXT    NOT NULL,
    -- Where the desk was to be reached when it asked.
    base         TEXT    NOT NULL,
    address_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    address      TEXT    NOT NULL,
    secret       TEXT    NOT NULL,
    state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('wanted', 'asked', 'active', 'unreliable', 'denied', 'leaving', 'ended')),
    reason       TEXT,
    failures     BIGINT  NOT NULL DEFAULT 0,
    next_at      BIGINT,
    verified_at  BIGINT,
    expires_at   BIGINT,
    pushed_at    BIGINT,
    pushes       BIGINT  NOT NULL DEFAULT 0,
    refused      BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX subscription_due ON subscription (next_at) WHERE next_at IS NOT NULL;
