/*
 * What one thread has gathered since the last commit: totals by hour and combination, rows of
 * calls, coverage, rejects. Bounded by the bytes it holds, not by a number of records. Labels are
 * numbers of this batch only; the ledger gives them its own when it commits.
 */
#ifndef METER_BATCH_H
#define METER_BATCH_H

#include "agent/base/intern.h"
#include "agent/base/mem.h"
#include "agent/base/zone.h"
#include "agent/meter/extract.h"
#include "agent/meter/memory.h"

/* The labels of a call, as numbers of batch->labels. Label 0 is the empty text. */
struct combination {
	uint32_t source;
	uint32_t label[LABELS];
};

/* Sums over calls. Also what a duplicate takes back when it is replaced. */
struct sums {
	/* `estimated` calls are of either kind: price or usage. */
	int64_t calls, unpriced, estimated, estimated_usage, unknown_usage, inconsistent;
	int64_t count[COUNT_TOKENS];
	int64_t cost;                      /* nano-dollars */
	int64_t latency, latency_calls;    /* microseconds; calls that have one */
	int64_t logged_cost, logged_calls; /* nano-dollars; calls that have one */
};

/* One total of usage_hourly. */
struct total {
	int64_t hour;         /* start of the local hour, UTC seconds */
	uint32_t combination; /* number in batch->combinations */
	struct sums sums;
};

/* One bucket of latency_hourly. */
struct latency_count {
	int64_t hour;
	uint32_t model; /* label */
	uint32_t bucket;
	int64_t n;
};

/* What few calls have. */
struct call_rare {
	int64_t count[COUNTS - COUNT_TOKENS];    /* ABSENT or a number */
	uint32_t requested_model, region, error; /* labels */
	bool has_logged_cost;
	int64_t logged_cost;
	uint64_t prompt_hash;
};

/* A call kept as a row, or held until the ledger has looked for its duplicate. */
struct call_row {
	int64_t time;        /* microseconds */
	int64_t offset;      /* of its record in the file */
	uint64_t dedupe_key; /* 0: none */
	uint32_t combination;
	uint32_t price; /* label: key of the price row, 0 none */
	uint32_t file;  /* number of the file in the commit */
	unsigned flags; /* enum call_flag */
	enum keep_rule keep;
	int64_t dedupe_within;       /* microseconds */
	int64_t count[COUNT_TOKENS]; /* ABSENT or a number */
	int64_t cost, latency, ttft;
	struct str session, request_id; /* in batch->text */
	struct call_rare *rare;         /* in batch->text; NULL: nothing rare */
};

/* Records by day, outcome and reason. */
struct coverage {
	int64_t day;     /* start of the local day, UTC seconds; DAY_UNKNOWN */
	uint32_t source; /* label */
	uint32_t reason; /* label; 0 for calls */
	enum outcome outcome;
	int64_t records;
};

#define DAY_UNKNOWN INT64_MIN

/* A piece of a file that was counted: one step of its offset. */
struct step {
	uint32_t file;
	int64_t begin, end;
	int64_t last_time; /* of the last call in it; 0: none */
	/* Records before the first call in it have no time of their own: they belong to the day of
	 * the last call before the piece, which only the ledger knows. */
	struct coverage *leading; /* day is DAY_UNKNOWN; in batch->text */
	size_t leading_n;
	uint32_t head_n, frontier_n;
	struct hash128 head, frontier;
	struct str carried; /* as carried_pack; p is NULL: as it was before. In batch->text */
};

/* What a source remembers now. */
struct remembered {
	uint32_t source;         /* label */
	struct memory_item item; /* its text in batch->text */
};

/* A rejected record for a person to look at: never its text, only the field's own value. */
struct reject {
	uint32_t source, reason; /* labels */
	uint32_t file;
	int64_t offset;
	struct str value; /* cut to REJECT_VALUE_MAX; in batch->text */
	int64_t at;       /* byte of the record */
};

enum { REJECTS_PER_BATCH = 32, REJECT_VALUE_MAX = 120 };

struct batch {
	struct intern *labels;
	struct combination *combinations;
	size_t combinations_n;
	struct total *totals;
	size_t totals_n;
	struct latency_count *latencies;
	size_t latencies_n;
	struct call_row *rows;
	size_t rows_n;
	struct coverage *coverage;
	size_t coverage_n;
	struct step *steps;
	size_t steps_n;
	struct reject *rejects;
	size_t rejects_n;
	struct remembered *remembered;
	size_t remembered_n;
	struct arena text;
	const struct zone *zone;
	bool keep_rows; /* every call is in `rows`; else only those that have a dedupe key */
	struct batch_index *index; /* hash tables over the arrays above */
};

/* `zone` is the ledger's: hours and days begin there. `keep_rows`: calls become rows. A call with a
 * dedupe key becomes a row in any case, and is in neither totals nor coverage: the ledger counts
 * it when it knows which of the records that are one call holds. */
struct batch *batch_new(const struct zone *zone, bool keep_rows);
void batch_free(struct batch **b);
void batch_clear(struct batch *b); /* for the next round; keeps memory */
size_t batch_bytes(const struct batch *b);

/* Of a row that is of no file: a call that waited for parts that did not come. */
#define NO_FILE UINT32_MAX

/* A piece of a file begins; verdicts until batch_step_end are of records in it. With NO_FILE there
 * is no piece, and no batch_step_end. */
void batch_step_begin(struct batch *b, uint32_t file, struct str source,
                      const struct source_config *config);
void batch_verdict(struct batch *b, const struct verdict *v, const struct call *c, int64_t offset);
/* Records passed over unparsed. */
void batch_passed(struct batch *b, uint64_t records, const char *reason);
/* What the source of the step remembers. */
void batch_remember(struct batch *b, const struct memory_item *item);
/* Copies what `step` points to. */
void batch_step_end(struct batch *b, const struct step *step);

/*
 * Adds a call of the batch to its totals (sign 1), or takes it away (sign -1): hour, combination,
 * latency. What batch_verdict does for calls without a dedupe key, and the ledger for the others
 * once it knows which of them count.
 */
void batch_count_row(struct batch *b, const struct call_row *row, int sign);
/* A row as it is kept, in no total and no coverage; without a rule for duplicates. */
struct call_row *batch_add_row(struct batch *b, const struct call *c, uint32_t combination,
                               uint32_t file, int64_t offset);
/* What one row adds to a total. */
void sums_of_row(const struct call_row *row, struct sums *ret);
void sums_add(struct sums *to, const struct sums *add, int sign);
/* The number of a combination, entered if it is new. */
uint32_t batch_combination(struct batch *b, const struct combination *c);

#endif
