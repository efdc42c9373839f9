/*
 * Reading the tables of the ledger into groups.
 */
#ifndef LEDGER_QUERY_SCAN_H
#define LEDGER_QUERY_SCAN_H

#include "agent/ledger/query_group.h"
#include "agent/ledger/query_latency.h"

/* Columns of `totals`, in the order of struct sums. */
#define SCAN_SUMS                                                                           \
	"calls, unpriced, estimated, estimated_usage, unknown_usage, inconsistent, input, " \
	"cache_read, "                                                                      \
	"cache_write, cache_write_1h, output, reasoning, cost, latency, latency_calls, "    \
	"logged_cost, logged_calls"

struct scan {
	struct sql *sql;
	const struct zone *zone; /* the ledger's: where hours are cut */
	int64_t since, until;    /* microseconds; INT64_MIN, INT64_MAX: open */
	int64_t days_before;     /* as in struct ledger */
	bool unpriced_only;
	int64_t rate_time, rate; /* of the currency, as it was asked for last */
	struct grouping grouping;
	struct latencies latencies;
	const char *archive;         /* as in struct query */
	struct query_result *result; /* for what it says of the archive */
};

/* Adds up hourly totals. False and *err, also when a sum is beyond 64 bits. */
bool scan_totals(struct scan *s, struct err *err);
/* Adds up the calls that are kept, and their latencies: what only they know, by session. */
bool scan_calls(struct scan *s, struct err *err);
/* Latencies of the groups there are: from the histograms, by model and time only. */
bool scan_histograms(struct scan *s, struct err *err);
/* The same from the calls that are kept, by anything. */
bool scan_call_latencies(struct scan *s, struct err *err);

/* Adds to a group what there was at a time. */
bool scan_add(struct scan *s, uint32_t number, const union numbers *row, int64_t time,
              struct err *err);
bool scan_compare(struct scan *s, uint32_t number, const struct compared *add, int64_t time,
                  struct err *err);
/* Adds calls to a group: their sums, errors and what their baseline is. */
bool scan_add_calls(struct scan *s, uint32_t number, const struct sums *row, bool is_error,
                    int64_t time, struct err *err);

/* The same two of the calls in the archive (query_archive.c), and the comparison of each with the
 * baseline. */
bool scan_archived_calls(struct scan *s, struct err *err);
bool scan_archived_latencies(struct scan *s, struct err *err);
bool scan_archived_baseline(struct scan *s, bool sessions, struct err *err);

/* The group of a call in the archive; GROUP_NONE for one that is not asked for. `moment`: whose
 * group of times it has. */
struct archived;
bool scan_archived_group(struct grouping *g, const struct archived *a, int64_t moment,
                         uint32_t *group, bool *is_error, struct err *err);

/* Of a total in which some calls have a price: the share of tokens of those that have none. */
void scan_keep_unpriced(struct sums *sums);
/* Calls at or after a time have this id or a larger one. */
int64_t scan_first_id(int64_t time);
/* The time at which the total stands that has a call of a time. */
int64_t scan_total_time(const struct scan *s, int64_t time);
/* The time of a call's quarter of an hour: by its id, by its time. */
int64_t scan_quarter(int64_t id);
int64_t scan_quarter_of(int64_t time);

/* to += add; false when a sum is beyond 64 bits. */
bool numbers_add(union numbers *to, const union numbers *add);
bool compared_add(struct compared *to, const struct compared *add);

#endif
