/* JSON members and elements in turn, for the readers of public books. */
#ifndef IMPORT_JSON_READER_H
#define IMPORT_JSON_READER_H

#include "parsers/json.h"

struct json_reader {
	struct json_paths *whole;
	struct json_walk *members, *elements;
	struct arena scratch; /* for texts with escapes; freed with the reader */
};

void json_reader_init(struct json_reader *r);
void json_reader_free(struct json_reader *r);

/* Calls `fn` for the members of an object, or the elements of an array; of another value none.
 * Stops when `fn` returns false. */
void json_members(struct json_reader *r, struct str text, json_element_fn *fn, void *arg);
void json_elements(struct json_reader *r, struct str text, json_element_fn *fn, void *arg);

/* The value that a text is; of no text, none. */
struct value json_value(struct json_reader *r, struct str text);
/* The text of a string, empty when it is none. */
struct str json_string(struct json_reader *r, struct str text);

#endif
