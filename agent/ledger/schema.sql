-- tokentail's ledger, version 1.  Times: UTC.  Money: integer nano-dollars.  Tokens: as in DESIGN of a
-- call: input includes cache reads and writes, output includes reasoning.
--
-- The tables are dense integers; the views at the end have names and text.  Where millions of rows are
-- written (total_rows, call_rows, dedupe) the columns carry no NOT NULL or CHECK: the program is the only
-- writer, and the checks took a fifth of its speed.

-- Small facts: the zone that hours are cut in, the key of hashes, when it was made, how far sums may
-- have grown.
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
	hash      INTEGER -- of the labels, for the index: one over all of them takes thrice as long
);
CREATE INDEX combinations_by_hash ON combinations (hash);

-- Totals by hour and combination; both are in the id (total_id.h), the view `totals` takes them apart.
CREATE TABLE total_rows (
	id             INTEGER PRIMARY KEY, -- (hour + 3600) / 30 * 2^30 + combination
	calls          INTEGER,
	input          INTEGER,
	cache_read     INTEGER,
	cache_write    INTEGER,
	cache_write_1h INTEGER,
	output         INTEGER,
	reasoning      INTEGER,
	cost           INTEGER,
	unpriced       INTEGER,
	estimated      INTEGER,
	unknown_usage  INTEGER,
	inconsistent   INTEGER,
	latency        INTEGER,
	latency_calls  INTEGER,
	logged_cost    INTEGER,
	logged_calls   INTEGER
);

-- `hour` is the UTC second at which an hour of the ledger's zone begins; `latency` a sum in
-- microseconds.
CREATE VIEW totals AS
SELECT (id >> 30) * 30 - 3600 AS hour, id & 1073741823 AS combination, calls, input, cache_read,
	cache_write, cache_write_1h, output, reasoning, cost, unpriced, estimated, unknown_usage,
	inconsistent, latency, latency_calls, logged_cost, logged_calls, id
FROM total_rows;

-- Latency by hour and model: packed histogram (meter/histogram.h).
CREATE TABLE latencies (
	hour      INTEGER NOT NULL,
	model     INTEGER NOT NULL,
	histogram BLOB NOT NULL,
	PRIMARY KEY (hour, model)
) WITHOUT ROWID;

-- One row a call.  id = UTC second * 2^25 + millisecond of the second * 2^15 + a number that makes it
-- unique (call_id.h), so that rows lie in the order of time and a day is a range of ids without an
-- index.
CREATE TABLE call_rows (
	id             INTEGER PRIMARY KEY,
	combination    INTEGER,
	file           INTEGER,
	offset         INTEGER,
	input          INTEGER, -- NULL: the log does not say
	cache_read     INTEGER,
	cache_write    INTEGER,
	cache_write_1h INTEGER,
	output         INTEGER,
	reasoning      INTEGER,
	cost           INTEGER,
	price          INTEGER, -- label: the price row's key
	flags          INTEGER, -- enum call_flag
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
-- totals, so that a better record can take it back.
CREATE TABLE dedupe (
	key         INTEGER PRIMARY KEY,
	call        INTEGER, -- call_rows.id; 0: calls are not kept
	time        INTEGER, -- microseconds
	combination INTEGER,
	flags       INTEGER,
	input       INTEGER,
	cache_read  INTEGER,
	cache_write INTEGER,
	cache_write_1h INTEGER,
	output      INTEGER,
	reasoning   INTEGER,
	cost        INTEGER,
	latency     INTEGER, -- NULL: none
	logged_cost INTEGER  -- NULL: none
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
-- its own belongs to the day of the last call before it in its file.
CREATE TABLE coverage (
	source  INTEGER NOT NULL,
	day     INTEGER NOT NULL, -- UTC second at which the day begins; -1: no call before it
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

-- ---- for people: names instead of numbers ----

CREATE VIEW combination_names AS
SELECT id,
	(SELECT text FROM labels WHERE labels.id = source)    AS source,
	(SELECT text FROM labels WHERE labels.id = provider)  AS provider,
	(SELECT text FROM labels WHERE labels.id = model)     AS model,
	(SELECT text FROM labels WHERE labels.id = feature)   AS feature,
	(SELECT text FROM labels WHERE labels.id = user)      AS user,
	(SELECT text FROM labels WHERE labels.id = agent)     AS agent,
	(SELECT text FROM labels WHERE labels.id = service)   AS service,
	(SELECT text FROM labels WHERE labels.id = team)      AS team,
	(SELECT text FROM labels WHERE labels.id = api_key)   AS api_key,
	(SELECT text FROM labels WHERE labels.id = operation) AS operation,
	(SELECT text FROM labels WHERE labels.id = tier)      AS service_tier,
	(SELECT text FROM labels WHERE labels.id = status)    AS status
FROM combinations;

-- One row a call that is kept.  cost_usd is exact decimal text; cost_nano is made for sums.
CREATE VIEW calls AS
SELECT
	strftime('%Y-%m-%dT%H:%M:%S', c.id >> 25, 'unixepoch')
		|| printf('.%03dZ', c.id >> 15 & 1023)                   AS time,
	(c.id >> 25) * 1000 + (c.id >> 15 & 1023)                        AS time_ms,
	n.source, n.provider, n.model,
	(SELECT text FROM labels WHERE id = coalesce(r.requested_model, 0)) AS requested_model,
	n.feature, n.user, n.agent, n.service, n.team, n.api_key, n.operation, n.service_tier,
	(SELECT text FROM labels WHERE id = coalesce(r.region, 0))       AS region,
	n.status,
	(SELECT text FROM labels WHERE id = coalesce(r.error, 0))        AS error,
	c.session, c.request_id,
	c.input          AS input_tokens,
	c.cache_read     AS cache_read_tokens,
	c.cache_write    AS cache_write_tokens,
	c.cache_write_1h AS cache_write_1h_tokens,
	c.output         AS output_tokens,
	c.reasoning      AS reasoning_tokens,
	r.input_audio_tokens, r.output_audio_tokens, r.input_image_tokens, r.output_image_tokens,
	r.images,
	r.audio_ms / 1000.0                                              AS audio_seconds,
	r.web_searches,
	printf('%d.%09d', c.cost / 1000000000, c.cost % 1000000000)      AS cost_usd,
	c.cost                                                           AS cost_nano,
	r.logged_cost                                                    AS logged_cost_nano,
	(SELECT text FROM labels WHERE id = c.price)                     AS price,
	c.flags & 1                                                      AS unpriced,
	c.flags >> 1 & 1                                                 AS estimated,
	c.flags >> 2 & 1                                                 AS inconsistent,
	c.flags >> 3 & 1                                                 AS unknown_usage,
	c.latency / 1000.0                                               AS latency_ms,
	c.ttft / 1000.0                                                  AS ttft_ms,
	r.prompt_hash,
	(SELECT path FROM files WHERE id = c.file)                       AS file,
	c.offset,
	c.id
FROM call_rows c
JOIN combination_names n ON n.id = c.combination
LEFT JOIN call_rare r ON r.call = c.id;

-- One row an hour of the ledger's zone and combination of labels.
CREATE VIEW usage_hourly AS
SELECT
	strftime('%Y-%m-%dT%H:%M:%SZ', t.hour, 'unixepoch')              AS hour,
	t.hour                                                           AS hour_epoch,
	n.source, n.provider, n.model, n.feature, n.user, n.agent, n.service, n.team, n.api_key,
	n.operation, n.service_tier, n.status,
	t.calls,
	t.input          AS input_tokens,
	t.cache_read     AS cache_read_tokens,
	t.cache_write    AS cache_write_tokens,
	t.cache_write_1h AS cache_write_1h_tokens,
	t.output         AS output_tokens,
	t.reasoning      AS reasoning_tokens,
	printf('%d.%09d', t.cost / 1000000000, t.cost % 1000000000)      AS cost_usd,
	t.cost                                                           AS cost_nano,
	t.unpriced       AS unpriced_calls,
	t.estimated      AS estimated_calls,
	t.unknown_usage  AS unknown_usage_calls,
	t.inconsistent   AS inconsistent_calls,
	t.latency / 1000.0                                               AS latency_ms_sum,
	t.latency_calls,
	t.logged_cost                                                    AS logged_cost_nano,
	t.logged_calls
FROM totals t
JOIN combination_names n ON n.id = t.combination;

-- What became of the records: `day` is the UTC time at which a day of the ledger's zone begins.
CREATE VIEW coverage_daily AS
SELECT
	CASE WHEN day >= 0 THEN strftime('%Y-%m-%dT%H:%M:%SZ', day, 'unixepoch') END AS day,
	(SELECT text FROM labels WHERE id = source)                      AS source,
	CASE outcome WHEN 0 THEN 'call' WHEN 1 THEN 'duplicate' WHEN 2 THEN 'skipped'
		ELSE 'rejected' END                                      AS outcome,
	(SELECT text FROM labels WHERE id = reason)                      AS reason,
	records
FROM coverage;
