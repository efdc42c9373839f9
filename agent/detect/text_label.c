#include "agent/detect/text_label.h"

#include "agent/detect/text_sign.h"

static bool label_sign(char c)
{
	return sign_is_word(c) || c == '-' || c == '.';
}

/* Words that stand with others in a label, and which may follow a number. */
static const char *const label_words[] = {
	"token",     "tokens",   "tok",     "toks",   "in",         "out",         "input",
	"output",    "prompt",   "prompts", "cached", "completion", "completions", "sent",
	"received",  "recv",     "cache",   "read",   "generated",  "write",       "hit",
	"reasoning", "thinking", "cost",    "first",  "creation",   "written",
};
/* And those that only stand before others. */
static const char *const first_words[] = {"model", "user",    "request", "response", "total",
                                          "api",   "session", "number",  "of"};

static bool among(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(str_of(words[i]), word))
			return true;
	return false;
}

#define AMONG(word, words) among(word, words, sizeof(words) / sizeof((words)[0]))

/* The start of the word that ends at `end`; `end` when there is none. */
static size_t word_start(struct str s, size_t end)
{
	size_t start = end;

	while (start > 0 && label_sign(s.p[start - 1]))
		start--;
	return start < end && sign_is_word(s.p[end - 1]) && sign_is_word(s.p[start]) &&
	                       !sign_is_digit(s.p[start])
	               ? start
	               : end;
}

struct label_at label_before(struct str s, size_t i)
{
	struct label_at l = {i, i, false};
	size_t end = i;

	while (end > 0 && strchr(" \"'($", s.p[end - 1]))
		end--;
	if (end > 0 && (s.p[end - 1] == '=' || s.p[end - 1] == ':')) {
		l.signed_ = true;
		end--;
		while (end > 0 && strchr(" \"'", s.p[end - 1]))
			end--;
	} else if (end == i || s.p[end] != ' ') {
		return l;
	}
	l.to = end;
	l.from = word_start(s, end);
	for (int words = 1; words < LABEL_WORDS && l.from > 1 && s.p[l.from - 1] == ' '; words++) {
		size_t from = word_start(s, l.from - 1);
		struct str word = {s.p + from, l.from - 1 - from};

		if (from == l.from - 1 || (!AMONG(word, label_words) && !AMONG(word, first_words)))
			break;
		l.from = from;
	}
	return l;
}

struct label_at label_behind(struct str s, size_t i, int words)
{
	struct label_at l = {i, i, false};

	for (int n = 0; n < words; n++) {
		size_t from = l.to, to;

		if (sign_at(s, from) == ' ' || sign_at(s, from) == '-' || sign_at(s, from) == '_')
			from++;
		to = from;
		while (sign_is_letter(sign_at(s, to)))
			to++;
		if (to == from || sign_at(s, to) == '=' || sign_is_digit(sign_at(s, to)) ||
		    !AMONG(((struct str){s.p + from, to - from}), label_words))
			break;
		if (n == 0)
			l.from = from;
		l.to = to;
	}
	return l;
}
