/*
 * Questions to the ledger. Reads only.
 */
#ifndef LEDGER_QUERY_H
#define LEDGER_QUERY_H

#include "agent/ledger/ledger.h"
#include "agent/meter/baseline.h"
#include "agent/meter/currency.h"
#include "agent/meter/histogram.h"
#include "agent/meter/resource.h"

enum dim {
	DIM_MODEL,
	DIM_PROVIDER,
	DIM_FEATURE,
	DIM_USER,
	DIM_AGENT,
	DIM_SERVICE,
	DIM_TEAM,
	DIM_API_KEY,
	DIM_OPERATION,
	DIM_TIER,
	DIM_STATUS,
	DIM_KIND,
	DIM_SOURCE,
	DIM_SESSION, /* from kept calls only */
	DIM_HOUR,
	DIM_DAY,
	DIM_WEEK,
	DIM_MONTH,
	DIM_HOUR_OF_DAY,
	DIMS
};

const char *dim_name(enum dim dim);
bool dim_find(struct str name, enum dim *ret);

enum { QUERY_DIMS_MAX = 6, QUERY_WHERE_MAX = 16 };

enum query_sort { SORT_DEFAULT, SORT_COST, SORT_CALLS, SORT_TOKENS };

struct query {
	enum dim by[QUERY_DIMS_MAX];
	size_t by_n; /* 0: the total only */
	struct {
		enum dim dim;
		struct str value;
	} where[QUERY_WHERE_MAX]; /* equal dims are alternatives, different ones must all hold */
	size_t where_n;
	int64_t since, until;    /* microseconds, [since, until); INT64_MIN / INT64_MAX: open */
	const struct zone *zone; /* of days and of the names of hours */
	enum query_sort sort;    /* SORT_DEFAULT: by time if the first dim is one, else by cost */
	size_t limit;            /* 0: all; the rest is summed as one row "other" */
	/* Only calls without a price, without latencies. Where an hour's total mixes calls with and
	 * without, its tokens are shared out by number of calls. */
	bool unpriced_only;
	/* What costs with time, up to `now` (microseconds): rows without calls. NULL: nothing. */
	const struct resources *resources;
	int64_t now;
	const struct baseline *baseline; /* NULL: none. Its books are asked of kept calls alone */
	const struct currency *currency; /* NULL: USD */
	/* Folder of the archive, whose calls are read too where calls are read; NULL: they are left
	 * out. */
	const char *archive;
};

/* Calls that have a cost and a baseline, and both sums of those: nano-dollars. */
struct compared {
	int64_t calls, cost, baseline;
};

/* What can be shown in another currency. */
enum amount { AMOUNT_COST, AMOUNT_COMPARED, AMOUNT_BASELINE, AMOUNTS };

struct query_row {
	struct str key[QUERY_DIMS_MAX]; /* text of each dim; owned by the result */
	int64_t errors;
	struct sums sums;
	struct compared compared;
	wide foreign[AMOUNTS]; /* nano-dollars times rates; 0 without a currency */
	bool has_percentiles;
	int64_t p50, p95, p99; /* microseconds */
};

struct query_result {
	int64_t since, until; /* as asked, moved outwards to whole hours where totals are by hour;
	                       * open ends are the first and last hour there is of
	                       * calls and resources; still open
	                       * when the ledger is empty. By session: as asked */
	int64_t days_before;  /* microseconds: what is before is known by day, not by hour;
	                       * INT64_MIN: nothing is */
	bool moved;           /* they were moved */
	struct query_row *rows;
	size_t n;
	size_t other_n; /* rows summed in the last one because of the limit; 0: none */
	struct query_row total;
	/* Calls in the archive, of days within that time, of which sessions or percentiles would
	 * have been known: not read, or of files that are damaged (the first one's damage in words;
	 * it is owned by the result). */
	int64_t unread_calls, damaged_calls;
	struct str damage;
	struct arena text;
};

/* Whether it is by session or of one: answered by single calls then, which the totals do not know.
 */
bool query_of_sessions(const struct query *q);
/* NULL and *err. Percentiles come from the histograms where only model and time are asked for, else
 * from the calls that are kept; a row has none if there is neither. */
struct query_result *query_run(struct ledger *l, const struct query *q, struct err *err);
void query_result_free(struct query_result **r);
/* An amount of a row, in billionths of what the query is shown in. */
int64_t query_amount(const struct query *q, const struct query_row *row, enum amount amount);
/* How much more the baseline is than the cost of the same calls. */
int64_t query_saving(const struct query *q, const struct query_row *row);

/* Coverage of each source, all days: what `status` and `backfill` show. */
struct coverage_row {
	struct str source, reason;
	enum outcome outcome;
	int64_t records;
};
bool query_coverage(struct ledger *l, struct coverage_row **ret, size_t *n, struct arena *text,
                    struct err *err);

/* The same over all sources and reasons. */
bool query_outcomes(struct ledger *l, int64_t ret[OUTCOMES], struct err *err);

/* The last rejected records kept. */
struct reject_row {
	struct str source, reason, path, value;
	int64_t offset, at;
};
bool query_rejects(struct ledger *l, size_t limit, struct reject_row **ret, size_t *n,
                   struct arena *text, struct err *err);

/* Files that may have something to count: neither finished nor left out. The newest first. */
struct file_row {
	struct str path;
	int64_t device, inode, offset, content_size;
	bool gzip;
};
bool query_files(struct ledger *l, size_t limit, struct file_row **ret, size_t *n,
                 struct arena *text, struct err *err);

#endif
