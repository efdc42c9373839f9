/* What holds for a found value whatever format it came from. */
#include "parsers/value.h"

#include "parsers/json_string.h"

bool value_is_no_word(struct str text)
{
	return text.n == 0 || str_eq(text, STR("-")) ||
	       (text.n == 4 &&
	        (str_eq_nocase(text, STR("none")) || str_eq_nocase(text, STR("null"))));
}

struct str value_text(const struct value *v, struct arena *scratch)
{
	return v->escaped ? json_unescape_padded(v->text, scratch) : v->text;
}
