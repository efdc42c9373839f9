/*
 * A message goes through three gates: is its level wanted, has it been said within the last minute
 * (then it is only counted), has its level had its share of lines. What is left is written, if the
 * descriptor takes it at once.
 */
#include "agent/base/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/base/log_line.h"
#include "agent/base/log_out.h"
#include "agent/base/mem.h"

#define MINUTE (LOG_MINUTE_SECONDS * TIME_SEC)
#define DOTS   STR("...")

/* Bytes of a source or path that are looked at: no longer one is real. */
enum { GIVEN_MAX = 4096 };

/* A message whose repeats are counted: since when, and how often since then. */
struct said {
	struct log_message message;
	char *bytes; /* what the message views; NULL: the place is free */
	int64_t since;
	uint64_t times;
};

struct quota {
	int64_t since;
	uint64_t lines, left_out;
};

struct log {
	pthread_mutex_t mutex; /* of all below */
	atomic_int level;
	enum log_format format;
	struct log_out out;
	bool journal;
	int64_t (*now)(void *arg);
	void *arg;
	struct said said[LOG_FOLD_MAX];
	struct quota quotas[LEVELS];
	struct buf line;
	uint64_t lost, lost_unsaid;
	int64_t retry; /* TIME_MAX: nothing waits for room */
};

static int64_t system_now(void *unused)
{
	struct timespec t;

	(void)unused;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

/* A clock that was set back must not make a minute last for hours. */
static bool minute_is_over(int64_t since, int64_t now)
{
	return now < since || now - since >= MINUTE;
}

/* ---- writing ---- */

static bool say(struct log *l, const struct log_message *m, uint64_t times, int64_t now)
{
	buf_clear(&l->line);
	log_line(&l->line, m, l->format, l->journal, times, now);
	return log_out_write(&l->out, buf_view(&l->line));
}

static bool say_count(struct log *l, enum log_level level, const char *what, uint64_t n,
                      int64_t now)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "%s: %" PRIu64 " message%s", what, n,
	                      n == 1 ? "" : "s");

	return say(l, &(struct log_message){.level = level, .text = {text, (size_t)length}}, 0,
	           now);
}

static bool say_lost(struct log *l, int64_t now)
{
	if (l->lost_unsaid &&
	    !say_count(l, LEVEL_WARNING, "lost because stderr had no room", l->lost_unsaid, now))
		return false;
	l->lost_unsaid = 0;
	return true;
}

/* Says first what was lost before. */
static void say_or_lose(struct log *l, const struct log_message *m, uint64_t times, int64_t now)
{
	bool said = say_lost(l, now) && say(l, m, times, now);

	if (!said) {
		l->lost++;
		l->lost_unsaid++;
	}
	l->retry = said && l->out.rest_n == 0 ? TIME_MAX : now + LOG_RETRY_SECONDS * TIME_SEC;
}

/* ---- the share of a level ---- */

static void renew(struct log *l, enum log_level level, int64_t now)
{
	struct quota *q = &l->quotas[level];
	uint64_t left_out = q->left_out;

	if (!minute_is_over(q->since, now))
		return;
	*q = (struct quota){.since = now};
	if (left_out && !say_count(l, level, "left out in the last minute", left_out, now))
		q->left_out = left_out;
}

static bool has_share(struct log *l, enum log_level level, int64_t now)
{
	struct quota *q = &l->quotas[level];

	renew(l, level, now);
	if (level == LEVEL_DEBUG || q->lines < LOG_PER_MINUTE) {
		q->lines++;
		return true;
	}
	q->left_out++;
	return false;
}

/* ---- repeats ---- */

static bool same(const struct log_message *a, const struct log_message *b)
{
	return a->level == b->level && str_eq(a->text, b->text) && str_eq(a->path, b->path) &&
	       str_eq(a->source, b->source);
}

static void forget(struct said *s)
{
	free(s->bytes);
	*s = (struct said){0};
}

static struct str keep(char **at, struct str s)
{
	struct str kept = {*at, s.n};

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

static void remember(struct said *s, const struct log_message *m, int64_t now)
{
	char *at = xmalloc(m->source.n + m->path.n + m->text.n);

	*s = (struct said){.bytes = at, .since = now, .message = {.level = m->level}};
	s->message.source = keep(&at, m->source);
	s->message.path = keep(&at, m->path);
	s->message.text = keep(&at, m->text);
}

/* The minute of a message ends: one that came again is said with its count and kept, for the next
 * minute. */
static void end_minute(struct log *l, struct said *s, int64_t now)
{
	uint64_t times = s->times;

	if (times == 0) {
		forget(s);
		return;
	}
	s->since = now;
	s->times = 0;
	say_or_lose(l, &s->message, times, now);
}

/* A place for one more: a free one, else that of the oldest. */
static struct said *place(struct log *l, int64_t now)
{
	struct said *oldest = &l->said[0];

	for (size_t i = 0; i < LOG_FOLD_MAX; i++) {
		if (l->said[i].bytes == NULL)
			return &l->said[i];
		if (l->said[i].since < oldest->since)
			oldest = &l->said[i];
	}
	end_minute(l, oldest, now);
	if (oldest->bytes)
		forget(oldest);
	return oldest;
}

/* Whether it was said within the last minute; counted then. */
static bool folded(struct log *l, const struct log_message *m)
{
	for (size_t i = 0; i < LOG_FOLD_MAX; i++) {
		if (l->said[i].bytes == NULL || !same(&l->said[i].message, m))
			continue;
		l->said[i].times++;
		return true;
	}
	return false;
}

static void end_minutes(struct log *l, int64_t now)
{
	for (size_t i = 0; i < LOG_FOLD_MAX; i++)
		if (l->said[i].bytes && minute_is_over(l->said[i].since, now))
			end_minute(l, &l->said[i], now);
	for (enum log_level level = LEVEL_ERROR; level < LEVELS; level++)
		renew(l, level, now);
}

/* ---- the outside ---- */

struct log *log_new(const struct log_options *options)
{
	struct log *l = xcalloc(1, sizeof(*l));

	(void)pthread_mutex_init(&l->mutex, NULL);
	l->level = (int)options->level;
	l->format = options->format;
	l->now = options->now ? options->now : system_now;
	l->arg = options->arg;
	l->retry = TIME_MAX;
	log_out_init(&l->out, options->fd);
	l->journal = log_out_is_journal(options->fd);
	return l;
}

void log_free(struct log **lp)
{
	struct log *l = *lp;
	int64_t now;

	*lp = NULL;
	if (l == NULL)
		return;
	now = l->now(l->arg);
	for (size_t i = 0; i < LOG_FOLD_MAX; i++) {
		if (l->said[i].bytes && l->said[i].times)
			end_minute(l, &l->said[i], now);
		forget(&l->said[i]);
	}
	buf_free(&l->line);
	(void)pthread_mutex_destroy(&l->mutex);
	free(l);
}

void log_set(struct log *l, enum log_level level, enum log_format format)
{
	(void)pthread_mutex_lock(&l->mutex);
	l->level = (int)level;
	l->format = format;
	(void)pthread_mutex_unlock(&l->mutex);
}

bool log_wants(const struct log *l, enum log_level level)
{
	return (int)level <= l->level;
}

/* Without the path in front, and its colon. */
static struct str without(struct str text, struct str path)
{
	struct str rest = str_from(text, path.n);

	return path.n && str_starts(text, path) && str_starts(rest, STR(": ")) ? str_from(rest, 2)
	                                                                       : text;
}

static struct str given(const char *text)
{
	struct str s = str_of(text);

	return s.n > GIVEN_MAX ? log_shortened(s, GIVEN_MAX) : s;
}

static void take(struct log *l, const struct log_message *m)
{
	int64_t now = l->now(l->arg);

	end_minutes(l, now);
	if (folded(l, m) || !has_share(l, m->level, now))
		return;
	remember(place(l, now), m, now);
	say_or_lose(l, m, 0, now);
}

void log_say(struct log *l, enum log_level level, const char *source, const char *path,
             const char *format, ...)
{
	char text[LOG_TEXT_MAX];
	struct log_message m = {level, given(source), given(path), {text, 0}};
	va_list args;
	int n;

	if (!log_wants(l, level))
		return;
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	m.text.n = n > 0 ? (size_t)n : 0;
	if (m.text.n >= sizeof(text)) {
		m.text = log_shortened((struct str){text, 0}, sizeof(text) - DOTS.n - 1);
		memcpy(text + m.text.n, DOTS.p, DOTS.n);
		m.text.n += DOTS.n;
	}
	m.text = without(m.text, m.path);
	(void)pthread_mutex_lock(&l->mutex);
	take(l, &m);
	(void)pthread_mutex_unlock(&l->mutex);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t log_deadline(struct log *l)
{
	int64_t deadline;

	(void)pthread_mutex_lock(&l->mutex);
	deadline = l->retry;
	for (size_t i = 0; i < LOG_FOLD_MAX; i++)
		if (l->said[i].times)
			deadline = sooner(deadline, l->said[i].since + MINUTE);
	for (size_t i = 0; i < LEVELS; i++)
		if (l->quotas[i].left_out)
			deadline = sooner(deadline, l->quotas[i].since + MINUTE);
	(void)pthread_mutex_unlock(&l->mutex);
	return deadline;
}

/* Ends a line that was begun, and says how many were lost. */
static void catch_up(struct log *l, int64_t now)
{
	if (log_out_write(&l->out, STR("")) && say_lost(l, now) && l->out.rest_n == 0)
		l->retry = TIME_MAX;
	else
		l->retry = now + LOG_RETRY_SECONDS * TIME_SEC;
}

void log_tick(struct log *l)
{
	int64_t now;

	(void)pthread_mutex_lock(&l->mutex);
	now = l->now(l->arg);
	if (now >= l->retry)
		catch_up(l, now);
	end_minutes(l, now);
	(void)pthread_mutex_unlock(&l->mutex);
}

uint64_t log_lost(struct log *l)
{
	uint64_t lost;

	(void)pthread_mutex_lock(&l->mutex);
	lost = l->lost;
	(void)pthread_mutex_unlock(&l->mutex);
	return lost;
}
