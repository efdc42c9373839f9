#include "parsers/json_frame.h"

#include "parsers/json_kernel.h"

/* A word that is cut off looks like a wrong one: a fault so near to the end is none yet. */
enum { UNSURE_BYTES = 8 };

static bool is_separator(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == ',' || c == '[' || c == ']' ||
	       c == '\0' || c == '\x1e'; /* RFC 7464 writes this before each value */
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_separators(struct str text, size_t at)
{
	static const struct str mark = {"\xef\xbb\xbf", 3};

	for (; at < text.n; at++) {
		if (str_starts(str_from(text, at), mark))
			at += mark.n - 1;
		else if (!is_separator(text.p[at]))
			break;
	}
	return at;
}

/* The newline at or behind `at`; the end when there is none. */
static size_t line_end(struct str text, size_t at)
{
	const char *newline = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

	return newline ? (size_t)(newline - text.p) : text.n;
}

static size_t line_start(struct str text, size_t at)
{
	const char *newline = at ? memrchr(text.p, '\n', at) : NULL;

	return newline ? (size_t)(newline - text.p) + 1 : 0;
}

/* Bytes of blanks before an object with which a line begins; text.n when it begins otherwise. */
static size_t object_indent(struct str text, size_t line)
{
	size_t at = line;

	while (at < text.n && is_blank(text.p[at]))
		at++;
	return at < text.n && text.p[at] == '{' ? at - line : text.n;
}

/* Whether a line is an object that is meant to end on it. */
static bool ends_as_object(struct str text, size_t end)
{
	while (end > 0 && (is_blank(text.p[end - 1]) || text.p[end - 1] == '\r'))
		end--;
	return end > 0 && text.p[end - 1] == '}';
}

/* Where an object that begins at `start` and is broken at `at` ends; text.n: not seen yet. */
static size_t broken_end(struct str text, size_t start, size_t at)
{
	size_t indent = start - line_start(text, start), end = line_end(text, start);
	size_t line;

	if (at <= end && ends_as_object(text, end))
		return end;
	line = line_start(text, at);
	if (line <= start)
		line = end + 1;
	for (; line < text.n; line = line_end(text, line) + 1)
		if (object_indent(text, line) <= indent)
			return line;
	return text.n;
}

/* The end of the object or string at `start`; text.n + 1: it is not all there. */
static size_t value_end(struct str text, size_t start)
{
	struct fault fault = {.at = text.n};
	struct json_state s = {.start = text.p, .end = text.p + text.n, .fault = &fault};
	const char *end = json_kernel()->skip(&s, text.p + start);
	size_t broken;

	if (end)
		return end <= s.end ? (size_t)(end - text.p) : text.n + 1;
	if (fault.at + UNSURE_BYTES > text.n)
		return text.n + 1;
	broken = broken_end(text, start, fault.at);
	return broken < text.n ? broken : text.n + 1;
}

/* What does not begin as a value: a line, but for an object in it. */
static size_t other_end(struct str text, size_t start)
{
	size_t end = line_end(text, start);

	return end < text.n ? end : text.n + 1;
}

/* Text before an object on the same line is a prefix of it. */
static size_t value_start(struct str text, size_t at)
{
	const char *brace;

	if (text.p[at] == '{' || text.p[at] == '"')
		return at;
	brace = memchr(text.p + at, '{', line_end(text, at) - at);
	return brace ? (size_t)(brace - text.p) : at;
}

enum json_frame json_frame_next(struct str text, bool last, size_t *at, struct str *value)
{
	size_t start = skip_separators(text, *at), end;

	if (start == text.n) {
		*at = text.n;
		return JSON_FRAME_END;
	}
	start = value_start(text, start);
	end = text.p[start] == '{' || text.p[start] == '"' ? value_end(text, start)
	                                                   : other_end(text, start);
	if (end > text.n && !last)
		return JSON_FRAME_MORE;
	*at = end > text.n ? text.n : end;
	*value = (struct str){text.p + start, *at - start};
	return JSON_FRAME_VALUE;
}
