-- Version 6: tokens estimated from the length of texts; what costs beside the tokens.

-- `estimated` are calls of either kind, price or usage; these are those whose tokens are.
ALTER TABLE total_rows ADD COLUMN estimated_usage INTEGER DEFAULT 0;

-- What a resource is; 0: a call of a model.  `hash` has it only where there is one.
ALTER TABLE combinations ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
-- Millionths of a resource's unit.
ALTER TABLE call_rare ADD COLUMN quantity INTEGER;

DROP VIEW usage_hourly;
DROP VIEW totals;
DROP VIEW calls;
DROP VIEW combination_names;

CREATE VIEW totals AS
SELECT (id >> 30) * 30 - 3600 AS hour, id & 1073741823 AS combination, calls, input, cache_read,
	cache_write, cache_write_1h, output, reasoning, cost, unpriced, estimated, unknown_usage,
	inconsistent, latency, latency_calls, logged_cost, logged_calls, estimated_usage, id
FROM total_rows;

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
	(SELECT text FROM labels WHERE labels.id = status)    AS status,
	CASE WHEN kind = 0 THEN 'model'
		ELSE (SELECT text FROM labels WHERE labels.id = kind) END AS kind
FROM combinations;

-- One row an hour of the ledger's zone and combination of labels.
CREATE VIEW usage_hourly AS
SELECT
	strftime('%Y-%m-%dT%H:%M:%SZ', t.hour, 'unixepoch')              AS hour,
	t.hour                                                           AS hour_epoch,
	n.source, n.provider, n.model, n.feature, n.user, n.agent, n.service, n.team, n.api_key,
	n.operation, n.service_tier, n.status, n.kind,
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
	t.estimated_usage AS estimated_usage_calls,
	t.unknown_usage  AS unknown_usage_calls,
	t.inconsistent   AS inconsistent_calls,
	t.latency / 1000.0                                               AS latency_ms_sum,
	t.latency_calls,
	t.logged_cost                                                    AS logged_cost_nano,
	t.logged_calls
FROM totals t
JOIN combination_names n ON n.id = t.combination;

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
	n.status, n.kind,
	(SELECT text FROM labels WHERE id = coalesce(r.error, 0))        AS error,
	c.session, c.request_id,
	c.input          AS input_tokens,
	c.cache_read     AS cache_read_tokens,
	c.cache_write    AS cache_write_tokens,
	c.cache_write_1h AS cache_write_1h_tokens,
	c.output         AS output_tokens,
	c.reasoning      AS reasoning_tokens,
	r.input_audio_tokens, r.output_audio_tokens, r.input_image_tokens, r.output_image_tokens,
	r.input_video_tokens, r.output_video_tokens,
	r.cache_read_audio_tokens, r.cache_read_image_tokens,
	r.images,
	r.audio_ms / 1000.0                                              AS audio_seconds,
	r.video_ms / 1000.0                                              AS video_seconds,
	r.pages, r.characters, r.web_searches,
	r.quantity / 1000000.0                                           AS quantity,
	printf('%d.%09d', c.cost / 1000000000, c.cost % 1000000000)      AS cost_usd,
	c.cost                                                           AS cost_nano,
	r.logged_cost                                                    AS logged_cost_nano,
	(SELECT text FROM labels WHERE id = c.price)                     AS price,
	c.flags & 1                                                      AS unpriced,
	c.flags & 66 <> 0                                                AS estimated,
	c.flags >> 6 & 1                                                 AS estimated_usage,
	c.flags >> 2 & 1                                                 AS inconsistent,
	c.flags >> 3 & 1                                                 AS unknown_usage,
	c.flags >> 5 & 1                                                 AS incomplete,
	c.latency / 1000.0                                               AS latency_ms,
	c.ttft / 1000.0                                                  AS ttft_ms,
	r.prompt_hash,
	(SELECT path FROM files WHERE id = c.file)                       AS file,
	c.offset,
	c.id
FROM call_rows c
JOIN combination_names n ON n.id = c.combination
LEFT JOIN call_rare r ON r.call = c.id;
