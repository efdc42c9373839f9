/*
 * The agent's archive: once a day, when nothing is left to read, a thread moves the days that have
 * become old, on a connection of its own. The loop goes on meanwhile; only the last step of each
 * day, a transaction, keeps it from committing for a moment.
 */
#include <pthread.h>
#include <stdlib.h>

#include "agent/commands/run.h"
#include "agent/ledger/fold.h"
#include "agent/ledger/sizes.h"
#include "agent/pipeline/course.h"

enum {
	QUIET_WAIT_S = 3600, /* so long after midnight it is waited for a quiet moment */
	LOOK_S = 60,         /* between two looks whether there is one */
	RUNNING_LOOK_MS = 200,
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
	if (w->err.text[0] && !atomic_load(&w->stop))
		log_say(a->log, LEVEL_ERROR, NULL, NULL, "archive: %s", w->err.text);
}

static void finish(struct agent *a)
{
	struct run_archive *w = a->archiving;

	(void)pthread_join(w->thread, NULL);
	say_result(a, w);
	ledger_patience(a->ledger, RUN_PATIENCE_MS);
	ledger_close(&w->ledger);
	free(w->folder);
	free(w);
	a->archiving = NULL;
}

void run_archive_stop(struct agent *a)
{
	if (a->archiving == NULL)
		return;
	atomic_store(&a->archiving->stop, true);
	finish(a);
}

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
	a->archiving = w;
	ledger_patience(a->ledger, PATIENCE_MS);
	if (pthread_create(&w->thread, NULL, work, w) == 0)
		return true;
	ledger_close(&w->ledger);
	free(w->folder);
	free(w);
	a->archiving = NULL;
	return err_set(err, "no thread can be started for the archive");
}

/* Whether it is time: a new day has begun, and there is nothing to read or it was waited long
 * enough. */
static bool is_due(struct agent *a)
{
	int64_t now = clock_now(), today = now / TIME_DAY;
	struct follower_sums sums;

	if (today == a->archived_day)
		return false;
	follower_sums(a->follower, &sums);
	return sums.lag == 0 || now % TIME_DAY > QUIET_WAIT_S * TIME_SEC;
}

int64_t run_archive_turn(struct agent *a, int64_t now)
{
	struct err err = {0};

	if (a->archiving) {
		if (!atomic_load(&a->archiving->ended))
			return now + RUNNING_LOOK_MS * TIME_MS;
		finish(a);
	}
	if (now < a->archive_at)
		return a->archive_at;
	a->archive_at = now + LOOK_S * TIME_SEC;
	if (!is_due(a))
		return a->archive_at;
	a->archived_day = clock_now() / TIME_DAY;
	if (!start(a, &err))
		log_say(a->log, LEVEL_ERROR, NULL, NULL, "archive: %s", err.text);
	return now + RUNNING_LOOK_MS * TIME_MS;
}
