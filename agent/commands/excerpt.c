#include "agent/commands/excerpt.h"

#include "agent/base/escape.h"

static size_t character(struct str text)
{
	size_t n = 1;

	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The bytes at the start of `text`, whole characters, that take at most `columns`. */
static size_t bytes_of_columns(struct str text, size_t columns)
{
	size_t n = 0, used = 0;

	while (n < text.n) {
		size_t more = character(str_from(text, n));

		used += text_columns((struct str){text.p + n, more});
		if (used > columns)
			break;
		n += more;
	}
	return n;
}

static const char *dots(bool utf8)
{
	return utf8 ? "…" : "..";
}

/* Escapes a character at a time, because an escape must not be cut. */
void excerpt_text(struct buf *out, struct str text, size_t columns, bool utf8)
{
	struct buf escaped = {0};
	size_t room = columns - text_columns(str_of(dots(utf8))), used = 0, end = 0, n;

	for (; text.n && used <= columns; text = str_from(text, n)) {
		size_t from = escaped.n;

		n = character(text);
		escape_terminal(&escaped, (struct str){text.p, n});
		used += text_columns(str_from(buf_view(&escaped), from));
		if (used <= room)
			end = escaped.n;
	}
	if (used <= columns)
		buf_str(out, buf_view(&escaped));
	else
		buf_bytes(out, escaped.p, end);
	if (used > columns)
		buf_puts(out, dots(utf8));
	buf_free(&escaped);
}

/* Bytes of a quoted string, its quotes included; to the end if it does not end. */
static size_t quoted(struct str text)
{
	size_t n = 1;

	while (n < text.n && text.p[n] != '"')
		n += text.p[n] == '\\' ? 2 : 1;
	return n < text.n ? n + 1 : text.n;
}

/* The escapes of JSON are left as they are, but none is cut. */
static void put_string(struct buf *out, struct str string, bool utf8)
{
	size_t n = bytes_of_columns(string, EXCERPT_STRING + 1);

	if (n + 1 >= string.n) {
		buf_str(out, string);
		return;
	}
	for (size_t i = n; i-- > 0 && i + 6 > n;)
		if (string.p[i] == '\\' && (i == 0 || string.p[i - 1] != '\\'))
			n = i;
	buf_bytes(out, string.p, n);
	buf_puts(out, dots(utf8));
	buf_char(out, '"');
}

void excerpt_record(struct buf *out, struct str record, size_t columns, bool utf8)
{
	bool json = record.n && (record.p[0] == '{' || record.p[0] == '[');
	struct buf shortened = {0};

	while (record.n && shortened.n < 8 * columns) {
		size_t n = 1;

		if (record.p[0] == '"') {
			n = quoted(record);
			put_string(&shortened, (struct str){record.p, n}, utf8);
		} else if (!json || strchr(" \t\r\n", record.p[0]) == NULL || record.p[0] == '\0') {
			buf_char(&shortened, record.p[0]);
		}
		record = str_from(record, n);
	}
	excerpt_text(out, buf_view(&shortened), columns, utf8);
	buf_free(&shortened);
}

/* The last space in the first bytes of a text, if there is one not in parentheses. */
static size_t last_space(struct str text, size_t bytes)
{
	size_t found = 0, outside = 0;
	int depth = 0;

	for (size_t i = 0; i <= bytes; i++) {
		depth += text.p[i] == '(' ? 1 : text.p[i] == ')' ? -1 : 0;
		if (text.p[i] != ' ')
			continue;
		found = i;
		if (depth <= 0)
			outside = i;
	}
	return outside ? outside : found;
}

/* The bytes of the next line, and of the space behind it. */
static size_t line_bytes(struct str text, size_t columns, size_t *space)
{
	size_t n = bytes_of_columns(text, columns), end;

	*space = 0;
	if (n == text.n)
		return n;
	end = last_space(text, n);
	if (end == 0)
		return n ? n : character(text);
	*space = 1;
	return end;
}

void excerpt_wrap(struct buf *out, struct str text, size_t used, size_t indent, size_t width)
{
	size_t room = width > used + 8 ? width - used : 8, space;

	for (bool first = true; first || text.n; first = false) {
		size_t n = line_bytes(text, room, &space);

		if (!first)
			buf_printf(out, "%*s", (int)indent, "");
		buf_bytes(out, text.p, n);
		buf_char(out, '\n');
		text = str_from(text, n + space);
		room = width > indent + 8 ? width - indent : 8;
	}
}

void excerpt_fold(struct buf *out, struct str text, size_t indent, size_t width)
{
	size_t room = width > indent + 8 ? width - indent : 8;

	for (bool first = true; first || text.n; first = false) {
		size_t n = bytes_of_columns(text, room);

		if (!first)
			buf_printf(out, "%*s", (int)indent, "");
		buf_bytes(out, text.p, n);
		buf_char(out, '\n');
		text = str_from(text, n);
	}
}
