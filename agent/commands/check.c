/*
 * `tokentail check`: everything that can be said about a configuration without reading a log. It is
 * the first command of a newcomer, so it also shows what each glob finds and why a file is left
 * out.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "agent/base/escape.h"
#include "agent/commands/check_lines.h"
#include "agent/commands/command.h"
#include "agent/commands/look.h"
#include "agent/commands/text.h"
#include "agent/follow/discover.h"
#include "agent/meter/source.h"

enum { FILES_SHOWN = 20 }; /* of one glob, without -v */

struct check {
	struct common common;
	struct config *config;
	struct book *book;
	struct buf out;
	size_t warnings;
	const char *lines; /* how many records of each file are tried; NULL: none */
	bool no_call;      /* a source found none among its records */
};

static void warn(struct check *c, const struct source_config *s, const char *glob, const char *what)
{
	struct buf line = {0};

	buf_puts(&line, "tokentail: warning: source ");
	escape_terminal(&line, str_of(s->name));
	buf_puts(&line, ": ");
	escape_terminal(&line, str_of(glob));
	buf_puts(&line, ": ");
	escape_terminal(&line, str_of(what));
	(void)fprintf(stderr, "%s\n", line.p);
	buf_free(&line);
	c->warnings++;
}

/* ---- for people ---- */

static void row(struct check *c, const char *name, const char *value)
{
	buf_printf(&c->out, "%-15s", name);
	escape_terminal(&c->out, str_of(value));
	buf_char(&c->out, '\n');
}

static void show_start(struct check *c)
{
	char count[TEXT_COUNT];
	size_t prices;

	(void)book_rows(c->book, &prices);
	text_count(count, (int64_t)prices);
	row(c, "configuration", c->config->file);
	row(c, "database", c->config->database);
	row(c, "time zone", c->config->timezone);
	row(c, "prices", count);
}

static void show_source(struct check *c, const struct source_config *s)
{
	buf_char(&c->out, '\n');
	escape_terminal(&c->out, str_of(s->name));
	buf_printf(&c->out, ": %s", s->format);
	if (s->preset) {
		buf_puts(&c->out, ", preset ");
		escape_terminal(&c->out, str_of(s->preset));
	}
	if (s->about) {
		buf_puts(&c->out, " (");
		escape_terminal(&c->out, str_of(s->about));
		buf_char(&c->out, ')');
	}
	buf_char(&c->out, '\n');
}

static void show_file(struct check *c, const struct found *f)
{
	char size[TEXT_SIZE];

	text_size(size, f->size);
	buf_printf(&c->out, "  %10s  ", f->left_out ? "-" : size);
	escape_terminal(&c->out, str_of(f->path));
	if (f->left_out) {
		buf_puts(&c->out, "  left out: ");
		escape_terminal(&c->out, str_of(f->left_out));
	}
	buf_char(&c->out, '\n');
}

static void show_glob(struct check *c, const char *glob, const struct found_list *list)
{
	size_t shown = c->common.verbose || list->n < FILES_SHOWN ? list->n : FILES_SHOWN;

	buf_puts(&c->out, "  ");
	escape_terminal(&c->out, str_of(glob));
	buf_puts(&c->out, list->n ? "\n" : "  matches nothing\n");
	for (size_t i = 0; i < shown; i++)
		show_file(c, &list->items[i]);
	if (shown < list->n)
		buf_printf(&c->out, "  %10s  and %zu more; -v shows all\n", "", list->n - shown);
}

static void show_end(struct check *c)
{
	buf_printf(&c->out, "\n%zu source%s, %zu warning%s\n", c->config->sources_n,
	           c->config->sources_n == 1 ? "" : "s", c->warnings, c->warnings == 1 ? "" : "s");
}

/* ---- for programs ---- */

static void json_member(struct check *c, const char *name, const char *value)
{
	buf_printf(&c->out, "\"%s\":", name);
	if (value)
		escape_json(&c->out, str_of(value));
	else
		buf_puts(&c->out, "null");
}

static void json_start(struct check *c)
{
	buf_char(&c->out, '{');
	json_member(c, "file", c->config->file);
	buf_char(&c->out, ',');
	json_member(c, "database", c->config->database);
	buf_char(&c->out, ',');
	json_member(c, "timezone", c->config->timezone);
	buf_puts(&c->out, ",\"sources\":[");
}

static void json_source(struct check *c, const struct source_config *s)
{
	buf_puts(&c->out, s == c->config->sources ? "{" : ",{");
	json_member(c, "name", s->name);
	buf_char(&c->out, ',');
	json_member(c, "preset", s->preset);
	buf_char(&c->out, ',');
	json_member(c, "format", s->format);
	buf_puts(&c->out, ",\"paths\":[");
}

static void json_glob(struct check *c, const char *glob, const struct found_list *list, bool first)
{
	buf_puts(&c->out, first ? "{" : ",{");
	json_member(c, "path", glob);
	buf_puts(&c->out, ",\"files\":[");
	for (size_t i = 0; i < list->n; i++) {
		const struct found *f = &list->items[i];

		buf_puts(&c->out, i ? ",{" : "{");
		json_member(c, "path", f->path);
		buf_printf(&c->out, ",\"size\":%" PRId64 ",", f->size);
		json_member(c, "left_out", f->left_out);
		buf_char(&c->out, '}');
	}
	buf_puts(&c->out, "]}");
}

static void json_end(struct check *c)
{
	buf_printf(&c->out, "],\"warnings\":%zu}\n", c->warnings);
}

/* ---- the check ---- */

static void check_glob(struct check *c, const struct source_config *s, size_t i)
{
	struct found_list list = {0};
	struct err err = {0};

	if (!discover(s->paths[i], s->follow_symlinks, &list, &err))
		warn(c, s, s->paths[i], err.text);
	else if (list.n == 0)
		warn(c, s, s->paths[i], "matches no file");
	found_sort(&list);
	if (c->common.json)
		json_glob(c, s->paths[i], &list, i == 0);
	else
		show_glob(c, s->paths[i], &list);
	found_free(&list);
}

static bool check_source(struct check *c, const struct source_config *s, struct err *err)
{
	struct source *source = source_new(s, c->book, err);

	if (source == NULL)
		return false;
	source_free(&source);
	if (c->common.json)
		json_source(c, s);
	else
		show_source(c, s);
	for (size_t i = 0; i < s->paths_n; i++)
		check_glob(c, s, i);
	if (c->common.json)
		buf_puts(&c->out, "]}");
	return true;
}

/* ---- with --lines: the sources on their logs ---- */

static void warn_of_glob(void *arg, const struct source_config *s, const char *glob,
                         const char *what)
{
	warn(arg, s, glob, what);
}

static bool try_source(struct check *c, const struct source_config *s,
                       const struct lines_options *options, struct err *err)
{
	struct arena memory = {0};
	struct lines_source lines;
	bool good = lines_read(s, options, &memory, &lines, err);

	if (good) {
		c->no_call |= lines_no_call(&lines);
		if (c->out.n && !c->common.json)
			buf_char(&c->out, '\n');
		if (c->common.json)
			lines_json(&c->out, &lines);
		else
			lines_text(&c->out, &lines, c->common.verbose);
	}
	lines_free(&lines);
	arena_free(&memory);
	return good;
}

static bool try_all(struct check *c, int64_t records, struct err *err)
{
	const struct lines_options options = {.records = records,
	                                      .all_files = c->common.verbose,
	                                      .utf8 = look_of(stdout).utf8,
	                                      .book = c->book,
	                                      .warn = warn_of_glob,
	                                      .arg = c};

	if (c->common.json)
		buf_printf(&c->out, "{\"lines\":%" PRId64 ",\"sources\":[", records);
	for (size_t i = 0; i < c->config->sources_n; i++)
		if (!try_source(c, &c->config->sources[i], &options, err))
			return false;
	if (c->common.json)
		buf_puts(&c->out, "]}\n");
	return true;
}

/* ---- the command ---- */

static bool check_sources(struct check *c, struct err *err)
{
	if (c->common.json)
		json_start(c);
	else
		show_start(c);
	for (size_t i = 0; i < c->config->sources_n; i++)
		if (!check_source(c, &c->config->sources[i], err))
			return false;
	if (c->common.json)
		json_end(c);
	else
		show_end(c);
	return true;
}

static bool check_all(struct check *c, struct err *err)
{
	if (c->config->file == NULL)
		return err_set(err, "no configuration was found; give -c FILE, or start from the "
		                    "sample tokentail.yaml");
	c->book = book_open(c->config, err);
	if (c->book == NULL)
		return false;
	return c->lines ? try_all(c, strtoll(c->lines, NULL, 10), err) : check_sources(c, err);
}

/* From 1 to LINES_MAX. */
static bool is_number_of_lines(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	return *end == '\0' && n >= 1 && n <= LINES_MAX;
}

static int run(int argc, char **argv)
{
	struct check c = {0};
	const struct option_row options[] = {{.name = "--lines", .value = &c.lines}, {0}};
	struct err err = {0};
	int positional;
	int status = options_parse(&command_check, argc, argv, options, &c.common, &positional);

	if (status >= 0)
		return status;
	if (positional)
		return usage_error(&command_check, "no argument is expected, found", argv[1]);
	if (c.lines && !is_number_of_lines(c.lines))
		return usage_error(&command_check, "--lines takes 1 to 1000000, not", c.lines);
	c.config = common_config(&c.common);
	if (c.config == NULL)
		return EXIT_USAGE;
	status = check_all(&c, &err) ? EXIT_GOOD : fail(EXIT_USAGE, &err);
	if (status == EXIT_GOOD && (c.common.json || !c.common.quiet))
		(void)fputs(c.out.p ? c.out.p : "", stdout);
	buf_free(&c.out);
	book_free(&c.book);
	config_free(&c.config);
	return status == EXIT_GOOD && c.no_call ? EXIT_NO : status;
}

const struct command command_check = {
	.name = "check",
	.usage = "check [-c FILE] [-v] [--lines N]",
	.summary = "checks the configuration, shows the files of each source, tries it on them",
	.help = "Reads the configuration, its presets and price books, compiles every path, "
		"pattern\n"
		"and time zone, and lists the files that match, each with its size or why it is\n"
		"left out. Nothing is written, and without --lines nothing is read from the logs.\n"
		"\n"
		"  --lines N  tries each source on the first N records of its files (of the 20\n"
		"             newest): calls, duplicates, and why records are skipped or "
		"rejected,\n"
		"             with examples; patterns and fields that were of no use; calls\n"
		"             without a price\n"
		"  -v         all files, not only the first 20 of each path\n"
		"\n"
		"Exit status 2 means a mistake, said in one line with file, line and key; 3, with\n"
		"--lines, that a source found no call in its records. A path that matches nothing\n"
		"is a warning.\n"
		"\n"
		"Examples:\n"
		"  tokentail check\n"
		"  tokentail check -c new.yaml --lines 1000 && mv new.yaml tokentail.yaml\n",
	.run = run,
};
