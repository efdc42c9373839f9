/*
 * PCRE2 behind a small door.
 *
 * A pattern comes from a configuration, the text from whoever can make an application log
 * something. So a match has hard limits; one that reaches a limit is an answer of its own, which
 * the caller counts, and never a match that silently did not happen.
 *
 * PCRE2's own limit of steps is no limit on time: it holds for each byte that a match may start at,
 * and a step may run over the whole text. So each pattern is compiled twice. The first code, as
 * fast as can be, is given so small a limit that even the worst pattern is soon through with a text
 * of that size. When it reaches it, or the text is long, the second one starts over: it calls back
 * at every step, which is several times slower, and is stopped when the record has had its share.
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

enum {
	JIT_STACK_MIN = 32 << 10,
	JIT_STACK_MAX = 1 << 20,
	/* Of texts for the first code, and what it may look at, if the worst comes to the worst. */
	SHORT_BYTES = 4096,
	SHORT_ANCHORED_BYTES = 16384,
	FIRST_BYTES = 500000000,
	FIRST_LINEAR = 1000,    /* its steps for each start when nothing is repeated */
	SECOND_LIMIT = 1 << 30, /* the steps are counted, so PCRE2 need not */
	BYTES_A_STEP = 16,      /* that are passed over between two steps */
	AT_LINE_START = 2,      /* a value of PCRE2_INFO_FIRSTCODETYPE */
};

struct named {
	struct str name; /* in the table of the compiled pattern */
	uint32_t number;
};

struct pattern {
	pcre2_code *code, *counting;
	bool jit, counting_jit;
	bool linear;   /* nothing is repeated, and no group asked for again */
	bool anchored; /* it can match at the start alone */
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
	uint64_t steps, most;   /* of this record: taken, allowed */
	size_t at;              /* byte of the text where the last step was */
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

static bool jit_compile(pcre2_code *code)
{
	size_t size = 0;

	return pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0 &&
	       pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

static pcre2_code *compile_code(struct str regex, uint32_t options, struct err *err)
{
	int error;
	PCRE2_SIZE at;
	PCRE2_UCHAR words[128];
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)(regex.n ? regex.p : ""), regex.n,
	                                 PCRE2_NEVER_UTF | options, &error, &at, NULL);

	if (code == NULL) {
		(void)pcre2_get_error_message(error, words, sizeof(words));
		(void)err_set(err, "%s (at byte %zu of the pattern)", (char *)words, at);
	}
	return code;
}

/* Whether what stands behind "(?" opens a group that is only passed once. */
static bool opens_plain_group(char c)
{
	return c == ':' || c == '<' || c == '=' || c == '!';
}

/* Conservative: what is escaped or in brackets counts as if it repeated too. */
static bool is_linear(struct str regex)
{
	for (size_t i = 0; i < regex.n; i++) {
		char c = regex.p[i], next = '\0';

		if (i + 1 < regex.n)
			next = regex.p[i + 1];
		if (c == '*' || c == '+' || c == '{')
			return false;
		if (c == '\\' && ((next >= '0' && next <= '9') || next == 'g' || next == 'k'))
			return false;
		if (c == '(' && next == '?' &&
		    (i + 2 == regex.n || !opens_plain_group(regex.p[i + 2])))
			return false;
	}
	return true;
}

static bool compile(struct pattern *p, struct str regex, struct err *err)
{
	if (regex.n > PATTERN_LENGTH_MAX)
		return err_set(err, "the pattern is longer than %d bytes", PATTERN_LENGTH_MAX);
	p->code = compile_code(regex, 0, err);
	p->counting = p->code ? compile_code(regex, PCRE2_AUTO_CALLOUT, err) : NULL;
	if (p->counting == NULL)
		return false;
	p->groups = info(p, PCRE2_INFO_CAPTURECOUNT);
	if (p->groups > PATTERN_GROUPS_MAX)
		return err_set(err, "the pattern has more than %d groups", PATTERN_GROUPS_MAX);
	p->jit = jit_compile(p->code);
	p->counting_jit = jit_compile(p->counting);
	p->linear = is_linear(regex);
	p->anchored = (info(p, PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) ||
	              info(p, PCRE2_INFO_FIRSTCODETYPE) == AT_LINE_START;
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
	pcre2_code_free((*p)->counting);
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

/* Called at every step of the second code, and where a pattern asks for it itself. */
static int on_step(pcre2_callout_block *step, void *arg)
{
	struct pattern_match *m = arg;
	size_t at = step->current_position, way = at > m->at ? at - m->at : m->at - at;

	m->at = at;
	m->steps += 1 + way / BYTES_A_STEP;
	return m->steps > m->most ? PCRE2_ERROR_CALLOUT : 0;
}

struct pattern_match *pattern_match_new(void)
{
	struct pattern_match *m = xcalloc(1, sizeof(*m));
	pcre2_general_context *memory = pcre2_general_context_create(take, give_back, NULL);

	m->data = pcre2_match_data_create(PATTERN_GROUPS_MAX + 1, memory);
	m->context = pcre2_match_context_create(memory);
	m->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, memory);
	pcre2_general_context_free(memory);
	(void)pcre2_set_callout(m->context, on_step, m);
	(void)pcre2_set_depth_limit(m->context, PATTERN_DEPTH_LIMIT);
	(void)pcre2_set_heap_limit(m->context, PATTERN_HEAP_LIMIT_KIB);
	if (m->stack)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	pattern_match_record(m, 0);
	return m;
}

void pattern_match_record(struct pattern_match *m, size_t bytes)
{
	m->steps = 0;
	m->most = PATTERN_STEPS + PATTERN_STEPS_A_BYTE * (uint64_t)bytes;
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

static enum pattern_result run(pcre2_code *code, bool jit, struct pattern_match *m, struct str text,
                               uint32_t limit)
{
	PCRE2_SPTR bytes = (PCRE2_SPTR)text.p;
	int ret;

	(void)pcre2_set_match_limit(m->context, limit);
	ret = jit ? pcre2_jit_match(code, bytes, text.n, 0, 0, m->data, m->context)
	          : pcre2_match(code, bytes, text.n, 0, 0, m->data, m->context);
	if (ret > 0)
		return PATTERN_YES;
	/* With such texts and options the errors that are left are limits, of steps or memory. */
	return ret == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_LIMIT;
}

/* Steps that the first code may take from each start. 0: the text is not for it. */
static uint32_t first_limit(const struct pattern *p, size_t n)
{
	if (p->linear)
		return FIRST_LINEAR;
	if (n > (p->anchored ? SHORT_ANCHORED_BYTES : SHORT_BYTES))
		return 0;
	return (uint32_t)(FIRST_BYTES / (p->anchored ? n + 1 : n * n + 1));
}

static enum pattern_result match(const struct pattern *p, struct pattern_match *m, struct str text)
{
	uint32_t limit = first_limit(p, text.n);
	enum pattern_result result = PATTERN_LIMIT;

	if (limit)
		result = run(p->code, p->jit, m, text, limit);
	if (result == PATTERN_LIMIT)
		result = run(p->counting, p->counting_jit, m, text, SECOND_LIMIT);
	return result;
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
