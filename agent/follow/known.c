/*
 * What a file is, held against the marks of those that were counted. known_index.c leads to the
 * marks that may be its own.
 */
#include "agent/follow/known.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "agent/base/mem.h"
#include "agent/follow/known_index.h"

struct known {
	struct known_index index;
};

struct known *known_new(struct mark *marks, size_t n)
{
	struct known *k = xcalloc(1, sizeof(*k));

	for (size_t i = 0; i < n; i++)
		(void)known_index_add(&k->index, &marks[i]);
	free(marks);
	return k;
}

void known_free(struct known **kp)
{
	struct known *k = *kp;

	*kp = NULL;
	if (k == NULL)
		return;
	known_index_free(&k->index);
	free(k);
}

static void copy_carried(struct mark *to, const struct mark *from)
{
	buf_clear(&to->carried);
	if (from->carried.n)
		buf_str(&to->carried, buf_view(&from->carried));
}

static struct entry *add_copy(struct known *k, const struct mark *m)
{
	struct mark copy = *m;

	copy.path = xstrdup(m->path);
	copy.source = xstrdup(m->source);
	copy.carried = (struct buf){0};
	copy_carried(&copy, m);
	return known_index_add(&k->index, &copy);
}

void known_add(struct known *k, const struct mark *m)
{
	add_copy(k, m)->taken = true;
}

void known_put(struct known *k, const struct mark *m, bool held)
{
	struct entry *e = known_of_id(&k->index, m->id);

	if (e)
		known_index_remove(&k->index, e);
	add_copy(k, m)->taken = held;
}

/* ---- what a file is ---- */

static bool same_inode(const struct mark *a, const struct mark *b)
{
	return a->device == b->device && a->inode == b->inode;
}

static bool hints_agree(const struct mark *a, const struct mark *b)
{
	return same_inode(a, b) && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

/* It was read to its end, as it is now: hints alone may be those of a look at it. */
static bool is_finished(const struct mark *m)
{
	return m->state == FILE_CORRUPT ||
	       (m->state == FILE_READ && (m->gzip || m->content_size == m->size));
}

/* Whether the file a mark speaks of still stands where it was. */
static bool still_stands(const struct mark *m)
{
	struct stat st;

	return stat(m->path, &st) == 0 && (int64_t)st.st_dev == m->device &&
	       (int64_t)st.st_ino == m->inode;
}

static void take(struct mark *m, const struct mark *from)
{
	m->id = from->id;
	m->offset = from->offset;
	m->content_size = from->content_size;
	m->head_n = from->head_n;
	m->head = from->head;
	m->frontier_n = from->frontier_n;
	m->frontier = from->frontier;
	memcpy(m->earlier, from->earlier, sizeof(m->earlier));
	m->earlier_n = from->earlier_n;
	m->last_time = from->last_time;
	m->lost = from->lost;
	m->committed = from->committed;
	copy_carried(m, from);
	m->state = from->state;
	memcpy(m->reason, from->reason, sizeof(m->reason));
}

/* `counted`: how far the content was, be it of this file or of a copy of it. */
static enum known_result give(struct entry *e, const struct mark *counted, struct mark *m)
{
	bool itself = same_inode(&e->mark, m) || !still_stands(&e->mark);

	take(m, counted);
	m->id = e->mark.id;
	m->committed = e->mark.committed;
	m->lost = e->mark.lost;
	m->from = e->mark.id;
	if (!itself || e->taken) {
		m->id = 0;
		m->lost = 0;
		return KNOWN_COPY;
	}
	e->taken = true;
	return KNOWN_CONTINUED;
}

static struct entry *find_unchanged(const struct known *k, const struct mark *m)
{
	struct entry *e = known_of_inode(&k->index, m, NULL);

	while (e && (e->taken || !hints_agree(&e->mark, m) || !is_finished(&e->mark)))
		e = known_of_inode(&k->index, m, e);
	return e;
}

bool known_is_unchanged(const struct known *k, const struct mark *m)
{
	return find_unchanged(k, m) != NULL;
}

/* Among marks whose head is this, the one counted furthest that proves right. */
static struct entry *try_head(struct known *k, struct reader *r, const struct mark *m,
                              bool itself_only, struct str head)
{
	struct entry **found;
	size_t n = known_of_head(&k->index, head, &found);

	for (size_t i = 0; i < n; i++)
		if ((!itself_only || same_inode(&found[i]->mark, m)) &&
		    reader_resume(r, &found[i]->mark))
			return found[i];
	return NULL;
}

static struct entry *find(struct known *k, struct reader *r, const struct mark *m, bool itself_only)
{
	static const struct mark start;
	struct entry *best = NULL;
	struct str head;

	/* Somewhere within, a reader has the head of when it was read up to there. */
	(void)reader_resume(r, &start);
	head = reader_head(r);
	for (size_t n = head.n; n > 0 && best == NULL; n--)
		if (k->index.with_head[n])
			best = try_head(k, r, m, itself_only, (struct str){head.p, n});
	return best;
}

/* Of those at its path that are not given away and for which `wanted` holds, the one that has been
 * known for longest. */
static struct entry *at_path(const struct known *k, const char *path,
                             bool (*wanted)(const struct mark *counted, const struct mark *m),
                             const struct mark *m)
{
	struct entry *best = NULL;

	for (struct entry *e = known_of_path(&k->index, path, NULL); e;
	     e = known_of_path(&k->index, path, e))
		if (!e->taken && (best == NULL || e->mark.id < best->mark.id) &&
		    (wanted == NULL || wanted(&e->mark, m)))
			best = e;
	return best;
}

static bool is_empty(const struct mark *counted, const struct mark *m)
{
	(void)m;
	return counted->offset <= 0 && counted->state != FILE_FINISHED;
}

void known_reuse_empty(struct known *k, struct mark *m)
{
	struct entry *e = at_path(k, m->path, is_empty, m);

	if (e == NULL)
		return;
	m->id = e->mark.id;
	e->taken = true;
}

/* ---- copies that stop short ---- */

/*
 * Whether what was counted has the path of this file, or that with something put in: app.log.1 and
 * app-20260312.log are rotations of app.log. Then this is the next log, however much it begins like
 * the one before it, and no copy of that.
 */
static bool is_next_log(const struct mark *m, const struct mark *counted)
{
	size_t n = strlen(m->path), counted_n = strlen(counted->path), first = 0, last = 0;

	if (counted_n < n)
		return false;
	while (first < n && m->path[first] == counted->path[first])
		first++;
	while (last < n && m->path[n - 1 - last] == counted->path[counted_n - 1 - last])
		last++;
	return first + last >= n;
}

/* Whether the file holds an earlier frontier of what was counted. */
static bool holds_earlier(struct reader *r, const struct mark *counted)
{
	struct mark at = *counted;

	for (unsigned i = 0; i < counted->earlier_n; i++) {
		at.offset = counted->earlier[i].offset;
		at.frontier = counted->earlier[i].hash;
		if (reader_resume(r, &at))
			return true;
	}
	return false;
}

/* Calls `wanted` for the marks whose head of MARK_BYTES is that of the file, until one is. */
static struct entry *with_whole_head(struct known *k, struct reader *r,
                                     bool (*wanted)(struct reader *r, const struct mark *counted,
                                                    const struct mark *m),
                                     const struct mark *m)
{
	struct str head = reader_head(r);
	struct entry **found;
	size_t n;

	if (head.n < MARK_BYTES || k->index.with_head[MARK_BYTES] == 0)
		return NULL;
	n = known_of_head(&k->index, (struct str){head.p, MARK_BYTES}, &found);
	for (size_t i = 0; i < n; i++)
		if (wanted(r, &found[i]->mark, m))
			return found[i];
	return NULL;
}

static bool is_shorter(struct reader *r, const struct mark *counted, const struct mark *m)
{
	bool longer = !m->gzip && m->size > counted->offset;

	return !longer && !is_next_log(m, counted) && holds_earlier(r, counted);
}

/* A file of less than MARK_BYTES that is, to its last byte, what was once counted of another. */
static bool is_beginning(struct known *k, struct reader *r, struct mark *m)
{
	const struct frontier whole = known_frontier_of(reader_head(r));
	const struct entry *best = NULL;

	for (const struct beginning *b = known_of_beginning(&k->index, &whole, NULL); b;
	     b = known_of_beginning(&k->index, &whole, b))
		if ((best == NULL || b->entry->mark.id < best->mark.id) &&
		    !is_next_log(m, &b->entry->mark))
			best = b->entry;
	if (best == NULL)
		return false;
	m->offset = m->content_size = whole.offset;
	m->head_n = m->frontier_n = (uint32_t)whole.offset;
	m->head = m->frontier = whole.hash;
	m->from = best->mark.id;
	m->last_time = best->mark.last_time;
	return reader_resume(r, m);
}

static bool goes_less_far(struct reader *r, const struct mark *counted, const struct mark *m)
{
	(void)r;
	return counted->offset >= m->size && !same_inode(counted, m);
}

bool known_may_be_copy(struct known *k, struct reader *r, const struct mark *m)
{
	return !m->gzip && with_whole_head(k, r, goes_less_far, m) != NULL;
}

static bool goes_further(struct reader *r, const struct mark *counted, const struct mark *m)
{
	(void)r;
	return m->gzip || counted->offset > m->size;
}

/* app.log, app.log.1, app.log-20260312.gz: the same up to where a name of a rotation differs. */
static bool same_log(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return (a[n] == 0 || b[n] == 0 || strchr(".-_0123456789", a[n]) ||
	        strchr(".-_0123456789", b[n])) &&
	       strchr(a + n, '/') == NULL && strchr(b + n, '/') == NULL;
}

bool known_may_be_beginning(struct known *k, struct reader *r, const struct mark *m)
{
	struct str head = reader_head(r);

	if (head.n >= MARK_BYTES)
		return with_whole_head(k, r, goes_further, m) != NULL;
	for (size_t i = 0; head.n && i < k->index.n; i++)
		if (k->index.entries[i]->mark.offset > (int64_t)head.n &&
		    same_log(k->index.entries[i]->mark.path, m->path))
			return true;
	return false;
}

int64_t known_offset(struct known *k, struct reader *r, const struct mark *m)
{
	static const struct mark start;
	const struct entry *e = find(k, r, m, false);
	const struct mark *counted = e ? &e->mark : &start;

	(void)reader_resume(r, counted);
	return counted->offset;
}

bool known_is_itself(struct known *k, struct reader *r, const struct mark *m)
{
	return !m->gzip && find(k, r, m, true) != NULL;
}

static bool is_another(const struct mark *counted, const struct mark *m)
{
	return counted->id != m->id && counted->offset > 0 && counted->state != FILE_FINISHED;
}

const struct mark *known_replaced(const struct known *k, const struct mark *m)
{
	const struct entry *e = at_path(k, m->path, is_another, m);

	return e ? &e->mark : NULL;
}

/* Takes over the row of the file that was at this path, and nothing of its content. */
static void reuse_path(struct known *k, struct mark *m)
{
	struct entry *e = at_path(k, m->path, NULL, m);

	if (e == NULL)
		return;
	m->id = e->mark.id;
	m->committed = e->mark.committed;
	m->last_time = e->mark.last_time;
	m->lost = e->mark.lost;
	e->taken = true;
}

enum known_result known_resolve(struct known *k, struct reader *r, enum identity by, struct mark *m)
{
	struct entry *e = find_unchanged(k, m), *furthest;

	if (e) {
		take(m, &e->mark);
		e->taken = true;
		return KNOWN_UNCHANGED;
	}
	if (by == IDENTITY_PATH) {
		reuse_path(k, m);
		return KNOWN_NEW;
	}
	e = find(k, r, m, true);
	furthest = by == IDENTITY_CONTENT ? find(k, r, m, false) : e;
	if (furthest)
		return give(e ? e : furthest, &furthest->mark, m);
	if (by == IDENTITY_CONTENT && is_beginning(k, r, m))
		return KNOWN_COPY;
	if (by == IDENTITY_CONTENT && (e = with_whole_head(k, r, is_shorter, m)) != NULL) {
		struct mark from_start = {0};

		m->from = e->mark.id;
		(void)reader_resume(r, &from_start);
		return KNOWN_SHORTER;
	}
	known_reuse_empty(k, m);
	return KNOWN_NEW;
}
