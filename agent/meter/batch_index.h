/*
 * The inside of a batch, shared by batch.c, which gathers, and batch_totals.c, which adds up.
 */
#ifndef METER_BATCH_INDEX_H
#define METER_BATCH_INDEX_H

#include "agent/meter/batch.h"
#include "agent/meter/table.h"

struct label_memo {
	struct str text;
	uint32_t id;
};

/* The coverage row that the last record of an outcome went to. */
struct cover_memo {
	const char *reason;
	int64_t day;
	size_t position;
};

struct batch_index {
	struct table combinations, totals, latencies, coverage;
	size_t combinations_room, totals_room, latencies_room, rows_room, coverage_room, steps_room,
		remembered_room;
	/* Of the half minute that the last time looked at lies in. */
	int64_t half_minute, hour, day;
	struct label_memo memo[LABELS]; /* labels repeat from call to call */
	struct cover_memo covered[OUTCOMES];
	/* Of the step that is open. */
	uint32_t file, source;
	const struct source_config *config;
	int64_t step_day; /* of the last call in it; DAY_UNKNOWN before the first */
	int64_t last_time;
	struct coverage *leading;
	size_t leading_n, leading_room;
};

/* What a total needs of a call, wherever it stands. */
struct numbers {
	unsigned flags;
	const int64_t *count; /* COUNT_TOKENS of them, ABSENT or a number */
	int64_t cost, latency;
	bool has_logged_cost;
	int64_t logged_cost;
};

/* Sets hour and day of the index to those that a time lies in. */
void batch_look_at_time(struct batch *b, int64_t time);
/* Adds to the totals of the hour that was set; `sign` -1 takes away. */
void batch_count_numbers(struct batch *b, uint32_t combination, const struct numbers *n, int sign);

#endif
