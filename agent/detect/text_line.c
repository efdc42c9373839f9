/*
 * A number in a line of text is known by its label, which stands before it (prompt_tokens=812,
 * "Input tokens: 812", in 812) or behind it (812 prompt tokens, 4.7k sent). Where a label before
 * the number has a sign of its own, = or :, it is that. Else a line says all its numbers in one
 * way: that in which more of its numbers have a label.
 */
#include "agent/detect/text_line.h"

#include <stdlib.h>

#include "agent/detect/names.h"
#include "agent/detect/text_label.h"
#include "agent/detect/text_number.h"
#include "agent/detect/text_sign.h"
#include "agent/detect/text_time.h"

struct line_tools {
	const struct evidence *evidence;
	struct text_times *times;
};

/* One line that is being read. */
struct reading {
	struct line_tools *t;
	struct text_line *line;
	struct str text;
	bool tokens; /* its numbers may be of tokens: the word stands somewhere in it */
};

struct line_tools *line_tools_new(const struct evidence *e)
{
	struct line_tools *t = xcalloc(1, sizeof(*t));

	t->evidence = e;
	t->times = text_times_new();
	return t;
}

void line_tools_free(struct line_tools **tp)
{
	struct line_tools *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	text_times_free(&t->times);
	free(t);
}

const struct item *line_item(const struct text_line *line, enum field_kind kind, int index)
{
	for (size_t i = 0; i < line->n; i++)
		if (line->items[i].field->kind == kind && line->items[i].field->index == index)
			return &line->items[i];
	return NULL;
}

/* ---- items ---- */

/* There is a row for each. */
static const struct field *field_of(enum field_kind kind, int index)
{
	const struct field *f = fields;

	while (f->kind != kind || f->index != index)
		f++;
	return f;
}

/* Keeps the order. Of two at the same place the better one stays, and the first for a field. */
static void add(struct reading *r, struct item item)
{
	struct text_line *line = r->line;
	size_t place = 0;

	for (size_t i = 0; i < line->n; i++) {
		struct item *other = &line->items[i];
		bool over = item.start < other->end && other->start < item.end;

		if (over && item.score > other->score && item.field != other->field) {
			memmove(other, other + 1, (line->n - i - 1) * sizeof(*other));
			line->n--;
			i--;
			continue;
		}
		if (over || item.field == other->field)
			return;
		if (other->start < item.start)
			place = i + 1;
	}
	if (line->n == LINE_ITEMS)
		return;
	memmove(&line->items[place + 1], &line->items[place],
	        (line->n - place) * sizeof(line->items[0]));
	line->items[place] = item;
	line->n++;
}

/* What a label's words make of a value; the word `tokens` may stand elsewhere in the line. */
static const struct field *field_by(const struct reading *r, struct str label,
                                    enum item_shape shape, int *score, struct name *name)
{
	const struct field *best = NULL;

	*score = 0;
	name_split(r->tokens ? STR("tokens") : STR(""), name);
	name_add(name, label);
	for (size_t i = 0; i < fields_n; i++) {
		enum field_kind kind = fields[i].kind;
		bool number = shape == ITEM_COUNT || shape == ITEM_NUMBER;
		bool agrees = kind == FIELD_COUNT      ? shape == ITEM_COUNT
		              : kind == FIELD_DURATION ? number || shape == ITEM_DURATION
		              : kind == FIELD_MONEY    ? number
		              : kind == FIELD_TIME     ? false
		                                   : shape == ITEM_WORD || shape == ITEM_QUOTED ||
		                                             shape == ITEM_COUNT;
		int s = agrees ? name_score(name, &fields[i]) : 0;

		if (s > *score) {
			*score = s;
			best = &fields[i];
		}
	}
	return best;
}

/* ---- numbers ---- */

static void finish_number(struct item *item, const struct text_number *n, const struct name *name)
{
	if (n->unit_ns) {
		item->shape = ITEM_NUMBER;
		item->origin.unit_ns = n->unit_ns;
	} else if (item->field->kind == FIELD_DURATION && n->shape != ITEM_DURATION) {
		item->shape = ITEM_NUMBER;
		item->origin.unit_ns = name_unit(name);
		if (item->origin.unit_ns == 0) {
			item->origin.unit_ns = n->shape == ITEM_COUNT ? 1000000 : 1000000000;
			item->origin.doubt = "the unit is guessed";
		}
	}
	if (item->field->kind == FIELD_MONEY) {
		item->shape = ITEM_NUMBER;
		item->origin.scale = name_scale(name);
	}
	if (item->field->kind == FIELD_LABEL || item->field->kind == FIELD_DETAIL)
		item->shape = ITEM_WORD;
}

/* Whether the number has a field by this label; adds it. */
static bool take_number(struct reading *r, const struct text_number *n, struct label_at label,
                        bool before)
{
	struct item item = {.shape = n->shape,
	                    .from = n->start,
	                    .start = n->start,
	                    .end = n->end,
	                    .to = n->end};
	struct name name;

	if (label.from == label.to)
		return false;
	item.field = field_by(r, label_text(r->text, label), n->shape, &item.score, &name);
	if (item.field == NULL || item.score < GUESS_SURE)
		return false;
	if (!before && item.field->kind != FIELD_COUNT)
		return false;
	if (before)
		item.from = label.from;
	else
		item.to = label.to;
	item.weak = !label.signed_ && label.to - label.from <= 3;
	finish_number(&item, n, &name);
	add(r, item);
	return true;
}

/* $0.0031, or 812ms without a label that says what it is. */
static void take_unlabelled(struct reading *r, const struct text_number *n)
{
	struct item item = {.shape = n->shape,
	                    .score = 55,
	                    .from = n->start,
	                    .start = n->start,
	                    .end = n->end,
	                    .to = n->end};

	if (n->dollar) {
		item.field = field_of(FIELD_MONEY, 0);
		item.from--;
		item.score = GUESS_SURE;
		item.shape = ITEM_NUMBER;
	} else if (n->shape == ITEM_DURATION) {
		item.field = field_of(FIELD_DURATION, 0);
		item.from = label_before(r->text, n->start).from;
		if (item.from == n->start)
			item.origin.doubt = "a duration without a name";
		finish_number(&item, n, NULL);
	} else {
		return;
	}
	add(r, item);
}

/* The longest label behind the number that names a field of tokens. */
static struct label_at counting_label(const struct reading *r, const struct text_number *n)
{
	struct label_at label = {0};
	struct name name;
	int score = 0;

	for (int words = LABEL_WORDS; words > 0 && score < GUESS_SURE; words--) {
		label = label_behind(r->text, n->end, words);
		(void)field_by(r, label_text(r->text, label), ITEM_COUNT, &score, &name);
	}
	if (score < GUESS_SURE)
		label.to = label.from;
	return label;
}

/* Which of the two ways more of the line's numbers have a label in. */
static bool labels_stand_behind(const struct reading *r)
{
	int before = 0, behind = 0;
	struct label_at label;
	struct text_number n;
	struct name name;

	for (size_t i = 0, next; i<r->text.n; i = next> i ? next : i + 1) {
		int score;

		next = i;
		if (!sign_is_digit(r->text.p[i]) || !text_number_at(r->text, i, &n, &next) ||
		    n.shape != ITEM_COUNT)
			continue;
		(void)field_by(r, label_text(r->text, label_before(r->text, i)), n.shape, &score,
		               &name);
		before += score >= GUESS_SURE;
		label = counting_label(r, &n);
		behind += label.to > label.from;
	}
	return behind > before;
}

static void read_number(struct reading *r, const struct text_number *n, bool behind)
{
	struct label_at before = label_before(r->text, n->start);
	struct label_at after = counting_label(r, n);

	if (before.signed_ && take_number(r, n, before, true))
		return;
	if (behind ? take_number(r, n, after, false) || take_number(r, n, before, true)
	           : take_number(r, n, before, true) || take_number(r, n, after, false))
		return;
	take_unlabelled(r, n);
}

static void read_numbers(struct reading *r)
{
	bool behind = labels_stand_behind(r);
	struct text_number n;

	for (size_t i = 0, next; i<r->text.n; i = next> i ? next : i + 1) {
		next = i;
		if (sign_is_digit(r->text.p[i]) && text_number_at(r->text, i, &n, &next))
			read_number(r, &n, behind);
	}
}

/* ---- two numbers that have one label: 812/120 tokens, tokens: 812 -> 120 ---- */

static size_t between(struct str s, size_t i)
{
	static const char *const signs[] = {"/", "+", "->", "=>", "\xe2\x86\x92", ",", "|"};

	while (sign_at(s, i) == ' ')
		i++;
	for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
		struct str sign = str_of(signs[k]);

		if (!str_starts(str_from(s, i), sign))
			continue;
		i += sign.n;
		while (sign_at(s, i) == ' ')
			i++;
		return i;
	}
	return 0;
}

/* Whether the label's last word is tokens, and nothing in it says which. */
static bool names_tokens(struct str s, struct label_at l)
{
	struct name name;

	name_split(label_text(s, l), &name);
	return name_has(&name, "token tokens tok toks") && name_is_total(&name);
}

static bool take_pair(struct reading *r, const struct text_number *first,
                      const struct text_number *second)
{
	struct label_at before = label_before(r->text, first->start);
	struct label_at behind = label_behind(r->text, second->end, LABEL_WORDS);
	bool is_before = names_tokens(r->text, before), is_behind = names_tokens(r->text, behind);
	struct item item = {.shape = ITEM_COUNT, .score = GUESS_SURE};

	if (!is_before && !is_behind)
		return false;
	item.origin.doubt = "the first of the two numbers is taken for the input";
	item.field = field_of(FIELD_COUNT, COUNT_INPUT);
	item.from = is_before ? before.from : first->start;
	item.start = first->start;
	item.end = first->end;
	item.to = second->start;
	add(r, item);
	item.field = field_of(FIELD_COUNT, COUNT_OUTPUT);
	item.from = item.start = second->start;
	item.end = second->end;
	item.to = is_behind ? behind.to : second->end;
	add(r, item);
	return true;
}

static void read_pairs(struct reading *r)
{
	struct text_number first, second;

	if (!r->tokens || line_item(r->line, FIELD_COUNT, COUNT_INPUT) ||
	    line_item(r->line, FIELD_COUNT, COUNT_OUTPUT))
		return;
	for (size_t i = 0, next; i<r->text.n; i = next> i ? next : i + 1) {
		size_t other, ignored;

		next = i;
		if (!sign_is_digit(r->text.p[i]) || !text_number_at(r->text, i, &first, &next) ||
		    first.shape != ITEM_COUNT)
			continue;
		other = between(r->text, first.end);
		if (other && sign_is_digit(sign_at(r->text, other)) &&
		    text_number_at(r->text, other, &second, &ignored) &&
		    second.shape == ITEM_COUNT && take_pair(r, &first, &second))
			return;
	}
}

/* ---- words ---- */

static size_t word_end(struct str s, size_t i)
{
	while (i < s.n && (unsigned char)s.p[i] > ' ' && strchr(",;|)]}\"'<>", s.p[i]) == NULL)
		i++;
	return i;
}

/* label=value, label: value, label="value": at the sign. */
static void read_labelled(struct reading *r, size_t sign)
{
	struct str s = r->text;
	size_t start = sign + 1;
	struct item item = {.shape = ITEM_WORD};
	struct label_at label;
	struct name name;

	while (sign_at(s, start) == ' ')
		start++;
	if (sign_at(s, start) == '"' || sign_at(s, start) == '\'') {
		const char *close = memchr(s.p + start + 1, s.p[start], s.n - start - 1);

		if (close == NULL)
			return;
		item.shape = s.p[start] == '"' ? ITEM_QUOTED : ITEM_WORD;
		item.start = start + 1;
		item.end = (size_t)(close - s.p);
		item.to = item.end + 1;
	} else {
		item.start = start;
		item.end = item.to = word_end(s, start);
	}
	label = label_before(s, item.start);
	item.from = label.from;
	if (item.start >= item.end || label.from == label.to || !label.signed_)
		return;
	item.field = field_by(r, label_text(s, label), item.shape, &item.score, &name);
	if (item.field == NULL || item.score < GUESS_SURE || item.end - item.start > LEAF_LONG)
		return;
	item.origin.hash = item.field->kind == FIELD_LABEL && item.field->index == LABEL_API_KEY;
	add(r, item);
}

static void read_words(struct reading *r)
{
	for (size_t i = 1; i + 1 < r->text.n; i++)
		if (r->text.p[i] == '=' ||
		    (r->text.p[i] == ':' && !sign_is_digit(r->text.p[i + 1])))
			read_labelled(r, i);
}

static bool in_model(char c)
{
	return sign_is_word(c) || strchr("-./:@", c) != NULL;
}

/* A model without a label: by its name alone, and the word before it. */
static void read_models(struct reading *r)
{
	struct str s = r->text;

	if (line_item(r->line, FIELD_LABEL, LABEL_MODEL))
		return;
	for (size_t i = 0; i < s.n; i++) {
		struct item item = {.shape = ITEM_WORD, .score = 55, .start = i, .end = i};
		size_t before = i;

		if (!sign_is_letter(s.p[i]) || (i > 0 && in_model(s.p[i - 1])))
			continue;
		while (item.end < s.n && in_model(s.p[item.end]))
			item.end++;
		i = item.end;
		while (item.end > item.start && !sign_is_word(s.p[item.end - 1]))
			item.end--;
		if (!evidence_model(r->t->evidence,
		                    (struct str){s.p + item.start, item.end - item.start}))
			continue;
		while (before > 0 && strchr(" \"'(=:[", s.p[before - 1]))
			before--;
		while (before > 0 && sign_is_letter(s.p[before - 1]))
			before--;
		item.field = field_of(FIELD_LABEL, LABEL_MODEL);
		item.from = before;
		item.to = item.end;
		add(r, item);
		return;
	}
}

/* ---- the line ---- */

/* Takes away counts: all, or those that have nothing but "in" or "out" for a name. */
static void drop_counts(struct text_line *line, bool all)
{
	size_t n = 0;

	for (size_t i = 0; i < line->n; i++)
		if (line->items[i].field->kind != FIELD_COUNT || (!all && !line->items[i].weak))
			line->items[n++] = line->items[i];
	line->n = n;
}

static bool has_both(const struct text_line *line)
{
	return line_item(line, FIELD_COUNT, COUNT_INPUT) &&
	       line_item(line, FIELD_COUNT, COUNT_OUTPUT);
}

/* Without the word, a line that names a model may still say "in 812 out 120". */
static void read_without_word(struct reading *r)
{
	if (line_item(r->line, FIELD_LABEL, LABEL_MODEL) == NULL)
		return;
	r->tokens = true;
	read_numbers(r);
	if (!has_both(r->line))
		drop_counts(r->line, true);
	for (size_t i = 0; i < r->line->n; i++)
		if (r->line->items[i].field->kind == FIELD_COUNT)
			r->line->items[i].origin.doubt = "the numbers are taken for tokens";
}

/* Words between two values belong to the one that they were first found for. */
static void part_items(struct text_line *line)
{
	for (size_t i = 1; i < line->n; i++) {
		struct item *item = &line->items[i], *before = &line->items[i - 1];

		if (before->to > item->start)
			before->to = before->end;
		if (item->from < before->to)
			item->from = before->to;
	}
}

/* Whether the word tokens, in one of its forms, begins at `i`, maybe within promptTokens. */
static bool says_tokens(struct str s, size_t i)
{
	static const char *const forms[] = {"tokens", "token", "toks", "tok"};

	for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
		struct str form = str_of(forms[k]);
		char next = sign_at(s, i + form.n), first = s.p[i];

		if (i + form.n > s.n || !str_eq_nocase((struct str){s.p + i, form.n}, form) ||
		    (next >= 'a' && next <= 'z'))
			continue;
		return first == 'T' || !sign_is_letter(sign_at(s, i - 1));
	}
	return false;
}

void line_read(struct line_tools *t, struct str text, struct text_line *line)
{
	struct reading r = {.t = t, .line = line};
	struct item time;

	if (text.n > LINE_BYTES)
		text.n = LINE_BYTES;
	line->text = r.text = text;
	line->n = 0;
	for (size_t i = 0; i + 3 <= text.n && !r.tokens; i++)
		r.tokens = says_tokens(text, i);
	if (text_time_find(t->times, t->evidence, text, &time))
		add(&r, time);
	read_numbers(&r);
	read_pairs(&r);
	read_words(&r);
	read_models(&r);
	if (!r.tokens)
		read_without_word(&r);
	if (!has_both(line)) /* "200 in 12ms" */
		drop_counts(line, false);
	part_items(line);
}
