#include "agent/meter/carried.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/base/netstring.h"
#include "parsers/number.h"

struct value_seen {
	struct buf text; /* p is NULL: none yet */
	size_t getter;
};

struct carried {
	const char *const *names;
	struct value_seen *v;
	size_t n;
};

struct carried *carried_new(const char *const *names, size_t n)
{
	struct carried *c = xcalloc(1, sizeof(*c));

	c->names = names;
	c->v = xcalloc(n, sizeof(*c->v));
	c->n = n;
	return c;
}

void carried_free(struct carried **cp)
{
	struct carried *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		buf_free(&c->v[i].text);
	free(c->v);
	free(c);
}

void carried_set(struct carried *c, size_t field, struct str text, size_t getter)
{
	struct value_seen *v = &c->v[field];

	if (text.n > CARRIED_BYTES)
		text.n = CARRIED_BYTES;
	buf_clear(&v->text);
	buf_str(&v->text, text);
	v->getter = getter;
}

bool carried_get(const struct carried *c, size_t field, struct str *text, size_t *getter)
{
	if (c == NULL || c->v[field].text.p == NULL)
		return false;
	*text = buf_view(&c->v[field].text);
	*getter = c->v[field].getter;
	return true;
}

void carried_pack(const struct carried *c, struct buf *out)
{
	char getter[24];

	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].text.p == NULL)
			continue;
		netstring_add(out, str_of(c->names[i]));
		(void)snprintf(getter, sizeof(getter), "%zu", c->v[i].getter);
		netstring_add(out, str_of(getter));
		netstring_add(out, buf_view(&c->v[i].text));
	}
}

void carried_unpack(struct carried *c, struct str text)
{
	struct str name, getter_text, value;
	int64_t getter;

	while (netstring_next(&text, &name) && netstring_next(&text, &getter_text) &&
	       netstring_next(&text, &value))
		for (size_t i = 0; i < c->n; i++)
			if (str_eq(str_of(c->names[i]), name) &&
			    number_decimal(getter_text, 0, &getter) && getter >= 0)
				carried_set(c, i, value, (size_t)getter);
}
