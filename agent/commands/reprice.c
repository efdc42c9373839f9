/*
 * `reprice`: what the calls that are kept, also those in the archive, would have cost by the prices
 * of today, and on demand that they did.
 */
#include <stdlib.h>

#include "agent/commands/grid.h"
#include "agent/commands/json_put.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/commands/which.h"
#include "agent/ledger/reprice.h"
#include "agent/ledger/segments.h"
#include "agent/meter/cost.h"
#include "parsers/timestamp.h"

struct arguments {
	struct which which;
	bool dry;
	struct common common;
};

static enum cost_rule rule_of(void *config, struct str source, unsigned flags)
{
	return cost_rule_of(config, source, flags);
}

/* ---- for people ---- */

/* "+$1.20", "-$0.031", "$0.00". */
static void put_difference(struct buf *out, int64_t nano)
{
	char text[TEXT_COST];

	text_cost(text, llabs(nano));
	buf_puts(out, nano > 0 ? "+" : nano < 0 ? "-" : "");
	buf_puts(out, text);
}

static void cost_cell(struct grid *g, int64_t nano, enum grid_style style)
{
	char text[TEXT_COST];

	text_cost(text, nano);
	grid_cell(g, str_of(text), style);
}

static void count_cell(struct grid *g, int64_t n, enum grid_style style)
{
	char text[TEXT_COUNT];

	text_count(text, n);
	grid_cell(g, str_of(text), style);
}

static void add_row(struct grid *g, struct str name, const struct reprice_sums *s,
                    enum grid_style style)
{
	struct buf text = {0};

	grid_cell(g, name, style);
	count_cell(g, s->calls, style);
	count_cell(g, s->changed, style);
	count_cell(g, s->unpriced_after, s->unpriced_after ? GRID_WARN : style);
	cost_cell(g, s->cost_before, style);
	cost_cell(g, s->cost_after, style);
	put_difference(&text, s->cost_after - s->cost_before);
	grid_cell(g, buf_view(&text), style);
	buf_free(&text);
}

/* The models that change, and all as the total. */
static void put_table(const struct reprice_result *r, const struct look *look, struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "model", .least = 15},         {.title = "calls", .right = true},
		{.title = "changed", .right = true},     {.title = "no price", .right = true},
		{.title = "cost before", .right = true}, {.title = "after", .right = true},
		{.title = "difference", .right = true},
	};
	struct grid g;

	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < r->n; i++) {
		struct buf name = {0};

		if (r->rows[i].sums.changed == 0)
			continue;
		show_text(&name, r->rows[i].model.n ? r->rows[i].model : STR("(none)"), look->utf8);
		add_row(&g, buf_view(&name), &r->rows[i].sums, GRID_PLAIN);
		buf_free(&name);
	}
	grid_rule(&g);
	add_row(&g, STR("total"), &r->total, GRID_BOLD);
	grid_print(&g, look, out);
	grid_free(&g);
}

static void put_notes(const struct reprice_result *r, bool dry, struct buf *out)
{
	if (r->not_kept) {
		show_plural(out, r->not_kept, "call");
		buf_printf(out,
		           " %s in the totals only and cannot be priced anew (keep.calls, "
		           "keep.archive)\n",
		           r->not_kept == 1 ? "is" : "are");
	}
	if (r->beyond) {
		show_plural(out, r->beyond, "call");
		buf_puts(out, " would cost more than a million dollars: left as before\n");
	}
	if (r->segments) {
		show_plural(out, r->segments, "segment");
		buf_printf(out, " of the archive %s written anew\n",
		           dry                ? "would be"
		           : r->segments == 1 ? "was"
		                              : "were");
	}
	if (dry)
		buf_puts(out, "Nothing was changed: --dry-run\n");
	else if (r->total.changed)
		buf_puts(out, "Calls and totals were changed; "
		              "the view `repricings` of the database keeps what was done\n");
}

static void put_text(const struct reprice_result *r, const struct zone *zone, bool dry,
                     const struct look *look, struct buf *out)
{
	char changed[TEXT_COUNT], all[TEXT_COUNT];

	if (r->total.calls + r->not_kept == 0) {
		buf_puts(out, "No calls match.\n");
		return;
	}
	show_minute(out, zone, r->since);
	buf_puts(out, " to ");
	show_minute(out, zone, r->until);
	buf_printf(out, " (%s): ", zone_name(zone));
	text_count(changed, r->total.changed);
	text_count(all, r->total.calls);
	buf_printf(out, "%s of %s calls %s\n\n", changed, all, dry ? "would change" : "changed");
	put_table(r, look, out);
	buf_char(out, '\n');
	put_notes(r, dry, out);
}

/* ---- for programs ---- */

static void json_cost(struct buf *out, const char *name, int64_t nano)
{
	char text[COST_TEXT];

	cost_print(nano, text);
	json_number(out, name, text);
}

static void json_sums(struct buf *out, const struct reprice_sums *s)
{
	json_int(out, "calls", s->calls);
	json_int(out, "changed_calls", s->changed);
	json_cost(out, "cost_usd_before", s->cost_before);
	json_cost(out, "cost_usd_after", s->cost_after);
	json_int(out, "unpriced_calls_before", s->unpriced_before);
	json_int(out, "unpriced_calls_after", s->unpriced_after);
}

/* An open end of an empty ledger is null. */
static void json_time(struct buf *out, const char *name, int64_t time)
{
	char text[TIMESTAMP_TEXT];
	struct str shown = {0};

	if (time != INT64_MIN && time < TIME_MAX) {
		timestamp_print(time, text);
		shown = str_of(text);
	}
	json_text(out, name, shown);
}

static void put_json(const struct reprice_result *r, struct str prices, bool dry, struct buf *out)
{
	json_begin(out, NULL, '{');
	json_time(out, "since", r->since);
	json_time(out, "until", r->until);
	json_text(out, "prices", prices);
	json_bool(out, "dry_run", dry);
	json_begin(out, "rows", '[');
	for (size_t i = 0; i < r->n; i++) {
		json_begin(out, NULL, '{');
		json_text(out, "model", r->rows[i].model);
		json_sums(out, &r->rows[i].sums);
		json_end(out, '}');
	}
	json_end(out, ']');
	json_begin(out, "total", '{');
	json_sums(out, &r->total);
	json_end(out, '}');
	json_int(out, "not_kept_calls", r->not_kept);
	json_int(out, "archived_calls", r->archived);
	json_int(out, "rewritten_segments", r->segments);
	json_int(out, "beyond_calls", r->beyond);
	json_end(out, '}');
	buf_char(out, '\n');
}

/* ---- doing it ---- */

static int show(const struct reprice_result *r, const struct arguments *a, const struct zone *zone,
                struct str prices)
{
	struct look look = look_of(stdout);
	struct err err = {0};
	struct buf out = {0};
	bool written;

	if (a->common.json)
		put_json(r, prices, a->dry, &out);
	else if (!a->common.quiet)
		put_text(r, zone, a->dry, &look, &out);
	written = (out.n == 0 || fwrite(out.p, 1, out.n, stdout) == out.n) && fflush(stdout) == 0;
	buf_free(&out);
	if (!written)
		(void)err_set(&err, "the result could not be written to the output");
	return written ? EXIT_GOOD : fail(EXIT_FAILED, &err);
}

/* What --where said, for the audit row. */
static void put_filter(struct buf *out, const struct which *w)
{
	for (size_t i = 0; i < w->where_n; i++)
		buf_printf(out, "%s%s", i ? " " : "", w->where[i]);
}

static int reprice(struct ledger *l, const struct arguments *a, struct config *config,
                   struct pricer *pricer, struct str prices)
{
	char *archive = archive_folder(config->database);
	struct reprice r = {.query = {.by = {DIM_MODEL}, .by_n = 1, .zone = ledger_zone(l)},
	                    .pricer = pricer,
	                    .rule = rule_of,
	                    .arg = config,
	                    .archive = archive,
	                    .dry = a->dry,
	                    .prices = prices};
	struct reprice_result *result = NULL;
	struct err err = {0};
	struct buf filter = {0};
	int status = which_where(&a->which, &r.query);

	if (status < 0)
		status = which_time(&a->which, &r.query);
	put_filter(&filter, &a->which);
	r.filter = buf_view(&filter);
	if (status < 0)
		result = ledger_reprice(l, &r, &err);
	if (result)
		status = show(result, a, r.query.zone, prices);
	else if (status < 0)
		status = fail(EXIT_FAILED, &err);
	reprice_result_free(&result);
	buf_free(&filter);
	free(archive);
	return status;
}

/* A ledger that is not there is not made. */
static struct ledger *open_ledger(const struct arguments *a, const struct config *c,
                                  struct err *err)
{
	struct ledger *l = ledger_open_read(c->database, err);

	if (l == NULL || a->dry)
		return l;
	ledger_close(&l);
	return ledger_open(c->database, c->timezone, err);
}

static int run_with(const struct arguments *a, struct config *config)
{
	struct err err = {0};
	struct book *book = book_open(config, &err);
	struct pricer *pricer;
	struct ledger *ledger;
	char digest[BOOK_DIGEST];
	int status;

	if (book == NULL)
		return fail(EXIT_USAGE, &err);
	book_digest(book, digest);
	pricer = pricer_new(book);
	ledger = open_ledger(a, config, &err);
	status = ledger ? reprice(ledger, a, config, pricer, str_of(digest))
	                : fail(EXIT_FAILED, &err);
	ledger_close(&ledger);
	pricer_free(&pricer);
	book_free(&book);
	return status;
}

static int run(int argc, char **argv)
{
	struct arguments a = {.which.command = &command_reprice};
	const struct option_row options[] = {
		{.name = "--since", .value = &a.which.since},
		{.name = "--until", .value = &a.which.until},
		{.name = "--where", .each = which_keep_where, .arg = &a.which},
		{.name = "--dry-run", .flag = &a.dry},
		{0},
	};
	struct config *config;
	int positional;
	int status = options_parse(&command_reprice, argc, argv, options, &a.common, &positional);

	if (status < 0 && positional > 0)
		status = usage_error(&command_reprice, "unexpected argument", argv[1]);
	if (status >= 0)
		return status;
	config = common_config(&a.common);
	if (config == NULL)
		return EXIT_USAGE;
	status = run_with(&a, config);
	config_free(&config);
	return status;
}

const struct command command_reprice = {
	.name = "reprice",
	.usage = "reprice [--since T] [--until T] [--where DIM=VALUE]... [--dry-run]",
	.summary = "computes costs anew with today's book; shows the difference",
	.help = "Prices the calls that are kept, in the database and in the archive, by the books "
		"and\n"
		"the configuration as they are now, each at the price of its day, and changes "
		"calls,\n"
		"totals and the files of the archive in one step. What a log itself says (cost:\n"
		"logged) stays. The time is moved outwards to whole hours.\n"
		"\n"
		"  --dry-run         only shows what would change; writes nothing\n" WHICH_HELP "\n"
		"Examples:\n"
		"  tokentail reprice --dry-run\n"
		"  tokentail reprice --since month --where model=gpt-4o\n",
	.run = run,
};
