/*
 * What one file holds: it is read to its end, and then waits. Before every piece the reader proves
 * that what was read before is still there, so a file that was truncated is found out however large
 * it is again.
 */
#include <inttypes.h>

#include "agent/meter/carried.h"
#include "agent/pipeline/follower_inner.h"

/* ---- beginning anew ---- */

/* The row of the old content stays with the ledger, so that a copy of it is known. */
bool follower_settle_old(struct follower *f, struct tailed *t, const char *why)
{
	struct mark *old = &t->mark;
	struct err err = {0};

	if (!follower_try_commit(f))
		return false;
	if (old->id == 0)
		return true;
	tailed_state(t, FILE_FINISHED, "%s", why);
	if (old->offset == 0 && t->proof.offset) {
		old->size = t->proof.offset;
		tailed_take_proof(t);
	}
	old->content_size = old->offset + (t->end > t->begin ? t->end - t->begin : 0);
	if (!ledger_save_marks(f->ledger, &old, 1, &err)) {
		follower_failed(f, &err);
		return false;
	}
	if (old->offset)
		known_put(f->known, old, false);
	follower_add_loss(f, old, t->end - t->begin);
	old->id = old->committed = old->lost = old->last_time = old->from = 0;
	return true;
}

static void begin_rewritten(struct tailed *t)
{
	carried_free(&t->course.carried);
	t->course.carried = source_carried(t->course.source);
	t->unsaved = true;
	reader_begin_anew(t->course.reader, &t->mark);
	tailed_note_end(t);
}

bool follower_begin_anew(struct follower *f, struct tailed *t)
{
	bool rewritten = source_configuration(t->course.source)->rewritten;

	if (!(rewritten ? follower_try_commit(f)
	                : follower_settle_old(f, t, "truncated or written anew"))) {
		t->retry = f->now + RETRY_MS * TIME_MS;
		return false;
	}
	t->mark.offset = 0;
	t->mark.head_n = t->mark.frontier_n = 0;
	t->mark.content_size = 0;
	buf_clear(&t->mark.carried);
	t->course.wrapping_known = false;
	t->begin = t->found = t->opened = t->proof.offset = 0;
	t->settled = false;
	t->known = rewritten;
	if (rewritten)
		begin_rewritten(t);
	return true;
}

/* ---- reading ---- */

static void count_piece(struct follower *f, struct tailed *t, uint32_t number)
{
	uint64_t calls = f->hand.calls;

	course_count(&t->course, &f->hand, number, t->begin, f->memories[t->source]);
	tailed_got_on(t, f->hand.piece.end - t->begin, f->now);
	t->begin = f->hand.piece.end;
	if (f->hand.calls > calls)
		t->guessed = -1;
	tailed_note_end(t);
	if (t->mark.gzip)
		tailed_state(t, FILE_PARTIAL, "is being read");
	t->active = f->now;
	t->unsaved = true;
	t->settled = false;
}

static void at_end(struct follower *f, struct tailed *t)
{
	int64_t unfinished = reader_unfinished(t->course.reader);
	int64_t wait = follower_config(f)->finish_after;
	bool over;

	if (t->mark.content_size != t->begin + unfinished)
		t->active = f->now; /* somebody writes at the last line */
	t->mark.content_size = t->begin + unfinished;
	over = (t->gone || t->rotated) && f->now - t->active >= wait;
	tailed_note_end(t);
	if (t->begin == 0 && unfinished && t->proof.offset != t->mark.size) /* it may be lost */
		(void)reader_prove(t->course.reader, t->mark.size, &t->proof);
	t->ended = f->now;
	t->dirty = false;
	t->course.skip = SKIP_NOTHING;
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
	follower_put_off(f, t, RETRY_MS * TIME_MS);
}

void follower_read(struct follower *f, struct tailed *t)
{
	uint32_t number = 0;
	int64_t size;

	while (f->files[number] != t)
		number++;
	if (t->course.reader && !t->gone && reader_became_gzip(t->course.reader)) {
		t->known = false;
		follower_close(f, t);
	}
	if (t->course.reader == NULL && !follower_open(f, t))
		return;
	if (!follower_knows(f, t))
		return;
	size = t->mark.size;
	reader_refresh(t->course.reader, &t->mark);
	t->unsaved |= t->mark.size != size;
	for (int i = 0; i < TURN_PIECES && t->dirty; i++) {
		switch (course_read(&t->course, &f->hand)) {
		case READ_PIECE:
			count_piece(f, t, number);
			break;
		case READ_END:
			at_end(f, t);
			break;
		case READ_REPLACED:
			if (!follower_begin_anew(f, t) || !follower_knows(f, t))
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
