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
		reader_close(&p->streams[i].reader);
		free(p->streams[i].head);
		carried_free(&p->streams[i].carried);
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
	*t = (struct stream){.source = s};
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

/* ---- what a thread does with a piece ---- */

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct worker *w = arg;

	batch_verdict(w->batch, v, c, w->offset);
}

static struct extractor *extractor_of(struct worker *w, const struct source *s)
{
	size_t number = source_number(w->pipeline, s); /* all are known: nothing is added */

	if (w->extractors[number] == NULL)
		w->extractors[number] = extractor_new(s, ledger_key(w->pipeline->ledger));
	return w->extractors[number];
}

static void count_long_lines(struct worker *w)
{
	static const struct verdict too_long = {.outcome = OUTCOME_REJECTED,
	                                        .reason = "line too long"};

	for (uint64_t i = 0; i < w->piece.long_lines; i++)
		batch_verdict(w->batch, &too_long, NULL, w->piece.offset);
}

static void count_records(struct worker *w, struct surroundings *around)
{
	const struct stream *t = w->stream;
	const struct piece *piece = &w->piece;
	const char *passed_reason = source_literal_reason(t->source);
	struct extractor *x = extractor_of(w, t->source);
	struct record record;
	uint64_t passed;

	records_start(w->records, t->source, &w->wrapping, (struct str){piece->p, piece->n},
	              piece->last);
	while (records_next(w->records, &record, &passed)) {
		batch_passed(w->batch, passed, passed_reason);
		w->offset = piece->offset + (int64_t)record.at;
		around->time = record.time;
		extract_record(x, record.text, around, on_verdict, w);
	}
	batch_passed(w->batch, passed, passed_reason);
}

static void count_piece(struct worker *w)
{
	const struct stream *t = w->stream;
	const struct piece *piece = &w->piece;
	struct step step = {.begin = w->begin,
	                    .end = piece->end,
	                    .head_n = piece->head_n,
	                    .head = piece->head,
	                    .frontier_n = piece->frontier_n,
	                    .frontier = piece->frontier};
	size_t source = source_number(w->pipeline, t->source);
	struct surroundings around = {.now = clock_us(CLOCK_REALTIME),
	                              .carried = t->carried,
	                              .memory = w->pipeline->memories[source]};
	struct buf carried = {0};

	around.near = t->near ? t->near : around.now;
	batch_step_begin(w->batch, (uint32_t)(t - w->pipeline->streams),
	                 str_of(source_name(t->source)), source_configuration(t->source));
	count_records(w, &around);
	count_long_lines(w);
	if (around.memory)
		remember_changes(around.memory, w->batch);
	if (t->carried)
		carried_pack(t->carried, &carried);
	step.carried = buf_view(&carried);
	batch_step_end(w->batch, &step);
	buf_free(&carried);
}

/* ---- a thread ---- */

bool in_order(const struct source *s)
{
	return source_configuration(s)->carry_n || source_remembers(s);
}

/* Where the reader may cut a piece. */
static size_t whole(void *arg, struct str head, struct str bytes)
{
	struct worker *w = arg;
	struct stream *t = w->stream;

	if (!t->wrapping_known)
		t->wrapping = records_wrapping(t->source, head);
	return records_whole(w->records, t->source, &t->wrapping, bytes);
}

/* And what of a record that is too long it may drop. */
static size_t pass(void *arg, struct str bytes, bool first, bool *on)
{
	struct worker *w = arg;
	struct stream *t = w->stream;
	size_t n;

	if (first)
		t->passing = (struct passing){0};
	n = records_pass(w->records, t->source, &t->wrapping, bytes, &t->passing);
	*on = t->passing.on;
	return n;
}

/* Reads the next piece, with the turn of its stream and without the lock. */
static enum read_result read_piece(struct worker *w)
{
	struct stream *t = w->stream;
	const struct reader_cut cut = {whole, w, pass};
	enum read_result result = reader_next(t->reader, &cut, &w->piece);

	if (result == READ_PIECE) /* the first record is there, whole, by which it was found out */
		t->wrapping_known = true;
	w->wrapping = t->wrapping;
	return result;
}

static void take_turn(struct worker *w, struct stream *t)
{
	struct pipeline *p = w->pipeline;
	bool ordered = in_order(t->source);
	enum read_result result;
	int64_t consumed;

	t->turn = true;
	w->stream = t;
	w->begin = t->end_offset;
	(void)pthread_mutex_unlock(&p->lock);
	result = read_piece(w);
	consumed = reader_consumed(t->reader);
	(void)pthread_mutex_lock(&p->lock);
	t->turn = ordered && result == READ_PIECE;
	p->consumed += consumed - t->consumed;
	t->consumed = consumed;
	(void)pthread_cond_broadcast(&p->changed);
	if (result != READ_PIECE) {
		stream_finish(p, t, result, reader_error(t->reader));
		return;
	}
	t->end_offset = w->piece.end;
	p->sums.bytes += w->piece.end - w->begin;
	(void)pthread_mutex_unlock(&p->lock);
	count_piece(w);
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
			stream_start(p, t);
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
		w->batch = batch_new(ledger_zone(p->ledger), keep_rows);
		w->spare = batch_new(ledger_zone(p->ledger), keep_rows);
		w->records = records_new();
		w->extractors = xcalloc(p->sources_n, sizeof(struct extractor *));
	}
	for (int i = 0; i < p->jobs; i++) {
		if (pthread_create(&p->workers[i].thread, NULL, work, &p->workers[i]) != 0)
			abort(); /* without threads nothing can be read, and nothing has been */
		p->running++;
	}
}

static void free_worker(struct pipeline *p, struct worker *w)
{
	for (size_t i = 0; i < p->sources_n; i++)
		extractor_free(&w->extractors[i]);
	free((void *)w->extractors);
	batch_free(&w->batch);
	batch_free(&w->spare);
	records_free(&w->records);
	piece_free(&w->piece);
}

static void stop_workers(struct pipeline *p)
{
	for (int i = 0; i < p->jobs; i++)
		(void)pthread_join(p->workers[i].thread, NULL);
	for (int i = 0; i < p->jobs; i++) {
		free_worker(p, &p->workers[i]);
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
		(void)source_number(p, p->streams[i].source);
	last = xcalloc(p->sources_n, sizeof(*last));
	for (size_t i = 0; i < p->streams_n; i++) {
		size_t number = source_number(p, p->streams[i].source);

		p->streams[i].before = last[number];
		last[number] = &p->streams[i];
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
