/*
 * The calls that have left for the archive, read into the same groups as those in the database. A
 * segment that is damaged is left out as far as it cannot be read, and the answer says so: the
 * totals have its calls all the same.
 */
#include <stdlib.h>

#include "agent/ledger/dim.h"
#include "agent/ledger/query_scan.h"
#include "agent/ledger/segments.h"

/* Adds a call whose group is known. */
typedef bool add_fn(struct scan *s, const struct archived *a, struct err *err);

static void sums_of(const struct call *c, struct sums *ret)
{
	struct call_rare rare = {.has_logged_cost = c->has_logged_cost,
	                         .logged_cost = c->logged_cost};
	struct call_row row = {
		.flags = c->flags, .cost = c->cost, .latency = c->latency, .rare = &rare};

	memcpy(row.count, c->count, sizeof(row.count));
	sums_of_row(&row, ret);
}

bool scan_archived_group(struct grouping *g, const struct archived *a, int64_t moment,
                         uint32_t *group, bool *is_error, struct err *err)
{
	uint32_t times = grouping_times(g, moment);
	uint32_t session = grouping_session(g, a->call.detail[DETAIL_SESSION]);
	struct str texts[DIM_COLUMNS_N];
	uint32_t labels;

	_Static_assert(DIM_COLUMNS_N == LABELS + 1, "the source, then the labels in their order");
	texts[0] = a->source;
	memcpy(texts + 1, a->call.label, sizeof(a->call.label));
	*is_error = str_eq(a->call.label[LABEL_STATUS], STR("error"));
	*group = GROUP_NONE;
	if (!grouping_texts(g, texts, &labels, err))
		return false;
	if (labels != GROUP_NONE && times != GROUP_NONE && session != GROUP_NONE)
		*group = grouping_number(g, labels, times, session);
	return true;
}

static bool add_call(struct scan *s, const struct archived *a, struct err *err)
{
	uint32_t group;
	struct sums sums;
	bool is_error;

	if (s->unpriced_only && !(a->call.flags & CALL_UNPRICED))
		return true;
	if (!scan_archived_group(&s->grouping, a, scan_quarter_of(a->call.time), &group, &is_error,
	                         err))
		return false;
	if (group == GROUP_NONE)
		return true;
	sums_of(&a->call, &sums);
	if (sums.latency_calls)
		latencies_add(&s->latencies, group, histogram_bucket(sums.latency), 1);
	return scan_add_calls(s, group, &sums, is_error, scan_quarter_of(a->call.time), err);
}

/* The call's time is that of the ledger's hour it was added to, so it meets its total's group. */
static bool add_latency(struct scan *s, const struct archived *a, struct err *err)
{
	uint32_t group;
	bool is_error;

	if (a->call.latency == ABSENT)
		return true;
	if (!scan_archived_group(&s->grouping, a, scan_total_time(s, scan_quarter_of(a->call.time)),
	                         &group, &is_error, err))
		return false;
	if (group != GROUP_NONE)
		latencies_add(&s->latencies, group, histogram_bucket(a->call.latency), 1);
	return true;
}

static bool compare(struct scan *s, const struct archived *a, int64_t moment, struct err *err)
{
	struct compared one = {.calls = 1, .cost = a->call.cost};
	uint32_t group;
	bool is_error;

	if (a->call.flags & CALL_UNPRICED ||
	    !baseline_of_call(s->grouping.query->baseline, &a->call, &one.baseline))
		return true;
	if (!scan_archived_group(&s->grouping, a, moment, &group, &is_error, err))
		return false;
	return group == GROUP_NONE ||
	       scan_compare(s, group, &one, scan_total_time(s, a->call.time), err);
}

static bool add_baseline(struct scan *s, const struct archived *a, struct err *err)
{
	return compare(s, a, scan_total_time(s, scan_quarter_of(a->call.time)), err);
}

static bool add_baseline_of_session(struct scan *s, const struct archived *a, struct err *err)
{
	return compare(s, a, scan_quarter_of(a->call.time), err);
}

static void note_damage(struct scan *s, const struct segment *segment, int64_t read,
                        const struct err *why)
{
	struct query_result *r = s->result;

	r->damaged_calls += segment->sums.calls - read;
	if (r->damage.n == 0)
		r->damage = query_keep(&r->text, str_of(why->text));
}

/* What cannot be read is noted; false is for what makes the whole answer impossible. */
static bool read_segment(struct scan *s, const struct segment *segment, add_fn *add_one,
                         struct err *err)
{
	struct err damage = {0};
	struct segment_calls *calls = segment_calls_open(s->sql, s->archive, segment, &damage);
	struct archived a;
	bool more = true, good = true, readable = calls != NULL;
	int64_t read = 0;

	while (good && readable && (readable = segment_calls_next(calls, &a, &more, &damage)) &&
	       more) {
		read++;
		if (a.call.time >= s->since && a.call.time < s->until)
			good = add_one(s, &a, err);
	}
	segment_calls_close(&calls);
	if (!readable)
		note_damage(s, segment, read, &damage);
	return good;
}

static bool read_all(struct scan *s, add_fn *add_one, struct err *err)
{
	struct segment *all;
	size_t n;
	bool good = true;

	/* It may be read for more than one reason; what is said of it is the same each time. */
	s->result->unread_calls = s->result->damaged_calls = 0;
	if (s->until <= 0 || s->until <= s->since)
		return true;
	if (!segments_load(s->sql, s->since > 0 ? segment_day(s->since) : 0,
	                   segment_day(s->until - 1), &all, &n, err))
		return false;
	for (size_t i = 0; good && i < n; i++) {
		if (s->archive)
			good = read_segment(s, &all[i], add_one, err);
		else
			s->result->unread_calls += all[i].sums.calls;
	}
	free(all);
	return good;
}

bool scan_archived_calls(struct scan *s, struct err *err)
{
	return read_all(s, add_call, err);
}

bool scan_archived_latencies(struct scan *s, struct err *err)
{
	return read_all(s, add_latency, err);
}

bool scan_archived_baseline(struct scan *s, bool sessions, struct err *err)
{
	return read_all(s, sessions ? add_baseline_of_session : add_baseline, err);
}
