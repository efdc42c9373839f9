/*
 * The pattern is cut at every place where what stands before is a pattern too, once the groups that
 * are open there are closed. The cuts are tried from the last one back: alternatives and
 * repetitions make that a longer beginning may match where a shorter one does not.
 */
#include "parsers/reach.h"

#include <stdlib.h>

#include "agent/base/buf.h"

enum { GROUPS_DEEP = 64 };

/* A place behind `at` bytes, in so many groups. */
struct cut {
	size_t at, depth;
};

struct cutter {
	struct str regex;
	size_t at, depth;
	size_t closed; /* depth from which on nothing may be cut; 0: everything may */
	struct cut *cuts;
	size_t n;
};

static char peek(const struct cutter *c, size_t ahead)
{
	if (c->at + ahead >= c->regex.n)
		return '\0';
	return c->regex.p[c->at + ahead];
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_quantifier(char c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

/* Passes over all up to the first `end` and over that; to the end of the pattern if there is none.
 */
static void pass_to(struct cutter *c, const char *end)
{
	c->at += str_find(str_from(c->regex, c->at), str_of(end)) + strlen(end);
	if (c->at > c->regex.n)
		c->at = c->regex.n;
}

/* "[...]", in which a bracket that comes first, an escaped one and a [:class:] do not end it. */
static void pass_class(struct cutter *c)
{
	c->at += peek(c, 1) == '^' ? 2 : 1;
	c->at += peek(c, 0) == ']';
	while (c->at < c->regex.n && peek(c, 0) != ']') {
		if (peek(c, 0) == '[' && peek(c, 1) == ':')
			pass_to(c, ":]");
		else
			c->at += peek(c, 0) == '\\' ? 2 : 1;
	}
	c->at++;
}

/* What opens a group. What is asserted, or depends on something, cannot be cut. */
static void pass_open(struct cutter *c)
{
	bool plain = true;

	c->at++;
	c->depth++;
	if (peek(c, 0) == '?') {
		bool named = (peek(c, 1) == '<' && is_word(peek(c, 2))) ||
		             (peek(c, 1) == 'P' && peek(c, 2) == '<');

		plain = named || peek(c, 1) == ':' || peek(c, 1) == '>';
		if (named)
			pass_to(c, ">");
		else
			c->at += 2;
	} else if (peek(c, 0) == '*') { /* a verb */
		plain = false;
	}
	if (!plain && c->closed == 0)
		c->closed = c->depth;
}

static void pass_close(struct cutter *c)
{
	c->at++;
	if (c->closed == c->depth)
		c->closed = 0;
	c->depth -= c->depth > 0;
}

static void pass_quantifier(struct cutter *c)
{
	if (peek(c, 0) == '{')
		pass_to(c, "}");
	else
		c->at++;
	c->at += peek(c, 0) == '?' || peek(c, 0) == '+';
}

/* The letters of a word, but for the last one when that is repeated. */
static void pass_word(struct cutter *c)
{
	size_t n = 1;

	while (is_word(peek(c, n)))
		n++;
	c->at += n > 1 && is_quantifier(peek(c, n)) ? n - 1 : n;
}

/* The next thing that stands for itself. False: behind it nothing can be cut. */
static bool pass_one(struct cutter *c)
{
	switch (peek(c, 0)) {
	case '\\':
		if (peek(c, 1) == 'Q')
			pass_to(c, "\\E");
		else
			c->at += 2;
		break;
	case '[':
		pass_class(c);
		break;
	case '(':
		pass_open(c);
		return false;
	case ')':
		pass_close(c);
		break;
	case '|':
		c->at++;
		return false;
	default:
		if (is_word(peek(c, 0)))
			pass_word(c);
		else
			c->at++;
	}
	if (is_quantifier(peek(c, 0)))
		pass_quantifier(c);
	return true;
}

/* False: the pattern is not one to be taken apart. */
static bool find_cuts(struct cutter *c)
{
	while (c->at < c->regex.n) {
		if (peek(c, 0) == '|' && c->depth == 0)
			return false;
		if (!pass_one(c) || c->at >= c->regex.n)
			continue;
		if (c->depth < GROUPS_DEEP && c->closed == 0)
			c->cuts[c->n++] = (struct cut){c->at, c->depth};
	}
	return true;
}

static enum pattern_result try_cut(struct str regex, const struct cut *cut, struct pattern_match *m,
                                   struct str text)
{
	enum pattern_result result = PATTERN_NO;
	struct buf beginning = {0};
	struct err ignored = {0};
	struct pattern *p;

	buf_bytes(&beginning, regex.p, cut->at);
	for (size_t i = 0; i < cut->depth; i++)
		buf_char(&beginning, ')');
	p = pattern_new(buf_view(&beginning), &ignored);
	pattern_match_record(m, text.n);
	if (p)
		result = pattern_test(p, m, text);
	pattern_free(&p);
	buf_free(&beginning);
	return result;
}

size_t pattern_reach(struct str regex, struct pattern_match *m, struct str text)
{
	struct cutter c = {.regex = regex, .cuts = xcalloc(regex.n + 1, sizeof(*c.cuts))};
	enum pattern_result result = PATTERN_NO;
	size_t reach = 0;

	if (find_cuts(&c))
		for (size_t i = c.n; i-- > 0 && result == PATTERN_NO;) {
			result = try_cut(regex, &c.cuts[i], m, text);
			reach = result == PATTERN_YES ? c.cuts[i].at : 0;
		}
	free(c.cuts);
	return reach;
}
