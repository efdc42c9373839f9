/*
 * Two kinds of strings are unescaped: prose with a line feed here and there, and JSON in a string,
 * which has a backslash every few bytes. Copying by words serves both. Each escape is at least as
 * long as what it stands for, which is why the result always fits where the raw text did.
 */
#include "parsers/json_string.h"

#include "parsers/format.h"

enum {
	HEX_ESCAPE = 6, /* bytes of \uXXXX */
	REPLACEMENT = 0xfffd,
};

const char json_escape_letters[256] = {
	['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
	['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The code unit of a \uXXXX at the start of `s`, -1 when there is none. */
static int32_t code_unit(struct str s)
{
	int32_t unit = 0;

	if (s.n < HEX_ESCAPE || s.p[0] != '\\' || s.p[1] != 'u')
		return -1;
	for (size_t i = 2; i < HEX_ESCAPE; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static size_t put_utf8(char *out, int32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static bool is_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdfff;
}

/* Undoes the \uXXXX, or the pair of them, whose first unit is given; *used is how long it was. */
static size_t put_code(struct str s, int32_t first, char *out, size_t *used)
{
	int32_t second;

	*used = HEX_ESCAPE;
	if (!is_surrogate(first))
		return put_utf8(out, first);
	second = code_unit(str_from(s, HEX_ESCAPE));
	if (first >= 0xdc00 || second < 0xdc00 || second > 0xdfff)
		return put_utf8(out, REPLACEMENT);
	*used = HEX_ESCAPE + HEX_ESCAPE;
	return put_utf8(out, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
}

/* Undoes the escape at the start of `s`; *used is how long it was. */
static size_t put_escape(struct str s, char *out, size_t *used)
{
	int32_t unit = code_unit(s);

	if (unit >= 0)
		return put_code(s, unit, out, used);
	*used = 1;
	out[0] = '\\';
	if (s.n > 1 && json_escape_letters[(unsigned char)s.p[1]]) {
		*used = 2;
		out[0] = json_escape_letters[(unsigned char)s.p[1]];
	}
	return 1;
}

/*
 * Copies up to the next backslash, or until less than a word is left, and says how much. There is
 * room for the whole word: what is written never gets ahead of what is read.
 */
static size_t copy_words(struct str s, char *out)
{
	for (size_t n = 0;; n += sizeof(uint64_t)) {
		uint64_t escapes;

		if (s.n - n < sizeof(uint64_t))
			return n;
		memcpy(out + n, s.p + n, sizeof(uint64_t));
		escapes = json_zero_bytes(json_load(s.p + n) ^ JSON_EACH('\\'));
		if (escapes)
			return n + (size_t)(__builtin_ctzll(escapes) >> 3);
	}
}

size_t json_unescape(struct str raw, char *out)
{
	char *start = out;

	while (raw.n) {
		size_t used = copy_words(raw, out);

		out += used;
		raw = str_from(raw, used);
		if (raw.n == 0)
			break;
		used = 1;
		if (raw.p[0] == '\\')
			out += put_escape(raw, out, &used);
		else
			*out++ = raw.p[0];
		raw = str_from(raw, used);
	}
	return (size_t)(out - start);
}

struct str json_unescape_padded(struct str raw, struct arena *scratch)
{
	char *text = arena_bytes(scratch, raw.n + RECORD_PAD);
	size_t n = json_unescape(raw, text);

	memset(text + n, 0, RECORD_PAD);
	return (struct str){text, n};
}
