/* What is known of files: that each index finds what a look at every mark would, and what a file
 * turns out to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/mem.h"
#include "agent/follow/known.h"
#include "agent/follow/known_index.h"
#include "tests/unit/stream.h"

enum { MARKS = 1500, KINDS = 40 }; /* different inodes, paths and heads */

static struct hash128 hash_of(int64_t n)
{
	return hash128(HASH_PLAIN, (struct str){(const char *)&n, sizeof(n)});
}

static char *path_of(unsigned n)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/log/%u.log", n);
	return xstrdup(path);
}

/* Heads and frontiers are those of numbers, eight bytes each. */
static struct mark some_mark(unsigned *seed, int64_t id)
{
	struct mark m = {.id = id,
	                 .path = path_of((unsigned)rand_r(seed) % KINDS),
	                 .source = xstrdup("s"),
	                 .device = rand_r(seed) % 2,
	                 .inode = rand_r(seed) % KINDS,
	                 .offset = rand_r(seed) % 5000,
	                 .head_n = rand_r(seed) % 2 ? 8 : 9,
	                 .head = hash_of(rand_r(seed) % KINDS),
	                 .earlier_n = (unsigned)rand_r(seed) % FRONTIERS};

	for (unsigned i = 0; i < m.earlier_n; i++)
		m.earlier[i] = (struct frontier){rand_r(seed) % 4 ? rand_r(seed) % 2 + 7 : 7000,
		                                 hash_of(rand_r(seed) % KINDS)};
	return m;
}

static void expect_same_paths_and_inodes(const struct known_index *x, const struct mark *like)
{
	size_t paths = 0, inodes = 0;

	for (size_t i = 0; i < x->n; i++) {
		const struct mark *m = &x->entries[i]->mark;

		assert_int_equal(x->entries[i]->at, i);
		assert_ptr_equal(known_of_id(x, m->id), x->entries[i]);
		paths += strcmp(m->path, like->path) == 0;
		inodes += m->device == like->device && m->inode == like->inode;
	}
	for (struct entry *e = known_of_path(x, like->path, NULL); e;
	     e = known_of_path(x, like->path, e), paths--)
		assert_string_equal(e->mark.path, like->path);
	for (struct entry *e = known_of_inode(x, like, NULL); e;
	     e = known_of_inode(x, like, e), inodes--)
		assert_true(e->mark.device == like->device && e->mark.inode == like->inode);
	assert_true(paths == 0 && inodes == 0);
}

static void expect_same_heads(struct known_index *x, int64_t number)
{
	const struct str head = {(const char *)&number, sizeof(number)};
	struct entry **found;
	size_t n = known_of_head(x, head, &found), wanted = 0;

	for (size_t i = 0; i < x->n; i++)
		wanted += x->entries[i]->mark.head_n == 8 &&
		          hash128_eq(x->entries[i]->mark.head, hash_of(number));
	assert_int_equal(n, wanted);
	for (size_t i = 0; i < n; i++)
		assert_true(found[i]->mark.head_n == 8 &&
		            hash128_eq(found[i]->mark.head, hash_of(number)));
	for (size_t i = 1; i < n; i++)
		assert_true(found[i - 1]->mark.offset > found[i]->mark.offset ||
		            (found[i - 1]->mark.offset == found[i]->mark.offset &&
		             found[i - 1]->mark.id < found[i]->mark.id));
}

static void expect_same_beginnings(const struct known_index *x, int64_t number)
{
	const struct frontier f = known_frontier_of((struct str){(const char *)&number, 8});
	size_t wanted = 0;

	for (size_t i = 0; i < x->n; i++)
		for (unsigned k = 0; k < x->entries[i]->mark.earlier_n; k++)
			wanted += x->entries[i]->mark.earlier[k].offset == 8 &&
			          hash128_eq(x->entries[i]->mark.earlier[k].hash, f.hash);
	for (const struct beginning *b = known_of_beginning(x, &f, NULL); b;
	     b = known_of_beginning(x, &f, b), wanted--)
		assert_ptr_equal(x->entries[b->entry->at], b->entry);
	assert_int_equal(wanted, 0);
}

static void expect_all_found(struct known_index *x, unsigned *seed)
{
	for (int64_t i = 0; i < KINDS; i++) {
		struct mark like = some_mark(seed, 0);

		expect_same_paths_and_inodes(x, &like);
		expect_same_heads(x, i);
		expect_same_beginnings(x, i);
		mark_free(&like);
	}
}

static void test_every_mark_is_found_and_none_that_was_removed(void **state)
{
	struct known_index x = {0};
	unsigned seed = 1;

	(void)state;
	expect_all_found(&x, &seed);
	for (int64_t i = 1; i <= MARKS; i++) {
		struct mark m = some_mark(&seed, i);

		(void)known_index_add(&x, &m);
		if (i % 3 == 0)
			known_index_remove(&x, x.entries[(size_t)rand_r(&seed) % x.n]);
	}
	assert_int_equal(x.n, MARKS - MARKS / 3);
	expect_all_found(&x, &seed);
	while (x.n) {
		known_index_remove(&x, x.entries[(size_t)rand_r(&seed) % x.n]);
		if (x.n % 250 == 0)
			expect_all_found(&x, &seed);
	}
	known_index_free(&x);
}

/* ---- what a file is ---- */

/* A mark of a file that was read to its end, as the row `id`. */
static struct mark read_as(int64_t id, const char *path, struct str content)
{
	struct mark m = {0};
	struct reader *r;
	struct stream_result result;

	stream_write(path, content);
	r = stream_open(path, &m);
	result = stream_read(r, 0, content);
	m.id = id;
	m.path = xstrdup(path);
	m.source = xstrdup("s");
	m.offset = m.content_size = result.mark.offset;
	m.head_n = result.mark.head_n;
	m.head = result.mark.head;
	m.frontier_n = result.mark.frontier_n;
	m.frontier = result.mark.frontier;
	m.state = FILE_READ;
	buf_free(&result.bytes);
	reader_close(&r);
	return m;
}

/* What the file at a path is now, and of which row, up to which offset. */
static void expect(struct known *k, const char *path, enum known_result want, int64_t id,
                   int64_t offset)
{
	struct mark m = {.path = xstrdup(path), .source = xstrdup("s")};
	struct mark hints = {0};
	struct reader *r = stream_open(path, &hints);

	m.device = hints.device;
	m.inode = hints.inode;
	m.size = hints.size;
	m.mtime_ns = hints.mtime_ns;
	m.ctime_ns = hints.ctime_ns;
	assert_int_equal(known_resolve(k, r, IDENTITY_CONTENT, &m), want);
	assert_int_equal(m.id, id);
	assert_int_equal(m.offset, offset);
	reader_close(&r);
	mark_free(&m);
}

static struct known *known_of(struct mark *marks, size_t n)
{
	struct mark *all = xcalloc(n, sizeof(*all));

	memcpy(all, marks, n * sizeof(*all));
	return known_new(all, n);
}

static void test_a_file_is_known_again_whatever_its_name(void **state)
{
	struct mark marks[] = {read_as(1, stream_path("one"), STR("one\nline\n")),
	                       read_as(2, stream_path("two"), STR("two\n"))};
	struct known *k = known_of(marks, 2);

	(void)state;
	expect(k, stream_path("two"), KNOWN_UNCHANGED, 2, 4);
	stream_write(stream_path("copy"), STR("one\nline\nmore\n"));
	expect(k, stream_path("copy"), KNOWN_COPY, 0, 9); /* the first still stands */
	assert_int_equal(rename(stream_path("one"), stream_path("renamed")), 0);
	expect(k, stream_path("renamed"), KNOWN_CONTINUED, 1, 9);
	stream_write(stream_path("new"), STR("new\n"));
	expect(k, stream_path("new"), KNOWN_NEW, 0, 0);
	known_free(&k);
}

static void test_of_copies_the_one_counted_furthest_is_gone_on_with(void **state)
{
	struct mark marks[] = {read_as(1, stream_path("a"), STR("one\n")),
	                       read_as(2, stream_path("b"), STR("one\ntwo\nthree\n")),
	                       read_as(3, stream_path("c"), STR("one\ntwo\n"))};
	struct known *k = known_of(marks, 3);

	(void)state;
	stream_write(stream_path("d"), STR("one\ntwo\nthree\nfour\n"));
	expect(k, stream_path("d"), KNOWN_COPY, 0, 14);
	stream_write(stream_path("e"), STR("one\ntwo\nother\n"));
	expect(k, stream_path("e"), KNOWN_COPY, 0, 8);
	known_free(&k);
}

static void test_a_copy_that_stops_at_an_earlier_frontier_is_one(void **state)
{
	struct str begin = STR("one\n");
	struct mark marks[] = {read_as(1, stream_path("long"), STR("one\ntwo\n"))};
	struct known *k;

	(void)state;
	marks[0].earlier[0] = known_frontier_of(begin);
	marks[0].earlier_n = 1;
	k = known_of(marks, 1);
	stream_write(stream_path("short"), begin);
	expect(k, stream_path("short"), KNOWN_COPY, 0, 4);
	stream_write(stream_path("other"), STR("oth\n"));
	expect(k, stream_path("other"), KNOWN_NEW, 0, 0);
	known_free(&k);
}

static void test_what_is_put_replaces_what_was_known_of_its_row(void **state)
{
	struct mark marks[] = {read_as(1, stream_path("p"), STR("old\n"))};
	struct mark now = read_as(1, stream_path("q"), STR("now\n"));
	struct known *k = known_of(marks, 1);

	(void)state;
	known_put(k, &now, true);
	stream_write(stream_path("old"), STR("old\nmore\n"));
	expect(k, stream_path("old"), KNOWN_NEW, 0, 0);
	stream_write(stream_path("now"), STR("now\nmore\n"));
	expect(k, stream_path("now"), KNOWN_COPY, 0, 4);
	assert_int_equal(unlink(stream_path("q")), 0);
	expect(k, stream_path("now"), KNOWN_COPY, 0, 4); /* it is held: that is open elsewhere */
	known_put(k, &now, false);
	expect(k, stream_path("now"), KNOWN_CONTINUED, 1, 4);
	known_free(&k);
	mark_free(&now);
}

static void test_an_empty_file_keeps_its_row(void **state)
{
	struct mark marks[] = {
		{.id = 7, .path = xstrdup("/x"), .source = xstrdup("s")},
		{.id = 5, .path = xstrdup("/x"), .source = xstrdup("s")},
		{.id = 3, .path = xstrdup("/x"), .source = xstrdup("s"), .offset = 4},
		{.id = 2, .path = xstrdup("/x"), .source = xstrdup("s"), .state = FILE_FINISHED}};
	struct mark m = {.path = xstrdup("/x")}, other = {.path = xstrdup("/y")};
	struct known *k = known_of(marks, 4);

	(void)state;
	known_reuse_empty(k, &other);
	assert_int_equal(other.id, 0);
	known_reuse_empty(k, &m);
	assert_int_equal(m.id, 5);
	known_reuse_empty(k, &m);
	assert_int_equal(m.id, 7);
	m.id = 0;
	known_reuse_empty(k, &m);
	assert_int_equal(m.id, 0); /* all are given away */
	assert_int_equal(known_replaced(k, &m)->id, 3);
	known_free(&k);
	mark_free(&m);
	mark_free(&other);
}

static int clean(void **state)
{
	(void)state;
	stream_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mark_is_found_and_none_that_was_removed),
		cmocka_unit_test(test_a_file_is_known_again_whatever_its_name),
		cmocka_unit_test(test_of_copies_the_one_counted_furthest_is_gone_on_with),
		cmocka_unit_test(test_a_copy_that_stops_at_an_earlier_frontier_is_one),
		cmocka_unit_test(test_what_is_put_replaces_what_was_known_of_its_row),
		cmocka_unit_test(test_an_empty_file_keeps_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
