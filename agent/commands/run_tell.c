/* What `run` says of itself to who asks at its socket. */
#include <stdio.h>
#include <unistd.h>

#include "agent/commands/run.h"
#include "agent/control/told.h"
#include "agent/follow/watch.h"
#include "agent/pipeline/tailed.h"

void run_committed(void *arg, const struct commit_sums *sums, const char *failure)
{
	struct agent *a = arg;
	struct pulse *p = &a->pulse;
	int64_t now = run_monotonic(), records = 0;

	if (failure) {
		if (p->failing_since == 0)
			p->failing_since = now;
		(void)snprintf(p->failure, sizeof(p->failure), "%s", failure);
		return;
	}
	for (int i = 0; i < OUTCOMES; i++)
		records += sums->records[i];
	rate_add(&p->records, records, now);
	rate_add(&p->calls, sums->records[OUTCOME_CALL], now);
	p->committed_at = now;
	p->failing_since = 0;
}

/* A call that turns out to be another's duplicate is taken back: a minute may have less than none.
 */
static int64_t not_below_zero(int64_t n)
{
	return n > 0 ? n : 0;
}

static void tell_failures(const struct agent *a, int64_t now, struct told_agent *told)
{
	const struct pulse *p = &a->pulse;
	const struct rotating *r = &a->rotating;

	if (p->failing_since) {
		told->failing = now - p->failing_since + 1;
		told->failure = str_of(p->failure);
	}
	if (r->failing_since) {
		told->archive_failing = now - r->failing_since + 1;
		told->archive_failure = str_of(r->failure);
		told->archive_retry = not_below_zero(r->look_at - now);
	}
}

static void tell_itself(const struct agent *a, int64_t now, struct buf *out)
{
	const struct pulse *p = &a->pulse;
	struct told_agent told = {
		.version = STR(TOKENTAIL_VERSION),
		.pid = getpid(),
		.since = a->since,
		.records_rate = not_below_zero(rate_milli(&p->records, now)),
		.calls_rate = not_below_zero(rate_milli(&p->calls, now)),
		.committed = p->committed_at ? now - p->committed_at : -1,
		.watch = watch_fd(a->watch) >= 0 ? STR("inotify") : STR("poll"),
		.watch_reason = str_of(watch_reason(a->watch)),
		.dropped = door_dropped(a->door),
	};
	struct buf blind = {0};

	tell_failures(a, now, &told);
	if (told.watch_reason.n == 0 && watch_counts(a->watch).blind) {
		buf_printf(&blind, "%zu folders are polled", watch_counts(a->watch).blind);
		told.watch_reason = buf_view(&blind);
	}
	tell_agent(out, &told);
	buf_free(&blind);
}

static void tell_one(const struct tailed *t, int64_t now, struct buf *out)
{
	const struct mark *m = &t->mark;
	int64_t size = m->gzip ? m->content_size : m->size;

	tell_file(out, &(struct told_file){
			       .id = m->id,
			       .path = str_of(m->path),
			       .source = str_of(m->source),
			       .state = m->state,
			       .reason = str_of(m->reason),
			       .offset = m->offset,
			       .size = m->size,
			       .lag = not_below_zero(size - m->offset),
			       .lost = m->lost,
			       .written = m->mtime_ns / 1000,
			       .rate = rate_milli(&t->rate, now),
			       .waits = t->waits_since ? now - t->waits_since : 0,
			       .blocked = m->state == FILE_LEFT_OUT && t->denied,
		       });
}

void run_tell(void *arg, struct buf *out)
{
	const struct agent *a = arg;
	const struct tailed *t;
	int64_t now = run_monotonic();

	tell_itself(a, now, out);
	for (size_t i = 0; (t = follower_file(a->follower, i)) != NULL; i++)
		tell_one(t, now, out);
	tell_end(out);
}
