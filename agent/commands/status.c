/*
 * `status` answers two questions: is everything counted, and if not, which file and which record is
 * it. The ledger knows what was read, an agent that runs what it is about, and how far a file has
 * grown since is asked of the file itself.
 */
#include "agent/commands/status.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "agent/commands/command.h"
#include "agent/commands/stuck.h"
#include "agent/pipeline/course.h"

enum { REJECTS_SHOWN = 10 };

int64_t status_records(const struct status_source *source)
{
	int64_t sum = 0;

	for (size_t i = 0; i < OUTCOMES; i++)
		sum += source->records[i];
	return sum;
}

bool status_adds_up(const struct status_source *source)
{
	return source->records[OUTCOME_CALL] == source->counted;
}

static struct status_source *source_of(struct status *s, struct str name, size_t *capacity)
{
	for (size_t i = 0; i < s->sources_n; i++)
		if (str_eq(s->sources[i].name, name))
			return &s->sources[i];
	s->sources = array_room(s->sources, s->sources_n, capacity, sizeof(*s->sources));
	s->sources[s->sources_n] = (struct status_source){.name = name};
	return &s->sources[s->sources_n++];
}

/* Sources come from both sides, so that one which only one side knows does not add up. */
static void find_sources(struct status *s, const struct query_result *totals)
{
	size_t capacity = 0;

	for (size_t i = 0; i < s->reasons_n; i++)
		if (s->reasons[i].outcome < OUTCOMES)
			source_of(s, s->reasons[i].source, &capacity)
				->records[s->reasons[i].outcome] += s->reasons[i].records;
	for (size_t i = 0; i < totals->n; i++)
		source_of(s, totals->rows[i].key[0], &capacity)->counted =
			totals->rows[i].sums.calls;
}

static void find_files(struct status *s, const struct mark *marks, size_t n)
{
	s->files = xcalloc(n, sizeof(*s->files));
	s->files_n = n;
	for (size_t i = 0; i < n; i++) {
		const struct mark *m = &marks[i];

		s->files[i] = (struct status_file){.path = str_of(m->path),
		                                   .source = str_of(m->source),
		                                   .reason = str_of(m->reason),
		                                   .state = m->state,
		                                   .offset = m->offset,
		                                   .size = m->size,
		                                   .lag = m->content_size - m->offset,
		                                   .lost = m->lost,
		                                   .written = m->mtime_ns / 1000,
		                                   .rate = -1,
		                                   .mark = m};
	}
}

/* A broken sum is our fault and worse than what is stuck, which is the answer "no". */
static int verdict(const struct status *s)
{
	int status = s->stuck_n ? EXIT_NO : EXIT_GOOD;

	for (size_t i = 0; i < s->sources_n; i++)
		if (!status_adds_up(&s->sources[i]))
			status = EXIT_FAILED;
	return status;
}

static int show(const struct status *s, const struct common *common)
{
	struct look look = look_of(stdout);
	struct err err = {0};
	struct buf out = {0};
	bool written;

	if (common->json)
		status_json(s, &out);
	else
		status_text(s, &look, &out);
	written = fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
	buf_free(&out);
	if (!written) {
		(void)err_set(&err, "the status could not be written to the output");
		return fail(EXIT_FAILED, &err);
	}
	return verdict(s);
}

static int show_ledger(struct ledger *l, struct status *s, const struct common *common)
{
	const struct query by_source = {.by = {DIM_SOURCE},
	                                .by_n = 1,
	                                .since = INT64_MIN,
	                                .until = INT64_MAX,
	                                .zone = ledger_zone(l)};
	struct arena text = {0};
	struct query_result *totals = NULL;
	struct mark *marks = NULL;
	size_t marks_n = 0;
	struct err err = {0};
	int status = EXIT_FAILED;

	totals = query_run(l, &by_source, &err);
	if (totals && query_coverage(l, &s->reasons, &s->reasons_n, &text, &err) &&
	    query_rejects(l, REJECTS_SHOWN, &s->rejects, &s->rejects_n, &text, &err) &&
	    ledger_marks(l, &marks, &marks_n, &err) &&
	    ledger_sizes(l, clock_now(), &s->sizes, &err)) {
		find_sources(s, totals);
		find_files(s, marks, marks_n);
		status_merge(s);
		status_look(s);
		stuck_find(s);
		s->zone = ledger_zone(l);
		s->now = clock_now();
		status = show(s, common);
	} else {
		(void)fail(status, &err);
	}
	for (size_t i = 0; i < marks_n; i++)
		mark_free(&marks[i]);
	free(marks);
	query_result_free(&totals);
	arena_free(&text);
	return status;
}

static int run(int argc, char **argv)
{
	struct common common = {0};
	struct status s = {0};
	struct err err = {0};
	struct config *config;
	struct ledger *ledger;
	int positional;
	int status = options_parse(&command_status, argc, argv, NULL, &common, &positional);

	if (status < 0 && positional > 0)
		status = usage_error(&command_status, "unexpected argument", argv[1]);
	if (status >= 0)
		return status;
	config = common_config(&common);
	if (config == NULL)
		return EXIT_USAGE;
	s.database = config->database;
	status_ask(&s);
	ledger = ledger_open_read(config->database, &err);
	status = ledger ? show_ledger(ledger, &s, &common) : fail(EXIT_FAILED, &err);
	ledger_close(&ledger);
	status_free(&s);
	config_free(&config);
	return status;
}

const struct command command_status = {
	.name = "status",
	.usage = "status [--json]",
	.summary = "what became of every record, where each file is, and what is stuck",
	.help = "Shows for each source its records and what became of them, why records were\n"
		"skipped or rejected, the last rejected ones, and each file: its state, the bytes\n"
		"counted, there, not counted yet (lag) and lost, how long ago it was written,\n"
		"and, from the agent if one runs, the bytes a second that are read of it.\n"
		"\n"
		"Stuck is what needs a person; each is named with what to do:\n"
		"  - an agent that does not answer within 2 s\n"
		"  - commits that fail for 5 s\n"
		"  - old calls that could not be moved to the archive\n"
		"  - a corrupt file, and one that cannot be opened\n"
		"  - a file of which the agent reads nothing for 60 s though there is something\n"
		"Exit status: 0 all is well, 1 the sums do not agree, 3 something is stuck.\n"
		"\n"
		"Examples:\n"
		"  tokentail status\n"
		"  tokentail status --json | jq '.files[] | select(.lag_bytes > 0)'\n"
		"  tokentail status > /tmp/status || mail -s tokentail root < /tmp/status\n",
	.run = run,
};
