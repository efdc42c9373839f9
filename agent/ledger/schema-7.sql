-- Version 7: the archive.

-- The key of `dedupe` that the call holds; NULL: none.
ALTER TABLE call_rows ADD COLUMN dedupe_key INTEGER;
UPDATE call_rows SET dedupe_key = d.key FROM dedupe d WHERE d.call = call_rows.id;

-- The files of the archive, one for each UTC day (archive/segment.h): of the file there the first
-- `bytes` count, and their sums are these.
CREATE TABLE segments (
	day      INTEGER PRIMARY KEY, -- since 1970-01-01
	made     INTEGER NOT NULL,    -- microseconds, UTC; the file's header has it too
	bytes    INTEGER NOT NULL,
	crc      INTEGER NOT NULL,    -- CRC-32 of these bytes
	content  INTEGER NOT NULL,    -- bytes of lines
	calls    INTEGER NOT NULL,
	input    INTEGER NOT NULL,
	output   INTEGER NOT NULL,
	cost     INTEGER NOT NULL,
	checksum BLOB NOT NULL        -- 16 bytes: the sum of the hashes of all lines
);

-- Calls of the archive that count no longer, for a better record of the same call has come.
CREATE TABLE superseded (
	day  INTEGER NOT NULL, -- of the segment
	key  INTEGER NOT NULL,
	time INTEGER NOT NULL, -- milliseconds
	PRIMARY KEY (day, key, time)
) WITHOUT ROWID;

-- How large database and archive were together, once a day: by which growth is told.
CREATE TABLE sizes (
	day   INTEGER PRIMARY KEY, -- UTC, since 1970-01-01
	time  INTEGER NOT NULL,    -- microseconds
	bytes INTEGER NOT NULL
);

CREATE VIEW archive AS
SELECT
	strftime('%Y-%m-%d', day * 86400, 'unixepoch')                   AS day,
	strftime('%Y/calls-%Y-%m-%d.jsonl.gz', day * 86400, 'unixepoch') AS file,
	calls, input AS input_tokens, output AS output_tokens,
	printf('%d.%09d', cost / 1000000000, cost % 1000000000)          AS cost_usd,
	cost                                                             AS cost_nano,
	bytes, printf('%08x', crc) AS crc32, content AS content_bytes
FROM segments;
