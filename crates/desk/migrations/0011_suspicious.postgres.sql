-- What in an item speaks to a model instead of a reader, as a list; NULL when nothing does, or nobody has looked.
ALTER TABLE item ADD COLUMN suspicious TEXT;
