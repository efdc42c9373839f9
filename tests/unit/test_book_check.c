/* What `prices check` finds stands in fixtures/price/check.case; here is its driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/meter/book_check.h"

static const char path[] = "fixtures/price/check.case";

struct driver {
	struct buf title, book, wanted, found;
	bool in_finds;
	int cases;
};

static void add(void *into, const struct finding *f)
{
	struct buf *out = into;

	buf_printf(out, "%s:%d: %s: %s\n", f->price->place.file, f->price->place.line, f->key,
	           f->text);
}

static void end_case(struct driver *d)
{
	struct err err = {0};
	struct book *book;
	size_t n, lines = 0;

	if (d->title.n == 0)
		return;
	book = book_open_file(buf_view(&d->book), "book.yaml", &err);
	if (book == NULL)
		fail_msg("%s: %s: %s", path, d->title.p, err.text);
	n = book_check(book, add, &d->found);
	for (size_t i = 0; i < d->found.n; i++)
		lines += d->found.p[i] == '\n';
	assert_int_equal(n, lines);
	if (!str_eq(buf_view(&d->found), buf_view(&d->wanted)))
		fail_msg("%s: %s:\n%s", path, d->title.p, d->found.n ? d->found.p : "nothing");
	book_free(&book);
	buf_clear(&d->book);
	buf_clear(&d->wanted);
	buf_clear(&d->found);
	d->cases++;
}

static void read_line(struct driver *d, const char *line)
{
	if (line[0] == '#' || line[0] == '\n')
		return;
	if (strncmp(line, "== ", 3) == 0) {
		end_case(d);
		buf_clear(&d->title);
		buf_str(&d->title, str_trim(str_of(line + 3)));
		d->in_finds = false;
	} else if (strcmp(line, "finds\n") == 0) {
		d->in_finds = true;
	} else {
		buf_puts(d->in_finds ? &d->wanted : &d->book, line);
	}
}

static void test_every_odd_book_is_found_out(void **state)
{
	struct driver d = {0};
	FILE *file = fopen(path, "r");
	char line[512];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		read_line(&d, line);
	end_case(&d);
	assert_true(d.cases >= 17);
	(void)fclose(file);
	buf_free(&d.title);
	buf_free(&d.book);
	buf_free(&d.wanted);
	buf_free(&d.found);
}

static void test_the_shipped_books_are_clean(void **state)
{
	static const struct config none;
	struct err err = {0};
	struct buf found = {0};
	struct book *book = book_open(&none, &err);

	(void)state;
	assert_non_null(book);
	if (book_check(book, add, &found))
		fail_msg("%s", found.p);
	book_free(&book);
	buf_free(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_odd_book_is_found_out),
		cmocka_unit_test(test_the_shipped_books_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
