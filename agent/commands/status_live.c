/*
 * The agent's side of `status`: it is asked, and what it says of its files is put to what the
 * ledger has of them. The agent knows what it has read and not committed yet, and files that the
 * ledger has never heard of; the ledger knows those that no agent looks at any more.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/base/mem.h"
#include "agent/commands/stuck.h"
#include "agent/ledger/lock.h"
#include "agent/ledger/own.h"

static enum live live_of(enum asked asked, bool held)
{
	switch (asked) {
	case ASKED_ANSWERED:
		return LIVE_AGENT;
	case ASKED_FORBIDDEN:
		return held ? LIVE_FORBIDDEN : LIVE_NOBODY;
	case ASKED_SILENT:
		return LIVE_SILENT;
	case ASKED_NOBODY:
		break;
	}
	return held ? LIVE_WRITER : LIVE_NOBODY;
}

void status_ask(struct status *s)
{
	enum asked asked = ask_agent(s->database, REQUEST_STATUS, ASK_STATUS_MS, &s->answer);
	struct err err = {0};
	long writer;

	/* One that says what cannot be read is as good as silent. */
	if (asked == ASKED_ANSWERED &&
	    (!told_read(buf_view(&s->answer), &s->agent, &err) || !s->agent.has_agent))
		asked = ASKED_SILENT;
	writer = lock_writer(s->database);
	s->live = live_of(asked, writer != 0);
	s->pid = s->live == LIVE_AGENT ? (long)s->agent.agent.pid : writer > 0 ? writer : 0;
}

/* ---- what the agent says of a file ---- */

/* The rows of the ledger in the order of path, then id. */
struct by_path {
	struct status_file **v;
	size_t n;
};

static int by_path_and_id(const void *a, const void *b)
{
	const struct status_file *x = *(const struct status_file *const *)a;
	const struct status_file *y = *(const struct status_file *const *)b;
	int order = str_cmp(x->path, y->path);

	return order ? order : (x->mark->id > y->mark->id) - (x->mark->id < y->mark->id);
}

static struct by_path index_by_path(struct status *s)
{
	struct by_path index = {xcalloc(s->files_n, sizeof(struct status_file *)), s->files_n};

	for (size_t i = 0; i < s->files_n; i++)
		index.v[i] = &s->files[i];
	qsort((void *)index.v, index.n, sizeof(*index.v), by_path_and_id);
	return index;
}

/* How many rows are of this path or of one before it. */
static size_t up_to_path(const struct by_path *index, struct str path)
{
	size_t from = 0, to = index->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (str_cmp(index->v[middle]->path, path) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The n-th from its end; NULL: the path has no so many. */
static struct status_file *row_of_path(const struct by_path *index, struct str path, size_t n)
{
	size_t end = up_to_path(index, path);

	return end > n && str_eq(index->v[end - 1 - n]->path, path) ? index->v[end - 1 - n] : NULL;
}

static struct status_file *of_row(struct status *s, size_t rows, int64_t id)
{
	size_t from = 0, to = rows;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (s->files[middle].mark->id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < rows && s->files[from].mark->id == id ? &s->files[from] : NULL;
}

static void take_live(struct status_file *f, const struct told_file *t)
{
	f->rate = t->rate / 1000;
	f->waits = t->waits;
	f->blocked = t->blocked != 0;
	if (t->written)
		f->written = t->written;
}

static void take_words(struct status_file *f, const struct told_file *t)
{
	f->state = (enum file_state)t->state;
	f->reason = t->reason;
}

static void take_all(struct status_file *f, const struct told_file *t)
{
	f->path = t->path;
	f->source = t->source;
	f->offset = t->offset;
	f->size = t->size;
	f->lag = t->lag;
	f->lost = t->lost;
	take_words(f, t);
	take_live(f, t);
}

/* Of a file without a row: the agent has not been able to open it yet, or it is new. */
static void take_unknown(struct status *s, const struct told_file *t, struct status_file *row)
{
	if (row && t->state == FILE_NEW) {
		take_live(row, t);
	} else if (row) {
		take_words(row, t);
		take_live(row, t);
	} else {
		take_all(&s->files[s->files_n++], t);
	}
}

void status_merge(struct status *s)
{
	size_t rows = s->files_n;
	struct by_path index;

	/* At once, so that nothing moves while it is pointed at. */
	s->files = xrealloc(s->files, rows + s->agent.files_n + 1, sizeof(*s->files));
	index = index_by_path(s);
	for (size_t i = 0; i < s->agent.files_n; i++) {
		const struct told_file *t = &s->agent.files[i];
		struct status_file *row = t->id ? of_row(s, rows, t->id) : NULL;

		s->files[s->files_n] = (struct status_file){.rate = -1};
		if (row)
			take_all(row, t);
		else if (t->id)
			take_all(&s->files[s->files_n++], t);
		else
			take_unknown(s, t, row_of_path(&index, t->path, 0));
	}
	free((void *)index.v);
}

/* ---- what is on disk ---- */

/*
 * While no agent tells: a file that was left out, is a regular one that is not the database's, and
 * of which nothing was ever counted. One that was counted may have a row that says so from a time
 * when it could not be read.
 */
static bool is_blocked(const struct status *s, const struct by_path *index,
                       const struct status_file *f)
{
	struct stat st;

	return f->state == FILE_LEFT_OUT && row_of_path(index, f->path, 1) == NULL &&
	       lstat(f->mark->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       !ledger_owns(s->database, f->mark->path, &st);
}

static void find_blocked(struct status *s)
{
	struct by_path index = index_by_path(s);

	for (size_t i = 0; i < s->files_n; i++)
		s->files[i].blocked = is_blocked(s, &index, &s->files[i]);
	free((void *)index.v);
}

/* If the path is still the file that was counted. */
static void look_at(struct status_file *f, const struct stat *st)
{
	const struct mark *m = f->mark;

	if ((int64_t)st->st_dev != m->device || (int64_t)st->st_ino != m->inode)
		return;
	f->written = st->st_mtim.tv_sec * TIME_SEC + st->st_mtim.tv_nsec / 1000;
	if (m->gzip || st->st_size < f->offset)
		return;
	f->size = st->st_size;
	f->lag = st->st_size - f->offset;
}

void status_look(struct status *s)
{
	if (s->live != LIVE_AGENT)
		find_blocked(s);
	for (size_t i = 0; i < s->files_n; i++) {
		struct status_file *f = &s->files[i];
		struct stat st;

		if (f->mark && stat(f->mark->path, &st) == 0 && S_ISREG(st.st_mode))
			look_at(f, &st);
	}
}

void status_free(struct status *s)
{
	told_free(&s->agent);
	buf_free(&s->answer);
	free(s->sources);
	free(s->reasons);
	free(s->rejects);
	free(s->files);
	free(s->stuck);
}
