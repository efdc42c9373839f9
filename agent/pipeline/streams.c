/*
 * Which file is read next, and what it is. A file whose head agrees with that of a file not yet
 * committed in this run waits, because it may be a copy of it. Files of a source that looks for
 * duplicates begin one after the other, so that "the later one" is the same in every run.
 *
 * There may be far more files than can be open, or looked at again and again: of those that are
 * active there are only so many, however many small files there are between two commits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/meter/carried.h"
#include "agent/pipeline/state.h"

/* Cut to what a mark holds. */
void copy_reason(char to[REASON_BYTES], const char *reason)
{
	size_t n = strnlen(reason, REASON_BYTES - 1);

	memcpy(to, reason, n);
	to[n] = '\0';
}

/* ---- active streams ---- */

void stream_activate(struct pipeline *p, struct stream *t)
{
	t->previous = p->last;
	*(p->last ? &p->last->next : &p->first) = t;
	p->last = t;
}

static void deactivate(struct pipeline *p, struct stream *t)
{
	*(t->previous ? &t->previous->next : &p->first) = t->next;
	*(t->next ? &t->next->previous : &p->last) = t->previous;
	t->next = t->previous = NULL;
}

static void close_file(struct pipeline *p, struct stream *t)
{
	if (t->course.reader == NULL)
		return;
	reader_close(&t->course.reader);
	p->open_n--;
}

/* ---- what a stream is ---- */

static bool heads_agree(const struct stream *a, const struct stream *b)
{
	size_t n = a->head_n < b->head_n ? a->head_n : b->head_n;

	return n > 0 && memcmp(a->head, b->head, n) == 0;
}

/*
 * Whether another file of this run may hold the same content and is not committed yet. Of two that
 * wait for each other the one earlier in the order, the older one, goes first.
 */
static bool must_wait(const struct pipeline *p, const struct stream *t)
{
	for (const struct stream *other = p->first; other; other = other->next) {
		switch (other->phase) {
		case STREAM_WAITING:
		case STREAM_DONE:
			break;
		case STREAM_OPENING: /* its head is not known yet */
			if (other < t)
				return true;
			break;
		case STREAM_HELD:
			if (other < t && heads_agree(other, t))
				return true;
			break;
		case STREAM_OPEN:
		case STREAM_ENDED:
			if (other != t && heads_agree(other, t))
				return true;
			break;
		}
	}
	return false;
}

static void end_stream(struct pipeline *p, struct stream *t, enum file_state state,
                       const char *reason)
{
	t->phase = STREAM_ENDED;
	p->ended_n++;
	t->end_state = state;
	t->fresh = true;
	copy_reason(t->end_reason, reason);
	close_file(p, t);
}

static void say_trouble(const struct pipeline *p, const struct stream *t, const char *why)
{
	if (p->options.trouble)
		p->options.trouble(p->options.arg, t->mark.path, why);
}

static enum identity identity_of(const struct source_config *config)
{
	if (config->rewritten)
		return IDENTITY_PATH;
	return config->copies_count ? IDENTITY_ITSELF : IDENTITY_CONTENT;
}

/* With the lock held, as everything that changes a phase. */
static void identify(struct pipeline *p, struct stream *t)
{
	const struct source_config *config = source_configuration(t->course.source);

	p->sums.files++;
	t->fresh = true;
	t->phase = STREAM_OPEN;
	if (t->input)
		return;
	switch (known_resolve(p->known, t->course.reader, identity_of(config), &t->mark)) {
	case KNOWN_UNCHANGED:
		p->sums.unchanged++;
		p->consumed += t->size;
		t->fresh = false;
		stream_done(p, t);
		break;
	case KNOWN_SHORTER:
		t->course.skip = SKIP_ALL;
		break;
	case KNOWN_NEW:
	case KNOWN_CONTINUED:
	case KNOWN_COPY:
		break;
	}
	t->end_offset = t->mark_end = t->mark.offset;
}

/* With the lock held: a worker may ask for it as soon as the stream is open. */
static void resolve(struct pipeline *p, struct stream *t)
{
	identify(p, t);
	if (t->phase != STREAM_OPEN)
		return;
	t->course.carried = source_carried(t->course.source);
	if (t->course.carried && t->mark.offset)
		carried_unpack(t->course.carried, buf_view(&t->mark.carried));
}

static bool open_stream(struct stream *t, struct err *err)
{
	struct reader_options options = {.finished = t->input};
	struct str head;

	if (t->input) {
		t->course.reader = reader_from_fd(STDIN_FILENO, "standard input", options);
		return true;
	}
	t->course.reader =
		reader_open(t->mark.path, source_configuration(t->course.source)->follow_symlinks,
	                    options, &t->mark, err);
	if (t->course.reader == NULL)
		return false;
	t->course.near = t->mark.mtime_ns / 1000;
	head = reader_head(t->course.reader);
	t->head = str_dup(head);
	t->head_n = head.n;
	return true;
}

/* What is found out once the file is open. */
static void admit(struct pipeline *p, struct stream *t)
{
	if (must_wait(p, t))
		t->phase = STREAM_HELD;
	else
		resolve(p, t);
}

void stream_start(struct worker *w, struct stream *t)
{
	struct pipeline *p = w->pipeline;
	struct err err = {0};
	bool opened;

	w->stream = t;
	if (t->phase == STREAM_HELD) {
		resolve(p, t);
		return;
	}
	t->phase = STREAM_OPENING;
	stream_activate(p, t);
	p->open_n++;
	(void)pthread_mutex_unlock(&p->lock);
	opened = open_stream(t, &err);
	(void)pthread_mutex_lock(&p->lock);
	if (!opened) {
		p->open_n--;
		p->sums.left_out++;
		say_trouble(p, t, err.text);
		known_reuse_empty(p->known, &t->mark);
		end_stream(p, t, FILE_LEFT_OUT, err.text);
	} else {
		admit(p, t);
	}
	(void)pthread_cond_broadcast(&p->changed);
}

void stream_finish(struct pipeline *p, struct stream *t, enum read_result result, const char *why)
{
	char reason[80] = "";
	int64_t unfinished = reader_unfinished(t->course.reader);

	t->content_size = t->end_offset + unfinished;
	switch (result) {
	case READ_PIECE:
	case READ_REPLACED: /* only of files that are followed */
		return;
	case READ_END:
		if (unfinished)
			(void)snprintf(reason, sizeof(reason),
			               "%" PRId64 " bytes of an unfinished record wait for its end",
			               unfinished);
		end_stream(p, t, FILE_READ, reason);
		return;
	case READ_CORRUPT:
		p->sums.corrupt++;
		say_trouble(p, t, why);
		end_stream(p, t, FILE_CORRUPT, why);
		return;
	case READ_ERROR:
		p->sums.failed++;
		say_trouble(p, t, why);
		end_stream(p, t, FILE_PARTIAL, why);
		return;
	}
}

/* ---- choosing ---- */

/* Files of a source that looks for duplicates or remembers begin when the one before has been read.
 */
static bool may_start(const struct stream *t)
{
	bool any_order = source_configuration(t->course.source)->dedupe_by_n == 0 &&
	                 !source_remembers(t->course.source);

	return any_order || t->before == NULL || t->before->phase >= STREAM_ENDED;
}

static struct stream *next_unopened(struct pipeline *p)
{
	size_t far;

	while (p->first_waiting < p->streams_n &&
	       p->streams[p->first_waiting].phase != STREAM_WAITING)
		p->first_waiting++;
	if (p->open_n >= p->open_most)
		return NULL;
	far = p->first_waiting + (size_t)p->jobs; /* streams are to be read about in order */
	for (size_t i = p->first_waiting; i < p->streams_n && i <= far; i++)
		if (p->streams[i].phase == STREAM_WAITING && may_start(&p->streams[i]))
			return &p->streams[i];
	return NULL;
}

/* The active stream that was opened first of those for which `wanted` holds. */
static struct stream *first_active(const struct pipeline *p,
                                   bool (*wanted)(const struct pipeline *, const struct stream *))
{
	struct stream *t = p->first;

	while (t && !wanted(p, t))
		t = t->next;
	return t;
}

static bool is_free(const struct pipeline *p, const struct stream *t)
{
	(void)p;
	return t->phase == STREAM_OPEN && !t->turn;
}

static bool is_released(const struct pipeline *p, const struct stream *t)
{
	return t->phase == STREAM_HELD && !must_wait(p, t);
}

static bool is_moving(const struct pipeline *p, const struct stream *t)
{
	(void)p;
	return t->phase == STREAM_OPEN || t->phase == STREAM_OPENING;
}

struct stream *stream_choose(struct worker *w)
{
	struct pipeline *p = w->pipeline;
	struct stream *t = w->stream && is_free(p, w->stream) ? w->stream : NULL;

	if (t == NULL)
		t = first_active(p, is_released);
	if (t == NULL)
		t = next_unopened(p);
	return t ? t : first_active(p, is_free);
}

bool streams_moving(const struct pipeline *p)
{
	return first_active(p, is_moving) != NULL;
}

void stream_done(struct pipeline *p, struct stream *t)
{
	t->phase = STREAM_DONE;
	deactivate(p, t);
	carried_free(&t->course.carried);
	close_file(p, t);
	free(t->head);
	t->head = NULL;
	t->head_n = 0;
}

bool streams_done(const struct pipeline *p)
{
	return p->first == NULL && p->first_waiting == p->streams_n;
}
