-- The last call of the draft that a call was made for, which gave its text.
ALTER TABLE completion ADD COLUMN draft BIGINT;
UPDATE completion SET draft = id;
CREATE INDEX completion_draft ON completion (draft);
