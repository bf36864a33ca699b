-- Somebody with a password of their own.
CREATE TABLE person (
    id           INTEGER PRIMARY KEY,
    email        TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL CHECK (role IN ('admin', 'editor', 'author', 'moderator', 'viewer')),
    password     TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    disabled_at  INTEGER
) STRICT;

-- Links that make an account, or give one back, once. Only the hash of what the link holds is here.
CREATE TABLE invitation (
    id         INTEGER PRIMARY KEY,
    hash       TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL CHECK (kind IN ('invitation', 'recovery', 'setup')),
    email      TEXT,
    role       TEXT    NOT NULL CHECK (role IN ('admin', 'editor', 'author', 'moderator', 'viewer')),
    person     INTEGER REFERENCES person (id),
    made_by    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((kind = 'recovery') = (person IS NOT NULL))
) STRICT;
CREATE INDEX invitation_person ON invitation (person);

-- Words of guard's scopes with blanks between; NULL: all that the role may.
ALTER TABLE api_key ADD COLUMN scopes TEXT;

-- Who stands behind a key: the person, or the first key, that made it or the key it was made with. NULL: nobody but itself.
ALTER TABLE api_key ADD COLUMN owner_user INTEGER REFERENCES person (id);
ALTER TABLE api_key ADD COLUMN owner_key INTEGER REFERENCES api_key (id);
CREATE INDEX api_key_owner_user ON api_key (owner_user);
CREATE INDEX api_key_owner_key ON api_key (owner_key);

-- A session belongs to a key or to a person. Nobody loses more than a sign-in: the old ones go.
DROP TABLE session;
CREATE TABLE session (
    hash       TEXT    PRIMARY KEY,
    api_key    INTEGER REFERENCES api_key (id),
    person     INTEGER REFERENCES person (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((api_key IS NULL) <> (person IS NULL))
) WITHOUT ROWID, STRICT;
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_person ON session (person);

-- How somebody likes the console; JSON.
CREATE TABLE preference (
    principal TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    value     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (principal, name)
) WITHOUT ROWID, STRICT;
