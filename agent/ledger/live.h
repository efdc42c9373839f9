/*
 * The last minutes or hours of a ledger, kept up to date while somebody writes it. Only what can
 * have changed is read, and the database is open no longer than for that: a writer may begin and
 * end, and its log be written back, as if nobody looked.
 *
 * The last hour is cut in minutes and read from the calls that are kept; a day and a week are cut
 * in hours and read from the totals. Where calls are not kept, the last hour is answered by the
 * day.
 */
#ifndef LEDGER_LIVE_H
#define LEDGER_LIVE_H

#include "agent/ledger/query.h"

enum live_span { LIVE_HOUR, LIVE_DAY, LIVE_WEEK, LIVE_SPANS };

enum {
	LIVE_SLOTS_MAX = 7 * 24,   /* minutes or hours of a span */
	LIVE_LABELS_MAX = 1 << 15, /* told apart; those that come later are in the row of others */
	LIVE_LATENCIES_MAX = 1 << 19, /* of labels and buckets; more: no percentiles */
	LIVE_ROWS_MAX = 500,          /* of an answer; the rest is its row of others */
	LIVE_FILES_MAX = 20000,       /* looked after for their lag, the newest ones */
};

struct live_question {
	enum dim dim; /* a label */
	enum live_span span;
	enum query_sort sort;
};

struct live_answer {
	struct query query; /* what `result` answers: by, sort, zone */
	struct query_result *result;
	struct query_result *unpriced; /* by model, most calls first; NULL: all have a price */
	bool crowded;                  /* more labels than LIVE_LABELS_MAX */
	enum live_span span;           /* LIVE_DAY for LIVE_HOUR when calls are not kept */
	bool calls_are_kept;
	int64_t slot;                 /* microseconds of each */
	int64_t cost[LIVE_SLOTS_MAX]; /* of each slot, the oldest first; the last one goes on */
	size_t slots;
	int64_t records[OUTCOMES]; /* of all sources and days */
	int64_t last; /* when the last call was, to the hour if it is not kept; -1: none */
	const struct file_row *files;
	size_t files_n;
};

struct live;

struct live *live_new(const char *database);
void live_free(struct live **l);

/*
 * Looks at the ledger at `now` (microseconds). True, and *answer is what is known: it lives until
 * the next look; *news says whether it is another than before. Nothing is read when neither the
 * ledger, nor the question, nor the minute (or hour) is another one.
 * False and *err: it could not be read; *answer is what was known before, NULL when nothing was.
 */
bool live_look(struct live *l, const struct live_question *q, int64_t now,
               const struct live_answer **answer, bool *news, struct err *err);

#endif
