/*
 * What is in a line's envelope stands in fixtures/frame/envelope.case, how envelopes are told by
 * their look in fixtures/frame/guess.case. Here are the drivers, and what holds for all lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/meter/records.h"
#include "tests/unit/case_text.h"
#include "tests/unit/json_case.h"
#include "tests/unit/reading.h"

enum { LINE_ROOM = 4096, HEAD_BYTES = 1024 };

static struct envelopes *all;

static int make_envelopes(void **state)
{
	(void)state;
	all = envelopes_new();
	return 0;
}

static int free_envelopes(void **state)
{
	(void)state;
	envelopes_free(&all);
	return 0;
}

/* What is in an envelope, in the words of the case files. */
static void describe(enum envelope kind, struct str line, struct buf *out)
{
	struct arena scratch = {0};
	struct enveloped in;

	if (envelope_open(all, kind, line, &scratch, &in)) {
		buf_puts(out, "= ");
		buf_str(out, value_text(&in.text, &scratch));
		if (in.time.n) {
			buf_puts(out, "\ntime ");
			buf_str(out, in.time);
		}
		buf_puts(out, in.stream ? "\nstderr" : "");
		buf_puts(out, in.partial ? "\npartial" : "");
		assert_true(in.stream < ENVELOPE_STREAMS);
		assert_false(in.partial && envelope_is_whole(kind, line));
	}
	arena_free(&scratch);
}

static enum envelope kind_of(const char *text)
{
	for (int i = ENVELOPE_DOCKER; i <= ENVELOPE_PREFIX; i++) {
		const char *name = envelope_name((enum envelope)i);

		if (strncmp(text, name, strlen(name)) == 0)
			return (enum envelope)i;
	}
	fail_msg("no envelope: %s", text);
	return ENVELOPE_DOCKER;
}

struct line_case {
	enum envelope kind;
	struct buf text, wanted;
	int line;
};

/* Whatever stands behind the line. */
static void check_line(struct line_case *c)
{
	for (size_t i = 0; i < sizeof(json_case_fills) && c->line; i++) {
		struct str line = json_case_record(buf_view(&c->text), json_case_fills[i]);
		struct buf got = {0};

		describe(c->kind, line, &got);
		if (!str_eq(buf_view(&got), buf_view(&c->wanted)))
			fail_msg("fixtures/frame/envelope.case:%d: it is\n%.3000s", c->line,
			         got.p ? got.p : "not in this envelope");
		buf_free(&got);
		json_case_free(line);
	}
	buf_clear(&c->text);
	buf_clear(&c->wanted);
}

static void take_line(struct line_case *c, const char *p, int line)
{
	const char *text = strstr(p, " >");

	if (text) {
		check_line(c);
		c->kind = kind_of(p);
		case_text(&c->text, text + (text[2] == ' ' ? 3 : 2));
		c->line = line;
		return;
	}
	if (c->wanted.n)
		buf_char(&c->wanted, '\n');
	case_text(&c->wanted, p);
	if (c->wanted.n == 1) /* "=" alone: an empty text */
		buf_char(&c->wanted, ' ');
}

static void test_lines_are_opened_as_the_cases_say(void **state)
{
	FILE *f = fopen("fixtures/frame/envelope.case", "r");
	struct line_case c = {0};
	char buffer[LINE_ROOM];
	int line = 0, cases = 0;

	(void)state;
	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line));) {
		cases += strstr(p, " >") != NULL;
		take_line(&c, p, line);
	}
	check_line(&c);
	assert_true(cases > 90);
	buf_free(&c.text);
	buf_free(&c.wanted);
	(void)fclose(f);
}

/* Every line of the cases, cut off anywhere: opened or not, nothing outside of it is read. */
static void test_lines_may_be_cut_off_anywhere(void **state)
{
	FILE *f = fopen("fixtures/frame/envelope.case", "r");
	char buffer[LINE_ROOM];
	int line = 0;

	(void)state;
	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line));) {
		struct str text = json_case_bytes(p);

		for (size_t n = 0; n <= text.n; n++) {
			struct str cut = json_case_record(str_from(text, n), '"');
			struct str half = json_case_record((struct str){text.p, n}, '}');
			struct buf out = {0};

			for (int k = ENVELOPE_DOCKER; k <= ENVELOPE_PREFIX; k++) {
				describe((enum envelope)k, cut, &out);
				describe((enum envelope)k, half, &out);
			}
			buf_free(&out);
			json_case_free(cut);
			json_case_free(half);
		}
	}
	(void)fclose(f);
}

/* ---- by their look ---- */

static void guess(const struct source *s, struct str head, struct buf *out)
{
	struct str copy = json_case_record(head, '{');
	struct wrapping w = records_wrapping(s, copy);

	for (size_t i = 0; i < w.n; i++)
		buf_printf(out, "%s%s", i ? " " : "", envelope_name(w.kinds[i]));
	buf_puts(out, w.n ? "" : "none");
	json_case_free(copy);
}

/* The same, whatever comes behind the first record. */
static void check_guess(const struct source *s, struct buf *head, struct str wanted, int line)
{
	static const char *const more[] = {"", "{\"log\":\"x\",\"stream\":\"stdout\"}\n",
	                                   "\n\n{\"MESSAGE\":\"x\",\"_PID\":\"1\"}\n", "text\n",
	                                   "2026-05-04T07:08:09Z stdout F x\n"};
	size_t n = head->n;
	bool has_record = n > 3 && str_ends(buf_view(head), STR("\n"));

	for (size_t i = 0; i < (has_record ? sizeof(more) / sizeof(more[0]) : 1); i++) {
		struct buf got = {0};

		head->n = n;
		buf_puts(head, more[i]);
		guess(s, (struct str){head->p, head->n < HEAD_BYTES ? head->n : HEAD_BYTES}, &got);
		if (!str_eq(buf_view(&got), wanted))
			fail_msg("fixtures/frame/guess.case:%d: with %s behind it: %s", line,
			         more[i], got.p);
		buf_free(&got);
	}
}

static void test_envelopes_are_told_by_the_first_record(void **state)
{
	struct reading r =
		reading_of_yaml("sources:\n  - name: x\n    paths: x\n    fields: {time: t}\n"
	                        "    format: json\n");
	FILE *f = fopen("fixtures/frame/guess.case", "r");
	struct buf head = {0};
	char buffer[LINE_ROOM];
	int line = 0, cases = 0;

	(void)state;
	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line)); cases++) {
		if (p[0] == '>') {
			buf_clear(&head);
			case_text(&head, p + (p[1] == ' ' ? 2 : 1));
		} else {
			check_guess(r.source, &head, json_case_bytes(p + 2), line);
		}
	}
	assert_true(cases > 60);
	buf_free(&head);
	(void)fclose(f);
	reading_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_opened_as_the_cases_say),
		cmocka_unit_test(test_lines_may_be_cut_off_anywhere),
		cmocka_unit_test(test_envelopes_are_told_by_the_first_record),
	};

	return cmocka_run_group_tests(tests, make_envelopes, free_envelopes);
}
