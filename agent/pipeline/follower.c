/*
 * Turns: every file that has something gets a share of each, so that none keeps the others waiting.
 * What was read goes into one batch, and a commit takes it with the marks of the files it is from.
 * When a commit fails the batch stays; when it is full nothing more is read: memory is bounded, and
 * the logs themselves are the queue.
 */
#include "agent/pipeline/follower.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "agent/pipeline/follower_inner.h"

void follower_say(const struct follower *f, enum follower_level level, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	f->options.say(f->options.arg, level, text);
}

const struct follow_config *follower_config(const struct follower *f)
{
	return &f->options.config->follow;
}

/* ---- making ---- */

static size_t open_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 256;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > (rlim_t)2 * OPEN_SPARE ? (size_t)limit.rlim_cur - OPEN_SPARE
	                                               : OPEN_SPARE;
}

static bool load_memories(struct follower *f, struct err *err)
{
	f->memories = xcalloc(f->options.sources_n, sizeof(struct memory *));
	for (size_t i = 0; i < f->options.sources_n; i++)
		if (!memory_of_source(f->ledger, f->options.sources[i], f->options.config,
		                      &f->memories[i], err))
			return false;
	return true;
}

struct follower *follower_new(struct ledger *ledger, const struct follower_options *options,
                              struct err *err)
{
	struct follower *f = xcalloc(1, sizeof(*f));
	struct mark *marks;
	size_t n;

	f->ledger = ledger;
	f->options = *options;
	f->open_max = open_limit();
	f->scan_failed = xcalloc(options->sources_n, sizeof(*f->scan_failed));
	hand_open(&f->hand, ledger, options->sources, options->sources_n,
	          options->config->keep_calls != KEEP_NONE);
	if (!ledger_marks(ledger, &marks, &n, err)) {
		follower_free(&f);
		return NULL;
	}
	n = follower_load_losses(f, marks, n);
	f->known = known_new(marks, n);
	if (!load_memories(f, err))
		follower_free(&f);
	return f;
}

void follower_free(struct follower **fp)
{
	struct follower *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->files_n; i++)
		tailed_free(&f->files[i]);
	for (size_t i = 0; f->memories && i < f->options.sources_n; i++)
		memory_free(&f->memories[i]);
	hand_close(&f->hand);
	known_free(&f->known);
	free((void *)f->files);
	free((void *)f->memories);
	for (size_t i = 0; i < f->losses_n; i++)
		free(f->losses[i].path);
	free(f->losses);
	free(f->needless);
	free(f->waiting);
	free(f->scan_failed);
	free(f);
}

/* ---- commits ---- */

static bool has_something(const struct follower *f)
{
	if (f->hand.batch->steps_n)
		return true;
	for (size_t i = 0; i < f->files_n; i++)
		if (f->files[i]->unsaved)
			return true;
	return false;
}

/* Calls whose parts have not come in time. */
static void give_up_waiting(struct follower *f)
{
	for (size_t i = 0; i < f->options.sources_n; i++)
		hand_give_up_waiting(&f->hand, f->memories, i);
}

/* Files that are finished and gone are forgotten, once nothing of the batch is theirs. */
static void drop_finished(struct follower *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *t = f->files[i];

		if (t->gone && (t->settled || t->course.reader == NULL)) {
			if (t->mark.id)
				known_put(f->known, &t->mark, false);
			follower_close(f, t);
			tailed_free(&t);
		} else {
			f->files[kept++] = t;
		}
	}
	f->files_n = kept;
}

static void note_committed(struct follower *f, const struct commit_sums *sums)
{
	for (int i = 0; i < OUTCOMES; i++)
		f->sums.records[i] += sums->records[i];
	f->sums.unpriced += sums->unpriced;
	f->sums.cost += sums->cost;
	for (size_t i = 0; i < f->files_n; i++) {
		f->files[i]->outdated |= f->files[i]->unsaved;
		f->files[i]->unsaved = false;
	}
	batch_clear(f->hand.batch);
	f->options.committed(f->options.arg, sums, NULL);
}

bool follower_commit(struct follower *f, struct err *err)
{
	struct mark **marks;
	struct commit_sums sums = {0};
	bool good;

	give_up_waiting(f);
	if (!has_something(f) && f->hand.batch->remembered_n == 0)
		return true;
	marks = xcalloc(f->files_n, sizeof(*marks));
	for (size_t i = 0; i < f->files_n; i++)
		marks[i] = f->files[i]->unsaved ? &f->files[i]->mark : NULL;
	good = ledger_commit(f->ledger,
	                     &(struct commit_input){&f->hand.batch, 1, marks, f->files_n}, &sums,
	                     err);
	free((void *)marks);
	if (good)
		note_committed(f, &sums);
	else
		f->options.committed(f->options.arg, NULL, err->text);
	return good;
}

void follower_failed(struct follower *f, const struct err *err)
{
	if (!f->commit_fails)
		follower_say(f, FOLLOWER_ERROR, "%s; what was read is kept and tried again",
		             err->text);
	f->commit_fails = true;
	f->commit_at = f->now + RETRY_MS * TIME_MS;
}

/* Files that waited for that have their turn again. */
static void go_on(struct follower *f)
{
	follower_say(f, FOLLOWER_INFO, "commits succeed again");
	f->commit_fails = false;
	for (size_t i = 0; i < f->files_n; i++)
		if (f->files[i]->retry > f->now)
			f->files[i]->retry = f->now;
}

bool follower_try_commit(struct follower *f)
{
	struct err err = {0};

	if (f->commit_fails && f->now < f->commit_at)
		return false;
	if (!follower_commit(f, &err)) {
		follower_failed(f, &err);
		return false;
	}
	if (f->commit_fails)
		go_on(f);
	return true;
}

static void forget_needless(struct follower *f)
{
	struct err err = {0};

	while (f->needless_n && ledger_forget_file(f->ledger, f->needless[f->needless_n - 1], &err))
		f->needless_n--;
}

static void commit_when_due(struct follower *f)
{
	if (f->now < f->commit_at && batch_bytes(f->hand.batch) < FOLLOW_BATCH_BYTES)
		return;
	if (!follower_try_commit(f))
		return;
	f->commit_at = f->now + follower_config(f)->commit;
	drop_finished(f);
	forget_needless(f);
	follower_give_up_losses(f);
}

/* ---- turns ---- */

/* A new file that has grown so that it can be told from others waits no longer. */
static void hasten(struct tailed *t, int64_t now)
{
	struct mark grown = {0};

	if (t->known || t->course.reader == NULL || t->mark.size >= MARK_BYTES || t->retry <= now)
		return;
	reader_refresh(t->course.reader, &grown);
	if (grown.size >= MARK_BYTES)
		t->retry = now;
}

void follower_changed(struct follower *f, const char *path, int64_t now)
{
	bool found = false;

	for (size_t i = 0; path && i < f->files_n; i++) {
		if (strcmp(f->files[i]->mark.path, path) != 0)
			continue;
		f->files[i]->dirty = true;
		hasten(f->files[i], now);
		found |= tailed_stands(f->files[i]);
	}
	if (!found && f->scan_at > now + NEW_FILES_MS * TIME_MS)
		f->scan_at = now + NEW_FILES_MS * TIME_MS;
	if (path == NULL)
		follower_poll(f, true);
}

void follower_poll(struct follower *f, bool all)
{
	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *t = f->files[i];

		if ((all || t->gone) && !t->refused && !t->dirty && tailed_has_changed(t))
			t->dirty = true;
	}
}

/* When a quiet file that was rotated away is finished. INT64_MAX: never, or it is already. */
static int64_t finish_at(const struct follower *f, const struct tailed *t)
{
	return (t->gone || t->rotated) && t->course.reader && t->known && !t->dirty
	               ? t->active + follower_config(f)->finish_after
	               : INT64_MAX;
}

static bool is_due(const struct follower *f, const struct tailed *t)
{
	if (t->refused ||
	    (t->gone && t->course.reader == NULL)) /* there is nothing to be opened any more */
		return false;
	return f->now >= t->retry && (t->dirty || f->now >= finish_at(f, t) ||
	                              (t->retry && (t->course.reader == NULL || !t->known)));
}

/* True: there is more to read of it at once. */
static bool give_turn(struct follower *f, struct tailed *t)
{
	t->retry = 0;
	t->dirty = true;
	follower_read(f, t);
	if (t->dirty)
		return t->retry == 0;
	if (t->retry == 0)
		t->waits_since = 0;
	return false;
}

/* Nothing is read now: at least it is known how much there is, should it be destroyed. */
static void look_at_others(struct follower *f)
{
	for (size_t i = 0; i < f->files_n; i++)
		if (is_due(f, f->files[i]))
			tailed_look(f->files[i]);
}

/* Gives their turns to those that are due, from the one on that was due when the last ones were
 * broken off. True: there is more to do at once. */
static bool give_turns(struct follower *f)
{
	int64_t end = clock_now() + TURNS_MS * TIME_MS;
	size_t first = f->next < f->files_n ? f->next : 0;
	bool more = false;

	follower_gather_waiting(f);
	for (size_t n = 0; n < f->files_n; n++) {
		size_t i = (first + n) % f->files_n;

		if (!is_due(f, f->files[i]))
			continue;
		tailed_waits(f->files[i], f->now);
		if (batch_bytes(f->hand.batch) >= FOLLOW_BATCH_BYTES) {
			look_at_others(f);
			f->next = i;
			return true;
		}
		if (clock_now() >= end) {
			f->next = i;
			return true;
		}
		more |= give_turn(f, f->files[i]);
	}
	f->next = 0;
	return more;
}

bool follower_turn(struct follower *f, int64_t now)
{
	bool more;

	f->now = now;
	if (now >= f->scan_at)
		follower_scan(f);
	more = give_turns(f);
	commit_when_due(f);
	return more && !f->commit_fails;
}

bool follower_has_strays(const struct follower *f)
{
	for (size_t i = 0; i < f->files_n; i++)
		if (f->files[i]->gone && f->files[i]->course.reader)
			return true;
	return false;
}

int64_t follower_deadline(const struct follower *f, int64_t now)
{
	int64_t at = f->scan_at;

	if ((has_something(f) || f->losses_n) && f->commit_at < at)
		at = f->commit_at;
	for (size_t i = 0; i < f->files_n; i++) {
		int64_t finish = finish_at(f, f->files[i]);

		if (finish < at)
			at = finish;
		if (f->files[i]->retry && f->files[i]->retry < at)
			at = f->files[i]->retry;
	}
	return at > now ? at : now;
}

void follower_sums(const struct follower *f, struct follower_sums *ret)
{
	*ret = (struct follower_sums){.files = f->files_n, .commit = f->sums};
	for (size_t i = 0; i < f->files_n; i++)
		ret->lag += tailed_lag(f->files[i]);
}

const struct tailed *follower_file(const struct follower *f, size_t i)
{
	return i < f->files_n ? f->files[i] : NULL;
}
