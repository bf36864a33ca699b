-- What people think of versions, as models learn from it: one word of each kind from each person on each version.
CREATE TABLE feedback (
    id       BIGINT PRIMARY KEY,
    post     BIGINT NOT NULL REFERENCES post (id),
    version  BIGINT NOT NULL,
    kind     TEXT COLLATE "C"    NOT NULL CHECK (kind IN ('rating', 'edit', 'rejection', 'approval')),
    rating   BIGINT CHECK (rating BETWEEN 1 AND 5),
    changed  DOUBLE PRECISION    CHECK (changed BETWEEN 0 AND 1),
    reason   TEXT    NOT NULL,
    by_actor TEXT COLLATE "C"    NOT NULL,
    at       BIGINT NOT NULL,
    score    DOUBLE PRECISION    NOT NULL,
    parts    TEXT    NOT NULL,
    CHECK ((kind = 'rating') = (rating IS NOT NULL)),
    CHECK ((kind = 'edit') = (changed IS NOT NULL))
);
CREATE UNIQUE INDEX feedback_post ON feedback (post, version, kind, by_actor);
CREATE INDEX feedback_kind ON feedback (kind, id);

INSERT INTO feedback (id, post, version, kind, rating, reason, by_actor, at, score, parts)
    SELECT r.id, r.post, r.version, 'rating', r.rating, r.comment, r.by_actor, r.at, v.score,
        coalesce((SELECT json_object_agg(p ->> 'name', p -> 'value')::text
            FROM json_array_elements(v.analysis::json -> 'score_parts') p), '{}')
    FROM rating r JOIN post_version v ON v.post = r.post AND v.version = r.version;
