#include "agent/detect/leaves.h"

#include <stdlib.h>

#include "agent/base/escape.h"
#include "agent/base/hash.h"
#include "agent/base/mem.h"
#include "agent/meter/words.h"
#include "parsers/number.h"

enum { TIMES_TRIED = 16 }; /* where none of so many values is a time, none is looked for */

static const struct hash_key key = {3, 7};

void leaves_free(struct leaves *l)
{
	arena_free(&l->memory);
	intern_free(&l->paths);
	free(l->v);
	*l = (struct leaves){0};
}

bool leaves_record(struct leaves *l)
{
	if (l->records == LEAF_RECORDS)
		return false;
	l->records++;
	return true;
}

static struct str keep(struct leaves *l, struct str text, size_t max)
{
	size_t n = text.n < max ? text.n : max;
	char *p = arena_bytes(&l->memory, n + 1);

	memcpy(p, text.p, n);
	p[n] = '\0';
	return (struct str){p, n};
}

static size_t parts_of(struct str path)
{
	size_t n = 1;

	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '.';
	return n;
}

/* NULL: more places than are looked at. */
static struct leaf *find(struct leaves *l, struct str path)
{
	uint32_t number;

	if (l->paths == NULL)
		l->paths = intern_new();
	number = intern_id(l->paths, path);
	if (number >= LEAVES_MAX)
		return NULL;
	if (number == l->n) {
		l->v = array_room(l->v, l->n, &l->capacity, sizeof(*l->v));
		l->v[l->n++] = (struct leaf){.path = intern_str(l->paths, number),
		                             .depth = parts_of(path)};
	}
	return &l->v[number];
}

static void tell_apart(struct leaf *leaf, struct str value)
{
	uint64_t hash = hash64(key, value);

	if (leaf->distinct > LEAF_DISTINCT)
		return;
	for (uint32_t i = 0; i < leaf->distinct; i++)
		if (leaf->hashes[i] == hash)
			return;
	if (leaf->distinct < LEAF_DISTINCT)
		leaf->hashes[leaf->distinct] = hash;
	leaf->distinct++;
}

static void judge_number(struct leaf *leaf, struct str value)
{
	int64_t count;
	bool unit = false;

	if (number_count(value, &count)) {
		leaf->counts++;
		if (count > leaf->largest)
			leaf->largest = count;
	}
	leaf->money += evidence_money(value);
	leaf->dollars += value.p[0] == '$';
	if (evidence_duration(value, &unit)) {
		leaf->durations++;
		leaf->with_unit += unit;
	}
}

static void judge_time(struct leaves *l, struct leaf *leaf, struct str value)
{
	if (leaf->times == 0 && leaf->n > TIMES_TRIED)
		return;
	if (leaf->times)
		leaf->times += evidence_time_by(l->evidence, value, leaf->format);
	else
		leaf->times +=
			evidence_time(l->evidence, value, &leaf->format, &leaf->format_unsure);
}

static void judge(struct leaves *l, struct leaf *leaf, struct str value)
{
	if (value.n > LEAF_LONG) {
		leaf->longs++;
		return;
	}
	judge_number(leaf, value);
	judge_time(l, leaf, value);
	leaf->words += evidence_word(value);
	leaf->models += evidence_model(l->evidence, value);
	leaf->statuses += status_word(value).n > 0;
	tell_apart(leaf, value);
}

/* Names that are no UTF-8 cannot stand in a configuration. */
static bool can_be_written(struct str path)
{
	struct buf ignored = {0};
	bool can = text_is_plain(path) || escape_yaml(&ignored, path);

	buf_free(&ignored);
	return can;
}

void leaves_value(struct leaves *l, struct str path, struct str value, bool is_string)
{
	size_t record = l->records - 1;
	struct leaf *leaf;

	l->seen++;
	value = str_trim(value);
	if (path.n == 0 || path.n > LEAF_PATH_MAX || value_is_no_word(value) ||
	    !can_be_written(path))
		return;
	leaf = find(l, path);
	if (leaf == NULL || leaf_is_there(leaf, record))
		return;
	if (leaf->n == 0)
		leaf->first = keep(l, value, LEAF_LONG);
	leaf->there[record / 64] |= UINT64_C(1) << (record % 64);
	leaf->n++;
	leaf->strings += is_string;
	judge(l, leaf, value);
}
