/*
 * Which envelope a file's records are in, by the look of the first one. Only of the first one, so
 * that the answer stays the same however much of the file is there.
 */
#include "parsers/envelope.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool holds(struct str text, const char *what)
{
	return str_find(text, str_of(what)) < text.n;
}

/* The first object of a text, as far as it is there. */
static struct str first_object(struct str text)
{
	size_t depth = 0;
	bool quoted = false;

	text = str_from(text, str_find(text, STR("{")));
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\\' && quoted)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '{' && !quoted)
			depth++;
		else if (c == '}' && !quoted && --depth == 0)
			return (struct str){text.p, i + 1};
	}
	return text;
}

/* Whether a member is there, with a value that begins so; some writers put a space before it. */
static bool has(struct str object, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (;;) {
		size_t at = str_find(object, str_of(name));

		if (at == object.n)
			return false;
		object = str_from(object, at + n);
		if (str_starts(object, STR(" ")))
			object = str_from(object, 1);
		if (str_starts(object, str_of(value)))
			return true;
	}
}

/* Fluent Bit's own time comes first. */
static bool has_seconds(struct str object)
{
	static const struct str date = {"{\"date\":", 8};

	return str_starts(object, date) && object.n > date.n && is_digit(object.p[date.n]);
}

/* The message, and something that docker or who passed it on has put beside it: an application may
 * well call its message `log` too. What is behind a long message is not in sight. */
static bool looks_like_docker(struct str object)
{
	static const struct {
		const char *name, *value;
	} others[] = {
		{"\"stream\":", "\"std"},    {"\"source\":", "\"std"},
		{"\"container_id\":", "\""}, {"\"container_name\":", "\""},
		{"\"kubernetes\":", "{"},    {"\"logtag\":", "\""},
	};
	bool cut = !str_ends(object, STR("}"));

	if (!has(object, "\"log\":", "\"") || holds(object, "\n"))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (has(object, others[i].name, others[i].value))
			return true;
	return has_seconds(object) || (cut && str_starts(object, STR("{\"log\":")));
}

/* The first name of a journal's record is in capitals, as all of them are but few others are. */
static bool looks_like_journald(struct str object)
{
	static const char *const others[] = {
		"\"__REALTIME_TIMESTAMP\"",
		"\"__MONOTONIC_TIMESTAMP\"",
		"\"__CURSOR\"",
		"\"_BOOT_ID\"",
		"\"_MACHINE_ID\"",
		"\"_HOSTNAME\"",
		"\"_SYSTEMD_UNIT\"",
		"\"_SYSTEMD_CGROUP\"",
		"\"_TRANSPORT\"",
		"\"_PID\"",
		"\"_COMM\"",
		"\"SYSLOG_IDENTIFIER\"",
	};
	size_t quote = str_find(object, STR("\"")), n = quote + 1;
	bool cut = !str_ends(object, STR("}"));

	while (n < object.n && ((object.p[n] >= 'A' && object.p[n] <= 'Z') || object.p[n] == '_' ||
	                        is_digit(object.p[n])))
		n++;
	if (n >= object.n || object.p[n] != '"' || n < quote + 4)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (holds(object, others[i]))
			return true;
	return cut && str_starts(str_from(object, quote), STR("\"MESSAGE\""));
}

/* Whether what stands before an object is more than what stands before the elements of an array. */
static bool is_text(struct str before)
{
	for (size_t i = 0; i < before.n; i++)
		if (before.p[i] != ' ' && before.p[i] != '\t' && before.p[i] != '[')
			return true;
	return false;
}

bool envelope_guess(struct str head, enum envelope *kind, bool *before, struct str *line)
{
	struct arena none = {0};
	struct enveloped opened;
	size_t newline = str_find(head, STR("\n")), brace = str_find(head, STR("{"));

	*before = false;
	*kind = ENVELOPE_CRI;
	*line = (struct str){head.p, newline};
	if (envelope_open(NULL, ENVELOPE_CRI, *line, &none, &opened))
		return true;
	*before = is_text((struct str){head.p, brace});
	if (brace > newline)
		return false;
	*line = first_object(head);
	*kind = ENVELOPE_JOURNALD; /* which may be pretty-printed */
	if (looks_like_journald(*line))
		return true;
	*kind = ENVELOPE_DOCKER;
	return looks_like_docker(*line);
}
