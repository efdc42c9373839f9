#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "agent/base/escape.h"
#include "agent/commands/top_lag.h"
#include "agent/commands/top_view.h"
#include "tests/unit/fill.h"

#define MINUTE (60 * TIME_SEC)

static const struct look terminal = {.width = 80, .utf8 = true};

/* A ledger, looked at as of 2026-03-12 10:20:30. */
struct shown {
	struct fill fill;
	struct live *live;
	struct top_view view;
};

static int64_t now(void)
{
	return civil_time((struct civil){2026, 3, 12, 10, 20, 30, 0});
}

static int setup(void **state)
{
	struct shown *s = calloc(1, sizeof(*s));

	fill_open(&s->fill, "UTC");
	s->live = live_new(s->fill.path);
	s->view = (struct top_view){.database = s->fill.path,
	                            .question = {DIM_MODEL, LIVE_HOUR, SORT_COST},
	                            .error = "",
	                            .now = now()};
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct shown *s = *state;

	live_free(&s->live);
	fill_close(&s->fill);
	free(s);
	return 0;
}

static void look(struct shown *s)
{
	struct err err = {0};
	bool news;

	assert_true(live_look(s->live, &s->view.question, now(), &s->view.answer, &news, &err));
}

static void call(struct shown *s, const char *model, int minutes_ago, int64_t cost)
{
	fill_call(&s->fill, (struct fact){.model = model,
	                                  .user = "ann",
	                                  .time = now() - minutes_ago * MINUTE,
	                                  .input = 12000,
	                                  .cache_read = 4000,
	                                  .output = 300,
	                                  .cost = cost,
	                                  .flags = cost ? 0 : CALL_UNPRICED,
	                                  .latency = 700 * TIME_MS});
}

/* Some models, dear and cheap, and an hour that has hills. */
static void some_calls(struct shown *s)
{
	for (int i = 0; i < 60; i++)
		call(s, i % 3 ? "claude-sonnet-4-20250514" : "gpt-4o", i,
		     (i * 7 % 11 + 1) * INT64_C(10000000));
	call(s, "own-llama", 5, 0);
	call(s, "red\x1b[31m\x07", 6, 1000);
	fill_sql(&s->fill,
	         "INSERT INTO coverage VALUES (1, 0, 0, 0, 62), (1, 0, 1, 0, 9), (1, 0, 2, 0, 5), "
	         "(1, 0, 3, 0, 1)",
	         NULL, 0);
	look(s);
	s->view.lag = 1234;
	s->view.behind = 1;
	s->view.files = 3;
	s->view.writer = 4711;
}

/* Lines of at most so many columns, at most `height`; sequences only with colour. */
static void expect_within(const struct buf *page, const struct look *look, size_t height)
{
	struct str left = buf_view(page);
	size_t lines = 0;

	for (; left.n; lines++) {
		size_t end = str_find(left, STR("\n"));
		struct buf plain = {0};

		assert_true(end < left.n);
		for (size_t i = 0; i < end; i++) {
			if (left.p[i] == '\x1b')
				while (left.p[i] != 'm')
					i++;
			else
				buf_char(&plain, left.p[i]);
			assert_true(left.p[i] == 'm' || (unsigned char)left.p[i] >= ' ');
		}
		if (text_columns(buf_view(&plain)) > look->width)
			fail_msg("%zu x %zu: %s", look->width, height, plain.p);
		left = str_from(left, end + 1);
		buf_free(&plain);
	}
	assert_true(lines <= height);
	assert_true(look->colour || str_find(buf_view(page), STR("\x1b")) == page->n);
}

static struct buf sheet(struct shown *s, struct look look, size_t height)
{
	struct buf page = {0};

	top_sheet(&s->view, &look, height, &page);
	expect_within(&page, &look, height);
	return page;
}

static void expect_file(struct shown *s, struct look look, size_t height, const char *path)
{
	struct buf page = sheet(s, look, height);
	char want[16384];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(want, 1, sizeof(want), f) : 0;

	if (f)
		(void)fclose(f);
	if (n != page.n || memcmp(want, page.p, n) != 0)
		fail_msg("%s should be:\n%s", path, page.p);
	buf_free(&page);
}

static bool has(struct shown *s, struct look look, size_t height, const char *text)
{
	struct buf page = sheet(s, look, height);
	bool found = page.n && strstr(page.p, text) != NULL;

	buf_free(&page);
	return found;
}

static void test_a_terminal_of_the_usual_size(void **state)
{
	some_calls(*state);
	expect_file(*state, terminal, 24, "fixtures/top/usual.txt");
}

static void test_a_small_terminal_with_ascii(void **state)
{
	some_calls(*state);
	expect_file(*state, (struct look){.width = 40}, 12, "fixtures/top/small.txt");
}

static void test_a_large_one_has_bars_and_whole_numbers(void **state)
{
	some_calls(*state);
	expect_file(*state, (struct look){.width = 130, .utf8 = true}, 40,
	            "fixtures/top/large.txt");
}

static void test_no_size_breaks_the_sheet(void **state)
{
	some_calls(*state);
	for (size_t width = 1; width < 140; width += 1 + width / 20) {
		for (size_t height = 1; height < 60; height += 1 + height / 12) {
			struct buf page =
				sheet(*state, (struct look){width, width % 2, width % 3}, height);

			buf_free(&page);
		}
	}
}

/* The smaller it is, the less there is to see, but what has no price is not hidden. */
static void test_what_has_no_price_is_seen_in_ten_lines(void **state)
{
	some_calls(*state);
	assert_true(has(*state, terminal, 24, "1 call, 12,300 tokens of 1 model has no price"));
	assert_true(has(*state, (struct look){.width = 40}, 10, "* 1 call, 12,300 tokens of 1"));
	assert_true(has(*state, terminal, 24, "no price*"));
}

static void test_text_of_a_log_is_escaped(void **state)
{
	some_calls(*state);
	assert_true(has(*state, terminal, 24, "red\\x1b[31m\\x07"));
}

static void test_coverage_adds_up_in_any_width(void **state)
{
	some_calls(*state);
	assert_true(has(*state, terminal, 24,
	                "77 records = 62 calls + 9 duplicates + 5 skipped + 1 rejected\n"));
	assert_true(has(*state, (struct look){.width = 50}, 24,
	                "77 records = 62 calls + 9 dup + 5 skip + 1 rej\n"));
	assert_true(has(*state, (struct look){.width = 40}, 24,
	                "77 rec=62 calls+9 dup+5 skip+1 rej\n"));
}

static void test_who_writes_and_how_far_it_is(void **state)
{
	struct shown *s = *state;

	some_calls(s);
	assert_true(
		has(s, terminal, 24, "lag 1.2 kB in 1 of 3 files; an agent runs (process 4711)"));
	s->view.writer = 0;
	assert_true(has(s, terminal, 24, "; no agent runs"));
	s->view.writer = -1;
	assert_true(has(s, terminal, 24, "; an agent runs\n"));
}

static void test_nothing_in_the_window_tells_when_the_last_call_was(void **state)
{
	struct shown *s = *state;

	look(s);
	assert_true(has(s, terminal, 24, "No calls yet"));
	call(s, "gpt-4o", 61, 1000);
	look(s);
	assert_true(has(s, terminal, 24, "No calls in the last 60 minutes.\n"));
	assert_true(has(s, terminal, 24, "The last one was at 2026-03-12 09:19.\n"));
}

static void test_an_error_stands_above_what_is_known(void **state)
{
	struct shown *s = *state;

	s->view.error = "t.db is locked \x1b[2J";
	assert_true(has(s, terminal, 24, "t.db is locked \\x1b[2J"));
	some_calls(s);
	assert_true(has(s, terminal, 24, "t.db is locked \\x1b[2J"));
	assert_true(has(s, terminal, 24, "gpt-4o"));
	assert_true(has(s, (struct look){.width = 40}, 10, "t.db is locked"));
}

static void test_where_calls_are_not_kept_it_says_so(void **state)
{
	struct shown *s = *state;

	fill_total(&s->fill, (struct fact){.model = "gpt-4o",
	                                   .time = now() - 20 * MINUTE - 30 * TIME_SEC,
	                                   .calls = 7,
	                                   .cost = 700});
	look(s);
	assert_true(
		has(s, terminal, 24, "Calls are not kept (keep.calls): no minutes, only hours."));
	assert_true(has(s, terminal, 24, "by model, last 24 hours"));
}

static void test_keys_ask_for_something_else(void **state)
{
	struct shown *s = *state;
	struct live_question *q = &s->view.question;

	top_press(&s->view, TOP_NEXT_DIM);
	assert_int_equal(q->dim, DIM_PROVIDER);
	top_press(&s->view, TOP_PREVIOUS_DIM);
	top_press(&s->view, TOP_PREVIOUS_DIM);
	assert_int_equal(q->dim, DIM_SOURCE); /* over those that are no label */
	top_press(&s->view, TOP_NEXT_DIM);
	assert_int_equal(q->dim, DIM_MODEL);
	top_press(&s->view, TOP_BY_USER);
	assert_int_equal(q->dim, DIM_USER);
	for (int i = 0; i < LIVE_SPANS; i++) {
		assert_int_equal(q->span, i);
		top_press(&s->view, TOP_NEXT_SPAN);
	}
	assert_int_equal(q->span, LIVE_HOUR);
	top_press(&s->view, TOP_WEEK);
	assert_int_equal(q->span, LIVE_WEEK);
	top_press(&s->view, TOP_NEXT_SORT);
	assert_int_equal(q->sort, SORT_CALLS);
	top_press(&s->view, TOP_NEXT_SORT);
	assert_int_equal(q->sort, SORT_TOKENS);
	top_press(&s->view, TOP_NEXT_SORT);
	assert_int_equal(q->sort, SORT_COST);
}

static void test_the_table_moves_and_stays_within_its_rows(void **state)
{
	struct shown *s = *state;
	struct top_view *v = &s->view;

	for (int i = 0; i < 30; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "model-%02d", i);
		call(s, name, 0, 30 - i);
	}
	look(s);
	assert_true(has(s, terminal, 24, "model-00 "));
	assert_true(v->page > 3 && v->page < 20);
	top_press(v, TOP_UP);
	assert_int_equal(v->first, 0);
	top_press(v, TOP_DOWN);
	assert_false(has(s, terminal, 24, "model-00 "));
	assert_true(has(s, terminal, 24, "model-01 "));
	top_press(v, TOP_END);
	assert_int_equal(v->first, 30 - v->page);
	assert_true(has(s, terminal, 24, "model-29 "));
	assert_true(has(s, terminal, 24, " of 30"));
	top_press(v, TOP_DOWN);
	top_press(v, TOP_PAGE_DOWN);
	assert_int_equal(v->first, 30 - v->page);
	top_press(v, TOP_PAGE_UP);
	top_press(v, TOP_HOME);
	assert_int_equal(v->first, 0);
	/* The terminal grows, the table is shorter than before. */
	top_press(v, TOP_END);
	assert_true(has(s, terminal, 60, "model-00 "));
}

static void test_lines_tell_what_was_added(void **state)
{
	static const int64_t before[OUTCOMES] = {60, 9, 4, 1};
	struct shown *s = *state;
	struct buf out = {0};

	some_calls(s);
	top_line_titles(&s->view, &out);
	top_line(&s->view, before, &out);
	assert_string_equal(out.p,
	                    "time        records      calls duplicates    skipped   rejected  this "
	                    "minute   60 minutes        lag\n"
	                    "10:20:30         +3         +2         +0         +1         +0       "
	                    "$0.010        $3.61     1.2 kB  1 without a price\n");
	buf_free(&out);
}

static void test_lag_is_what_the_file_has_more_than_was_counted(void **state)
{
	struct shown *s = *state;
	struct top_lag lag = {0};
	struct stat st;
	char path[128];
	struct file_row files[3];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/app.log", s->fill.folder);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("0123456789", f);
	(void)fclose(f);
	assert_int_equal(stat(path, &st), 0);
	files[0] = (struct file_row){str_of(path), (int64_t)st.st_dev, (int64_t)st.st_ino, 4, 4,
	                             false};
	files[1] = files[0];
	files[1].inode++; /* another file by now: what was known of it holds */
	files[2] = files[0];
	files[2].gzip = true;
	files[2].content_size = 7;
	top_lag_look(&lag, files, 3, now());
	assert_int_equal(lag.bytes, 6 + 3);
	assert_int_equal(lag.behind, 2);
	files[0].offset = 10;
	top_lag_look(&lag, files, 3, now());
	assert_int_equal(lag.bytes, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_terminal_of_the_usual_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_small_terminal_with_ascii, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_large_one_has_bars_and_whole_numbers, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_no_size_breaks_the_sheet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_has_no_price_is_seen_in_ten_lines, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_text_of_a_log_is_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_coverage_adds_up_in_any_width, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_who_writes_and_how_far_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_nothing_in_the_window_tells_when_the_last_call_was, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_error_stands_above_what_is_known, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_where_calls_are_not_kept_it_says_so, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_keys_ask_for_something_else, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_table_moves_and_stays_within_its_rows,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines_tell_what_was_added, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lag_is_what_the_file_has_more_than_was_counted,
	                                        setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
