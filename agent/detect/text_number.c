#include "agent/detect/text_number.h"

#include "agent/detect/text_sign.h"

/* Takes the unit of a duration behind the digits, with a space between or not. */
static bool take_unit(struct str s, struct text_number *n)
{
	static const struct {
		const char *word;
		int64_t ns; /* 0: it is read with the value */
	} units[] = {{"ms", 0},
	             {"s", 0},
	             {"us", 0},
	             {"\xc2\xb5s", 0},
	             {"sec", 1000000000},
	             {"secs", 1000000000},
	             {"seconds", 1000000000},
	             {"msec", 1000000},
	             {"milliseconds", 1000000}};
	size_t from = n->digits_end + (sign_at(s, n->digits_end) == ' ');

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct str word = str_of(units[i].word);

		if (!str_starts(str_from(s, from), word) || sign_is_word(sign_at(s, from + word.n)))
			continue;
		n->end = units[i].ns ? n->digits_end : from + word.n;
		n->unit_ns = units[i].ns;
		n->shape = ITEM_DURATION;
		return true;
	}
	return false;
}

/* Whether what stands before a number makes it a part of something else: gpt-4, v1.2, 10.0.0.1. */
static bool is_part(struct str s, size_t i)
{
	char last = sign_at(s, i - 1); /* of the first there is none */

	return sign_is_word(last) || last == '.' ||
	       ((last == '-' || last == ':') && i > 1 && sign_is_word(s.p[i - 2]) &&
	        (last == '-' || sign_is_digit(s.p[i - 2])));
}

bool text_number_at(struct str s, size_t i, struct text_number *n, size_t *next)
{
	size_t end = i;
	bool fraction = false;

	while (sign_is_digit(sign_at(s, end)) ||
	       (sign_at(s, end) == '.' && sign_is_digit(sign_at(s, end + 1)))) {
		fraction |= s.p[end] == '.';
		end++;
	}
	*next = end;
	*n = (struct text_number){.start = i, .digits_end = end, .end = end};
	n->shape = fraction ? ITEM_NUMBER : ITEM_COUNT;
	n->dollar = i > 0 && s.p[i - 1] == '$';
	if (is_part(s, i))
		return false;
	if (take_unit(s, n))
		return true;
	if (sign_at(s, end) && strchr("kKM", s.p[end]) && !sign_is_word(sign_at(s, end + 1))) {
		n->end = end + 1;
		n->shape = ITEM_COUNT;
		return true;
	}
	return !sign_is_word(sign_at(s, end)) &&
	       !(sign_at(s, end) == '-' && sign_is_word(sign_at(s, end + 1))) &&
	       !(sign_at(s, end) == ':' && sign_is_digit(sign_at(s, end + 1)));
}
