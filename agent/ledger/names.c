/*
 * A batch names a combination once, whatever the number of its calls; with many labels that is
 * still nearly one per call, so the way in memory has to be short: the twelve numbers are compared
 * as they are, and SQL is asked only for what was not seen since the last clearing.
 */
#include "agent/ledger/names.h"

#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/ledger/inner.h"

static const char LABEL_ADD[] =
	"INSERT INTO labels (text) VALUES (?) ON CONFLICT DO NOTHING RETURNING id";
static const char LABEL_FIND[] = "SELECT id FROM labels WHERE text = ?";

static const char COMBINATION_ADD[] =
	"INSERT INTO combinations (source, provider, model, feature, user, agent, service, team, "
	"api_key, operation, tier, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
	"ON CONFLICT DO NOTHING RETURNING id";
static const char COMBINATION_FIND[] =
	"SELECT id FROM combinations WHERE source = ? AND provider = ? AND model = ? "
	"AND feature = ? AND user = ? AND agent = ? AND service = ? AND team = ? "
	"AND api_key = ? AND operation = ? AND tier = ? AND status = ?";

void names_open(struct names *n)
{
	n->texts = intern_new();
}

void names_close(struct names *n)
{
	intern_free(&n->texts);
	free(n->labels);
	free(n->combinations);
	free(n->combination_ids);
	table_free(&n->index);
}

void names_forget(struct names *n)
{
	intern_clear(n->texts);
	table_clear(&n->index);
}

/* The id that a bound statement gives; *found is false when it gives no row. */
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
	return *ret <= KEY_ID_MAX || err_set(err, "%s: too many labels", s->path);
}

bool names_label(struct names *n, struct sql *s, struct str text, int64_t *ret, struct err *err)
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
	if (!label_of_text(s, text, ret, err))
		return false; /* the commit fails, and with it all is forgotten */
	n->labels[number] = *ret;
	return true;
}

static bool combination_of_labels(struct sql *s, const struct combination *c, int64_t *ret,
                                  struct err *err)
{
	static const char *const ways[] = {COMBINATION_FIND, COMBINATION_ADD};
	int64_t labels[1 + LABELS] = {c->source};
	bool found = false;

	for (int i = 0; i < LABELS; i++)
		labels[1 + i] = c->label[i];
	for (size_t i = 0; i < 2 && !found; i++) {
		sqlite3_stmt *statement = sql_statement(s, ways[i], err);

		if (statement == NULL)
			return false;
		sql_bind_ints(statement, 1, labels, 1 + LABELS);
		if (!ask_id(s, statement, ret, &found, err))
			return false;
	}
	return *ret <= KEY_ID_MAX || err_set(err, "%s: too many combinations of labels", s->path);
}

static bool same_combination(const void *items, uint32_t position, const void *key)
{
	return memcmp((const struct combination *)items + position, key,
	              sizeof(struct combination)) == 0;
}

static uint64_t combination_hash(const struct combination *c)
{
	uint64_t hash = c->source;

	for (int i = 0; i + 1 < LABELS; i += 2)
		hash = hash_mix(hash, (uint64_t)c->label[i] << 32 | c->label[i + 1]);
	return hash_mix(hash, c->label[LABELS - 1]);
}

bool names_combination(struct names *n, struct sql *s, const struct combination *c, uint32_t *ret,
                       struct err *err)
{
	bool is_new;
	int64_t id = 0;
	uint32_t position;

	if (n->index.n >= NAMES_COMBINATIONS)
		table_clear(&n->index);
	position = table_position(&n->index, combination_hash(c), same_combination, n->combinations,
	                          c, &is_new);
	if (!is_new) {
		*ret = n->combination_ids[position];
		return true;
	}
	n->combinations = array_room(n->combinations, position, &n->combinations_room, sizeof(*c));
	n->combination_ids = array_room(n->combination_ids, position, &n->ids_room, sizeof(*ret));
	n->combinations[position] = *c;
	if (!combination_of_labels(s, c, &id, err))
		return false; /* the commit fails, and with it all is forgotten */
	n->combination_ids[position] = *ret = (uint32_t)id;
	return true;
}
