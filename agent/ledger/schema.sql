-- tokentail's ledger, version 1.  Times: UTC.  Money: integer nano-dollars.  Tokens: as in DESIGN of a
-- call: input includes cache reads and writes, output includes reasoning.

-- Small facts: the zone that hours are cut in, the key of hashes, when it was made.
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

-- Every text of a dimension once.  Id 0 is the empty text: the log does not say.
CREATE TABLE labels (
	id   INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE
);
INSERT INTO labels VALUES (0, '');

-- A combination of labels, so that a call and a total carry one integer for all of them.
CREATE TABLE combinations (
	id        INTEGER PRIMARY KEY,
	source    INTEGER NOT NULL,
	provider  INTEGER NOT NULL,
	model     INTEGER NOT NULL,
	feature   INTEGER NOT NULL,
	user      INTEGER NOT NULL,
	agent     INTEGER NOT NULL,
	service   INTEGER NOT NULL,
	team      INTEGER NOT NULL,
	api_key   INTEGER NOT NULL,
	operation INTEGER NOT NULL,
	tier      INTEGER NOT NULL,
	status    INTEGER NOT NULL,
	UNIQUE (source, provider, model, feature, user, agent, service, team, api_key, operation,
	        tier, status)
);

-- Totals.  `hour` is the UTC second at which an hour of the ledger's zone begins.
CREATE TABLE totals (
	hour           INTEGER NOT NULL,
	combination    INTEGER NOT NULL,
	calls          INTEGER NOT NULL,
	input          INTEGER NOT NULL,
	cache_read     INTEGER NOT NULL,
	cache_write    INTEGER NOT NULL,
	cache_write_1h INTEGER NOT NULL,
	output         INTEGER NOT NULL,
	reasoning      INTEGER NOT NULL,
	cost           INTEGER NOT NULL CHECK (typeof(cost) = 'integer'), -- overflow would be a float
	unpriced       INTEGER NOT NULL,
	estimated      INTEGER NOT NULL,
	unknown_usage  INTEGER NOT NULL,
	inconsistent   INTEGER NOT NULL,
	latency        INTEGER NOT NULL, -- sum, microseconds
	latency_calls  INTEGER NOT NULL,
	logged_cost    INTEGER NOT NULL,
	logged_calls   INTEGER NOT NULL,
	PRIMARY KEY (hour, combination)
) WITHOUT ROWID;

-- Latency by hour and model: packed histogram (meter/histogram.h).
CREATE TABLE latencies (
	hour      INTEGER NOT NULL,
	model     INTEGER NOT NULL,
	histogram BLOB NOT NULL,
	PRIMARY KEY (hour, model)
) WITHOUT ROWID;

-- One row a call.  id = milliseconds since the epoch * 2^22 + a number that makes it unique, so that
-- rows lie in the order of time and a day is a range of ids without an index.
CREATE TABLE call_rows (
	id             INTEGER PRIMARY KEY,
	combination    INTEGER NOT NULL,
	file           INTEGER NOT NULL,
	offset         INTEGER NOT NULL,
	input          INTEGER, -- NULL: the log does not say
	cache_read     INTEGER,
	cache_write    INTEGER,
	cache_write_1h INTEGER,
	output         INTEGER,
	reasoning      INTEGER,
	cost           INTEGER NOT NULL,
	price          INTEGER NOT NULL, -- label: the price row's key
	flags          INTEGER NOT NULL, -- enum call_flag
	latency        INTEGER, -- microseconds
	ttft           INTEGER,
	session        TEXT,
	request_id     TEXT
);

-- What few calls have.
CREATE TABLE call_rare (
	call                INTEGER PRIMARY KEY, -- call_rows.id
	input_audio_tokens  INTEGER,
	output_audio_tokens INTEGER,
	input_image_tokens  INTEGER,
	output_image_tokens INTEGER,
	images              INTEGER,
	audio_ms            INTEGER,
	web_searches        INTEGER,
	requested_model     INTEGER NOT NULL, -- label
	region              INTEGER NOT NULL, -- label
	error               INTEGER NOT NULL, -- label
	logged_cost         INTEGER,
	prompt_hash         INTEGER
);

-- Records that are one call: the key of `dedupe.by`, and what the call that counts put into the
-- totals, so that a better record can take it back.  `call` is 0 when calls are not kept.
CREATE TABLE dedupe (
	key         INTEGER PRIMARY KEY,
	call        INTEGER NOT NULL,
	time        INTEGER NOT NULL, -- microseconds
	combination INTEGER NOT NULL,
	numbers     BLOB NOT NULL     -- packed by ledger/dedupe.c
);

-- Files by content.
CREATE TABLE files (
	id           INTEGER PRIMARY KEY,
	path         TEXT NOT NULL,
	source       INTEGER NOT NULL, -- label
	gzip         INTEGER NOT NULL,
	device       INTEGER NOT NULL,
	inode        INTEGER NOT NULL,
	size         INTEGER NOT NULL,
	mtime_ns     INTEGER NOT NULL,
	ctime_ns     INTEGER NOT NULL,
	offset       INTEGER NOT NULL, -- decompressed bytes counted
	content_size INTEGER NOT NULL,
	head_n       INTEGER NOT NULL,
	head         BLOB NOT NULL,    -- 16 bytes
	frontier_n   INTEGER NOT NULL,
	frontier     BLOB NOT NULL,
	last_time    INTEGER NOT NULL,
	lost         INTEGER NOT NULL,
	state        INTEGER NOT NULL,
	reason       TEXT NOT NULL
);

-- records = calls + duplicates + skipped + rejected, by source and day.  A record without a time of
-- its own belongs to the day of the last call before it in its file; day NULL-like -1: none yet.
CREATE TABLE coverage (
	source  INTEGER NOT NULL,
	day     INTEGER NOT NULL, -- UTC second at which the day begins; -1 unknown
	outcome INTEGER NOT NULL, -- enum outcome
	reason  INTEGER NOT NULL, -- label
	records INTEGER NOT NULL,
	PRIMARY KEY (source, day, outcome, reason)
) WITHOUT ROWID;

-- The last few rejected records of each source and reason: where they lie and the field's own value.
CREATE TABLE rejects (
	id     INTEGER PRIMARY KEY,
	source INTEGER NOT NULL,
	reason INTEGER NOT NULL,
	file   INTEGER NOT NULL,
	offset INTEGER NOT NULL,
	at     INTEGER NOT NULL, -- byte of the record
	value  TEXT NOT NULL
);
CREATE INDEX rejects_by_reason ON rejects (source, reason, id);
