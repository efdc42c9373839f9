/*
 * The limits of format_logfmt (parsers/format.h), in which a path is the key of a pair. All values
 * are strings; quoted ones may hold JSON's escapes. A key given twice: the last one counts. A bare
 * key is a VALUE_BOOL, and never replaces a value. Only a quoted value that does not end breaks a
 * record.
 */
#ifndef PARSERS_LOGFMT_H
#define PARSERS_LOGFMT_H

#include "parsers/format.h"

enum {
	LOGFMT_KEY_MAX = 255,     /* bytes of a key that is wanted */
	LOGFMT_KEYS_MAX = 1024,   /* wanted by one source */
	LOGFMT_UNCLOSED_MAX = 16, /* values of a record that open a bracket and never close it;
	                             later ones are not looked at, or the time would be quadratic */
};

#endif
