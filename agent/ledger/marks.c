/*
 * A mark says how far a file has been counted, and it is written in the transaction that counts:
 * this is what makes a count happen once. A mark moves over the steps of its file in their order,
 * each beginning where the one before it ended; threads may have made them in any order.
 */
#include "agent/ledger/marks.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/ledger/cover.h"

#define COLUMNS                                                                               \
	"path, source, gzip, device, inode, size, mtime_ns, ctime_ns, offset, content_size, " \
	"head_n, head, frontier_n, frontier, last_time, lost, state, reason, carried, earlier"

static const char FILE_ADD[] = "INSERT INTO files (" COLUMNS ") VALUES "
			       "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char FILE_CHANGE[] = "UPDATE files SET (" COLUMNS ") = "
				  "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
				  "?15, ?16, ?17, ?18, ?19, ?20) "
				  "WHERE id = ?21 AND offset = ?22";
static const char FILE_LOST[] = "UPDATE files SET lost = lost + ? WHERE id = ?";
static const char FILE_FOUND[] = "UPDATE files SET content_size = offset WHERE id = ?";
static const char FILE_FORGET[] = "DELETE FROM files WHERE id = ? AND offset = 0";
static const char FILE_ALL[] =
	"SELECT path, (SELECT text FROM labels WHERE labels.id = source), gzip, device, inode, "
	"size, mtime_ns, ctime_ns, offset, content_size, head_n, head, frontier_n, frontier, "
	"last_time, lost, state, reason, id, carried, earlier FROM files ORDER BY id";

/* ---- one mark ---- */

enum { FRONTIER_BYTES = 24 };

static void put_number(unsigned char *to, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		to[i] = (unsigned char)(number >> (8 * i));
}

static uint64_t get_number(const unsigned char *from)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number |= (uint64_t)from[i] << (8 * i);
	return number;
}

static void bind_earlier(sqlite3_stmt *st, int at, const struct mark *m)
{
	unsigned char bytes[FRONTIERS * FRONTIER_BYTES];

	for (unsigned i = 0; i < m->earlier_n; i++) {
		unsigned char *to = bytes + (size_t)i * FRONTIER_BYTES;

		put_number(to, (uint64_t)m->earlier[i].offset);
		put_number(to + 8, m->earlier[i].hash.lo);
		put_number(to + 16, m->earlier[i].hash.hi);
	}
	if (m->earlier_n)
		(void)sqlite3_bind_blob(st, at, bytes, (int)m->earlier_n * FRONTIER_BYTES,
		                        SQLITE_TRANSIENT);
}

static void read_earlier(sqlite3_stmt *st, int at, struct mark *m)
{
	const unsigned char *bytes = sqlite3_column_blob(st, at);
	int n = sqlite3_column_bytes(st, at) / FRONTIER_BYTES;

	for (int i = 0; i < n && i < FRONTIERS; i++, bytes += FRONTIER_BYTES)
		m->earlier[m->earlier_n++] =
			(struct frontier){(int64_t)get_number(bytes),
		                          {get_number(bytes + 8), get_number(bytes + 16)}};
}

static void bind_mark(sqlite3_stmt *st, const struct mark *m, int64_t source, struct str carried)
{
	const int64_t numbers[] = {source,      m->gzip,     m->device, m->inode,       m->size,
	                           m->mtime_ns, m->ctime_ns, m->offset, m->content_size};

	sql_bind_text(st, 1, str_of(m->path));
	sql_bind_ints(st, 2, numbers, 9);
	(void)sqlite3_bind_int64(st, 11, m->head_n);
	sql_bind_hash(st, 12, &m->head);
	(void)sqlite3_bind_int64(st, 13, m->frontier_n);
	sql_bind_hash(st, 14, &m->frontier);
	sql_bind_ints(st, 15, (const int64_t[]){m->last_time, m->lost, (int64_t)m->state}, 3);
	sql_bind_text(st, 18, str_of(m->reason));
	if (carried.p == NULL)
		carried = buf_view(&m->carried);
	if (carried.n)
		(void)sqlite3_bind_blob64(st, 19, carried.p, carried.n, SQLITE_STATIC);
	bind_earlier(st, 20, m);
}

bool marks_save(struct ledger *l, struct mark *m, struct str carried, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, m->id ? FILE_CHANGE : FILE_ADD, err);
	int64_t source;

	if (st == NULL || !names_label(&l->names, str_of(m->source ? m->source : ""), &source, err))
		return false;
	bind_mark(st, m, source, carried);
	if (m->id)
		sql_bind_ints(st, 21, (const int64_t[]){m->id, m->committed}, 2);
	if (!sql_done(&l->sql, st, err))
		return false;
	if (m->id == 0)
		m->id = sqlite3_last_insert_rowid(l->sql.db);
	else if (sqlite3_changes(l->sql.db) != 1)
		return err_set(err, "%s: another program has counted %s in the meantime; run again",
		               l->sql.path, m->path);
	m->committed = m->offset;
	return true;
}

static bool change(struct ledger *l, const char *text, const int64_t *values, int n,
                   struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, text, err);

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, values, n);
	return sql_done(&l->sql, st, err);
}

bool ledger_add_loss(struct ledger *l, int64_t file, int64_t bytes, struct err *err)
{
	return change(l, FILE_LOST, (const int64_t[]){bytes, file}, 2, err);
}

bool ledger_find_loss(struct ledger *l, int64_t file, struct err *err)
{
	return change(l, FILE_FOUND, &file, 1, err);
}

bool ledger_forget_file(struct ledger *l, int64_t file, struct err *err)
{
	return change(l, FILE_FORGET, &file, 1, err);
}

/* ---- the steps of a commit ---- */

/* The steps of all batches by file and begin; on the heap. */
struct steps {
	struct step_of {
		const struct step *step;
		uint32_t batch;
	} * v;
	size_t n;
};

static int by_file_and_begin(const void *a, const void *b)
{
	const struct step *x = ((const struct step_of *)a)->step;
	const struct step *y = ((const struct step_of *)b)->step;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->begin > y->begin) - (x->begin < y->begin);
}

static struct steps steps_in_order(const struct commit *c)
{
	struct steps steps = {0};
	size_t n = 0;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->steps_n;
	steps.v = xcalloc(n, sizeof(*steps.v));
	for (uint32_t b = 0; b < c->batches_n; b++)
		for (size_t i = 0; i < c->batches[b]->steps_n; i++)
			steps.v[steps.n++] = (struct step_of){&c->batches[b]->steps[i], b};
	qsort(steps.v, n, sizeof(*steps.v), by_file_and_begin);
	return steps;
}

static void advance(struct commit *c, const struct step_of *s)
{
	const struct step *step = s->step;
	const struct ids *ids = &c->ids[s->batch];
	struct mark *m;

	m = &c->files[c->file_at[step->file]];
	assert(step->begin == m->offset && step->end >= step->begin);
	for (size_t i = 0; i < step->leading_n; i++) {
		struct coverage untimed = step->leading[i];

		untimed.day = m->last_time ? cover_day(c->l, m->last_time) : DAY_UNKNOWN;
		cover_add(c->l, &untimed, ids);
	}
	if (step->last_time)
		m->last_time = step->last_time;
	mark_move_frontier(m, step->end, step->frontier_n, step->frontier);
	if (m->content_size < m->offset)
		m->content_size = m->offset;
	m->head_n = step->head_n;
	m->head = step->head;
	if (step->carried.p)
		c->carried[c->file_at[step->file]] = step->carried;
}

bool marks_advance(struct commit *c, struct err *err)
{
	struct steps steps = steps_in_order(c);
	bool ok = true;

	for (size_t i = 0; i < steps.n; i++)
		advance(c, &steps.v[i]);
	for (size_t i = 0; ok && i < c->files_n; i++)
		ok = marks_save(c->l, &c->files[i], c->carried[i], err);
	free(steps.v);
	return ok;
}

/* ---- reading ---- */

static bool read_mark(sqlite3_stmt *st, struct mark *m)
{
	struct str reason = sql_column_text(st, 17), carried = sql_column_text(st, 19);

	*m = (struct mark){
		.id = sqlite3_column_int64(st, 18),
		.gzip = sqlite3_column_int(st, 2) != 0,
		.device = sqlite3_column_int64(st, 3),
		.inode = sqlite3_column_int64(st, 4),
		.size = sqlite3_column_int64(st, 5),
		.mtime_ns = sqlite3_column_int64(st, 6),
		.ctime_ns = sqlite3_column_int64(st, 7),
		.offset = sqlite3_column_int64(st, 8),
		.content_size = sqlite3_column_int64(st, 9),
		.head_n = (uint32_t)sqlite3_column_int64(st, 10),
		.frontier_n = (uint32_t)sqlite3_column_int64(st, 12),
		.last_time = sqlite3_column_int64(st, 14),
		.lost = sqlite3_column_int64(st, 15),
		.state = (enum file_state)sqlite3_column_int(st, 16),
	};
	(void)snprintf(m->reason, sizeof(m->reason), "%.*s", STR_ARG(reason));
	m->committed = m->offset;
	read_earlier(st, 20, m);
	if (carried.n)
		buf_str(&m->carried, carried);
	m->path = str_dup(sql_column_text(st, 0));
	m->source = str_dup(sql_column_text(st, 1));
	return sql_column_hash(st, 11, &m->head) && sql_column_hash(st, 13, &m->frontier) &&
	       m->state < FILE_STATES;
}

bool ledger_marks(struct ledger *l, struct mark **ret, size_t *n, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, FILE_ALL, err);
	struct mark *marks = NULL;
	size_t used = 0, capacity = 0;
	bool row, ok = st != NULL;

	while (ok && (ok = sql_next(&l->sql, st, &row, err)) && row) {
		marks = array_room(marks, used, &capacity, sizeof(*marks));
		ok = read_mark(st, &marks[used++]) ||
		     err_set(err, "%s is damaged: a file's hashes or state", l->sql.path);
	}
	if (ok) {
		*ret = marks;
		*n = used;
		return true;
	}
	(void)sqlite3_reset(st);
	while (used)
		mark_free(&marks[--used]);
	free(marks);
	return false;
}
