#include "agent/commands/json_put.h"

#include <inttypes.h>

#include "agent/base/escape.h"

static void start(struct buf *out, const char *name)
{
	if (out->n && out->p[out->n - 1] != '{' && out->p[out->n - 1] != '[')
		buf_char(out, ',');
	if (name)
		buf_printf(out, "\"%s\":", name);
}

void json_begin(struct buf *out, const char *name, char bracket)
{
	start(out, name);
	buf_char(out, bracket);
}

void json_end(struct buf *out, char bracket)
{
	buf_char(out, bracket);
}

void json_text(struct buf *out, const char *name, struct str text)
{
	start(out, name);
	if (text.p)
		escape_json(out, text);
	else
		buf_puts(out, "null");
}

void json_int(struct buf *out, const char *name, int64_t n)
{
	start(out, name);
	buf_printf(out, "%" PRId64, n);
}

void json_bool(struct buf *out, const char *name, bool b)
{
	start(out, name);
	buf_puts(out, b ? "true" : "false");
}

void json_number(struct buf *out, const char *name, const char *digits)
{
	start(out, name);
	buf_puts(out, digits);
}
