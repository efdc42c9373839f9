#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/mem.h"
#include "agent/base/netstring.h"
#include "agent/control/told.h"
#include "agent/follow/mark.h"

static void expect_str(struct str got, const char *want)
{
	assert_true(str_eq(got, str_of(want)));
}

static void test_a_request_is_known_at_its_last_byte(void **state)
{
	(void)state;
	for (enum request r = REQUEST_STATUS; r <= REQUEST_RELOAD; r++) {
		const char *text = request_text(r);

		assert_int_equal(strlen(text), REQUEST_BYTES);
		for (size_t n = 1; n < REQUEST_BYTES; n++)
			assert_int_equal(request_read((struct str){text, n}), REQUEST_PART);
		assert_int_equal(request_read(str_of(text)), r);
	}
	assert_int_equal(request_read(STR("6:status;")), REQUEST_WRONG);
	assert_int_equal(request_read(STR("GET / HTT")), REQUEST_WRONG);
	assert_int_equal(request_read(STR("\0")), REQUEST_WRONG);
	assert_int_equal(request_read(STR("6:status,6")), REQUEST_WRONG);
}

static void test_what_is_told_is_read(void **state)
{
	const struct told_agent agent = {.version = STR("1.2"),
	                                 .pid = 42,
	                                 .since = 1773306000000000,
	                                 .records_rate = 120500,
	                                 .calls_rate = 1,
	                                 .committed = -1,
	                                 .failing = 7,
	                                 .failure = STR("disk, full: \n"),
	                                 .archive_failing = 8,
	                                 .archive_failure = STR("in the way"),
	                                 .archive_retry = 60,
	                                 .watch = STR("poll"),
	                                 .watch_reason = STR("\xff"),
	                                 .dropped = 3};
	const struct told_file file = {.id = 9,
	                               .path = STR("/log/a b,\n"),
	                               .source = STR("s"),
	                               .state = FILE_CORRUPT,
	                               .reason = STR("damaged"),
	                               .offset = 1,
	                               .size = INT64_MAX,
	                               .lag = INT64_MAX - 1,
	                               .lost = 4,
	                               .written = INT64_MIN,
	                               .rate = 5,
	                               .waits = 6,
	                               .blocked = 1};
	struct buf text = {0};
	struct told told;
	struct err err = {0};

	(void)state;
	tell_agent(&text, &agent);
	tell_file(&text, &file);
	tell_file(&text, &(struct told_file){.path = STR("x")});
	tell_end(&text);
	assert_true(told_read(buf_view(&text), &told, &err));
	assert_true(told.has_agent && !told.has_reload);
	expect_str(told.agent.version, "1.2");
	expect_str(told.agent.failure, "disk, full: \n");
	expect_str(told.agent.archive_failure, "in the way");
	expect_str(told.agent.watch, "poll");
	expect_str(told.agent.watch_reason, "\xff");
	assert_true(told.agent.pid == 42 && told.agent.since == agent.since &&
	            told.agent.records_rate == 120500 && told.agent.calls_rate == 1 &&
	            told.agent.committed == -1 && told.agent.failing == 7 &&
	            told.agent.archive_failing == 8 && told.agent.archive_retry == 60 &&
	            told.agent.dropped == 3);
	assert_int_equal(told.files_n, 2);
	expect_str(told.files[0].path, "/log/a b,\n");
	expect_str(told.files[0].source, "s");
	expect_str(told.files[0].reason, "damaged");
	assert_true(told.files[0].id == 9 && told.files[0].state == FILE_CORRUPT &&
	            told.files[0].offset == 1 && told.files[0].size == INT64_MAX &&
	            told.files[0].lag == INT64_MAX - 1 && told.files[0].lost == 4 &&
	            told.files[0].written == INT64_MIN && told.files[0].rate == 5 &&
	            told.files[0].waits == 6 && told.files[0].blocked == 1);
	assert_true(told.files[1].id == 0 && told.files[1].state == FILE_NEW);
	assert_non_null(told.files[1].reason.p); /* empty, and a text all the same */
	told_free(&told);
	buf_free(&text);
}

static void test_a_reload_is_told_with_its_error(void **state)
{
	struct buf text = {0};
	struct told told;
	struct err err = {0};

	(void)state;
	tell_reload(&text, &(struct told_reload){STR("t.yaml:4: x: unknown key"), 1});
	tell_end(&text);
	assert_true(told_read(buf_view(&text), &told, &err));
	assert_true(told.has_reload && told.reload.wrong == 1);
	expect_str(told.reload.error, "t.yaml:4: x: unknown key");
	told_free(&told);
	buf_free(&text);
}

/* Any answer that was cut off, at whichever byte. */
static void test_what_is_cut_off_is_no_answer(void **state)
{
	struct buf text = {0};
	struct told told;

	(void)state;
	tell_agent(&text, &(struct told_agent){.pid = 1, .watch = STR("poll")});
	tell_file(&text, &(struct told_file){.path = STR("a"), .offset = 77});
	tell_end(&text);
	for (size_t n = 0; n < text.n; n++) {
		struct err err = {0};

		assert_false(told_read((struct str){text.p, n}, &told, &err));
		assert_string_not_equal(err.text, "");
		told_free(&told);
	}
	buf_free(&text);
}

/* One record with one pair more, and the end. */
static bool reads(const char *kind, const char *name, struct str value)
{
	struct buf pairs = {0}, text = {0};
	struct told told;
	struct err err = {0};
	bool good;

	netstring_add(&pairs, STR("is"));
	netstring_add(&pairs, str_of(kind));
	netstring_add(&pairs, STR("pid"));
	netstring_add(&pairs, STR("1"));
	netstring_add(&pairs, STR("path"));
	netstring_add(&pairs, STR("p"));
	netstring_add(&pairs, str_of(name));
	netstring_add(&pairs, value);
	netstring_add(&text, buf_view(&pairs));
	tell_end(&text);
	good = told_read(buf_view(&text), &told, &err);
	told_free(&told);
	buf_free(&pairs);
	buf_free(&text);
	return good;
}

static void test_a_later_version_may_say_more(void **state)
{
	(void)state;
	assert_true(reads("agent", "mood", STR("fine")));
	assert_true(reads("file", "mood", STR("")));
	assert_true(reads("weather", "is", STR("x")));
}

static void test_what_makes_no_sense_is_broken(void **state)
{
	static const char *const numbers[] = {"",   "-", "1 ", "+1", "0x1", "9223372036854775808",
	                                      "1e3"};

	(void)state;
	assert_true(reads("file", "lag", STR("9223372036854775807")));
	assert_true(reads("file", "lag", STR("-9223372036854775808")));
	assert_false(reads("file", "lag", STR("-9223372036854775809")));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		assert_false(reads("file", "lag", str_of(numbers[i])));
	assert_false(reads("file", "state", STR("99")));
	assert_false(reads("file", "state", STR("-1")));
	assert_false(reads("file", "path", STR("")));
	assert_false(reads("agent", "pid", STR("0")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_is_known_at_its_last_byte),
		cmocka_unit_test(test_what_is_told_is_read),
		cmocka_unit_test(test_a_reload_is_told_with_its_error),
		cmocka_unit_test(test_what_is_cut_off_is_no_answer),
		cmocka_unit_test(test_a_later_version_may_say_more),
		cmocka_unit_test(test_what_makes_no_sense_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
