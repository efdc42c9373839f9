#include "agent/ledger/segments.h"

#include <stdlib.h>

#include "agent/base/zone.h"

static const char SEGMENTS[] = "SELECT day, made, bytes, crc, content, calls, input, output, cost, "
			       "checksum FROM segments WHERE day >= ? AND day <= ? ORDER BY day";
static const char SEGMENT_SET[] =
	"REPLACE INTO segments (day, made, bytes, crc, content, calls, input, output, cost, "
	"checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char SEGMENT_REMOVE[] = "DELETE FROM segments WHERE day = ?";
static const char SUPERSEDED[] = "SELECT key, time FROM superseded WHERE day = ?";
static const char SUPERSEDED_ADD[] = "INSERT OR IGNORE INTO superseded (day, key, time) "
				     "SELECT day, ?, ? FROM segments WHERE day = ?";
static const char SUPERSEDED_CLEAR[] = "DELETE FROM superseded WHERE day = ?";

char *archive_folder(const char *database)
{
	struct buf path = {0};

	buf_printf(&path, "%s.archive", database);
	return path.p;
}

/* ---- segments ---- */

static bool read_segment(struct sql *sql, sqlite3_stmt *st, struct segment *ret, struct err *err)
{
	*ret = (struct segment){.day = sqlite3_column_int64(st, 0),
	                        .made = sqlite3_column_int64(st, 1),
	                        .bytes = sqlite3_column_int64(st, 2),
	                        .crc = (uint32_t)sqlite3_column_int64(st, 3),
	                        .sums = {.content = sqlite3_column_int64(st, 4),
	                                 .calls = sqlite3_column_int64(st, 5),
	                                 .input = sqlite3_column_int64(st, 6),
	                                 .output = sqlite3_column_int64(st, 7),
	                                 .cost = sqlite3_column_int64(st, 8)}};
	return sql_column_hash(st, 9, &ret->sums.check) ||
	       err_set(err, "%s is damaged: the checksum of a segment", sql->path);
}

bool segments_load(struct sql *sql, int64_t first, int64_t last, struct segment **ret, size_t *n,
                   struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, SEGMENTS, err);
	bool good = st != NULL, more = true;
	size_t room = 0;

	*ret = NULL;
	*n = 0;
	if (good)
		sql_bind_ints(st, 1, (const int64_t[]){first, last}, 2);
	while (good && (good = sql_next(sql, st, &more, err)) && more) {
		*ret = array_room(*ret, *n, &room, sizeof(**ret));
		good = read_segment(sql, st, &(*ret)[(*n)++], err);
	}
	if (st)
		(void)sqlite3_reset(st);
	if (!good) {
		free(*ret);
		*ret = NULL;
	}
	return good;
}

bool segments_find(struct sql *sql, int64_t day, struct segment *ret, bool *found, struct err *err)
{
	struct segment *all;
	size_t n;

	if (!segments_load(sql, day, day, &all, &n, err))
		return false;
	*found = n == 1;
	if (n)
		*ret = all[0];
	free(all);
	return true;
}

bool segments_set(struct sql *sql, const struct segment *s, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, SEGMENT_SET, err);
	const int64_t values[] = {s->day,        s->made,         s->bytes,
	                          s->crc,        s->sums.content, s->sums.calls,
	                          s->sums.input, s->sums.output,  s->sums.cost};

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, values, 9);
	sql_bind_hash(st, 10, &s->sums.check);
	return sql_done(sql, st, err);
}

static bool run_for_day(struct sql *sql, const char *text, int64_t day, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, text, err);

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, day);
	return sql_done(sql, st, err);
}

bool segments_remove(struct sql *sql, int64_t day, struct err *err)
{
	/* In this order: what is superseded of no segment is of none later either. */
	return superseded_clear(sql, day, err) && run_for_day(sql, SEGMENT_REMOVE, day, err);
}

/* ---- superseded ---- */

static int by_key(const void *a, const void *b)
{
	const struct superseded_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->ms > y->ms) - (x->ms < y->ms);
}

bool superseded_load(struct sql *sql, int64_t day, struct superseded *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, SUPERSEDED, err);
	bool good = st != NULL, more = true;

	*ret = (struct superseded){0};
	if (good)
		(void)sqlite3_bind_int64(st, 1, day);
	while (good && (good = sql_next(sql, st, &more, err)) && more) {
		ret->v = array_room(ret->v, ret->n, &ret->room, sizeof(*ret->v));
		ret->v[ret->n++] = (struct superseded_key){(uint64_t)sqlite3_column_int64(st, 0),
		                                           sqlite3_column_int64(st, 1)};
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_key);
	return good;
}

void superseded_free(struct superseded *s)
{
	free(s->v);
	*s = (struct superseded){0};
}

bool superseded_has(const struct superseded *s, const struct call *c)
{
	const struct superseded_key key = {c->dedupe_key, c->time / TIME_MS};

	return s->n && c->dedupe_key && bsearch(&key, s->v, s->n, sizeof(*s->v), by_key);
}

bool superseded_add(struct sql *sql, uint64_t key, int64_t time, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, SUPERSEDED_ADD, err);

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, (const int64_t[]){(int64_t)key, time / TIME_MS, segment_day(time)}, 3);
	return sql_done(sql, st, err);
}

bool superseded_clear(struct sql *sql, int64_t day, struct err *err)
{
	return run_for_day(sql, SUPERSEDED_CLEAR, day, err);
}

/* ---- calls ---- */

struct segment_calls {
	struct segment_reader *reader;
	struct superseded superseded;
};

struct segment_calls *segment_calls_open(struct sql *sql, const char *folder,
                                         const struct segment *s, struct err *err)
{
	struct segment_calls *c = xcalloc(1, sizeof(*c));

	if (!superseded_load(sql, s->day, &c->superseded, err) ||
	    (c->reader = segment_open(folder, s, err)) == NULL)
		segment_calls_close(&c);
	return c;
}

bool segment_calls_next(struct segment_calls *c, struct archived *ret, bool *more, struct err *err)
{
	do {
		if (!segment_next(c->reader, ret, more, err))
			return false;
	} while (*more && superseded_has(&c->superseded, &ret->call));
	return true;
}

struct str segment_calls_prices(const struct segment_calls *c)
{
	return segment_prices(c->reader);
}

void segment_calls_close(struct segment_calls **cp)
{
	struct segment_calls *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	segment_close(&c->reader);
	superseded_free(&c->superseded);
	free(c);
}
