/* The first line is a pattern, the rest a text. When it matches, the text holds the literal of the
 * pattern, and all groups lie in the text. */
#include <assert.h>
#include <stdlib.h>

#include "parsers/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_match(const struct pattern *p, struct pattern_match *m, struct str text)
{
	struct value slots[PATTERN_GROUPS_MAX];
	struct str literal = pattern_literal(p);
	enum pattern_result result = pattern_capture(p, m, text, slots);

	pattern_match_record(m, text.n);
	assert(pattern_test(p, m, text) == result);
	if (result != PATTERN_YES)
		return;
	assert(literal.n == 0 || str_find(text, literal) < text.n);
	for (size_t i = 0; i < pattern_groups(p); i++) {
		struct str s = slots[i].text;

		assert(slots[i].type == VALUE_ABSENT ||
		       (s.p >= text.p && s.p + s.n <= text.p + text.n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = {size ? (const char *)data : "", size};
	size_t n = str_find(all, STR("\n"));
	struct err err = {0};
	struct pattern *p = pattern_new((struct str){all.p, n}, &err);
	struct pattern_match *m = pattern_match_new();

	assert((p == NULL) == (err.text[0] != '\0'));
	if (p)
		check_match(p, m, str_from(all, n + 1));
	pattern_match_free(&m);
	pattern_free(&p);
	return 0;
}
