/*
 * `tokentail explain`: one record's way, step by step: what each field was made from, the tokens as
 * they are priced, the price row and why, and the cost as a sum with its numbers.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/escape.h"
#include "agent/base/wide.h"
#include "agent/commands/command.h"
#include "agent/meter/cost.h"
#include "agent/meter/extract.h"
#include "agent/meter/source.h"
#include "parsers/format.h"
#include "parsers/timestamp.h"

/* Not the ledger's key: hashes shown here are not those of a database. */
static const struct hash_key explain_key = {1, 2};

struct explain {
	struct common common;
	const char *preset, *source_name;
	struct config *config, *preset_config;
	struct book *book;
	struct source *source;
	struct buf record; /* with RECORD_PAD bytes behind it */
	size_t record_n;
	bool any_call;
};

static void say(const char *what, struct str text)
{
	struct buf line = {0};

	buf_printf(&line, "%-10s ", what);
	escape_terminal(&line, text);
	(void)puts(line.p);
	buf_free(&line);
}

static void on_step(void *arg, const char *step, struct str detail)
{
	(void)arg;
	say(step, detail);
}

static void say_price(const struct explain *x, const struct call *c)
{
	struct match match;
	struct buf line = {0};

	if (!book_match(x->book, c->label[LABEL_PROVIDER], c->label[LABEL_MODEL], c->time,
	                &match)) {
		say("price", STR("none for this model: the call counts as unpriced"));
		return;
	}
	buf_printf(&line, "%s (%s)", match.price->key, match.how);
	say("price", buf_view(&line));
	buf_clear(&line);
	buf_printf(&line, "%s, checked %s", match.price->source ? match.price->source : "own price",
	           match.price->checked ? match.price->checked : "-");
	say("", buf_view(&line));
	buf_free(&line);
}

/* Femto-dollars as exact decimal dollars: the shares must add up to the last digit. */
static void print_femto(struct buf *out, wide femto)
{
	const wide dollar = (wide)1000000000 * 1000000;
	size_t n;

	buf_printf(out, "$%" PRId64 ".%015" PRId64, (int64_t)(femto / dollar),
	           (int64_t)(femto % dollar));
	for (n = out->n; out->p[n - 1] == '0'; n--)
		;
	out->n = out->p[n - 1] == '.' ? n - 1 : n;
	out->p[out->n] = '\0';
}

static void say_share(const struct units *units, const struct rates *rates, enum rate_kind kind)
{
	struct buf line = {0};
	char rate[RATE_TEXT];

	rate_print(kind, rates->rate[kind], rate);
	buf_printf(&line, "%-16s %12" PRId64 "%s x $%s per %s = ", rate_name(kind), units->n[kind],
	           kind == RATE_AUDIO_SECOND ? " ms" : "", rate, rate_unit(kind));
	print_femto(&line, cost_share(units, rates, kind));
	say("", buf_view(&line));
	buf_free(&line);
}

static void say_shares(const struct explain *x, const struct call *c)
{
	struct match match;
	struct units units;
	struct rates rates;

	if (!book_match(x->book, c->label[LABEL_PROVIDER], c->label[LABEL_MODEL], c->time, &match))
		return;
	units_of(c, &units);
	rates_of(match.price, c, &rates);
	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (units.n[kind] && (kind != RATE_REQUEST || rates.rate[kind]))
			say_share(&units, &rates, kind);
}

static void say_call(const struct explain *x, const struct call *c)
{
	static const struct {
		unsigned flag;
		const char *meaning;
	} flags[] = {
		{CALL_UNPRICED, "unpriced: no price is known for it"},
		{CALL_ESTIMATED, "estimated: priced as another model (unknown_model)"},
		{CALL_INCONSISTENT, "inconsistent: a part exceeded its whole and was cut"},
		{CALL_UNKNOWN_USAGE, "unknown usage: the log has no counts"},
		{CALL_COST_LOGGED, "the cost is the log's own"},
	};
	char text[COST_TEXT + 2] = "$", time[TIMESTAMP_TEXT];

	timestamp_print(c->time, time);
	say("time", str_of(time));
	say_price(x, c);
	say_shares(x, c);
	cost_print(c->cost, text + 1);
	say("cost", str_of(text));
	if (c->has_logged_cost) {
		cost_print(c->logged_cost, text + 1);
		say("logged", str_of(text));
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (c->flags & flags[i].flag)
			say("note", str_of(flags[i].meaning));
}

/* The text around the place where a record broke, with a caret under it. */
static void point_at(const struct explain *x, size_t at)
{
	enum { AROUND = 30 };
	size_t from = at > AROUND ? at - AROUND : 0;
	size_t to = at + AROUND < x->record_n ? at + AROUND : x->record_n;
	struct buf line = {0};
	size_t before;

	escape_terminal(&line, (struct str){x->record.p + from, at - from});
	before = text_columns(buf_view(&line));
	escape_terminal(&line, (struct str){x->record.p + at, to - at});
	(void)printf("           %s\n           %*s^ byte %zu\n", line.p ? line.p : "", (int)before,
	             "", at);
	buf_free(&line);
}

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct explain *x = arg;
	struct buf line = {0};

	buf_printf(&line, "%s%s%s", outcome_name(v->outcome), v->reason[0] ? ": " : "", v->reason);
	if (v->value.n)
		buf_printf(&line, " (%.*s)", STR_ARG(v->value));
	say("outcome", buf_view(&line));
	buf_free(&line);
	if (v->outcome == OUTCOME_REJECTED && v->at < x->record_n && v->value.n == 0 && v->at > 0)
		point_at(x, v->at);
	if (c) {
		x->any_call = true;
		say_call(x, c);
	}
}

static void read_record(struct explain *x, const char *line)
{
	char bytes[4096];
	size_t n;

	if (strcmp(line, "-") != 0) {
		buf_puts(&x->record, line);
	} else {
		while ((n = fread(bytes, 1, sizeof(bytes), stdin)) > 0)
			buf_bytes(&x->record, bytes, n);
	}
	x->record_n = x->record.p ? str_trim(buf_view(&x->record)).n : 0;
	for (int i = 0; i < RECORD_PAD; i++)
		buf_char(&x->record, '\0');
}

static bool set_up(struct explain *x, struct err *err)
{
	const struct config *c = x->config;
	const struct source_config *s;

	if (x->preset) {
		c = x->preset_config = config_for_preset(x->preset, NULL, 0, err);
		if (c == NULL)
			return false;
	}
	s = x->source_name ? config_source(c, str_of(x->source_name))
	                   : (c->sources_n == 1 ? &c->sources[0] : NULL);
	if (s == NULL)
		return err_set(err,
		               "how is the line to be read? give --preset NAME or --source NAME");
	x->book = book_open(x->config, err);
	x->source = x->book ? source_new(s, x->book, err) : NULL;
	return x->source != NULL;
}

static int explain(struct explain *x)
{
	struct extractor *extractor = extractor_new(x->source, explain_key);
	struct timespec now;
	int64_t time;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	time = (int64_t)now.tv_sec * TIME_SEC;
	extractor_trace(extractor, on_step, x);
	extract_record(extractor, str_trim((struct str){x->record.p, x->record_n}),
	               &(struct surroundings){.now = time, .near = time}, on_verdict, x);
	extractor_free(&extractor);
	return x->any_call ? EXIT_GOOD : EXIT_NO;
}

static int run(int argc, char **argv)
{
	struct explain x = {0};
	const struct option_row options[] = {{"--preset", &x.preset, NULL, NULL, NULL},
	                                     {"--source", &x.source_name, NULL, NULL, NULL},
	                                     {0}};
	struct err err = {0};
	int positional;
	int status = options_parse(&command_explain, argc, argv, options, &x.common, &positional);

	if (status >= 0)
		return status;
	if (positional != 1)
		return positional
		               ? usage_error(&command_explain, "takes one LINE, not also", argv[2])
		               : usage_error(&command_explain, "takes a LINE, or -", NULL);
	x.config = common_config(&x.common);
	if (x.config == NULL)
		return EXIT_USAGE;
	if (set_up(&x, &err)) {
		read_record(&x, argv[1]);
		status = explain(&x);
	} else {
		status = fail(EXIT_USAGE, &err);
	}
	buf_free(&x.record);
	source_free(&x.source);
	book_free(&x.book);
	config_free(&x.preset_config);
	config_free(&x.config);
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.usage = "explain LINE | - [--preset NAME | --source NAME]",
	.summary = "one record's way: fields, tokens, price and why, cost",
	.help = "LINE is one record as it stands in the log, - reads it from standard input.\n"
		"\n"
		"  --preset NAME  read it as the preset says\n"
		"  --source NAME  read it as this source of the configuration does\n"
		"\n"
		"Exit status 3 when the record is no call: the reason is printed.\n"
		"\n"
		"Examples:\n"
		"  tail -1 app.log | tokentail explain --preset json -\n"
		"  tokentail explain --source gateway \"$(head -1 gateway.jsonl)\"\n",
	.run = run,
};
