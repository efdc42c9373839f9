/*
 * `report`: from words on the command line to a question, and from its answer to one of the
 * formats. What a format shows is in report_*.c; what the numbers are is in ledger/query.c.
 */
#include "agent/commands/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "agent/commands/command.h"
#include "agent/commands/which.h"
#include "agent/ledger/segments.h"

/* The options as they were given. */
struct arguments {
	const char *by, *sort, *limit, *tz;
	struct which which;
	bool csv, markdown, detail;
	struct common common;
};

/* ---- the question ---- */

/* Each returns -1, or the exit status when it has said what is wrong. */

static int read_by(const char *text, struct query *q)
{
	struct str left = str_of(text);
	bool last;

	do {
		size_t comma = str_find(left, STR(","));
		struct str name = str_trim((struct str){left.p, comma});

		last = comma == left.n;
		left = str_from(left, comma + 1);
		if (q->by_n == QUERY_DIMS_MAX)
			return usage_error(&command_report, "too many dimensions in --by", text);
		if (!dim_find(name, &q->by[q->by_n]))
			return which_unknown_dim(&command_report, "--by", name);
		for (size_t i = 0; i < q->by_n; i++)
			if (q->by[i] == q->by[q->by_n])
				return usage_error(&command_report, "a dimension twice in --by",
				                   text);
		q->by_n++;
	} while (!last);
	return -1;
}

static int read_sort(const char *text, struct query *q)
{
	static const struct {
		const char *name;
		enum query_sort sort;
	} sorts[] = {{"cost", SORT_COST}, {"calls", SORT_CALLS}, {"tokens", SORT_TOKENS}};

	for (size_t i = 0; text && i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		if (strcmp(sorts[i].name, text) == 0) {
			q->sort = sorts[i].sort;
			return -1;
		}
	}
	return text ? usage_error(&command_report, "--sort is cost, calls or tokens, not", text)
	            : -1;
}

static int read_limit(const char *text, struct query *q)
{
	char *end;
	unsigned long long n;

	if (text == NULL)
		return -1;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n == 0 || n > UINT32_MAX)
		return usage_error(&command_report, "--limit is a number of rows, not", text);
	q->limit = (size_t)n;
	return -1;
}

static int read_question(const struct arguments *a, struct query *q)
{
	int status = read_by(a->by ? a->by : "model", q);

	if (status < 0)
		status = which_where(&a->which, q);
	if (status < 0)
		status = read_sort(a->sort, q);
	if (status < 0)
		status = read_limit(a->limit, q);
	if (status < 0 && a->common.json + a->csv + a->markdown > 1)
		status = usage_error(&command_report, "give one of --json, --csv and --markdown",
		                     NULL);
	return status;
}

/* ---- the answer ---- */

/* The calls of the report that have no price, by model. */
static struct query_result *find_unpriced(struct ledger *l, const struct query *asked,
                                          struct err *err)
{
	struct query q = *asked;

	q.by[0] = DIM_MODEL;
	q.by_n = 1;
	q.limit = 0;
	q.sort = SORT_CALLS;
	q.unpriced_only = true;
	return query_run(l, &q, err);
}

/* When there are calls, for a report that found none. */
static bool find_calls(struct ledger *l, struct report *report, struct err *err)
{
	const struct query q = {
		.since = INT64_MIN, .until = INT64_MAX, .zone = report->query->zone};
	struct query_result *r = query_run(l, &q, err);

	if (r == NULL)
		return false;
	if (r->total.sums.calls) {
		report->first = r->since;
		report->last = r->until;
	}
	query_result_free(&r);
	return true;
}

static report_fn *format_of(const struct arguments *a)
{
	const struct {
		bool wanted;
		report_fn *format;
	} formats[] = {
		{a->common.json, report_json},
		{a->csv, report_csv},
		{a->markdown, report_markdown},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].wanted)
			return formats[i].format;
	return report_table;
}

static bool put_answer(struct ledger *l, const struct arguments *a, struct report *report,
                       struct err *err)
{
	struct query_result *unpriced = NULL;
	struct buf out = {0};
	bool ok = true;

	if (report->result->total.sums.unpriced > 0) {
		unpriced = find_unpriced(l, report->query, err);
		report->unpriced = unpriced;
		ok = unpriced != NULL;
	} else if (report->result->n == 0) {
		ok = find_calls(l, report, err);
	}
	if (ok) {
		format_of(a)(report, &out);
		if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
			ok = err_set(err, "the report could not be written to the output");
	}
	buf_free(&out);
	query_result_free(&unpriced);
	return ok;
}

static int ask(struct ledger *l, const struct arguments *a, struct query *q)
{
	struct err err = {0};
	struct report report = {.query = q, .look = look_of(stdout), .quiet = a->common.quiet};
	struct query_result *result;
	int status = which_time(&a->which, q);

	if (status >= 0)
		return status;
	result = query_run(l, q, &err);
	if (result == NULL)
		return fail(EXIT_FAILED, &err);
	report.result = result;
	status = put_answer(l, a, &report, &err) ? EXIT_GOOD : fail(EXIT_FAILED, &err);
	query_result_free(&result);
	return status;
}

static int64_t clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * TIME_SEC + now.tv_nsec / 1000;
}

static int ask_in_zone(struct ledger *l, const struct arguments *a, struct query *q)
{
	struct err err = {0};
	struct zone *zone = NULL;
	int status;

	q->zone = ledger_zone(l);
	if (a->tz) {
		zone = zone_open(a->tz, &err);
		q->zone = zone;
	}
	status = q->zone ? ask(l, a, q) : fail(EXIT_USAGE, &err);
	zone_free(&zone);
	return status;
}

/* With what the configuration has beside the calls: other costs, prices and currencies. */
static int ask_configured(struct ledger *l, const struct arguments *a, const struct config *config,
                          struct query *q)
{
	struct resources *resources = resources_new(config, ledger_zone(l));
	struct currency *currency = currency_new(config, ledger_zone(l));
	struct baseline *baseline = NULL;
	struct err err = {0};
	int status;

	q->resources = resources;
	q->now = clock_now();
	q->currency = currency;
	if (baseline_open(config, &baseline, &err)) {
		q->baseline = baseline;
		status = ask_in_zone(l, a, q);
	} else {
		status = fail(EXIT_USAGE, &err);
	}
	baseline_free(&baseline);
	currency_free(&currency);
	resources_free(&resources);
	return status;
}

static int run(int argc, char **argv)
{
	struct arguments a = {.which.command = &command_report};
	const struct option_row options[] = {
		{.name = "--by", .value = &a.by},
		{.name = "--since", .value = &a.which.since},
		{.name = "--until", .value = &a.which.until},
		{.name = "--where", .each = which_keep_where, .arg = &a.which},
		{.name = "--sort", .value = &a.sort},
		{.name = "--limit", .value = &a.limit},
		{.name = "--tz", .value = &a.tz},
		{.name = "--detail", .flag = &a.detail},
		{.name = "--csv", .flag = &a.csv},
		{.name = "--markdown", .flag = &a.markdown},
		{0},
	};
	struct err err = {0};
	struct query q = {0};
	struct config *config;
	struct ledger *ledger;
	char *folder;
	int positional;
	int status = options_parse(&command_report, argc, argv, options, &a.common, &positional);

	if (status < 0 && positional > 0)
		status = usage_error(&command_report, "unexpected argument", argv[1]);
	if (status < 0)
		status = read_question(&a, &q);
	if (status >= 0)
		return status;
	config = common_config(&a.common);
	if (config == NULL)
		return EXIT_USAGE;
	folder = archive_folder(config->database);
	q.archive = a.detail ? folder : NULL;
	ledger = ledger_open_read(config->database, &err);
	status = ledger ? ask_configured(ledger, &a, config, &q) : fail(EXIT_FAILED, &err);
	ledger_close(&ledger);
	free(folder);
	config_free(&config);
	return status;
}

const struct command command_report = {
	.name = "report",
	.usage = "report [--by DIM,...] [--since T] [--until T] [--where DIM=VALUE]...",
	.summary = "what was spent, by model, user, day, ...",
	.help = "Options:\n"
		"  --by DIM,...      rows; default model. A DIM is one of model provider feature\n"
		"                    user agent service team api_key session source status\n"
		"                    operation tier kind hour day week month "
		"hour_of_day\n" WHICH_HELP
		"  --sort KEY        cost, calls or tokens; default time, else cost\n"
		"  --limit N         N rows, the rest summed as one\n"
		"  --tz ZONE         days and hours of this zone; default the ledger's\n"
		"  --detail          reads the calls in the archive, too, for sessions and "
		"percentiles\n"
		"  --csv, --markdown other formats\n"
		"\n"
		"Examples:\n"
		"  tokentail report --since month --by user --limit 10\n"
		"  tokentail report --since yesterday --until today --by model,feature\n"
		"  tokentail report --by day --where team=search --json\n",
	.run = run,
};
