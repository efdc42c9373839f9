/* Any text is a configuration or an error with words, and what was read keeps its promises. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/config/config.h"

static void check_source(const struct source_config *s)
{
	assert(s->name && s->name[0] && s->paths_n && s->format && s->timezone);
	assert(s->rules_n || s->patterns_n);
	assert(s->dedupe_within > 0);
	for (size_t i = 0; i < s->rules_n; i++)
		assert(s->rules[i].origins_n && (s->rules[i].field || s->rules[i].name[0] == '_'));
	for (size_t i = 0; i < s->only_n; i++)
		assert((s->only[i].operand == NULL) == (s->only[i].kind == TEST_EXISTS));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct config *c = config_parse((struct str){(const char *)data, size}, "fuzz.yaml", &err);

	assert((c == NULL) == (err.text[0] != '\0'));
	if (c == NULL)
		return 0;
	assert(c->database && c->timezone && c->keep_calls >= 0);
	for (size_t i = 0; i < c->sources_n; i++)
		check_source(&c->sources[i]);
	config_free(&c);
	return 0;
}
