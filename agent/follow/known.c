/*
 * Marks lie in an array; two indexes lead to them: by device and inode, and by the hash of the
 * head. A head is hashed over as many bytes as had been counted, up to MARK_BYTES, so a file is
 * asked once for each length that occurs.
 */
#include "agent/follow/known.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/base/mem.h"

struct entry {
	struct mark mark;
	bool taken; /* given away in this run, or added by it */
};

struct known {
	struct entry *entries;
	size_t n, room;
	size_t *by_inode, *by_head; /* positions in sorted order */
	bool sorted;
	size_t with_head[MARK_BYTES + 1]; /* marks that have so many bytes of head */
};

struct known *known_new(struct mark *marks, size_t n)
{
	struct known *k = xcalloc(1, sizeof(*k));

	k->entries = xcalloc(n, sizeof(*k->entries));
	k->n = k->room = n;
	for (size_t i = 0; i < n; i++) {
		k->entries[i].mark = marks[i];
		k->with_head[marks[i].head_n]++;
	}
	free(marks);
	return k;
}

void known_free(struct known **kp)
{
	struct known *k = *kp;

	*kp = NULL;
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		mark_free(&k->entries[i].mark);
	free(k->entries);
	free(k->by_inode);
	free(k->by_head);
	free(k);
}

static void copy_carried(struct mark *to, const struct mark *from)
{
	buf_clear(&to->carried);
	if (from->carried.n)
		buf_str(&to->carried, buf_view(&from->carried));
}

void known_add(struct known *k, const struct mark *m)
{
	k->entries = array_room(k->entries, k->n, &k->room, sizeof(*k->entries));
	k->entries[k->n] = (struct entry){*m, true};
	k->entries[k->n].mark.path = xstrdup(m->path);
	k->entries[k->n].mark.source = xstrdup(m->source);
	k->entries[k->n].mark.carried = (struct buf){0};
	copy_carried(&k->entries[k->n].mark, m);
	k->with_head[m->head_n]++;
	k->n++;
	k->sorted = false;
}

static struct entry *entry_of(struct known *k, int64_t id)
{
	for (size_t i = k->n; i-- > 0;)
		if (k->entries[i].mark.id == id)
			return &k->entries[i];
	return NULL;
}

void known_put(struct known *k, const struct mark *m, bool held)
{
	struct entry *e = entry_of(k, m->id);

	if (e) {
		k->with_head[e->mark.head_n]--;
		mark_free(&e->mark);
		*e = k->entries[--k->n];
	}
	known_add(k, m);
	k->entries[k->n - 1].taken = held;
	k->sorted = false;
}

/* ---- the indexes ---- */

static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int inode_order(const struct mark *a, const struct mark *b)
{
	int by_device = order(a->device, b->device);

	return by_device ? by_device : order(a->inode, b->inode);
}

static int head_order(const struct mark *a, const struct mark *b)
{
	if (a->head_n != b->head_n)
		return order(a->head_n, b->head_n);
	if (a->head.lo != b->head.lo)
		return a->head.lo < b->head.lo ? -1 : 1;
	if (a->head.hi != b->head.hi)
		return a->head.hi < b->head.hi ? -1 : 1;
	return 0;
}

static int compare_inode(const void *a, const void *b, void *entries)
{
	const struct entry *e = entries;

	return inode_order(&e[*(const size_t *)a].mark, &e[*(const size_t *)b].mark);
}

/* Equal heads: the one counted furthest first. */
static int compare_head(const void *a, const void *b, void *entries)
{
	const struct entry *e = entries;
	const struct mark *x = &e[*(const size_t *)a].mark, *y = &e[*(const size_t *)b].mark;
	int by_head = head_order(x, y);

	return by_head ? by_head : order(y->offset, x->offset);
}

static void sort(struct known *k)
{
	if (k->sorted)
		return;
	k->by_inode = xrealloc(k->by_inode, k->n, sizeof(*k->by_inode));
	k->by_head = xrealloc(k->by_head, k->n, sizeof(*k->by_head));
	for (size_t i = 0; i < k->n; i++)
		k->by_inode[i] = k->by_head[i] = i;
	qsort_r(k->by_inode, k->n, sizeof(*k->by_inode), compare_inode, k->entries);
	qsort_r(k->by_head, k->n, sizeof(*k->by_head), compare_head, k->entries);
	k->sorted = true;
}

/* The first position in a sorted index that is not before `key`. */
static size_t first_at(const struct known *k, const size_t *index, const struct mark *key,
                       int (*compare)(const struct mark *, const struct mark *))
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&k->entries[index[middle]].mark, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
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

static bool unchanged(struct known *k, struct mark *m)
{
	for (size_t i = first_at(k, k->by_inode, m, inode_order); i < k->n; i++) {
		struct entry *e = &k->entries[k->by_inode[i]];

		if (!same_inode(&e->mark, m))
			return false;
		if (!e->taken && hints_agree(&e->mark, m) && is_finished(&e->mark)) {
			take(m, &e->mark);
			e->taken = true;
			return true;
		}
	}
	return false;
}

/* Among marks whose first `head_n` bytes are these, the one counted furthest that proves right. */
static struct entry *try_head(struct known *k, struct reader *r, const struct mark *m,
                              bool itself_only, struct mark *key)
{
	for (size_t i = first_at(k, k->by_head, key, head_order); i < k->n; i++) {
		struct entry *e = &k->entries[k->by_head[i]];

		if (head_order(&e->mark, key) != 0)
			return NULL;
		if ((!itself_only || same_inode(&e->mark, m)) && reader_resume(r, &e->mark))
			return e;
	}
	return NULL;
}

static struct entry *find(struct known *k, struct reader *r, const struct mark *m, bool itself_only)
{
	struct str head = reader_head(r);
	struct entry *best = NULL;

	for (uint32_t n = (uint32_t)head.n; n > 0 && best == NULL; n--) {
		struct mark key = {.head_n = n};

		if (k->with_head[n] == 0)
			continue;
		key.head = hash128(HASH_PLAIN, (struct str){head.p, n});
		best = try_head(k, r, m, itself_only, &key);
	}
	return best;
}

void known_reuse_empty(struct known *k, struct mark *m)
{
	for (size_t i = 0; i < k->n; i++) {
		struct entry *e = &k->entries[i];

		assert(k->entries != NULL);
		if (e->taken || e->mark.offset > 0 || e->mark.state == FILE_FINISHED ||
		    strcmp(e->mark.path, m->path) != 0)
			continue;
		m->id = e->mark.id;
		e->taken = true;
		return;
	}
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
	struct mark key = {.head_n = MARK_BYTES};

	sort(k);
	if (head.n < MARK_BYTES || k->with_head[MARK_BYTES] == 0)
		return NULL;
	key.head = hash128(HASH_PLAIN, (struct str){head.p, MARK_BYTES});
	for (size_t i = first_at(k, k->by_head, &key, head_order); i < k->n; i++) {
		struct entry *e = &k->entries[k->by_head[i]];

		if (head_order(&e->mark, &key) != 0)
			return NULL;
		if (wanted(r, &e->mark, m))
			return e;
	}
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
	struct str head = reader_head(r);
	struct hash128 hash = hash128(HASH_PLAIN, head);

	for (size_t i = 0; head.n && head.n < MARK_BYTES && i < k->n; i++) {
		const struct mark *e = &k->entries[i].mark;

		for (unsigned n = 0; n < e->earlier_n; n++) {
			if (e->earlier[n].offset != (int64_t)head.n ||
			    !hash128_eq(e->earlier[n].hash, hash) || is_next_log(m, e))
				continue;
			m->offset = m->content_size = (int64_t)head.n;
			m->head_n = m->frontier_n = (uint32_t)head.n;
			m->head = m->frontier = hash;
			m->from = e->id;
			m->last_time = e->last_time;
			return reader_resume(r, m);
		}
	}
	return false;
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
	for (size_t i = 0; head.n && i < k->n; i++)
		if (k->entries[i].mark.offset > (int64_t)head.n &&
		    same_log(k->entries[i].mark.path, m->path))
			return true;
	return false;
}

int64_t known_offset(struct known *k, struct reader *r, const struct mark *m)
{
	static const struct mark start;
	const struct mark *counted = &start;
	const struct entry *e;

	sort(k);
	e = find(k, r, m, false);
	if (e)
		counted = &e->mark;
	(void)reader_resume(r, counted);
	return counted->offset;
}

bool known_is_itself(struct known *k, struct reader *r, const struct mark *m)
{
	sort(k);
	return !m->gzip && find(k, r, m, true) != NULL;
}

const struct mark *known_replaced(const struct known *k, const struct mark *m)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct entry *e = &k->entries[i];

		if (!e->taken && e->mark.id != m->id && e->mark.offset > 0 &&
		    e->mark.state != FILE_FINISHED && strcmp(e->mark.path, m->path) == 0)
			return &e->mark;
	}
	return NULL;
}

/* Takes over the row of the file that was at this path, and nothing of its content. */
static void reuse_path(struct known *k, struct mark *m)
{
	for (size_t i = 0; i < k->n; i++) {
		struct entry *e = &k->entries[i];

		if (e->taken || strcmp(e->mark.path, m->path) != 0)
			continue;
		m->id = e->mark.id;
		m->committed = e->mark.committed;
		m->last_time = e->mark.last_time;
		m->lost = e->mark.lost;
		e->taken = true;
		return;
	}
}

enum known_result known_resolve(struct known *k, struct reader *r, enum identity by, struct mark *m)
{
	struct entry *e, *furthest;

	sort(k);
	if (unchanged(k, m))
		return KNOWN_UNCHANGED;
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
