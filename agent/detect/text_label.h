/* The words by which a value in a line of text is known: before it or behind it. */
#ifndef DETECT_TEXT_LABEL_H
#define DETECT_TEXT_LABEL_H

#include "agent/base/str.h"

enum { LABEL_WORDS = 3 }; /* of one label, at most */

struct label_at {
	size_t from, to; /* of the line; equal: there is none */
	bool signed_;    /* = or : stands between it and the value */
};

/*
 * The label before the value at `i`: "prompt_tokens=", "Input tokens: ", "'in': ", or words and a
 * space. It is one word, and those before it that belong to such words.
 */
struct label_at label_before(struct str s, size_t i);
/* The label behind `i`, which is not parted from it by more than a space: up to `words` words. */
struct label_at label_behind(struct str s, size_t i, int words);

static inline struct str label_text(struct str s, struct label_at l)
{
	return (struct str){s.p + l.from, l.to - l.from};
}

#endif
