/*
 * Every preset on records of its shape. fixtures/presets/NAME.case holds comments, records, and
 * beneath each record what a careful reader makes of it, one line a verdict. The test makes the
 * file anew from its comments and records and compares. With ACCEPT=1 in the environment it
 * writes what it made: read the difference before you commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/format.h"
#include "tests/unit/reading.h"

/* The next line of *text, without its newline; false at the end. */
static bool next_line(struct str *text, struct str *line)
{
	size_t n = str_find(*text, STR("\n"));

	if (text->n == 0)
		return false;
	*line = (struct str){text->p, n};
	*text = str_from(*text, n + 1);
	return true;
}

/* A record is the first line of a block that is no comment; what follows it is made anew. */
static struct buf made_anew(struct reading *r, struct str text)
{
	struct buf out = {0};
	struct str line;
	bool had_record = false;

	while (next_line(&text, &line)) {
		bool comment = line.n && line.p[0] == '#';

		if (line.n == 0)
			had_record = false;
		if (had_record && !comment)
			continue;
		buf_str(&out, line);
		buf_char(&out, '\n');
		if (line.n && !comment) {
			char *record = str_dup(line);

			buf_puts(&out, reading_record(r, record));
			free(record);
			had_record = true;
		}
	}
	return out;
}

static void accept_text(const char *path, struct str text)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
}

static void expect_preset(void **state)
{
	const char *name = *state;
	struct reading r = reading_of_preset(name);
	char path[128];
	struct buf expect, made;

	(void)snprintf(path, sizeof(path), "fixtures/presets/%s.case", name);
	expect = fixture(path);
	made = made_anew(&r, buf_view(&expect));
	if (getenv("ACCEPT"))
		accept_text(path, buf_view(&made));
	else
		assert_string_equal(made.p, expect.p);
	assert_true(r.n[OUTCOME_CALL] > 0);
	buf_free(&expect);
	buf_free(&made);
	reading_free(&r);
}

/* ---- detect ---- */

enum { PRESETS_MAX = 100 };

struct preset {
	char name[64];
	struct reading reading;
	bool knows;   /* its log by tests */
	size_t known; /* of the records at hand */
};

static size_t all_presets(struct preset *all)
{
	glob_t found;
	size_t n;

	assert_int_equal(glob("fixtures/presets/*.case", 0, NULL, &found), 0);
	n = found.gl_pathc;
	assert_in_range(n, 1, PRESETS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *file = strrchr(found.gl_pathv[i], '/') + 1;

		(void)snprintf(all[i].name, sizeof(all[i].name), "%.*s",
		               (int)(strlen(file) - strlen(".case")), file);
		all[i].reading = reading_of_preset(all[i].name);
		all[i].knows = all[i].reading.config->sources[0].detect_n > 0;
	}
	globfree(&found);
	return n;
}

static void count_known(struct preset *all, size_t n, struct str line)
{
	char padded[RECORD_PAD] = {0};
	struct buf record = {0};

	buf_str(&record, line);
	buf_bytes(&record, padded, sizeof(padded));
	for (size_t i = 0; i < n; i++)
		all[i].known +=
			extract_detect(all[i].reading.extractor, (struct str){record.p, line.n});
	buf_free(&record);
}

static bool is_verdict(struct str line)
{
	for (int i = 0; i < OUTCOMES; i++)
		if (str_starts(line, str_of(outcome_name((enum outcome)i))))
			return true;
	return false;
}

/* A line of one log may hold a piece of another, such as an SDK's answer printed by a logger: what
 * counts is who knows most of them by far. */
static void told_apart(struct preset *all, size_t n, const struct preset *own)
{
	char path[128];
	struct buf cases;
	struct str text, line;

	(void)snprintf(path, sizeof(path), "fixtures/presets/%.63s.case", own->name);
	cases = fixture(path);
	text = buf_view(&cases);
	for (size_t i = 0; i < n; i++)
		all[i].known = 0;
	while (next_line(&text, &line))
		if (line.n && line.p[0] != '#' && !is_verdict(line))
			count_known(all, n, line);
	buf_free(&cases);
	if (own->known == 0)
		fail_msg("%s does not know its own log", own->name);
	for (size_t i = 0; i < n; i++)
		if (&all[i] != own && all[i].known * 2 >= own->known)
			fail_msg("the log of %s: %s knows %zu records, itself %zu", own->name,
			         all[i].name, all[i].known, own->known);
}

/* Presets for logs of any kind have no tests; their cases look like anything. */
static void every_log_is_known_to_its_preset(void **state)
{
	struct preset all[PRESETS_MAX] = {0};
	size_t n = all_presets(all);

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (all[i].knows)
			told_apart(all, n, &all[i]);
	for (size_t i = 0; i < n; i++)
		reading_free(&all[i].reading);
}

#define PRESET(name)                                      \
	{                                                 \
		name, expect_preset, NULL, NULL, (char[]) \
		{                                         \
			name                              \
		}                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PRESET("litellm"),
		PRESET("litellm-console"),
		PRESET("claude-code"),
		PRESET("envoy-ai-gateway"),
		PRESET("envoy-ai-gateway-text"),
		PRESET("kong"),
		PRESET("json"),
		PRESET("logfmt"),
		PRESET("apisix-access"),
		PRESET("apisix"),
		PRESET("higress"),
		PRESET("agentgateway"),
		PRESET("agentgateway-json"),
		PRESET("nginx-ai-proxy"),
		PRESET("new-api"),
		PRESET("zap"),
		PRESET("slog"),
		PRESET("pino"),
		PRESET("bedrock"),
		PRESET("bedrock-cloudwatch"),
		PRESET("openai-batch"),
		PRESET("otlp"),
		PRESET("otlp-logs"),
		PRESET("codex"),
		PRESET("gemini-cli"),
		PRESET("gemini-cli-json"),
		PRESET("gemini-cli-telemetry"),
		PRESET("qwen-code"),
		PRESET("aider"),
		PRESET("aider-analytics"),
		PRESET("structlog"),
		PRESET("python-json-logger"),
		PRESET("openai-sdk-repr"),
		PRESET("anthropic-sdk-repr"),
		cmocka_unit_test(every_log_is_known_to_its_preset),
	};

	(void)setenv("TZ", "UTC", 1); /* of time stamps without a zone */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
