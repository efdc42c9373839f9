#include "agent/detect/text_time.h"

#include <stdlib.h>

#include "agent/detect/text_sign.h"

#define CLOCK "\\d\\d:\\d\\d:\\d\\d"
#define MONTH "[A-Z][a-z][a-z]" /* or day of the week */
#define ZONE  "(?:Z| ?UTC| ?[+-]\\d\\d:?\\d\\d)?"
#define TIMES (sizeof(times) / sizeof(times[0]))

/* Time stamps as they stand in lines. The longer of two that begin alike comes first. */
static const char *const times[] = {
	("\\d{4}-\\d\\d-\\d\\d[T ]" CLOCK "(?:[.,]\\d+)?" ZONE),
	("\\d{4}/\\d\\d/\\d\\d(?: - | )" CLOCK "(?:[.,]\\d+)?"),
	("\\d\\d/" MONTH "/\\d{4}:" CLOCK " [+-]\\d{4}"),
	("\\d\\d?[./-]\\d\\d?[./-]\\d{4},? \\d\\d?:\\d\\d:\\d\\d(?:\\.\\d+)?(?: [AP]M)?"),
	(MONTH ",? \\d\\d?[ -]" MONTH "[ -]\\d{4} " CLOCK "(?: [A-Z]{3,4})?"),
	("\\d\\d?[ -]" MONTH "[ -]\\d{4} " CLOCK),
	(MONTH " " MONTH " [ \\d]?\\d " CLOCK "(?: [A-Z]{3,4})? \\d{4}"),
	(MONTH " \\d\\d?,? \\d{4} \\d\\d?:\\d\\d:\\d\\d(?: [AP]M)?"),
	(MONTH " [ \\d]\\d " CLOCK),
	("\\d{8}[ -]\\d\\d:?\\d\\d:?\\d\\d"),
	("\\d\\d-\\d\\d-\\d\\d " CLOCK),
	(CLOCK "(?:[.,]\\d+)?"),
};

struct text_times {
	struct pattern *patterns[TIMES];
	struct pattern_match *match;
};

struct text_times *text_times_new(void)
{
	struct text_times *t = xcalloc(1, sizeof(*t));
	struct err none = {0};

	for (size_t i = 0; i < TIMES; i++) {
		struct buf regex = {0};

		buf_printf(&regex, "(?<![\\w:.-])(%s)(?![\\w:])", times[i]);
		t->patterns[i] = pattern_new(buf_view(&regex), &none);
		buf_free(&regex);
	}
	t->match = pattern_match_new();
	return t;
}

void text_times_free(struct text_times **tp)
{
	struct text_times *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	for (size_t i = 0; i < TIMES; i++)
		pattern_free(&t->patterns[i]);
	pattern_match_free(&t->match);
	free(t);
}

static const struct field *time_field(void)
{
	const struct field *f = fields;

	while (f->kind != FIELD_TIME)
		f++;
	return f;
}

/* A bracket or a sign before it at the start of the line holds it there; so does a bracket before
 * it elsewhere. */
static void take_signs(struct str line, struct item *item)
{
	while (item->from > 0 && !sign_is_word(line.p[item->from - 1]) &&
	       item->start - item->from < 4)
		item->from--;
	if (item->from == 0)
		return;
	item->from = item->start;
	if (strchr("[(\"", line.p[item->start - 1]))
		item->from--;
}

/* Takes what this pattern finds, if it is a time and begins before what there is. */
static void try_pattern(const struct text_times *t, size_t i, const struct evidence *e,
                        struct str line, struct item *item)
{
	const char *format;
	struct str found;
	bool unsure;
	size_t start;

	if (pattern_capture_one(t->patterns[i], t->match, line, 1, &found) != PATTERN_YES)
		return;
	start = (size_t)(found.p - line.p);
	if (start >= item->start || !evidence_time(e, found, &format, &unsure))
		return;
	item->start = item->from = start;
	item->end = item->to = start + found.n;
	item->time = times[i];
	item->origin = (struct guess_origin){.format = format};
	if (unsure)
		item->origin.doubt = evidence_time_doubt(format);
}

bool text_time_find(const struct text_times *t, const struct evidence *e, struct str line,
                    struct item *ret)
{
	*ret = (struct item){
		.field = time_field(), .shape = ITEM_TIME, .score = 100, .start = line.n};
	for (size_t i = 0; i < TIMES; i++)
		try_pattern(t, i, e, line, ret);
	if (ret->end == 0)
		return false;
	take_signs(line, ret);
	return true;
}
