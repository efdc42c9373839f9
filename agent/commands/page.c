#include "agent/commands/page.h"

#include "agent/commands/excerpt.h"

void page_label(struct page *p, const char *label)
{
	p->label = label;
}

void page_begin(struct page *p)
{
	const char *label = p->label ? p->label : "";

	if (p->look.colour && label[0])
		buf_printf(&p->out, "\x1b[1m%-*s\x1b[0m", PAGE_TEXT, label);
	else
		buf_printf(&p->out, "%-*s", PAGE_TEXT, label);
	p->label = NULL;
}

void page_line(struct page *p, size_t indent, struct str text)
{
	size_t column = PAGE_TEXT + indent;

	page_begin(p);
	buf_printf(&p->out, "%*s", (int)indent, "");
	excerpt_wrap(&p->out, text, column, column + 2, p->look.width);
}

void page_buf(struct page *p, size_t indent, struct buf *text)
{
	page_line(p, indent, buf_view(text));
	buf_free(text);
}

void page_value(const struct page *p, struct buf *text, struct str value)
{
	enum { VALUE_COLUMNS = 60 };

	excerpt_text(text, value, VALUE_COLUMNS, p->look.utf8);
}

/* One ? for each character that is not ASCII. */
static void to_ascii(struct buf *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->n; i++) {
		unsigned char c = (unsigned char)text->p[i];

		if (c < 0x80)
			text->p[to++] = (char)c;
		else if (c >= 0xc0)
			text->p[to++] = '?';
	}
	text->n = to;
}

void page_print(struct page *p, FILE *to)
{
	if (!p->look.utf8)
		to_ascii(&p->out);
	(void)fwrite(p->out.p, 1, p->out.n, to);
	buf_clear(&p->out);
}
