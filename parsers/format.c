/*
 * The formats by name. Text has no code of its own: its fields are the groups of `patterns`, which
 * the caller matches anyway, so all its paths are absent from what is parsed here.
 */
#include "parsers/format.h"

#include <stdlib.h>

struct paths {
	size_t n;
};

static struct paths *text_compile(const struct str *paths, size_t n, struct err *err)
{
	struct paths *p = xmalloc(sizeof(*p));

	(void)paths;
	(void)err;
	p->n = n;
	return p;
}

static void text_free(struct paths **p)
{
	free(*p);
	*p = NULL;
}

static bool text_parse(const struct paths *p, struct str record, struct value *slots,
                       struct arena *scratch, struct fault *fault)
{
	(void)record;
	(void)scratch;
	(void)fault;
	for (size_t i = 0; i < p->n; i++)
		slots[i] = (struct value){0};
	return true;
}

const struct format format_text = {
	.name = "text",
	.compile = text_compile,
	.free = text_free,
	.parse = text_parse,
};

const struct format *format_find(struct str name)
{
	static const struct format *const formats[] = {&format_json, &format_logfmt, &format_text};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (str_eq(name, str_of(formats[i]->name)))
			return formats[i];
	return NULL;
}
