-- The calendar reads posts by the time they were published; `post_due` finds those that are due.
CREATE INDEX post_published ON post (published_at, id) WHERE published_at IS NOT NULL;
