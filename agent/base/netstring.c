#include "agent/base/netstring.h"

enum { LENGTH_DIGITS = 9 };

void netstring_add(struct buf *out, struct str text)
{
	buf_printf(out, "%zu:", text.n);
	buf_str(out, text);
	buf_char(out, ',');
}

bool netstring_next(struct str *from, struct str *ret)
{
	size_t n = 0, at = 0;

	while (at < from->n && at < LENGTH_DIGITS && from->p[at] >= '0' && from->p[at] <= '9')
		n = n * 10 + (size_t)(from->p[at++] - '0');
	if (at == 0 || at == from->n || from->p[at] != ':' || n >= from->n - at - 1 ||
	    from->p[at + 1 + n] != ',')
		return false;
	*ret = (struct str){from->p + at + 1, n};
	*from = str_from(*from, at + n + 2);
	return true;
}
