/*
 * A resource is a combination of labels that no table has, and its cost is computed hour by hour,
 * as totals are: so it is grouped, left out and summed like them. Where no time is asked for and
 * no rate of a currency, all its hours are one piece.
 */
#include "agent/ledger/query_fixed.h"

#include "agent/ledger/dim.h"

#define TIME_HOUR (3600 * TIME_SEC)

/* When it ends, or what has passed of it. */
static int64_t end_of(const struct query *q, const struct resource *r)
{
	return r->until < q->now ? r->until : q->now;
}

bool fixed_range(const struct query *q, const struct zone *zone, int64_t *first, int64_t *last)
{
	bool any = false;

	for (size_t i = 0; q->resources && i < q->resources->n; i++) {
		const struct resource *r = &q->resources->v[i];
		int64_t begin, end;

		if (r->from >= end_of(q, r))
			continue;
		begin = zone_hour_start(zone, r->from);
		end = zone_hour_start(zone, end_of(q, r) - 1);
		*first = any && *first < begin ? *first : begin;
		*last = any && *last > end ? *last : end;
		any = true;
	}
	return any;
}

static bool names_time(const struct query *q)
{
	bool any = false;

	for (size_t i = 0; i < q->by_n; i++)
		any |= dim_is_time(q->by[i]);
	for (size_t i = 0; i < q->where_n; i++)
		any |= dim_is_time(q->where[i].dim);
	return any;
}

static bool add_piece(struct scan *s, const struct resource *r, uint32_t labels, int64_t begin,
                      int64_t end, struct err *err)
{
	struct grouping *g = &s->grouping;
	uint32_t times = grouping_times(g, begin);
	union numbers row = {0};

	if (times == GROUP_NONE)
		return true;
	if (!resource_cost(r, s->zone, begin, end, &row.sums.cost))
		return err_set(err, "%s: resources: the cost of %s is beyond 64 bits",
		               r->config->place.file, r->config->name);
	if (row.sums.cost == 0)
		return true;
	return scan_add(s, grouping_number(g, labels, times, 0), &row, begin, err);
}

static bool add_resource(struct scan *s, const struct resource *r, struct err *err)
{
	const struct query *q = s->grouping.query;
	int64_t end = end_of(q, r) < s->until ? end_of(q, r) : s->until;
	int64_t begin = r->from > s->since ? r->from : s->since;
	struct str texts[DIM_COLUMNS_N] = {{0}};
	bool ok = true, by_hour = q->currency || names_time(q);
	uint32_t labels;

	for (enum label label = 0; label < LABELS; label++)
		texts[label + 1] = resource_label(r, label); /* the source is before them */
	if (begin >= end || !grouping_texts(&s->grouping, texts, &labels, err))
		return begin >= end;
	while (ok && labels != GROUP_NONE && begin < end) {
		int64_t next = by_hour ? zone_hour_start(s->zone, begin) + TIME_HOUR : end;

		next = next < end ? next : end;
		ok = add_piece(s, r, labels, begin, next, err);
		begin = next;
	}
	return ok;
}

/* A resource belongs to no session. */
static bool is_left_out(const struct query *q)
{
	for (size_t i = 0; i < q->where_n; i++)
		if (q->where[i].dim == DIM_SESSION)
			return true;
	return q->resources == NULL || q->unpriced_only;
}

bool scan_fixed(struct scan *s, struct err *err)
{
	const struct query *q = s->grouping.query;
	bool ok = true;

	for (size_t i = 0; ok && !is_left_out(q) && i < q->resources->n; i++)
		ok = add_resource(s, &q->resources->v[i], err);
	return ok;
}
