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

#include <stdio.h>
#include <stdlib.h>

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
	};

	(void)setenv("TZ", "UTC", 1); /* of time stamps without a zone */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
