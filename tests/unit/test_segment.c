/* Lines and files of the archive: what is written comes back, and no damage goes unnoticed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/archive/segment.h"
#include "agent/base/zone.h"
#include "parsers/format.h"

enum { DAY = 20500 };

static char folder[] = "/tmp/tokentail-segment.XXXXXX";

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* A call of any shape: each field is there or not. */
static void make(uint64_t *state, struct archived *ret)
{
	static const struct str texts[] = {
		{"", 0},     {"a", 1}, {"gpt-4o", 6}, {"\"q\\\n\t", 5}, {"M\xc3\xbcnchen", 8},
		{"x/y:z", 5}};
	struct call *c = &ret->call;

	*ret = (struct archived){.source = STR("shop"), .file = texts[next_random(state) % 6]};
	ret->offset = (int64_t)(next_random(state) % 1000000);
	c->time = DAY * TIME_DAY + (int64_t)(next_random(state) % 86400000) * TIME_MS;
	for (int i = 0; i < LABELS; i++)
		c->label[i] = texts[next_random(state) % 6];
	for (int i = 0; i < DETAILS; i++)
		c->detail[i] = texts[next_random(state) % 6];
	for (int i = 0; i < COUNTS; i++)
		c->count[i] =
			next_random(state) % 3 ? (int64_t)(next_random(state) % 100000) : ABSENT;
	c->latency = next_random(state) % 2 ? (int64_t)next_random(state) : ABSENT;
	c->ttft = next_random(state) % 2 ? 0 : ABSENT;
	c->has_logged_cost = next_random(state) % 2;
	c->logged_cost = c->has_logged_cost ? -(int64_t)next_random(state) : 0;
	c->cost = (int64_t)(next_random(state) * (next_random(state) % 3));
	c->price = texts[next_random(state) % 6];
	c->prompt_hash = next_random(state) % 2 ? next_random(state) << 33 : 0;
	c->dedupe_key = next_random(state) % 2 ? next_random(state) << 33 | 7 : 0;
	c->flags = (unsigned)(next_random(state) % (CALL_USAGE_ESTIMATED << 1));
}

static void expect_same(const struct archived *a, const struct archived *b)
{
	struct buf x = {0}, y = {0};

	archived_put(&x, a);
	archived_put(&y, b);
	assert_string_equal(x.p, y.p);
	assert_int_equal(a->call.time, b->call.time);
	assert_int_equal(a->call.flags, b->call.flags);
	assert_int_equal(a->call.cost, b->call.cost);
	assert_int_equal(a->call.latency, b->call.latency);
	assert_int_equal(a->call.dedupe_key, b->call.dedupe_key);
	assert_int_equal(a->call.prompt_hash, b->call.prompt_hash);
	assert_int_equal(a->call.has_logged_cost, b->call.has_logged_cost);
	assert_int_equal(a->call.logged_cost, b->call.logged_cost);
	for (int i = 0; i < COUNTS; i++)
		assert_int_equal(a->call.count[i], b->call.count[i]);
	for (int i = 0; i < LABELS; i++)
		assert_true(str_eq(a->call.label[i], b->call.label[i]));
	buf_free(&x);
	buf_free(&y);
}

static void test_a_line_comes_back(void **state)
{
	struct archived_reader *r = archived_reader_new();
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct archived a, b;
		struct buf text = {0};
		const char *why = "";
		size_t n;

		make(&seed, &a);
		archived_put(&text, &a);
		n = text.n;
		for (int pad = 0; pad < RECORD_PAD; pad++)
			buf_char(&text, ' ');
		assert_true(archived_read(r, (struct str){text.p, n - 1}, &b, &why));
		assert_null(why);
		expect_same(&a, &b);
		buf_free(&text);
	}
	archived_reader_free(&r);
}

static void test_a_line_as_people_see_it(void **state)
{
	struct archived a = {.source = STR("shop"), .file = STR("/var/log/a.log"), .offset = 7};
	struct buf text = {0};

	(void)state;
	a.call = (struct call){.time = DAY * TIME_DAY + 5 * TIME_MS,
	                       .latency = 812500,
	                       .ttft = ABSENT,
	                       .cost = 925000,
	                       .flags = CALL_ESTIMATED};
	for (int i = 0; i < COUNTS; i++)
		a.call.count[i] = ABSENT;
	a.call.label[LABEL_MODEL] = STR("gpt-4o");
	a.call.count[COUNT_INPUT] = 100;
	a.call.count[COUNT_OUTPUT] = 0;
	a.call.count[COUNT_AUDIO_MS] = 1500;
	archived_put(&text, &a);
	assert_string_equal(text.p, "{\"time\":\"2026-02-16T00:00:00.005Z\",\"source\":\"shop\","
	                            "\"model\":\"gpt-4o\",\"input_tokens\":100,\"output_tokens\":0,"
	                            "\"audio_seconds\":1.5,\"cost_usd\":\"0.000925\","
	                            "\"latency_ms\":812.5,\"estimated_price\":true,"
	                            "\"file\":\"/var/log/a.log\",\"offset\":7}\n");
	buf_free(&text);
}

static void test_what_is_no_line(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"time\":\"2026-02-16T00:00:00.005Z\"}",
		"{\"time\":\"2026-02-16T00:00:00.005\",\"cost_usd\":\"1\"}",
		"{\"time\":5,\"cost_usd\":\"1\"}",
		"{\"time\":\"2026-02-16T00:00:00Z\",\"cost_usd\":1}",
		"{\"time\":\"2026-02-16T00:00:00Z\",\"cost_usd\":\"1\",\"input_tokens\":-4}",
		"{\"time\":\"2026-02-16T00:00:00Z\",\"cost_usd\":\"1\",\"input_tokens\":\"4\"}",
		"{\"time\":\"2026-02-16T00:00:00Z\",\"cost_usd\":\"1\",\"prompt_hash\":\"xyz\"}",
		"{\"time\":\"2026-02-16T00:00:00Z\",\"cost_usd\":\"1\",\"model\":{}}"};
	struct archived_reader *r = archived_reader_new();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[256] = {0};
		struct archived a;
		const char *why = NULL;

		(void)snprintf(text, sizeof(text), "%s", texts[i]);
		assert_false(archived_read(r, (struct str){text, strlen(texts[i])}, &a, &why));
		assert_non_null(why);
	}
	archived_reader_free(&r);
}

/* ---- files ---- */

static void put_calls(struct segment_writer *w, uint64_t *seed, int n)
{
	struct err err = {0};

	for (int i = 0; i < n; i++) {
		struct archived a;

		make(seed, &a);
		assert_true(segment_put(w, &a, &err));
	}
}

static void write_new(uint64_t *seed, int n, struct segment *ret)
{
	struct err err = {0};
	struct segment_writer *w = segment_create(folder, DAY, STR("book"), &err);

	assert_non_null(w);
	put_calls(w, seed, n);
	assert_true(segment_finish(w, ret, &err));
	segment_writer_free(&w);
}

/* Calls that can be read; the error is in *err if there is one. */
static int64_t count_calls(const struct segment *s, struct err *err)
{
	struct segment_reader *r = segment_open(folder, s, err);
	struct archived a;
	bool more = true;
	int64_t n = 0;

	while (r && segment_next(r, &a, &more, err) && more)
		n++;
	segment_close(&r);
	return n;
}

static void expect_whole(const struct segment *s, int64_t calls)
{
	struct err err = {0};

	assert_int_equal(count_calls(s, &err), calls);
	assert_string_equal(err.text, "");
}

static char *path_of(const char *suffix)
{
	struct buf path = {0};

	buf_printf(&path, "%s/2026/calls-2026-02-16.jsonl.gz%s", folder, suffix);
	return path.p;
}

static void test_a_file_comes_back(void **state)
{
	struct err err = {0};
	struct segment s, longer;
	struct segment_writer *w;
	uint64_t seed = 2;

	(void)state;
	write_new(&seed, 3000, &s);
	assert_int_equal(count_calls(&s, &err), 0); /* it has no name yet */
	assert_true(segment_publish(folder, DAY, &(struct err){0}));
	expect_whole(&s, 3000);

	w = segment_append(folder, &s, &(struct err){0});
	assert_non_null(w);
	put_calls(w, &seed, 500);
	assert_true(segment_finish(w, &longer, &(struct err){0}));
	segment_writer_free(&w);
	expect_whole(&longer, 3500);
	expect_whole(&s, 3000); /* a ledger that knows nothing of the rest */

	w = segment_append(folder, &s, &(struct err){0}); /* as after a kill before the commit */
	put_calls(w, &seed, 1);
	assert_true(segment_finish(w, &longer, &(struct err){0}));
	segment_writer_free(&w);
	expect_whole(&longer, 3001);

	w = segment_append(folder, &longer, &(struct err){0}); /* given up */
	put_calls(w, &seed, 1000);
	segment_writer_free(&w);
	expect_whole(&longer, 3001);
}

static void test_of_two_versions_the_known_one_stays(void **state)
{
	struct segment old, new;
	uint64_t seed = 3;
	char *before = path_of(".before"), *temporary = path_of(".new");

	(void)state;
	write_new(&seed, 10, &old);
	assert_true(segment_publish(folder, DAY, &(struct err){0}));
	assert_true(segment_settle(folder, DAY, &old, &(struct err){0}));
	write_new(&seed, 20, &new);
	assert_true(segment_publish(folder, DAY, &(struct err){0}));
	expect_whole(&new, 20);
	expect_whole(&old, 10); /* read by who knows the old one */
	assert_true(segment_settle(folder, DAY, &old, &(struct err){0}));
	expect_whole(&old, 10);
	assert_int_equal(access(before, F_OK), -1);

	write_new(&seed, 20, &new);
	assert_true(segment_publish(folder, DAY, &(struct err){0}));
	assert_true(segment_settle(folder, DAY, &new, &(struct err){0}));
	expect_whole(&new, 20);
	assert_int_equal(access(before, F_OK), -1);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_false(segment_settle(folder, DAY, &old, &(struct err){0}));
	free(before);
	free(temporary);
}

static void test_the_books_of_a_file(void **state)
{
	static const struct {
		const char *old, *add, *both;
	} cases[] = {{"", "a", "a"},          {"a", "a", "a"},         {"a", "b", "a b"},
	             {"a b", "a", "b a"},     {"a b", "", "a b"},      {"a  b ", "c", "a b c"},
	             {"abc", "ab", "abc ab"}, {"ab", "abc", "ab abc"}, {"", "", ""}};
	struct buf list = {0}, longer = {0};
	struct segment_writer *w;
	struct segment_reader *r;
	struct segment s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&list);
		segment_join_prices(&list, str_of(cases[i].old), str_of(cases[i].add));
		assert_true(str_eq(buf_view(&list), str_of(cases[i].both)));
	}
	for (int i = 0; i < 200; i++) { /* more than a header has room for */
		char name[32];

		(void)snprintf(name, sizeof(name), "book-%012d", i);
		buf_clear(&longer);
		segment_join_prices(&longer, buf_view(&list), str_of(name));
		buf_clear(&list);
		buf_str(&list, buf_view(&longer));
		assert_true(str_ends(buf_view(&list), str_of(name)));
	}
	w = segment_create(folder, DAY, buf_view(&list), &(struct err){0});
	assert_true(segment_finish(w, &s, &(struct err){0}));
	segment_writer_free(&w);
	r = segment_open_new(folder, &s, &(struct err){0});
	assert_non_null(r);
	assert_true(str_eq(segment_prices(r), buf_view(&list)));
	segment_close(&r);
	buf_free(&list);
	buf_free(&longer);
}

/* Every bit of a file counts: each one flipped, and each length it could be cut to. */
static void test_no_damage_goes_unnoticed(void **state)
{
	struct segment s;
	uint64_t seed = 4;
	char *path = path_of("");
	char byte;
	int fd;

	(void)state;
	write_new(&seed, 40, &s);
	assert_true(segment_publish(folder, DAY, &(struct err){0}));
	fd = open(path, O_RDWR);
	for (int64_t at = 0; at < s.bytes; at++) {
		struct err err = {0};

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte = (char)(byte ^ 1 << at % 8);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		(void)segment_verify(folder, &s, &err);
		if (err.text[0] == '\0')
			fail_msg("a flipped bit in byte %lld was not noticed", (long long)at);
		byte = (char)(byte ^ 1 << at % 8);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	expect_whole(&s, 40);
	for (int64_t n = s.bytes - 1; n > 0; n -= 97) {
		struct err err = {0};

		assert_int_equal(ftruncate(fd, n), 0);
		(void)count_calls(&s, &err);
		assert_string_not_equal(err.text, "");
	}
	(void)close(fd);
	free(path);
}

static int open_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct buf command = {0};
	int status;

	(void)state;
	buf_printf(&command, "rm -r '%s'", folder);
	status = system(command.p); /* NOLINT: our own folder */
	buf_free(&command);
	return status;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_comes_back),
		cmocka_unit_test(test_a_line_as_people_see_it),
		cmocka_unit_test(test_what_is_no_line),
		cmocka_unit_test(test_a_file_comes_back),
		cmocka_unit_test(test_of_two_versions_the_known_one_stays),
		cmocka_unit_test(test_the_books_of_a_file),
		cmocka_unit_test(test_no_damage_goes_unnoticed),
	};

	return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
