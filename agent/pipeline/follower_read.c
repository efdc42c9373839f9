/*
 * What one file holds. It is opened, known again by content, and read to its end; then it waits.
 * Before every piece the reader proves that what was read before is still there, so a file that was
 * truncated is found out however large it is again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/meter/carried.h"
#include "agent/pipeline/follower_inner.h"

/* ---- opening ---- */

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

/* What is known has to be up to date before another file is held against it, with what was read and
 * not committed: a copy would go on from before that. False and *err: it cannot be committed. */
static bool refresh_known(struct follower *f, struct err *err)
{
	if (f->hand.batch->steps_n && !follower_commit(f, err))
		return false;
	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *t = f->files[i];
		bool held = !t->gone || t->course.reader;

		if (t->mark.id == 0 || !t->known || (!t->outdated && held == t->known_held))
			continue;
		known_put(f->known, &t->mark, held);
		t->outdated = false;
		t->known_held = held;
	}
	return true;
}

static enum identity identity_of(const struct source_config *c)
{
	if (c->rewritten)
		return IDENTITY_PATH;
	return c->copies_count ? IDENTITY_ITSELF : IDENTITY_CONTENT;
}

/* A copy of what was truncated away goes on with what was not read. */
static void find_loss(struct follower *f, const struct tailed *t)
{
	for (size_t i = 0; i < f->losses_n; i++) {
		if (f->losses[i].file != t->mark.from && f->losses[i].file != t->mark.id)
			continue;
		free(f->losses[i].path);
		f->losses[i] = f->losses[--f->losses_n];
		return;
	}
}

/* How long nothing has changed in a file, by its own time. */
static int64_t quiet_for(const struct tailed *t)
{
	int64_t quiet = clock_now() - t->mark.mtime_ns / 1000;

	return quiet > 0 ? quiet : 0;
}

/*
 * How long to wait until a new file can be told from a copy of another: what is compressed has to
 * be there whole, a small file and one that begins like another may still grow into its copy.
 */
static int64_t too_young(struct follower *f, struct tailed *t)
{
	int64_t finish = follower_config(f)->finish_after, settle = YOUNG_MS * TIME_MS;
	int64_t quiet = quiet_for(t), need = settle < finish ? settle : finish;

	if (t->found == 0)
		t->found = f->now;
	if (t->mark.gzip)
		need = finish;
	else if (f->now - t->found >= finish ||
	         (t->mark.size >= MARK_BYTES &&
	          !known_may_be_copy(f->known, t->course.reader, &t->mark)))
		return 0;
	return quiet < need ? need - quiet : 0;
}

/* Not to be opened again before so long. */
static void put_off(struct follower *f, struct tailed *t, int64_t wait)
{
	t->waits_since = 0;
	t->retry = f->now + wait;
	follower_close(f, t);
}

/* Whether a file that may be the original of this one has not been read to its end: what both have
 * beyond would be counted of both. */
static bool original_is_behind(struct follower *f, const struct tailed *t)
{
	struct str head = reader_head(t->course.reader);
	bool behind = false;

	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *o = f->files[i];
		const struct mark *m = &o->mark;

		if (o == t || o->course.reader == NULL || m->head_n == 0 || m->head_n > head.n ||
		    !hash128_eq(m->head, hash128(HASH_PLAIN, (struct str){head.p, m->head_n})))
			continue;
		o->dirty |= tailed_has_changed(o);
		behind |= o->dirty;
	}
	return behind;
}

static bool wait_until_old(struct follower *f, struct tailed *t)
{
	struct err err = {0}; /* the next commit says why */
	int64_t wait;

	if (!refresh_known(f, &err)) {
		put_off(f, t, RETRY_MS * TIME_MS);
		return true;
	}
	if (original_is_behind(f, t)) {
		put_off(f, t, NEW_FILES_MS * TIME_MS);
		return true;
	}
	wait = too_young(f, t);
	if (wait == 0)
		return false;
	tailed_state(t, FILE_NEW, "%s",
	             t->mark.gzip
	                     ? "compressed; waits for its end"
	                     : "new; is not read until it can be told from a copy of another file");
	t->dirty = false;
	if (!t->mark.gzip && wait > follower_config(f)->poll) /* it may have grown enough by then */
		wait = follower_config(f)->poll;
	put_off(f, t, wait);
	return true;
}

/* The content decides what the file is. True: there may be something to read. */
static bool identify(struct follower *f, struct tailed *t)
{
	const struct source_config *c = source_configuration(t->course.source);
	enum known_result what;

	what = known_resolve(f->known, t->course.reader, identity_of(c), &t->mark);
	t->known = t->known_held = true;
	t->outdated = what != KNOWN_UNCHANGED;
	t->begin = t->mark.offset;
	carried_free(&t->course.carried);
	t->course.carried = source_carried(t->course.source);
	if (t->course.carried && t->mark.offset)
		carried_unpack(t->course.carried, buf_view(&t->mark.carried));
	if (what == KNOWN_CONTINUED || what == KNOWN_COPY)
		find_loss(f, t);
	t->course.skip = what == KNOWN_SHORTER;
	t->unsaved = what != KNOWN_UNCHANGED;
	return what != KNOWN_UNCHANGED;
}

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

static bool open_file(struct follower *f, struct tailed *t)
{
	const struct source_config *c = source_configuration(t->course.source);
	struct mark before = t->mark;
	struct err err = {0};

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
		return !wait_until_old(f, t) && identify(f, t);
	if (!c->rewritten && reader_resume(t->course.reader, &before)) {
		t->begin = t->mark.offset;
		return true;
	}
	return follower_begin_anew(f, t);
}

/* ---- beginning anew ---- */

static void add_loss(struct follower *f, const struct mark *m, int64_t bytes)
{
	if (bytes <= 0)
		return;
	f->losses = array_room(f->losses, f->losses_n, &f->losses_room, sizeof(*f->losses));
	f->losses[f->losses_n++] = (struct loss){
		m->id, bytes, f->now + follower_config(f)->finish_after, xstrdup(m->path)};
}

void follower_give_up_losses(struct follower *f)
{
	for (size_t i = f->losses_n; i-- > 0;) {
		struct loss *l = &f->losses[i];
		struct err err = {0};

		if (l->at > f->now)
			continue;
		if (!ledger_add_loss(f->ledger, l->file, l->bytes, &err))
			return; /* next time */
		follower_say(f, FOLLOWER_WARNING,
		             "%s was truncated before %" PRId64
		             " bytes of it could be read; they are lost",
		             l->path, l->bytes);
		free(l->path);
		*l = f->losses[--f->losses_n];
	}
}

/* The row of the old content stays with the ledger, so that a copy of it is known. */
static bool settle_old(struct follower *f, struct tailed *t, struct err *err)
{
	struct mark *old = &t->mark;

	if (!follower_commit(f, err))
		return false;
	if (old->id == 0)
		return true;
	tailed_state(t, FILE_FINISHED, "truncated or written anew");
	if (!ledger_save_marks(f->ledger, &old, 1, err))
		return false;
	known_put(f->known, old, false);
	add_loss(f, old, t->end - t->begin);
	old->id = old->committed = old->lost = old->last_time = old->from = 0;
	return true;
}

bool follower_begin_anew(struct follower *f, struct tailed *t)
{
	bool rewritten = source_configuration(t->course.source)->rewritten;
	struct err err = {0};

	if (!(rewritten ? follower_commit(f, &err) : settle_old(f, t, &err))) {
		put_off(f, t, RETRY_MS * TIME_MS);
		return false;
	}
	t->mark.offset = 0;
	t->mark.head_n = t->mark.frontier_n = 0;
	t->mark.content_size = 0;
	buf_clear(&t->mark.carried);
	carried_free(&t->course.carried);
	t->course.carried = source_carried(t->course.source);
	t->course.wrapping_known = false;
	t->begin = t->end = 0;
	t->unsaved = true;
	t->settled = false;
	reader_begin_anew(t->course.reader, &t->mark);
	return true;
}

/* ---- reading ---- */

/* What was just read is still what was counted, so its size is that of this content too. */
static void note_end(struct tailed *t)
{
	if (!t->mark.gzip && t->mark.size > t->end)
		t->end = t->mark.size;
}

static void count_piece(struct follower *f, struct tailed *t, uint32_t number)
{
	course_count(&t->course, &f->hand, number, t->begin, f->memories[t->source]);
	tailed_got_on(t, f->hand.piece.end - t->begin, f->now);
	t->begin = f->hand.piece.end;
	note_end(t);
	t->active = f->now;
	t->unsaved = true;
	t->settled = false;
}

static void at_end(struct follower *f, struct tailed *t)
{
	int64_t unfinished = reader_unfinished(t->course.reader);
	int64_t wait = follower_config(f)->finish_after;
	bool over = (t->gone || t->rotated) && f->now - t->active >= wait;

	note_end(t);
	t->dirty = false;
	t->course.skip = false;
	t->mark.content_size = t->begin + unfinished;
	if (t->mark.gzip || (over && unfinished == 0)) {
		tailed_state(t, t->gone ? FILE_FINISHED : FILE_READ, "%s",
		             t->gone ? "moved or deleted, and read to its end" : "");
		t->settled = true;
		follower_close(f, t);
	} else if (over && !reader_is_finished(t->course.reader)) {
		reader_set_finished(t->course.reader); /* its last line counts without a newline */
		t->dirty = true;
	} else if (unfinished) {
		tailed_state(t, FILE_READ,
		             "%" PRId64 " bytes of an unfinished record wait for its end",
		             unfinished);
	} else if (t->gone || t->rotated) {
		tailed_state(t, FILE_READ,
		             "rotated; read on for as long as somebody may write at it");
	} else {
		tailed_state(t, FILE_READ, "%s", "");
	}
}

static void on_trouble(struct follower *f, struct tailed *t, enum file_state state)
{
	const char *why = reader_error(t->course.reader);

	if (t->mark.state != state)
		follower_say(f, FOLLOWER_WARNING, "%s: %s", t->mark.path, why);
	tailed_state(t, state, "%s", why);
	t->dirty = false;
	put_off(f, t, RETRY_MS * TIME_MS);
}

void follower_read(struct follower *f, struct tailed *t)
{
	uint32_t number = 0;

	while (f->files[number] != t)
		number++;
	if (t->course.reader && !t->gone && reader_became_gzip(t->course.reader)) {
		t->known = false;
		follower_close(f, t);
	}
	if (t->course.reader == NULL && !open_file(f, t)) {
		if (t->course.reader) { /* unchanged since it was read to its end */
			t->dirty = false;
			t->settled = true;
			follower_close(f, t);
		}
		return;
	}
	reader_refresh(t->course.reader, &t->mark);
	for (int i = 0; i < TURN_PIECES && t->dirty; i++) {
		switch (course_read(&t->course, &f->hand)) {
		case READ_PIECE:
			count_piece(f, t, number);
			break;
		case READ_END:
			at_end(f, t);
			break;
		case READ_REPLACED:
			if (!follower_begin_anew(f, t))
				return;
			break;
		case READ_CORRUPT:
			on_trouble(f, t, FILE_CORRUPT);
			break;
		case READ_ERROR:
			on_trouble(f, t, FILE_PARTIAL);
			break;
		}
	}
}
