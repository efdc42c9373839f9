/*
 * `tokentail explain`: one record's way, step by step. What is given is read as a log, through the
 * same code as `backfill` does, so that a text may have envelopes and several records too. A line
 * of a file is found first, and then read with all that stands before it, if its source carries or
 * joins anything.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands/explain.h"
#include "agent/commands/explain_call.h"
#include "agent/commands/explain_detect.h"
#include "agent/commands/json_put.h"
#include "agent/follow/discover.h"
#include "agent/ledger/ledger.h"

/* For sources that hash when there is no database yet: these hashes are not those it will have. */
static const struct hash_key no_key = {1, 2};

struct explain {
	struct common common;
	const char *preset, *source_name, *file, *line_text, *offset_text, *call;
	int64_t line, offset; /* one of them; 0 and -1: the other */
	struct config *config, *preset_config;
	struct book *book;
	struct source *source;
	struct explainer explainer;
};

/* ---- which source ---- */

static bool matches(const struct source_config *s, const char *path)
{
	bool found = false;

	for (size_t i = 0; i < s->paths_n; i++) {
		struct found_list list = {0};
		struct err ignored = {0};

		(void)discover(s->paths[i], s->follow_symlinks, &list, &ignored);
		for (size_t k = 0; k < list.n; k++)
			found |= strcmp(list.items[k].path, path) == 0;
		found_free(&list);
	}
	return found;
}

/* The only source, or the only one that reads the file. NULL: there is no such one. */
static const struct source_config *only_source(const struct config *c, const char *file)
{
	const struct source_config *only = NULL;
	size_t n = 0;

	if (c->sources_n == 1)
		return &c->sources[0];
	for (size_t i = 0; file && i < c->sources_n; i++) {
		if (!matches(&c->sources[i], file))
			continue;
		only = &c->sources[i];
		n++;
	}
	return n == 1 ? only : NULL;
}

/* Says what to give, and of what there is a choice. */
static void ask_for_source(const struct config *c, struct err *err)
{
	struct buf names = {0};

	for (const struct source_config *s = c->sources; s && s < c->sources + c->sources_n; s++)
		buf_printf(&names, "%s%s", names.n ? ", " : "; the sources are ", s->name);
	(void)err_set(err, "how is the line to be read? give --preset NAME or --source NAME%s",
	              names.p ? names.p : "");
	buf_free(&names);
}

/* What `detect` makes of the file, or of the line. NULL: it cannot tell, or there is a choice of
 * sources. */
static const struct source_config *detected(struct explain *x, const char *text)
{
	bool input = x->file == NULL && strcmp(text, "-") == 0;

	if (x->config->sources_n > 0 || input)
		return NULL;
	x->preset_config = explain_detect(x->book, x->file, text);
	return x->preset_config ? &x->preset_config->sources[0] : NULL;
}

static const struct source_config *choose_source(struct explain *x, const char *text,
                                                 struct err *err)
{
	const struct source_config *s;

	if (x->preset) {
		x->preset_config = config_for_preset(x->preset, NULL, 0, err);
		return x->preset_config ? &x->preset_config->sources[0] : NULL;
	}
	if (x->source_name) {
		s = config_source(x->config, str_of(x->source_name));
		if (s == NULL)
			(void)err_set(err,
			              "--source %s: the configuration has no source of that name",
			              x->source_name);
		return s;
	}
	s = only_source(x->config, x->file);
	if (s == NULL)
		s = detected(x, text);
	if (s == NULL)
		ask_for_source(x->config, err);
	return s;
}

static bool hashes(const struct source_config *s)
{
	for (size_t i = 0; i < s->rules_n; i++)
		for (size_t k = 0; k < s->rules[i].origins_n; k++)
			if (s->rules[i].origins[k].hash)
				return true;
	return false;
}

/* Of the database, so that a hash is the one that `report` shows. */
static struct hash_key key_of(const struct explain *x, const struct source_config *s)
{
	struct err ignored = {0};
	struct ledger *ledger = hashes(s) ? ledger_open_read(x->config->database, &ignored) : NULL;
	struct hash_key key = ledger ? ledger_key(ledger) : no_key;

	ledger_close(&ledger);
	return key;
}

static bool set_up(struct explain *x, const char *text, struct err *err)
{
	const struct source_config *s;

	x->book = book_open(x->config, err);
	s = x->book ? choose_source(x, text, err) : NULL;
	x->source = s ? source_new(s, x->book, err) : NULL;
	if (x->source == NULL)
		return false;
	x->explainer.path = x->file;
	x->explainer.json = x->common.json;
	explainer_start(&x->explainer, x->source, x->book, key_of(x, s));
	return true;
}

/* ---- all records of a text ---- */

static int show_all(struct explain *x, struct walk *s)
{
	struct walk_record record;
	struct err err = {0};
	int status = EXIT_GOOD;

	while (walk_next(s, &record))
		explainer_show(&x->explainer, &record, walk_time(s));
	if (walk_trouble(s))
		(void)err_set(&err, "%s", walk_trouble(s));
	else if (walk_long_lines(s))
		(void)err_set(&err, "the line is too long");
	else if (x->explainer.shown == 0)
		(void)err_set(&err, "there is no record in it");
	if (err.text[0])
		status = fail(EXIT_FAILED, &err);
	walk_close(&s);
	return status;
}

/* ---- a line of a file ---- */

/* Records by their numbers in the file. */
struct target {
	int64_t first, last; /* -1: none */
	bool exact;          /* they begin where it was asked for */
	int64_t offset;      /* of the last one */
};

enum { LOOK_ON = 2 << 20 }; /* bytes behind a record in which another may end that began before */

static bool begins_there(const struct explain *x, const struct walk_record *r)
{
	return x->line ? r->line == x->line : r->offset == x->offset;
}

static bool holds_it(const struct explain *x, const struct walk_record *r)
{
	if (x->line)
		return r->line <= x->line && x->line <= r->last_line;
	return r->offset <= x->offset && x->offset < r->end_offset;
}

/* Several values may begin in one line; of those that only hold it, the nearest is meant. */
static void consider(const struct explain *x, const struct walk_record *r, int64_t number,
                     struct target *t)
{
	bool exact = begins_there(x, r);

	if (!exact && (t->exact || !holds_it(x, r)))
		return;
	if (!exact && t->first >= 0 && r->offset < t->offset)
		return;
	if (!exact || !t->exact)
		t->first = number;
	t->last = number;
	t->exact = exact;
	t->offset = r->offset;
}

static bool is_beyond(const struct explain *x, const struct walk_record *r, const struct target *t)
{
	return t->first >= 0 && !holds_it(x, r) && r->offset > t->offset + LOOK_ON;
}

static bool find_target(struct explain *x, struct target *t, struct err *err)
{
	struct walk *s = walk_file(x->file, x->source, true, err);
	struct walk_record record;
	int64_t n = 0;

	*t = (struct target){.first = -1, .last = -1};
	if (s == NULL)
		return false;
	while (walk_next(s, &record) && !is_beyond(x, &record, t))
		consider(x, &record, n++, t);
	if (t->first < 0 && walk_trouble(s))
		(void)err_set(err, "%s: %s", x->file, walk_trouble(s));
	else if (t->first < 0)
		(void)err_set(err, "%s: there is no record at %s %" PRId64, x->file,
		              x->line ? "line" : "offset", x->line ? x->line : x->offset);
	walk_close(&s);
	return t->first >= 0;
}

static bool needs_what_was_before(const struct source *s)
{
	return source_configuration(s)->carry_n || source_remembers(s);
}

static int show_target(struct explain *x)
{
	struct err err = {0};
	struct target t;
	struct walk_record record;
	struct walk *s = NULL;

	if (find_target(x, &t, &err))
		s = walk_file(x->file, x->source, true, &err);
	if (s == NULL)
		return fail(EXIT_FAILED, &err);
	for (int64_t n = 0; n <= t.last && walk_next(s, &record); n++) {
		if (n >= t.first)
			explainer_show(&x->explainer, &record, walk_time(s));
		else if (needs_what_was_before(x->source))
			explainer_pass(&x->explainer, &record, walk_time(s));
	}
	walk_close(&s);
	return EXIT_GOOD;
}

/* ---- the command ---- */

static int show(struct explain *x, const char *text)
{
	if (x->file)
		return show_target(x);
	if (strcmp(text, "-") == 0)
		return show_all(x, walk_input(x->source));
	return show_all(x, walk_text(str_of(text), x->source));
}

static int explain(struct explain *x, const char *text)
{
	struct buf *out = &x->explainer.page.out;
	int status;

	if (x->common.json) {
		json_begin(out, NULL, '{');
		json_text(out, "source", str_of(source_name(x->source)));
		json_text(out, "file", str_of(x->file));
		json_begin(out, "records", '[');
	}
	status = show(x, text);
	if (x->common.json && status == EXIT_GOOD) {
		json_end(out, ']');
		json_end(out, '}');
		(void)puts(out->p);
	}
	return status != EXIT_GOOD || x->explainer.any_call ? status : EXIT_NO;
}

static int show_call(struct explain *x)
{
	struct err err = {0};

	x->book = book_open(x->config, &err);
	return x->book ? explain_call(x->config, x->book, x->call, x->common.json)
	               : fail(EXIT_USAGE, &err);
}

/* -1, or a status: the error has been said. */
static int read_numbers(struct explain *x)
{
	char *end;

	x->offset = -1;
	if (x->line_text) {
		x->line = strtoll(x->line_text, &end, 10);
		if (*end || x->line < 1)
			return usage_error(&command_explain, "--line takes a number from 1, not",
			                   x->line_text);
	}
	if (x->offset_text) {
		x->offset = strtoll(x->offset_text, &end, 10);
		if (*end || end == x->offset_text || x->offset < 0)
			return usage_error(&command_explain, "--offset takes a number from 0, not",
			                   x->offset_text);
	}
	return -1;
}

static int read_arguments(struct explain *x, int positional, char **argv)
{
	bool place = x->line_text || x->offset_text;

	if (x->call && (x->file || place || positional || x->preset || x->source_name))
		return usage_error(&command_explain, "--call stands alone", NULL);
	if (x->call)
		return -1;
	if (x->file == NULL && place)
		return usage_error(&command_explain, "--line and --offset need --file", NULL);
	if (x->file && positional)
		return usage_error(&command_explain, "takes a LINE or --file, not also", argv[1]);
	if (x->file && (!place || (x->line_text && x->offset_text)))
		return usage_error(&command_explain, "--file needs --line N or --offset N", NULL);
	if (x->file == NULL && positional == 0)
		return usage_error(&command_explain, "takes a LINE, - or --file", NULL);
	if (positional > 1)
		return usage_error(&command_explain, "takes one LINE, not also", argv[2]);
	return read_numbers(x);
}

static int run(int argc, char **argv)
{
	struct explain x = {0};
	const struct option_row options[] = {{"--preset", &x.preset, NULL, NULL, NULL},
	                                     {"--source", &x.source_name, NULL, NULL, NULL},
	                                     {"--file", &x.file, NULL, NULL, NULL},
	                                     {"--line", &x.line_text, NULL, NULL, NULL},
	                                     {"--offset", &x.offset_text, NULL, NULL, NULL},
	                                     {"--call", &x.call, NULL, NULL, NULL},
	                                     {0}};
	struct err err = {0};
	int positional;
	int status = options_parse(&command_explain, argc, argv, options, &x.common, &positional);

	if (status < 0)
		status = read_arguments(&x, positional, argv);
	if (status >= 0)
		return status;
	x.config = common_config(&x.common);
	if (x.config == NULL)
		return EXIT_USAGE;
	status = x.call ? show_call(&x) : -1;
	if (status < 0)
		status = set_up(&x, argv[1], &err) ? explain(&x, argv[1]) : fail(EXIT_USAGE, &err);
	explainer_free(&x.explainer);
	source_free(&x.source);
	book_free(&x.book);
	config_free(&x.preset_config);
	config_free(&x.config);
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.usage = "explain LINE | - | --file FILE --line N | --call ID "
		 "[--preset NAME | --source NAME]",
	.summary = "one record's way: fields, tokens, price and why, cost",
	.help = "Shows what becomes of a record: the envelopes that are taken off, the tests it\n"
		"passes or fails, where each field comes from, its tokens, the price that is\n"
		"chosen and why, and the cost as a sum.\n"
		"\n"
		"LINE is one record as it stands in the log; - reads records from standard input.\n"
		"\n"
		"  --file FILE    a record of a log, plain or gzip, with all it carries or joins\n"
		"                 from those before it\n"
		"  --line N       the one that begins in line N, or holds it\n"
		"  --offset N     the one that begins at byte N, as `status` says, or holds it\n"
		"  --call ID      a call of the database, by `id` or `request_id` of the view\n"
		"                 `calls`: how it is priced, though its log may be gone\n"
		"  --preset NAME  read it as the preset says\n"
		"  --source NAME  read it as this source of the configuration does; needed when "
		"it\n"
		"                 has several, of which none or more than one reads FILE\n"
		"\n"
		"Without a configuration, `detect` says how FILE or LINE is read.\n"
		"\n"
		"Prompts are never shown whole. Exit status 3 when the record is no call.\n"
		"\n"
		"Examples:\n"
		"  tail -1 app.log | tokentail explain --preset json -\n"
		"  tokentail explain --source gateway \"$(head -1 gateway.jsonl)\"\n"
		"  tokentail explain --file /var/log/app/app.log.2.gz --line 1204\n"
		"  tokentail explain --call req_01J8ZQ\n",
	.run = run,
};
