/*
 * PCRE2 behind a small door.
 *
 * A pattern comes from a configuration, the text from whoever can make an application log
 * something. So a match has hard limits; one that reaches a limit is an answer of its own, which
 * the caller counts, and never a match that silently did not happen.
 *
 * The JIT is used where it is to be had; where it is not (no executable memory allowed, another
 * machine) the same pattern is interpreted and gives the same answers, five times slower. Texts are
 * bytes: logs carry broken UTF-8, and a pattern must not fail on it.
 */
#include "parsers/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "parsers/literal.h"

enum { JIT_STACK_MIN = 32 << 10, JIT_STACK_MAX = 1 << 20 };

struct named {
	struct str name; /* in the table of the compiled pattern */
	uint32_t number;
};

struct pattern {
	pcre2_code *code;
	bool jit;
	char *regex, *literal;
	size_t regex_n, literal_n;
	uint32_t groups; /* named or not */
	size_t n;
	struct named named[PATTERN_GROUPS_MAX];
};

struct pattern_match {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack; /* NULL without JIT */
};

/* PCRE2's memory is ours, so that what it makes needs no check. */
static void *take(PCRE2_SIZE size, void *unused)
{
	(void)unused;
	return xmalloc(size);
}

static void give_back(void *p, void *unused)
{
	(void)unused;
	free(p);
}

static uint32_t info(const struct pattern *p, uint32_t what)
{
	uint32_t value = 0;

	(void)pcre2_pattern_info(p->code, what, &value);
	return value;
}

static void jit_compile(struct pattern *p)
{
	size_t size = 0;

	p->jit = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0 &&
	         pcre2_pattern_info(p->code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

static bool compile(struct pattern *p, struct str regex, struct err *err)
{
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR words[128];

	if (regex.n > PATTERN_LENGTH_MAX)
		return err_set(err, "the pattern is longer than %d bytes", PATTERN_LENGTH_MAX);
	p->code = pcre2_compile((PCRE2_SPTR)(regex.n ? regex.p : ""), regex.n, PCRE2_NEVER_UTF,
	                        &code, &at, NULL);
	if (p->code == NULL) {
		(void)pcre2_get_error_message(code, words, sizeof(words));
		return err_set(err, "%s (at byte %zu of the pattern)", (char *)words, at);
	}
	p->groups = info(p, PCRE2_INFO_CAPTURECOUNT);
	if (p->groups > PATTERN_GROUPS_MAX)
		return err_set(err, "the pattern has more than %d groups", PATTERN_GROUPS_MAX);
	jit_compile(p);
	return true;
}

/* Puts a group where its number belongs. False: another has the same name, by (?J). */
static bool insert_named(struct pattern *p, struct named group)
{
	size_t i = p->n++;

	for (size_t k = 0; k < i; k++)
		if (str_eq(p->named[k].name, group.name))
			return false;
	for (; i > 0 && p->named[i - 1].number > group.number; i--)
		p->named[i] = p->named[i - 1];
	p->named[i] = group;
	return true;
}

/* PCRE2's table: entries of one size, in each the number in two bytes and then the name. */
static bool read_names(struct pattern *p, struct err *err)
{
	uint32_t n = info(p, PCRE2_INFO_NAMECOUNT), size = info(p, PCRE2_INFO_NAMEENTRYSIZE);
	PCRE2_SPTR entry = NULL;

	(void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &entry);
	for (; n > 0; n--, entry += size) {
		struct str name = str_of((const char *)entry + 2);

		if (p->n == PATTERN_GROUPS_MAX ||
		    !insert_named(p, (struct named){name, (uint32_t)(entry[0] << 8 | entry[1])}))
			return err_set(err, "two groups of the pattern have the name %.*s",
			               STR_ARG(name));
	}
	return true;
}

struct pattern *pattern_new(struct str regex, struct err *err)
{
	struct pattern *p = xcalloc(1, sizeof(*p));

	if (!compile(p, regex, err) || !read_names(p, err)) {
		pattern_free(&p);
		return NULL;
	}
	p->regex = str_dup(regex);
	p->regex_n = regex.n;
	p->literal = xmalloc(regex.n);
	p->literal_n = literal_find(regex, p->literal);
	return p;
}

void pattern_free(struct pattern **p)
{
	if (*p == NULL)
		return;
	pcre2_code_free((*p)->code);
	free((*p)->regex);
	free((*p)->literal);
	free(*p);
	*p = NULL;
}

struct str pattern_regex(const struct pattern *p)
{
	return (struct str){p->regex, p->regex_n};
}

size_t pattern_groups(const struct pattern *p)
{
	return p->n;
}

struct str pattern_group_name(const struct pattern *p, size_t i)
{
	return p->named[i].name;
}

bool pattern_single_group(const struct pattern *p, uint32_t *ret)
{
	if (p->groups != 1 && p->n != 1)
		return false;
	*ret = p->groups == 1 ? 1 : p->named[0].number;
	return true;
}

struct str pattern_literal(const struct pattern *p)
{
	return (struct str){p->literal, p->literal_n};
}

struct pattern_match *pattern_match_new(void)
{
	struct pattern_match *m = xcalloc(1, sizeof(*m));
	pcre2_general_context *memory = pcre2_general_context_create(take, give_back, NULL);

	m->data = pcre2_match_data_create(PATTERN_GROUPS_MAX + 1, memory);
	m->context = pcre2_match_context_create(memory);
	m->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, memory);
	pcre2_general_context_free(memory);
	(void)pcre2_set_match_limit(m->context, PATTERN_MATCH_LIMIT);
	(void)pcre2_set_depth_limit(m->context, PATTERN_DEPTH_LIMIT);
	(void)pcre2_set_heap_limit(m->context, PATTERN_HEAP_LIMIT_KIB);
	if (m->stack)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m;
}

void pattern_match_free(struct pattern_match **m)
{
	if (*m == NULL)
		return;
	pcre2_jit_stack_free((*m)->stack);
	pcre2_match_context_free((*m)->context);
	pcre2_match_data_free((*m)->data);
	free(*m);
	*m = NULL;
}

static enum pattern_result match(const struct pattern *p, struct pattern_match *m, struct str text)
{
	PCRE2_SPTR bytes = (PCRE2_SPTR)text.p;
	int code = p->jit ? pcre2_jit_match(p->code, bytes, text.n, 0, 0, m->data, m->context)
	                  : pcre2_match(p->code, bytes, text.n, 0, 0, m->data, m->context);

	if (code > 0)
		return PATTERN_YES;
	/* With such texts and options the errors that are left are limits, of steps or memory. */
	return code == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_LIMIT;
}

/* So that a group that matched nothing can be told from one that took no part. */
static struct str not_null(struct str text)
{
	return text.p ? text : STR("");
}

enum pattern_result pattern_test(const struct pattern *p, struct pattern_match *m, struct str text)
{
	return match(p, m, not_null(text));
}

/* What a group of the last match matched; p is NULL when it took no part. */
static struct str captured(const struct pattern_match *m, struct str text, uint32_t group)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data) + 2 * (size_t)group;

	if (at[0] == PCRE2_UNSET || at[1] < at[0])
		return (struct str){NULL, 0};
	return (struct str){text.p + at[0], at[1] - at[0]};
}

enum pattern_result pattern_capture(const struct pattern *p, struct pattern_match *m,
                                    struct str text, struct value *slots)
{
	enum pattern_result result;

	text = not_null(text);
	result = match(p, m, text);
	if (result != PATTERN_YES)
		return result;
	for (size_t i = 0; i < p->n; i++) {
		struct str s = captured(m, text, p->named[i].number);

		slots[i] = (struct value){s, s.p ? VALUE_STRING : VALUE_ABSENT, false};
	}
	return result;
}

enum pattern_result pattern_capture_one(const struct pattern *p, struct pattern_match *m,
                                        struct str text, uint32_t group, struct str *ret)
{
	enum pattern_result result;

	text = not_null(text);
	result = match(p, m, text);
	if (result == PATTERN_YES)
		*ret = captured(m, text, group);
	return result;
}
