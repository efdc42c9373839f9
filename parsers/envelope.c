/*
 * An envelope is a row of the table at the end: how it is opened. Those that are JSON are read by
 * the scanner like any record, whatever the order of their keys.
 */
#include "parsers/envelope.h"

#include <assert.h>
#include <stdlib.h>

#include "parsers/json.h"

enum { DOCKER_PIECE = 16000 }; /* bytes at least of a piece: docker's buffer has 16 KiB */

/* Of docker's json-file, and of what Fluentd, Fluent Bit and the CRI parser of the latter make. */
enum docker_slot {
	DOCKER_LOG,
	DOCKER_STREAM,
	DOCKER_SOURCE,
	DOCKER_TIME,
	DOCKER_DATE,
	DOCKER_TAG,
	DOCKER_PARTIAL,
	DOCKER_LAST,
	DOCKER_SLOTS
};

static const struct str docker_paths[DOCKER_SLOTS] = {
	{"log", 3},  {"stream", 6}, {"source", 6},           {"time", 4},
	{"date", 4}, {"logtag", 6}, {"partial_message", 15}, {"partial_last", 12},
};

enum journal_slot { JOURNAL_MESSAGE, JOURNAL_TIME, JOURNAL_SLOTS };

static const struct str journal_paths[JOURNAL_SLOTS] = {
	{"MESSAGE", 7},
	{"__REALTIME_TIMESTAMP", 20},
};

struct envelopes {
	struct json_paths *docker, *journal;
};

struct envelopes *envelopes_new(void)
{
	struct envelopes *e = xcalloc(1, sizeof(*e));
	struct err none = {0};

	e->docker = json_paths_new(docker_paths, DOCKER_SLOTS, &none);
	e->journal = json_paths_new(journal_paths, JOURNAL_SLOTS, &none);
	assert(e->docker && e->journal);
	return e;
}

void envelopes_free(struct envelopes **ep)
{
	struct envelopes *e = *ep;

	*ep = NULL;
	if (e == NULL)
		return;
	json_paths_free(&e->docker);
	json_paths_free(&e->journal);
	free(e);
}

static struct value plain(struct str text)
{
	return (struct value){text, VALUE_STRING, false};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether a word looks like 2026-03-12T09:00:00Z, maybe with more behind the seconds. */
static bool is_rfc3339(struct str word)
{
	return word.n >= 20 && is_digit(word.p[0]) && is_digit(word.p[3]) && word.p[4] == '-' &&
	       word.p[7] == '-' && word.p[10] == 'T' && word.p[13] == ':';
}

/* Takes up to the next space and the space; what was before it. */
static struct str take_word(struct str *text)
{
	size_t n = str_find(*text, STR(" "));
	struct str word = {text->p, n};

	*text = str_from(*text, n + 1);
	return word;
}

/* ---- docker ---- */

/* Whether the raw text of a string ends with the escape of a newline. */
static bool ends_with_newline(struct str raw)
{
	size_t backslashes = 0;

	if (!str_ends(raw, STR("\\n")))
		return false;
	while (backslashes < raw.n - 1 && raw.p[raw.n - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

/* Whether the line is only a piece: each way of passing it on has its own sign. docker's own is
 * that the newline of the line it read is missing, because the line filled its buffer. */
static bool docker_partial(const struct value *slots)
{
	const struct value *log = &slots[DOCKER_LOG];

	if (slots[DOCKER_TAG].type == VALUE_STRING)
		return str_starts(slots[DOCKER_TAG].text, STR("P"));
	if (slots[DOCKER_PARTIAL].type != VALUE_ABSENT)
		return str_eq(slots[DOCKER_PARTIAL].text, STR("true")) &&
		       !str_eq(slots[DOCKER_LAST].text, STR("true"));
	return log->text.n >= DOCKER_PIECE && !ends_with_newline(log->text);
}

static bool open_docker(const struct envelopes *e, struct str line, struct arena *scratch,
                        struct enveloped *ret)
{
	struct value slots[DOCKER_SLOTS];
	struct fault fault;
	struct str stream;

	if (!str_starts(line, STR("{")) || !json_scan(e->docker, line, slots, scratch, &fault) ||
	    slots[DOCKER_LOG].type != VALUE_STRING)
		return false;
	stream = slots[slots[DOCKER_STREAM].type == VALUE_STRING ? DOCKER_STREAM : DOCKER_SOURCE]
	                 .text;
	*ret = (struct enveloped){
		.text = slots[DOCKER_LOG],
		.time = slots[slots[DOCKER_TIME].type > VALUE_NULL ? DOCKER_TIME : DOCKER_DATE]
	                        .text,
		.stream = str_eq(stream, STR("stderr")),
		.partial = docker_partial(slots),
	};
	return true;
}

/* ---- CRI ---- */

static bool open_cri(const struct envelopes *e, struct str line, struct arena *scratch,
                     struct enveloped *ret)
{
	struct str rest = line, time = take_word(&rest), stream = take_word(&rest);
	struct str tag = take_word(&rest);
	bool is_err = str_eq(stream, STR("stderr"));

	(void)e;
	(void)scratch;
	tag.n = str_find(tag, STR(":")); /* there may be more than one tag */
	if (!is_rfc3339(time) || !(is_err || str_eq(stream, STR("stdout"))) ||
	    !(str_eq(tag, STR("F")) || str_eq(tag, STR("P"))))
		return false;
	*ret = (struct enveloped){plain(rest), time, is_err, tag.p[0] == 'P'};
	return true;
}

/* ---- journald ---- */

/* A message that is no UTF-8 is an array of its bytes. */
static bool bytes_of(struct str array, struct arena *scratch, struct str *ret)
{
	char *bytes = arena_bytes(scratch, array.n + RECORD_PAD);
	size_t n = 0;
	int byte = -1;

	for (size_t i = 1; i < array.n; i++) {
		char c = array.p[i];

		if (is_digit(c)) {
			byte = (byte < 0 ? 0 : byte * 10) + (c - '0');
			if (byte > 255)
				return false;
		} else if (c == ',' || c == ']') {
			if (byte < 0 && array.n > 2)
				return false;
			if (byte >= 0)
				bytes[n++] = (char)byte;
			byte = -1;
		} else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
			return false;
		}
	}
	memset(bytes + n, 0, RECORD_PAD);
	*ret = (struct str){bytes, n};
	return true;
}

static bool open_journald(const struct envelopes *e, struct str line, struct arena *scratch,
                          struct enveloped *ret)
{
	struct value slots[JOURNAL_SLOTS];
	struct value *message = &slots[JOURNAL_MESSAGE];
	struct fault fault;

	if (!str_starts(line, STR("{")) || !json_scan(e->journal, line, slots, scratch, &fault))
		return false;
	if (message->type == VALUE_ARRAY) {
		struct str bytes;

		if (!bytes_of(message->text, scratch, &bytes))
			return false;
		*message = plain(bytes);
	}
	if (message->type != VALUE_STRING)
		return false;
	*ret = (struct enveloped){.text = *message, .time = slots[JOURNAL_TIME].text};
	return true;
}

/* ---- syslog ---- */

/* "<134>", which may be missing. */
static void take_priority(struct str *text)
{
	size_t n = 1;

	if (!str_starts(*text, STR("<")))
		return;
	while (n < text->n && n < 4 && is_digit(text->p[n]))
		n++;
	if (n > 1 && n < text->n && text->p[n] == '>')
		*text = str_from(*text, n + 1);
}

/* "[id name="value"...]", any number of them, or "-". False: broken. */
static bool take_structured_data(struct str *text)
{
	bool quoted = false;

	if (str_starts(*text, STR("- ")) || str_eq(*text, STR("-"))) {
		*text = str_from(*text, 2);
		return true;
	}
	if (!str_starts(*text, STR("[")))
		return false;
	for (size_t i = 1; i < text->n; i++) {
		char c = text->p[i];

		if (c == '\\' && quoted) {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (c == ']' && !quoted && (i + 1 == text->n || text->p[i + 1] != '[')) {
			*text = str_from(*text, i + 2);
			return true;
		}
	}
	return false;
}

/* RFC 5424: "1 TIME HOST APP PROCESS ID DATA MESSAGE" behind the priority. */
static bool open_new_syslog(struct str text, bool priority, struct enveloped *ret)
{
	static const struct str mark = {"\xef\xbb\xbf", 3};

	if (!str_starts(text, STR("1 ")))
		return false;
	(void)take_word(&text);
	*ret = (struct enveloped){.time = take_word(&text)};
	if (!is_rfc3339(ret->time) && !(priority && str_eq(ret->time, STR("-"))))
		return false;
	for (int i = 0; i < 4; i++)
		(void)take_word(&text);
	if (!take_structured_data(&text))
		return false;
	ret->text = plain(str_starts(text, mark) ? str_from(text, mark.n) : text);
	return true;
}

/* Bytes of "Mar  7 04:28:03 " or of a time of RFC 3339 and its space; 0: there is none. */
static size_t old_time(struct str text)
{
	size_t space = str_find(text, STR(" "));

	if (text.n > 16 && text.p[3] == ' ' && is_digit(text.p[5]) && text.p[6] == ' ' &&
	    is_digit(text.p[8]) && text.p[9] == ':' && text.p[12] == ':' && text.p[15] == ' ')
		return 16;
	return space < text.n && is_rfc3339((struct str){text.p, space}) ? space + 1 : 0;
}

/* "[HOST ]TAG[PID]: MESSAGE"; without a colon all of it is the message. */
static struct str old_message(struct str text)
{
	size_t colon = str_find(text, STR(": "));
	size_t brace = str_find(text, STR("{"));

	return colon < text.n && colon < brace ? str_from(text, colon + 2) : text;
}

static bool open_syslog(const struct envelopes *e, struct str line, struct arena *scratch,
                        struct enveloped *ret)
{
	struct str text = line;
	size_t n;

	(void)e;
	(void)scratch;
	take_priority(&text);
	if (open_new_syslog(text, text.n < line.n, ret))
		return true;
	n = old_time(text);
	if (n == 0)
		return false;
	*ret = (struct enveloped){plain(old_message(str_from(text, n))), {text.p, n - 1}, 0, false};
	return true;
}

/* ---- prefix ---- */

/* Whether a word may begin a time: a date or a time of day, or seconds since 1970. */
static bool may_be_time(struct str word)
{
	size_t digits = 0;

	while (digits < word.n && is_digit(word.p[digits]))
		digits++;
	if (digits == 0)
		return false;
	if (digits >= 10 || digits == word.n)
		return digits >= 10;
	return word.p[digits] == '-' || word.p[digits] == '/' || word.p[digits] == ':';
}

static struct str within_brackets(struct str word)
{
	while (word.n && (word.p[0] == '[' || word.p[0] == '(' || word.p[0] == '"'))
		word = str_from(word, 1);
	return word;
}

/* From the first word on that looks like a time: "api-1  | [2026-03-12 09:00:00] INFO ". */
static struct str time_within(struct str text)
{
	while (text.n) {
		struct str rest = text, word = within_brackets(take_word(&rest));

		if (may_be_time(word)) {
			text = str_from(text, (size_t)(word.p - text.p));
			break;
		}
		text = rest;
	}
	if (text.n > ENVELOPE_TIME_MAX)
		text.n = ENVELOPE_TIME_MAX;
	return text;
}

static bool open_prefix(const struct envelopes *e, struct str line, struct arena *scratch,
                        struct enveloped *ret)
{
	const char *brace = line.n ? memchr(line.p, '{', line.n) : NULL;
	struct str before;

	(void)e;
	(void)scratch;
	if (brace == NULL || brace == line.p)
		return false;
	before = (struct str){line.p, (size_t)(brace - line.p)};
	*ret = (struct enveloped){.text = plain(str_from(line, before.n)),
	                          .time = time_within(before)};
	return true;
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	bool (*open)(const struct envelopes *e, struct str line, struct arena *scratch,
	             struct enveloped *ret);
} kinds[] = {
	[ENVELOPE_DOCKER] = {"docker", open_docker},
	[ENVELOPE_CRI] = {"cri", open_cri},
	[ENVELOPE_SYSLOG] = {"syslog", open_syslog},
	[ENVELOPE_JOURNALD] = {"journald", open_journald},
	[ENVELOPE_PREFIX] = {"prefix", open_prefix},
};

const char *envelope_name(enum envelope kind)
{
	return kinds[kind].name;
}

bool envelope_open(const struct envelopes *e, enum envelope kind, struct str line,
                   struct arena *scratch, struct enveloped *ret)
{
	return kinds[kind].open(e, line, scratch, ret);
}

static bool holds(struct str text, const char *what)
{
	return str_find(text, str_of(what)) < text.n;
}

bool envelope_is_whole(enum envelope kind, struct str line)
{
	switch (kind) {
	case ENVELOPE_DOCKER:
		return line.n < DOCKER_PIECE && !holds(line, "\"logtag\"") &&
		       !holds(line, "\"partial_message\"");
	case ENVELOPE_CRI:
		return false; /* opening it is as quick */
	case ENVELOPE_SYSLOG:
	case ENVELOPE_JOURNALD:
	case ENVELOPE_PREFIX:
		break;
	}
	return true;
}
