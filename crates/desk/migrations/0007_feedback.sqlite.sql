-- What people think of versions, as models learn from it: one word of each kind from each person on each version.
CREATE TABLE feedback (
    id       INTEGER PRIMARY KEY,
    post     INTEGER NOT NULL REFERENCES post (id),
    version  INTEGER NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN ('rating', 'edit', 'rejection', 'approval')),
    rating   INTEGER CHECK (rating BETWEEN 1 AND 5),
    changed  REAL    CHECK (changed BETWEEN 0 AND 1),
    reason   TEXT    NOT NULL,
    by_actor TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    score    REAL    NOT NULL,
    parts    TEXT    NOT NULL,
    CHECK ((kind = 'rating') = (rating IS NOT NULL)),
    CHECK ((kind = 'edit') = (changed IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX feedback_post ON feedback (post, version, kind, by_actor);
CREATE INDEX feedback_kind ON feedback (kind, id);

INSERT INTO feedback (id, post, version, kind, rating, reason, by_actor, at, score, parts)
    SELECT r.id, r.post, r.version, 'rating', r.rating, r.comment, r.by_actor, r.at, v.score,
        CASE WHEN json_valid(v.analysis) THEN (
            SELECT json_group_object(p.value ->> 'name', p.value -> 'value') FROM json_each(v.analysis, '$.score_parts') p
        ) ELSE '{}' END
    FROM rating r JOIN post_version v ON v.post = r.post AND v.version = r.version;
