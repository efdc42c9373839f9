#include "agent/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/mem.h"

static void buf_room(struct buf *b, size_t more)
{
	size_t want = b->n + more + 1;

	if (want <= b->capacity)
		return;
	b->capacity = want > b->capacity * 2 ? want : b->capacity * 2;
	b->p = xrealloc(b->p, b->capacity, 1);
}

void buf_bytes(struct buf *b, const char *p, size_t n)
{
	buf_room(b, n);
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_str(struct buf *b, struct str s)
{
	buf_bytes(b, s.p, s.n);
}

void buf_puts(struct buf *b, const char *text)
{
	buf_bytes(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
	buf_bytes(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n <= 0)
		return;
	buf_room(b, (size_t)n);
	va_start(args, format);
	(void)vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
	va_end(args);
	b->n += (size_t)n;
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	if (b->p)
		b->p[0] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}
