/*
 * The grammar: every kind of value, checked and passed over. Part of the scanner that is compiled
 * once per kernel, see json_body.h, which includes it.
 */

KERNEL const char *skip_object(struct json_state *s, const char *p);
KERNEL const char *skip_array(struct json_state *s, const char *p);

static inline bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The escape whose backslash is at `p`. */
KERNEL_INLINE const char *escape_end(struct json_state *s, const char *p)
{
	if (json_escape_letters[(unsigned char)p[1]])
		return p + 2;
	if (p[1] != 'u')
		return json_fail(s, p + 1, "bad escape in a string");
	for (int i = 2; i < 6; i++)
		if (!is_hex(p[i]))
			return json_fail(s, p + i, "bad escape in a string");
	return p + 6;
}

/* The rest of a string from its first backslash or control character on. */
KERNEL_RARE const char *string_rest(struct json_state *s, const char *p)
{
	while (*p == '\\') {
		p = escape_end(s, p);
		if (p == NULL)
			return NULL;
		if (p < s->end)
			p = string_stop(s, p);
		if (p >= s->end)
			return json_fail(s, p, "");
	}
	if (*p == '"')
		return p + 1;
	return json_fail(s, p, "control character in a string");
}

/* `p` is behind the opening quote; the result is behind the closing one. */
KERNEL_INLINE const char *string_end(struct json_state *s, const char *p, bool *escaped)
{
	p = string_stop(s, p);
	if (p >= s->end)
		return json_fail(s, p, "");
	*escaped = *p != '"';
	return *escaped ? string_rest(s, p) : p + 1;
}

KERNEL_INLINE const char *number_end(struct json_state *s, const char *p)
{
	const char *start = p, *digits;

	p += *p == '-';
	digits = p;
	p = json_digits(p, s->end);
	if (p == digits)
		return json_fail(s, p, p == start ? "expected a value" : "bad number");
	if (*digits == '0' && p > digits + 1)
		return json_fail(s, digits + 1, "number with a leading zero");
	if (*p == '.') {
		digits = p + 1;
		p = json_digits(digits, s->end);
		if (p == digits)
			return json_fail(s, p, "bad number");
	}
	if ((*p | 0x20) == 'e') {
		digits = p + 1 + (p[1] == '+' || p[1] == '-');
		p = json_digits(digits, s->end);
		if (p == digits)
			return json_fail(s, p, "bad number");
	}
	return p;
}

KERNEL_RARE const char *literal_broken(struct json_state *s, const char *p, const char *word)
{
	while (*p == *word) {
		p++;
		word++;
	}
	return json_fail(s, p, "expected a value");
}

/* true, false or null, of which `p` is at the first letter. */
KERNEL_INLINE const char *literal_end(struct json_state *s, const char *p)
{
	const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
	size_t n = *p == 'f' ? 5 : 4;

	/* the last four letters of each, then its length, say which it is */
	if (memcmp(p + n - 4, word + n - 4, 4) == 0)
		return p + n;
	return literal_broken(s, p, word);
}

KERNEL_INLINE const char *skip_value(struct json_state *s, const char *p)
{
	bool escaped;

	if (p >= s->end)
		return json_fail(s, p, "");
	switch (*p) {
	case '"':
		return string_end(s, p + 1, &escaped);
	case '{':
		return skip_object(s, p + 1);
	case '[':
		return skip_array(s, p + 1);
	case 't':
	case 'f':
	case 'n':
		return literal_end(s, p);
	default:
		return number_end(s, p);
	}
}

/* Into an object or an array: `p` is behind the bracket, the result at what comes next. */
KERNEL_INLINE const char *enter(struct json_state *s, const char *p)
{
	if (++s->depth > JSON_DEPTH_MAX) {
		s->too_deep = true;
		return json_fail(s, p - 1, "nested too deeply");
	}
	return json_space(p, s->end);
}

/* Out of it: `p` is at its closing bracket. */
KERNEL_INLINE const char *leave(struct json_state *s, const char *p)
{
	s->depth--;
	return p + 1;
}

/* Behind a value: at `p` is a comma (then the result is at what follows it) or not. */
KERNEL_INLINE const char *next_item(struct json_state *s, const char *p, bool *more)
{
	p = json_space(p, s->end);
	*more = *p == ',';
	return *more ? json_space(p + 1, s->end) : p;
}

KERNEL_INLINE const char *leave_object(struct json_state *s, const char *p)
{
	if (*p != '}' || p >= s->end)
		return json_fail(s, p, "expected a comma or a closing brace");
	return leave(s, p);
}

KERNEL_INLINE const char *leave_array(struct json_state *s, const char *p)
{
	if (*p != ']' || p >= s->end)
		return json_fail(s, p, "expected a comma or a closing bracket");
	return leave(s, p);
}

/* The name of a member and the colon; the result is at the value. */
KERNEL_INLINE const char *member_name(struct json_state *s, const char *p, struct str *name,
                                      bool *escaped)
{
	if (*p != '"' || p >= s->end)
		return json_fail(s, p, "expected the name of a member");
	name->p = p + 1;
	p = string_end(s, p + 1, escaped);
	if (p == NULL)
		return NULL;
	name->n = (size_t)(p - 1 - name->p);
	p = json_space(p, s->end);
	if (*p != ':')
		return json_fail(s, p, "expected a colon");
	return json_space(p + 1, s->end);
}

KERNEL const char *skip_object(struct json_state *s, const char *p)
{
	struct str name;
	bool escaped = false, more = true;

	p = enter(s, p);
	if (p == NULL)
		return NULL;
	if (*p == '}')
		return leave(s, p);
	while (more) {
		p = member_name(s, p, &name, &escaped);
		if (p == NULL)
			return NULL;
		p = skip_value(s, p);
		if (p == NULL)
			return NULL;
		p = next_item(s, p, &more);
	}
	return leave_object(s, p);
}

KERNEL const char *skip_array(struct json_state *s, const char *p)
{
	bool more = true;

	p = enter(s, p);
	if (p == NULL)
		return NULL;
	if (*p == ']')
		return leave(s, p);
	while (more) {
		p = skip_value(s, p);
		if (p == NULL)
			return NULL;
		p = next_item(s, p, &more);
	}
	return leave_array(s, p);
}
