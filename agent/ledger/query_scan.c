/*
 * Each table that can answer is stepped over once, in the order it lies on disk, and every row is
 * added to its group. SQLite does no grouping, joining or sorting here: it would sort millions of
 * rows to make a dozen.
 *
 * Calls that are kept are given the time of their quarter of an hour, in which no zone begins a day
 * or an hour: so the calendar is asked once a quarter and not once a call.
 */
#include "agent/ledger/query_scan.h"

#include "agent/ledger/call_id.h"
#include "agent/ledger/total_id.h"

#define QUARTER (900 * TIME_SEC)

bool compared_add(struct compared *to, const struct compared *add)
{
	to->calls += add->calls;
	return !__builtin_add_overflow(to->cost, add->cost, &to->cost) &&
	       !__builtin_add_overflow(to->baseline, add->baseline, &to->baseline);
}

bool numbers_add(union numbers *to, const union numbers *add)
{
	bool beyond = false;

	for (size_t i = 0; i < SUMS_N; i++)
		beyond |= __builtin_add_overflow(to->n[i], add->n[i], &to->n[i]);
	return !beyond;
}

static bool beyond(struct err *err)
{
	return err_set(err, "a sum is beyond 64 bits; ask for a shorter time");
}

/* An amount in the currency of the query, if it has one. */
static bool convert(struct scan *s, wide *to, int64_t nano, int64_t time, struct err *err)
{
	const struct currency *currency = s->grouping.query->currency;

	if (currency == NULL || nano == 0)
		return true;
	if (s->rate == 0 || s->rate_time != time) {
		if (!currency_rate(currency, time, &s->rate, err))
			return false;
		s->rate_time = time;
	}
	*to += (wide)nano * s->rate;
	return true;
}

bool scan_add(struct scan *s, uint32_t number, const union numbers *row, int64_t time,
              struct err *err)
{
	struct group *group = &s->grouping.groups[number];

	if (!numbers_add(&group->numbers, row))
		return beyond(err);
	return convert(s, &group->foreign[AMOUNT_COST], row->sums.cost, time, err);
}

bool scan_compare(struct scan *s, uint32_t number, const struct compared *add, int64_t time,
                  struct err *err)
{
	struct group *group = &s->grouping.groups[number];

	if (!compared_add(&group->compared, add))
		return beyond(err);
	return convert(s, &group->foreign[AMOUNT_COMPARED], add->cost, time, err) &&
	       convert(s, &group->foreign[AMOUNT_BASELINE], add->baseline, time, err);
}

/* Of calls, which may be errors, and which a discount is taken off at once. */
bool scan_add_calls(struct scan *s, uint32_t number, const struct sums *row, bool is_error,
                    int64_t time, struct err *err)
{
	const struct baseline *baseline = s->grouping.query->baseline;
	const union numbers numbers = {.sums = *row};
	struct compared compared = {.calls = row->calls - row->unpriced, .cost = row->cost};

	if (is_error)
		s->grouping.groups[number].errors += row->calls;
	if (!scan_add(s, number, &numbers, time, err))
		return false;
	if (baseline == NULL || baseline_needs_calls(baseline))
		return true;
	compared.baseline = baseline_of_cost(baseline, row->cost);
	return scan_compare(s, number, &compared, time, err);
}

typedef bool row_fn(struct scan *s, sqlite3_stmt *statement, struct err *err);

/* Steps the statement of a text with two parameters, calling `row` for each of its rows. */
static bool step_all(struct scan *s, const char *text, const int64_t range[2], row_fn *row,
                     struct err *err)
{
	sqlite3_stmt *st = sql_statement(s->sql, text, err);
	bool ok = st != NULL;
	bool more = true;

	if (!ok)
		return false;
	sql_bind_ints(st, 1, range, 2);
	while (ok && (ok = sql_next(s->sql, st, &more, err)) && more)
		ok = row(s, st, err);
	(void)sqlite3_reset(st);
	return ok;
}

static int64_t divide_up(int64_t a, int64_t b)
{
	return a / b + (a % b > 0);
}

/* The hours, in seconds, that begin in [since, until); open ends are beyond any hour. */
static void hour_range(const struct scan *s, int64_t range[2])
{
	range[0] = divide_up(s->since, TIME_SEC);
	range[1] = divide_up(s->until, TIME_SEC);
}

/* No call is before 1970. */
int64_t scan_first_id(int64_t time)
{
	if (time > TIME_MAX)
		return INT64_MAX;
	return time <= 0 ? 0 : call_id_first(divide_up(time, TIME_MS));
}

static void id_range(const struct scan *s, int64_t range[2])
{
	range[0] = scan_first_id(s->since);
	range[1] = scan_first_id(s->until);
}

int64_t scan_total_time(const struct scan *s, int64_t time)
{
	int64_t hour = zone_hour_start(s->zone, time);

	return hour / TIME_SEC < s->days_before ? zone_day_start(s->zone, hour) : hour;
}

int64_t scan_quarter_of(int64_t time)
{
	return time - time % QUARTER;
}

int64_t scan_quarter(int64_t id)
{
	return scan_quarter_of(call_id_ms(id) * TIME_MS);
}

void scan_keep_unpriced(struct sums *sums)
{
	for (size_t i = 0; i < COUNT_TOKENS && sums->unpriced < sums->calls; i++)
		sums->count[i] = (int64_t)((wide)sums->count[i] * sums->unpriced / sums->calls);
	sums->calls = sums->unpriced;
}

static bool add_total(struct scan *s, sqlite3_stmt *statement, struct err *err)
{
	struct grouping *g = &s->grouping;
	int64_t time = sqlite3_column_int64(statement, 0) * TIME_SEC;
	uint32_t times = grouping_times(g, time);
	union numbers row;
	uint32_t labels;
	bool is_error;

	if (!grouping_combination(g, sqlite3_column_int64(statement, 1), &labels, &is_error, err))
		return false;
	if (labels == GROUP_NONE || times == GROUP_NONE)
		return true;
	for (int i = 0; i < SUMS_N; i++)
		row.n[i] = sqlite3_column_int64(statement, i + 2);
	if (s->unpriced_only)
		scan_keep_unpriced(&row.sums);
	if (row.sums.calls == 0)
		return true;
	return scan_add_calls(s, grouping_number(g, labels, times, 0), &row.sums, is_error, time,
	                      err);
}

bool scan_totals(struct scan *s, struct err *err)
{
	int64_t range[2];

	hour_range(s, range);
	range[0] = total_id_first(range[0]);
	range[1] = total_id_first(range[1]);
	return step_all(
		s, "SELECT hour, combination, " SCAN_SUMS " FROM totals WHERE id >= ? AND id < ?",
		range, add_total, err);
}

/* The columns of scan_calls. */
enum call_column {
	CALL_ID,
	CALL_COMBINATION,
	CALL_LATENCY,
	CALL_SESSION,
	CALL_FLAGS,
	CALL_COST,
	CALL_LOGGED_COST,
	CALL_COUNTS
};

static void read_call(sqlite3_stmt *statement, struct sums *ret)
{
	int64_t flags = sqlite3_column_int64(statement, CALL_FLAGS);

	*ret = (struct sums){
		.calls = 1,
		.unpriced = (flags & CALL_UNPRICED) != 0,
		.estimated = (flags & (CALL_ESTIMATED | CALL_USAGE_ESTIMATED)) != 0,
		.estimated_usage = (flags & CALL_USAGE_ESTIMATED) != 0,
		.unknown_usage = (flags & CALL_UNKNOWN_USAGE) != 0,
		.inconsistent = (flags & CALL_INCONSISTENT) != 0,
		.cost = sqlite3_column_int64(statement, CALL_COST),
		.latency = sqlite3_column_int64(statement, CALL_LATENCY),
		.latency_calls = sqlite3_column_type(statement, CALL_LATENCY) != SQLITE_NULL,
		.logged_cost = sqlite3_column_int64(statement, CALL_LOGGED_COST),
		.logged_calls = sqlite3_column_type(statement, CALL_LOGGED_COST) != SQLITE_NULL,
	};
	for (int i = 0; i < COUNT_TOKENS; i++)
		ret->count[i] = sqlite3_column_int64(statement, CALL_COUNTS + i);
}

static bool add_call(struct scan *s, sqlite3_stmt *statement, struct err *err)
{
	struct grouping *g = &s->grouping;
	int64_t time = scan_quarter(sqlite3_column_int64(statement, CALL_ID));
	uint32_t times = grouping_times(g, time);
	uint32_t session = grouping_session(g, sql_column_text(statement, CALL_SESSION));
	union numbers row;
	uint32_t labels;
	uint32_t number;
	bool is_error;

	if (!grouping_combination(g, sqlite3_column_int64(statement, CALL_COMBINATION), &labels,
	                          &is_error, err))
		return false;
	read_call(statement, &row.sums);
	if (labels == GROUP_NONE || times == GROUP_NONE || session == GROUP_NONE ||
	    (s->unpriced_only && !row.sums.unpriced))
		return true;
	number = grouping_number(g, labels, times, session);
	if (row.sums.latency_calls)
		latencies_add(&s->latencies, number, histogram_bucket(row.sums.latency), 1);
	return scan_add_calls(s, number, &row.sums, is_error, time, err);
}

bool scan_calls(struct scan *s, struct err *err)
{
	int64_t range[2];

	id_range(s, range);
	return step_all(s,
	                "SELECT c.id, combination, latency, session, flags, cost, "
	                "logged_cost, input, cache_read, cache_write, cache_write_1h, "
	                "output, reasoning FROM call_rows c "
	                "LEFT JOIN call_rare ON call = c.id WHERE c.id >= ? AND c.id < ?",
	                range, add_call, err);
}

/* A latency of a group that has no calls in the totals makes a group without calls: no row. */
static bool add_histogram(struct scan *s, sqlite3_stmt *statement, struct err *err)
{
	struct grouping *g = &s->grouping;
	uint32_t times = grouping_times(g, sqlite3_column_int64(statement, 0) * TIME_SEC);
	uint32_t labels = grouping_model(g, sqlite3_column_int64(statement, 1));
	struct histogram h = {0};
	struct str packed = {sqlite3_column_blob(statement, 2),
	                     (size_t)sqlite3_column_bytes(statement, 2)};
	uint32_t number;

	if (labels == GROUP_NONE || times == GROUP_NONE)
		return true;
	if (!histogram_add(&h, packed))
		return err_set(err, "the ledger is damaged: a histogram of latencies");
	number = grouping_number(g, labels, times, 0);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h.n[i])
			latencies_add(&s->latencies, number, i, h.n[i]);
	return true;
}

bool scan_histograms(struct scan *s, struct err *err)
{
	int64_t range[2];

	hour_range(s, range);
	return step_all(s,
	                "SELECT hour, model, histogram FROM latencies "
	                "WHERE hour >= ? AND hour < ?",
	                range, add_histogram, err);
}

/* The call's time is that of the ledger's hour it was added to, so it meets its total's group. */
static bool add_call_latency(struct scan *s, sqlite3_stmt *statement, struct err *err)
{
	struct grouping *g = &s->grouping;
	int64_t quarter = scan_quarter(sqlite3_column_int64(statement, CALL_ID));
	uint32_t times = grouping_times(g, scan_total_time(s, quarter));
	uint32_t labels;
	bool is_error;

	if (!grouping_combination(g, sqlite3_column_int64(statement, CALL_COMBINATION), &labels,
	                          &is_error, err))
		return false;
	if (labels != GROUP_NONE && times != GROUP_NONE)
		latencies_add(&s->latencies, grouping_number(g, labels, times, 0),
		              histogram_bucket(sqlite3_column_int64(statement, CALL_LATENCY)), 1);
	return true;
}

bool scan_call_latencies(struct scan *s, struct err *err)
{
	int64_t range[2];

	id_range(s, range);
	return step_all(s,
	                "SELECT id, combination, latency FROM call_rows "
	                "WHERE id >= ? AND id < ? AND latency IS NOT NULL",
	                range, add_call_latency, err);
}
