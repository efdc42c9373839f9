/* What public price books become stands in fixtures/price/import.case; here are its driver and what
 * a second import does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/zone.h"
#include "agent/import/import.h"
#include "agent/meter/book_write.h"
#include "parsers/format.h"
#include "parsers/timestamp.h"

static const char path[] = "fixtures/price/import.case";

static void set_date(struct import *im, int month, int day)
{
	im->date = civil_time((struct civil){.year = 2026, .month = month, .day = day});
	(void)snprintf(im->date_text, sizeof(im->date_text), "2026-%02d-%02d", month, day);
	memcpy(im->today, im->date_text, sizeof(im->today));
}

/* JSON in memory of its own length and the scanner's padding, so that a byte too far is seen. */
static bool read_book(struct import *im, struct str json, struct err *err)
{
	char *text = calloc(1, json.n + RECORD_PAD);
	bool good;

	memcpy(text, json.p, json.n);
	good = import_read(im, (struct str){text, json.n}, "book", err);
	free(text);
	return good;
}

/* ---- the cases ---- */

static void print_texts(struct buf *out, const char *open, char **texts, size_t n, char close)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? " " : open, texts[i]);
	if (n)
		buf_char(out, close);
}

static void print_row(struct buf *out, const struct model *m, const struct price *p)
{
	struct buf prices = {0};
	char from[TIMESTAMP_TEXT];

	buf_printf(out, "%s/%s", m->provider, m->name);
	print_texts(out, " (", m->also, m->also_n, ')');
	print_texts(out, " [", m->match, m->match_n, ']');
	if (p->from != INT64_MIN) {
		timestamp_print(p->from, from);
		buf_printf(out, " from %.10s", from);
	}
	if (p->hours_text)
		buf_printf(out, " %s", p->hours_text);
	book_put_prices(&prices, p);
	buf_printf(out, ": %s\n", prices.p);
	buf_free(&prices);
}

static void print_import(struct buf *out, const struct import *im)
{
	static const char *const kinds[] = {[NOTE_LEFT_OUT] = "left out",
	                                    [NOTE_FIELD] = "price",
	                                    [NOTE_NAME] = "name",
	                                    [NOTE_ROUNDED] = "rounded"};

	for (size_t i = 0; i < im->shelf.models_n; i++)
		for (size_t k = 0; k < im->shelf.models[i].prices_n; k++)
			print_row(out, &im->shelf.models[i], &im->shelf.models[i].prices[k]);
	for (size_t i = 0; i < im->notes_n; i++)
		buf_printf(out, "%s %zu: %s (%s)\n", kinds[im->notes[i].kind], im->notes[i].n,
		           im->notes[i].what, im->notes[i].example);
}

struct driver {
	struct buf title, json, wanted, got;
	bool in_gives;
	int cases;
};

static void end_case(struct driver *d)
{
	struct import im = {0};
	struct err err = {0};

	if (d->title.n == 0)
		return;
	set_date(&im, 11, 1);
	if (read_book(&im, buf_view(&d->json), &err))
		print_import(&d->got, &im);
	else
		buf_printf(&d->got, "error: %s\n", err.text);
	if (!str_eq(buf_view(&d->got), buf_view(&d->wanted)))
		fail_msg("%s: %s:\n%s", path, d->title.p, d->got.p ? d->got.p : "nothing");
	import_free(&im);
	buf_clear(&d->json);
	buf_clear(&d->wanted);
	buf_clear(&d->got);
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
		d->in_gives = false;
	} else if (strcmp(line, "gives\n") == 0) {
		d->in_gives = true;
	} else {
		buf_puts(d->in_gives ? &d->wanted : &d->json, line);
	}
}

static void test_public_books_become_ours_as_the_case_file_says(void **state)
{
	FILE *file = fopen(path, "r");
	struct driver d = {0};
	char line[1024];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		read_line(&d, line);
	end_case(&d);
	(void)fclose(file);
	assert_true(d.cases >= 14);
	buf_free(&d.title);
	buf_free(&d.json);
	buf_free(&d.wanted);
	buf_free(&d.got);
}

/* ---- a second import ---- */

/* Imports over `old` and puts the new book in its place. */
static void import_over(struct import *im, const char *json, struct buf *old, int month, int day)
{
	struct err err = {0};
	struct buf text = {0};

	*im = (struct import){0};
	set_date(im, month, day);
	if (!read_book(im, str_of(json), &err) ||
	    !import_merge(im, old->n ? buf_view(old) : STR(""), "old.yaml", &text, &err))
		fail_msg("%s", err.text);
	buf_free(old);
	*old = text;
}

static void assert_counts(const struct import *im, size_t new, size_t changed, size_t same,
                          size_t dropped)
{
	if (im->new != new || im->changed != changed || im->same != same || im->dropped != dropped)
		fail_msg("new %zu, changed %zu, same %zu, dropped %zu", im->new, im->changed,
		         im->same, im->dropped);
}

static void assert_has(const struct buf *text, const char *line)
{
	if (str_find(buf_view(text), str_of(line)) == text->n)
		fail_msg("not there: %s\n%s", line, text->p);
}

static const char two[] =
	"{\"m\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 1e-6},"
	" \"q\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 5e-6}}";
static const char two_later[] =
	"{\"m\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 2e-6},"
	" \"q\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 5e-6}}";
static const char one[] =
	"{\"q\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 5e-6}}";

static void test_the_same_book_again_changes_no_byte_whatever_the_day(void **state)
{
	struct buf book = {0}, before = {0};
	struct import im;

	(void)state;
	import_over(&im, two, &book, 11, 1);
	assert_counts(&im, 2, 0, 0, 0);
	import_free(&im);
	buf_str(&before, buf_view(&book));
	import_over(&im, two, &book, 11, 9);
	assert_counts(&im, 0, 0, 2, 0);
	import_free(&im);
	assert_string_equal(book.p, before.p);
	buf_free(&book);
	buf_free(&before);
}

static void test_a_changed_price_is_a_row_from_its_day(void **state)
{
	static const char rows[] =
		"      - name: m\n"
		"        prices:\n"
		"          - {from: 2026-11-01, input: 1, checked: '2026-11-01'}\n"
		"          - {from: 2026-11-09, input: 2, checked: '2026-11-09'}\n"
		"      - name: q\n"
		"        prices:\n"
		"          - {from: 2026-11-01, input: 5, checked: '2026-11-01'}\n";
	struct buf book = {0}, before = {0};
	struct import im;

	(void)state;
	import_over(&im, two, &book, 11, 1);
	import_free(&im);
	import_over(&im, two_later, &book, 11, 9);
	assert_counts(&im, 0, 1, 1, 0);
	assert_int_equal(im.changes_n, 1);
	assert_int_equal(im.jumps, 0);
	import_free(&im);
	assert_has(&book, rows);

	/* An older snapshot goes between: it holds from its day to the next one. */
	buf_str(&before, buf_view(&book));
	import_over(&im, two, &book, 11, 5);
	assert_counts(&im, 0, 0, 2, 0);
	import_free(&im);
	assert_string_equal(book.p, before.p);
	import_over(&im, two_later, &book, 11, 5);
	assert_counts(&im, 0, 1, 1, 0);
	import_free(&im);
	assert_has(&book, "          - {from: 2026-11-01, input: 1, checked: '2026-11-01'}\n"
	                  "          - {from: 2026-11-05, input: 2, checked: '2026-11-05'}\n"
	                  "      - name: q\n");
	buf_free(&book);
	buf_free(&before);
}

static void test_what_is_gone_keeps_its_price_and_is_told_once(void **state)
{
	struct buf book = {0};
	struct import im;

	(void)state;
	import_over(&im, two, &book, 11, 1);
	import_free(&im);
	import_over(&im, one, &book, 11, 9);
	assert_counts(&im, 0, 0, 1, 1);
	assert_int_equal(im.changes_n, 1);
	assert_string_equal(im.changes[0].model->name, "m");
	import_free(&im);
	assert_has(&book, "      - name: m\n        gone: 2026-11-09\n        prices:\n"
	                  "          - {from: 2026-11-01, input: 1, checked: '2026-11-01'}\n");
	import_over(&im, one, &book, 11, 10);
	assert_counts(&im, 0, 0, 1, 0);
	import_free(&im);
	import_over(&im, two, &book, 11, 11);
	assert_counts(&im, 0, 0, 2, 0);
	import_free(&im);
	assert_int_equal(str_find(buf_view(&book), STR("gone")), book.n);
	buf_free(&book);
}

static void test_a_shipped_price_that_agrees_is_not_written_and_lends_its_factors(void **state)
{
	static const char json[] =
		"{\"gpt-4o\": {\"litellm_provider\": \"openai\","
		" \"input_cost_per_token\": 2.5e-6,"
		" \"cache_read_input_token_cost\": 1.25e-6, \"output_cost_per_token\": 1e-5},"
		" \"gpt-4o-mini\": {\"litellm_provider\": \"openai\","
		" \"input_cost_per_token\": 3e-7, \"output_cost_per_token\": 6e-7},"
		" \"gpt-4.1\": {\"litellm_provider\": \"openai\","
		" \"input_cost_per_token\": 2e-6, \"output_cost_per_token\": 8e-6,"
		" \"search_context_cost_per_query\": 0.01}}";
	struct buf book = {0};
	struct import im;

	(void)state;
	import_over(&im, json, &book, 11, 1);
	assert_counts(&im, 0, 2, 1, 0);
	import_free(&im);
	assert_has(&book, "    models:\n      - name: gpt-4o-mini\n");
	assert_has(&book, "input: 2, cache_read: 0.5, output: 8, web_search: 10, "
	                  "batch: 0.5, flex: 0.5, "
	                  "priority: {input: 3.5, cache_read: 0.875, output: 14}, ");
	assert_has(&book, "{from: 2026-11-01, input: 0.3, output: 0.6, batch: 0.5, flex: 0.5, ");
	buf_free(&book);
}

static void test_a_rate_that_says_what_stands_for_it_anyway_is_no_change(void **state)
{
	static const char json[] =
		"{\"grok-4\": {\"litellm_provider\": \"xai\","
		" \"input_cost_per_token\": 3e-6, \"output_cost_per_token\": 1.5e-5,"
		" \"output_cost_per_reasoning_token\": 1.5e-5},"
		" \"grok-3-mini\": {\"litellm_provider\": \"xai\","
		" \"input_cost_per_token\": 3e-7, \"output_cost_per_token\": 5e-7,"
		" \"output_cost_per_reasoning_token\": 6e-7}}";
	struct buf book = {0};
	struct import im;

	(void)state;
	import_over(&im, json, &book, 11, 1);
	assert_counts(&im, 0, 1, 1, 0);
	assert_int_equal(im.changes_n, 1);
	assert_string_equal(im.changes[0].model->name, "grok-3-mini");
	import_free(&im);
	buf_free(&book);
}

/* gemini-1.5-pro costs twice as much above 128000 tokens, cached ones too. */
static void test_silent_rates_stay_in_each_tier_or_in_none(void **state)
{
	static const char same[] =
		"[{\"id\": \"google\", \"models\": [{\"id\": \"gemini-1.5-pro\", \"match\": "
		"{\"equals\": \"gemini-1.5-pro\"}, \"prices\": {"
		"\"input_mtok\": {\"base\": 1.25, \"tiers\": [{\"start\": 128000, \"price\": "
		"2.5}]}, "
		"\"output_mtok\": {\"base\": 5, \"tiers\": [{\"start\": 128000, \"price\": 10}]}, "
		"\"web_searches_kcount\": 35}}]}]";
	static const char other[] =
		"[{\"id\": \"google\", \"models\": [{\"id\": \"gemini-1.5-pro\", \"match\": "
		"{\"equals\": \"gemini-1.5-pro\"}, \"prices\": {"
		"\"input_mtok\": {\"base\": 1.25, \"tiers\": [{\"start\": 200000, \"price\": "
		"2.5}]}, "
		"\"output_mtok\": {\"base\": 5, \"tiers\": [{\"start\": 200000, \"price\": "
		"10}]}}}]}]";
	struct buf book = {0};
	struct import im;

	(void)state;
	import_over(&im, same, &book, 11, 1);
	import_free(&im);
	assert_has(&book, "{input: 1.25, cache_read: 0.3125, output: 5, web_search: 35, tiers: ["
	                  "{above: 128000, input: 2.5, cache_read: 0.625, output: 10}], ");
	buf_free(&book);
	import_over(&im, other, &book, 11, 1);
	import_free(&im);
	assert_has(&book, "{input: 1.25, output: 5, tiers: [{above: 200000, input: 2.5, ");
	buf_free(&book);
}

/* Azure has OpenAI's prices in our book, so its silent rates stand for what OpenAI's say; whoever
 * just resells a model does not take over the maker's discounts. */
static void test_a_host_keeps_what_it_had_from_the_maker_and_a_reseller_has_nothing(void **state)
{
	static const char json[] =
		"{\"azure/gpt-4o\": {\"litellm_provider\": \"azure\","
		" \"input_cost_per_token\": 2.5e-6, \"output_cost_per_token\": 1e-5},"
		" \"azure/gpt-4o-mini\": {\"litellm_provider\": \"azure\","
		" \"input_cost_per_token\": 2e-7, \"output_cost_per_token\": 6e-7},"
		" \"poe/gpt-4o\": {\"litellm_provider\": \"poe\","
		" \"input_cost_per_token\": 2.5e-6, \"output_cost_per_token\": 1e-5}}";
	struct buf book = {0};
	struct import im;

	(void)state;
	import_over(&im, json, &book, 11, 1);
	assert_counts(&im, 0, 1, 2, 0);
	import_free(&im);
	assert_has(&book,
	           "{from: 2026-11-01, input: 2.5, cache_read: 1.25, output: 10, batch: 0.5, "
	           "flex: 0.5, priority: {input: 4.25, cache_read: 2.125, output: 17}, ");
	assert_has(&book, "{from: 2026-11-01, input: 0.2, output: 0.6, batch: 0.5, flex: 0.5, c");
	assert_has(&book, "{from: 2026-11-01, input: 2.5, output: 10, checked: '2026-11-01'}\n");
	buf_free(&book);
}

/* ---- what a person should look at ---- */

static void assert_odd(const struct import *im, const char *wanted)
{
	struct buf why = {0};
	bool odd = import_is_odd(im, &why);

	assert_int_equal(odd, wanted[0] != '\0');
	assert_string_equal(why.p ? why.p : "", wanted);
	buf_free(&why);
}

static void test_prices_that_move_tenfold_are_odd(void **state)
{
	static const char ten[] =
		"{\"m\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 1e-5},"
		" \"q\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 5.1e-7}}";
	static const char both[] =
		"{\"m\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 1e-3},"
		" \"q\": {\"litellm_provider\": \"acme\", \"input_cost_per_token\": 5e-8}}";
	struct buf book = {0};
	struct import im;

	(void)state;
	import_over(&im, two, &book, 11, 1);
	assert_odd(&im, "");
	import_free(&im);
	import_over(&im, ten, &book, 11, 2);
	assert_odd(&im, "1 price moved by 10 times or more");
	import_free(&im);
	import_over(&im, both, &book, 11, 3);
	assert_odd(&im, "2 prices moved by 10 times or more");
	import_free(&im);
	buf_free(&book);
}

static void make_book(struct buf *json, int models)
{
	buf_clear(json);
	buf_puts(json, "{\"data\":[");
	for (int i = 0; i < models; i++)
		buf_printf(json,
		           "%s{\"id\":\"acme/m-%d\",\"pricing\":{\"prompt\":\"0.000001\","
		           "\"completion\":\"0.000002\"}}",
		           i ? "," : "", i);
	buf_puts(json, "]}");
}

static void test_a_book_of_which_a_fifth_is_gone_is_odd(void **state)
{
	struct buf book = {0}, json = {0};
	struct import im;

	(void)state;
	make_book(&json, 100);
	import_over(&im, json.p, &book, 11, 1);
	import_free(&im);
	make_book(&json, 80);
	import_over(&im, json.p, &book, 11, 2);
	assert_odd(&im, "");
	import_free(&im);
	make_book(&json, 63);
	import_over(&im, json.p, &book, 11, 3);
	assert_odd(&im, "17 of the 80 models of the last import are gone");
	import_free(&im);
	buf_free(&book);
	buf_free(&json);
}

static void test_more_models_than_there_may_be_are_refused(void **state)
{
	struct buf json = {0};
	struct import im = {0};
	struct err err = {0};

	(void)state;
	make_book(&json, IMPORT_MODELS_MAX);
	set_date(&im, 11, 1);
	assert_false(read_book(&im, buf_view(&json), &err));
	assert_string_equal(err.text, "book: more than 19999 models");
	import_free(&im);
	buf_free(&json);
}

static void test_a_file_that_no_import_has_written_is_not_overwritten(void **state)
{
	static const char own[] = "provider: acme\nmodels: [{name: m, prices: [{input: 1}]}]\n";
	struct buf text = {0};
	struct import im = {0};
	struct err err = {0};

	(void)state;
	set_date(&im, 11, 1);
	assert_true(read_book(&im, str_of(two), &err));
	assert_false(import_merge(&im, str_of(own), "old.yaml", &text, &err));
	assert_string_equal(err.text, "old.yaml: no book that an import has written; move it away");
	import_free(&im);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_books_become_ours_as_the_case_file_says),
		cmocka_unit_test(test_the_same_book_again_changes_no_byte_whatever_the_day),
		cmocka_unit_test(test_a_changed_price_is_a_row_from_its_day),
		cmocka_unit_test(test_what_is_gone_keeps_its_price_and_is_told_once),
		cmocka_unit_test(
			test_a_shipped_price_that_agrees_is_not_written_and_lends_its_factors),
		cmocka_unit_test(test_a_rate_that_says_what_stands_for_it_anyway_is_no_change),
		cmocka_unit_test(test_silent_rates_stay_in_each_tier_or_in_none),
		cmocka_unit_test(
			test_a_host_keeps_what_it_had_from_the_maker_and_a_reseller_has_nothing),
		cmocka_unit_test(test_prices_that_move_tenfold_are_odd),
		cmocka_unit_test(test_a_book_of_which_a_fifth_is_gone_is_odd),
		cmocka_unit_test(test_more_models_than_there_may_be_are_refused),
		cmocka_unit_test(test_a_file_that_no_import_has_written_is_not_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
