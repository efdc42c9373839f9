/*
 * A sound value ends where the grammar says. The rest of this file is about what is not sound:
 * lines of text between values, values that were cut off when a program died, NaN and single
 * quotes. Each of them shall cost its own record and no other: what comes behind is read again.
 */
#include "parsers/json_frame.h"

#include "parsers/json_kernel.h"

/* Of a line with which a value that is passed over may end: a longer one is taken to be its. */
enum { UNDECIDED_MAX = 64 << 10 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_separator(char c)
{
	return is_blank(c) || (c >= '\n' && c <= '\r') || c == ',' || c == '[' || c == ']' ||
	       c == '\0' || c == '\x1e'; /* RFC 7464 writes this before each value */
}

/* The first byte from `at` on that is no separator, or is `end`. */
static size_t skip_separators_to(struct str text, size_t at, char end)
{
	static const struct str mark = {"\xef\xbb\xbf", 3};

	for (; at < text.n && text.p[at] != end; at++) {
		if (text.p[at] == mark.p[0] && str_starts(str_from(text, at), mark))
			at += mark.n - 1;
		else if (!is_separator(text.p[at]))
			break;
	}
	return at;
}

static size_t skip_separators(struct str text, size_t at)
{
	return skip_separators_to(text, at, '{');
}

static size_t skip_blanks(struct str text, size_t at)
{
	while (at < text.n && is_blank(text.p[at]))
		at++;
	return at;
}

/* Where the blanks and opening brackets before `at` begin: the indentation of what stands there. */
static size_t indent_start(struct str text, size_t from, size_t at)
{
	while (at > from && (is_blank(text.p[at - 1]) || text.p[at - 1] == '['))
		at--;
	return at;
}

/* The first brace that opens on the line at `at`, or the end of the line. (Never looks further: a
 * text may be one long line.) */
static size_t brace_in_line(struct str text, size_t at)
{
	while (at < text.n && text.p[at] != '{' && text.p[at] != '\n')
		at++;
	return at;
}

static bool is_brace(struct str text, size_t at)
{
	return at < text.n && text.p[at] == '{';
}

/* ---- what is sound ---- */

/* The end of a value; 0: it is broken, at *fault; text.n + 1: the text ends before it. */
static size_t sound_end(struct str text, size_t start, size_t *fault)
{
	struct fault f = {.at = text.n};
	struct json_state s = {.start = text.p, .end = text.p + text.n, .fault = &f};
	const char *end = json_kernel()->skip(&s, text.p + start);

	*fault = f.at;
	if (end == NULL && f.at < text.n)
		return 0;
	return end && end <= s.end ? (size_t)(end - text.p) : text.n + 1;
}

/* A string, number or word, if nothing else stands behind it that makes it a line of text; 0: it is
 * one, or an object, as what is before *seen shows. */
static size_t scalar_end(struct str text, bool last, size_t start, size_t *seen)
{
	size_t end;

	*seen = start;
	end = is_brace(text, start) ? 0 : sound_end(text, start, seen);
	if (end == 0 || end > text.n)
		return end;
	*seen = skip_blanks(text, end);
	if (*seen == text.n)
		return last ? end : text.n + 1;
	return is_separator(text.p[*seen]) && text.p[*seen] != '[' ? end : 0;
}

/* ---- what is not ---- */

enum answer { NO, YES, UNSURE };

/*
 * Whether another record begins with a line: it has no more indentation, and a line of text or an
 * object begins there that holds what is broken in this one; or an array is opened. UNSURE: more of
 * it has to be seen. (What has not been seen must be in the next record: else the two would be one
 * where the next one is not there.)
 */
static enum answer begins_record(struct str text, bool last, size_t line, size_t indent,
                                 size_t fault)
{
	static const char inside[] = {'}', ']', '"', '\'', ':'};
	size_t blanks = skip_blanks(text, line), start = skip_separators_to(text, blanks, '\n');
	size_t scalar, brace, seen;

	if (blanks - line > indent)
		return NO;
	if (start < text.n && text.p[start] == '\n')
		return start > line && memchr(text.p + line, '[', start - line) ? YES : NO;
	if (start == text.n)
		return last ? NO : UNSURE;
	if (memchr(inside, text.p[blanks], sizeof(inside)) ||
	    memchr(inside, text.p[start], sizeof(inside)))
		return NO;
	scalar = scalar_end(text, last, start, &seen);
	if (scalar && scalar <= text.n)
		return NO;
	brace = brace_in_line(text, seen);
	if (brace == text.n)
		return last ? NO : UNSURE;
	return text.p[brace] == '{' && fault <= brace ? YES : NO;
}

enum passed {
	PASSED_ALL,  /* the text ends inside */
	PASSED_LINE, /* *at is behind a newline */
	PASSED_LAST, /* *at is behind the last brace */
};

/* Goes on through an object. A string may hold a newline that should have been escaped. */
static enum passed pass_braces(struct str text, size_t *at, struct json_braces *b)
{
	while (*at < text.n) {
		char c = text.p[*at];

		if (c == '\\' && b->quoted) {
			if (*at + 1 == text.n)
				break;
			*at += text.p[*at + 1] != '\n';
		}
		++*at;
		if (c == '\n')
			return PASSED_LINE;
		if (!is_blank(c) && c != '\r')
			b->before = c;
		b->quoted ^= c == '"';
		b->depth += c == '{' && !b->quoted;
		if (c == '}' && !b->quoted && --b->depth == 0)
			return PASSED_LAST;
	}
	return PASSED_ALL;
}

/* Whether an object or array at the beginning of a line may well be a part of this one. */
static bool goes_on(struct str text, size_t line, const struct json_braces *b)
{
	size_t at = skip_blanks(text, line);

	return at < text.n && (text.p[at] == '{' || text.p[at] == '[') && !b->quoted &&
	       (b->before == '[' || b->before == ',' || b->before == ':');
}

/* Behind the last brace: text that follows on the line is of the same record, unless an object
 * follows too. */
static size_t closed_end(struct str text, bool last, size_t at)
{
	size_t next = skip_blanks(text, at), scalar, brace, seen;

	if (next == text.n)
		return last ? at : text.n + 1;
	if (is_separator(text.p[next]))
		return at;
	scalar = scalar_end(text, last, next, &seen);
	if (scalar)
		return scalar;
	brace = brace_in_line(text, seen);
	if (brace == text.n)
		return text.n + 1;
	return text.p[brace] == '{' ? at : brace;
}

/* Whether what is before `end` looks like the end of an object. */
static bool ends_as_object(struct str text, size_t start, size_t end)
{
	while (end > start && is_separator(text.p[end - 1]))
		end--;
	return end > start && text.p[end - 1] == '}';
}

static size_t line_start(struct str text, size_t at)
{
	const char *newline = at ? memrchr(text.p, '\n', at) : NULL;

	return newline ? (size_t)(newline - text.p) + 1 : 0;
}

/* Where an object ends that begins at `start` and is broken at `fault`; text.n + 1: not seen. */
static size_t broken_end(struct str text, bool last, size_t indent, size_t start, size_t fault)
{
	struct json_braces b = {.indent = indent};
	size_t at = start;
	bool first = true;

	for (;; first = false) {
		switch (pass_braces(text, &at, &b)) {
		case PASSED_ALL:
			return text.n + 1;
		case PASSED_LAST:
			return closed_end(text, last, at);
		case PASSED_LINE:
			break;
		}
		if (first && fault < at && ends_as_object(text, start, at - 1))
			return at - 1;
		if (fault >= at ? line_start(text, fault) > at : goes_on(text, at, &b))
			continue; /* as far as here it is sound, or looks as if it were */
		switch (begins_record(text, last, at, indent, fault)) {
		case YES:
			return at;
		case UNSURE:
			return text.n + 1;
		case NO:
			break;
		}
	}
}

/* ---- both ---- */

/* The end of the value that begins at `start`, text.n + 1: not seen; `from` is where the one before
 * it ended. */
static size_t value_end(struct str text, bool last, size_t from, size_t start)
{
	size_t seen, end = scalar_end(text, last, start, &seen);
	size_t brace, fault, indent = start - indent_start(text, from, start);

	if (end)
		return end;
	brace = brace_in_line(text, seen);
	if (!is_brace(text, brace))
		return brace < text.n ? brace : text.n + 1;
	end = sound_end(text, brace, &fault);
	return end ? end : broken_end(text, last, indent, brace, fault);
}

static struct str without_space(struct str value)
{
	while (value.n && value.p[value.n - 1] <= ' ' && is_separator(value.p[value.n - 1]))
		value.n--;
	return value;
}

enum json_frame json_frame_next(struct str text, bool last, size_t *at, struct str *value)
{
	size_t start = skip_separators(text, *at), end;

	if (start == text.n) {
		*at = last ? text.n : indent_start(text, *at, text.n);
		return JSON_FRAME_END;
	}
	end = value_end(text, last, *at, start);
	*value = str_from(text, start);
	if (end > text.n && !last)
		return JSON_FRAME_MORE;
	*at = end < text.n ? end : text.n;
	*value = without_space((struct str){text.p + start, *at - start});
	return JSON_FRAME_VALUE;
}

/* ---- what is too long ---- */

static size_t begin_passing(struct str text, struct json_passing *p)
{
	size_t start = skip_separators(text, 0);

	*p = (struct json_passing){.on = true, .begun = start < text.n};
	if (!p->begun)
		return indent_start(text, 0, text.n);
	p->braces.indent = start - indent_start(text, 0, start);
	return start;
}

size_t json_frame_pass(struct str text, struct json_passing *p)
{
	size_t at = p->on && p->begun ? 0 : begin_passing(text, p);

	if (p->begun && !p->is_object) { /* text, unless an object comes yet */
		at = brace_in_line(text, at);
		p->is_object = is_brace(text, at);
		p->on = p->is_object || at == text.n;
	}
	if (!p->is_object)
		return at;
	for (;;) {
		enum answer next = NO;

		switch (pass_braces(text, &at, &p->braces)) {
		case PASSED_ALL:
			return at;
		case PASSED_LAST:
			p->on = false;
			return at;
		case PASSED_LINE:
			if (!goes_on(text, at, &p->braces))
				next = begins_record(text, false, at, p->braces.indent, 0);
		}
		if (next == UNSURE && text.n - at < UNDECIDED_MAX)
			return at - 1; /* to see the newline again */
		if (next == YES) {
			p->on = false;
			return at;
		}
	}
}
