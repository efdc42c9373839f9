/*
 * What a parser found at one wanted place of a record. Views into the record or into the parser's
 * scratch memory: valid until the next record is parsed.
 */
#ifndef PARSERS_VALUE_H
#define PARSERS_VALUE_H

#include "agent/base/mem.h"
#include "agent/base/str.h"

enum value_type {
	VALUE_ABSENT, /* 0, so that a cleared array of values is a record without any */
	VALUE_NULL,
	VALUE_BOOL,   /* text is true or false */
	VALUE_NUMBER, /* text is the number as it stands in the log */
	VALUE_STRING, /* text is what is between the quotes */
	VALUE_OBJECT, /* text is the whole object, braces included */
	VALUE_ARRAY,  /* text is the whole array, brackets included */
};

struct value {
	struct str text;
	enum value_type type;
	bool escaped; /* a JSON string that still holds backslash escapes */
};

/* Why a record could not be parsed, and where. */
struct fault {
	const char *what; /* constant text, "unexpected end" */
	size_t at;        /* byte in the record */
};

/* Whether a text is one of the words for "no value": "", "-", "None", "null" in any case. */
bool value_is_no_word(struct str text);

/* A null or one of those words is no value. */
static inline bool value_present(const struct value *v)
{
	/* None of the words has more letters, and none begins with a digit. */
	return v->type > VALUE_NULL &&
	       (v->text.n > 4 || (v->text.n && v->text.p[0] >= '0' && v->text.p[0] <= '9') ||
	        !value_is_no_word(v->text));
}

/*
 * The text of a value with JSON escapes undone; unescaped text lies in `scratch`. A \u escape that
 * is half of a surrogate pair without its other half becomes U+FFFD.
 */
struct str value_text(const struct value *v, struct arena *scratch);

#endif
