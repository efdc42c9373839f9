/*
 * Which row of the answer a total or a call belongs to, or that `where` leaves it out.
 */
#ifndef LEDGER_QUERY_GROUP_H
#define LEDGER_QUERY_GROUP_H

#include "agent/base/intern.h"
#include "agent/ledger/query.h"
#include "agent/ledger/sql.h"
#include "agent/meter/table.h"

#define GROUP_NONE UINT32_MAX /* left out by `where` */

/* struct sums as the row of integers it is, to be read from columns and added in loops. */
enum { SUMS_N = 17 };
union numbers {
	struct sums sums;
	int64_t n[SUMS_N];
};
_Static_assert(sizeof(struct sums) == SUMS_N * sizeof(int64_t), "struct sums has no other fields");

/* The values of the dims of one kind, at their places in query.by; the others are 0. */
struct tuple {
	int64_t v[QUERY_DIMS_MAX];
};

struct tuples {
	struct tuple *v;
	size_t capacity;
	struct table index; /* index.n of them */
};

struct group {
	uint32_t labels, times; /* numbers of tuples */
	uint32_t session;       /* number of a text; 0 when sessions are not asked for */
	int64_t errors;
	union numbers numbers;
	struct compared compared;
	wide foreign[AMOUNTS];
};

struct grouping {
	const struct query *query;
	int64_t where_id[QUERY_WHERE_MAX]; /* label of each clause that has one */
	int64_t error_label;               /* of status "error"; -1: no call has it */
	struct sql *sql;
	uint32_t *combinations; /* by id: what is known of each, see query_group.c */
	size_t combinations_n;
	struct tuples labels, times;
	struct intern *texts; /* of labels that were looked up by their text, and their numbers */
	int64_t *text_labels;
	size_t text_labels_room;
	struct intern *sessions;
	struct intern *others; /* texts that no label has: of resources, of `where` */
	int64_t moment; /* whose times were looked at last, as most often they are asked for again
	                 */
	uint32_t moment_times;
	struct group *groups;
	size_t groups_capacity;
	struct table index; /* index.n groups */
};

bool grouping_open(struct grouping *g, struct sql *sql, const struct query *q, struct err *err);
void grouping_close(struct grouping *g);

/* The labels of a combination, GROUP_NONE if `where` leaves it out. False and *err: not there. */
bool grouping_combination(struct grouping *g, int64_t id, uint32_t *labels, bool *is_error,
                          struct err *err);
/* The same of the texts of DIM_COLUMNS, which no combination has to have. */
bool grouping_texts(struct grouping *g, const struct str *texts, uint32_t *labels, struct err *err);
/* The same of a model alone, for histograms. */
uint32_t grouping_model(struct grouping *g, int64_t model);
/* The times of a moment, microseconds; GROUP_NONE if `where` leaves it out. */
uint32_t grouping_times(struct grouping *g, int64_t moment);
uint32_t grouping_session(struct grouping *g, struct str session);
/* The number in `groups` of what the three came from; none of them is GROUP_NONE. */
uint32_t grouping_number(struct grouping *g, uint32_t labels, uint32_t times, uint32_t session);

/* The text of a value of `labels`, in the arena. */
bool grouping_label(const struct grouping *g, enum dim dim, int64_t value, struct arena *a,
                    struct str *ret, struct err *err);

/* A copy in the arena. */
struct str query_keep(struct arena *a, struct str text);
/* The text of a label, in the arena. False and *err: not there. */
bool query_label(struct sql *sql, int64_t label, struct arena *a, struct str *ret, struct err *err);
/* The number of a text, -1 when no label has it. */
bool query_find_label(struct sql *sql, struct str text, int64_t *ret, struct err *err);

#endif
