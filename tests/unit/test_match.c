/* How names find their row stands in fixtures/price/match.case; here are its driver and the pieces
 * on their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "agent/base/zone.h"
#include "agent/meter/book.h"
#include "agent/meter/match.h"

static const char path[] = "fixtures/price/match.case";

static struct str word(struct str *rest)
{
	size_t n = str_find(*rest, STR(" "));
	struct str word = {rest->p, n};

	*rest = str_from(*rest, n + 1);
	return str_eq(word, STR("-")) ? STR("") : word;
}

static void run_line(const struct book *book, struct str text, int line)
{
	int64_t time = civil_time((struct civil){.year = 2026, .month = 6, .day = 15});
	struct str provider = word(&text);
	struct str model = word(&text);
	struct str key = word(&text);
	const struct book_entry *entry = book_find(book, provider, model);
	struct match m;
	bool found = book_match(book, provider, model, time, &m);

	if (found != (key.n > 0) || (found && !str_starts(str_of(m.price->key), key)) ||
	    (found && m.price->key[key.n] != '\0' && m.price->key[key.n] != '@'))
		fail_msg("%s:%d: %s, not %.*s", path, line, found ? m.price->key : "unpriced",
		         STR_ARG(key));
	if ((entry ? book_price(entry, time) : NULL) != m.price)
		fail_msg("%s:%d: book_find and book_match differ", path, line);
	assert_true(m.how[0] != '\0');
}

static void test_names_find_their_rows_as_the_case_file_says(void **state)
{
	struct config none = {0};
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	FILE *file = fopen(path, "r");
	char line[512];

	(void)state;
	assert_string_equal(err.text, "");
	assert_non_null(file);
	for (int n = 1; fgets(line, sizeof(line), file); n++) {
		struct str text = str_trim(str_of(line));

		if (text.n && text.p[0] != '#')
			run_line(book, text, n);
	}
	(void)fclose(file);
	book_free(&book);
}

static void test_how_says_what_was_dropped(void **state)
{
	struct config none = {0};
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	struct match m;

	(void)state;
	assert_true(book_match(book, STR("bedrock"),
	                       STR("bedrock/us.anthropic.claude-sonnet-4-6-v1:0"), 0, &m));
	assert_string_equal(m.how, "without the prefix bedrock/, without -v1:0, "
	                           "us.anthropic.claude-sonnet-4-6 in aws.bedrock");
	assert_true(book_match(book, STR(""), STR("claude-opus-4.7"), 0, &m));
	assert_string_equal(m.how, "by an equal spelling claude-opus-4-7 in anthropic");
	assert_false(book_match(book, STR(""), STR("claude-opus-4-9"), 0, &m));
	assert_string_equal(m.how, "no book has this model");
	book_free(&book);
}

static void test_a_star_stands_for_any_text_without_digits(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool fits;
	} cases[] = {
		{"acme-*", "acme-large", true},
		{"acme-*", "acme-", true},
		{"acme-*", "acme-2", false},
		{"acme-2*", "acme-2", true},
		{"acme-2*", "acme-2-mini", true},
		{"acme-2*", "acme-2.1", false},
		{"acme-2*", "acme-20", false},
		{"*-mini", "acme-mini", true},
		{"*-mini", "acme-mini-x", false},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "axxbyy", false},
		{"*", "anything", true},
		{"*", "", true},
		{"", "", true},
		{"", "x", false},
		{"a**b", "ab", true},
		{"*x5*c", "xx5c", true},
		{"acme", "acme", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (match_glob(str_of(cases[i].pattern), str_of(cases[i].name)) != cases[i].fits)
			fail_msg("%s and %s", cases[i].pattern, cases[i].name);
}

static void test_only_what_does_not_change_the_price_is_a_suffix(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} cases[] = {
		{"m-20250929", 9},
		{"m@20250929", 9},
		{"m-2025-09-29", 11},
		{"m@default", 8},
		{"m-latest", 7},
		{"m[1m]", 4},
		{"m-v1:0", 5},
		{"m-v12:0", 6},
		{"m:0", 2},
		{"m-v1", 3},
		{"m-v2", 0},
		{"m:1", 0},
		{"m-0613", 0},
		{"m-19991231", 0},
		{"m-20251301", 0},
		{"m-2025-9-29", 0},
		{"m-12025-09-29", 0},
		{"-20250929", 0},
		{"20250929", 0},
		{"ft:m:o::id", 6},
		{"ft:m", 0},
		{"-latest", 0},
		{"", 0},
		{"m-120250929", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (match_suffix(str_of(cases[i].name)) != cases[i].n)
			fail_msg("%s: %zu", cases[i].name, match_suffix(str_of(cases[i].name)));
}

static void test_a_name_longer_than_any_model_has_no_price(void **state)
{
	struct config none = {0};
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	char name[4096], normal[MODEL_NAME_MAX];

	(void)state;
	memset(name, '/', sizeof(name));
	assert_int_equal(match_normal((struct str){name, MODEL_NAME_MAX - 3}, normal).n,
	                 MODEL_NAME_MAX - 3);
	assert_int_equal(match_normal((struct str){name, MODEL_NAME_MAX - 2}, normal).n, 0);
	assert_null(book_find(book, STR(""), (struct str){name, sizeof(name)}));
	book_free(&book);
}

static void test_providers_get_their_public_names(void **state)
{
	static const struct {
		const char *spelling, *name;
	} cases[] = {
		{"openai", "openai"},
		{"OpenAI", "openai"},
		{"bedrock", "aws.bedrock"},
		{"bedrock_converse", "aws.bedrock"},
		{"azure", "azure.ai.openai"},
		{"az.ai.openai", "azure.ai.openai"},
		{"vertex_ai", "gcp.vertex_ai"},
		{"gemini", "gcp.gemini"},
		{"google", "gcp.gemini"},
		{"mistral", "mistral_ai"},
		{"xai", "x_ai"},
		{"x-ai", "x_ai"},
		{"zz-unknown", "zz-unknown"},
		{"", ""},
		{"amazon-bedrock", "aws.bedrock"},
		{"Default/Route", "Default/Route"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!str_eq(provider_name(str_of(cases[i].spelling)), str_of(cases[i].name)))
			fail_msg("%s", cases[i].spelling);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_find_their_rows_as_the_case_file_says),
		cmocka_unit_test(test_how_says_what_was_dropped),
		cmocka_unit_test(test_a_star_stands_for_any_text_without_digits),
		cmocka_unit_test(test_only_what_does_not_change_the_price_is_a_suffix),
		cmocka_unit_test(test_a_name_longer_than_any_model_has_no_price),
		cmocka_unit_test(test_providers_get_their_public_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
