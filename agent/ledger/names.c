/*
 * A batch names a combination once, whatever the number of its calls; with many labels that is
 * still nearly one per call. So the way in memory is short: the thirteen numbers are compared as
 * they are, and what a look-up will touch is fetched while those before it are compared. What was
 * not seen since the last clearing is asked of SQL in one statement for the whole batch, and what
 * is not there either is added in another, both in the order of the index.
 */
#include "agent/ledger/names.h"

#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/ledger/total_id.h"

static const char LABEL_FIND[] = "SELECT id FROM labels WHERE text = ?";
static const char LABEL_ADD[] = "INSERT INTO labels (text) VALUES (?) RETURNING id";

static const char COMBINATION_LAST[] = "SELECT coalesce(max(id), 0) FROM combinations";
static const char COMBINATION_FIND[] =
	"SELECT k.id FROM feed CROSS JOIN combinations k ON k.hash = c1 AND k.source = c2 "
	"AND k.provider = c3 AND k.model = c4 AND k.feature = c5 AND k.user = c6 AND k.agent = c7 "
	"AND k.service = c8 AND k.team = c9 AND k.api_key = c10 AND k.operation = c11 "
	"AND k.tier = c12 AND k.status = c13 AND k.kind = c14";
static const char COMBINATION_ADD[] =
	"INSERT INTO combinations (id, hash, source, provider, model, feature, user, agent, "
	"service, team, api_key, operation, tier, status, kind) SELECT c0, c1, c2, c3, c4, c5, c6, "
	"c7, c8, c9, c10, c11, c12, c13, c14 FROM feed";

enum { AHEAD = 16 }; /* look-ups under way at once */

void names_open(struct names *n, struct sql *sql, struct feed *feed)
{
	n->sql = sql;
	n->feed = feed;
	n->texts = intern_new();
}

void names_close(struct names *n)
{
	intern_free(&n->texts);
	free(n->labels);
	free(n->combinations);
	table_free(&n->index);
	items_free(&n->missing);
}

void names_forget(struct names *n)
{
	intern_clear(n->texts);
	table_clear(&n->index);
}

/* ---- labels ---- */

/* The number that a bound statement gives; *found is false when it gives none. */
static bool ask_id(struct sql *s, sqlite3_stmt *statement, int64_t *ret, bool *found,
                   struct err *err)
{
	bool more;

	if (!sql_next(s, statement, found, err))
		return false;
	if (!*found)
		return true;
	*ret = sqlite3_column_int64(statement, 0);
	return sql_next(s, statement, &more, err);
}

static bool label_of_text(struct sql *s, struct str text, int64_t *ret, struct err *err)
{
	static const char *const ways[] = {LABEL_FIND, LABEL_ADD};
	bool found = false;

	for (size_t i = 0; i < 2 && !found; i++) {
		sqlite3_stmt *statement = sql_statement(s, ways[i], err);

		if (statement == NULL)
			return false;
		sql_bind_text(statement, 1, text);
		if (!ask_id(s, statement, ret, &found, err))
			return false;
	}
	return *ret <= TOTAL_ID_MAX || err_set(err, "%s: too many labels", s->path);
}

bool names_label(struct names *n, struct str text, int64_t *ret, struct err *err)
{
	uint32_t known = intern_count(n->texts);
	uint32_t number = intern_id(n->texts, text);

	if (number < known) {
		*ret = n->labels[number];
		return true;
	}
	if (intern_bytes(n->texts) > NAMES_LABEL_BYTES) {
		intern_free(&n->texts);
		n->texts = intern_new();
		number = intern_id(n->texts, text);
	}
	n->labels = array_room(n->labels, number, &n->labels_room, sizeof(*n->labels));
	if (!label_of_text(n->sql, text, ret, err))
		return false; /* the commit fails, and with it all is forgotten */
	n->labels[number] = *ret;
	return true;
}

/* ---- combinations ---- */

static struct combination in_ledger_labels(const struct combination *from, const int64_t *labels)
{
	struct combination c = {.source = (uint32_t)labels[from->source]};

	for (int i = 0; i < LABELS; i++)
		c.label[i] = (uint32_t)labels[from->label[i]];
	return c;
}

/* It is stored: it must stay what it is. So the kind, which came later, counts where there is one.
 */
static uint32_t combination_hash(const struct combination *c)
{
	uint64_t hash = c->source;

	for (int i = 0; i + 1 < LABEL_KIND; i += 2)
		hash = hash_mix(hash, (uint64_t)c->label[i] << 32 | c->label[i + 1]);
	hash = hash_mix(hash, c->label[LABEL_STATUS]);
	if (c->label[LABEL_KIND])
		hash = hash_mix(hash, c->label[LABEL_KIND]);
	return (uint32_t)(hash ^ hash >> 32);
}

static bool same_combination(const void *items, uint32_t position, const void *key)
{
	return memcmp(&((const struct named *)items)[position].c, key,
	              sizeof(struct combination)) == 0;
}

/* Combinations on their way through the table. */
struct flight {
	struct combination c[AHEAD];
	uint32_t hash[AHEAD];
	size_t n;
};

static void take_off(struct flight *f, const struct names *n, const struct combination *from,
                     size_t count, const int64_t *labels)
{
	f->n = count < AHEAD ? count : AHEAD;
	for (size_t i = 0; i < f->n; i++) {
		f->c[i] = in_ledger_labels(&from[i], labels);
		f->hash[i] = combination_hash(&f->c[i]);
		if (n->index.slots)
			__builtin_prefetch(&n->index.slots[f->hash[i] & n->index.mask]);
	}
	for (size_t i = 0; i < f->n && n->index.slots; i++) {
		uint32_t slot = n->index.slots[f->hash[i] & n->index.mask];
		const struct named *named = &n->combinations[slot ? slot - 1 : 0];

		__builtin_prefetch(&n->index.hashes[slot ? slot - 1 : 0]);
		__builtin_prefetch(named);
		__builtin_prefetch(named + 1);
	}
}

/* Fills ret[] where the number is remembered, and n->missing with the rest. New ones are entered
 * into the table; their numbers are set by whoever finds them out. */
static void remembered(struct names *n, const struct batch *b, const int64_t *labels, uint32_t *ret)
{
	struct flight f;

	items_start(&n->missing, b->combinations_n);
	for (size_t i = 0; i < b->combinations_n; i += f.n) {
		take_off(&f, n, b->combinations + i, b->combinations_n - i, labels);
		for (size_t j = 0; j < f.n; j++) {
			bool is_new;
			uint32_t at = table_position(&n->index, f.hash[j], same_combination,
			                             n->combinations, &f.c[j], &is_new);

			if (is_new) {
				n->combinations =
					array_room(n->combinations, at, &n->combinations_room,
				                   sizeof(*n->combinations));
				n->combinations[at].c = f.c[j];
				items_add(&n->missing, f.hash[j], (uint32_t)(i + j), at);
			}
			ret[i + j] = n->combinations[at].id;
		}
	}
}

/* The missing combinations as rows of `feed`. */
struct missing_feed {
	const struct names *n;
	size_t at; /* item after the current one */
	int64_t next_id;
};

static bool next_missing(void *from)
{
	struct missing_feed *f = from;

	if (f->at == f->n->missing.n)
		return false;
	f->at++;
	return true;
}

static void missing_column(void *from, sqlite3_context *ret, int at)
{
	const struct missing_feed *f = from;
	const struct item *i = &f->n->missing.v[f->at - 1];
	const struct named *named = &f->n->combinations[i->at];

	if (at == 0)
		sqlite3_result_int64(ret, f->next_id + (int64_t)f->at - 1);
	else if (at == 1)
		sqlite3_result_int64(ret, (int64_t)i->key);
	else
		sqlite3_result_int64(ret, at == 2 ? named->c.source : named->c.label[at - 3]);
}

/* A number was found out for a missing combination. */
static void settle(struct names *n, const struct item *i, int64_t id, uint32_t *ret)
{
	n->combinations[i->at].id = ret[i->batch] = (uint32_t)id;
}

/* Settles those that the ledger has; the others move to the front of the list. */
static bool find_missing(struct names *n, uint32_t *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(n->sql, COMBINATION_FIND, err);
	struct missing_feed f = {.n = n};
	size_t left = 0, seen = 0;
	bool row, ok = st != NULL;

	*n->feed = (struct feed){&f, next_missing, missing_column};
	while (ok && (ok = sql_next(n->sql, st, &row, err)) && row) {
		while (seen < f.at - 1)
			n->missing.v[left++] = n->missing.v[seen++];
		settle(n, &n->missing.v[seen++], sqlite3_column_int64(st, 0), ret);
	}
	while (seen < n->missing.n)
		n->missing.v[left++] = n->missing.v[seen++];
	n->missing.n = left;
	return ok;
}

static bool add_missing(struct names *n, uint32_t *ret, struct err *err)
{
	struct sql *s = n->sql;
	sqlite3_stmt *last = sql_statement(s, COMBINATION_LAST, err);
	sqlite3_stmt *add = sql_statement(s, COMBINATION_ADD, err);
	struct missing_feed f = {.n = n};
	bool found;

	if (last == NULL || add == NULL || !ask_id(s, last, &f.next_id, &found, err))
		return false;
	if (++f.next_id + (int64_t)n->missing.n > TOTAL_ID_MAX)
		return err_set(err, "%s: too many combinations of labels", s->path);
	*n->feed = (struct feed){&f, next_missing, missing_column};
	if (!sql_done(s, add, err))
		return false;
	for (size_t i = 0; i < n->missing.n; i++)
		settle(n, &n->missing.v[i], f.next_id + (int64_t)i, ret);
	return true;
}

bool names_combinations(struct names *n, const struct batch *b, const int64_t *labels,
                        uint32_t *ret, struct err *err)
{
	if (n->index.n > NAMES_COMBINATIONS)
		table_clear(&n->index);
	remembered(n, b, labels, ret);
	if (n->missing.n == 0)
		return true;
	items_sort(&n->missing);
	return find_missing(n, ret, err) && (n->missing.n == 0 || add_missing(n, ret, err));
}
