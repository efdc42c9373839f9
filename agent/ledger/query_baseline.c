/*
 * A discount can be taken off a total; another book cannot be asked but call by call. So the calls
 * that are kept are read once more, and a row says of how many calls its comparison is.
 */
#include "agent/ledger/query_baseline.h"

#include "agent/ledger/kept.h"

static bool add_call(struct scan *s, const struct kept_call *kept, struct err *err)
{
	const struct baseline *baseline = s->grouping.query->baseline;
	struct compared one = {.calls = 1, .cost = kept->call.cost};

	if (kept->call.flags & CALL_UNPRICED ||
	    !baseline_of_call(baseline, &kept->call, &one.baseline))
		return true;
	return scan_compare(s, kept->group, &one, scan_total_time(s, kept->call.time), err);
}

bool scan_baseline(struct scan *s, bool sessions, struct err *err)
{
	const struct query *q = s->grouping.query;
	struct kept_reader *calls;
	struct kept_call kept;
	bool more = true, good = true;

	if (q->baseline == NULL || !baseline_needs_calls(q->baseline))
		return true;
	calls = kept_open(s->sql, &s->grouping, s->since, s->until);
	if (!sessions)
		kept_as_totals(calls, s);
	while (good && (good = kept_next(calls, &kept, &more, err)) && more)
		good = add_call(s, &kept, err);
	kept_close(&calls);
	return good && scan_archived_baseline(s, sessions, err);
}
