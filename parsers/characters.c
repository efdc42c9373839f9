/*
 * Counting goes over the bytes as they stand in the record: nothing is unescaped or copied, for
 * prompts are the largest texts of a log.
 */
#include "parsers/characters.h"

static bool is_base64(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}

/* \udc00 to \udfff, the second half of a pair, is no character of its own. */
static bool is_second_half(struct str escape)
{
	return escape.n > 3 && escape.p[1] == 'u' && (escape.p[2] | 0x20) == 'd' &&
	       (escape.p[3] | 0x20) >= 'c' && (escape.p[3] | 0x20) <= 'f';
}

static int64_t text_characters(struct str s, bool escapes)
{
	bool encoded = s.n >= CHARACTERS_ENCODED;
	int64_t n = 0;

	if (str_starts(s, STR("data:")))
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (escapes && c == '\\') {
			n += !is_second_half(str_from(s, i));
			i += i + 1 < s.n && s.p[i + 1] == 'u' ? 5 : 1;
			continue;
		}
		n += (c & 0xc0) != 0x80; /* bytes of this look go on with a character */
		encoded &= is_base64(c);
	}
	return encoded ? 0 : n;
}

/* Where a JSON string that begins at `at`, behind its quote, ends. */
static size_t string_end(struct str s, size_t at)
{
	while (at < s.n && s.p[at] != '"')
		at += s.p[at] == '\\' ? 2 : 1;
	return at < s.n ? at : s.n;
}

static bool is_name(struct str behind)
{
	behind = str_trim(behind);
	return behind.n && behind.p[0] == ':';
}

static int64_t nested_characters(struct str s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		size_t begin = i + 1;

		if (s.p[i] != '"')
			continue;
		i = string_end(s, begin);
		if (!is_name(str_from(s, i + 1)))
			n += text_characters((struct str){s.p + begin, i - begin}, true);
	}
	return n;
}

int64_t value_characters(const struct value *v)
{
	switch (v->type) {
	case VALUE_STRING:
		return text_characters(v->text, v->escaped);
	case VALUE_OBJECT:
	case VALUE_ARRAY:
		return nested_characters(v->text);
	case VALUE_ABSENT:
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_NUMBER:
		break;
	}
	return 0;
}
