/*
 * `tokentail backfill`: reads what the logs hold, oldest first, and ends. What was counted before
 * is known by content and not counted again, so it can be run at any time.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/escape.h"
#include "agent/commands/backfill_detect.h"
#include "agent/commands/text.h"
#include "agent/follow/discover.h"
#include "agent/ledger/own.h"
#include "agent/ledger/segments.h"
#include "agent/ledger/sizes.h"
#include "agent/meter/cost.h"
#include "agent/pipeline/course.h"
#include "agent/pipeline/pipeline.h"

struct backfill {
	struct common common;
	const char *preset, *source_name, *jobs_text;
	int jobs;
	char **paths; /* of the command line */
	int paths_n;
	struct config *config, *preset_config; /* the second is NULL without --preset */
	struct detected detected;
	bool detecting; /* nothing says how the paths are to be read */
	struct book *book;
	struct ledger *ledger;
	char *archive; /* folder */
	char prices[BOOK_DIGEST];
	struct source **sources;
	size_t sources_n;
	struct pipeline *pipeline;
	bool unmatched;  /* a path of the command line gave no file */
	bool configured; /* what goes wrong from now on is no wrong configuration */
	bool on_terminal;
	double started; /* seconds, monotonic */
};

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what is said on the way ---- */

static void clear_line(const struct backfill *b)
{
	if (b->on_terminal)
		(void)fputs("\r\033[K", stderr);
}

static void on_progress(void *arg, const struct pipeline_sums *sums, int64_t consumed,
                        int64_t total)
{
	const struct backfill *b = arg;
	double elapsed = seconds() - b->started;
	char bytes[TEXT_SIZE], all[TEXT_SIZE], rate[TEXT_SIZE];

	if (!b->on_terminal || elapsed < 1)
		return;
	text_size(bytes, consumed);
	text_size(all, total);
	text_size(rate, (int64_t)((double)sums->bytes / elapsed));
	clear_line(b);
	(void)fprintf(stderr, "%s of %s, %" PRId64 " files, %s/s", bytes, all, sums->files, rate);
	if (consumed > 0 && total > consumed)
		(void)fprintf(stderr, ", about %.0f s left",
		              elapsed * (double)(total - consumed) / (double)consumed + 0.5);
	(void)fflush(stderr);
}

static void warn(const struct backfill *b, const char *path, const char *why)
{
	struct buf line = {0};

	escape_terminal(&line, str_of(path));
	buf_puts(&line, ": ");
	escape_terminal(&line, str_of(why));
	clear_line(b);
	(void)fprintf(stderr, "tokentail: %s\n", line.p);
	buf_free(&line);
}

/* Errors of the reader name the path themselves. */
static void on_trouble(void *arg, const char *path, const char *why)
{
	size_t n = strlen(path);

	if (strncmp(why, path, n) == 0 && why[n] == ':')
		why += n + 2;
	warn(arg, path, why);
}

/* ---- sources and files ---- */

static bool open_sources(struct backfill *b, struct err *err)
{
	const struct config *c = b->preset_config ? b->preset_config : b->config;

	b->sources = xcalloc(c->sources_n, sizeof(struct source *));
	for (size_t i = 0; i < c->sources_n; i++) {
		if (b->source_name && strcmp(c->sources[i].name, b->source_name) != 0)
			continue;
		b->sources[b->sources_n] = source_new(&c->sources[i], b->book, err);
		if (b->sources[b->sources_n++] == NULL)
			return false;
	}
	return true;
}

static const char *why_left_out(const struct backfill *b, const struct found *f)
{
	struct stat st;

	if (f->left_out == NULL && stat(f->path, &st) == 0 &&
	    ledger_owns(b->config->database, f->path, &st))
		return LEDGER_OWN;
	return f->left_out;
}

static void add_found(struct backfill *b, const struct source *s, struct found_list *list)
{
	found_unique(list);
	found_sort(list);
	for (size_t i = 0; i < list->n; i++) {
		const struct found *f = &list->items[i];
		const char *why = why_left_out(b, f);

		if (why)
			pipeline_leave_out(b->pipeline, s, f->path, why);
		else
			pipeline_add(b->pipeline, s, f->path, f->size);
	}
}

/* Appends what the glob finds, which other globs may have found too. */
static void add_glob(struct backfill *b, const struct source *s, const char *glob,
                     struct found_list *list)
{
	struct err err = {0};
	struct found_list found = {0};

	if (!discover(glob, source_configuration(s)->follow_symlinks, &found, &err))
		warn(b, glob, err.text);
	else if (found.n == 0)
		warn(b, glob, "matches no file");
	b->unmatched |= found.n == 0;
	found_append(list, &found);
}

static void add_files(struct backfill *b)
{
	if (b->detecting) {
		detected_add(&b->detected, b->pipeline);
		b->unmatched |= b->detected.missed;
	}
	for (size_t i = 0; i < b->sources_n; i++) {
		const struct source_config *c = source_configuration(b->sources[i]);
		char **globs = b->paths_n ? b->paths : c->paths;
		size_t n = b->paths_n ? (size_t)b->paths_n : c->paths_n;
		struct found_list list = {0};

		for (size_t k = 0; k < n; k++) {
			if (strcmp(globs[k], "-") == 0)
				pipeline_add_input(b->pipeline, b->sources[i]);
			else
				add_glob(b, b->sources[i], globs[k], &list);
		}
		add_found(b, b->sources[i], &list);
		found_free(&list);
	}
}

/* ---- the result ---- */

static int64_t records(const struct commit_sums *s)
{
	int64_t n = 0;

	for (int i = 0; i < OUTCOMES; i++)
		n += s->records[i];
	return n;
}

static void print_json(const struct backfill *b, const struct pipeline_sums *s)
{
	const struct commit_sums *c = &s->commit;
	char cost[COST_TEXT];

	cost_print(c->cost, cost);
	(void)printf("{\"files\":%" PRId64 ",\"bytes\":%" PRId64 ",\"records\":%" PRId64
	             ",\"calls\":%" PRId64 ",\"duplicates\":%" PRId64 ",\"skipped\":%" PRId64
	             ",\"rejected\":%" PRId64 ",\"unpriced_calls\":%" PRId64
	             ",\"archived_calls\":%" PRId64 ",\"cost_usd\":%s,\"seconds\":%.3f}\n",
	             s->files, s->bytes, records(c), c->records[OUTCOME_CALL],
	             c->records[OUTCOME_DUPLICATE], c->records[OUTCOME_SKIPPED],
	             c->records[OUTCOME_REJECTED], c->unpriced, c->archived, cost,
	             seconds() - b->started);
}

static void print_text(const struct backfill *b, const struct pipeline_sums *s)
{
	const struct commit_sums *c = &s->commit;
	char bytes[TEXT_SIZE], counts[OUTCOMES][TEXT_COUNT], all[TEXT_COUNT], cost[TEXT_COST];
	char archived[TEXT_COUNT];

	text_size(bytes, s->bytes);
	text_count(all, records(c));
	for (int i = 0; i < OUTCOMES; i++)
		text_count(counts[i], c->records[i]);
	text_count(archived, c->archived);
	text_cost(cost, c->cost);
	(void)printf("%" PRId64 " file%s", s->files, s->files == 1 ? "" : "s");
	if (s->unchanged)
		(void)printf(" (%" PRId64 " unchanged)", s->unchanged);
	(void)printf(", %s read in %.1f s\n", bytes, seconds() - b->started);
	(void)printf("%s records = %s calls + %s duplicates + %s skipped + %s rejected\n", all,
	             counts[OUTCOME_CALL], counts[OUTCOME_DUPLICATE], counts[OUTCOME_SKIPPED],
	             counts[OUTCOME_REJECTED]);
	if (c->records[OUTCOME_DUPLICATE] < 0)
		(void)puts(
			"parts of calls that an earlier run left waiting were duplicates then and "
			"are calls now");
	if (c->archived)
		(void)printf("%s of the calls went to the archive: older than keep.calls\n",
		             archived);
	(void)printf("cost %s", cost);
	if (c->unpriced)
		(void)printf(", without %" PRId64 " %s no price", c->unpriced,
		             c->unpriced == 1 ? "call that has" : "calls that have");
	(void)puts("");
	if (c->records[OUTCOME_REJECTED])
		(void)puts("`tokentail status` shows why records were rejected");
}

/* What is older than keep.calls would leave the database at the next rotation. */
static void archive_old(struct backfill *b)
{
	int64_t keep = b->config->keep_calls, now = clock_now();

	if (keep == KEEP_FOREVER || keep == KEEP_NONE || keep > now)
		return;
	b->archive = archive_folder(b->config->database);
	book_digest(b->book, b->prices);
	ledger_archive_old(b->ledger, b->archive, str_of(b->prices),
	                   (now - keep) / TIME_DAY * TIME_DAY);
}

static int read_all(struct backfill *b)
{
	struct pipeline_sums sums = {0};
	struct err err = {0};
	bool good;

	b->on_terminal = isatty(STDERR_FILENO) && !b->common.quiet;
	b->started = seconds();
	add_files(b);
	archive_old(b);
	good = pipeline_run(b->pipeline, b->config->keep_calls != KEEP_NONE, &sums, &err);
	if (good)
		good = ledger_note_sizes(b->ledger, clock_now(), &err);
	clear_line(b);
	if (b->common.json)
		print_json(b, &sums);
	else if (!b->common.quiet)
		print_text(b, &sums);
	if (!good)
		return fail(EXIT_FAILED, &err);
	return sums.corrupt || sums.failed || (b->paths_n && (b->unmatched || sums.left_out))
	               ? EXIT_FAILED
	               : EXIT_GOOD;
}

/* ---- setting up ---- */

static bool choose_source(struct backfill *b, struct err *err)
{
	if (b->preset && b->paths_n == 0)
		return err_set(err,
		               "--preset %s: which logs? give their paths, or - for standard "
		               "input",
		               b->preset);
	if (b->preset) {
		b->preset_config = config_for_preset(b->preset, b->paths, (size_t)b->paths_n, err);
		return b->preset_config != NULL;
	}
	if (b->source_name && config_source(b->config, str_of(b->source_name)) == NULL)
		return err_set(err, "--source %s: the configuration has no source of that name",
		               b->source_name);
	b->detecting = b->config->sources_n == 0 && b->paths_n > 0;
	if (b->config->sources_n == 0 && b->paths_n == 0)
		return err_set(err, "no configuration with sources was found; give the paths of "
		                    "logs, with --preset NAME or without, or -c FILE");
	if (b->paths_n && b->config->sources_n > 1 && b->source_name == NULL)
		return err_set(err, "which source reads these paths? give --source NAME or "
		                    "--preset NAME");
	return true;
}

static bool set_up(struct backfill *b, struct err *err)
{
	struct pipeline_options options = {b->jobs, b->config, on_progress, on_trouble, b};

	if (!choose_source(b, err))
		return false;
	b->book = book_open(b->config, err);
	if (b->book == NULL)
		return false;
	b->configured = b->detecting;
	if (b->detecting ? !detected_open(&b->detected, b->paths, b->paths_n, b->book,
	                                  b->common.quiet, err)
	                 : !open_sources(b, err))
		return false;
	b->configured = true;
	b->ledger = ledger_open(b->config->database, b->config->timezone, err);
	if (b->ledger == NULL || !sources_start(b->ledger, b->sources, b->sources_n, err))
		return false;
	b->pipeline = pipeline_new(b->ledger, &options);
	return true;
}

static void tear_down(struct backfill *b)
{
	pipeline_free(&b->pipeline);
	for (size_t i = 0; i < b->sources_n; i++)
		source_free(&b->sources[i]);
	free((void *)b->sources);
	if (b->detecting)
		detected_close(&b->detected);
	ledger_close(&b->ledger);
	free(b->archive);
	book_free(&b->book);
	config_free(&b->preset_config);
	config_free(&b->config);
}

static bool read_jobs(struct backfill *b)
{
	char *end;
	long jobs;

	if (b->jobs_text == NULL)
		return true;
	jobs = strtol(b->jobs_text, &end, 10);
	b->jobs = (int)jobs;
	return *end == '\0' && end != b->jobs_text && jobs >= 1 && jobs <= 64;
}

static int run(int argc, char **argv)
{
	struct backfill b = {0};
	const struct option_row options[] = {{"--preset", &b.preset, NULL, NULL, NULL},
	                                     {"--source", &b.source_name, NULL, NULL, NULL},
	                                     {"--jobs", &b.jobs_text, NULL, NULL, NULL},
	                                     {0}};
	struct err err = {0};
	int status = options_parse(&command_backfill, argc, argv, options, &b.common, &b.paths_n);
	bool ready;

	if (status >= 0)
		return status;
	if (!read_jobs(&b))
		return usage_error(&command_backfill, "--jobs takes 1 to 64, not", b.jobs_text);
	b.paths = argv + 1;
	b.config = common_config(&b.common);
	if (b.config == NULL)
		return EXIT_USAGE;
	ready = set_up(&b, &err);
	if (ready)
		status = read_all(&b);
	else /* a database that cannot be opened is a failure, anything before it wrong usage */
		status = fail(b.configured ? EXIT_FAILED : EXIT_USAGE, &err);
	tear_down(&b);
	return status;
}

const struct command command_backfill = {
	.name = "backfill",
	.usage = "backfill [PATH...] [--preset NAME | --source NAME] [--jobs N]",
	.summary = "reads what the logs hold, counts what is new, and ends",
	.help = "Calls older than keep.calls (90 days) go to the archive at once; `report "
		"--detail`\n"
		"reads them there, `tokentail help archives` says how they are kept.\n\n"
		"Without PATH the sources of the configuration are read. PATH is a file, a glob\n"
		"(** for any directories) or - for standard input. With PATH, but neither a\n"
		"configuration with sources nor --preset, the logs are told as `detect` does, "
		"also\n"
		"all below a folder.\n"
		"\n"
		"  --preset NAME  read PATH as the preset says (json, logfmt, litellm, ...)\n"
		"  --source NAME  only this source; with PATH, these files instead of its own\n"
		"  --jobs N       threads (default: one per core)\n"
		"\n"
		"Files are known by content: what was counted before is not counted again, also\n"
		"under another name or packed with gzip.\n"
		"\n"
		"The counters of all runs add up to those of `status`. So duplicates can be below\n"
		"0: a part of a joined call whose rest never came was one in an earlier run, and\n"
		"is a call now.\n"
		"\n"
		"Examples:\n"
		"  tokentail backfill\n"
		"  tokentail backfill /var/log/myapp\n"
		"  tokentail backfill --preset litellm '/var/log/litellm/*.jsonl*'\n"
		"  kubectl logs deploy/gateway | tokentail backfill --preset json -\n",
	.run = run,
};
