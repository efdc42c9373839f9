/*
 * Which file it is that is opened. What has been read is known again by its content, under whatever
 * name and whether packed or not; what is new waits until it can be told from a copy of another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/meter/carried.h"
#include "agent/pipeline/follower_inner.h"

/* ---- descriptors ---- */

void follower_close(struct follower *f, struct tailed *t)
{
	if (t->course.reader == NULL)
		return;
	tailed_close(t);
	f->open_n--;
}

/* The open file that has been quiet for longest and can be opened again by its path. */
static struct tailed *quietest(const struct follower *f)
{
	struct tailed *best = NULL;

	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *t = f->files[i];

		if (t->course.reader && !t->gone && !t->dirty &&
		    (best == NULL || t->active < best->active))
			best = t;
	}
	return best;
}

static void make_room(struct follower *f)
{
	struct tailed *t;

	while (f->open_n >= f->open_max && (t = quietest(f)) != NULL)
		follower_close(f, t);
}

/* Not to be opened again before so long. */
void follower_put_off(struct follower *f, struct tailed *t, int64_t wait)
{
	t->waits_since = 0;
	t->dirty = false;
	t->retry = f->now + wait;
	follower_close(f, t);
}

/* ---- what it is ---- */

static enum identity identity_of(const struct source_config *c)
{
	if (c->rewritten)
		return IDENTITY_PATH;
	return c->copies_count ? IDENTITY_ITSELF : IDENTITY_CONTENT;
}

/* While it waited it had a row of its own, which is not needed if it is a file that has one. */
static void settle_row(struct follower *f, struct tailed *t, int64_t waited_as)
{
	if (waited_as == 0 || waited_as == t->mark.id)
		return;
	if (t->mark.id == 0) {
		t->mark.id = waited_as;
		t->mark.committed = 0;
		return;
	}
	f->needless =
		array_room(f->needless, f->needless_n, &f->needless_room, sizeof(*f->needless));
	f->needless[f->needless_n++] = waited_as;
}

/* Where the file stands another one was, which nobody has followed to its end: it may turn up
 * under another name. */
static void settle_replaced(struct follower *f, const struct tailed *t)
{
	const struct mark *known = known_replaced(f->known, &t->mark);
	struct mark old, *saved = &old;
	struct err err = {0};

	if (known == NULL)
		return;
	old = *known;
	old.path = xstrdup(known->path);
	old.source = xstrdup(known->source);
	old.carried = (struct buf){0};
	buf_str(&old.carried, buf_view(&known->carried));
	old.state = FILE_FINISHED;
	(void)snprintf(old.reason, sizeof(old.reason), "replaced by another file");
	if (ledger_save_marks(f->ledger, &saved, 1, &err)) {
		follower_add_loss(f, &old, old.content_size - old.offset);
		known_put(f->known, &old, false);
	} else {
		follower_failed(f, &err);
	}
	mark_free(&old);
}

static void load_carried(struct tailed *t)
{
	carried_free(&t->course.carried);
	t->course.carried = source_carried(t->course.source);
	if (t->course.carried && t->mark.offset)
		carried_unpack(t->course.carried, buf_view(&t->mark.carried));
}

/*
 * What is known of others does not say how far a file is the same as one that was counted further
 * than it goes. The calls that are kept do: up to where they are the same they were counted.
 */
static enum known_result resolve_by_calls(struct follower *f, struct tailed *t,
                                          enum known_result what)
{
	enum course_known next;

	t->course.skip = SKIP_NOTHING;
	load_carried(t);
	if (what != KNOWN_SHORTER && !known_may_be_beginning(f->known, t->course.reader, &t->mark))
		return what;
	next = course_is_known(&t->course, &f->hand, follower_kept_since(f));
	(void)reader_resume(t->course.reader, &t->mark);
	load_carried(t);
	if (next == COURSE_KNOWN)
		t->course.skip = SKIP_COUNTED;
	else if (what == KNOWN_SHORTER && next == COURSE_CANNOT_SAY)
		t->course.skip = SKIP_ALL;
	if (what != KNOWN_SHORTER || next != COURSE_NEW)
		return what;
	t->mark.from = 0;
	known_reuse_empty(f->known, &t->mark);
	return KNOWN_NEW;
}

static enum known_result resolve(struct follower *f, struct tailed *t)
{
	enum identity by = identity_of(source_configuration(t->course.source));
	enum known_result what = known_resolve(f->known, t->course.reader, by, &t->mark);

	if (by == IDENTITY_CONTENT && what != KNOWN_UNCHANGED)
		return resolve_by_calls(f, t, what);
	load_carried(t);
	return what;
}

/* A row has one file: one that is gone had it until now. */
static void take_row(struct follower *f, const struct tailed *t)
{
	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *other = f->files[i];

		if (other == t || other->mark.id != t->mark.id)
			continue;
		other->mark.id = 0;
		other->unsaved = false;
	}
}

/* What is rewritten is what stands at its path, and a gzip was whole. */
static bool may_be_guessed(const struct tailed *t)
{
	return !t->mark.gzip &&
	       identity_of(source_configuration(t->course.source)) == IDENTITY_CONTENT;
}

/* The content decides what the file is. True: there may be something to read. */
static bool identify(struct follower *f, struct tailed *t)
{
	const struct source_config *c = source_configuration(t->course.source);
	int64_t waited_as = t->mark.id;
	enum known_result what;

	follower_forget_seen(&t->mark);
	follower_find_losses(f, t->course.reader);
	what = resolve(f, t);
	settle_row(f, t, waited_as);
	if (t->mark.id && t->mark.id != waited_as)
		take_row(f, t);
	if (!c->rewritten)
		settle_replaced(f, t);
	t->known = t->known_held = true;
	t->outdated = what != KNOWN_UNCHANGED;
	t->guessed = may_be_guessed(t) ? t->mark.size : -1;
	t->begin = t->mark.offset;
	t->proof.offset = 0;
	tailed_note_end(t);
	if (what == KNOWN_CONTINUED || what == KNOWN_COPY)
		follower_find_loss(f, &t->mark);
	t->unsaved = what != KNOWN_UNCHANGED;
	return what != KNOWN_UNCHANGED;
}

/* True: one cannot find out now what it is. */
static bool is_put_off(struct follower *f, struct tailed *t)
{
	int64_t size = t->mark.size;

	if (f->commit_fails)
		return true;
	reader_begin_anew(t->course.reader, &t->mark);
	if (t->opened == 0 || size != t->mark.size)
		t->opened = f->now;
	return !follower_is_as_seen(t) && !follower_settle_destroyed(f, t);
}

/* It is read on from where it is committed: nothing of it may be in the batch. */
static bool is_committed(struct follower *f, struct tailed *t)
{
	if (!t->known || t->begin == t->mark.offset || follower_try_commit(f))
		return true;
	follower_put_off(f, t, RETRY_MS * TIME_MS);
	return false;
}

/* It is another one. False: not now. */
static bool begin_anew(struct follower *f, struct tailed *t)
{
	if (follower_begin_anew(f, t))
		return true;
	follower_put_off(f, t, RETRY_MS * TIME_MS);
	return false;
}

/* It may have become another file, which goes on as a copy of a third that begins alike: it has to
 * be found out again what it is. */
static void doubt(struct follower *f, struct tailed *t)
{
	struct mark *m = &t->mark;

	if (m->id)
		known_put(f->known, m, false);
	m->id = m->committed = m->lost = m->last_time = m->from = m->offset = 0;
	t->begin = t->found = t->opened = t->proof.offset = 0;
	t->known = false;
}

/*
 * All of it may be what another file has, and it has grown: the copy is still being made, or made
 * again. One that has a whole head of its own is no copy, however it goes on.
 */
static bool may_be_copied_on(struct follower *f, struct tailed *t)
{
	struct mark now = {0};

	if (!t->known || t->guessed < 0)
		return false;
	reader_refresh(t->course.reader, &now);
	if (now.size <= t->guessed)
		return false;
	follower_refresh_known(f);
	if (t->guessed < MARK_BYTES || known_may_be_copy(f->known, t->course.reader, &t->mark))
		return true;
	t->guessed = -1;
	return false;
}

/* Or another file was copied over it, which is larger. False: not now. */
static bool doubt_copy(struct follower *f, struct tailed *t)
{
	if (!is_committed(f, t))
		return false;
	if (reader_resume(t->course.reader, &t->mark)) {
		doubt(f, t);
		return true;
	}
	return begin_anew(f, t);
}

bool follower_knows(struct follower *f, struct tailed *t)
{
	if (may_be_copied_on(f, t) && !doubt_copy(f, t))
		return false;
	if (t->known)
		return true;
	if (is_put_off(f, t)) {
		t->waits_since = 0;
		t->dirty = false;
		t->retry = f->now + RETRY_MS * TIME_MS;
		return false;
	}
	if (follower_must_wait(f, t))
		return false;
	if (identify(f, t))
		return true;
	t->dirty = false; /* unchanged since it was read to its end */
	t->settled = true;
	follower_close(f, t);
	return false;
}

/* ---- opening ---- */

static void cannot_open(struct follower *f, struct tailed *t, const char *why)
{
	struct stat st;

	t->dirty = false;
	if (lstat(t->mark.path, &st) != 0 && errno == ENOENT) { /* a search says what it is now */
		f->scan_at = f->now + NEW_FILES_MS * TIME_MS;
		t->retry = f->now + RETRY_MS * TIME_MS;
		return;
	}
	if (t->mark.state != FILE_LEFT_OUT)
		follower_say(f, FOLLOWER_WARNING, "%s", why);
	if (t->mark.id == 0)
		known_reuse_empty(f->known, &t->mark);
	t->denied = true;
	tailed_state(t, FILE_LEFT_OUT, "%s", why);
	t->retry = f->now + follower_config(f)->rescan;
}

/* Its path leads to another file now, which the next search finds, as it does this one if it has
 * another name. */
static void another_file(struct follower *f, struct tailed *t, const struct mark *before)
{
	t->mark = *before;
	t->gone = true;
	t->dirty = false;
	follower_close(f, t);
	f->scan_at = f->now;
}

bool follower_open(struct follower *f, struct tailed *t)
{
	const struct source_config *c = source_configuration(t->course.source);
	struct mark before;
	struct err err = {0};

	if (!is_committed(f, t))
		return false;
	before = t->mark;
	make_room(f);
	t->course.reader = reader_open(t->mark.path, c->follow_symlinks,
	                               (struct reader_options){.followed = true}, &t->mark, &err);
	if (t->course.reader == NULL) {
		cannot_open(f, t, err.text);
		return false;
	}
	f->open_n++;
	if (before.inode && (before.inode != t->mark.inode || before.device != t->mark.device)) {
		another_file(f, t, &before);
		return false;
	}
	t->course.near = t->mark.mtime_ns / 1000;
	t->active = f->now;
	if (!t->known)
		return true;
	if (!c->rewritten && reader_resume(t->course.reader, &before)) {
		t->begin = t->mark.offset;
		if (t->mark.size > before.size && !t->mark.gzip) /* another may have its inode */
			doubt(f, t);
		return true;
	}
	return begin_anew(f, t);
}
