-- Version 4: re-pricing.

-- One row for each time that calls were priced anew: what was asked for, with which prices, and what
-- it changed.
CREATE TABLE reprice_rows (
	id              INTEGER PRIMARY KEY,
	time            INTEGER NOT NULL, -- microseconds, UTC: when it was done
	since           INTEGER NOT NULL, -- microseconds: of the calls, as moved to whole hours
	until           INTEGER NOT NULL,
	filter          TEXT NOT NULL,    -- model=gpt-4o user=ada; empty: all
	prices          TEXT NOT NULL,    -- digest of the price book
	calls           INTEGER NOT NULL, -- looked at
	changed         INTEGER NOT NULL,
	cost_before     INTEGER NOT NULL, -- of those looked at
	cost_after      INTEGER NOT NULL,
	unpriced_before INTEGER NOT NULL,
	unpriced_after  INTEGER NOT NULL
);

CREATE VIEW repricings AS
SELECT
	strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000000, 'unixepoch')           AS time,
	strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000000, 'unixepoch')          AS since,
	strftime('%Y-%m-%dT%H:%M:%SZ', until / 1000000, 'unixepoch')          AS until,
	filter, prices, calls,
	changed                                                               AS changed_calls,
	printf('%d.%09d', cost_before / 1000000000, cost_before % 1000000000) AS cost_usd_before,
	printf('%d.%09d', cost_after / 1000000000, cost_after % 1000000000)   AS cost_usd_after,
	unpriced_before                                                       AS unpriced_calls_before,
	unpriced_after                                                        AS unpriced_calls_after
FROM reprice_rows;
