-- Somebody with a password of their own.
CREATE TABLE person (
    id           BIGINT PRIMARY KEY,
    email        TEXT COLLATE "C" NOT NULL UNIQUE,
    name         TEXT COLLATE "C" NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'author', 'moderator', 'viewer')),
    password     TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    disabled_at  BIGINT
);

-- Links that make an account, or give one back, once. Only the hash of what the link holds is here.
CREATE TABLE invitation (
    id         BIGINT PRIMARY KEY,
    hash       TEXT COLLATE "C" NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('invitation', 'recovery', 'setup')),
    email      TEXT COLLATE "C",
    role       TEXT NOT NULL CHECK (role IN ('admin', 'editor', 'author', 'moderator', 'viewer')),
    person     BIGINT REFERENCES person (id),
    made_by    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((kind = 'recovery') = (person IS NOT NULL))
);
CREATE INDEX invitation_person ON invitation (person);

-- Words of guard's scopes with blanks between; NULL: all that the role may.
ALTER TABLE api_key ADD COLUMN scopes TEXT COLLATE "C";

-- Who stands behind a key: the person, or the first key, that made it or the key it was made with. NULL: nobody but itself.
ALTER TABLE api_key ADD COLUMN owner_user BIGINT REFERENCES person (id);
ALTER TABLE api_key ADD COLUMN owner_key BIGINT REFERENCES api_key (id);
CREATE INDEX api_key_owner_user ON api_key (owner_user);
CREATE INDEX api_key_owner_key ON api_key (owner_key);

-- A session belongs to a key or to a person. Nobody loses more than a sign-in: the old ones go.
DROP TABLE session;
CREATE TABLE session (
    hash       TEXT COLLATE "C" PRIMARY KEY,
    api_key    BIGINT REFERENCES api_key (id),
    person     BIGINT REFERENCES person (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((api_key IS NULL) <> (person IS NULL))
);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_person ON session (person);

-- How somebody likes the console; JSON.
CREATE TABLE preference (
    principal TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    value     TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (principal, name)
);
