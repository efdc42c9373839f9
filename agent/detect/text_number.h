/* Numbers in a line of text, with their units. */
#ifndef DETECT_TEXT_NUMBER_H
#define DETECT_TEXT_NUMBER_H

#include "agent/detect/text_line.h"

struct text_number {
	size_t start, digits_end, end; /* with its unit or k */
	enum item_shape shape;
	int64_t unit_ns; /* of a unit that durations are not read with; 0: none */
	bool dollar;
};

/* The number at `i`, where a digit is. False: it is a part of something else (gpt-4, 10.0.0.1).
 * *next is where to look on. */
bool text_number_at(struct str s, size_t i, struct text_number *n, size_t *next);

#endif
