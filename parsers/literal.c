/*
 * A reader of PCRE2's syntax that understands just enough to be sure.
 *
 * All literal bytes of the pattern are appended to `out`; a run is a range of them, and so is the
 * best run so far. That makes taking back cheap: a group remembers the best run there was before
 * it, and when it turns out to be optional, repeated, a lookaround or an alternation, the best run
 * is set back to that. A run ends wherever something stands that is no literal byte.
 *
 * A wrong answer would silently lose calls, no answer only costs time. So whatever is not known
 * here by name (options, verbs, backreferences, conditions, \Q, \x and the like) gives up.
 */
#include "parsers/literal.h"

#include <stdint.h>

enum { LITERAL_DEPTH_MAX = 32 }; /* groups within groups; deeper: no answer */

struct run {
	size_t at, n; /* a range of `out` */
};

struct group {
	struct run before; /* the best run when it opened */
	bool opaque;       /* nothing in it is sure to be there */
};

struct reading {
	struct str rest; /* of the pattern */
	char *out;
	size_t n; /* bytes in `out` */
	struct run run, best;
	struct group groups[LITERAL_DEPTH_MAX]; /* [0] is the pattern as a whole */
	size_t depth;
};

static char next(const struct reading *r, size_t ahead)
{
	if (ahead >= r->rest.n)
		return '\0';
	return r->rest.p[ahead];
}

static bool one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static void skip(struct reading *r, size_t n)
{
	r->rest = str_from(r->rest, n);
}

static void end_run(struct reading *r)
{
	if (r->run.n > r->best.n)
		r->best = r->run;
	r->run = (struct run){r->n, 0};
}

static void literal_byte(struct reading *r, char c)
{
	r->out[r->n++] = c;
	r->run.n++;
}

/* Bytes of a {n}, {n,}, {,n} or {n,m} here, of any version of PCRE2; 0: the brace is a literal. */
static size_t counted_quantifier(const struct reading *r)
{
	size_t n = 1;

	if (next(r, 0) != '{')
		return 0;
	while (one_of(next(r, n), "0123456789, \t"))
		n++;
	return next(r, n) == '}' ? n + 1 : 0;
}

static size_t quantifier(const struct reading *r)
{
	return one_of(next(r, 0), "*+?") ? 1 : counted_quantifier(r);
}

/* The byte before it may be there any number of times: the run ends before that byte. */
static void quantified(struct reading *r, size_t n)
{
	if (r->run.n > 0)
		r->run.n--;
	end_run(r);
	skip(r, n);
	if (one_of(next(r, 0), "?+"))
		skip(r, 1);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool escape(struct reading *r)
{
	static const char opaque[] = "dDsSwWhHvVNRXbBAzZG";
	static const char names[] = "tnrfae", bytes[] = "\t\n\r\f\a\x1b";
	char c = next(r, 1);
	const char *name = is_letter(c) ? strchr(names, c) : NULL;

	if (name)
		literal_byte(r, bytes[name - names]);
	else if (one_of(c, opaque) && !(c == 'N' && next(r, 2) == '{'))
		end_run(r);
	else if (c >= ' ' && c < 0x7f && !is_letter(c) && !(c >= '0' && c <= '9'))
		literal_byte(r, c);
	else
		return false;
	skip(r, 2);
	return true;
}

/* Over [:alpha:] within a class; 0 when it is something else that begins with [ and : . or = */
static size_t posix_class(const struct reading *r)
{
	size_t n = 2 + (next(r, 2) == '^');

	while (next(r, n) >= 'a' && next(r, n) <= 'z')
		n++;
	return next(r, 1) == ':' && next(r, n) == ':' && next(r, n + 1) == ']' ? n + 2 : 0;
}

/* Bytes of the next member of a class; 0: not understood. */
static size_t class_member(const struct reading *r)
{
	char c = next(r, 0), after = next(r, 1);

	if (c == '\\')
		return one_of(after, "QEc") ? 0 : 2;
	if (c == '[' && one_of(after, ":.="))
		return posix_class(r);
	return 1;
}

static bool class(struct reading *r)
{
	end_run(r);
	skip(r, next(r, 1) == '^' ? 2 : 1);
	do { /* a ] in the first place is a member */
		size_t n = class_member(r);

		if (n == 0 || n >= r->rest.n)
			return false;
		skip(r, n);
	} while (next(r, 0) != ']');
	skip(r, 1);
	return true;
}

/* The openings that are understood; a `name` runs up to that byte. */
static const struct opening {
	struct str text;
	char name;
	bool opaque;
} openings[] = {
	/* the first that fits: (?<= before (?<name> */
	{{"(?=", 3}, 0, true},     {{"(?!", 3}, 0, true},    {{"(?<=", 4}, 0, true},
	{{"(?<!", 4}, 0, true},    {{"(?<", 3}, '>', false}, {{"(?P<", 4}, '>', false},
	{{"(?'", 3}, '\'', false}, {{"(?:", 3}, 0, false},   {{"(?>", 3}, 0, false},
};

static bool open_group(struct reading *r)
{
	static const struct opening plain = {{"(", 1}, 0, false};
	const struct opening *o = &plain;
	size_t n = sizeof(openings) / sizeof(openings[0]);

	end_run(r);
	if (next(r, 1) == '*')
		return false;
	if (next(r, 1) == '?') {
		for (o = openings; n && !str_starts(r->rest, o->text); n--)
			o++;
		if (n == 0)
			return false;
	}
	skip(r, o->text.n);
	if (o->name)
		skip(r, str_find(r->rest, (struct str){&o->name, 1}) + 1);
	if (++r->depth == LITERAL_DEPTH_MAX)
		return false;
	r->groups[r->depth] = (struct group){r->best, o->opaque};
	return true;
}

static bool close_group(struct reading *r)
{
	const struct group *g = &r->groups[r->depth];

	if (r->depth == 0)
		return false;
	end_run(r);
	skip(r, 1);
	if (g->opaque || quantifier(r))
		r->best = g->before;
	r->depth--;
	return true;
}

/* Reads one item of the pattern. False: gives up. */
static bool item(struct reading *r)
{
	char c = next(r, 0);
	size_t n = quantifier(r);

	if (n) {
		quantified(r, n);
		return true;
	}
	switch (c) {
	case '\\':
		return escape(r);
	case '[':
		return class(r);
	case '(':
		return open_group(r);
	case ')':
		return close_group(r);
	case '|':
		r->groups[r->depth].opaque = true;
		end_run(r);
		break;
	case '.':
	case '^':
	case '$':
		end_run(r);
		break;
	default:
		literal_byte(r, c);
	}
	skip(r, 1);
	return true;
}

size_t literal_find(struct str regex, char *out)
{
	struct reading r = {.rest = regex, .out = out};

	while (r.rest.n > 0)
		if (!item(&r))
			return 0;
	end_run(&r);
	if (r.depth > 0 || r.groups[0].opaque)
		return 0;
	memmove(out, out + r.best.at, r.best.n);
	return r.best.n;
}
