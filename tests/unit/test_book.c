/* Reading price books and which of them wins. What is refused stands in fixtures/price/bad.case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/zone.h"
#include "agent/meter/book.h"
#include "agent/meter/book_rate.h"

static const char bad_path[] = "fixtures/price/bad.case";

/* Now, for rows without dates. */
static const int64_t now = INT64_C(1780000000) * 1000000;

/* ---- mistakes ---- */

static void check_bad(const struct buf *wanted, const struct buf *text)
{
	struct err err = {0};

	if (wanted->n == 0)
		return;
	if (book_open_file(buf_view(text), "book.yaml", &err))
		fail_msg("%s: accepted where it should say: %s", bad_path, wanted->p);
	assert_string_equal(err.text, wanted->p);
}

static void test_every_mistake_is_named_with_its_place(void **state)
{
	FILE *file = fopen(bad_path, "r");
	struct buf wanted = {0}, text = {0};
	char line[512];
	int cases = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "== ", 3) == 0) {
			check_bad(&wanted, &text);
			buf_clear(&wanted);
			buf_clear(&text);
			buf_str(&wanted, str_trim(str_of(line + 3)));
			cases++;
		} else if (line[0] != '#') {
			buf_puts(&text, line);
		}
	}
	check_bad(&wanted, &text);
	assert_true(cases > 40);
	(void)fclose(file);
	buf_free(&wanted);
	buf_free(&text);
}

/* ---- rates ---- */

static void test_rates_are_exact_and_print_as_written(void **state)
{
	static const struct {
		enum rate_kind kind;
		const char *text;
		int64_t femto;
		const char *printed;
	} cases[] = {
		{RATE_INPUT, "0.15", 150000000, "0.15"},
		{RATE_INPUT, "2.50", 2500000000, "2.5"},
		{RATE_OUTPUT, "10", 10000000000, "10"},
		{RATE_INPUT, "0", 0, "0"},
		{RATE_INPUT, "0.000000001", 1, "0.000000001"},
		{RATE_INPUT, "0.1000000000000", 100000000, "0.1"},
		{RATE_INPUT, "1000000", INT64_C(1000000000000000), "1000000"},
		{RATE_IMAGE, "0.04", INT64_C(40000000000000), "0.04"},
		{RATE_AUDIO_SECOND, "0.0001", INT64_C(100000000000), "0.0001"},
		{RATE_WEB_SEARCH, "10", INT64_C(10000000000000), "10"},
		{RATE_REQUEST, "0.005", INT64_C(5000000000000), "0.005"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char printed[RATE_TEXT];
		const char *why;
		int64_t rate;

		assert_true(rate_parse(cases[i].kind, str_of(cases[i].text), &rate, &why));
		assert_int_equal(rate, cases[i].femto);
		rate_print(cases[i].kind, rate, printed);
		assert_string_equal(printed, cases[i].printed);
	}
}

/* ---- layers ---- */

/* A configuration with own prices, and perhaps a file of the user's. */
struct fixture {
	struct config config;
	struct yaml *yaml;
	struct book *book;
	char file[32];
	char *books[1];
};

static void open_book(struct fixture *f, const char *own, const char *file, struct err *err)
{
	static char name[] = "tokentail.yaml";

	f->config.file = name;
	if (own) {
		f->yaml = yaml_parse(str_of(own), f->config.file, 1 << 16, false, err);
		assert_non_null(f->yaml);
		f->config.own_prices = yaml_root(f->yaml);
	}
	if (file) {
		int fd;

		(void)snprintf(f->file, sizeof(f->file), "/tmp/test_book.XXXXXX");
		fd = mkstemp(f->file);
		assert_int_equal(write(fd, file, strlen(file)), strlen(file));
		(void)close(fd);
		f->books[0] = f->file;
		f->config.books = f->books;
		f->config.books_n = 1;
	}
	f->book = book_open(&f->config, err);
}

static void close_book(struct fixture *f)
{
	book_free(&f->book);
	yaml_close(&f->yaml);
	if (f->file[0])
		(void)unlink(f->file);
}

/* The input rate of a model in USD per million tokens, "-" when it has none. */
static void assert_input(const struct fixture *f, const char *provider, const char *model,
                         const char *wanted)
{
	char text[RATE_TEXT] = "-";
	struct match m;

	assert_non_null(f->book);
	if (book_match(f->book, str_of(provider), str_of(model), now, &m))
		rate_print(RATE_INPUT, m.price->base.rate[RATE_INPUT], text);
	if (strcmp(text, wanted) != 0)
		fail_msg("%s %s: %s, not %s", provider, model, text, wanted);
}

static void test_own_prices_win_over_files_and_those_over_the_shipped(void **state)
{
	static const char own[] = "- {provider: openai, name: gpt-4o, prices: [{input: 1}]}\n";
	static const char file[] = "provider: openai\n"
				   "models:\n"
				   "  - {name: gpt-4o, prices: [{input: 2}]}\n"
				   "  - {name: gpt-4o-mini, prices: [{input: 3}]}\n";
	struct fixture f = {0};
	struct err err = {0};

	(void)state;
	open_book(&f, own, file, &err);
	assert_string_equal(err.text, "");
	assert_input(&f, "openai", "gpt-4o", "1");
	assert_input(&f, "openai", "gpt-4o-mini", "3");
	assert_input(&f, "openai", "gpt-4.1", "2");
	close_book(&f);
}

static void test_the_further_names_of_a_replaced_model_lead_to_what_replaced_it(void **state)
{
	struct fixture f = {0};
	struct err err = {0};

	(void)state;
	open_book(&f, "- {provider: openai, name: gpt-5, prices: [{input: 1}]}\n", NULL, &err);
	assert_input(&f, "openai", "gpt-5-codex", "1");
	assert_input(&f, "openai", "gpt-5-2025-08-07", "1");
	assert_input(&f, "azure", "gpt-5", "1");
	assert_input(&f, "openai", "gpt-5-mini", "0.25");
	close_book(&f);
}

static void test_own_prices_without_a_provider_hold_for_all(void **state)
{
	static const char own[] =
		"- {name: gpt-4o, also: [house-model], match: ['acme-*'], prices: [{input: 7}]}\n";
	struct fixture f = {0};
	struct err err = {0};

	(void)state;
	open_book(&f, own, NULL, &err);
	assert_input(&f, "openai", "gpt-4o", "7");
	assert_input(&f, "openai", "gpt-4o-2024-08-06", "7");
	assert_input(&f, "", "house-model", "7");
	assert_input(&f, "some-route", "House-Model", "7");
	assert_input(&f, "", "acme-large", "7");
	assert_input(&f, "", "acme-2", "-");
	assert_input(&f, "openai", "gpt-4o-mini", "0.15");
	close_book(&f);
}

static void test_aliases_of_the_configuration_come_first(void **state)
{
	struct pair aliases[] = {
		{.key = (char[]){"prod-chat"}, .value = (char[]){"gpt-4o-mini"}},
		{.key = (char[]){"gpt-4o"}, .value = (char[]){"anthropic/claude-3-haiku"}},
	};
	struct fixture f = {.config = {.aliases = aliases, .aliases_n = 2}};
	struct err err = {0};
	struct match m;

	(void)state;
	open_book(&f, NULL, NULL, &err);
	assert_input(&f, "azure", "prod-chat", "0.15");
	assert_input(&f, "openai", "gpt-4o", "0.25");
	assert_input(&f, "openai", "Prod-Chat", "-");
	assert_input(&f, "", "azure/prod-chat", "0.15");
	assert_input(&f, "azure", "azure/prod-chat-2", "-");
	assert_true(book_match(f.book, STR("azure"), STR("prod-chat"), now, &m));
	assert_string_equal(m.how, "alias prod-chat, gpt-4o-mini in openai");
	close_book(&f);
}

static void test_an_unknown_model_is_priced_as_another_only_when_told(void **state)
{
	struct fixture f = {.config = {.price_as = (char[]){"gpt-4o"}}};
	struct err err = {0};
	const struct book_entry *e;

	(void)state;
	open_book(&f, NULL, NULL, &err);
	e = book_find(f.book, STR("openai"), STR("gpt-50"));
	assert_non_null(e);
	assert_true(book_entry_estimated(e));
	assert_string_equal(book_price(e, now)->key, "openai/gpt-4o");
	e = book_find(f.book, STR("openai"), STR("gpt-4o"));
	assert_false(book_entry_estimated(e));
	close_book(&f);
	f = (struct fixture){.config = {.price_as = (char[]){"gpt-50"}}};
	open_book(&f, NULL, NULL, &err);
	assert_null(f.book);
	assert_string_equal(err.text, "tokentail.yaml: unknown_model.price_as: no book has a price "
	                              "for gpt-50");
	close_book(&f);
}

static void test_mistakes_in_own_prices_name_the_configuration(void **state)
{
	struct fixture f = {0};
	struct err err = {0};

	(void)state;
	open_book(&f, "- name: m\n  prices:\n    - {input: x}\n", NULL, &err);
	assert_null(f.book);
	assert_string_equal(err.text,
	                    "tokentail.yaml:3: input: expected a price in USD such as 0.15");
	close_book(&f);
}

static void test_a_file_that_is_not_there_is_an_error(void **state)
{
	char *books[] = {(char[]){"/nowhere/prices.yaml"}};
	struct fixture f = {.config = {.books = books, .books_n = 1}};
	struct err err = {0};

	(void)state;
	open_book(&f, NULL, NULL, &err);
	assert_null(f.book);
	assert_string_equal(err.text,
	                    "tokentail.yaml: prices.books: /nowhere/prices.yaml: cannot be "
	                    "read: No such file or directory");
	close_book(&f);
}

static void test_a_host_sells_at_the_prices_of_those_it_hosts(void **state)
{
	static const char file[] = "provider: acme-cloud\n"
				   "aliases: [acme]\n"
				   "host_of: [anthropic]\n"
				   "models:\n"
				   "  - {name: claude-3-haiku, prices: [{input: 9}]}\n";
	struct fixture f = {0};
	struct err err = {0};

	(void)state;
	open_book(&f, NULL, file, &err);
	assert_input(&f, "acme-cloud", "claude-3-haiku", "9");
	assert_input(&f, "ACME", "claude-3-haiku-20240307", "9");
	assert_input(&f, "acme", "claude-3-opus", "15");
	assert_input(&f, "acme", "gpt-4o", "-");
	assert_input(&f, "", "claude-3-haiku", "0.25");
	close_book(&f);
}

/* ---- rows ---- */

static void test_there_is_no_price_before_the_first_row(void **state)
{
	static const char own[] = "- name: m\n"
				  "  prices:\n"
				  "    - {from: 2026-05-01, input: 1}\n"
				  "    - {from: 2026-05-02T12:00:00Z, input: 2}\n";
	struct fixture f = {0};
	struct err err = {0};
	const struct book_entry *e;
	int64_t first = civil_time((struct civil){.year = 2026, .month = 5, .day = 1});
	int64_t second = first + 36 * 3600 * TIME_SEC;

	(void)state;
	open_book(&f, own, NULL, &err);
	e = book_find(f.book, STR(""), STR("m"));
	assert_null(book_price(e, first - 1));
	assert_string_equal(book_price(e, first)->key, "own/m@2026-05-01");
	assert_string_equal(book_price(e, second - 1)->key, "own/m@2026-05-01");
	assert_string_equal(book_price(e, second)->key, "own/m@2026-05-02T12:00:00Z");
	close_book(&f);
}

static void test_before_its_first_date_a_row_leaves_the_price_to_the_books_beneath(void **state)
{
	static const char own[] =
		"- {provider: openai, name: gpt-4o, prices: [{from: 2026-05-01, input: 1}]}\n"
		"- {name: gpt-4o-mini, prices: [{from: 2026-05-01, input: 1}]}\n"
		"- {provider: anthropic, name: claude-sonnet-4-5-20250929,\n"
		"   prices: [{from: 2026-05-01, input: 1}]}\n";
	static const struct {
		const char *model, *before;
	} cases[] = {{"gpt-4o", "2.5"},
	             {"gpt-4o-2024-08-06", "2.5"},
	             {"gpt-4o-mini", "0.15"},
	             {"claude-sonnet-4-5-20250929", "3"}};
	int64_t first = civil_time((struct civil){.year = 2026, .month = 5, .day = 1});
	struct fixture f = {0};
	struct err err = {0};
	char text[RATE_TEXT];

	(void)state;
	open_book(&f, own, NULL, &err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct book_entry *e = book_find(f.book, STR(""), str_of(cases[i].model));

		assert_non_null(e);
		rate_print(RATE_INPUT, book_price(e, first)->base.rate[RATE_INPUT], text);
		assert_string_equal(text, "1");
		rate_print(RATE_INPUT, book_price(e, first - 1)->base.rate[RATE_INPUT], text);
		assert_string_equal(text, cases[i].before);
	}
	close_book(&f);
}

/* ---- files of many providers ---- */

static void test_what_several_unknown_providers_sell_needs_the_provider(void **state)
{
	static const char text[] =
		"imported: test\n"
		"source: nowhere\n"
		"providers:\n"
		"  - provider: here\n"
		"    models:\n"
		"      - {name: lonely-1, prices: [{input: 1}]}\n"
		"      - {name: open-1, prices: [{input: 2}]}\n"
		"      - {name: gpt-4o, prices: [{input: 9}]}\n"
		"  - provider: there\n"
		"    aliases: [over-there]\n"
		"    models: [{name: open-1, gone: 2026-11-01, prices: [{input: 3}]}]\n";
	struct fixture f = {0};
	struct err err = {0};
	struct match m;

	(void)state;
	f.book = book_open_imported(str_of(text), "imported.yaml", &err);
	assert_string_equal(err.text, "");
	assert_input(&f, "", "lonely-1", "1");
	assert_input(&f, "here", "open-1", "2");
	assert_input(&f, "over-there", "open-1", "3");
	assert_input(&f, "", "gpt-4o", "2.5"); /* its maker is known */
	assert_false(book_match(f.book, STR(""), STR("open-1"), now, &m));
	assert_string_equal(m.how, "several providers sell this model; the log has to name one");
	book_match(f.book, STR("here"), STR("open-1"), now, &m);
	assert_string_equal(m.price->source, "nowhere");
	close_book(&f);
}

static void test_hours_hold_before_1970_too(void **state)
{
	static const char own[] = "- name: m\n"
				  "  prices:\n"
				  "    - {input: 1}\n"
				  "    - {hours: 23:00-01:00, input: 2}\n";
	struct fixture f = {0};
	struct err err = {0};
	const struct book_entry *e;

	(void)state;
	open_book(&f, own, NULL, &err);
	e = book_find(f.book, STR(""), STR("m"));
	assert_string_equal(book_price(e, -1)->key, "own/m@23:00-01:00");
	assert_string_equal(book_price(e, -TIME_SEC * 3600 - 1)->key, "own/m");
	assert_string_equal(book_price(e, TIME_SEC * 3600 - 1)->key, "own/m@23:00-01:00");
	assert_string_equal(book_price(e, TIME_SEC * 3600)->key, "own/m");
	close_book(&f);
}

static void test_what_a_model_says_goes_before_what_its_file_says(void **state)
{
	static const char file[] = "provider: acme\n"
				   "source: list\n"
				   "batch: 0.5\n"
				   "flex: 0.25\n"
				   "models:\n"
				   "  - name: m\n"
				   "    batch: 0.75\n"
				   "    prices:\n"
				   "      - {input: 1, source: letter}\n"
				   "  - {name: n, prices: [{input: 1}]}\n";
	struct fixture f = {0};
	struct err err = {0};
	struct match m, n;

	(void)state;
	open_book(&f, NULL, file, &err);
	assert_true(book_match(f.book, STR("acme"), STR("m"), now, &m));
	assert_true(book_match(f.book, STR("acme"), STR("n"), now, &n));
	assert_int_equal(m.price->variants_n, 2);
	assert_string_equal(m.price->variants[0].name, "batch");
	assert_int_equal(m.price->variants[0].factor_ppm, 750000);
	assert_int_equal(m.price->variants[1].factor_ppm, 250000);
	assert_string_equal(m.price->source, "letter");
	assert_int_equal(m.price->place.line, 9);
	assert_int_equal(n.price->variants[0].factor_ppm, 500000);
	assert_string_equal(n.price->source, "list");
	close_book(&f);
}

static void test_the_shipped_rows_are_in_order_and_say_where_they_are_from(void **state)
{
	struct fixture f = {0};
	struct err err = {0};
	size_t n;
	const struct price *rows;

	(void)state;
	open_book(&f, NULL, NULL, &err);
	rows = book_rows(f.book, &n);
	assert_true(n > 300);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(rows[i].source);
		assert_non_null(rows[i].checked);
		assert_true(strncmp(rows[i].place.file, "prices/", 7) == 0);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[k].key, rows[i].key);
		if (i == 0)
			continue;
		assert_true(strcmp(rows[i - 1].provider, rows[i].provider) <= 0);
		if (strcmp(rows[i - 1].provider, rows[i].provider) == 0)
			assert_true(strcmp(rows[i - 1].model, rows[i].model) <= 0);
	}
	close_book(&f);
}

/* A maker never asks more for reading a cache than for reading anew, nor less for writing. */
static void test_the_shipped_rates_agree_with_each_other(void **state)
{
	struct fixture f = {0};
	struct err err = {0};
	size_t n;
	const struct price *rows;

	(void)state;
	open_book(&f, NULL, NULL, &err);
	rows = book_rows(f.book, &n);
	for (size_t i = 0; i < n; i++) {
		const int64_t *rate = rows[i].base.rate;

		if (rate[RATE_CACHE_READ] > rate[RATE_INPUT] ||
		    (rate[RATE_CACHE_WRITE] != RATE_NONE &&
		     rate[RATE_CACHE_WRITE] < rate[RATE_INPUT]) ||
		    (rate[RATE_CACHE_WRITE_1H] != RATE_NONE &&
		     rate[RATE_CACHE_WRITE_1H] != 2 * rate[RATE_INPUT]))
			fail_msg("%s: look at its cache prices", rows[i].key);
		for (size_t k = 0; k < rows[i].tiers_n; k++)
			for (enum rate_kind kind = 0; kind < RATES; kind++)
				if (rows[i].tiers[k].rates.rate[kind] < rate[kind])
					fail_msg("%s: %s is lower in a tier", rows[i].key,
					         rate_name(kind));
	}
	close_book(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mistake_is_named_with_its_place),
		cmocka_unit_test(test_rates_are_exact_and_print_as_written),
		cmocka_unit_test(test_own_prices_win_over_files_and_those_over_the_shipped),
		cmocka_unit_test(
			test_the_further_names_of_a_replaced_model_lead_to_what_replaced_it),
		cmocka_unit_test(test_own_prices_without_a_provider_hold_for_all),
		cmocka_unit_test(test_aliases_of_the_configuration_come_first),
		cmocka_unit_test(test_an_unknown_model_is_priced_as_another_only_when_told),
		cmocka_unit_test(test_mistakes_in_own_prices_name_the_configuration),
		cmocka_unit_test(test_a_file_that_is_not_there_is_an_error),
		cmocka_unit_test(test_a_host_sells_at_the_prices_of_those_it_hosts),
		cmocka_unit_test(test_there_is_no_price_before_the_first_row),
		cmocka_unit_test(
			test_before_its_first_date_a_row_leaves_the_price_to_the_books_beneath),
		cmocka_unit_test(test_what_several_unknown_providers_sell_needs_the_provider),
		cmocka_unit_test(test_hours_hold_before_1970_too),
		cmocka_unit_test(test_what_a_model_says_goes_before_what_its_file_says),
		cmocka_unit_test(test_the_shipped_rows_are_in_order_and_say_where_they_are_from),
		cmocka_unit_test(test_the_shipped_rates_agree_with_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
