/*
 * `tokentail detect`: what a log is, and a configuration that reads it. What it prints is YAML as a
 * whole, findings as comments, so that it can be saved as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/escape.h"
#include "agent/base/zone.h"
#include "agent/commands/command.h"
#include "agent/commands/detect_show.h"
#include "agent/commands/text.h"

struct detecting {
	struct common common;
	const char *write_to;
	struct config *config;
	struct book *book;
	struct detection detection;
	bool on_terminal, missed; /* missed: an argument gave no file */
	time_t started;
	size_t looked_at;
};

static int64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

/* ---- looking ---- */

static void on_file(void *arg, const char *path)
{
	struct detecting *x = arg;
	struct buf line = {0};

	x->looked_at++;
	if (!x->on_terminal || time(NULL) <= x->started)
		return;
	escape_terminal(&line, str_of(path));
	(void)fprintf(stderr, "\r\033[K%zu files, %.60s", x->looked_at, line.p);
	(void)fflush(stderr);
	buf_free(&line);
}

/* A preset of the user's own that cannot be read would be missed in silence. */
static void warn_of_presets(const struct detecting *x)
{
	struct err err = {0};

	if (x->detection.teller.presets.trouble[0] == '\0')
		return;
	(void)err_set(&err, "warning: a preset is left out: %s",
	              x->detection.teller.presets.trouble);
	(void)fail(EXIT_GOOD, &err);
}

static void look(struct detecting *x, char **paths)
{
	warn_of_presets(x);
	x->on_terminal = isatty(STDERR_FILENO) && !x->common.quiet;
	x->started = time(NULL);
	for (; *paths; paths++) {
		struct err err = {0};

		if (detection_add(&x->detection, *paths, on_file, x, &err))
			continue;
		if (x->on_terminal)
			(void)fputs("\r\033[K", stderr);
		(void)fail(EXIT_NO, &err);
		x->missed = true;
	}
	if (x->on_terminal)
		(void)fputs("\r\033[K", stderr);
	detection_finish(&x->detection);
}

/* ---- printing ---- */

/* Exclusive: whatever is there already stays as it is. */
static bool write_file(const char *path, struct str text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool good;

	if (fd < 0 && errno == EEXIST)
		return err_set(err, "%s: is there already and is not overwritten", path);
	if (f == NULL)
		return err_set(err, "%s: cannot be written: %s", path, strerror(errno));
	good = fwrite(text.p, 1, text.n, f) == text.n;
	good &= fclose(f) == 0;
	return good || err_set(err, "%s: cannot be written: %s", path, strerror(errno));
}

static void print_text(const struct detecting *x, struct str yaml)
{
	struct buf out = {0};

	buf_puts(&out, "");
	if (!x->common.quiet)
		detect_text(&out, &x->detection, x->write_to ? "" : "#");
	if (x->write_to == NULL)
		buf_str(&out, yaml);
	(void)fputs(out.p, stdout);
	buf_free(&out);
}

static int write_out(const struct detecting *x, struct str yaml)
{
	struct err err = {0};
	struct buf text = {0};
	bool good;

	if (yaml.n == 0)
		return EXIT_GOOD;
	buf_puts(&text,
	         "# Made by `tokentail detect`. What every key means: `tokentail help keys`.\n");
	buf_str(&text, yaml);
	good = write_file(x->write_to, buf_view(&text), &err);
	buf_free(&text);
	if (!good)
		return fail(EXIT_FAILED, &err);
	if (!x->common.quiet && !x->common.json) {
		struct buf name = {0};

		escape_terminal(&name, str_of(x->write_to));
		(void)printf("Written to %s. Next: tokentail check -c %s\n", name.p, name.p);
		buf_free(&name);
	}
	return EXIT_GOOD;
}

/* All that was named was told, and all in folders that is no link and holds calls. */
static bool all_told(const struct detecting *x)
{
	const struct detection *d = &x->detection;

	for (size_t i = 0; i < d->files_n; i++) {
		const struct detected_file *f = &d->files[i];
		bool whole = f->group != SIZE_MAX && group_is_whole(&d->groups[f->group]);

		if (!whole && (f->named || (f->told != TOLD_NOTHING && !f->link)))
			return false;
	}
	return d->groups_n > 0 && !x->missed;
}

static int result(const struct detecting *x)
{
	struct buf yaml = {0};
	int status = EXIT_GOOD;

	buf_puts(&yaml, "");
	detection_yaml(&x->detection, &yaml);
	if (x->common.json) {
		struct buf out = {0};

		detect_json(&out, &x->detection, buf_view(&yaml));
		(void)fputs(out.p, stdout);
		buf_free(&out);
	} else {
		print_text(x, buf_view(&yaml));
	}
	if (x->write_to)
		status = write_out(x, buf_view(&yaml));
	buf_free(&yaml);
	if (status != EXIT_GOOD)
		return status;
	return all_told(x) ? EXIT_GOOD : EXIT_NO;
}

static int run(int argc, char **argv)
{
	struct detecting x = {0};
	const struct option_row options[] = {{"--write", &x.write_to, NULL, NULL, NULL}, {0}};
	struct err err = {0};
	int positional;
	int status = options_parse(&command_detect, argc, argv, options, &x.common, &positional);

	if (status >= 0)
		return status;
	if (positional == 0)
		return usage_error(&command_detect, "takes the paths of logs", NULL);
	argv[positional + 1] = NULL;
	x.config = common_config(&x.common);
	if (x.config == NULL)
		return EXIT_USAGE;
	x.book = book_open(x.config, &err);
	if (x.book && detection_open(&x.detection, x.book, now(), &err)) {
		look(&x, argv + 1);
		status = result(&x);
		detection_close(&x.detection);
	} else {
		status = fail(EXIT_USAGE, &err);
	}
	book_free(&x.book);
	config_free(&x.config);
	return status;
}

const struct command command_detect = {
	.name = "detect",
	.usage = "detect PATH... [--write FILE]",
	.summary = "says what a log is and prints a configuration that reads it",
	.help = "PATH is a file, a folder with all below it, a glob, or - for standard input. The\n"
		"first records of each file are read, plain or gzip, inside of docker, CRI, "
		"syslog\n"
		"and journald too. Every preset is tried on them; where none fits, the fields are\n"
		"looked for by their names and values, and what is not sure is marked TODO.\n"
		"\n"
		"  --write FILE  writes the configuration there; never over a file\n"
		"  -q            only the configuration, without what was found\n"
		"\n"
		"The per cent say: of the records that are calls or should be, how many give "
		"time,\n"
		"model and tokens. The word says how it was told: `sure` by marks that only this\n"
		"log has, `likely` by common names; without a preset the fields are `found` by\n"
		"their names and values. What is printed is YAML as a whole and can be saved.\n"
		"\n"
		"Exit status 3 when a log could not be told.\n"
		"\n"
		"Examples:\n"
		"  tokentail detect /var/log/myapp\n"
		"  tokentail detect app.log* gateway.jsonl --write tokentail.yaml\n"
		"  kubectl logs deploy/gateway | tokentail detect -\n",
	.run = run,
};
