/*
 * The agent's archive: once a day, when nothing is left to read, a thread moves the days that have
 * become old, on a connection of its own. The loop goes on meanwhile; only the last step of each
 * day, a transaction, keeps it from committing for a moment. One that fails is tried again, with
 * growing pauses, until it succeeds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands/run.h"
#include "agent/ledger/fold.h"
#include "agent/ledger/sizes.h"
#include "agent/pipeline/course.h"

enum {
	QUIET_WAIT_S = 3600, /* so long after midnight it is waited for a quiet moment */
	LOOK_S = 60,         /* between two looks whether there is one */
	RUNNING_LOOK_MS = 200,
	PAUSE_S = 60, /* after one that has failed; twice as long each time */
	PAUSE_MOST_S = 3600,
	PATIENCE_MS = 3000, /* with the thread's transactions; a day of a million calls takes one or
	                       two seconds */
};

/* What the thread is given, and what it leaves. */
struct run_archive {
	pthread_t thread;
	struct ledger *ledger; /* its own */
	char *folder;
	char prices[BOOK_DIGEST];
	int64_t before, expired; /* days before these go: to the archive, from it */
	int64_t folded;          /* hours before become days */
	int64_t today;           /* UTC, days since 1970 */
	atomic_bool stop, ended;
	int64_t days, calls, removed, folded_days;
	struct err err;
};

static void *work(void *arg)
{
	struct run_archive *w = arg;
	const struct rotation r = {.folder = w->folder,
	                           .prices = str_of(w->prices),
	                           .before = w->before,
	                           .stop = &w->stop};
	const struct folding fold = {.before = w->folded, .stop = &w->stop};
	struct rotation_day day = {0};
	bool found = true, changed, more = true;
	bool good = rotation_tidy(w->ledger, w->folder, &w->err);

	for (int64_t from = 0; good && found; from = day.day + 1) {
		good = rotation_next(w->ledger, &r, from, &day, &found, &w->err);
		if (!good || !found)
			break;
		good = rotation_move(w->ledger, &r, &day, &changed, &w->err);
		w->days += good && !changed;
		w->calls += good && !changed ? day.calls : 0;
	}
	good = good && rotation_expire(w->ledger, w->folder, w->expired, &w->removed, &w->err);
	good = good && ledger_fold_hours(w->ledger, &fold, &w->folded_days, &w->err);
	good = good && ledger_note_sizes(w->ledger, clock_now(), &w->err);
	while (good && more && !atomic_load(&w->stop))
		good = rotation_shrink(w->ledger, &more, &w->err);
	atomic_store(&w->ended, true);
	return NULL;
}

static void say_result(struct agent *a, const struct run_archive *w)
{
	if (w->days || w->removed)
		log_say(a->log, LEVEL_INFO, NULL, NULL,
		        "%lld days of %lld calls moved to the archive, %lld days removed from it",
		        (long long)w->days, (long long)w->calls, (long long)w->removed);
	if (w->folded_days)
		log_say(a->log, LEVEL_INFO, NULL, NULL,
		        "totals of %lld days are by day from now on", (long long)w->folded_days);
}

/* ---- how it went ---- */

/* The same failure is said once, however often it is met. */
static void failed(struct agent *a, int64_t now, const char *why)
{
	struct rotating *r = &a->rotating;

	r->pause = r->pause ? r->pause * 2 : PAUSE_S * TIME_SEC;
	if (r->pause > PAUSE_MOST_S * TIME_SEC)
		r->pause = PAUSE_MOST_S * TIME_SEC;
	r->look_at = now + r->pause;
	if (strcmp(r->failure, why) != 0)
		log_say(a->log, LEVEL_ERROR, NULL, NULL,
		        "archive: %s; nothing is lost, and it is tried again", why);
	(void)snprintf(r->failure, sizeof(r->failure), "%s", why);
	if (r->failing_since == 0)
		r->failing_since = now;
}

static void succeeded(struct agent *a, int64_t day)
{
	struct rotating *r = &a->rotating;

	if (r->failing_since)
		log_say(a->log, LEVEL_INFO, NULL, NULL, "archive: the rotation succeeds again");
	r->done_day = day;
	r->failing_since = r->pause = 0;
	r->failure[0] = '\0';
}

/* What the thread leaves; it has ended, or never began. */
static void give_back(struct agent *a)
{
	struct run_archive *w = a->rotating.under_way;

	ledger_patience(a->ledger, RUN_PATIENCE_MS);
	ledger_close(&w->ledger);
	free(w->folder);
	free(w);
	a->rotating.under_way = NULL;
}

static void finish(struct agent *a, int64_t now)
{
	struct run_archive *w = a->rotating.under_way;

	(void)pthread_join(w->thread, NULL);
	say_result(a, w);
	if (w->err.text[0])
		failed(a, now, w->err.text);
	else
		succeeded(a, w->today);
	give_back(a);
}

void run_archive_stop(struct agent *a)
{
	struct run_archive *w = a->rotating.under_way;

	if (w == NULL)
		return;
	atomic_store(&w->stop, true);
	(void)pthread_join(w->thread, NULL);
	say_result(a, w);
	give_back(a);
}

void run_archive_retry(struct agent *a)
{
	if (a->rotating.failing_since)
		a->rotating.look_at = 0;
}

/* ---- starting ---- */

static int64_t days_before(int64_t now, int64_t keep)
{
	return keep == KEEP_FOREVER || keep == KEEP_NONE || keep > now
	               ? 0
	               : (now - keep) / TIME_DAY * TIME_DAY;
}

static bool start(struct agent *a, struct err *err)
{
	struct run_archive *w = xcalloc(1, sizeof(*w));

	w->ledger = ledger_open_beside(a->ledger, err);
	if (w->ledger == NULL) {
		free(w);
		return false;
	}
	ledger_patience_until(w->ledger, &w->stop);
	w->folder = archive_folder(a->config->database);
	book_digest(a->book, w->prices);
	w->before = days_before(clock_now(), a->config->keep_calls);
	w->expired = days_before(clock_now(), a->config->keep_archive);
	w->folded = days_before(clock_now(), a->config->keep_hourly);
	w->today = clock_now() / TIME_DAY;
	a->rotating.under_way = w;
	ledger_patience(a->ledger, PATIENCE_MS);
	if (pthread_create(&w->thread, NULL, work, w) == 0)
		return true;
	give_back(a);
	return err_set(err, "no thread can be started for the archive");
}

/* Whether it is time: it was not done on this day, and there is nothing to read or it was waited
 * long enough. */
static bool is_due(struct agent *a)
{
	int64_t now = clock_now(), today = now / TIME_DAY;
	struct follower_sums sums;

	if (today == a->rotating.done_day)
		return false;
	follower_sums(a->follower, &sums);
	return sums.lag == 0 || now % TIME_DAY > QUIET_WAIT_S * TIME_SEC;
}

int64_t run_archive_turn(struct agent *a, int64_t now)
{
	struct rotating *r = &a->rotating;
	struct err err = {0};

	if (r->under_way) {
		if (!atomic_load(&r->under_way->ended))
			return now + RUNNING_LOOK_MS * TIME_MS;
		finish(a, now);
	}
	if (now < r->look_at)
		return r->look_at;
	r->look_at = now + LOOK_S * TIME_SEC;
	if (!is_due(a))
		return r->look_at;
	if (start(a, &err))
		return now + RUNNING_LOOK_MS * TIME_MS;
	failed(a, now, err.text);
	return r->look_at;
}
