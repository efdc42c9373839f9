/*
 * A report as its formats see it: the question, the answer, and what is to be said beneath.
 */
#ifndef COMMANDS_REPORT_H
#define COMMANDS_REPORT_H

#include "agent/commands/look.h"
#include "agent/ledger/query.h"

struct report {
	const struct query *query; /* by at least one dimension */
	const struct query_result *result;
	struct look look;
	bool quiet; /* the rows only */
	/* The calls of the report that have no price, by model, most calls first; NULL: none. */
	const struct query_result *unpriced;
	/* Of the whole ledger, for a report that found nothing; both 0: the ledger is empty. */
	int64_t first, last;
};

/* One format: appends the report to `out`. */
typedef void report_fn(const struct report *report, struct buf *out);

report_fn report_table, report_json, report_csv, report_markdown;

/* ---- for the formats ---- */

/* Columns in which a row of a table may have something to show. */
enum report_column {
	REPORT_CALLS,
	REPORT_INPUT,
	REPORT_CACHED,
	REPORT_OUTPUT,
	REPORT_ERRORS,
	REPORT_COST,
	REPORT_BASELINE,
	REPORT_SAVING,
	REPORT_SHARE,
	REPORT_P50,
	REPORT_P95,
	REPORT_COLUMNS
};
extern const char *const report_titles[REPORT_COLUMNS];

enum { REPORT_TITLE = 32 };
/* The title in this report: the cost names its currency, the baseline has its own name. */
void report_title_of(const struct report *report, enum report_column column,
                     char out[REPORT_TITLE]);

/* Not all columns tell something: cached and errors may be all zero, latency unknown. */
bool report_has(const struct report *report, enum report_column column);
/* Whether tokens of any call in it are estimated. */
bool report_estimates(const struct report *report);
/* The text of one cell; `compact` shortens numbers of tokens. */
void report_cell(const struct report *report, const struct query_row *row,
                 enum report_column column, bool compact, struct buf *out);
/* What shares are shares of: the cost, or what the report is sorted by. */
int64_t report_measure(const struct report *report, const struct query_row *row);
/* The text of a dimension of a row, not escaped: "(none)" for what the log does not say, "other
 * (12 more)". Constant, the result's, or in `scratch`. */
struct str report_key(const struct report *report, const struct query_row *row, size_t dim,
                      struct buf *scratch);
/* The time a report is about and what by, in one line without its end. */
void report_title(const struct report *report, struct buf *out);
/* What a reader must know to judge the numbers: a line each, none if all is plain. */
void report_notes(const struct report *report, struct buf *out);

/* Microseconds of the mean latency; -1: no call has one. */
int64_t report_mean_latency(const struct query_row *row);
/* Milliseconds as a decimal number, "812.5". */
void report_milliseconds(struct buf *out, int64_t microseconds);
/* A percentile in the same form, without digits that a histogram does not know. */
void report_percentile(struct buf *out, int64_t microseconds);

#endif
