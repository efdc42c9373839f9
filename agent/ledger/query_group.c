/*
 * Grouping by integers. The tables hold a combination of labels as one number, and a report asks
 * for a few of the labels: so each combination is looked at once, and from then on is a number of a
 * tuple of just the labels asked for. The same is done with hours. A total then needs two small
 * look-ups and one addition, whatever the dimensions are, and no text is touched before the rows of
 * the answer are known.
 */
#include "agent/ledger/query_group.h"

#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/ledger/dim.h"

/* What `combinations` holds for an id: not looked at, left out, or SEEN + labels * 2 + is_error. */
enum { UNSEEN, LEFT_OUT, SEEN };

enum { COMBINATIONS_MAX = 1 << 27 }; /* ids are given in order: a larger one is damage */

struct str query_keep(struct arena *a, struct str text)
{
	char *copy = arena_bytes(a, text.n);

	if (text.n)
		memcpy(copy, text.p, text.n);
	return (struct str){copy, text.n};
}

bool query_label(struct sql *sql, int64_t label, struct arena *a, struct str *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, "SELECT text FROM labels WHERE id = ?", err);
	bool found = false;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, label);
	if (!sql_next(sql, st, &found, err))
		return false;
	if (!found)
		return err_set(err, "the ledger is damaged: label %lld is not there",
		               (long long)label);
	*ret = query_keep(a, sql_column_text(st, 0));
	(void)sqlite3_reset(st);
	return true;
}

bool query_find_label(struct sql *sql, struct str text, int64_t *ret, struct err *err)
{
	sqlite3_stmt *find = sql_statement(sql, "SELECT id FROM labels WHERE text = ?", err);
	bool found = false;

	if (find == NULL)
		return false;
	sql_bind_text(find, 1, text);
	if (!sql_next(sql, find, &found, err))
		return false;
	*ret = found ? sqlite3_column_int64(find, 0) : -1;
	(void)sqlite3_reset(find);
	return true;
}

/* Numbers of texts that are no labels, beyond those of labels. */
enum { OTHERS = -2 };

/* The number by which a text of a dimension is told: that of its label, or one of its own. */
static bool number_of(struct grouping *g, enum dim dim, struct str text, int64_t *ret,
                      struct err *err)
{
	uint32_t known, number;

	if (text.n && str_eq(text, dim_nothing(dim)))
		text = STR("");
	known = intern_count(g->texts);
	number = intern_id(g->texts, text);
	if (number == known) {
		g->text_labels = array_room(g->text_labels, number, &g->text_labels_room,
		                            sizeof(*g->text_labels));
		if (!query_find_label(g->sql, text, &g->text_labels[number], err))
			return false;
	}
	*ret = g->text_labels[number];
	if (*ret < 0)
		*ret = OTHERS - (int64_t)intern_id(g->others, text);
	return true;
}

bool grouping_label(const struct grouping *g, enum dim dim, int64_t value, struct arena *a,
                    struct str *ret, struct err *err)
{
	if (value <= OTHERS)
		*ret = query_keep(a, intern_str(g->others, (uint32_t)(OTHERS - value)));
	else if (!query_label(g->sql, value, a, ret, err))
		return false;
	if (ret->n == 0)
		*ret = dim_nothing(dim);
	return true;
}

static bool is_label(enum dim dim)
{
	return dim_column(dim) != DIM_COLUMN_NONE;
}

static bool find_labels(struct grouping *g, struct err *err)
{
	const struct query *q = g->query;

	for (size_t i = 0; i < q->where_n; i++)
		if (is_label(q->where[i].dim) &&
		    !number_of(g, q->where[i].dim, q->where[i].value, &g->where_id[i], err))
			return false;
	return query_find_label(g->sql, STR("error"), &g->error_label, err);
}

bool grouping_open(struct grouping *g, struct sql *sql, const struct query *q, struct err *err)
{
	*g = (struct grouping){.query = q,
	                       .sql = sql,
	                       .moment = INT64_MIN,
	                       .sessions = intern_new(),
	                       .others = intern_new(),
	                       .texts = intern_new()};
	(void)intern_id(g->sessions, STR(""));
	return find_labels(g, err);
}

void grouping_close(struct grouping *g)
{
	free(g->combinations);
	free(g->labels.v);
	table_free(&g->labels.index);
	free(g->times.v);
	table_free(&g->times.index);
	intern_free(&g->texts);
	free(g->text_labels);
	intern_free(&g->sessions);
	intern_free(&g->others);
	free(g->groups);
	table_free(&g->index);
}

static bool same_tuple(const void *items, uint32_t position, const void *key)
{
	return memcmp((const struct tuple *)items + position, key, sizeof(struct tuple)) == 0;
}

static uint32_t tuple_number(struct tuples *t, const struct tuple *key)
{
	uint64_t hash = 0;
	uint32_t number;
	bool is_new;

	for (size_t i = 0; i < QUERY_DIMS_MAX; i++)
		hash = hash_mix(hash, (uint64_t)key->v[i]);
	number = table_position(&t->index, hash, same_tuple, t->v, key, &is_new);
	if (is_new) {
		t->v = array_room(t->v, number, &t->capacity, sizeof(*t->v));
		t->v[number] = *key;
	}
	return number;
}

/*
 * Whether `where` holds as far as `concerns` says a dimension can be judged here. Clauses on the
 * same dimension are alternatives, so each clause asks whether any of its dimension holds.
 */
typedef bool concerns_fn(enum dim dim);
typedef bool clause_fn(const struct grouping *g, size_t clause, const void *of);

static bool where_holds(const struct grouping *g, concerns_fn *concerns, clause_fn *clause,
                        const void *of)
{
	const struct query *q = g->query;

	for (size_t i = 0; i < q->where_n; i++) {
		bool any = false;

		if (!concerns(q->where[i].dim))
			continue;
		for (size_t j = 0; j < q->where_n && !any; j++)
			any = q->where[j].dim == q->where[i].dim && clause(g, j, of);
		if (!any)
			return false;
	}
	return true;
}

static bool label_clause(const struct grouping *g, size_t clause, const void *of)
{
	const int64_t *columns = of;

	return columns[dim_column(g->query->where[clause].dim)] == g->where_id[clause];
}

static uint32_t labels_number(struct grouping *g, const int64_t columns[DIM_COLUMNS_N])
{
	const struct query *q = g->query;
	struct tuple key = {0};

	if (!where_holds(g, is_label, label_clause, columns))
		return GROUP_NONE;
	for (size_t i = 0; i < q->by_n; i++)
		if (is_label(q->by[i]))
			key.v[i] = columns[dim_column(q->by[i])];
	return tuple_number(&g->labels, &key);
}

uint32_t grouping_model(struct grouping *g, int64_t model)
{
	int64_t columns[DIM_COLUMNS_N] = {0};

	columns[dim_column(DIM_MODEL)] = model;
	return labels_number(g, columns);
}

/* The column of one dimension, if it is of labels and there is a text. */
static bool find_column(struct grouping *g, enum dim dim, const struct str *texts, int64_t *columns,
                        struct err *err)
{
	int column = dim_column(dim);

	return column == DIM_COLUMN_NONE || texts[column].n == 0 ||
	       number_of(g, dim, texts[column], &columns[column], err);
}

/* Only what is asked for is looked up: the texts of the others are not remembered either. */
bool grouping_texts(struct grouping *g, const struct str *texts, uint32_t *labels, struct err *err)
{
	const struct query *q = g->query;
	int64_t columns[DIM_COLUMNS_N] = {0};

	for (size_t i = 0; i < q->by_n; i++)
		if (!find_column(g, q->by[i], texts, columns, err))
			return false;
	for (size_t i = 0; i < q->where_n; i++)
		if (!find_column(g, q->where[i].dim, texts, columns, err))
			return false;
	*labels = labels_number(g, columns);
	return true;
}

static bool look_up(struct grouping *g, int64_t id, uint32_t *ret, struct err *err)
{
	sqlite3_stmt *st =
		sql_statement(g->sql, "SELECT " DIM_COLUMNS " FROM combinations WHERE id = ?", err);
	int64_t columns[DIM_COLUMNS_N];
	bool found = false;
	uint32_t labels;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, id);
	if (!sql_next(g->sql, st, &found, err))
		return false;
	if (!found)
		return err_set(err,
		               "the ledger is damaged: combination %lld is not there; restore a "
		               "copy, or read the logs into a new database",
		               (long long)id);
	for (int i = 0; i < DIM_COLUMNS_N; i++)
		columns[i] = sqlite3_column_int64(st, i);
	(void)sqlite3_reset(st);
	labels = labels_number(g, columns);
	*ret = labels == GROUP_NONE
	               ? LEFT_OUT
	               : SEEN + labels * 2 + (columns[dim_column(DIM_STATUS)] == g->error_label);
	return true;
}

static bool grow_combinations(struct grouping *g, int64_t id, struct err *err)
{
	size_t n = g->combinations_n ? g->combinations_n : 1024;

	if (id < 0 || id > COMBINATIONS_MAX)
		return err_set(err, "the ledger is damaged: combination %lld", (long long)id);
	while (n <= (size_t)id)
		n *= 2;
	g->combinations = xrealloc(g->combinations, n, sizeof(*g->combinations));
	memset(g->combinations + g->combinations_n, 0,
	       (n - g->combinations_n) * sizeof(*g->combinations));
	g->combinations_n = n;
	return true;
}

bool grouping_combination(struct grouping *g, int64_t id, uint32_t *labels, bool *is_error,
                          struct err *err)
{
	uint32_t known;

	if ((uint64_t)id >= g->combinations_n && !grow_combinations(g, id, err))
		return false;
	if (g->combinations[id] == UNSEEN && !look_up(g, id, &g->combinations[id], err))
		return false;
	known = g->combinations[id];
	*labels = known == LEFT_OUT ? GROUP_NONE : (known - SEEN) / 2;
	*is_error = known != LEFT_OUT && (known - SEEN) % 2;
	return true;
}

static bool time_clause(const struct grouping *g, size_t clause, const void *of)
{
	const struct query *q = g->query;
	enum dim dim = q->where[clause].dim;
	const int64_t *moment = of;
	struct buf text = {0};
	bool same;

	dim_text(dim, q->zone, dim_value(dim, q->zone, *moment), &text);
	same = str_eq(buf_view(&text), q->where[clause].value);
	buf_free(&text);
	return same;
}

static uint32_t times_number(struct grouping *g, int64_t moment)
{
	const struct query *q = g->query;
	struct tuple key = {0};

	if (!where_holds(g, dim_is_time, time_clause, &moment))
		return GROUP_NONE;
	for (size_t i = 0; i < q->by_n; i++)
		if (dim_is_time(q->by[i]))
			key.v[i] = dim_value(q->by[i], q->zone, moment);
	return tuple_number(&g->times, &key);
}

uint32_t grouping_times(struct grouping *g, int64_t moment)
{
	if (moment != g->moment) {
		g->moment = moment;
		g->moment_times = times_number(g, moment);
	}
	return g->moment_times;
}

static bool is_session(enum dim dim)
{
	return dim == DIM_SESSION;
}

static bool session_clause(const struct grouping *g, size_t clause, const void *of)
{
	return str_eq(g->query->where[clause].value, *(const struct str *)of);
}

uint32_t grouping_session(struct grouping *g, struct str session)
{
	const struct query *q = g->query;

	if (!where_holds(g, is_session, session_clause, &session))
		return GROUP_NONE;
	for (size_t i = 0; i < q->by_n; i++)
		if (q->by[i] == DIM_SESSION)
			return intern_id(g->sessions, session);
	return 0;
}

static bool same_group(const void *items, uint32_t position, const void *key)
{
	const struct group *a = (const struct group *)items + position;
	const struct group *b = key;

	return a->labels == b->labels && a->times == b->times && a->session == b->session;
}

uint32_t grouping_number(struct grouping *g, uint32_t labels, uint32_t times, uint32_t session)
{
	struct group key = {.labels = labels, .times = times, .session = session};
	uint64_t hash = hash_mix((uint64_t)labels << 32 | times, session);
	uint32_t number;
	bool is_new;

	number = table_position(&g->index, hash, same_group, g->groups, &key, &is_new);
	if (is_new) {
		g->groups = array_room(g->groups, number, &g->groups_capacity, sizeof(*g->groups));
		g->groups[number] = key;
	}
	return number;
}
