#include "agent/meter/cumulative.h"

#include "agent/meter/call_text.h"
#include "agent/meter/plan.h"

/* source.c lets only counts and logged_cost grow. */
static int64_t *counter(struct call *c, const struct field *f)
{
	return f->kind == FIELD_MONEY ? &c->logged_cost : &c->count[f->index];
}

/* The counters of a call alone. */
static struct call counters(const struct source *s, const struct call *c)
{
	struct call from = *c, ret = call_empty;

	for (size_t i = 0; i < s->growing_n; i++) {
		const struct field *f = s->growing[i];

		if (!call_has(c, f))
			continue;
		*counter(&ret, f) = *counter(&from, f);
		ret.has_logged_cost |= f->kind == FIELD_MONEY;
	}
	return ret;
}

static int64_t before(struct call *last, const struct field *f)
{
	return call_has(last, f) ? *counter(last, f) : 0;
}

static bool has_begun_anew(const struct source *s, struct call *now, struct call *last)
{
	for (size_t i = 0; i < s->growing_n; i++)
		if (call_has(now, s->growing[i]) &&
		    *counter(now, s->growing[i]) < before(last, s->growing[i]))
			return true;
	return false;
}

static void forget_the_oldest(void *arg, uint64_t key, struct str text)
{
	(void)text;
	memory_forget(arg, key);
}

static void remember(struct memory *m, uint64_t key, int64_t time, const struct call *counters)
{
	struct buf text = {0};

	call_pack(&text, counters);
	memory_put(m, key, time, buf_view(&text));
	buf_free(&text);
	if (memory_count(m) > CUMULATIVE_MAX)
		memory_oldest(m, 8, forget_the_oldest, m);
}

bool cumulative_increase(struct memory *m, const struct source *s, uint64_t key, struct call *c,
                         int64_t time)
{
	struct call now = counters(s, c), last = call_empty;
	struct str text;
	bool known = memory_get(m, key, &text), any = false;

	if (known)
		call_unpack(text, &last);
	if (has_begun_anew(s, &now, &last))
		last = call_empty;
	for (size_t i = 0; i < s->growing_n; i++) {
		const struct field *f = s->growing[i];

		if (!call_has(&now, f))
			continue;
		*counter(c, f) -= before(&last, f);
		any |= *counter(c, f) != 0;
	}
	call_overlay(&last, &now);
	if (any || !known)
		remember(m, key, time, &last);
	return any || !known;
}
