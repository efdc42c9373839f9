/*
 * Threads take turns at reading and work side by side at parsing. A thread takes the turn of a
 * stream (an open file), reads the next piece of whole lines, gives the turn back and parses the
 * piece into its own batch. So one big file keeps all cores busy, and a gzip is inflated by one
 * thread while others parse what came before. What is read next is decided in streams.c; when
 * results are committed, in rounds.c.
 */
#include "agent/pipeline/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent/meter/carried.h"
#include "agent/pipeline/state.h"

int64_t clock_us(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

/* ---- setting up ---- */

static size_t open_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= OPEN_MOST + OPEN_SPARE)
		return OPEN_MOST;
	return limit.rlim_cur > OPEN_SPARE ? (size_t)limit.rlim_cur - OPEN_SPARE : 1;
}

struct pipeline *pipeline_new(struct ledger *l, const struct pipeline_options *options)
{
	struct pipeline *p = xcalloc(1, sizeof(*p));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	p->ledger = l;
	p->options = *options;
	p->jobs = options->jobs > 0 ? options->jobs : (int)(cores > 0 ? cores : 1);
	if (p->jobs > JOBS_MAX)
		p->jobs = JOBS_MAX;
	p->batch_limit = BATCHES_BYTES / 2 / (size_t)p->jobs;
	p->open_most = open_most();
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->changed, NULL);
	return p;
}

void pipeline_free(struct pipeline **pp)
{
	struct pipeline *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->streams_n; i++) {
		reader_close(&p->streams[i].course.reader);
		free(p->streams[i].head);
		carried_free(&p->streams[i].course.carried);
		mark_free(&p->streams[i].mark);
	}
	for (size_t i = 0; p->memories && i < p->sources_n; i++)
		memory_free(&p->memories[i]);
	free((void *)p->memories);
	known_free(&p->known);
	free(p->streams);
	free((void *)p->sources);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->changed);
	free(p);
}

static struct stream *add_stream(struct pipeline *p, const struct source *s, const char *path)
{
	struct stream *t;

	p->streams = array_room(p->streams, p->streams_n, &p->streams_room, sizeof(*p->streams));
	t = &p->streams[p->streams_n++];
	*t = (struct stream){.course = {.source = s}};
	t->mark.path = xstrdup(path);
	t->mark.source = xstrdup(source_name(s));
	return t;
}

void pipeline_add(struct pipeline *p, const struct source *s, const char *path, int64_t size)
{
	add_stream(p, s, path)->size = size;
}

void pipeline_add_input(struct pipeline *p, const struct source *s)
{
	add_stream(p, s, "-")->input = true;
}

void pipeline_leave_out(struct pipeline *p, const struct source *s, const char *path,
                        const char *why)
{
	struct stream *t = add_stream(p, s, path);

	t->phase = STREAM_ENDED;
	t->end_state = FILE_LEFT_OUT;
	copy_reason(t->end_reason, why);
	t->fresh = true;
	p->sums.left_out++;
}

static size_t source_number(struct pipeline *p, const struct source *s)
{
	for (size_t i = 0; i < p->sources_n; i++)
		if (p->sources[i] == s)
			return i;
	p->sources = array_room((void *)p->sources, p->sources_n, &p->sources_room,
	                        sizeof(const struct source *));
	p->sources[p->sources_n] = s;
	return p->sources_n++;
}

/* ---- a thread ---- */

bool in_order(const struct source *s)
{
	return source_configuration(s)->carry_n || source_remembers(s);
}

static void take_turn(struct worker *w, struct stream *t)
{
	struct pipeline *p = w->pipeline;
	bool ordered = in_order(t->course.source);
	enum read_result result;
	int64_t consumed;

	t->turn = true;
	w->stream = t;
	w->begin = t->end_offset;
	(void)pthread_mutex_unlock(&p->lock);
	result = course_read(&t->course, &w->hand);
	consumed = reader_consumed(t->course.reader);
	(void)pthread_mutex_lock(&p->lock);
	t->turn = ordered && result == READ_PIECE;
	p->consumed += consumed - t->consumed;
	t->consumed = consumed;
	(void)pthread_cond_broadcast(&p->changed);
	if (result != READ_PIECE) {
		stream_finish(p, t, result, reader_error(t->course.reader));
		return;
	}
	t->end_offset = w->hand.piece.end;
	p->sums.bytes += w->hand.piece.end - w->begin;
	(void)pthread_mutex_unlock(&p->lock);
	course_count(&t->course, &w->hand, (uint32_t)(t - p->streams), w->begin,
	             p->memories[source_number(p, t->course.source)]);
	(void)pthread_mutex_lock(&p->lock);
	if (ordered) {
		t->turn = false;
		(void)pthread_cond_broadcast(&p->changed);
	}
}

/* One thing at a time. False: all is done. */
static bool work_once(struct worker *w)
{
	struct pipeline *p = w->pipeline;
	struct stream *t;

	if (w->round < p->round) {
		round_hand_over(w);
	} else if (round_is_due(w)) {
		round_ask(p);
	} else if ((t = stream_choose(w)) != NULL) {
		if (t->phase == STREAM_OPEN)
			take_turn(w, t);
		else
			stream_start(w, t);
	} else if (streams_done(p)) {
		return false;
	} else if (streams_moving(p)) {
		(void)pthread_cond_wait(&p->changed, &p->lock);
	} else {
		round_ask(p); /* all that is left waits for a commit */
	}
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct pipeline *p = w->pipeline;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->stop && work_once(w))
		;
	p->running--;
	(void)pthread_cond_broadcast(&p->changed);
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* ---- the run ---- */

static void start_workers(struct pipeline *p, bool keep_rows)
{
	p->workers = xcalloc((size_t)p->jobs, sizeof(*p->workers));
	p->handed = xcalloc((size_t)p->jobs, sizeof(struct batch *));
	p->files = xcalloc(p->streams_n, sizeof(struct mark *));
	p->round_since = clock_us(CLOCK_MONOTONIC);
	for (int i = 0; i < p->jobs; i++) {
		struct worker *w = &p->workers[i];

		w->pipeline = p;
		hand_open(&w->hand, p->ledger, p->sources, p->sources_n, keep_rows);
		w->spare = batch_new(ledger_zone(p->ledger), keep_rows);
	}
	for (int i = 0; i < p->jobs; i++) {
		if (pthread_create(&p->workers[i].thread, NULL, work, &p->workers[i]) != 0)
			abort(); /* without threads nothing can be read, and nothing has been */
		p->running++;
	}
}

static void stop_workers(struct pipeline *p)
{
	for (int i = 0; i < p->jobs; i++)
		(void)pthread_join(p->workers[i].thread, NULL);
	for (int i = 0; i < p->jobs; i++) {
		hand_close(&p->workers[i].hand);
		batch_free(&p->workers[i].spare);
		batch_free(&p->handed[i]);
	}
	free(p->workers);
	free((void *)p->handed);
	free((void *)p->files);
}

/* Shows progress until the last thread is done. */
static void watch(struct pipeline *p)
{
	int64_t total = 0;

	for (size_t i = 0; i < p->streams_n; i++)
		total += p->streams[i].size;
	while (p->running > 0) {
		struct timespec until;

		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += PROGRESS_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == ETIMEDOUT &&
		    p->options.progress)
			p->options.progress(p->options.arg, &p->sums, p->consumed, total);
	}
}

static void link_streams(struct pipeline *p)
{
	struct stream **last;

	for (size_t i = 0; i < p->streams_n; i++)
		(void)source_number(p, p->streams[i].course.source);
	last = xcalloc(p->sources_n, sizeof(*last));
	for (size_t i = 0; i < p->streams_n; i++) {
		size_t number = source_number(p, p->streams[i].course.source);

		p->streams[i].before = last[number];
		last[number] = &p->streams[i];
		if (p->streams[i].phase == STREAM_ENDED) /* left out */
			stream_activate(p, &p->streams[i]);
	}
	free((void *)last);
}

bool pipeline_run(struct pipeline *p, bool keep_rows, struct pipeline_sums *ret, struct err *err)
{
	struct mark *marks;
	size_t n;
	bool good;

	if (!ledger_marks(p->ledger, &marks, &n, err))
		return false;
	p->known = known_new(marks, n);
	link_streams(p);
	if (!remember_load(p, err))
		return false;
	for (size_t i = 0; i < p->streams_n; i++)
		if (p->streams[i].phase == STREAM_ENDED) /* left out */
			known_reuse_empty(p->known, &p->streams[i].mark);
	(void)pthread_mutex_lock(&p->lock);
	start_workers(p, keep_rows);
	watch(p);
	(void)pthread_mutex_unlock(&p->lock);
	stop_workers(p);
	if (p->err.text[0])
		(void)err_set(err, "%s", p->err.text);
	good = p->err.text[0] == '\0' && remember_finish(p, keep_rows, err);
	*ret = p->sums;
	return good;
}
