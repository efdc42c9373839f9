/*
 * What is new waits until it can be told from a copy of another: a copy that is still being made is
 * small, or goes less far than what it is made of. Meanwhile its bytes are seen, so that it can be
 * said what was lost should they be destroyed.
 */
#include "agent/meter/carried.h"
#include "agent/pipeline/follower_inner.h"

/* How long nothing has changed in a file, by its own time, which may be wrong, or by ours. */
static int64_t quiet_for(const struct follower *f, const struct tailed *t)
{
	int64_t by_file = clock_now() - t->mark.mtime_ns / 1000, by_us = f->now - t->opened;

	return by_file > by_us ? by_file : by_us;
}

/*
 * How long to wait until a new file can be told from a copy of another: what is compressed has to
 * be there whole, a small file and one that begins like another may still grow into its copy.
 */
static int64_t too_young(struct follower *f, struct tailed *t)
{
	int64_t finish = follower_config(f)->finish_after, settle = YOUNG_MS * TIME_MS;
	int64_t quiet = quiet_for(f, t), need = settle < finish ? settle : finish;

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

int64_t follower_kept_since(const struct follower *f)
{
	int64_t keep = f->options.config->keep_calls, unarchived = ledger_unarchived(f->ledger);
	int64_t since = keep == KEEP_FOREVER ? 0 : clock_now() - keep;

	if (keep == KEEP_NONE)
		return TIME_MAX;
	return since > unarchived ? since : unarchived;
}

/* How much of a file that waits is new: what comes after all that is known of it, if the first call
 * there is. */
static void look_at_new(struct follower *f, struct tailed *t)
{
	tailed_note_end(t);
	t->begin = known_offset(f->known, t->course.reader, &t->mark);
	t->course.carried = source_carried(t->course.source);
	if (course_is_known(&t->course, &f->hand, follower_kept_since(f)) != COURSE_NEW)
		t->begin = t->end;
	carried_free(&t->course.carried);
}

/* Should it be destroyed while it waits, or while nobody follows, that would be lost. */
static void note_seen(struct follower *f, struct tailed *t)
{
	struct mark *m = &t->mark;

	if (m->gzip || m->size == 0 || source_configuration(t->course.source)->rewritten)
		return;
	if (t->proof.offset != m->size || !reader_resume(t->course.reader, &t->proof)) {
		if (!reader_prove(t->course.reader, m->size, &t->proof))
			return;
		look_at_new(f, t);
		t->unsaved = true;
	}
	tailed_take_proof(t);
	m->content_size = t->end - t->begin;
}

void follower_forget_seen(struct mark *m)
{
	m->head_n = m->frontier_n = 0;
	m->content_size = 0;
}

/* It stays open, so that it can be read even if it is deleted meanwhile. */
static void wait_as_new(struct follower *f, struct tailed *t, int64_t time, const char *why)
{
	note_seen(f, t);
	tailed_state(t, FILE_NEW, "%s", why);
	t->waits_since = 0;
	t->dirty = false;
	t->retry = f->now + time;
}

bool follower_must_wait(struct follower *f, struct tailed *t)
{
	int64_t time;

	if (known_is_unchanged(f->known, &t->mark))
		return false;
	if (!f->all_seen) {
		if (t->proof.offset)
			note_seen(f, t);
		t->dirty = false;
		t->retry = f->now + FIRST_TURNS_MS * TIME_MS;
		return true;
	}
	if (!follower_others_are_read(f, t)) {
		wait_as_new(f, t, NEW_FILES_MS * TIME_MS,
		            "new; a file that begins alike is read first");
		return true;
	}
	follower_refresh_known(f);
	if (t->gone || known_is_itself(f->known, t->course.reader, &t->mark))
		return false;
	time = too_young(f, t);
	if (time == 0)
		return false;
	if (t->mark.gzip) {
		wait_as_new(f, t, time, "compressed; waits for its end");
		return true;
	}
	if (time > follower_config(f)->poll) /* it may have grown enough by then */
		time = follower_config(f)->poll;
	wait_as_new(f, t, time,
	            "new; is not read until it can be told from a copy of another file");
	return true;
}

bool follower_is_as_seen(const struct tailed *t)
{
	static const struct mark start;
	bool stands =
		t->proof.offset == 0 || t->mark.gzip || reader_resume(t->course.reader, &t->proof);

	(void)reader_resume(t->course.reader, &start);
	return stands;
}

bool follower_settle_destroyed(struct follower *f, struct tailed *t)
{
	struct mark *m = &t->mark;
	int64_t size = m->size;
	bool good = true;

	m->size = t->end;
	t->unsaved = true;
	if (t->end > t->begin)
		good = follower_settle_old(f, t, "truncated before it could be told from a copy");
	m->size = size;
	if (good) {
		follower_forget_seen(m);
		t->found = t->begin = t->proof.offset = 0;
	}
	return good;
}
