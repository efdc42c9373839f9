/* Keys and words to what is asked. */
#include "agent/commands/top_view.h"

#include "agent/ledger/dim.h"

static const struct {
	const char *word, *name;
} spans[LIVE_SPANS] = {
	[LIVE_HOUR] = {"60m", "60 minutes"},
	[LIVE_DAY] = {"24h", "24 hours"},
	[LIVE_WEEK] = {"7d", "7 days"},
};

static const char *const sorts[] = {
	[SORT_COST] = "cost",
	[SORT_CALLS] = "calls",
	[SORT_TOKENS] = "tokens",
};
enum { SORTS_END = sizeof(sorts) / sizeof(sorts[0]) };

const char *top_span_name(enum live_span span)
{
	return spans[span].name;
}

bool top_span_find(struct str text, enum live_span *ret)
{
	for (size_t i = 0; i < LIVE_SPANS; i++) {
		if (str_eq(str_of(spans[i].word), text)) {
			*ret = (enum live_span)i;
			return true;
		}
	}
	return false;
}

const char *top_sort_name(enum query_sort sort)
{
	return sorts[sort];
}

bool top_sort_find(struct str text, enum query_sort *ret)
{
	for (size_t i = SORT_COST; i < SORTS_END; i++) {
		if (str_eq(str_of(sorts[i]), text)) {
			*ret = (enum query_sort)i;
			return true;
		}
	}
	return false;
}

bool top_has_dim(enum dim dim)
{
	return dim_column(dim) != DIM_COLUMN_NONE;
}

static void turn_dim(struct live_question *q, size_t step)
{
	do
		q->dim = (enum dim)((q->dim + step) % DIMS);
	while (!top_has_dim(q->dim));
}

static void turn_sort(struct live_question *q)
{
	q->sort = q->sort + 1 < SORTS_END ? (enum query_sort)(q->sort + 1) : SORT_COST;
}

static size_t rows_of(const struct top_view *v)
{
	return v->answer ? v->answer->result->n : 0;
}

void top_settle(struct top_view *v)
{
	size_t n = rows_of(v);
	size_t last = n > v->page ? n - v->page : 0;

	if (v->first > last)
		v->first = last;
}

static void ask(struct top_view *v, enum top_key key)
{
	struct live_question *q = &v->question;

	switch (key) {
	case TOP_NEXT_DIM:
		turn_dim(q, 1);
		break;
	case TOP_PREVIOUS_DIM:
		turn_dim(q, DIMS - 1);
		break;
	case TOP_BY_MODEL:
		q->dim = DIM_MODEL;
		break;
	case TOP_BY_FEATURE:
		q->dim = DIM_FEATURE;
		break;
	case TOP_BY_USER:
		q->dim = DIM_USER;
		break;
	case TOP_NEXT_SPAN:
		q->span = (enum live_span)((q->span + 1) % LIVE_SPANS);
		break;
	case TOP_HOUR:
		q->span = LIVE_HOUR;
		break;
	case TOP_DAY:
		q->span = LIVE_DAY;
		break;
	case TOP_WEEK:
		q->span = LIVE_WEEK;
		break;
	case TOP_NEXT_SORT:
		turn_sort(q);
		break;
	default:
		return;
	}
	v->first = 0;
}

void top_press(struct top_view *v, enum top_key key)
{
	size_t page = v->page ? v->page : 1;

	switch (key) {
	case TOP_UP:
		v->first -= v->first > 0;
		break;
	case TOP_DOWN:
		v->first++;
		break;
	case TOP_PAGE_UP:
		v->first -= v->first < page ? v->first : page;
		break;
	case TOP_PAGE_DOWN:
		v->first += page;
		break;
	case TOP_HOME:
		v->first = 0;
		break;
	case TOP_END:
		v->first = rows_of(v);
		break;
	default:
		ask(v, key);
	}
	top_settle(v);
}
