/* Text that grows. Always NUL-ended, so `p` can be printed; never NULL after the first append. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "agent/base/str.h"

struct buf {
	char *p;
	size_t n;        /* bytes, without the NUL */
	size_t capacity; /* bytes allocated */
};

void buf_bytes(struct buf *b, const char *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *b, const char *format, ...);
static inline struct str buf_view(const struct buf *b)
{
	return (struct str){b->p, b->n};
}
void buf_clear(struct buf *b); /* empty, memory kept */
void buf_free(struct buf *b);

#endif
