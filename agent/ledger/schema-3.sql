-- Version 3: following.

-- Earlier frontiers of a file, the last first: offset and hash, 24 bytes each, lowest byte first.
ALTER TABLE files ADD COLUMN earlier BLOB;
