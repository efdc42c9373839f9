/*
 * Text from a log, made safe for where it is shown.
 *
 * One decoder of UTF-8 and one question, "may this character be shown as it is?", serve every
 * place; a place only decides how it writes what may not be shown. What is dangerous is what acts
 * instead of being seen: control characters move a cursor or re-program a terminal, bidirectional
 * controls make text read as what it is not, a line separator makes one row two.
 */
#include "agent/base/escape.h"

#include <stdint.h>

#define REPLACEMENT STR("\xef\xbf\xbd") /* U+FFFD */

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
	size_t low = 0;
	size_t high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && c >= ranges[low].first;
}

#define IN(table, c) in_ranges(table, sizeof(table) / sizeof((table)[0]), c)

/* Characters that act on what shows them. Sorted, as all tables here. */
static const struct range acting[] = {
	{0x0000, 0x001f}, /* C0 */
	{0x007f, 0x009f}, /* DEL, C1 */
	{0x061c, 0x061c}, /* Arabic letter mark */
	{0x200e, 0x200f}, /* direction marks */
	{0x2028, 0x2029}, /* line and paragraph separator */
	{0x202a, 0x202e}, /* embeddings and overrides */
	{0x2066, 0x2069}, /* isolates */
};

/* Combining marks and joiners of the common scripts: they take no column of their own. */
static const struct range zero_width[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
	{0x06d6, 0x06dc}, {0x0900, 0x0902}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d},
	{0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
	{0x200b, 0x200d}, {0x2060, 0x2060}, {0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
};

/* East Asian Wide and Fullwidth, with the emoji that terminals draw over two columns. */
static const struct range two_columns[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
	{0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x2705, 0x2705},
	{0x274c, 0x274c},   {0x2753, 0x2755},   {0x2795, 0x2797},   {0x2e80, 0x303e},
	{0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
	{0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
	{0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb},
	{0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

struct lead {
	uint32_t least;           /* a smaller character in as many bytes is over-long */
	unsigned char mask, bits; /* the byte is a lead when (byte & mask) == bits */
	unsigned char bytes;
};

static const struct lead leads[] = {
	{0, 0x80, 0x00, 1},
	{0x80, 0xe0, 0xc0, 2},
	{0x800, 0xf0, 0xe0, 3},
	{0x10000, 0xf8, 0xf0, 4},
};

/* The character at the start of `s` (not empty) and its bytes; 0: the first byte is not UTF-8. */
static size_t decode(struct str s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s.p;
	const struct lead *lead = NULL;
	uint32_t c;

	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]) && lead == NULL; i++)
		if ((p[0] & leads[i].mask) == leads[i].bits)
			lead = &leads[i];
	if (lead == NULL || lead->bytes > s.n)
		return 0;
	c = p[0] & (unsigned char)~lead->mask;
	for (size_t i = 1; i < lead->bytes; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < lead->least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return lead->bytes;
}

size_t utf8_length(struct str text)
{
	uint32_t c;

	return decode(text, &c);
}

bool text_is_plain(struct str text)
{
	unsigned bad = 0;

	/* No early end: without a branch the compiler looks at 16 bytes at a time. */
	for (size_t i = 0; i < text.n; i++)
		bad |= (unsigned char)(text.p[i] - 0x20) > 0x7e - 0x20;
	return bad == 0;
}

void escape_terminal(struct buf *out, struct str text)
{
	while (text.n) {
		uint32_t c = 0;
		size_t n = decode(text, &c);

		if (n == 0 || (n == 1 && IN(acting, c)))
			buf_printf(out, "\\x%02x", (unsigned)(unsigned char)text.p[0]);
		else if (IN(acting, c))
			buf_printf(out, "\\u{%04x}", (unsigned)c);
		else
			buf_bytes(out, text.p, n);
		text = str_from(text, n ? n : 1);
	}
}

/* The two-character escapes of JSON; NULL: this character has none. */
static const char *json_short(uint32_t c)
{
	static const char plain[] = "\"\\\n\r\t\b\f";
	static const char *const shorts[] = {"\\\"", "\\\\", "\\n", "\\r", "\\t", "\\b", "\\f"};
	const char *at = c > 0 && c < 0x80 ? strchr(plain, (int)c) : NULL;

	return at ? shorts[at - plain] : NULL;
}

void escape_json(struct buf *out, struct str text)
{
	buf_char(out, '"');
	while (text.n) {
		uint32_t c = 0;
		size_t n = decode(text, &c);

		if (n == 0)
			buf_str(out, REPLACEMENT);
		else if (json_short(c))
			buf_puts(out, json_short(c));
		else if (IN(acting, c)) /* all of them have four digits */
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_bytes(out, text.p, n);
		text = str_from(text, n ? n : 1);
	}
	buf_char(out, '"');
}

static bool has_any(struct str text, const char *set)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '\0' && strchr(set, text.p[i]))
			return true;
	return false;
}

void escape_csv(struct buf *out, struct str text)
{
	struct buf safe = {0};
	bool edge = text.n && (text.p[0] == ' ' || text.p[text.n - 1] == ' ');
	bool quoted;

	if (text.n && has_any((struct str){text.p, 1}, "=+-@\t\r"))
		buf_char(&safe, '\'');
	escape_terminal(&safe, text);
	/* A ';' parts fields where the comma is a decimal point: quoted, so that nothing behind it
	 * becomes a field that begins with '='. */
	quoted = edge || has_any(buf_view(&safe), ",;\"");
	if (quoted)
		buf_char(out, '"');
	for (size_t i = 0; i < safe.n; i++) {
		if (safe.p[i] == '"')
			buf_char(out, '"');
		buf_char(out, safe.p[i]);
	}
	if (quoted)
		buf_char(out, '"');
	buf_free(&safe);
}

void escape_markdown(struct buf *out, struct str text)
{
	struct buf safe = {0};

	escape_terminal(&safe, text);
	for (size_t i = 0; i < safe.n; i++) {
		if (strchr("|\\`*_<>&[]", safe.p[i]))
			buf_char(out, '\\');
		buf_char(out, safe.p[i]);
	}
	buf_free(&safe);
}

/* What YAML does not take as it is, beyond what acts. */
static const struct range not_in_yaml[] = {
	{0xfeff, 0xfeff}, /* byte order mark */
	{0xfffe, 0xffff},
};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A letter, a / or a . at the start, so that it is no number and no sign of YAML's; and no word
 * that YAML takes for a value of another type. */
static bool is_plain_yaml(struct str text)
{
	static const char *const words[] = {"null", "true", "false", "yes", "no",
	                                    "on",   "off",  "y",     "n",   "."};

	for (size_t i = 0; i < text.n; i++)
		if (!is_alnum(text.p[i]) && strchr(i ? "/._*+=@-" : "/._", text.p[i]) == NULL)
			return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(text, str_of(words[i])))
			return false;
	return text.n > 0 && !(text.p[0] >= '0' && text.p[0] <= '9') &&
	       !(text.p[0] == '.' && text.n > 1 && text.p[1] >= '0' && text.p[1] <= '9');
}

/* Whether all of it is UTF-8 without NUL; *quotes: whether it can stand in single quotes. */
static bool yaml_can_hold(struct str text, bool *quotes)
{
	*quotes = true;
	while (text.n) {
		uint32_t c = 0;
		size_t n = decode(text, &c);

		if (n == 0 || c == 0)
			return false;
		*quotes &= !IN(acting, c) && !IN(not_in_yaml, c);
		text = str_from(text, n);
	}
	return true;
}

static void yaml_in_quotes(struct buf *out, struct str text)
{
	buf_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_char(out, '\'');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '\'');
}

static void yaml_with_escapes(struct buf *out, struct str text)
{
	buf_char(out, '"');
	while (text.n) {
		uint32_t c = 0;
		size_t n = decode(text, &c);

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (char)c);
		else if (IN(acting, c) || IN(not_in_yaml, c))
			buf_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
		else
			buf_bytes(out, text.p, n);
		text = str_from(text, n);
	}
	buf_char(out, '"');
}

bool escape_yaml(struct buf *out, struct str text)
{
	bool quotes;

	if (!yaml_can_hold(text, &quotes))
		return false;
	if (is_plain_yaml(text))
		buf_str(out, text);
	else if (quotes)
		yaml_in_quotes(out, text);
	else
		yaml_with_escapes(out, text);
	return true;
}

void escape_yaml_comment(struct buf *out, struct str text)
{
	struct buf safe = {0};
	struct str rest;

	escape_terminal(&safe, text);
	for (rest = buf_view(&safe); rest.n;) {
		uint32_t c = 0;
		size_t n = decode(rest, &c);

		if (IN(not_in_yaml, c))
			buf_printf(out, "\\u{%04x}", (unsigned)c);
		else
			buf_bytes(out, rest.p, n);
		rest = str_from(rest, n);
	}
	buf_free(&safe);
}

size_t text_columns(struct str text)
{
	size_t columns = 0;

	while (text.n) {
		uint32_t c = 0;
		size_t n = decode(text, &c);

		if (n == 0 || !IN(zero_width, c))
			columns += n && IN(two_columns, c) ? 2 : 1;
		text = str_from(text, n ? n : 1);
	}
	return columns;
}

void utf8_clean(struct buf *out, struct str text, size_t max)
{
	size_t used = 0;

	while (text.n) {
		uint32_t c = 0;
		size_t n = decode(text, &c);
		struct str piece = n ? (struct str){text.p, n} : REPLACEMENT;

		used += piece.n;
		if (used > max)
			return;
		buf_str(out, piece);
		text = str_from(text, n ? n : 1);
	}
}
